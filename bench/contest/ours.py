"""trilayer, through its public door and through its engine."""

from collections.abc import Callable
from typing import Any

import numpy as np

from contest.works import BATCH, BETA1, BETA2, EPSILON, Problem
from trilayer import Params, TriLayerClassifier
from trilayer.params import pack, unpack


def _params(problem: Problem) -> Params:
    W1, b1, W2, b2 = problem.start
    return Params(W1, b1[:, None], W2[:, None], b2[:, None])


def public(problem: Problem) -> Callable[[], object]:
    """Time the whole of fit, or of predict_proba, scikit-learn's validation included."""
    work = problem.work
    y = problem.Y.astype(np.int64)
    init = _params(problem)

    def classifier(**settings: Any) -> TriLayerClassifier:
        return TriLayerClassifier(l2=0, tol=0, init=init, n_threads=problem.threads, **settings)

    def fit() -> object:
        solver = {"solver": "gd"} if work.kind == "gd" else {"solver": "adam", "batch_size": BATCH}
        clf = classifier(
            learning_rate=work.rate, max_iter=work.steps, shuffle=False, n_iter_no_change=10**9,
            **solver,
        )  # fmt: skip
        clf.fit(problem.X, y)
        return vars(clf.params_).values()

    if work.kind in {"proba", "row"}:
        rng = np.random.default_rng(0)
        few = rng.standard_normal((100, work.n1)).astype(work.dtype)
        fitted = classifier(solver="gd", max_iter=1).fit(few, np.arange(100) % 2)
        fitted.params_ = init

    def proba() -> object:
        for _ in range(work.steps):
            out = fitted.predict_proba(problem.X)
        return out

    return {"gd": fit, "adam": fit, "proba": proba, "row": proba}[work.kind]


def engine(problem: Problem) -> Callable[[], object]:
    """Time the fused engine alone, on arrays that are ready for it."""
    from trilayer.engines.data import Data
    from trilayer.engines.fused import FusedEngine, Plan, Walk

    work, fused = problem.work, FusedEngine()
    start = _params(problem)
    X, n2, m = problem.X.T, work.n2, work.m
    data = Data(X, problem.Y, None, float(m))
    begin = pack(start).astype(np.float64)
    slope = fused.sums(start, X, problem.Y[None], None, problem.threads)[1:] / m
    plan = Plan(work.rate, 0.0, 0.0, 0.0, problem.threads)

    def params(theta: Any) -> object:
        return vars(unpack(theta, work.n1, n2)).values()

    def descent() -> object:
        theta, gradient, done = begin.copy(), slope.copy(), 0
        while done < work.steps:
            left = work.steps - done
            done += len(fused.descend(data, n2, theta, None, gradient, plan, left))
        return params(theta)

    def adam() -> object:
        theta = begin.copy()
        memory = {"mean": np.zeros_like(theta), "square": np.zeros_like(theta)}
        constants = {"beta1": BETA1, "beta2": BETA2, "epsilon": EPSILON}
        rates = np.full(-(-m // BATCH), work.rate)
        for k in range(work.steps):
            walk = Walk(None, BATCH, rates, k * rates.size, 1.0, 0.0, problem.threads)
            fused.epoch("adam", constants, memory, data, n2, theta, walk)
        return params(theta)

    def proba() -> object:
        for _ in range(work.steps):
            out = fused.probabilities(start, X, problem.threads)
        return out

    return {"gd": descent, "adam": adam, "proba": proba, "row": proba}[work.kind]
