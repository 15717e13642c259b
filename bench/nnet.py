"""R's nnet beside trilayer's lbfgs: time to the same J on the flower, from the same start.

python bench/nnet.py [--repeats N] [--iterations K]

Needs Rscript with nnet (Debian: r-cran-nnet). nnet runs K BFGS iterations in a process of
its own, which times them; trilayer then needs as many iterations as it takes to come as low.
The flower has many minima, and from some starts the two end in different ones.
"""

import argparse
import shutil
import statistics
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from contest.telling import duration
from contest.works import flower
from trilayer import Params, TriLayerClassifier

HIDDEN = 4
SCRIPT = """
suppressPackageStartupMessages(library(nnet))
a <- commandArgs(TRUE)
x <- as.matrix(read.csv(file.path(a[1], "x.csv"), header = FALSE))
y <- scan(file.path(a[1], "y.csv"), quiet = TRUE)
w <- scan(file.path(a[1], "w.csv"), quiet = TRUE)
fit <- function() nnet(x, y, size = as.integer(a[3]), Wts = w, entropy = TRUE, trace = FALSE,
                       maxit = as.integer(a[2]), abstol = 0, reltol = 0)
model <- fit()
runs <- 20
for (r in 1:as.integer(a[4])) {
  took <- system.time(for (i in 1:runs) model <- fit(), gcFirst = TRUE)[["elapsed"]] / runs
  cat(format(took, digits = 15), format(model$value, digits = 15), "\\n")
}
"""


def theirs(X: np.ndarray, Y: np.ndarray, init: Params, k: int, n: int) -> tuple[float, float]:
    """Return nnet's median time and its final J."""
    units = np.concatenate([init.b1.T, init.W1]).T  # a bias and the weights of each unit
    weights = np.concatenate([units.ravel(), init.b2[0], init.W2[:, 0]])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savetxt(folder / "x.csv", X, delimiter=",", fmt="%.17g")
        np.savetxt(folder / "y.csv", Y, fmt="%d")
        np.savetxt(folder / "w.csv", weights, fmt="%.17g")
        (folder / "run.R").write_text(SCRIPT)
        told = subprocess.run(
            ["Rscript", "run.R", name, str(k), str(HIDDEN), str(n)],
            cwd=folder, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
    times, values = zip(*(map(float, row.split()) for row in told.splitlines()), strict=True)
    return statistics.median(times), values[-1] / len(Y)


def ours(X: np.ndarray, y: np.ndarray, init: Params, J: float, n: int) -> tuple[float, int, float]:
    """Return the median time of a whole fit that reaches J, its iterations, and its J."""

    def fit(iterations: int) -> TriLayerClassifier:
        clf = TriLayerClassifier(solver="lbfgs", l2=0, tol=0, max_iter=iterations, init=init)
        return clf.fit(X, y)

    curve = np.array(fit(5000).loss_curve_)
    enough = np.flatnonzero(curve <= J)
    if not enough.size:
        return float("nan"), len(curve), float(curve[-1])
    k = int(enough[0]) + 1
    times = []
    for _ in range(n):
        began = time.perf_counter()
        clf = fit(k)
        times.append(time.perf_counter() - began)
    return statistics.median(times), k, clf.loss_curve_[-1]


def main() -> None:
    """Run both from several starts and tell each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--starts", type=int, default=10)
    options = parser.parse_args()
    if shutil.which("Rscript") is None:
        print("R's nnet is absent: no Rscript")
        return
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, Y = flower(400)
    print("| start | nnet | its J | trilayer lbfgs | iterations to that J | its J | ratio |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for seed in range(options.starts):
        rng = np.random.default_rng(seed)
        shapes = (2, HIDDEN), (HIDDEN, 1), (HIDDEN, 1), (1, 1)
        init = Params(*(rng.uniform(-0.7, 0.7, shape) for shape in shapes))
        took, J = theirs(X, Y, init, options.iterations, options.repeats)
        mine, k, mine_J = ours(X, Y, init, J, options.repeats)
        reached = f"{duration(mine)} | {k}" if mine > 0 else f"other minimum | after {k}"
        ratio = f"{mine / took:.2f}" if mine > 0 else "–"
        print(f"| {seed} | {duration(took)} | {J:.6f} | {reached} | {mine_J:.6f} | {ratio} |")


if __name__ == "__main__":
    main()
