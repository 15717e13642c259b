"""All matrices of one iteration, in files that other programs read."""

import io
import json
from typing import Any

import numpy as np

from trilayer.lab.lab import Lab
from trilayer.lab.steps import matrices, traced


def as_npz(lab: Lab, k: int) -> bytes:
    """Write the matrices as a NumPy archive, under the derivation's names."""
    file = io.BytesIO()
    np.savez_compressed(file, **matrices(traced(lab.run, k)))  # type: ignore[arg-type]
    return file.getvalue()


def as_json(lab: Lab, k: int) -> bytes:
    """Write the matrices as JSON: rows of numbers that read back as the same float64."""
    t = traced(lab.run, k)
    shown = matrices(t)
    ids: dict[str, str] = {equation.target: equation.id for equation in t.equations}
    whole: dict[str, Any] = {
        "iteration": k,
        "sizes": {"n1": t.X.shape[0], "n2": t.W1.shape[1], "m": t.Y.shape[1]},
        "inputs": lab.samples.origin.inputs,
        "matrices": {
            name: {"equation": ids.get(name), "shape": M.shape, "values": M.tolist()}
            for name, M in shown.items()
        },
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()
