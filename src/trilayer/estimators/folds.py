"""How rows are held out where a user says it: scikit-learn's splitters, groups, lists of splits."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_consistent_length, column_or_1d

from trilayer.encoding.inputs import Inputs
from trilayer.encoding.sparse import is_sparse
from trilayer.errors import InputError
from trilayer.select.presets import FOLDS, SMALL, Split, group_folds


def splits_of(
    cv: Any,
    groups: Any,
    X: Any,
    labels: NDArray[Any],
    present: NDArray[np.int64],
    seed: int,
) -> list[Split] | None:
    """Return the splits that a user asks for, by the numbers of the rows that are present.

    Parameters
    ----------
    cv : int, splitter or iterable, or None
        In scikit-learn's forms. An iterable's numbers are those of all rows, present or not;
        a splitter sees those alone that are.
    groups : array-like, (m,), or None
        Rows of a group stay on one side.
    X : table, array, sparse matrix or Inputs
    labels : array, (m,)
    present : array of int
        The rows that weigh something, ascending.
    seed : int
        Decides the folds of groups where there is no cv.

    Returns
    -------
    list of (train, held), or None
        None: neither is asked for.

    Raises
    ------
    InputError
        If a split does not train on both classes, or holds out nothing.
    """
    if cv is None and groups is None:
        return None
    if groups is not None:
        groups = column_or_1d(groups)
        check_consistent_length(labels, groups)
        groups = groups[present]
    there = labels[present]
    if cv is not None and not isinstance(cv, int) and not hasattr(cv, "split"):
        found = [(_among(train, present), _among(held, present)) for train, held in cv]
    elif cv is None:
        found = _by_groups(there, groups, seed)
    else:
        rows: Any = np.zeros((len(labels), 1)) if isinstance(X, Inputs) else X
        rows = rows.tocsr() if is_sparse(rows) else rows  # others have no rows to choose from
        if len(present) < len(labels):
            rows = _safe_indexing(rows, present)
        found = list(check_cv(cv, there, classifier=True).split(rows, there, groups))
    _check(found, there)
    return found


def _among(rows: Any, present: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where rows stand among those that are present; the others are left out."""
    numbers = np.asarray(rows)
    if numbers.dtype == bool:
        numbers = np.flatnonzero(numbers)
    return np.flatnonzero(np.isin(present, numbers))


def _by_groups(labels: NDArray[Any], groups: NDArray[Any], seed: int) -> list[Split]:
    """Return folds of whole groups, one of them beyond `SMALL` rows."""
    fewest = min(len(np.unique(groups[labels == label])) for label in np.unique(labels))
    if fewest < 2:
        raise InputError(
            "groups: each class must occur in two groups at least, so that one can be held out"
        )
    sound = group_folds(labels, groups, min(FOLDS, fewest), seed)
    return sound if len(labels) <= SMALL else sound[:1]


def share_of_groups(
    labels: NDArray[Any], groups: NDArray[Any], fraction: float, seed: int
) -> Split:
    """Return rows to learn from and a share of about that size to watch, of other groups.

    Raises
    ------
    InputError
        If no such share leaves both classes on both sides.
    """
    count = max(2, min(round(1 / fraction), len(np.unique(groups))))
    if len(np.unique(groups)) > 1:
        for learnt, held in group_folds(labels, groups, count, seed):
            if len(np.unique(labels[held])) == 2:
                return learnt, held
    raise InputError(
        f"early_stopping cannot hold out validation_fraction={fraction:g} of "
        f"{len(np.unique(groups))} groups with both classes on both sides: give X_val and y_val, "
        "or set early_stopping=False"
    )


def _check(found: Sequence[Split], labels: NDArray[Any]) -> None:
    if not found:
        raise InputError("cv gives no split: there is nothing to judge by")
    for number, (train, held) in enumerate(found, 1):
        classes = np.unique(labels[train]).tolist()
        if len(classes) < 2:
            of = f"of class {classes[0]!r} only" if classes else "that there are not"
            raise InputError(
                f"split {number} of cv trains on rows {of}: both classes are needed there; "
                "shuffle the rows, say by StratifiedKFold(shuffle=True)"
            )
        if not len(held):
            raise InputError(f"split {number} of cv holds out no row to judge by")
