"""One full-batch gradient step, trilayer beside textbook NumPy and scikit-learn.

python bench/peers.py [--repeats N]

All start from the same parameters, on the same data, and must agree on the cost that they
reach; runs are interleaved and medians shown. One thread pool size for all: the machine's.
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from trilayer import Params, TriLayerClassifier

WORKS = {  # name: n1, n2, m, dtype, steps
    "W1 planar": (2, 4, 400, np.float64, 400),
    "W2 tabular": (30, 64, 100_000, np.float32, 8),
}
RATE = 0.5


def textbook(params: Params, X: np.ndarray, Y: np.ndarray, steps: int) -> float:
    """E7 to E35 as one writes them on a blackboard; returns the cost before the last step."""
    W1, b1, W2, b2 = (a.copy() for a in vars(params).values())
    m = X.shape[1]
    J = np.nan
    for _ in range(steps):
        A1 = 1 / (1 + np.exp(-(W1.T @ X + b1)))
        A2 = 1 / (1 + np.exp(-(W2.T @ A1 + b2)))
        J = float(-np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)))
        dZ2 = A2 - Y
        dZ1 = (W2 @ dZ2) * A1 * (1 - A1)
        dW2, db2 = A1 @ dZ2.T / m, dZ2.sum(keepdims=True) / m
        dW1, db1 = X @ dZ1.T / m, dZ1.sum(axis=1, keepdims=True) / m
        W1, b1, W2, b2 = W1 - RATE * dW1, b1 - RATE * db1, W2 - RATE * dW2, b2 - RATE * db2
    return J


def ours(params: Params, X: np.ndarray, Y: np.ndarray, steps: int) -> float:
    """Run the estimator, through its public door."""
    settings = {"solver": "gd", "learning_rate": RATE, "l2": 0, "tol": 0, "init": params}
    clf = TriLayerClassifier(max_iter=steps, **settings)
    return clf.fit(X.T, Y[0]).loss_curve_[-2 if steps > 1 else -1]


def scikit(params: Params, X: np.ndarray, Y: np.ndarray, steps: int) -> float:
    """scikit-learn's network: sgd in one batch, logistic units, the same start."""
    clf = MLPClassifier(
        (params.n2,), activation="logistic", solver="sgd", alpha=0, batch_size=X.shape[1],
        learning_rate_init=RATE, momentum=0, max_iter=steps, tol=0, shuffle=False,
        n_iter_no_change=steps + 1, random_state=0,
    )  # fmt: skip
    initialise = clf._initialize

    def with_our_start(y: np.ndarray, layer_units: list[int], dtype: type) -> None:
        initialise(y, layer_units, dtype)
        clf.coefs_ = [params.W1.copy(), params.W2.copy()]
        clf.intercepts_ = [params.b1[:, 0].copy(), params.b2[:, 0].copy()]

    clf._initialize = with_our_start
    clf.fit(X.T, Y[0])
    return clf.loss_curve_[-1]


PEERS: dict[str, Callable[..., float]] = {
    "trilayer": ours,
    "NumPy textbook": textbook,
    "scikit-learn": scikit,
}


def measure(name: str, repeats: int) -> None:
    """Time one work for every peer and print its lines."""
    n1, n2, m, dtype, steps = WORKS[name]
    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.normal(size=(n1, m)).astype(dtype))
    Y = (X[:1] * X[1:2] > 0).astype(dtype)
    start = Params(
        *(rng.normal(scale=0.3, size=s).astype(dtype) for s in ((n1, n2), (n2, 1), (n2, 1), (1, 1)))
    )
    times: dict[str, list[float]] = {peer: [] for peer in PEERS}
    costs = {}
    for _ in range(repeats):
        for peer, run in PEERS.items():
            began = time.perf_counter()
            costs[peer] = run(start, X, Y, steps)
            times[peer].append((time.perf_counter() - began) / steps)
    np.testing.assert_allclose(list(costs.values()), costs["NumPy textbook"], rtol=1e-4)
    fastest = statistics.median(times["trilayer"])
    for peer, seconds in times.items():
        median = statistics.median(seconds)
        print(f"{name:12s} {peer:16s} {median * 1e6:12.1f} µs a step   {median / fastest:6.2f} ×")


def main() -> None:
    """Measure every work."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name in WORKS:
        measure(name, repeats)


if __name__ == "__main__":
    main()
