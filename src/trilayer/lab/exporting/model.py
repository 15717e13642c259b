"""The model file of one iteration: what ``trilayer predict`` and `trilayer.load` take."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from trilayer.estimators.classifier import TriLayerClassifier
from trilayer.lab.exporting.settings import estimator_settings
from trilayer.lab.lab import Lab
from trilayer.modelfile import save


def make(lab: Lab, k: int) -> bytes:
    """Write the parameters of iteration k, with the encoder if the data are a table's."""
    origin, run = lab.samples.origin, lab.run
    network = TriLayerClassifier(**estimator_settings(lab, k))
    network.params_ = run.params(k)
    network.classes_ = _classes(origin.classes)
    network.n_features_in_ = run.start.n1
    network.solver_, network.engine_ = run.solver, run.objective.engine.name
    network.n_iter_ = network.best_iter_ = k
    if origin.encoder is None:
        network.feature_names_in_ = np.array(origin.inputs, dtype=object)
    model: Any = network
    if origin.encoder is not None:
        model = Pipeline([("encoder", origin.encoder), ("network", network)])
    target = lab.table.plan.target if lab.table is not None and lab.table.plan else None
    summary = {"lab": {"iterations": k}} | ({"target": target} if target else {})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        save(model, path, summary=summary)
        return path.read_bytes()


def _classes(labels: list[Any]) -> Any:
    """Return the labels as the classifier keeps them."""
    array = np.array(labels)
    return array.astype(object) if array.dtype.kind == "U" else array
