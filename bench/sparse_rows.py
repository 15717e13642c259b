"""Fits of one-hot text, sparse, beside scikit-learn's MLPClassifier: time, memory and J.

python bench/sparse_rows.py [--rows M] [--words N] [--units N2] [--repeats N] [--folder DIR]

Makes documents up: words by their ranks, as often as Zipf says, and a label that hangs on them.
Each fit is a process of its own, and they take turns; medians are shown. Both start from the same
parameters, with the same weight decay, batches in the order of the rows, and as many iterations:
Adam's must end with the same J, else there is no time. Memory is what the process had resident
at the most, beyond what it had once the rows were read.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from contest.telling import duration, processor
from trilayer.sources.walking import available_threads

ROOT = Path(__file__).resolve().parent.parent
BATCH, RATE, L2 = 256, 0.002, 1.0
WORKS = {"lbfgs": 20, "adam": 2}
"""Solvers, and iterations of each."""

PEERS = ("trilayer", "MLPClassifier")


def documents(m: int, words: int, seed: int = 0) -> tuple[sp.csr_matrix, np.ndarray]:
    """Return which of the words each document has, m × words, and labels."""
    rng = np.random.default_rng(seed)
    often = 1 / (np.arange(words) + 10.0)
    often /= often.sum()
    lengths = rng.poisson(100, m)
    drawn = rng.choice(words, lengths.sum(), p=often)
    rows = np.repeat(np.arange(m), lengths)
    X = sp.csr_matrix((np.ones(len(drawn)), (rows, drawn)), shape=(m, words))
    X.data[:] = 1.0
    meant = X @ rng.normal(scale=0.5, size=words)
    return X, (meant + rng.logistic(size=m) > np.median(meant)).astype(np.int64)


def resident_mb() -> float:
    """Return the most that this process had resident so far."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def fitted(peer: str, solver: str, X: Any, y: np.ndarray, units: int) -> Any:
    """Return a function that fits, and one that gives W1, b1, W2, b2 of what it returns."""
    from trilayer.params import Params, initialise

    start = initialise(X.shape[1], units, np.random.default_rng(0), X.dtype)
    steps = WORKS[solver]
    if peer == "trilayer":
        from trilayer import TriLayerClassifier

        batches = {"batch_size": BATCH, "learning_rate": RATE} if solver == "adam" else {}
        ours = TriLayerClassifier(
            units, solver=solver, l2=L2, max_iter=steps, tol=0, shuffle=False, init=start, **batches
        )
        return lambda: ours.fit(X, y), lambda clf: clf.params_

    from sklearn.neural_network import MLPClassifier

    # Of a batch it is alpha over the batch's size, of all samples alpha over theirs.
    alpha = L2 * BATCH / X.shape[0] if solver == "adam" else L2
    theirs = MLPClassifier(
        (units,), activation="logistic", solver=solver, alpha=alpha, batch_size=BATCH,
        learning_rate_init=RATE, max_iter=steps, tol=0, n_iter_no_change=steps + 1, shuffle=False,
        random_state=0,
    )  # fmt: skip
    initialised = theirs._initialize

    def with_our_start(*arguments: Any) -> None:
        initialised(*arguments)
        theirs.coefs_ = [start.W1.copy(), start.W2.copy()]
        theirs.intercepts_ = [start.b1[:, 0].copy(), start.b2[0].copy()]

    theirs._initialize = with_our_start
    return lambda: theirs.fit(X, y), lambda clf: Params(
        clf.coefs_[0], clf.intercepts_[0][:, None], clf.coefs_[1], clf.intercepts_[1][None]
    )


def cost_of(params: Any, X: Any, y: np.ndarray) -> float:
    """Return J of a network, in float64."""
    from trilayer.derivation import core
    from trilayer.encoding.inputs import Inputs
    from trilayer.engines import select

    params = params.astype(np.float64)
    inputs = Inputs.of_rows(sp.csr_array(X.astype(np.float64)))
    Z2 = select("reference").logits(params, inputs)
    weights = np.square(params.W1).sum() + np.square(params.W2).sum()
    return float((core.losses(Z2, y[None].astype(float)).sum() + L2 / 2 * weights) / len(y))


def once(peer: str, solver: str, dtype: str, units: int, folder: Path) -> dict[str, float]:
    """Fit and predict once, in this process."""
    warnings.simplefilter("ignore")
    X = sp.load_npz(folder / "X.npz").astype(dtype)
    y = np.load(folder / "y.npy")
    fit, params_of = fitted(peer, solver, X, y, units)
    before, began = resident_mb(), time.perf_counter()
    clf = fit()
    took, more = time.perf_counter() - began, resident_mb() - before
    began = time.perf_counter()
    clf.predict_proba(X)
    predicted = time.perf_counter() - began
    return {"fit": took, "MB": more, "predict": predicted, "J": cost_of(params_of(clf), X, y)}


def environment() -> dict[str, str]:
    """Return the environment without what hinders NumPy."""
    return {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}


def in_turns(solver: str, dtype: str, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Return each peer's medians."""
    found: dict[str, list[dict[str, float]]] = {peer: [] for peer in PEERS}
    for _ in range(options.repeats):
        for peer in PEERS:
            words = [peer, solver, dtype, str(options.units), str(options.folder)]
            command = [sys.executable, __file__, "--once", *words]
            told = subprocess.run(command, env=environment(), capture_output=True, check=True)
            found[peer].append(json.loads(told.stdout))
    return {
        peer: {name: statistics.median(each[name] for each in all_) for name in all_[0]}
        for peer, all_ in found.items()
    }


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["--once"]:
        peer, solver, dtype, units, folder = sys.argv[2:]
        print(json.dumps(once(peer, solver, dtype, int(units), Path(folder))))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=80 * BATCH)
    parser.add_argument("--words", type=int, default=50_000)
    parser.add_argument("--units", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench" / "sparse")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    X, y = documents(options.rows, options.words)
    sp.save_npz(options.folder / "X.npz", X)
    np.save(options.folder / "y.npy", y)
    dense = X.shape[0] * X.shape[1] * 8 / 1e9
    print(
        f"{processor()}, {available_threads()} processors, load {os.getloadavg()[0]:.1f}: "
        f"{X.shape[0]:,} × {X.shape[1]:,}, {X.nnz:,} entries (dense {dense:.1f} GB), "
        f"{options.units} units, medians of {options.repeats}\n"
    )
    print("| solver | dtype | peer | fit | memory | predict | J |")
    print("|---|---|---|---:|---:|---:|---:|")
    for solver, steps in WORKS.items():
        for dtype in ("float64", "float32"):
            scores = in_turns(solver, dtype, options)
            for peer, score in scores.items():
                print(
                    f"| {solver}, {steps} | {dtype} | {peer} | {duration(score['fit'])} | "
                    f"+{score['MB']:.0f} MB | {duration(score['predict'])} | {score['J']:.6f} |",
                    flush=True,
                )
            ours, theirs = (scores[peer]["J"] for peer in PEERS)
            # L-BFGS of another line search goes another way.
            if solver == "adam" and abs(ours - theirs) > (1e-9 if dtype == "float64" else 1e-4):
                raise SystemExit("the two did not do the same")


if __name__ == "__main__":
    main()
