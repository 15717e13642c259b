"""NumPy as on a blackboard."""

from collections.abc import Callable

import numpy as np

from contest.works import BATCH, BETA1, BETA2, EPSILON, Array, Problem


def forward(theta: list[Array], X: Array) -> tuple[Array, Array]:
    """Return A1 and A2."""
    W1, b1, W2, b2 = theta
    A1 = 1 / (1 + np.exp(-(W1.T @ X + b1)))
    return A1, 1 / (1 + np.exp(-(W2.T @ A1 + b2)))


def backward(theta: list[Array], X: Array, Y: Array) -> list[Array]:
    """Return the gradient of the mean cost."""
    m = X.shape[1]
    A1, A2 = forward(theta, X)
    dZ2 = A2 - Y
    dZ1 = (theta[2] @ dZ2) * A1 * (1 - A1)
    return [
        X @ dZ1.T / m, dZ1.sum(axis=1, keepdims=True) / m,
        A1 @ dZ2.T / m, dZ2.sum(axis=1, keepdims=True) / m,
    ]  # fmt: skip


def textbook(problem: Problem) -> Callable[[], object]:
    """E7 to E35 line by line, on columns; BLAS may use all threads."""
    work, X, Y = problem.work, problem.X.T, problem.Y[None]

    def start() -> list[Array]:
        W1, b1, W2, b2 = problem.start
        return [W1, b1[:, None], W2[:, None], b2[:, None]]

    def descent() -> object:
        theta = start()
        for _ in range(work.steps):
            there = backward(theta, X, Y)
            theta = [a - work.rate * g for a, g in zip(theta, there, strict=True)]
        return theta

    def adam() -> object:
        theta = start()
        mean, square = ([np.zeros_like(a) for a in theta] for _ in range(2))
        for k, i in enumerate(list(range(0, work.m, BATCH)) * work.steps, 1):
            size = work.rate * (1 - BETA2**k) ** 0.5 / (1 - BETA1**k)
            there = backward(theta, X[:, i : i + BATCH], Y[:, i : i + BATCH])
            mean = [BETA1 * a + (1 - BETA1) * g for a, g in zip(mean, there, strict=True)]
            square = [BETA2 * a + (1 - BETA2) * g**2 for a, g in zip(square, there, strict=True)]
            theta = [
                a - size * v / (np.sqrt(r) + EPSILON)
                for a, v, r in zip(theta, mean, square, strict=True)
            ]
        return theta

    def proba() -> object:
        A2 = forward(start(), X)[1][0]
        return np.column_stack([1 - A2, A2])

    def row() -> object:
        theta = start()
        for _ in range(work.steps):
            A2 = forward(theta, X)[1][0]
            out = np.column_stack([1 - A2, A2])
        return out

    return {"gd": descent, "adam": adam, "proba": proba, "row": row}[work.kind]
