"""The old name of `trilayer.derivation.core`, which goes in version 0.3."""

import warnings

from trilayer.derivation.core import *  # noqa: F403 - all of it, under its old name

warnings.warn(
    "trilayer.core is now trilayer.derivation.core: import that",
    DeprecationWarning,
    stacklevel=2,
)
