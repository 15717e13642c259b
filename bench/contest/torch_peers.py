"""PyTorch three ways: by hand in place, by autograd and its optimisers, and compiled."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from contest.works import BATCH, BETA1, BETA2, EPSILON, Problem

Tensors = list[torch.Tensor]


def _start(problem: Problem) -> Tensors:
    return [torch.from_numpy(a) for a in problem.start]


def _numpy(theta: Tensors) -> list[np.ndarray]:
    return [a.detach().numpy() for a in theta]


def _slopes(theta: Tensors, X: torch.Tensor, Y: torch.Tensor) -> Tensors:
    """Return the gradient of the mean cost (E22 to E32), few temporaries."""
    W1, b1, W2, b2 = theta
    m = X.shape[0]
    A1 = torch.addmm(b1, X, W1).sigmoid_()
    d = torch.addmv(b2, A1, W2).sigmoid_().sub_(Y).div_(m)
    dW2 = A1.T @ d
    D = torch.addcmul(A1, A1, A1, value=-1).mul_(d[:, None])
    return [(X.T @ D).mul_(W2), D.sum(0).mul_(W2), dW2, d.sum().reshape(1)]


def _outputs(theta: Tensors, X: torch.Tensor) -> torch.Tensor:
    W1, b1, W2, b2 = theta
    A2 = torch.addmv(b2, torch.addmm(b1, X, W1).sigmoid_(), W2).sigmoid_()
    return torch.stack([1 - A2, A2], dim=1)


def _descend(theta: Tensors, X: torch.Tensor, Y: torch.Tensor, rate: float) -> None:
    for a, slope in zip(theta, _slopes(theta, X, Y), strict=True):
        a.sub_(slope, alpha=rate)


def _adam(
    theta: Tensors, mean: Tensors, square: Tensors, size: Any, X: torch.Tensor, Y: torch.Tensor
) -> None:
    slopes = _slopes(theta, X, Y)
    for a, g, v, r in zip(theta, slopes, mean, square, strict=True):
        v.mul_(BETA1).add_(g, alpha=1 - BETA1)
        r.mul_(BETA2).addcmul_(g, g, value=1 - BETA2)
        a.sub_(size * v / r.sqrt().add_(EPSILON))


def _plain(problem: Problem, wrap: Callable[..., Any]) -> Callable[[], object]:
    """All works by hand; `wrap` is `torch.compile`, or nothing."""
    torch.set_num_threads(problem.threads)
    work = problem.work
    X, Y = torch.from_numpy(problem.X), torch.from_numpy(problem.Y)
    descend, adam_step, outputs = wrap(_descend), wrap(_adam), wrap(_outputs)

    @torch.no_grad()
    def descent() -> object:
        theta = _start(problem)  # b2 has the shape (1,): compiled 0-dim updates get lost
        for _ in range(work.steps):
            descend(theta, X, Y, work.rate)
        return _numpy(theta)

    @torch.no_grad()
    def adam() -> object:
        theta = _start(problem)
        mean, square = ([torch.zeros_like(a) for a in theta] for _ in range(2))
        for k, i in enumerate(list(range(0, work.m, BATCH)) * work.steps, 1):
            size = torch.tensor(work.rate * (1 - BETA2**k) ** 0.5 / (1 - BETA1**k))
            adam_step(theta, mean, square, size, X[i : i + BATCH], Y[i : i + BATCH])
        return _numpy(theta)

    @torch.no_grad()
    def proba() -> object:
        theta = _start(problem)
        for _ in range(work.steps):
            out = outputs(theta, X)
        return out.numpy()

    return {"gd": descent, "adam": adam, "proba": proba, "row": proba}[work.kind]


def manual(problem: Problem) -> Callable[[], object]:
    """Work by hand, eagerly."""
    return _plain(problem, lambda function: function)


def compiled(problem: Problem) -> Callable[[], object]:
    """Compile the same step."""
    return _plain(problem, lambda function: torch.compile(function, dynamic=False))


def autograd(problem: Problem) -> Callable[[], object]:
    """As the tutorials have it: modules, a loss, backward, an optimiser (Adam fused)."""
    torch.set_num_threads(problem.threads)
    work = problem.work
    X, Y = torch.from_numpy(problem.X), torch.from_numpy(problem.Y)[:, None]
    loss_of = torch.nn.BCEWithLogitsLoss()

    def network() -> torch.nn.Sequential:
        dtype = getattr(torch, work.dtype)
        net = torch.nn.Sequential(
            torch.nn.Linear(work.n1, work.n2, dtype=dtype),
            torch.nn.Sigmoid(),
            torch.nn.Linear(work.n2, 1, dtype=dtype),
        )
        W1, b1, W2, b2 = _start(problem)
        with torch.no_grad():
            for ours, theirs in zip((W1.T, b1, W2[None], b2), net.parameters(), strict=True):
                theirs.copy_(ours)
        return net

    def trained(make: Callable[..., torch.optim.Optimizer], size: int) -> object:
        net = network()
        optimiser = make(net.parameters())
        for i in list(range(0, work.m, size)) * work.steps:
            optimiser.zero_grad()
            loss_of(net(X[i : i + size]), Y[i : i + size]).backward()
            optimiser.step()
        W1, b1, W2, b2 = _numpy(list(net.parameters()))
        return W1.T, b1, W2, b2

    def descent() -> object:
        return trained(lambda p: torch.optim.SGD(p, work.rate), work.m)

    def adam() -> object:
        return trained(lambda p: torch.optim.Adam(p, work.rate, fused=True), BATCH)

    @torch.no_grad()
    def proba() -> object:
        net = network()
        for _ in range(work.steps):
            A2 = torch.sigmoid(net(X))
            out = torch.cat([1 - A2, A2], dim=1)
        return out.numpy()

    return {"gd": descent, "adam": adam, "proba": proba, "row": proba}[work.kind]
