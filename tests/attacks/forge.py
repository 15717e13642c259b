"""Tools of the forger: a sound model file, its parts, and ways to put them together wrongly."""

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.modelfile.checkrows import example_rows, logits
from trilayer.modelfile.container import pack, unpack
from trilayer.modelfile.record import ModelRecord, encode
from trilayer.params import Params, initialise

Attack = Callable[[], bytes]
ATTACKS: dict[str, tuple[Attack, str]] = {}


def lie(words: str) -> Callable[[Attack], Attack]:
    """Register an attack with words (a regular expression) that its error must contain."""

    def register(attack: Attack) -> Attack:
        assert attack.__doc__, f"{attack.__name__} does not say what it does"
        name = f"{attack.__module__.rpartition('.')[2]}.{attack.__name__}"
        assert name not in ATTACKS
        ATTACKS[name] = (attack, words)
        return attack

    return register


def record(params: Params | None = None, **changes: Any) -> ModelRecord:
    """A sound record of two inputs and two hidden units, or of these parameters."""
    if params is None:
        params = initialise(2, 2, np.random.default_rng(7))
    X = example_rows(params)
    sound = ModelRecord(
        params=params,
        classes=np.array(["no", "yes"]),
        positive="yes",
        threshold=0.5,
        encoder=None,
        steps=None,
        feature_names=("a", "b") if params.n1 == 2 else None,
        hyper_parameters={"hidden_units": 2, "l2": 1.0, "class_weight": {"yes": 2.0}},
        training={
            "best_iter": 2, "engine": "reference", "loss_curve": [0.7, 0.6], "n_evaluations": 3,
            "n_iter": 2, "solver": "lbfgs", "stop_reason": "max_iter", "validation_curve": [],
        },
        summary={"auc": 0.9},
        fingerprint="abc",
        versions={"trilayer": "0.1.0"},
        check_X=X,
        check_Z2=logits(params, X),
    )  # fmt: skip
    return replace(sound, **changes)


def sound() -> bytes:
    """The file every attack starts from."""
    return encode(record())


def parts(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and body of a file."""
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def assemble(header: Any, body: bytes, length: int | None = None) -> bytes:
    """A file of this header (bytes, or anything JSON) that claims this length of it."""
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(head) if length is None else length) + head + body


def with_header(change: Callable[[dict[str, Any]], Any]) -> bytes:
    """The sound file after a change of its header; the body stays."""
    header, body = parts(sound())
    change(header)
    return assemble(header, body)


def with_tensor(name: str, **fields: Any) -> bytes:
    """The sound file with other fields of one tensor."""
    return with_header(lambda header: header[name].update(fields))


def contents(data: bytes | None = None) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Tensors and description of a file, the sound one by default."""
    container = unpack(data or sound())
    return container.tensors, json.loads(container.text)


def sealed(tensors: Mapping[str, NDArray[Any]], description: Any) -> bytes:
    """A file of these contents with the right checksum: an attacker can compute it too."""
    text = description if isinstance(description, str) else json.dumps(description)
    return pack(tensors, text)


def described(*path: Any, value: Any) -> bytes:
    """The sound file saying something else at one place of its description, sealed."""
    tensors, description = contents()
    place = description
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return sealed(tensors, description)


def with_arrays(**changes: NDArray[Any] | None) -> bytes:
    """The sound file with other arrays (None: without), sealed; `check_X` is check.X."""
    tensors, description = contents()
    for name, array in changes.items():
        name = name.replace("_", ".")
        tensors.pop(name, None)
        if array is not None:
            tensors[name] = array
    return sealed(tensors, description)
