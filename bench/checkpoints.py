"""What checkpoints cost: the time of one, and the share of a training that they take.

``python bench/checkpoints.py [--rows 200000]``: for each solver and size, the parameters, the
bytes of a checkpoint and the median time to write one, the least of looking whether one is due,
and from these the share of the training when one is written every 30 s, as by default.
"""

import argparse
import statistics
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from trilayer import Checkpoint, TriLayerClassifier
from trilayer.checkpoint.folder import Folder
from trilayer.checkpoint.keeping import StageKeeper

SECONDS = 6.0
INPUTS = 28


class Clock:
    """Notes the time that passes within each call of a method."""

    def __init__(self, owner: type, name: str) -> None:
        self.seconds: list[float] = []
        method = getattr(owner, name)

        def timed(*args: object) -> object:
            began = time.perf_counter()
            try:
                return method(*args)
            finally:
                self.seconds.append(time.perf_counter() - began)

        setattr(owner, name, timed)

    def taken(self) -> list[float]:
        """Return what was noted since the last time."""
        found, self.seconds = self.seconds, []
        return found


def main() -> None:
    """Train and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, INPUTS)).astype(np.float32)
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    looks, writes = Clock(StageKeeper, "look"), Clock(Folder, "write")
    print(f"{rows:,} rows, {INPUTS} inputs, float32; one every 1s for {SECONDS:g} s")
    print("solver  parameters  iterations      bytes  ms to write  µs to look  share at 30s")
    for solver in ("gd", "sgd", "adam", "lbfgs"):
        for hidden in (16, 1024):
            model = TriLayerClassifier(
                hidden, solver=solver, tol=0, max_iter=10**6, max_seconds=SECONDS, random_state=0
            )
            with tempfile.TemporaryDirectory() as folder:
                checkpoint = Checkpoint(folder, "1s")
                writes.taken()
                looks.taken()
                model.fit(X, y, checkpoint=checkpoint)
                writing, looking = statistics.median(writes.taken()), min(looks.taken())
                size = max(path.stat().st_size for path in Path(folder).iterdir())
            parameters = hidden * (INPUTS + 2) + 1
            share = writing / 30 + looking * model.n_iter_ / SECONDS
            print(
                f"{solver:6}  {parameters:10,}  {model.n_iter_:10,}  {size:9,}  "
                f"{1e3 * writing:11.2f}  {1e6 * looking:10.2f}  {share:12.3%}"
            )


if __name__ == "__main__":
    main()
