"""The fused engine: one pass over the samples, in native code.

The kernels are built once per instruction set and picked at run time (`TRILAYER_ISA`
overrides the choice). Sums come out of blocks of 2048 samples added along one fixed tree,
so the number of threads, and rows or columns in memory, change no bit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from trilayer import _fused as native
from trilayer.encoding.inputs import Inputs, Range, as_inputs
from trilayer.encoding.sparse import SparseRows
from trilayer.engines.data import Data, Elsewhere, NewtonPlace, aligned, flat
from trilayer.errors import EngineError, InputError
from trilayer.params import FloatArray, Params, pack

SLICE = 0.1
"""Seconds after which a run comes back to Python, for Ctrl-C and watchers."""


class Plan(NamedTuple):
    """How descent is to go.

    Attributes
    ----------
    learning_rate, momentum : float
        η and μ of v ← μ v + ∂J/∂θ, θ ← θ - η v.
    decay : float
        What multiplies the weights in the gradient: l2 / Σ s.
    tolerance : float
        A gradient with no larger component ends the run.
    n_threads : int
    """

    learning_rate: float
    momentum: float
    decay: float
    tolerance: float
    n_threads: int


class NewtonPlan(NamedTuple):
    """How a quasi-Newton run is to go: changes kept; the rest as for `Plan`."""

    history: int
    decay: float
    tolerance: float
    n_threads: int


class Walk(NamedTuple):
    """How an epoch goes over the samples.

    Attributes
    ----------
    order : array of int64, or None
        In which order the samples come; None: as they lie.
    size : int
        Samples in a batch.
    rates : array, float64
        The learning rate of each batch.
    updates : int
        Updates before these.
    average_weight : float
        Σ s / m, over all samples.
    decay : float
        l2 / Σ s.
    n_threads : int
    """

    order: Any
    size: int
    rates: FloatArray
    updates: int
    average_weight: float
    decay: float
    n_threads: int


class _Out(NamedTuple):
    """What a quasi-Newton run writes to: where it is, its changes, and J on the way."""

    theta: FloatArray
    gradient: FloatArray
    S: FloatArray
    Y: FloatArray
    trail: FloatArray

    @classmethod
    def of(cls, place: NewtonPlace, plan: NewtonPlan, steps: int) -> "_Out":
        S, Y = np.empty((2, min(steps, plan.history + 1), place.theta.size))
        return cls(place.theta.copy(), place.gradient.copy(), S, Y, np.empty(steps))

    def read(self, place: NewtonPlace, told: Any) -> tuple[NewtonPlace, FloatArray, bool]:
        """Read what the native function wrote and told."""
        k, evaluations, J, kept, ended = told
        all_S, all_Y = [*place.S, *self.S], [*place.Y, *self.Y]
        S, Y = [all_S[i] for i in kept], [all_Y[i] for i in kept]
        reached = NewtonPlace(k, self.theta, J, self.gradient, S, Y, evaluations)
        return reached, self.trail[: k - place.k], ended


class FusedEngine:
    """E7 to E35 in one pass, for NumPy arrays of float32 and float64.

    Raises
    ------
    EngineError
        If `TRILAYER_ISA` names no instruction set of this machine.
    """

    name = "fused"
    walks_blocks = True
    runs_whole = True

    def __init__(self) -> None:
        try:
            native.isa()
        except ValueError as error:
            raise EngineError(f"TRILAYER_ISA: {error}") from error

    @property
    def description(self) -> str:
        """``fused`` and the instruction set in use: avx512, avx2 or generic."""
        return f"fused ({native.isa()})"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Hold nothing: the bits depend on nothing outside."""
        yield

    def sums(
        self,
        params: Params,
        X: Inputs | FloatArray,
        Y: FloatArray,
        s: FloatArray | None,
        n_threads: int = 1,
    ) -> FloatArray:
        """Return Σ s·j and, behind it, the packed Σ s·∂j/∂θ, in float64.

        Parameters
        ----------
        params : Params
        X : Inputs, or array n1 × m
            Computed in the parameters' dtype; any strides, any number of samples.
        Y, s : array, 1 × m
            Targets and sample weights (None: ones).
        n_threads : int
        """
        theta = pack(params).astype(np.float64, copy=False)
        weights = None if s is None else flat(s, params.dtype)
        out = np.empty(theta.size + 1)
        samples = held(as_inputs(X).astype(params.dtype), flat(Y, params.dtype), weights)
        native.sums(theta, params.n2, samples, out, True, n_threads)
        return out

    def logits(self, params: Params, X: Inputs | FloatArray, n_threads: int = 1) -> FloatArray:
        """Return Z2 (E10, E33), 1 × m."""
        out = np.empty(_count(X), dtype=params.dtype)
        self._predict(params, X, out, 0, n_threads)
        return out[np.newaxis]

    def probabilities(
        self, params: Params, X: Inputs | FloatArray, n_threads: int = 1
    ) -> FloatArray:
        """Return 1 - A2 and A2 (E11, E33) side by side, m × 2."""
        out = np.empty((_count(X), 2), dtype=params.dtype)
        self._predict(params, X, out.reshape(-1), 2, n_threads)
        return out

    def _predict(
        self, params: Params, X: Inputs | FloatArray, out: FloatArray, kind: int, n_threads: int
    ) -> None:
        theta = pack(params).astype(np.float64, copy=False)
        if isinstance(X, Inputs):
            samples = held(X.astype(params.dtype), None, None)
        else:
            samples = aligned(X.astype(params.dtype, copy=False))
        native.predict(theta, params.n2, samples, out, kind, n_threads)

    def descend(
        self,
        data: Data,
        n2: int,
        theta: FloatArray,
        velocity: FloatArray | None,
        gradient: FloatArray,
        plan: Plan,
        steps: int,
    ) -> FloatArray:
        """Do steps of gradient descent on all samples; theta, velocity and gradient in place.

        Returns
        -------
        record : array, done × 2
            J and the gradient's largest component after each step; NaN where it is not
            finite. Fewer than asked when the gradient was within the plan's tolerance, was
            not finite, or after a `SLICE` of time.
        """
        record = np.empty((2, steps))
        done = native.run_gd(
            theta, n2, velocity, gradient, _held(data), plan.learning_rate, plan.momentum,
            data.total_weight, plan.decay, plan.tolerance, steps, SLICE, record[0], record[1],
            plan.n_threads,
        )  # fmt: skip
        return record[:, :done].T

    def descend_over(
        self,
        samples: Elsewhere,
        theta: FloatArray,
        velocity: FloatArray | None,
        gradient: FloatArray,
        plan: Plan,
        steps: int,
    ) -> FloatArray:
        """Do what `descend` does, with its bits, on samples that are elsewhere."""
        record, sums = np.empty((2, steps)), np.empty(theta.size + 1)

        def fill() -> None:
            sums[:] = samples.sums_at(theta)

        done = native.run_gd_over(
            theta, samples.n1, samples.n2, velocity, gradient, sums, fill, plan.learning_rate,
            plan.momentum, samples.total_weight, plan.decay, plan.tolerance, steps, SLICE,
            record[0], record[1],
        )  # fmt: skip
        return record[:, :done].T

    def quasi_newton(
        self, data: Data, n2: int, place: NewtonPlace, plan: NewtonPlan, steps: int
    ) -> tuple[NewtonPlace, FloatArray, bool]:
        """Do iterations of L-BFGS on all samples.

        Returns
        -------
        place : NewtonPlace
            Fewer iterations on than asked when the gradient was within the plan's tolerance,
            when no further decrease is possible, or after a `SLICE` of time.
        trail : array
            J after each of them.
        ended : bool
            Whether no further decrease is possible.
        """
        out = _Out.of(place, plan, steps)
        told = native.run_lbfgs(
            out.theta, n2, out.gradient, place.J, place.k, place.evaluations, place.S, place.Y,
            out.S, out.Y, _held(data), data.total_weight, plan.decay, plan.tolerance,
            plan.history, steps, SLICE, out.trail, plan.n_threads,
        )  # fmt: skip
        return out.read(place, told)

    def quasi_newton_over(
        self,
        samples: Elsewhere,
        place: NewtonPlace,
        plan: NewtonPlan,
        steps: int,
    ) -> tuple[NewtonPlace, FloatArray, bool]:
        """Do what `quasi_newton` does, with its bits, on samples that are elsewhere."""
        out = _Out.of(place, plan, steps)
        point, sums = np.empty_like(out.theta), np.empty(out.theta.size + 1)

        def fill() -> None:
            sums[:] = samples.sums_at(point)

        told = native.run_lbfgs_over(
            out.theta, samples.n1, samples.n2, out.gradient, place.J, place.k, place.evaluations,
            place.S, place.Y, out.S, out.Y, point, sums, fill, samples.total_weight, plan.decay,
            plan.tolerance, plan.history, steps, SLICE, out.trail,
        )  # fmt: skip
        return out.read(place, told)

    def epoch(
        self,
        rule: str,
        constants: dict[str, float],
        memory: dict[str, FloatArray],
        data: Data,
        n2: int,
        theta: FloatArray,
        walk: Walk,
    ) -> tuple[float, FloatArray]:
        """Do one epoch of mini-batches, or a piece of one; theta and memory in place.

        Parameters
        ----------
        rule : {"sgd", "adam"}
        constants, memory : dict
            The rule's numbers and its arrays, by the names of the native function.
        data : Data
        n2 : int
        theta : array, float64
        walk : Walk

        Returns
        -------
        J, gradient
            Means over the samples, each batch's before its step.
        """
        run: Any = native.run_sgd if rule == "sgd" else native.run_adam
        gradient, J, batch = np.zeros_like(theta), 0.0, 0
        while batch < walk.rates.size:
            counted = {} if rule == "sgd" else {"updates": walk.updates + batch}
            done, J = run(
                theta, n2, samples=_held(data), order=walk.order, size=walk.size, first=batch,
                rates=walk.rates, average_weight=walk.average_weight, decay=walk.decay,
                seconds=SLICE, total=gradient, J=J, threads=walk.n_threads,
                **memory, **constants, **counted,
            )  # fmt: skip
            batch += done
        return J, gradient


