"""Estimators to records and back: `save`, `read`, `load`."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from trilayer._version import __version__
from trilayer.errors import ModelFileError
from trilayer.modelfile.checkrows import example_rows, logits
from trilayer.modelfile.decode import decode
from trilayer.modelfile.disk import as_path, read_bytes, write_bytes
from trilayer.modelfile.parts import Parts, chosen, parts_of
from trilayer.modelfile.preparation import prepared, restored_steps
from trilayer.modelfile.record import ModelRecord, encode
from trilayer.modelfile.schema import LieError
from trilayer.params import FloatArray, Params

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from trilayer.estimators.classifier import TriLayerClassifier
    from trilayer.estimators.cv import TriLayerClassifierCV
    from trilayer.estimators.table_classifier import TriLayerTableClassifier

    Model: TypeAlias = (
        TriLayerClassifier | TriLayerClassifierCV | TriLayerTableClassifier | Pipeline
    )

_TRAINING = (
    "best_iter", "engine", "loss_curve", "n_evaluations", "n_iter", "solver", "stop_reason",
    "validation_curve",
)  # fmt: skip


def save(
    model: "Model",
    path: str | os.PathLike[str],
    *,
    check_rows: Any = None,
    positive: Any = None,
    threshold: float = 0.5,
    summary: Any = None,
    fingerprint: Any = None,
    force: bool = True,
) -> None:
    """Write a fitted model to one safetensors file: data only, sealed, all or nothing.

    The same model gives the same bytes. Hyper-parameters that have no form in JSON
    (an `init`, a random generator) are left out.

    Parameters
    ----------
    model : TriLayerClassifier, TriLayerClassifierCV, TriLayerTableClassifier or Pipeline
        Fitted. A pipeline's network comes last, behind a TableEncoder, or behind StandardScaler,
        MinMaxScaler, MaxAbsScaler, RobustScaler, SimpleImputer and "passthrough". Save all of
        it: a last step alone takes rows as the steps before it leave them, which nobody can
        tell from the rows themselves.
    path : str or path
        The file; its folder must exist.
    check_rows : table or array, optional
        Up to 64 samples, as `model.predict` takes them. They are stored as the network
        sees them, with the logits it gives, and `load` computes these again. Without
        them four made-up rows are stored. Do not pass what the file's readers may not see.
    positive : label, optional
        The class whose probability is reported; the second one by default.
    threshold : float, default 0.5
        The probability from which the shell's ``predict`` and ``evaluate`` say `positive`.
        The model that `load` returns predicts the likelier class, as in scikit-learn.
    summary, fingerprint : optional
        Anything that has a form in JSON, to be found in the record: results of the
        training, a mark of the data.
    force : bool, default True
        Whether a file that exists is replaced.

    Raises
    ------
    ModelFileError
        If the model cannot be written there; an existing file is then as it was.
    """
    target = as_path(path)
    try:
        record = record_of(
            model,
            check_rows=check_rows,
            positive=positive,
            threshold=threshold,
            summary=summary,
            fingerprint=fingerprint,
        )
        data = encode(record)
        # What cannot be read back must not replace what can.
        restore(decode(data))
        write_bytes(target, data, force=force)
    except ModelFileError as error:
        raise ModelFileError(f"cannot save {str(target)!r}: {error}") from error


def read(path: str | os.PathLike[str], *, hyper_parameters: bool = False) -> ModelRecord:
    """Read a model file and check what it says; scikit-learn is not needed.

    Parameters
    ----------
    path : str or path
    hyper_parameters : bool
        Whether the classifier shall judge these too, as `load` lets it. That does need
        scikit-learn; predicting does not depend on them.

    Raises
    ------
    ModelFileError
        If there is anything wrong with it.
    """
    with _told(path) as source:
        record = decode(read_bytes(source))
        if hyper_parameters:
            restore(record)
    return record


@contextmanager
def _told(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Say of what is wrong with a file which file it is, and what to do."""
    source = as_path(path)
    try:
        yield source
    except LieError as error:
        advice = "take an intact copy, or save the model again"
        raise ModelFileError(f"cannot load {str(source)!r}: {error}; {advice}") from error
    except ModelFileError as error:
        raise ModelFileError(f"cannot load {str(source)!r}: {error}") from error
    except MemoryError as error:
        raise ModelFileError(
            f"cannot load {str(source)!r}: it needs more memory than there is; free some"
        ) from error


def load(path: str | os.PathLike[str]) -> "Model":
    """Read a model file and return the model, ready to predict.

    Returns
    -------
    TriLayerClassifier, TriLayerClassifierCV, TriLayerTableClassifier or Pipeline
        The same kind as was saved.

    Raises
    ------
    ModelFileError
        If there is anything wrong with the file.
    """
    with _told(path) as source:
        return restore(decode(read_bytes(source)))


