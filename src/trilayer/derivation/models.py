"""A fitted estimator and its rows, as the derivation has them: parameters, X and Y."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trilayer.errors import InputError, ShapeError
from trilayer.params import FloatArray, Params


def of_model(model: Any, rows: Any, labels: ArrayLike) -> tuple[Params, FloatArray, FloatArray]:
    """Return the network of a model, rows as its inputs n1 × m, and targets 1 × m.

    Parameters
    ----------
    model : Params or fitted estimator
        A classifier of trilayer's, or a pipeline that ends in one. Of parameters, X and Y are
        returned as they are.
    rows : table, or array or sparse matrix m × n1
        As the model's `predict` takes them, and few, for they are made dense; an array n1 × m
        that is not m × n1 too is X.
    labels : array, (m,)
        Of the model's classes.

    Raises
    ------
    InputError
        If it is no fitted model, or a label is none of its classes.
    """
    if isinstance(model, Params):
        return model, rows, labels  # type: ignore[return-value]
    if hasattr(model, "steps"):
        *before, (_, model) = model.steps
        for _, step in before:
            # imbalanced-learn's samplers change what is learnt from, and no row that is predicted.
            if not (step is None or step == "passthrough" or hasattr(step, "fit_resample")):
                rows = step.transform(rows)
    chosen = getattr(model, "selection_", model)
    params, classes = getattr(chosen, "params_", None), getattr(chosen, "classes_", None)
    if not isinstance(params, Params) or classes is None:
        raise InputError(
            f"give Params, or a fitted classifier of trilayer's, not this {type(model).__name__}"
        )
    if hasattr(model, "encoder_"):
        rows = model.encoder_.inputs(rows)
    if hasattr(rows, "toarray"):  # a sparse matrix of SciPy's
        rows = rows.toarray()
    X = rows.dense() if hasattr(rows, "dense") else _columns(np.asarray(rows), params.n1)
    given = np.ravel(np.asarray(labels))
    second = given == classes[1]
    if not np.all(second | (given == classes[0])):
        raise InputError(f"the labels must be {classes.tolist()}, as those that it was fitted on")
    return params, X, second[np.newaxis].astype(np.float64)


def _columns(rows: FloatArray, n1: int) -> FloatArray:
    if rows.ndim != 2 or n1 not in rows.shape:
        raise ShapeError(f"the rows must be m x n1 = m x {n1}, got {rows.shape}")
    return rows.T if rows.shape[1] == n1 else rows
