"""Bytes to a record, believing nothing."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trilayer.errors import InputError, ModelFileError, ShapeError
from trilayer.modelfile.checkrows import check_rows
from trilayer.modelfile.container import unpack
from trilayer.modelfile.hyperparameters import hyper_from_json
from trilayer.modelfile.labels import LABELS, labels_from_json
from trilayer.modelfile.preparation import PREFIX, PREPARATION, from_file
from trilayer.modelfile.record import ENCODER_PREFIX, FORMAT, NETWORK, ModelRecord
from trilayer.modelfile.schema import (
    LieError,
    anything,
    fixed,
    integer,
    items,
    json_loads,
    named,
    nullable,
    number,
    one_of,
    shown,
    text,
)
from trilayer.modelfile.selection import HEIGHTS, SELECTION, selection_of
from trilayer.modelfile.spread import NAMES, spread_from
from trilayer.params import Params

if TYPE_CHECKING:
    from trilayer.encoding.fitted import FittedEncoder

_COUNT = nullable(integer(0, 1 << 53))
_CURVE = nullable(items(number()))
_WORD = nullable(text(100))
_TRAINING = fixed(
    {
        "best_iter": _COUNT,
        "engine": _WORD,
        "loss_curve": _CURVE,
        "n_evaluations": _COUNT,
        "n_iter": _COUNT,
        "solver": _WORD,
        "stop_reason": _WORD,
        "validation_curve": _CURVE,
    }
)
_DESCRIPTION = fixed(
    {
        "classes": LABELS,
        "encoder": nullable(named(anything)),
        "feature_names": nullable(items(text())),
        "fingerprint": anything,
        "format": integer(1, FORMAT),
        "hyper_parameters": named(hyper_from_json),
        "kind": one_of("classifier", "pipeline"),
        "positive": anything,
        "steps": nullable(items(text(), at_most=2)),
        "summary": anything,
        "threshold": number(0, 1),
        "training": _TRAINING,
        "versions": named(text(200)),
    },
    optional={"preparation": PREPARATION, "selection": SELECTION},
)


def decode(data: bytes) -> ModelRecord:
    """Read a record, believing nothing.

    Raises
    ------
    ModelFileError
        With the first thing found that `encode` would not have written.
    """
    container = unpack(data)
    description = json_loads(container.text, "its description")
    _check_format(description)
    container.verify()
    said = _DESCRIPTION(description, "description")
    tensors = container.tensors
    _check_tensors(tensors, said["kind"])
    params = _params(tensors)
    check_rows(params, tensors["check.X"], tensors["check.Z2"])
    classes = labels_from_json(said["classes"])
    preparation = from_file(said["preparation"], tensors, params.n1)
    return ModelRecord(
        params=params,
        classes=classes,
        positive=_positive(said["positive"], classes),
        threshold=said["threshold"],
        steps=_steps(said),
        encoder=_encoder(tensors, said, params.n1),
        feature_names=_feature_names(said["feature_names"], params.n1),
        hyper_parameters=said["hyper_parameters"],
        training=said["training"],
        summary=said["summary"],
        fingerprint=said["fingerprint"],
        versions=said["versions"],
        check_X=tensors["check.X"],
        check_Z2=tensors["check.Z2"],
        preparation=preparation,
        last=_last(said),
        selection=selection_of(said["selection"], tensors, params, said["kind"]),
        spread=spread_from(tensors, params),
    )


def _check_format(description: Any) -> None:
    """Name the version before anything that another version may do otherwise."""
    if not isinstance(description, dict) or type(description.get("format")) is not int:
        raise LieError("its description names no format version")
    version = description["format"]
    if version > FORMAT:
        raise ModelFileError(
            f"it has format version {version}, written by a newer trilayer, and this one "
            f"reads up to {FORMAT}; upgrade trilayer"
        )
    if version < FORMAT:
        raise LieError(f"it has format version {version}, which never existed")


def _check_tensors(tensors: dict[str, NDArray[Any]], kind: str) -> None:
    needed = {*NETWORK, "check.X", "check.Z2"}
    for name in sorted(needed - tensors.keys()):
        raise LieError(f"the tensor {name} is missing")
    before = PREFIX if kind == "classifier" else ENCODER_PREFIX
    for name in sorted(tensors.keys() - needed - {HEIGHTS} - NAMES):
        if not name.startswith(before):
            raise LieError(f"the tensor {name[:40]!a} does not belong there")
    for name in sorted(needed):
        if tensors[name].dtype not in (np.float32, np.float64):
            raise LieError(f"{name} has the dtype {tensors[name].dtype}, not float32 or float64")
        if tensors[name].dtype != tensors["W1"].dtype:
            raise LieError(f"{name} has another dtype than W1")
    for name, array in tensors.items():
        if array.dtype.kind == "f" and not np.all(np.isfinite(array)):
            raise LieError(f"{shown(name)} holds NaN or infinity")


def _params(tensors: dict[str, NDArray[Any]]) -> Params:
    try:
        return Params(*(tensors[name] for name in NETWORK))
    except ShapeError as error:
        raise LieError(str(error)) from error


def _positive(label: Any, classes: NDArray[Any]) -> Any:
    for known in classes.tolist():
        if type(label) is type(known) and label == known:
            return known
    raise LieError("the positive label is not one of the two classes")


def _feature_names(names: list[str] | None, n1: int) -> tuple[str, ...] | None:
    if names is not None and len(names) != n1:
        raise LieError(f"it names {len(names)} features for {n1} inputs")
    return None if names is None else tuple(names)


def _steps(said: dict[str, Any]) -> tuple[str, str] | None:
    steps = said["steps"]
    if said["kind"] == "classifier":
        if steps is not None:
            raise LieError("it names the steps of a pipeline and is none")
        return None
    if steps is None or len(set(steps)) != 2:
        raise LieError("it does not name the two steps of its pipeline")
    return steps[0], steps[1]


def _last(said: dict[str, Any]) -> str:
    if said["preparation"] is None:
        return ""
    if said["kind"] != "classifier":
        raise LieError("it prepares rows for an encoder")
    names = [step["name"] for step in said["preparation"]["steps"]]
    last = str(said["preparation"]["last"])
    if not last or len({*names, last}) != len(names) + 1:
        raise LieError("it does not name the steps of its pipeline")
    return last


def _encoder(
    tensors: dict[str, NDArray[Any]], said: dict[str, Any], n1: int
) -> "FittedEncoder | None":
    if (said["encoder"] is not None) != (said["kind"] == "pipeline"):
        raise LieError("a pipeline, and nothing else, describes an encoder")
    if said["encoder"] is None:
        return None
    from trilayer.encoding.fitted import FittedEncoder

    arrays = {
        name.removeprefix(ENCODER_PREFIX): array
        for name, array in tensors.items()
        if name.startswith(ENCODER_PREFIX)
    }
    try:
        encoder = FittedEncoder.from_state(arrays, said["encoder"])
    except InputError as error:
        raise LieError(f"its encoder is not sound: {error}") from error
    width = encoder.layout.n1
    if width != n1:
        raise LieError(f"its encoder makes {width} inputs and its network takes {n1}")
    return encoder
