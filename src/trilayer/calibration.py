"""The old name of `trilayer.metrics.calibration`, which goes in version 0.3."""

import warnings

from trilayer.metrics.calibration import *  # noqa: F403 - all of it, under its old name

warnings.warn(
    "trilayer.calibration is now trilayer.metrics.calibration: import that",
    DeprecationWarning,
    stacklevel=2,
)
