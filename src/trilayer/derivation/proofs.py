"""E6 to E35, each shown to hold on a small network: the first table of `trilayer check`."""

from typing import NamedTuple

from trilayer.derivation import oracle
from trilayer.derivation.claims import CLAIMS, NUMBERS, SLOPES, Claim
from trilayer.derivation.trace import Trace

TOLERANCE = {NUMBERS: 1e-12, SLOPES: 1e-8}
"""Largest relative error that still counts as equal, by method."""


class Proof(NamedTuple):
    """One equation, and how far code and meaning are apart."""

    id: str
    statement: str
    shape: str
    method: str
    error: float
    holds: bool


def prove(t: Trace | None = None) -> list[Proof]:
    """Check every equation on one traced network.

    Parameters
    ----------
    t : Trace, optional
        By default `oracle.example()`: 4 inputs, 3 hidden units, 5 samples.

    Returns
    -------
    list of Proof
        One for each of `CLAIMS`.

    Raises
    ------
    InputError
        If t has no hidden layer or is saturated (`oracle.checkable`).
    """
    t = oracle.checkable(t)
    return [_proof(claim, t) for claim in CLAIMS]


def _proof(claim: Claim, t: Trace) -> Proof:
    error = oracle.distance(*claim.sides(t))
    holds = error <= TOLERANCE[claim.method]
    return Proof(claim.id, claim.statement, claim.shape, claim.method, error, holds)
