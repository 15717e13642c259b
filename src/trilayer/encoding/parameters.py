"""What a user may set, checked when it is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from trilayer.errors import InputError

DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class Parameters:
    """The encoder's parameters, checked."""

    categorical: tuple[str, ...]
    drop: tuple[str, ...]
    max_bins: int
    max_levels: int
    min_count: int | None
    dtype: str


def checked(encoder: Any) -> Parameters:
    """Return an encoder's parameters.

    Raises
    ------
    InputError
        If one cannot be.
    """
    if encoder.dtype not in DTYPES:
        raise InputError(f"dtype must be one of {', '.join(DTYPES)}, not {encoder.dtype!r}")
    min_count = encoder.min_count
    return Parameters(
        categorical=_as_names(encoder.categorical),
        drop=_as_names(encoder.drop),
        max_bins=_count("max_bins", encoder.max_bins, 0),
        max_levels=_count("max_levels", encoder.max_levels, 1),
        min_count=None if min_count is None else _count("min_count", min_count, 1),
        dtype=encoder.dtype,
    )


def _as_names(value: str | Sequence[str]) -> tuple[str, ...]:
    """Make a parameter that lists columns a tuple; one name may stand alone."""
    names = (value,) if isinstance(value, str) else tuple(value)
    if not all(isinstance(name, str) for name in names):
        raise InputError(f"columns are named by text, not {names!r}")
    return names


def _count(name: str, value: object, least: int) -> int:
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise InputError(f"{name} must be a whole number from {least} on, not {value!r}")
    return int(value)