def restore(record: ModelRecord) -> "Model":
    """Make the model that a record describes, ready to predict.

    Raises
    ------
    ModelFileError
        If its hyper-parameters are not those of this version's classifier.
    """
    from sklearn.pipeline import Pipeline

    network: Any = _classifier(record)
    if record.encoder is None:
        before = restored_steps(record.preparation, record.params.n1, record.feature_names)
        if any(step != "passthrough" for _, step in before):  # what comes from these has no names
            vars(network).pop("feature_names_in_", None)
        if record.selection is not None:
            network = chosen(record, record.selection, network)
        return Pipeline([*before, (record.last, network)]) if record.last else network
    from trilayer.encoding import TableEncoder

    encoder = TableEncoder.from_fitted(record.encoder)
    if record.selection is not None:
        return chosen(record, record.selection, network, encoder)
    return Pipeline(list(zip(record.steps or (), (encoder, network), strict=True)))


def record_of(
    model: Any,
    *,
    check_rows: Any = None,
    positive: Any = None,
    threshold: float = 0.5,
    summary: Any = None,
    fingerprint: Any = None,
) -> ModelRecord:
    """Return what a file of a fitted model says; all is as `save` takes it.

    Raises
    ------
    ModelFileError
        If it is no model that a file could hold.
    """
    from sklearn.utils.validation import check_is_fitted

    parts = parts_of(model)
    classifier, encoder = parts.network, parts.encoder
    check_is_fitted(classifier, "params_")
    params: Params = classifier.params_
    X = example_rows(params) if check_rows is None else _columns(check_rows, parts, params)
    names = getattr(parts.first, "feature_names_in_", None)
    return ModelRecord(
        params=params,
        classes=classifier.classes_,
        positive=_positive(positive, classifier.classes_),
        threshold=threshold,
        encoder=None if encoder is None else encoder.fitted_,
        steps=parts.steps,
        feature_names=None if names is None else tuple(names.tolist()),
        hyper_parameters=classifier.get_params(deep=False),
        training={name: getattr(classifier, f"{name}_", None) for name in _TRAINING},
        summary=summary,
        fingerprint=fingerprint,
        versions=_versions(),
        check_X=X,
        check_Z2=logits(params, X),
        preparation=parts.preparation,
        last=parts.last,
        selection=parts.selection,
    )


# ---- inside ------------------------------------------------------------------------


def _columns(rows: Any, parts: Parts, params: Params) -> FloatArray:
    """Give samples as the network takes them, n1 × k."""
    try:
        rows = rows if parts.encoder is None else parts.encoder.transform(rows)
        X = np.asarray(rows, dtype=params.dtype)
        if parts.preparation:
            X = prepared(parts.preparation, X).astype(params.dtype)
    except (TypeError, ValueError) as error:
        raise ModelFileError(f"check_rows are not rows of numbers ({error})") from error
    if X.ndim != 2 or X.shape[1] != params.n1:
        raise ModelFileError(f"check_rows have the shape {X.shape} beside {params.n1} inputs")
    return X.T


def _positive(label: Any, classes: NDArray[Any]) -> Any:
    known = classes.tolist()
    if label is None:
        return known[1]
    for candidate in known:
        if candidate == label:
            return candidate
    raise ModelFileError(f"positive must be one of the classes {known}, got {label!r}")


def _versions() -> dict[str, str]:
    import sklearn

    return {
        "numpy": np.__version__,
        "python": platform.python_version(),
        "scikit-learn": sklearn.__version__,
        "trilayer": __version__,
    }


def _classifier(record: ModelRecord) -> "TriLayerClassifier":
    from trilayer.estimators.classifier import TriLayerClassifier

    classifier = TriLayerClassifier()
    unknown = record.hyper_parameters.keys() - classifier.get_params().keys()
    if unknown:
        raise ModelFileError(
            f"the classifier of this version has no hyper-parameter {min(unknown)[:40]!a}; "
            "upgrade trilayer, or save the model again"
        )
    if record.hyper_parameters.get("dtype") not in (None, "float32", "float64"):
        raise LieError("a hyper-parameter cannot be: dtype must be float32 or float64")
    classifier.set_params(**record.hyper_parameters)
    try:
        classifier._validate_params()
    except ValueError as error:
        raise LieError(f"a hyper-parameter cannot be: {error}") from error
    for name, value in record.training.items():
        if value is not None:
            setattr(classifier, f"{name}_", value)
    classifier.params_ = record.params
    classifier.classes_ = record.classes
    classifier.n_features_in_ = record.params.n1
    if record.feature_names is not None:
        classifier.feature_names_in_ = np.array(record.feature_names, dtype=object)
    return classifier
