"""Rows of a data frame encoded, and what the encoding may know of their answers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import assert_all_finite

from trilayer.encoding import TableEncoder
from trilayer.encoding.inputs import Inputs
from trilayer.encoding.odds import Answers, folds_of
from trilayer.fit.samples import two_classes
from trilayer.params import FloatArray
from trilayer.select.dataset import sized


def encoded(
    X: Any,
    max_bins: int | None,
    weights: FloatArray | None,
    answers: Answers | None = None,
    **settings: Any,
) -> tuple[TableEncoder, Inputs]:
    """Return an encoder fitted to a table, and its inputs; `None` bins: as many as suit it."""
    plain = TableEncoder(max_bins=0, **settings).fit(X, sample_weight=weights, answers=answers)
    encoder = sized(plain, max_bins)
    return encoder, encoder.inputs(X, folds=None if answers is None else answers.fold)


def answers_of(labels: NDArray[Any], groups: NDArray[Any] | None) -> Answers:
    """Return the rows' answers, and their folds: rows of a group are in one."""
    assert_all_finite(labels, input_name="y")
    classes = two_classes(labels)
    rows = np.arange(len(labels))
    if groups is not None:
        rows = np.unique(groups, return_inverse=True)[1].ravel()
    return Answers(labels == classes[1], folds_of(rows))
