"""The bits of a data set, as three short texts: X, y and the sample weights.

They are taken block by block, so that whoever makes the blocks (a cache that is written,
workers of a cluster) can take them there; the order of the rows counts, their cutting into
files or partitions does not.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trilayer.params import FloatArray

Fingerprint = Mapping[str, str]
"""SHA-256, hexadecimal, by name: ``X``, ``y``, ``sample_weight``."""


class BlockDigest(NamedTuple):
    """SHA-256 of a block's X, Y and s."""

    X: bytes
    Y: bytes
    s: bytes


def block_digest(X: FloatArray, Y: FloatArray, s: FloatArray | None) -> BlockDigest:
    """Digest one block of `trilayer.sources.blocks`.

    Parameters
    ----------
    X : array, n1 × b
        Any strides.
    Y : array, 1 × b
    s : array, 1 × b, or None
        Sample weights; None stands for ones, and gives what ones give.
    """
    weights = b"" if s is None or np.all(s == 1) else _raw(s)
    return BlockDigest(*(hashlib.sha256(part).digest() for part in (_raw(X.T), _raw(Y), weights)))


def fingerprint(digests: Iterable[BlockDigest], n1: int, dtype: Any) -> Fingerprint:
    """Join the digests of all blocks, in their order."""
    head = f"{n1} {np.dtype(dtype).name} ".encode()
    whole = [hashlib.sha256(head) for _ in BlockDigest._fields]
    for block in digests:
        for sum_, part in zip(whole, block, strict=True):
            sum_.update(part)
    names = ("X", "y", "sample_weight")
    return {name: sum_.hexdigest() for name, sum_ in zip(names, whole, strict=True)}


def _raw(array: NDArray[Any]) -> "memoryview[int]":
    """Give the numbers row by row, little-endian, whatever the memory looks like."""
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return plain.reshape(-1).view(np.uint8).data
