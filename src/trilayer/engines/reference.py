"""The reference engine: `trilayer.derivation.core` on one block."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from trilayer.derivation import core
from trilayer.encoding.inputs import Inputs
from trilayer.params import FloatArray, Params


class _OneBlasThread:
    """Keep BLAS on one thread while anybody needs it so.

    A product split over BLAS threads adds in another order. The limit belongs to the
    whole process, so fits that overlap share it and the last one out lifts it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = 0
        self._limit: threadpool_limits | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._lock:
            if self._holders == 0:
                self._limit = threadpool_limits(limits=1, user_api="blas")
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
                if self._holders == 0 and self._limit is not None:
                    self._limit.restore_original_limits()
                    self._limit = None

    def _renew_lock(self) -> None:
        """In a forked child: the thread that held it may not be there to let it go."""
        self._lock = threading.Lock()


_BLAS = _OneBlasThread()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_BLAS._renew_lock)

_COLUMNS = 2048
"""Samples whose activations are held at a time when predicting."""


class ReferenceEngine:
    """E7 to E34 as `core` states them, in the dtype of the data."""

    name = description = "reference"
    walks_blocks = False
    runs_whole = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Keep the bits of the sums independent of BLAS's threads."""
        with _BLAS.held():
            yield

    def sums(
        self,
        params: Params,
        X: Inputs | FloatArray,
        Y: FloatArray,
        s: FloatArray | None,
        n_threads: int = 1,  # noqa: ARG002 - one block is one thread's
    ) -> FloatArray:
        """Return Σ s·j and the packed Σ s·∂j/∂θ of one block, in float64.

        Parameters
        ----------
        params : Params
        X : Inputs, or array n1 × b
        Y, s : array, 1 × b
            Targets and sample weights; without weights, ones.

        Returns
        -------
        array, (1 + number of parameters,)
        """
        parts: tuple[Any, ...]
        s = np.ones_like(Y) if s is None else s
        X = _laid_out(X)
        # A pool's threads have their own error state; the training loop looks at J.
        with np.errstate(over="ignore", invalid="ignore"):
            if params.n2:
                parts = core.network_sums(params.W1, params.b1, params.W2, params.b2, X, Y, s)
            else:
                parts = core.unit_sums(params.W2, params.b2, X, Y, s)
        return np.concatenate([np.ravel(part) for part in parts], dtype=np.float64)

    def logits(
        self,
        params: Params,
        X: Inputs | FloatArray,
        n_threads: int = 1,  # noqa: ARG002 - BLAS has its own
    ) -> FloatArray:
        """Return Z2 (E10, E33), 1 × m, block by block: no temporary outgrows a block."""
        if isinstance(X, Inputs):
            parts = (X[start : start + _COLUMNS] for start in range(0, X.m, _COLUMNS))
            found = [_block_logits(params, _laid_out(part)) for part in parts]
            return np.concatenate([np.empty((1, 0), params.dtype), *found], axis=1)
        Z2 = np.empty((1, X.shape[1]), dtype=np.result_type(params.dtype, X.dtype))
        for start in range(0, X.shape[1], _COLUMNS):
            block = slice(start, start + _COLUMNS)
            Z2[:, block] = _block_logits(params, _laid_out(X[:, block]))
        return Z2

    def probabilities(
        self, params: Params, X: Inputs | FloatArray, n_threads: int = 1
    ) -> FloatArray:
        """Return 1 - A2 and A2 (E11, E33) side by side, m × 2."""
        Z2 = self.logits(params, X, n_threads)
        # σ(-z) rather than 1 - σ(z): small probabilities keep their digits.
        return np.ascontiguousarray(core.sigmoid(np.concatenate([-Z2, Z2])).T)


def _laid_out(X: Inputs | FloatArray) -> Any:
    """Return X, n1 × b, as products take it: SciPy's of sparse inputs, else column by column."""
    X = X.matrix() if isinstance(X, Inputs) else X
    # BLAS adds in another order for another layout.
    return np.asfortranarray(X) if isinstance(X, np.ndarray) else X


def _block_logits(params: Params, X: Any) -> Any:
    if params.n2:
        return core.network_logits(params.W1, params.b1, params.W2, params.b2, X)
    return core.unit_logits(params.W2, params.b2, X)
