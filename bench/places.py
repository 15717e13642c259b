"""What looking inputs up gains: a pass over encoded tables as inputs, and as a wide matrix.

python bench/places.py [--datasets NAME ...] [--rows M] [--hidden N2] [--repeats N]

Tables as in bench/quality.py, encoded as `TriLayerTableClassifier` does: positions in bins and
levels of categories, in float32 beyond 2,000 rows. A pass is the sums of the loss and of its
gradient on one thread; both take turns, and the best of each counts. MB are of all rows.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from quality import DATA
from trial.sets import data_sets
from trilayer.engines.fused import FusedEngine
from trilayer.estimators.table_classifier import encoded
from trilayer.params import initialise
from trilayer.select.presets import preset


def seconds(call: Callable[[], object]) -> float:
    """Time one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder with manifest.json")
    parser.add_argument("--datasets", nargs="+", metavar="NAME", help="only these")
    parser.add_argument("--rows", type=int, default=10_000, help="at the most")
    parser.add_argument("--hidden", type=int, help="default: the recipe's for so many rows")
    parser.add_argument("--repeats", type=int, default=15)
    args = parser.parse_args()
    engine = FusedEngine()
    print(f"one pass, one thread, {engine.description}; milliseconds")
    print("table               rows inputs stairs levels  wide looked up   gain    wide MB  MB")
    for table in data_sets(args.data, args.datasets):
        frame, y = table.load()
        frame, y = frame[: args.rows], y[: args.rows]
        encoder, inputs = encoded(frame, None, categorical=table.categorical)
        X, Y, layout = inputs.dense(), y[np.newaxis].astype(inputs.dtype), encoder.layout_
        n2 = args.hidden or preset(len(y)).hidden_units
        params = initialise(len(X), n2, np.random.default_rng(0), X.dtype)
        best = {"wide": np.inf, "looked up": np.inf}
        for _ in range(args.repeats):
            for name, given in (("wide", X), ("looked up", inputs)):
                run = lambda g=given, p=params, Y=Y: engine.sums(p, g, Y, None)  # noqa: E731
                best[name] = min(best[name], seconds(run))
        wide, looked = (1e3 * best[name] for name in ("wide", "looked up"))
        print(
            f"{table.name:16} {len(y):7,} {len(X):6} {len(layout.stairs):6} "
            f"{len(layout.levels):6} {wide:6.2f} {looked:9.2f} {wide / looked:5.1f} × "
            f"{X.nbytes / 1e6:10.2f} {inputs.nbytes / 1e6:5.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
