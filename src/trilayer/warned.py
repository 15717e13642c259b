"""Warnings of the line that called into trilayer."""

import sys
import warnings
from types import FrameType

_OURS = ("trilayer.", "sklearn.callback")
"""Modules whose lines are not a user's: ours, and what scikit-learn wraps a fit in."""


def warn(message: str, category: type[Warning]) -> None:
    """Warn of the line that called into trilayer, however deep this is."""
    level, frame = 1, sys._getframe()
    within: FrameType | None = frame
    while within is not None and within.f_globals.get("__name__", "").startswith(_OURS):
        level, within = level + 1, within.f_back
    warnings.warn(message, category, stacklevel=level)
