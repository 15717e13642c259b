"""How one block of samples is computed.

An engine turns parameters and samples into sums; it knows nothing of files or solvers.
Every engine agrees with `reference`, which is `trilayer.derivation.core` itself; `fused` does all
of it in one pass, in native code.
"""

import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Protocol

from trilayer.encoding.inputs import Inputs
from trilayer.engines.reference import ReferenceEngine
from trilayer.errors import EngineError, InputError
from trilayer.params import FloatArray, Params

ENGINES = ("auto", "fused", "reference")


class Engine(Protocol):
    """What a source asks of an engine.

    Attributes
    ----------
    name : str
        One of `ENGINES`, without "auto".
    description : str
        The name, and the instruction set where there is a choice.
    walks_blocks : bool
        Whether `sums` takes any number of samples: cuts them into blocks and adds along
        the fixed tree itself, on `n_threads`.
    runs_whole : bool
        Whether it does whole runs of descent, L-BFGS and epochs by itself.
    """

    name: str
    walks_blocks: bool
    runs_whole: bool

    @property
    def description(self) -> str:
        """The name, and the instruction set where there is a choice."""
        ...

    def running(self) -> AbstractContextManager[None]:
        """Hold for as long as sums must come out with the same bits."""
        ...

    def sums(
        self,
        params: Params,
        X: Inputs | FloatArray,
        Y: FloatArray,
        s: FloatArray | None,
        n_threads: int = 1,
    ) -> FloatArray:
        """Return Σ s·j and, behind it, the packed Σ s·∂j/∂θ, in float64; s None is ones."""
        ...

    def logits(self, params: Params, X: Inputs | FloatArray, n_threads: int = 1) -> FloatArray:
        """Return Z2, 1 × m."""
        ...

    def probabilities(
        self, params: Params, X: Inputs | FloatArray, n_threads: int = 1
    ) -> FloatArray:
        """Return 1 - A2 and A2 side by side, m × 2."""
        ...


@contextmanager
def late_interrupts() -> Iterator[None]:
    """Put Ctrl-C off to the end: what comes while a native module starts up would be lost.

    nanobind runs a few lines of Python there, and forgets whatever they raise.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        signal.raise_signal(signal.SIGINT)


@cache
def _best() -> Engine:
    """Return the fused engine, or (with one warning a process) the reference."""
    try:
        with late_interrupts():
            from trilayer.engines.fused import FusedEngine
    except ImportError as missing:
        warnings.warn(
            "trilayer was installed without its native engine and computes with NumPy, several "
            f"times slower: install it where there is a C++ compiler ({missing})",
            RuntimeWarning,
            stacklevel=2,
        )
        return ReferenceEngine()
    return FusedEngine()


_REFERENCE = ReferenceEngine()


def select(name: str) -> Engine:
    """Return the engine of that name; ``"auto"`` takes the fastest one installed.

    Raises
    ------
    InputError
        If there is no such name.
    EngineError
        If the engine is not part of this installation.
    """
    if name == "auto":
        return _best()
    if name == "reference":
        return _REFERENCE
    if name != "fused":
        raise InputError(f"engine must be one of {', '.join(ENGINES)}, got {name!r}")
    if _best().name != "fused":
        raise EngineError(
            "engine='fused' is not part of this installation, which had no C++ compiler: install "
            "trilayer again where there is one, or use engine='auto'"
        )
    return _best()
