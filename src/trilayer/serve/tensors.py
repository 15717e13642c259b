"""Tensors of the Open Inference Protocol as JSON writes them."""

import math
from dataclasses import dataclass
from typing import Any, TypeGuard

from trilayer.serve.refusals import BAD_REQUEST, RefusedError

_REALS = ("FP16", "FP32", "FP64")
_WHOLES = tuple(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))
DATATYPES = ("BOOL", *_WHOLES, *_REALS, "BYTES")

_VALUES: dict[str, tuple[type, ...]] = {
    "BOOL": (bool,),
    "BYTES": (str,),
    **dict.fromkeys(_REALS, (int, float)),
    **dict.fromkeys(_WHOLES, (int,)),
}


@dataclass(frozen=True)
class Tensor:
    """A tensor of one or two dimensions, its values in the order of rows.

    Attributes
    ----------
    name : str
    shape : list of int
    values : list
        None, bool, int, float or str.
    """

    name: str
    shape: list[int]
    values: list[Any]


def read_tensor(given: Any) -> Tensor:
    """Check what stands among a request's inputs.

    Parameters
    ----------
    given : object
        As JSON had it: ``name``, ``shape``, ``datatype`` and ``data``, flat or nested as the shape
        says. null stands for a missing value in any datatype, for NaN has no form in JSON.

    Raises
    ------
    RefusedError
        If anything in it is not what it should be.
    """
    if not isinstance(given, dict):
        raise _bad("inputs", "each must be an object of name, shape, datatype and data")
    name = given.get("name")
    if not isinstance(name, str):
        raise _bad("inputs", "each must have a name")
    if given.get("datatype") not in DATATYPES:
        raise _bad(name, f"datatype must be one of {', '.join(DATATYPES)}")
    shape = given.get("shape")
    if not _is_shape(shape):
        raise _bad(name, "shape must be [rows], or [rows, columns]")
    if not isinstance(given.get("data"), list):
        raise _bad(name, "data must be a list")
    values = _flat(given["data"], name)
    if math.prod(shape) != len(values):
        raise _bad(name, f"data holds {len(values):,} values where its shape is {shape}")
    taken = (*_VALUES[given["datatype"]], type(None))
    wrong = next((index for index, each in enumerate(values) if type(each) not in taken), None)
    if wrong is not None:
        raise _bad(name, f"value {wrong:,} of data is not of datatype {given['datatype']}")
    return Tensor(name, shape, values)


def _is_shape(shape: Any) -> TypeGuard[list[int]]:
    return (
        isinstance(shape, list)
        and len(shape) in (1, 2)
        and all(type(each) is int and 0 <= each < 2**31 for each in shape)
    )


def _flat(data: list[Any], name: str) -> list[Any]:
    """Lay nested rows end to end, where there are any: all of one length."""
    if not data or not isinstance(data[0], list):
        return data
    width = len(data[0])
    if not all(isinstance(row, list) and len(row) == width for row in data):
        raise _bad(name, "the rows of data are not all lists of one length")
    return [each for row in data for each in row]


def _bad(name: str, why: str) -> RefusedError:
    return RefusedError(BAD_REQUEST, f"{name[:80]}: {why}")
