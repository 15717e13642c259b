"""What data past memory cost: a pass over the cache beside one over memory, and the memory used.

python bench/scale.py [--max-rows N] [--hidden N2] [--folder DIR] [--passes N]

For 10⁵ to N rows of 28 columns of float32, made on disk as Parquet: the seconds of a pass over
all rows (sums of the loss and of its gradient, on all processors) from the cache and from one
array in memory, their ratio (and that of the processor time, which a busy machine distorts
less), the cache's time per row (and processor time), the peak resident memory of a process
that went all the way from the files through the cache, and its seconds to learn the columns
and to encode the rows.
And how fast Parquet is decoded, beside pyarrow's own scan of the same columns. Passes and scans
take turns, and the best of each counts.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from trilayer.encoding import TableEncoder
from trilayer.engines import select
from trilayer.params import initialise
from trilayer.sources.arrow import cache_of
from trilayer.sources.cache import cached
from trilayer.sources.lessons import Columns
from trilayer.sources.memory import MemorySource
from trilayer.sources.tables import learn, look

N1 = 28
SIZES = [10**5, 10**6, 2 * 10**6, 5 * 10**6, 10**7, 2 * 10**7, 5 * 10**7]
FILE, CHUNK = 5_000_000, 100_000
NAMES = [f"x{k:02}" for k in range(N1)]


def generate(folder: Path, m: int) -> None:
    """Write m rows as Parquet, in files of `FILE` rows."""
    for number, first in enumerate(range(0, m, FILE)):
        writer = None
        for start in range(first, min(first + FILE, m), CHUNK):
            rng = np.random.default_rng(start)
            X = rng.standard_normal((N1, min(CHUNK, m - start)), dtype=np.float32)
            y = (X[0] + X[1] * X[2] + rng.standard_normal(X.shape[1]) > 0).astype(np.int8)
            rows = pa.table([*X, y], names=[*NAMES, "y"])
            writer = writer or pq.ParquetWriter(folder / f"{number:03}.parquet", rows.schema)
            writer.write_table(rows)
        if writer:
            writer.close()


def peak_memory() -> float:
    """Return what this process has had resident at the most, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e3


def best(call: Callable[[], object], repeats: int) -> float:
    """Return the shortest of some runs, in seconds."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def encoder() -> TableEncoder:
    """Return an encoder that makes a number one input."""
    plain = TableEncoder(dtype="float32")
    return plain.set_params(max_bins=0) if "max_bins" in plain.get_params() else plain


def from_cache(folder: Path, cache: Path, hidden: int, passes: int) -> dict[str, float]:
    """Time the way through the cache, from the files on."""
    marks = [time.perf_counter()]
    table = look(folder, Columns("y"))
    marks.append(time.perf_counter())
    learnt = learn(table, encoder())
    marks.append(time.perf_counter())
    with cache_of(table, learnt, cache) as source:
        marks.append(time.perf_counter())
        engine, params = select("fused"), initialise(N1, hidden, np.random.default_rng(0), "f4")
        seconds = best(lambda: source.sums(engine, params), passes)
    look_s, learn_s, encode_s = np.diff(marks).tolist()
    return {
        "pass": seconds,
        "learn": look_s + learn_s,
        "encode": encode_s,
        "peak": peak_memory(),
    }


def side_by_side(
    folder: Path, cache: Path, hidden: int, passes: int, m: int
) -> dict[str, dict[str, float]]:
    """Time passes over one array in memory and over a cache of the same rows, taking turns."""
    X, Y, at = np.empty((m, N1), np.float32), np.empty(m, np.float32), 0
    for batch in ds.dataset(folder, format="parquet").to_batches():
        here = slice(at, at + len(batch))
        for k, name in enumerate(NAMES):
            X[here, k] = batch[name].to_numpy()
        Y[here] = batch["y"].to_numpy()
        at += len(batch)
    parts = ((X[i : i + CHUNK], Y[i : i + CHUNK]) for i in range(0, m, CHUNK))
    engine, params = select("fused"), initialise(N1, hidden, np.random.default_rng(0), "f4")
    found: dict[str, dict[str, float]] = {}
    with cached(parts, m, N1, [0, 1], folder=cache) as ours:
        memory = MemorySource(X.T, Y[np.newaxis], np.ones((1, m), np.float32))
        sources = {"cache": ours, "memory": memory}
        for _ in range(passes):
            for name, source in sources.items():
                wall, cpu = time.perf_counter(), time.process_time()
                source.sums(engine, params)
                took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
                least = found.setdefault(name, took)
                found[name] = {clock: min(least[clock], took[clock]) for clock in took}
    return found


def decoding(folder: Path, repeats: int) -> dict[str, float]:
    """Time our stream of the columns beside pyarrow's scan of them, taking turns."""
    names = [*NAMES, "y"]
    table = look(folder, Columns("y"))

    def ours() -> int:
        return sum(len(block.rows) for block in table.blocks(names))

    def theirs() -> int:
        scanner = ds.dataset(folder, format="parquet").scanner(columns=names)
        return sum(len(batch) for batch in scanner.to_batches())

    if ours() != theirs():
        raise SystemExit("the two scans do not give the same number of rows")
    times = [(best(ours, 1), best(theirs, 1)) for _ in range(repeats)]
    return {"ours": min(a for a, _ in times), "pyarrow": min(b for _, b in times)}


