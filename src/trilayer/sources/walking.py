"""How samples at hand are walked: block by block, on threads where the engine has none."""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TypeVar

from trilayer.encoding.inputs import Inputs
from trilayer.engines import Engine
from trilayer.params import FloatArray, Params
from trilayer.sources import blocks, tree_sum

_GROUP = 8
"""Blocks a thread takes at a time: a power of two, so that a group is a whole subtree."""

_CGROUP = "/sys/fs/cgroup/"
_QUOTAS = (
    (_CGROUP + "cpu.max",),
    (_CGROUP + "cpu/cpu.cfs_quota_us", _CGROUP + "cpu/cpu.cfs_period_us"),
)
"""Where Linux says how much time a container's processors have, in both of its ways."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Threads:
    """A pool of threads, started when there is first work for more than one.

    Parameters
    ----------
    most : int
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.pool: ThreadPoolExecutor | None = None

    def map(
        self, function: Callable[[_Item], _Result], items: Sequence[_Item]
    ) -> Iterator[_Result]:
        """Call a function on every item; the results come in the items' order."""
        workers = min(self.most, len(items))
        if workers > 1 and self.pool is None:
            self.pool = ThreadPoolExecutor(workers)
        return map(function, items) if self.pool is None else self.pool.map(function, items)

    def end(self) -> None:
        """Let the threads end; they start again if there is work again."""
        if self.pool is not None:
            self.pool.shutdown()
            self.pool = None


def block_sums(
    engine: Engine,
    params: Params,
    inputs: Inputs,
    Y: FloatArray,
    s: FloatArray | None,
    threads: Threads,
) -> FloatArray:
    """Return the engine's sums over samples in memory, added along the fixed tree.

    Parameters
    ----------
    engine : Engine
    params : Params
    inputs : Inputs
    Y : array, 1 × m
    s : array, 1 × m, or None
        Sample weights; None stands for ones.
    threads : Threads
    """
    if engine.walks_blocks:
        return engine.sums(params, inputs, Y, s, threads.most)
    cut = blocks(inputs.m)

    def subtree(first: int) -> FloatArray:
        return tree_sum(
            engine.sums(params, inputs[b], Y[:, b], None if s is None else s[:, b])
            for b in cut[first : first + _GROUP]
        )

    return tree_sum(threads.map(subtree, range(0, len(cut), _GROUP)))


def available_threads() -> int:
    """Count the threads this process may use: at least one.

    As many as processors it may run on, no more than a container's quota pays for, and no more
    than OMP_NUM_THREADS says, which joblib sets in its workers so that they share a machine.
    """
    found = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        found = len(os.sched_getaffinity(0))
    said = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    limits = [found, _quota(), int(said) if said.isdecimal() else found]
    return min(limit for limit in limits if limit > 0)


@cache
def _quota() -> int:
    """Return how many processors the time of a control group amounts to; 0: no limit is known."""
    for place in _QUOTAS:
        try:
            quota, period = " ".join(Path(name).read_text() for name in place).split()
            return math.ceil(int(quota) / int(period)) if int(quota) > 0 else 0
        except (OSError, ValueError, ZeroDivisionError):  # not there, or "max"
            continue
    return 0
