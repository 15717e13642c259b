"""What a file claims about itself, checked before it is believed."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from trilayer.errors import ModelFileError

_LARGEST = 2**53  # counts beyond it would not survive JSON everywhere


def require(claim: object, lie: str) -> None:
    """Raise ModelFileError with this sentence unless the claim holds."""
    if not claim:
        raise ModelFileError(f"the encoder in this file cannot be trusted: {lie}")


def fields(record: object, types: Mapping[str, type], where: str) -> dict[str, Any]:
    """Check that a JSON object has exactly these fields, of exactly these types."""
    if type(record) is not dict:
        raise ModelFileError(f"the encoder in this file cannot be trusted: {where} is no object")
    require(set(record) == set(types), f"{where} has not the fields it should have")
    for name, kind in types.items():
        value(record[name], kind, f"{name} of {where}")
    return record


def value(given: object, kind: type, where: str) -> None:
    """Check one JSON value: counts are not negative, numbers finite, text is UTF-8."""
    require(type(given) is kind, f"{where} is not of type {kind.__name__}")
    if isinstance(given, int):
        require(0 <= given < _LARGEST, f"{where} is out of range")
    elif isinstance(given, float):
        require(math.isfinite(given), f"{where} is not finite")
    elif isinstance(given, str):
        require(_is_utf8(given), f"{where} is not text")


def texts(given: object, where: str) -> tuple[str, ...]:
    """Check a JSON list of different texts."""
    value(given, list, where)
    assert isinstance(given, list)  # noqa: S101  (for the type checker: just checked)
    for each in given:
        value(each, str, f"an entry of {where}")
    require(len(set(given)) == len(given), f"{where} has an entry twice")
    return tuple(given)


def array(given: object, dtype: type, where: str) -> npt.NDArray[Any]:
    """Check an array: one-dimensional, of this dtype, in this machine's byte order."""
    if not isinstance(given, np.ndarray) or given.ndim != 1 or given.dtype != dtype:
        raise ModelFileError(
            "the encoder in this file cannot be trusted: "
            f"{where} is no 1-D array of {np.dtype(dtype).name}"
        )
    return given


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
