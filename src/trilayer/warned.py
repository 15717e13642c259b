"""Warnings of the line that called into trilayer."""

import sys
import warnings
from types import FrameType

_OURS = ("trilayer.", "sklearn.callback")
"""Modules whose lines are not a user's: ours, and what scikit-learn wraps a fit in."""


def warn(message: str, category: type[Warning]) -> None:
    """Warn of the line that called into trilayer, however deep this is."""
    warnings.warn(message, category, stacklevel=_depth() + 1)


def _depth() -> int:
    """Return how many calls lie between the user's line and whoever warns."""
    level, frame = 0, sys._getframe(1)
    within: FrameType | None = frame
    try:
        while within is not None and within.f_globals.get("__name__", "").startswith(_OURS):
            level, within = level + 1, within.f_back
        return level
    finally:
        # A frame that holds itself is freed late, and with it all that its callers hold.
        del frame, within
