"""What a user may set, checked when it is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from trilayer.errors import InputError

DTYPES = ("float64", "float32")
DECIMALS = (".", ",")
THOUSANDS = (",", ".", " ", "'")


@dataclass(frozen=True)
class Parameters:
    """The encoder's parameters, checked."""

    categorical: tuple[str, ...]
    drop: tuple[str, ...]
    max_bins: int
    max_levels: int
    min_count: int | None
    dtype: str
    number: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    decimal: str | None = None
    thousands: str | None = None
    dayfirst: bool | None = None


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
        number=_as_names(encoder.number),
        date=_as_names(encoder.date),
        missing=_as_names(encoder.missing),
        decimal=_sign("decimal", encoder.decimal, DECIMALS),
        thousands=_sign("thousands", encoder.thousands, THOUSANDS),
        dayfirst=_dayfirst(encoder.dayfirst),
    )


def _as_names(value: str | Sequence[str]) -> tuple[str, ...]:
    """Make a parameter that lists columns a tuple; one name may stand alone."""
    names = (value,) if isinstance(value, str) else tuple(value)
    if not all(isinstance(name, str) for name in names):
        raise InputError(f"columns are named by text, not {names!r}")
    return names


def _sign(name: str, value: object, among: Sequence[str]) -> str | None:
    if value is not None and value not in among:
        listed = ", ".join(repr(each) for each in among)
        raise InputError(f"{name} must be one of {listed}, or None, not {value!r}")
    return None if value is None else str(value)


def _dayfirst(value: object) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise InputError(f"dayfirst must be True, False or None, not {value!r}")
    return value


def _count(name: str, value: object, least: int) -> int:
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise InputError(f"{name} must be a whole number from {least} on, not {value!r}")
    return int(value)
