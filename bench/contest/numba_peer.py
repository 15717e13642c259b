"""A fused kernel in Numba: one pass over tiles of samples, samples in SIMD lanes.

A tile is turned feature-major as it goes; inputs and units are padded to fours, so that one
pass over a row of the tile adds four terms, or sums four products.
"""

import math
from collections.abc import Callable

import numpy as np
from numba import njit, prange, set_num_threads

from contest.works import BATCH, BETA1, BETA2, EPSILON, Array, Problem

OPTIONS = {"nogil": True, "fastmath": True, "error_model": "numpy"}
TILE = 256
FORMATS = {  # of float32, float64: integer, bits of the fraction, bias, terms of 2^f
    "float32": (np.int32, 23, 127, 7),
    "float64": (np.int64, 52, 1023, 13),
}


def buffers(n: int, n1: int, n2: int, dtype: str) -> tuple:
    """Return n threads' scratch memory: padded W1 and gradient, tile, activations, slopes."""
    integer, fraction, bias, terms = FORMATS[dtype]
    wide, high = -(-n1 // 4) * 4, -(-n2 // 4) * 4
    f, power = np.zeros((n, TILE), dtype), np.zeros((n, TILE), dtype)
    series = [math.log(2) ** k / math.factorial(k) for k in range(terms)][::-1]
    sizes = (high, wide), (high, wide), (wide, TILE), (n2, TILE), (high, TILE), (TILE,)
    return (
        *(np.zeros((n, *size), dtype) for size in sizes),
        f, power, power.view(integer), np.array(series, dtype),
        np.array([-1 / math.log(2), bias - 1, 0.5, 1], dtype), np.array([fraction, bias], integer),
    )  # fmt: skip


@njit(**OPTIONS)
def own(crew, p):
    """Return thread p's part of the buffers."""
    W, G, tile, A, D, z, f, power, bits, series, numbers, integers = crew
    tools = f[p], power[p], bits[p], series, numbers, integers
    return W[p], G[p], tile[p], A[p], D[p], z[p], tools


@njit(**OPTIONS)
def sigmoids(z, k, tools):
    """Replace k logits by 1 / (1 + 2^(-z log2 e)): a polynomial, and the exponent's bits."""
    f, power, bits, series, numbers, integers = tools
    fraction, bias, one = integers[0], integers[1], numbers[3]
    for t in range(k):
        y = min(max(z[t] * numbers[0], -numbers[1]), numbers[1])
        n = np.floor(y + numbers[2])
        f[t] = y - n
        bits[t] = (bits.dtype.type(n) + bias) << fraction
        z[t] = series[0]
    for c in series[1:]:
        for t in range(k):
            z[t] = z[t] * f[t] + c
    for t in range(k):
        z[t] = one / (one + z[t] * power[t])


@njit(**OPTIONS)
def load(theta, n1, n2, W):
    """Lay W1 out unit by unit."""
    for j in range(n2):
        for i in range(n1):
            W[j, i] = theta[i * n2 + j]


@njit(**OPTIONS)
def forward(theta, X, first, k, n2, scratch):
    """Fill tile, activations and the output of k samples."""
    W, _, tile, A, _, z, tools = scratch
    n1 = X.shape[1]
    for t in range(k):
        for i in range(n1):
            tile[i, t] = X[first + t, i]
    w = theta[(n1 + 1) * n2 :]
    for t in range(k):
        z[t] = w[n2]
    for j in range(n2):
        a, bias = A[j], theta[n1 * n2 + j]
        for t in range(k):
            a[t] = bias
        for i in range(0, n1, 4):
            w0, w1, w2, w3 = W[j, i], W[j, i + 1], W[j, i + 2], W[j, i + 3]
            x0, x1, x2, x3 = tile[i], tile[i + 1], tile[i + 2], tile[i + 3]
            for t in range(k):
                a[t] += w0 * x0[t] + w1 * x1[t] + w2 * x2[t] + w3 * x3[t]
        sigmoids(a, k, tools)
        for t in range(k):
            z[t] += w[j] * a[t]
    sigmoids(z, k, tools)


@njit(**OPTIONS)
def backward(theta, Y, first, k, n1, n2, scratch, total):
    """Add k samples' gradient: W1's to the padded matrix, the others' to the packed sum."""
    _, G, tile, A, D, z, _ = scratch
    w, one, zero = theta[(n1 + 1) * n2 :], z.dtype.type(1), z.dtype.type(0)
    db2 = zero
    for t in range(k):
        z[t] -= Y[first + t]
        db2 += z[t]
    total[(n1 + 2) * n2] += db2
    for j in range(n2):
        a, d, dw, db = A[j], D[j], zero, zero
        for t in range(k):
            dw += z[t] * a[t]
            d[t] = z[t] * w[j] * a[t] * (one - a[t])
            db += d[t]
        total[(n1 + 1) * n2 + j] += dw
        total[n1 * n2 + j] += db
    for j in range(0, n2, 4):
        d0, d1, d2, d3 = D[j], D[j + 1], D[j + 2], D[j + 3]
        for i in range(n1):
            x, s0, s1, s2, s3 = tile[i], zero, zero, zero, zero
            for t in range(k):
                s0 += x[t] * d0[t]
                s1 += x[t] * d1[t]
                s2 += x[t] * d2[t]
                s3 += x[t] * d3[t]
            G[j, i] += s0
            G[j + 1, i] += s1
            G[j + 2, i] += s2
            G[j + 3, i] += s3


@njit(**OPTIONS)
def share(theta, X, Y, first, end, n2, scratch, total):
    """Write the packed gradient's sum over samples first to end."""
    n1, G = X.shape[1], scratch[1]
    load(theta, n1, n2, scratch[0])
    total[:] = 0
    G[:] = 0
    for at in range(first, end, TILE):
        k = min(TILE, end - at)
        forward(theta, X, at, k, n2, scratch)
        backward(theta, Y, at, k, n1, n2, scratch, total)
    for j in range(n2):
        for i in range(n1):
            total[i * n2 + j] = G[j, i]


@njit(parallel=True, **OPTIONS)
def shares(theta, X, Y, n2, crew, parts):
    """Map `share` over threads."""
    m, n = X.shape[0], crew[0].shape[0]
    for p in prange(n):
        share(theta, X, Y, m * p // n, m * (p + 1) // n, n2, own(crew, p), parts[p])


@njit(**OPTIONS)
def descend(theta, X, Y, n2, rate, steps, crew, parts):
    """Do steps of gradient descent."""
    for _ in range(steps):
        if parts.shape[0] == 1:
            share(theta, X, Y, 0, X.shape[0], n2, own(crew, 0), parts[0])
        else:
            shares(theta, X, Y, n2, crew, parts)
        for part in parts:
            for q in range(theta.size):
                theta[q] -= rate * part[q]


@njit(**OPTIONS)
def adam(theta, X, Y, n2, rate, epochs, crew, total):
    """Do epochs of Adam, on one thread."""
    scratch = own(crew, 0)
    mean, square, step = np.zeros_like(theta), np.zeros_like(theta), 0
    for _ in range(epochs):
        for first in range(0, X.shape[0], BATCH):
            step += 1
            end = min(first + BATCH, X.shape[0])
            share(theta, X, Y, first, end, n2, scratch, total)
            size = rate * (1 - BETA2**step) ** 0.5 / (1 - BETA1**step)
            for q in range(theta.size):
                g = total[q] / (end - first)
                mean[q] = BETA1 * mean[q] + (1 - BETA1) * g
                square[q] = BETA2 * square[q] + (1 - BETA2) * g * g
                theta[q] -= size * mean[q] / (np.sqrt(square[q]) + EPSILON)


@njit(**OPTIONS)
def predict_share(theta, X, n2, out, first, end, scratch):
    """Write both probabilities of samples first to end."""
    load(theta, X.shape[1], n2, scratch[0])
    for at in range(first, end, TILE):
        k = min(TILE, end - at)
        forward(theta, X, at, k, n2, scratch)
        for t in range(k):
            out[at + t, 0], out[at + t, 1] = 1 - scratch[5][t], scratch[5][t]


@njit(**OPTIONS)
def predict_one(theta, x, n2, out):
    """Write both probabilities of one sample; its units lie in SIMD lanes."""
    n1, one = x.size, theta.dtype.type(1)
    a, w = theta[n1 * n2 : (n1 + 1) * n2].copy(), theta[(n1 + 1) * n2 :]
    for i in range(n1):
        for j in range(n2):
            a[j] += x[i] * theta[i * n2 + j]
    z = w[n2]
    for j in range(n2):
        z += w[j] / (one + np.exp(-a[j]))
    out[0, 1] = one / (one + np.exp(-z))
    out[0, 0] = one - out[0, 1]


@njit(parallel=True, **OPTIONS)
def predict(theta, X, n2, out, crew):
    """Map `predict_share` over threads."""
    m, n = X.shape[0], crew[0].shape[0]
    for p in prange(n):
        predict_share(theta, X, n2, out, m * p // n, m * (p + 1) // n, own(crew, p))


def fused(problem: Problem) -> Callable[[], object]:
    """Time whole loops inside one call."""
    work, X, Y, n2 = problem.work, problem.X, problem.Y, problem.work.n2
    n = 1 if work.m < 2000 or work.kind == "adam" else problem.threads
    crew = buffers(n, work.n1, n2, work.dtype)
    set_num_threads(n)
    start = np.concatenate([a.ravel() for a in problem.start])
    parts = np.zeros((n, start.size), start.dtype)

    def result(theta: Array) -> object:
        W1, b1, W2, b2 = np.split(theta, np.cumsum([work.n1 * n2, n2, n2]))
        return W1.reshape(work.n1, n2), b1, W2, b2

    def train() -> object:
        theta = start.copy()
        if work.kind == "adam":
            adam(theta, X, Y, n2, work.rate, work.steps, crew, parts[0])
        else:
            rate = start.dtype.type(work.rate / work.m)
            descend(theta, X, Y, n2, rate, work.steps, crew, parts)
        return result(theta)

    def proba() -> object:
        for _ in range(work.steps):
            out = np.empty((work.m, 2), work.dtype)
            if work.m == 1:
                predict_one(start, X[0], n2, out)
            else:
                predict(start, X, n2, out, crew)
        return out

    return {"gd": train, "adam": train, "proba": proba, "row": proba}[work.kind]
