"""What makes two runs the same run: settings, start and the bits of the data."""

import hashlib
from collections.abc import Mapping

import numpy as np

from trilayer.fit.protocol import Task
from trilayer.fit.samples import Samples, in_memory
from trilayer.fit.spec import Spec
from trilayer.params import FloatArray
from trilayer.solvers import solver as solver_of
from trilayer.solvers.objective import Objective
from trilayer.sources import BLOCK, Source
from trilayer.sources.fingerprint import Fingerprint
from trilayer.sources.shuffle import CHUNKS

_IMMATERIAL = {"n_threads", "init", "warm_start"}
"""Settings that change no bit of the result, and two that are told by where they start."""


def task(
    settings: Spec,
    objective: Objective,
    held_out: Samples | Source | None,
    start: FloatArray,
    seed: int,
    solver: str,
) -> Task:
    """Describe a run.

    Parameters
    ----------
    settings : Spec
    objective : Objective
    held_out : Samples, Source or None
    start : array
        Packed parameters.
    seed : int
    solver : str
    """
    chosen = settings.settings
    named = {name: chosen[name] for name in chosen.keys() - _IMMATERIAL}
    if _walks_elsewhere(objective.source, solver):
        named["order of batches"] = "two levels"
    named["start (init, warm_start)"] = hashlib.sha256(start.tobytes()).hexdigest()[:16]
    data = dict(_data(objective, start))
    if held_out is not None:
        data |= {f"{name}_val": value for name, value in _held_out(held_out).items()}
    return Task(named, data, solver, objective.engine.description, seed, start.size)


def _walks_elsewhere(source: Source, name: str) -> bool:
    """Whether the batches come in another order than those of the same rows in memory."""
    in_memory = source.in_memory or source.m <= CHUNKS * BLOCK
    return solver_of(name).needs == "batches" and not in_memory


def _data(objective: Objective, start: FloatArray) -> Mapping[str, str]:
    """Return the source's fingerprint; without one, what it gives at the start."""
    source = objective.source
    found: Fingerprint | None = getattr(source, "fingerprint", None)
    if found is not None:
        return found
    digest = hashlib.sha256(f"{source.n1} {source.m} ".encode())
    digest.update(np.ascontiguousarray(objective.sums(start)).tobytes())
    return {"source": digest.hexdigest()}


def _held_out(held_out: Samples | Source) -> Fingerprint:
    if isinstance(held_out, Samples):
        return in_memory(held_out, 1).fingerprint
    found: Fingerprint = getattr(held_out, "fingerprint", {"source": f"{held_out.m} rows"})
    # Their score is added up in another order than that of arrays.
    return {name: f"source {value}" for name, value in found.items()}
