"""A model as mlflow keeps it: a pyfunc that holds the model file, and no pickle.

The folder names this module as its loader, so that whoever loads it needs trilayer installed, and
nothing from the folder is executed. What it predicts is what `trilayer predict` writes.
"""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from trilayer._version import __version__
from trilayer.errors import InputError
from trilayer.export.huggingface import columns
from trilayer.metrics.scores import probabilities
from trilayer.modelfile import ModelRecord, read, restore
from trilayer.modelfile.record import encode
from trilayer.optional import require
from trilayer.tables.readings import BOOLEAN, CATEGORY, DATE, NUMBER

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.models import ModelSignature
    from mlflow.models.model import ModelInfo

MODEL = "model.safetensors"

_TYPES = {NUMBER: "double", CATEGORY: "string", BOOLEAN: "boolean", DATE: "datetime"}
_LABELS = {"b": "boolean", "i": "long", "u": "long", "f": "double"}


def write(record: ModelRecord, path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Write the folder of an mlflow model.

    Parameters
    ----------
    record : ModelRecord
        As `trilayer.modelfile.read` or `record_of` gives it.
    path : str or path
        The folder, which is not there yet.
    force : bool
        Whether one that is there is replaced, if it is an mlflow model's.

    Raises
    ------
    InputError
        If it is there.
    MissingExtraError
        If mlflow is not installed.
    """
    pyfunc = require("mlflow.pyfunc", "mlflow")
    folder = Path(path)
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        if not (force and (folder / "MLmodel").is_file()):
            raise InputError(f"{folder}: this is there already: name another folder")
        shutil.rmtree(folder)
    with TemporaryDirectory() as apart:
        pyfunc.save_model(str(folder), **_arguments(record, Path(apart)))


def log(record: ModelRecord, name: str = "model", **more: Any) -> "ModelInfo":
    """Log the model to mlflow's active run, or to one that is begun for it.

    Parameters
    ----------
    record : ModelRecord
    name : str
    **more
        As `mlflow.pyfunc.log_model` takes it: ``registered_model_name``, for one.
    """
    pyfunc = require("mlflow.pyfunc", "mlflow")
    with TemporaryDirectory() as apart:
        info: ModelInfo = pyfunc.log_model(name=name, **_arguments(record, Path(apart)), **more)
    return info


def _arguments(record: ModelRecord, folder: Path) -> dict[str, Any]:
    (folder / MODEL).write_bytes(encode(record))
    return {
        "loader_module": __name__,
        "data_path": str(folder / MODEL),
        "signature": signature(record),
        "pip_requirements": [f"trilayer[mlflow]=={__version__}"],
    }


def signature(record: ModelRecord) -> "ModelSignature":
    """Say which columns the model takes, any of which may lack values, and what it gives."""
    models = require("mlflow.models", "mlflow")
    types = require("mlflow.types", "mlflow")
    wanted = [types.ColSpec(_TYPES[each["kind"]], each["name"]) for each in columns(record)]
    label = _LABELS.get(record.classes.dtype.kind, "string")
    given = {"logit": "double", "probability": "double", "label": label}
    outputs = [types.ColSpec(kind, name) for name, kind in given.items()]
    made: ModelSignature = models.ModelSignature(
        inputs=types.Schema(wanted) if wanted else None, outputs=types.Schema(outputs)
    )
    return made


class Predictor:
    """What `mlflow.pyfunc.load_model` hands rows to."""

    def __init__(self, record: ModelRecord) -> None:
        self._record, self._model = record, restore(record)

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> "pd.DataFrame":  # noqa: ARG002 - mlflow's name
        """Return the logit and probability of the positive label, and the label, of each row."""
        import pandas as pd

        record = self._record
        first, second = record.classes.tolist()
        one = record.positive == second
        Z = np.asarray(self._model.decision_function(model_input), dtype=np.float64)
        Z = Z if one else -Z
        p = probabilities(Z)
        pair = np.array([first, second] if one else [second, first], dtype=record.classes.dtype)
        label = pair[(p >= record.threshold).astype(int)]
        return pd.DataFrame({"logit": Z, "probability": p, "label": label})


def _load_pyfunc(path: str) -> Predictor:
    """Load what `write` wrote: mlflow calls it, with the path of the model file."""
    return Predictor(read(path, hyper_parameters=True))
