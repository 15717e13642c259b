"""The reference engine: `trilayer.core` on one block."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from trilayer import core
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


_BLAS = _OneBlasThread()


class ReferenceEngine:
    """E7 to E34 as `core` states them, in the dtype of the data."""

    name = "reference"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Keep the bits of the sums independent of BLAS's threads."""
        with _BLAS.held():
            yield

    def sums(self, params: Params, X: FloatArray, Y: FloatArray, s: FloatArray) -> FloatArray:
        """Return Σ s·j and the packed Σ s·∂j/∂θ of one block, in float64.

        Parameters
        ----------
        params : Params
        X : array, n1 × b
        Y, s : array, 1 × b
            Targets and sample weights.

        Returns
        -------
        array, (1 + number of parameters,)
        """
        parts: tuple[Any, ...]
        X = np.asfortranarray(X)  # BLAS adds in another order for another layout
        # A pool's threads have their own error state; the training loop looks at J.
        with np.errstate(over="ignore", invalid="ignore"):
            if params.n2:
                parts = core.network_sums(params.W1, params.b1, params.W2, params.b2, X, Y, s)
            else:
                parts = core.unit_sums(params.W2, params.b2, X, Y, s)
        return np.concatenate([np.ravel(part) for part in parts], dtype=np.float64)

    def logits(self, params: Params, X: FloatArray) -> FloatArray:
        """Return Z2 (E10, E33) of a block, 1 × b."""
        z: FloatArray
        X = np.asfortranarray(X)
        if params.n2:
            z = core.network_logits(params.W1, params.b1, params.W2, params.b2, X)
        else:
            z = core.unit_logits(params.W2, params.b2, X)
        return z
