"""JAX: the whole loop under one jit."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from contest.works import BATCH, BETA1, BETA2, EPSILON, Problem

jax.config.update("jax_enable_x64", True)
Theta = tuple[jax.Array, ...]


def _slopes(theta: Theta, X: jax.Array, Y: jax.Array) -> Theta:
    """Return the gradient of the mean cost; X is n1 × m, so that samples lie side by side."""
    W1, b1, W2, b2 = theta
    A1 = jax.nn.sigmoid(W1.T @ X + b1[:, None])
    d = (jax.nn.sigmoid(W2 @ A1 + b2) - Y) / X.shape[1]
    D = W2[:, None] * d * A1 * (1 - A1)
    return X @ D.T, D.sum(1), A1 @ d, d.sum(keepdims=True)


@partial(jax.jit, static_argnums=(3, 4))
def _descend(theta: Theta, X: jax.Array, Y: jax.Array, rate: float, steps: int) -> Theta:
    def step(_: int, theta: Theta) -> Theta:
        return tuple(a - rate * g for a, g in zip(theta, _slopes(theta, X, Y), strict=True))

    return lax.fori_loop(0, steps, step, theta)


@partial(jax.jit, static_argnums=(3, 4))
def _adam(theta: Theta, X: jax.Array, Y: jax.Array, rate: float, epochs: int) -> Theta:
    """Batches of rows; the last, smaller batch of an epoch has its own code."""
    whole = len(Y) // BATCH

    def update(state: tuple, X: jax.Array, Y: jax.Array) -> tuple:
        theta, mean, square, k = state
        k = k + 1
        size = (rate * jnp.sqrt(1 - BETA2**k) / (1 - BETA1**k)).astype(X.dtype)
        there = _slopes(theta, X.T, Y)
        mean = tuple(BETA1 * v + (1 - BETA1) * g for v, g in zip(mean, there, strict=True))
        square = tuple(BETA2 * r + (1 - BETA2) * g**2 for r, g in zip(square, there, strict=True))
        theta = tuple(
            a - size * v / (jnp.sqrt(r) + EPSILON)
            for a, v, r in zip(theta, mean, square, strict=True)
        )
        return theta, mean, square, k

    def one(b: int, state: tuple) -> tuple:
        rows = lax.dynamic_slice_in_dim(X, b * BATCH, BATCH)
        return update(state, rows, lax.dynamic_slice_in_dim(Y, b * BATCH, BATCH))

    def epoch(_: int, state: tuple) -> tuple:
        state = lax.fori_loop(0, whole, one, state)
        return update(state, X[whole * BATCH :], Y[whole * BATCH :]) if len(Y) % BATCH else state

    zeros = tuple(jnp.zeros_like(a) for a in theta)
    return lax.fori_loop(0, epochs, epoch, (theta, zeros, zeros, jnp.zeros(())))[0]


@jax.jit
def _outputs(theta: Theta, X: jax.Array) -> jax.Array:
    W1, b1, W2, b2 = theta
    A2 = jax.nn.sigmoid(jax.nn.sigmoid(X @ W1 + b1) @ W2 + b2)
    return jnp.stack([1 - A2, A2], axis=1)


def jitted(problem: Problem) -> Callable[[], object]:
    """Time whole loops; predictions find their rows on JAX's side, and give NumPy rows."""
    work = problem.work
    Y = jnp.asarray(problem.Y)
    theta = tuple(jnp.asarray(a) for a in problem.start)

    def numbers(result: Theta) -> object:
        return [np.asarray(a) for a in result]

    X = jnp.asarray(problem.X.T if work.kind == "gd" else problem.X)

    def proba() -> object:
        for _ in range(work.steps):
            out = np.asarray(_outputs(theta, X))
        return out

    if work.kind == "gd":
        return lambda: numbers(_descend(theta, X, Y, work.rate, work.steps))
    if work.kind == "adam":
        return lambda: numbers(_adam(theta, X, Y, work.rate, work.steps))
    return proba
