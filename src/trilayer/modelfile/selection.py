"""What a classifier that chooses has chosen, and from what, in a model file."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.modelfile.hyperparameters import hyper_to_json
from trilayer.modelfile.schema import (
    LieError,
    anything,
    fixed,
    integer,
    items,
    named,
    nullable,
    number,
    one_of,
)
from trilayer.params import FloatArray, Params

HEIGHTS = "selection.heights"

_UNITS = integer(0, 1 << 31)
SELECTION = fixed(
    {
        "candidates": items(
            fixed(
                {"hidden_units": _UNITS, "l2": number(0), "log_loss": nullable(number(0))},
                optional={"bins": one_of("damped")},
            ),
            at_most=100_000,
        ),
        "hidden_units": _UNITS,
        "hyper_parameters": named(anything),
        "l2": number(0),
        "of": one_of("cv", "table"),
    }
)
"""The form in JSON; a log-loss of null is that of a candidate that diverged."""


@dataclass(frozen=True, eq=False)
class Selection:
    """What was chosen.

    Attributes
    ----------
    of : str
        ``"cv"``: a `TriLayerClassifierCV`; ``"table"``: a `TriLayerTableClassifier`.
    hyper_parameters : dict
        Its own; None where a value has no form in JSON.
    hidden_units : int
    l2 : float
    candidates : tuple of (hidden units, l2, log-loss, whether bins were damped)
    heights : array, (n1,), or None
    """

    of: str
    hyper_parameters: dict[str, Any]
    hidden_units: int
    l2: float
    candidates: tuple[tuple[int, float, float, bool], ...]
    heights: FloatArray | None

    def to_json(self) -> dict[str, Any]:
        """Describe it, but for the heights, which are a tensor."""
        return {
            "candidates": [
                {"hidden_units": n2, "l2": l2, "log_loss": loss if math.isfinite(loss) else None}
                | ({"bins": "damped"} if damped else {})
                for n2, l2, loss, damped in self.candidates
            ],
            "hidden_units": self.hidden_units,
            "hyper_parameters": {k: _plain(v) for k, v in self.hyper_parameters.items()},
            "l2": self.l2,
            "of": self.of,
        }


def _plain(value: Any) -> Any:
    """Return a parameter's JSON: lists of numbers and texts as they are, all else as usual."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        parts = [hyper_to_json(part) for part in value]
        return parts if all(isinstance(part, int | float | str) for part in parts) else None
    return None if isinstance(value, Mapping) else hyper_to_json(value)


def selection_of(
    said: Any, tensors: Mapping[str, NDArray[Any]], params: Params, kind: str
) -> Selection | None:
    """Read it back.

    Raises
    ------
    ModelFileError
        If it does not go with the network.
    """
    heights = tensors.get(HEIGHTS)
    if said is None:
        if heights is not None:
            raise LieError(f"the tensor {HEIGHTS} does not belong there")
        return None
    if (said["of"] == "table") != (kind == "pipeline"):
        raise LieError("what chose is for tables, and an encoder is not there, or the other way")
    if heights is not None and (
        heights.dtype != np.float64 or heights.shape != (params.n1,) or np.any(heights <= 0)
    ):
        raise LieError(f"{HEIGHTS} is not {params.n1} positive numbers")
    candidates = tuple(
        (
            each["hidden_units"],
            each["l2"],
            math.inf if each["log_loss"] is None else each["log_loss"],
            each["bins"] == "damped",
        )
        for each in said["candidates"]
    )
    return Selection(
        said["of"], said["hyper_parameters"], said["hidden_units"], said["l2"], candidates, heights
    )
