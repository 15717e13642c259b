"""What can be taken away: scripts that repeat the run, the model, the matrices, the page."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from trilayer.lab.exporting import derivation, matrices, model, numpy_script, trilayer_script
from trilayer.lab.faults import RefusalError
from trilayer.lab.frames import Message
from trilayer.lab.lab import Lab


class Kind(NamedTuple):
    """One thing to take away: its file's name, its type, and how its bytes are made."""

    name: str
    mime: str
    make: Callable[[Lab, int], bytes]


KINDS: dict[str, Kind] = {
    "numpy": Kind("run_numpy.py", "text/x-python", numpy_script.make),
    "trilayer": Kind("run_trilayer.py", "text/x-python", trilayer_script.make),
    "model": Kind("model.safetensors", "application/octet-stream", model.make),
    "npz": Kind("matrices.npz", "application/octet-stream", matrices.as_npz),
    "json": Kind("matrices.json", "application/json", matrices.as_json),
    "latex": Kind("derivation.tex", "application/x-tex", derivation.make),
}


def export(lab: Lab, what: str, k: int) -> Message:
    """Build `export`, of iteration k.

    Raises
    ------
    RefusalError
        If there is no such thing.
    """
    if what not in KINDS:
        raise RefusalError(
            "bad_value", name="what", value=what[:80], expected="choice", choices=list(KINDS)
        )
    kind = KINDS[what]
    data = np.frombuffer(kind.make(lab, k), dtype=np.uint8)
    header = {"type": "export", "what": what, "k": k, "name": kind.name, "mime": kind.mime}
    return Message(header, {"bytes": data})
