"""What a cluster costs and gains: passes on one and two workers, and the driver's own share.

python bench/cluster.py [--rows N] [--passes N] [--skip-workers] [--skip-driver]

First a network of 28 inputs and 300 hidden units on 2,000,000 rows of float32, in 16
partitions made by the workers: seconds per pass (sums of the loss and of its gradient) on one
one-thread worker and on two, beside one process without Dask; each the best of some passes,
the clusters by turns. Then a pass whose tasks compute nothing and return sums of the true size,
for 1 to 64 partitions of 61 blocks and networks of 10² to 10⁵ weights: what tasks, transfers
and the tree cost. From both, what more machines would do, by the formula of docs/scale.md.
"""

import argparse
import time
from collections.abc import Callable
from contextlib import ExitStack

import numpy as np
from distributed import Client, LocalCluster

import trilayer.sources.dask_source as driver
from trilayer.encoding.inputs import Inputs
from trilayer.engines import select
from trilayer.params import initialise, n_parameters, unpack
from trilayer.sources.dask_shards import Node, Shard
from trilayer.sources.memory import MemorySource
from trilayer.sources.shuffle import Rows
from trilayer.sources.subtrees import Subtree, cover

N1, N2, PARTITIONS = 28, 300, 16
BLOCKS = 61
"""Blocks of a partition of the second part: 125,000 rows."""


def made(seed: int, rows: int) -> Rows:
    """Make a partition."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((rows, N1), dtype=np.float32)
    Y = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(np.float32)
    return Rows(Inputs.of(X.T), Y[np.newaxis], None)


def seconds(act: Callable[[], object]) -> float:
    """Time one call."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def started(stack: ExitStack, workers: int) -> Client:
    """Start a cluster of one-thread workers."""
    cluster = LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", memory_limit=0
    )
    return stack.enter_context(Client(stack.enter_context(cluster), set_as_default=False))


def compare_workers(rows: int, passes: int) -> float:
    """Time passes on two workers, one, and none; return the seconds of one worker."""
    engine, params = select("auto"), initialise(N1, N2, np.random.default_rng(0), np.float32)
    sizes = [rows // PARTITIONS] * (PARTITIONS - 1)
    sizes.append(rows - sum(sizes))
    whole = [made(seed, size) for seed, size in enumerate(sizes)]
    X = np.concatenate([part.X.T for part in whole]).T
    Y = np.concatenate([part.Y for part in whole], axis=1)
    del whole
    memory = MemorySource(X, Y, np.ones_like(Y), 1)
    expected = memory.sums(engine, params)
    with ExitStack() as stack:
        runs = {"one process, one thread": lambda: memory.sums(engine, params)}
        for workers in (1, 2):
            client = started(stack, workers)
            parts = [client.submit(made, seed, size, pure=False) for seed, size in enumerate(sizes)]
            source = stack.enter_context(driver.DaskSource(client, parts, [0, 1]))
            assert np.array_equal(source.sums(engine, params), expected), "other bits"
            name = f"{workers} worker{'s'[: workers > 1]} of one thread"
            runs[name] = lambda source=source: source.sums(engine, params)
        best = dict.fromkeys(runs, np.inf)
        for _ in range(passes):
            for name, run in runs.items():
                best[name] = min(best[name], seconds(run))
    none, one, two = best.values()
    print(f"{N1} inputs, {N2} hidden units, {rows:,} rows, {engine.description}: seconds a pass")
    for name, took in best.items():
        print(f"  {name:26} {took:8.3f}   {none / took:5.2f} ×")
    print(f"  two workers against one: {one / two:.2f} ×   (to show: 1.7)")
    return one


def returned(shard: Shard, theta: np.ndarray, **_: object) -> list[Subtree]:
    """Return what `shard_sums` does, without computing it."""
    size = theta.size + 1
    return [Subtree(level, place, np.zeros(size)) for level, place, _ in shard.nodes]


def empty_shard(number: int) -> Shard:
    """Make a shard without samples."""
    none = Rows(Inputs.of(np.empty((1, 0))), np.empty((1, 0)), None)
    blocks = cover(number * BLOCKS, (number + 1) * BLOCKS)
    return Shard(tuple(Node(level, place, none) for level, place in blocks))


def driver_cost(passes: int) -> dict[tuple[int, int], float]:
    """Time passes that compute nothing, for partitions and weights; seconds."""
    engine, found = select("auto"), {}
    driver.shard_sums = returned
    with ExitStack() as stack:
        client = started(stack, 2)
        for count in (1, 2, 4, 8, 16, 32, 64):
            source = object.__new__(driver.DaskSource)
            source.client, source.patience = client, 60.0
            source._shards = client.map(empty_shard, range(count), pure=False)
            for n1, n2 in ((10, 10), (10, 100), (100, 100), (100, 1000)):
                theta = np.zeros(n_parameters(n1, n2))
                params = unpack(theta, n1, n2)
                run = lambda source=source, params=params: source.sums(engine, params)  # noqa: E731
                run()
                found[count, n1 * n2] = min(seconds(run) for _ in range(3 * passes))
    return found


def show_driver(found: dict[tuple[int, int], float]) -> None:
    """Print the driver's cost, milliseconds."""
    counts, weights = (sorted({key[i] for key in found}) for i in (0, 1))
    print("\nA pass that computes nothing, milliseconds:")
    print("  partitions " + "".join(f"{n:>12,}" for n in weights) + "  weights")
    for count in counts:
        print(f"  {count:10} " + "".join(f"{found[count, n] * 1e3:12.1f}" for n in weights))
    x = np.array([[1.0, count] for count in counts])
    for n in weights:
        a, b = np.linalg.lstsq(x, np.array([found[count, n] for count in counts]), rcond=None)[0]
        print(f"  {n:>7,} weights: {a * 1e3:6.1f} ms + {b * 1e3:5.2f} ms a partition")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--passes", type=int, default=7)
    parser.add_argument("--skip-workers", action="store_true")
    parser.add_argument("--skip-driver", action="store_true")
    options = parser.parse_args()
    if not options.skip_workers:
        compare_workers(options.rows, options.passes)
    if not options.skip_driver:
        show_driver(driver_cost(options.passes))


if __name__ == "__main__":
    main()
