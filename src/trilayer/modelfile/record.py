"""What one model file says, and its way to bytes."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trilayer.errors import ModelFileError
from trilayer.fit.spread import Spread
from trilayer.modelfile.container import pack
from trilayer.modelfile.hyperparameters import hyper_to_json
from trilayer.modelfile.labels import labels_to_json
from trilayer.modelfile.preparation import Step, tensors_of, to_json
from trilayer.modelfile.selection import HEIGHTS, Selection
from trilayer.modelfile.spread import tensors_of as tensors_of_spread
from trilayer.params import FloatArray, Params

if TYPE_CHECKING:
    from trilayer.encoding.fitted import FittedEncoder

FORMAT = 1
"""The version that is written, and the newest that is read."""

NETWORK = ("W1", "b1", "W2", "b2")
ENCODER_PREFIX = "encoder."


@dataclass(frozen=True, eq=False)
class ModelRecord:
    """Everything a model file holds, checked.

    Parameters
    ----------
    params : Params
    classes : array, (2,)
        The two labels, of the dtype the target had.
    positive : bool, int, float or str
        The label whose probability is reported.
    threshold : float
        The probability from which `positive` is predicted.
    encoder : FittedEncoder or None
        What turns a table into the network's inputs, if the file holds it too.
    steps : tuple of str or None
        The names of the pipeline's two steps, if it is one.
    feature_names : tuple of str or None
        Names of the network's inputs, if it was fitted on a table.
    hyper_parameters : dict of str to value
        Those of the classifier; None where a value has no form in JSON.
    training : dict
        How training went: n_iter, loss_curve, validation_curve, stop_reason,
        solver, engine, best_iter, n_evaluations; None where the model did not say.
    summary, fingerprint : JSON
        What the caller of `save` wanted kept: results, and a mark of the data.
    versions : dict of str to str
        Of trilayer and what it stood on when it saved.
    preparation : tuple of Step
        Scaling and filling gaps before the network, where no encoder is.
    last : str
        The network's name among these steps; empty where the file holds no such pipeline.
    selection : Selection or None
        What a classifier that chooses has chosen, and from what, if the file holds one.
    spread : Spread or None
        What the spread of its probabilities is computed from, if the file holds it.
    check_X : array, n1 × k
        A few inputs, as the network takes them.
    check_Z2 : array, 1 × k
        The logits they must give.
    """

    params: Params
    classes: NDArray[Any]
    positive: Any
    threshold: float
    encoder: "FittedEncoder | None"
    steps: tuple[str, str] | None
    feature_names: tuple[str, ...] | None
    hyper_parameters: dict[str, Any]
    training: dict[str, Any]
    summary: Any
    fingerprint: Any
    versions: dict[str, str]
    check_X: FloatArray
    check_Z2: FloatArray
    preparation: tuple[Step, ...] = ()
    last: str = ""
    selection: Selection | None = None
    spread: Spread | None = None

    @property
    def kind(self) -> str:
        """``"classifier"``, or ``"pipeline"`` if an encoder stands before it."""
        return "classifier" if self.encoder is None else "pipeline"


def encode(record: ModelRecord) -> bytes:
    """Write the record; the same record gives the same bytes."""
    arrays, spec = ({}, None) if record.encoder is None else record.encoder.to_state()
    tensors = {name: getattr(record.params, name) for name in NETWORK}
    tensors |= {"check.X": record.check_X, "check.Z2": record.check_Z2}
    tensors |= {ENCODER_PREFIX + name: array for name, array in arrays.items()}
    tensors |= tensors_of(record.preparation) | tensors_of_spread(record.spread)
    optional: dict[str, Any] = {}
    if record.last:
        optional["preparation"] = to_json(record.preparation, record.last)
    if record.selection is not None:
        optional["selection"] = record.selection.to_json()
        if record.selection.heights is not None:
            tensors[HEIGHTS] = record.selection.heights
    description = {
        **optional,
        "classes": labels_to_json(record.classes),
        "encoder": spec,
        "feature_names": record.feature_names,
        "fingerprint": record.fingerprint,
        "format": FORMAT,
        "hyper_parameters": {
            name: hyper_to_json(value) for name, value in record.hyper_parameters.items()
        },
        "kind": record.kind,
        "positive": record.positive,
        "steps": record.steps,
        "summary": record.summary,
        "threshold": record.threshold,
        "training": record.training,
        "versions": record.versions,
    }
    return pack(tensors, _json(description))


def _json(description: dict[str, Any]) -> str:
    """Write ASCII with sorted names: no reader's encoding and no dict's order matter."""
    try:
        return json.dumps(
            description, sort_keys=True, allow_nan=False, separators=(",", ":"), default=_plain
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelFileError(f"its description cannot be written as JSON ({error})") from error


def _plain(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} has no JSON form")
