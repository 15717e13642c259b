"""Class labels in JSON, with the dtype that `classes_` must have again."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.errors import ModelFileError
from trilayer.modelfile.schema import LieError, anything, fixed, items, text

_NUMBERS = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64",
)  # fmt: skip

LABELS = fixed({"dtype": text(20), "labels": items(anything, at_most=2)})
"""The form in JSON: {"dtype": "int64", "labels": [0, 1]}; texts are "object" or "U3"."""


def labels_to_json(classes: NDArray[Any]) -> dict[str, Any]:
    """Write two labels down.

    Raises
    ------
    ModelFileError
        If their dtype has no form in JSON.
    """
    dtype = classes.dtype
    if dtype.kind == "U":
        name = f"U{dtype.itemsize // 4}"
    elif dtype.name in _NUMBERS or (dtype.kind == "O" and all(isinstance(c, str) for c in classes)):
        name = dtype.name
    else:
        raise ModelFileError(
            f"classes of dtype {dtype} cannot be saved; use numbers, booleans or texts as labels"
        )
    return {"dtype": name, "labels": classes.tolist()}


def labels_from_json(said: dict[str, Any]) -> NDArray[Any]:
    """Make the array of two labels again.

    Raises
    ------
    ModelFileError
        If these two labels are not what an array of that dtype gives.
    """
    dtype = _dtype(said["dtype"])
    if dtype.kind == "O" and not all(isinstance(label, str) for label in said["labels"]):
        raise LieError("its classes are not the texts they are said to be")
    try:
        with np.errstate(all="ignore"):
            classes = np.array(said["labels"], dtype=dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise LieError(f"its classes do not fit their dtype, {dtype}") from error
    back = classes.tolist()
    # Type by type: a JSON 1 must not become True, nor 2**53 + 1 a rounded float.
    if [(type(x), x) for x in back] != [(type(x), x) for x in said["labels"]]:
        raise LieError(f"its classes do not fit their dtype, {dtype}")
    if classes.shape != (2,) or back[0] == back[1]:
        raise LieError("it does not hold two different classes")
    return classes


def _dtype(name: str) -> np.dtype[Any]:
    if name in _NUMBERS or name == "object":
        return np.dtype(name)
    if re.fullmatch("U[1-9][0-9]{0,3}", name, re.ASCII):
        return np.dtype(name)
    raise LieError(f"its classes have an unknown dtype, {name!a}")
