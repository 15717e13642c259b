"""What makes two runs the same run: settings, start and the bits of the data."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from trilayer.inputs import Samples
from trilayer.objective import Objective
from trilayer.params import FloatArray
from trilayer.runs import Task
from trilayer.sources import Source
from trilayer.sources.fingerprint import Fingerprint
from trilayer.sources.memory import MemorySource

_IMMATERIAL = {"n_threads", "init", "warm_start"}
"""Settings that change no bit of the result, and two that are told by where they start."""


def task(
    settings: Any,
    objective: Objective,
    held_out: Samples | Source | None,
    start: FloatArray,
    seed: int,
    solver: str,
) -> Task:
    """Describe a run.

    Parameters
    ----------
    settings : object
        With `get_params`, as `TriLayerClassifier` has it.
    objective : Objective
    held_out : Samples, Source or None
    start : array
        Packed parameters.
    seed : int
    solver : str
    """
    chosen = settings.get_params(deep=False)
    named = {name: chosen[name] for name in chosen.keys() - _IMMATERIAL}
    named["start (init, warm_start)"] = hashlib.sha256(start.tobytes()).hexdigest()[:16]
    data = dict(_data(objective, start))
    if held_out is not None:
        data |= {f"{name}_val": value for name, value in _held_out(held_out).items()}
    return Task(named, data, solver, objective.engine.description, seed, start.size)


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
        return MemorySource(held_out.X.T, held_out.Y[None], held_out.s[None], 1).fingerprint
    found: Fingerprint | None = getattr(held_out, "fingerprint", None)
    return {"source": f"{held_out.m} rows"} if found is None else found