def apart(what: str, **given: object) -> Any:
    """Measure in a process of its own."""
    code = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); import scale; from pathlib import Path;"
        "given = json.loads(sys.argv[3]); paths = {'folder', 'cache'};"
        "given = {k: Path(v) if k in paths else v for k, v in given.items()};"
        "print(json.dumps(getattr(scale, sys.argv[2])(**given)))"
    )
    words = json.dumps({key: str(v) if isinstance(v, Path) else v for key, v in given.items()})
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", code, here, what, words], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def measure(m: int, args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Measure one size."""
    data = folder / f"rows-{m}"
    data.mkdir()
    try:
        generate(data, m)
        passes = max(3, min(args.passes, 4 * 10**7 // m))
        found = apart("from_cache", folder=data, cache=folder, hidden=args.hidden, passes=passes)
        found["decode"] = apart("decoding", folder=data, repeats=3)
        if m <= args.memory_rows:
            both = apart(
                "side_by_side", folder=data, cache=folder, hidden=args.hidden, passes=passes, m=m
            )
            found["both"] = both
            found["pass"] = min(found["pass"], both["cache"]["wall"])
    finally:
        shutil.rmtree(data)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max-rows", type=float, default=1e6)
    parser.add_argument("--min-rows", type=float, default=1e5)
    parser.add_argument(
        "--memory-rows", type=float, default=5e7, help="the most that are held in memory too"
    )
    parser.add_argument("--hidden", type=int, default=16)
    parser.add_argument("--passes", type=int, default=20)
    parser.add_argument("--folder", type=Path, help="for data and cache (a temporary one)")
    args = parser.parse_args()
    print(f"{N1} inputs, {args.hidden} hidden units, float32; engine {select('auto').description}")
    print("      rows      cache     memory   ratio (cpu)  ns/row (cpu)  peak MB  learn encode s  "
          "decode Mrows/s: ours pyarrow share")  # fmt: skip
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        for m in SIZES:
            if args.min_rows <= m <= args.max_rows:
                print(line(m, measure(m, args, Path(name))), flush=True)


def line(m: int, f: dict[str, Any]) -> str:
    """Write what was found of one size."""
    ours, theirs = (m / f["decode"][who] / 1e6 for who in ("ours", "pyarrow"))
    beside, cpu = f"{'-':>10} {'-':>7} {'':6}", ""
    if "both" in f:
        cache, memory = f["both"]["cache"], f["both"]["memory"]
        ratios = [cache[clock] / memory[clock] for clock in ("wall", "cpu")]
        beside = f"{memory['wall']:8.4f} s {ratios[0]:7.2f} ({ratios[1]:.2f})"
        cpu = f"({cache['cpu'] / m * 1e9:.1f})"
    return (
        f"{m:10,} {f['pass']:8.4f} s {beside} {f['pass'] / m * 1e9:7.1f} {cpu:6} "
        f"{f['peak']:8.0f} "
        f"{f['learn']:6.1f} {f['encode']:8.1f} {ours:20.2f} {theirs:7.2f} {ours / theirs:5.0%}"
    )


if __name__ == "__main__":
    main()
