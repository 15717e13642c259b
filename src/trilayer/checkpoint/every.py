"""How often a run is written down: ``100`` iterations, ``"30s"``, ``"5min"``, ``"2h"``."""

import re
from typing import NamedTuple

from trilayer.errors import InputError

_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
_LONGEST = 10**9


class Every(NamedTuple):
    """One of the two is None."""

    iterations: int | None
    seconds: float | None


def every(value: int | str) -> Every:
    """Read a number of iterations, or a time.

    Raises
    ------
    InputError
        If it is neither.
    """
    text = str(value).strip()
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?) ?(s|min|h)?", text)
    number, unit = found.groups() if found and not isinstance(value, bool) else ("0", None)
    if unit is None and number.isdecimal() and 0 < int(number) < _LONGEST:
        return Every(int(number), None)
    if unit is not None and float(number) > 0:
        return Every(None, float(number) * _SECONDS[unit])
    raise InputError(
        f"a checkpoint cannot be written every {text!r}: give a number of iterations (100), or a "
        "time (30s, 5min, 2h)"
    )
