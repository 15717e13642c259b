"""How one block of samples is computed.

An engine turns parameters and a block into sums; it knows nothing of files, threads or
solvers. Every engine agrees with `reference`, which is `trilayer.core` itself.
"""

from contextlib import AbstractContextManager
from typing import Protocol

from trilayer.engines.reference import ReferenceEngine
from trilayer.errors import EngineError, InputError
from trilayer.params import FloatArray, Params

ENGINES = ("auto", "fused", "reference")


class Engine(Protocol):
    """What a source asks of an engine."""

    name: str

    def running(self) -> AbstractContextManager[None]:
        """Hold for as long as sums must come out with the same bits."""
        ...

    def sums(self, params: Params, X: FloatArray, Y: FloatArray, s: FloatArray) -> FloatArray:
        """Return Σ s·j and, behind it, the packed Σ s·∂j/∂θ of one block, in float64."""
        ...

    def logits(self, params: Params, X: FloatArray) -> FloatArray:
        """Return Z2, 1 × m."""
        ...


def select(name: str) -> Engine:
    """Return the engine of that name; ``"auto"`` takes the fastest one installed.

    Raises
    ------
    InputError
        If there is no such name.
    EngineError
        If the engine is not part of this installation.
    """
    if name not in ENGINES:
        raise InputError(f"engine must be one of {', '.join(ENGINES)}, got {name!r}")
    if name == "fused":
        raise EngineError(
            "engine='fused' is not part of this installation: use engine='auto' or 'reference'"
        )
    return ReferenceEngine()