def _count(X: Inputs | FloatArray) -> int:
    return X.m if isinstance(X, Inputs) else int(X.shape[1])


def held(inputs: Inputs, Y: FloatArray | None, s: FloatArray | None) -> Any:
    """Return samples as the native functions take them: nothing is copied.

    Parameters
    ----------
    inputs : Inputs
    Y, s : array, (m,), or None
        Contiguous, of the inputs' dtype.

    Raises
    ------
    InputError
        If a sample is not as the layout has it.
    """
    kind = native.Samples32 if inputs.dtype == np.float32 else native.Samples64
    layout = inputs.layout
    at, part = (inputs.at, inputs.part) if layout.runs else (None, None)
    try:
        if inputs.is_sparse:
            return kind(*_entries(inputs.numbers), Y, s, layout.n1, inputs.scale)
        return kind(
            aligned(inputs.numbers).T, Y, s, layout.n1, _ranges(layout.stairs),
            _ranges(layout.levels), at, part, inputs.scale,
        )  # fmt: skip
    except ValueError as error:
        raise InputError(f"the layout does not fit the inputs: {error}") from error


def _entries(rows: SparseRows) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.int32]]:
    """Return values, where each row's start, and their inputs: copied where SciPy's are not so."""
    values = aligned(np.ascontiguousarray(rows.data))
    starts = np.ascontiguousarray(rows.indptr, dtype=np.int64)
    return values, starts, np.ascontiguousarray(rows.indices, dtype=np.int32)


@lru_cache(maxsize=64)
def _ranges(ranges: tuple[Range, ...]) -> Any:
    return np.array(ranges, dtype=np.int64).reshape(-1, 2)


_HELD: "WeakKeyDictionary[Data, Any]" = WeakKeyDictionary()


def _held(data: Data) -> Any:
    """Return a run's samples, taken in once for all of its calls."""
    found = _HELD.get(data)
    if found is None:
        found = _HELD[data] = held(data.inputs, data.Y, data.s)
    return found
