"""Who takes part."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True)
class Peer:
    """A contestant.

    Attributes
    ----------
    name : str
    module, function : str
        Where its runs are made: ``contest.<module>.<function>(problem)`` → a callable.
    needs : str
        The module that must be there.
    blas_threads : int or None
        BLAS threads, where the peer has threads of its own above it.
    slow : bool
        Whether it does a work's fewer steps, where there are any.
    """

    name: str
    module: str
    function: str
    needs: str
    blas_threads: int | None = None
    slow: bool = False

    @property
    def is_here(self) -> bool:
        """Whether what it needs is installed; nothing is imported for that."""
        try:
            return find_spec(self.needs) is not None
        except ModuleNotFoundError:
            return False

    def load(self) -> Callable[..., Callable[[], object]]:
        """Import it."""
        return getattr(importlib.import_module(f"contest.{self.module}"), self.function)


OURS = "trilayer"
PEERS = {
    peer.name: peer
    for peer in (
        Peer(OURS, "ours", "public", "trilayer"),
        Peer("trilayer engine", "ours", "engine", "trilayer._fused"),
        Peer("NumPy textbook", "numpy_textbook", "textbook", "numpy", slow=True),
        Peer("NumPy blocked", "numpy_blocked", "blocked", "numpy", blas_threads=1),
        Peer("scikit-learn", "sklearn_peer", "classifier", "sklearn", slow=True),
        Peer("torch manual", "torch_peers", "manual", "torch", slow=True),
        Peer("torch autograd", "torch_peers", "autograd", "torch", slow=True),
        Peer("torch.compile", "torch_peers", "compiled", "torch", slow=True),
        Peer("JAX jit", "jax_peer", "jitted", "jax"),
        Peer("Numba fused", "numba_peer", "fused", "numba"),
    )
}
