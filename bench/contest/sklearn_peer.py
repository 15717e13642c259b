"""scikit-learn's MLPClassifier with logistic units, from our start."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from contest.works import BATCH, Problem

warnings.simplefilter("ignore", ConvergenceWarning)


def classifier(problem: Problem) -> Callable[[], object]:
    """Time the whole of fit, or of predict_proba, its validation included."""
    work = problem.work
    y = problem.Y.astype(np.int64)

    def start(clf: MLPClassifier) -> None:
        W1, b1, W2, b2 = problem.start
        clf.coefs_, clf.intercepts_ = [W1, W2[:, None]], [b1, b2]

    def made(**settings: Any) -> MLPClassifier:
        clf = MLPClassifier(
            (work.n2,), activation="logistic", alpha=0, tol=0, shuffle=False, random_state=0,
            **settings,
        )  # fmt: skip
        initialise = clf._initialize

        def with_our_start(*arguments: Any) -> None:
            initialise(*arguments)
            start(clf)

        clf._initialize = with_our_start
        return clf

    def trained(**settings: Any) -> object:
        clf = made(
            learning_rate_init=work.rate, max_iter=work.steps, n_iter_no_change=work.steps + 1,
            **settings,
        )  # fmt: skip
        clf.fit(problem.X, y)
        (W1, W2), (b1, b2) = clf.coefs_, clf.intercepts_
        return W1, b1, W2, b2

    def descent() -> object:
        return trained(solver="sgd", momentum=0, nesterovs_momentum=False, batch_size=work.m)

    def adam() -> object:
        return trained(solver="adam", batch_size=BATCH)

    if work.kind in {"proba", "row"}:
        fitted = made(max_iter=1)
        rng = np.random.default_rng(0)
        few = rng.standard_normal((100, work.n1)).astype(work.dtype)
        fitted.fit(few, np.arange(100) % 2)
        start(fitted)

    def proba() -> object:
        for _ in range(work.steps):
            out = fitted.predict_proba(problem.X)
        return out

    return {"gd": descent, "adam": adam, "proba": proba, "row": proba}[work.kind]
