"""What this machine could do at best, and how close trilayer comes on each work.

python bench/roofline.py [--seconds S] [--results build/bench/peers.json]

Measures a large matrix product, trilayer's vectorised sigmoid and a streaming read, in one
process and in two at once. A work cannot take less than its products and its sigmoids at
those rates; the times beside that are the ones `bench/peers.py` left in its JSON.
"""

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import numpy as np

from contest.measure import set_threads
from contest.registry import PEERS
from contest.telling import duration
from contest.works import WORKS, Work

CONTEXT = multiprocessing.get_context("spawn")
ONE_THREAD = {"W1", "W4", "W5row"}
"""Works too small for two: a step of W1, a batch of W4, one row."""
SIDE, LANES, STREAM = 2048, 8192, 2**26
UNITS = {"product": "GFLOP/s", "sigmoid": "G/s", "read": "GB/s"}


def _task(kind: str, dtype: str) -> tuple[Callable[[], object], float]:
    """Return something to repeat, and how many operations (or bytes) it is."""
    rng = np.random.default_rng(0)
    if kind == "product":
        A, B = (rng.random((SIDE, SIDE)).astype(dtype) for _ in range(2))
        C = np.empty_like(A)
        return lambda: np.matmul(A, B, out=C), 2.0 * SIDE**3
    if kind == "read":
        a = np.ones(STREAM, dtype)
        return lambda: a @ a, float(a.nbytes)
    from trilayer import _fused

    x = rng.normal(0, 3, LANES).astype(dtype)
    y = np.empty_like(x)

    def sigmoids() -> None:
        for _ in range(100):
            _fused.elementwise("sigmoid", x, y)

    return sigmoids, 100.0 * LANES


def _rate(kind: str, dtype: str, seconds: float, together: Barrier, out: object) -> None:
    run, size = _task(kind, dtype)
    run()
    together.wait()
    took = []
    end = time.perf_counter() + seconds
    while (began := time.perf_counter()) < end or len(took) < 3:
        run()
        took.append(time.perf_counter() - began)
    out.put(size / min(took) if kind != "read" else size / float(np.median(took)))


def limit(kind: str, dtype: str, processes: int, seconds: float) -> float:
    """Return operations (or bytes) a second of so many processes at once, together."""
    together, out = CONTEXT.Barrier(processes), CONTEXT.Queue()
    crew = [
        CONTEXT.Process(target=_rate, args=(kind, dtype, seconds, together, out))
        for _ in range(processes)
    ]
    for one in crew:
        one.start()
    total = sum(out.get(timeout=120 + seconds) for _ in crew)
    for one in crew:
        one.join()
    return total


def needs(work: Work) -> dict[str, float]:
    """Return floating-point operations of the products, sigmoids, and bytes read once."""
    passes = 2 if work.kind in {"proba", "row"} else 4
    size = np.dtype(work.dtype).itemsize
    return {
        "product": passes * (work.n1 + 1.0) * work.n2 * work.m,
        "sigmoid": (work.n2 + 1.0) * work.m,
        "read": (work.n1 + 1.0) * work.m * size,
    }


def line(work: Work, rates: dict[str, float], measured: dict[str, float]) -> str:
    """Return one work's line: its least time, and trilayer's over that."""
    threads = 1 if work.key in ONE_THREAD else 2
    amounts = needs(work)
    cost = {kind: amounts[kind] / rates[f"{kind} {work.dtype} {threads}"] for kind in amounts}
    least = cost["product"] + cost["sigmoid"]
    cells = [duration(cost[kind]) for kind in ("product", "sigmoid", "read")] + [duration(least)]
    for name in ("trilayer engine", "trilayer"):
        time = measured.get(name)
        cells.append(f"{duration(time)} ({least / time:.0%})" if time else "–")
    return f"| {work.key} | {threads} | {' | '.join(cells)} |"


def main() -> None:
    """Measure the limits, read the times, and tell both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--results", type=Path, default=Path("build/bench/peers.json"))
    options = parser.parse_args()
    set_threads(2)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    if not PEERS["trilayer engine"].is_here:
        raise SystemExit("trilayer was installed without its native engine: nothing to compare")
    rates, lines = (
        {},
        ["| limit | float32 ×1 | ×2 | float64 ×1 | ×2 |", "|---|---:|---:|---:|---:|"],
    )
    for kind, unit in UNITS.items():
        cells = []
        for dtype in ("float32", "float64"):
            for n in (1, 2):
                rates[f"{kind} {dtype} {n}"] = limit(kind, dtype, n, options.seconds)
                cells.append(f"{rates[f'{kind} {dtype} {n}'] / 1e9:.1f}")
        lines.append(f"| {kind}, {unit} | {' | '.join(cells)} |")
    if options.results.exists():
        told = json.loads(options.results.read_text())["works"]
        lines += [
            "",
            "| work | threads | products | sigmoids | read once | least: products + sigmoids | "
            "engine (least ÷ it) | fit, predict_proba |",
            "|---|---:|---:|---:|---:|---:|---:|---:|",
        ]
        for key, entry in told.items():
            medians = {name: peer["median"] for name, peer in entry["peers"].items()}
            lines.append(line(WORKS[key], rates, medians))
    else:
        lines += ["", f"{options.results} is not there: run bench/peers.py for the times"]
    text = "\n".join([*lines, "", f"load {os.getloadavg()[0]:.1f}", ""])
    options.results.parent.mkdir(parents=True, exist_ok=True)
    (options.results.parent / "roofline.md").write_text(text)
    (options.results.parent / "roofline.json").write_text(json.dumps(rates, indent=1))
    print(text)


if __name__ == "__main__":
    main()
