"""Check rows: a few inputs and the logits they must give, on any machine."""

import numpy as np

from trilayer.derivation import core
from trilayer.modelfile.schema import LieError
from trilayer.params import FloatArray, Params

MAX_CHECK_ROWS = 64

_TOLERANCE = {"float64": 1e-9, "float32": 1e-5}


def example_rows(params: Params) -> FloatArray:
    """Make four inputs between -1 and 1, n1 × 4, the same for every model of that width.

    Exact in float32, and no row of anyone's data: a model file gets passed around.
    """
    i = np.arange(params.n1)[:, np.newaxis]
    return (((7 * i + 5 * np.arange(4)) % 17 - 8) / 8).astype(params.dtype)


def logits(params: Params, X: FloatArray) -> FloatArray:
    """E7 to E10, or E33 without a hidden layer, by the reference."""
    with np.errstate(all="ignore"):
        if params.n2 == 0:
            return np.asarray(core.unit_logits(params.W2, params.b2, X))
        return np.asarray(core.network_logits(params.W1, params.b1, params.W2, params.b2, X))


def check_rows(params: Params, X: FloatArray, Z2: FloatArray) -> None:
    """Recompute the logits.

    Raises
    ------
    ModelFileError
        If the arrays do not fit the network, or the logits are not those expected.
    """
    if X.ndim != 2 or X.shape[0] != params.n1 or not 1 <= X.shape[1] <= MAX_CHECK_ROWS:
        raise LieError(f"check.X has the shape {X.shape} beside {params.n1} inputs")
    if Z2.shape != (1, X.shape[1]):
        raise LieError(f"check.Z2 has the shape {Z2.shape} beside {X.shape[1]} check rows")
    computed = logits(params, X)
    if not np.all(np.isfinite(computed)):
        raise LieError("its check rows give no finite logits")
    allowed = _TOLERANCE[params.dtype.name] * _scale(params, X)
    if not np.all(np.abs(computed.astype(np.float64) - Z2) <= allowed):
        raise LieError("its check rows do not give the logits it states")


def _scale(params: Params, X: FloatArray) -> FloatArray:
    """Give the size of what is added up on the way to each logit.

    Rounding is relative to the terms of a sum, not to the sum, which may nearly cancel.
    σ passes on at most a quarter of an error in Z1.
    """
    W1, b1, W2, b2, inputs = (
        np.abs(a.astype(np.float64)) for a in (params.W1, params.b1, params.W2, params.b2, X)
    )
    with np.errstate(over="ignore"):
        inner = inputs if params.n2 == 0 else 1 + (W1.T @ inputs + b1) / 4
        return np.asarray(1 + W2.T @ inner + b2)
