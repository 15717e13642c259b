"""What the spread of a network's probabilities is computed from, in a model file: arrays alone."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.fit.spread import Spread
from trilayer.modelfile.schema import LieError
from trilayer.params import Params

PREFIX = "spread."

_DTYPES = {
    "units": np.int64, "shares": np.float64, "biases": np.float64, "base": np.float64,
    "centre": np.float64, "prior": np.float64, "known": np.float32,
}  # fmt: skip
NAMES = frozenset(PREFIX + name for name in _DTYPES)


def tensors_of(spread: Spread | None) -> dict[str, NDArray[Any]]:
    """Return its arrays by their names in the file."""
    if spread is None:
        return {}
    return {PREFIX + name: array for name, array in spread.arrays().items()}


def spread_from(tensors: Mapping[str, NDArray[Any]], params: Params) -> Spread | None:
    """Read it back; None where the file has none.

    Raises
    ------
    ModelFileError
        If it does not go with the network.
    """
    there = {name: tensors[PREFIX + name] for name in _DTYPES if PREFIX + name in tensors}
    if not there:
        return None
    for name, dtype in _DTYPES.items():
        if name not in there:
            raise LieError(f"the tensor {PREFIX}{name} is missing")
        if there[name].dtype != dtype:
            raise LieError(f"{PREFIX}{name} has the dtype {there[name].dtype}")
    spread = Spread(**there)
    _check_members(spread, params)
    _check_rows(spread, params)
    return spread


def _check_members(spread: Spread, params: Params) -> None:
    units, shares = spread.units, spread.shares
    if units.ndim != 1 or not len(units) or np.any(units < 1) or np.any(units > params.n2):
        raise LieError(f"{PREFIX}units are not those of networks")
    if sum(units.tolist()) != params.n2:
        raise LieError(f"{PREFIX}units do not add up to the {params.n2} hidden units")
    if shares.shape != units.shape or spread.biases.shape != units.shape:
        raise LieError(f"{PREFIX}shares and {PREFIX}biases are not one for each network")
    if np.any(shares < 0) or not abs(float(shares.sum()) - 1) < 1e-6:
        raise LieError(f"{PREFIX}shares do not add up to 1")


def _check_rows(spread: Spread, params: Params) -> None:
    n1 = params.n1
    if spread.centre.shape != (n1,) or spread.prior.shape != (n1,) or spread.base.shape != (1,):
        raise LieError(f"{PREFIX}centre and {PREFIX}prior are not {n1} numbers each")
    if np.any(spread.prior < 0) or np.any(spread.base < 0):
        raise LieError(f"{PREFIX}prior or {PREFIX}base is a variance below 0")
    if spread.known.ndim != 2 or len(spread.known) != n1 or spread.known.shape[1] > n1:
        raise LieError(f"{PREFIX}known has the shape {spread.known.shape} beside {n1} inputs")
