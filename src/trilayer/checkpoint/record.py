"""What a checkpoint says, and its way to bytes and back, believing nothing.

A checkpoint is a file as model files are (`trilayer.modelfile.container`): safetensors,
sealed, with a description in JSON. Per stage i it holds the arrays ``i.theta``,
``i.loss_curve`` … (all float64) and the counts that belong to them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer._version import __version__
from trilayer.checkpoint import tensors as arrays
from trilayer.checkpoint.plain import as_json
from trilayer.checkpoint.tensors import Arrays
from trilayer.errors import CheckpointError, InputError, ModelFileError
from trilayer.fit.records import Memory, Outcome
from trilayer.modelfile.container import pack, unpack
from trilayer.modelfile.schema import (
    LieError,
    anything,
    fixed,
    integer,
    items,
    json_loads,
    named,
    nullable,
    one_of,
    text,
)
from trilayer.solvers import SOLVERS

FORMAT = 1
KIND = "checkpoint"

MOST_NAME = 200
"""Characters in the name of a stage."""


class NewerError(CheckpointError):
    """A checkpoint of a version to come."""


@dataclass(frozen=True, eq=False)
class Stage:
    """One named fit: what it is, and how far.

    Attributes
    ----------
    solver : str
    engine : str
        With the instruction set: other ones round differently.
    seed : int
    settings : dict
        By name; what has no form in JSON is null.
    data : dict of str to str
        SHA-256 by name.
    memory : Memory or None
        Of a run that goes on.
    outcome : Outcome or None
        Of one that has ended. One of the two is there.
    """

    solver: str
    engine: str
    seed: int
    settings: dict[str, Any]
    data: dict[str, str]
    memory: Memory | None = None
    outcome: Outcome | None = None

    @property
    def k(self) -> int:
        """Iterations done."""
        if self.outcome is not None:
            return self.outcome.k
        return 0 if self.memory is None else self.memory.last.k

    @property
    def seconds(self) -> float:
        """Spent in all sessions."""
        run = self.memory if self.outcome is None else self.outcome
        return 0.0 if run is None else run.seconds

    @property
    def size(self) -> int:
        """Numbers in theta."""
        if self.outcome is not None:
            return self.outcome.theta.size
        return 0 if self.memory is None else self.memory.last.theta.size


@dataclass(frozen=True, eq=False)
class Record:
    """A whole checkpoint.

    Attributes
    ----------
    about : dict
        What the caller says of the run, by name.
    stages : dict of str to Stage
        In the order they were begun.
    """

    about: dict[str, Any]
    stages: dict[str, Stage]


_COUNT = integer(0, 1 << 53)
_MEMORY = fixed(
    {
        "k": _COUNT, "evaluations": _COUNT, "start_k": _COUNT, "lowest_k": _COUNT,
        "best_k": nullable(_COUNT), "since_lowest": _COUNT, "since_best": _COUNT,
        "state": named(_COUNT),
    }
)  # fmt: skip
_OUTCOME = fixed({"k": _COUNT, "best_k": _COUNT, "reason": text(40), "evaluations": _COUNT})
_STAGE = fixed(
    {
        "name": text(MOST_NAME), "solver": one_of(*SOLVERS), "engine": text(100), "seed": _COUNT,
        "settings": named(anything), "data": named(text(200)),
        "memory": nullable(_MEMORY), "outcome": nullable(_OUTCOME),
    }
)  # fmt: skip
_DESCRIPTION = fixed(
    {
        "about": named(anything), "format": integer(1, FORMAT), "kind": one_of(KIND),
        "stages": items(_STAGE, at_most=100_000), "trilayer": text(100),
    }
)  # fmt: skip


def encode(record: Record) -> bytes:
    """Write a record; the same record gives the same bytes."""
    tensors: dict[str, NDArray[Any]] = {}
    stages = []
    for i, (name, stage) in enumerate(record.stages.items()):
        said: dict[str, Any] = {
            "name": name, "solver": stage.solver, "engine": stage.engine, "seed": stage.seed,
            "settings": stage.settings, "data": stage.data, "memory": None, "outcome": None,
        }  # fmt: skip
        held: Arrays = {}
        if stage.outcome is not None:
            said["outcome"], held = arrays.of_outcome(stage.outcome)
        elif stage.memory is not None:
            said["memory"], held = arrays.of_memory(stage.memory)
        stages.append(said)
        tensors |= {f"{i}.{key}": array for key, array in held.items()}
    description = {
        "about": record.about, "format": FORMAT, "kind": KIND, "stages": stages,
        "trilayer": __version__,
    }  # fmt: skip
    return pack(tensors, as_json(description))


def decode(data: bytes) -> Record:
    """Read a record.

    Raises
    ------
    ModelFileError
        With the first thing found that `encode` would not have written.
    NewerError
        If it is of a version to come.
    """
    container = unpack(data)
    description = json_loads(container.text, "its description")
    _check_kind(description)
    container.verify()
    said = _DESCRIPTION(description, "description")
    held: list[Arrays] = [{} for _ in said["stages"]]
    for name, array in container.tensors.items():
        index, _, key = name.partition(".")
        if not (index.isascii() and index.isdecimal() and int(index) < len(held)):
            raise LieError(f"the tensor {name[:40]!a} does not belong there")
        if array.dtype != np.float64 or str(int(index)) != index:
            raise LieError(f"the tensor {name[:40]!a} is not one of float64")
        held[int(index)][key] = array
    stages = {
        stage["name"]: _stage(stage, tensors, f"stage {stage['name'][:40]!a}")
        for stage, tensors in zip(said["stages"], held, strict=True)
    }
    if len(stages) != len(said["stages"]):
        raise LieError("it names a stage twice")
    return Record(said["about"], stages)


def _check_kind(description: Any) -> None:
    """Name what it is before anything that another kind or version may do otherwise."""
    if not isinstance(description, dict) or type(description.get("format")) is not int:
        raise LieError("its description names no format version")
    if description.get("kind") != KIND:
        raise ModelFileError("it is a model file, not a checkpoint")
    if description["format"] > FORMAT:
        raise NewerError(
            f"it has format version {description['format']}, written by a newer trilayer, and "
            f"this one reads up to {FORMAT}; upgrade trilayer"
        )


def _stage(said: dict[str, Any], tensors: Arrays, where: str) -> Stage:
    if (said["memory"] is None) == (said["outcome"] is None):
        raise LieError(f"{where} has neither ended nor begun, or both")
    memory = outcome = None
    try:
        if said["memory"] is not None:
            memory = arrays.memory(said["memory"], tensors, said["solver"])
        else:
            outcome = arrays.outcome(said["outcome"], tensors)
    except LieError:
        raise
    except InputError as error:
        raise LieError(f"{where}: {error}") from error
    return Stage(
        said["solver"], said["engine"], said["seed"], said["settings"], said["data"],
        memory, outcome,
    )  # fmt: skip
