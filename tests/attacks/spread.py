"""Lies about what the spread of probabilities is computed from, under a checksum that is right."""

from typing import Any

import numpy as np

from trilayer.fit.spread import Spread
from trilayer.modelfile.record import encode

from .forge import contents, lie, record, sealed

SOUND = Spread(
    units=np.array([1, 1]),
    shares=np.array([0.25, 0.75]),
    biases=np.zeros(2),
    base=np.ones(1),
    centre=np.zeros(2),
    prior=np.ones(2),
    known=np.zeros((2, 1), dtype=np.float32),
)


def with_spread(**changes: Any) -> bytes:
    """A file with other arrays of the spread (None: without)."""
    tensors, description = contents(encode(record(spread=SOUND)))
    for name, array in changes.items():
        del tensors[f"spread.{name}"]
        if array is not None:
            tensors[f"spread.{name}"] = array
    return sealed(tensors, description)


@lie("the tensor spread.known is missing")
def a_part() -> bytes:
    """Some of the arrays."""
    return with_spread(known=None)


@lie("spread.known has the dtype float64")
def another_dtype() -> bytes:
    """Numbers that `save` would not have written."""
    return with_spread(known=np.zeros((2, 1)))


@lie("spread.units are not those of networks")
def a_member_without_units() -> bytes:
    """A member that is not there."""
    return with_spread(units=np.array([0, 2]))


@lie("spread.units are not those of networks")
def no_members() -> bytes:
    """A mean of nothing."""
    return with_spread(units=np.empty(0, np.int64), shares=np.empty(0), biases=np.empty(0))


@lie("spread.units do not add up to the 2 hidden units")
def other_units() -> bytes:
    """Members of another network; added up in 64 bits they would wrap around."""
    return with_spread(units=np.array([2, 1]))


@lie("spread.shares and spread.biases are not one for each")
def a_share_less() -> bytes:
    """A member that nobody knows what it counts for."""
    return with_spread(shares=np.ones(1))


@lie("spread.shares do not add up to 1")
def negative_share() -> bytes:
    """A member that counts against the others."""
    return with_spread(shares=np.array([-0.5, 1.5]))


@lie("spread.shares do not add up to 1")
def too_large_shares() -> bytes:
    """Members that count for more than all."""
    return with_spread(shares=np.array([0.75, 0.75]))


@lie("spread.centre and spread.prior are not 2 numbers each")
def another_width() -> bytes:
    """A centre of other inputs."""
    return with_spread(centre=np.zeros(3))


@lie("a variance below 0")
def negative_variance() -> bytes:
    """An interval whose lower bound is the upper one."""
    return with_spread(prior=np.array([1.0, -1.0]))


@lie("spread.known has the shape")
def more_directions_than_inputs() -> bytes:
    """Directions that there cannot be."""
    return with_spread(known=np.zeros((2, 3), dtype=np.float32))


@lie("spread.prior holds NaN or infinity")
def infinite_prior() -> bytes:
    """Intervals that say nothing."""
    return with_spread(prior=np.array([1.0, np.inf]))
