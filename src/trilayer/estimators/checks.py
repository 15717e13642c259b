"""What scikit-learn's users give, checked: arrays in its own way, inputs of an encoder in ours."""

from typing import Any

import numpy as np
from sklearn.utils.validation import (
    assert_all_finite,
    check_consistent_length,
    column_or_1d,
    validate_data,
)

from trilayer.encoding.inputs import Inputs, compact
from trilayer.encoding.sparse import canonical, is_sparse
from trilayer.errors import InputError
from trilayer.params import FloatArray


def checked_rows(
    estimator: Any, X: Any, y: Any, dtype: Any, *, reset: bool = True
) -> tuple[Inputs | FloatArray, Any]:
    """Return rows and labels as the fit takes them.

    Parameters
    ----------
    estimator : estimator
        Its `n_features_in_` and `feature_names_in_` are set, or held against X.
    X : array-like or sparse matrix, m × n1, or Inputs
        A sparse matrix becomes inputs, and stays sparse; an array with a `layout`, as
        `TableEncoder.transform` returns it, becomes inputs too.
    y : array-like, (m,)
    dtype : dtype, or list of them
    reset : bool

    Raises
    ------
    ValueError
        In scikit-learn's words where it has them.
    """
    y = plain_labels(y)
    if isinstance(X, Inputs):
        labels = column_or_1d(y, warn=True)
        assert_all_finite(labels, input_name="y")
        check_consistent_length(X.numbers, labels)
        return checked_inputs(estimator, X, dtype, reset=reset), labels
    layout = getattr(X, "layout", None)
    rows, labels = validate_data(
        estimator, settled(X), y, dtype=dtype, reset=reset, accept_sparse="csr"
    )
    return with_layout(rows, layout), labels


def settled(X: Any) -> Any:
    """Return a sparse matrix of numbers in its one form, and anything else as it is.

    Raises
    ------
    InputError
        If its own arrays contradict each other.
    """
    if not is_sparse(X) or X.ndim != 2 or X.dtype.kind not in "biuf":
        return X  # scikit-learn has words for what it is
    try:
        return canonical(X)
    except ValueError as error:
        raise InputError(f"X is a sparse matrix that contradicts itself: {error}") from error


def plain_labels(y: Any) -> Any:
    """Return labels that come as Python objects as what they all are; others as they are.

    Raises
    ------
    InputError
        If one is missing, or they are texts and numbers.
    """
    labels = np.asarray(y)
    if y is None or labels.dtype != object or labels.ndim != 1 or not labels.size:
        return y
    missing = np.flatnonzero([_is_missing(label) for label in labels])
    if len(missing):
        raise InputError(
            f"y has no label in {len(missing):,} of {len(labels):,} rows, the first at index "
            f"{missing[0]}: leave these rows out, or say what they are"
        )
    texts = {isinstance(label, str) for label in labels}
    if len(texts) > 1:
        raise InputError("y holds texts and other labels: make them one kind, say with astype(str)")
    if texts == {True}:
        return y
    found = np.array(labels.tolist())
    return found if found.ndim == 1 and found.dtype.kind in "biuf" else y


def _is_missing(label: Any) -> bool:
    """Whether it is None, NaN, or what pandas has in their places."""
    return label is None or type(label).__name__ in {"NAType", "NaTType"} or bool(label != label)


def with_layout(rows: Any, layout: Any) -> Inputs | FloatArray:
    """Return inputs where rows are sparse, or as a layout has them; else the rows."""
    if is_sparse(rows):
        return Inputs.of_rows(canonical(rows))
    if layout is None or layout.n1 != rows.shape[1] or not layout.runs:
        return rows  # type: ignore[no-any-return]
    found = compact(rows, layout)
    return rows if found is None else found


def checked_inputs(estimator: Any, inputs: Inputs, dtype: Any, *, reset: bool) -> Inputs:
    """Check an encoder's inputs: that there are rows, of finite numbers, as many as before."""
    if reset:
        estimator.n_features_in_ = inputs.n1
        estimator.__dict__.pop("feature_names_in_", None)
    elif inputs.n1 != estimator.n_features_in_:
        raise InputError(
            f"X has {inputs.n1} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input"
        )
    if not inputs.m:
        raise InputError("there are no samples: X has 0 rows, and 1 is required")
    numbers = inputs.numbers.data if inputs.is_sparse else inputs.numbers
    if not (np.isfinite(numbers).all() and np.isfinite(inputs.part).all()):
        raise InputError("X holds NaN or infinity")
    dtypes = dtype if isinstance(dtype, list) else [dtype]
    return inputs if inputs.dtype in dtypes else inputs.astype(dtypes[0])
