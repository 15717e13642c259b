"""NumPy as somebody writes it who needs it to be fast."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from contest.works import BATCH, BETA1, BETA2, EPSILON, Array, Problem


class _Blocks:
    """One thread's buffers, and the passes over its share of the samples."""

    def __init__(self, problem: Problem, block: int) -> None:
        n1, n2, dtype = problem.work.n1, problem.work.n2, problem.work.dtype
        self.X, self.Y, self.block = problem.X, problem.Y, block
        self.A, self.D = np.empty((block, n2), dtype), np.empty((block, n2), dtype)
        self.z, self.ones = np.empty(block, dtype), np.ones(block, dtype)
        self.product = np.empty((n1, n2), dtype)
        self.row = np.empty(n2, dtype)
        self.total = np.empty(n1 * n2 + 2 * n2 + 1, dtype)
        self.views = views(self.total, n1, n2)

    def forward(self, negated: list[Array], i: int, k: int) -> tuple[Array, Array]:
        """Return A1 and A2 of k samples; with -θ, exp needs no minus."""
        W1, b1, W2, b2 = negated
        A, z = self.A[:k], self.z[:k]
        np.matmul(self.X[i : i + k], W1, out=A)
        A += b1
        np.exp(A, out=A)
        A += 1
        np.reciprocal(A, out=A)
        np.matmul(A, W2, out=z)
        z += b2
        np.exp(z, out=z)
        z += 1
        np.reciprocal(z, out=z)
        return A, z

    def slopes(self, negated: list[Array], W2: Array, starts: Iterable[int], last: int) -> Array:
        """Return the packed gradient's sum over blocks at those starts, none beyond last."""
        self.total[:] = 0
        dW1, db1, dW2, db2 = self.views
        for i in starts:
            k = min(self.block, last - i)
            A, z = self.forward(negated, i, k)
            D = self.D[:k]
            z -= self.Y[i : i + k]
            dW2 += np.matmul(z, A, out=self.row)
            db2 += z.sum()
            np.multiply(A, A, out=D)
            np.subtract(A, D, out=D)
            D *= z[:, None]
            dW1 += np.matmul(self.X[i : i + k].T, D, out=self.product)
            db1 += np.matmul(self.ones[:k], D, out=self.row)
        dW1 *= W2  # once for all samples
        db1 *= W2
        return self.total

    def predict(self, negated: list[Array], out: Array, starts: Iterable[int], last: int) -> None:
        """Write both probabilities of the blocks at those starts, none beyond last."""
        for i in starts:
            k = min(self.block, last - i)
            A2 = self.forward(negated, i, k)[1]
            out[i : i + k, 1] = A2
            np.subtract(1, A2, out=out[i : i + k, 0])


def views(theta: Array, n1: int, n2: int) -> list[Array]:
    """Return W1, b1, W2, b2 as views of one vector."""
    W1, b1, W2, b2 = np.split(theta, np.cumsum([n1 * n2, n2, n2]))
    return [W1.reshape(n1, n2), b1, W2, b2]


class _Crew:
    """The threads, their blocks, and θ and -θ as packed vectors with views."""

    def __init__(self, problem: Problem) -> None:
        work, n = problem.work, problem.threads
        block = max(1, min(work.m, max(256, min(1024, 2**17 // work.n2))))
        self.problem, self.work, self.pool = problem, work, ThreadPoolExecutor(n)
        self.starts = range(0, work.m, block)
        self.blocks = [_Blocks(problem, block) for _ in range(min(n, len(self.starts)))]
        self.theta, self.negated, self.scratch = (
            np.concatenate([a.ravel() for a in problem.start]) for _ in range(3)
        )
        self.here = views(self.theta, work.n1, work.n2)
        self.minus = views(self.negated, work.n1, work.n2)

    def restart(self) -> None:
        for view, a in zip(self.here, self.problem.start, strict=True):
            view[...] = a
        np.negative(self.theta, out=self.negated)

    def together(self, call: Callable[..., Array | None]) -> list[Array | None]:
        """Have each thread take the next block until none is left; one block needs no thread."""
        starts = iter(self.starts)  # shared: the GIL gives each start to one thread
        if len(self.blocks) == 1:
            return [call(self.blocks[0], starts, self.work.m)]
        parts = [self.pool.submit(call, one, starts, self.work.m) for one in self.blocks]
        return [part.result() for part in parts]

    def move(self, change: Array) -> None:
        np.subtract(self.theta, change, out=self.theta)
        np.negative(self.theta, out=self.negated)

    def descent(self) -> object:
        self.restart()
        W2 = self.here[2]
        for _ in range(self.work.steps):
            first, *others = self.together(lambda one, *s: one.slopes(self.minus, W2, *s))
            for part in others:
                first += part
            first *= self.work.rate / self.work.m
            self.move(first)
        return self.here

    def adam(self) -> object:
        """Batches of 256 do not pay two threads."""
        self.restart()
        m, scratch = self.work.m, self.scratch
        mean, square = np.zeros_like(scratch), np.zeros_like(scratch)
        for k, i in enumerate(list(range(0, m, BATCH)) * self.work.steps, 1):
            last = min(i + BATCH, m)
            there = self.blocks[0].slopes(self.minus, self.here[2], (i,), last)
            there /= last - i
            np.multiply(there, there, out=scratch)
            scratch *= 1 - BETA2
            square *= BETA2
            square += scratch
            there *= 1 - BETA1
            mean *= BETA1
            mean += there
            np.sqrt(square, out=scratch)
            scratch += EPSILON
            np.divide(mean, scratch, out=scratch)
            scratch *= self.work.rate * (1 - BETA2**k) ** 0.5 / (1 - BETA1**k)
            self.move(scratch)
        return self.here

    def predict(self) -> object:
        self.restart()
        for _ in range(self.work.steps):
            out = np.empty((self.work.m, 2), self.work.dtype)
            self.together(lambda one, *s, out=out: one.predict(self.minus, out, *s))
        return out


def blocked(problem: Problem) -> Callable[[], object]:
    """Work in place, in blocks that stay in cache, mapped over threads; BLAS on one each."""
    crew = _Crew(problem)
    runs = {"gd": crew.descent, "adam": crew.adam, "proba": crew.predict, "row": crew.predict}
    return runs[problem.work.kind]
