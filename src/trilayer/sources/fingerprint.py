"""The bits of a data set, as three short texts: X, y and the sample weights.

They are taken block by block, so that whoever makes the blocks (a cache that is written,
workers of a cluster) can take them there; the order of the rows counts, their cutting into
files or partitions does not.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trilayer.encoding.inputs import Inputs, Layout
from trilayer.encoding.sparse import SparseRows
from trilayer.params import FloatArray

Fingerprint = Mapping[str, str]
"""SHA-256, hexadecimal, by name: ``X``, ``y``, ``sample_weight``."""


class BlockDigest(NamedTuple):
    """SHA-256 of a block's X, Y and s."""

    X: bytes
    Y: bytes
    s: bytes


def block_digest(inputs: Inputs, Y: FloatArray, s: FloatArray | None) -> BlockDigest:
    """Digest one block of `trilayer.sources.blocks`.

    Parameters
    ----------
    inputs : Inputs
    Y : array, 1 × b
    s : array, 1 × b, or None
        Sample weights; None stands for ones, and gives what ones give.
    """
    weights = b"" if s is None or np.all(s == 1) else _raw(s)
    numbers = inputs.numbers
    X = hashlib.sha256(b"".join(_entries(numbers)) if inputs.is_sparse else _raw(numbers))
    for places in (inputs.at, inputs.part) if inputs.layout.runs else ():
        X.update(_raw(places))
    return BlockDigest(X.digest(), *(hashlib.sha256(part).digest() for part in (_raw(Y), weights)))


def fingerprint(
    digests: Iterable[BlockDigest], layout: Layout, dtype: Any, scale: FloatArray | None = None
) -> Fingerprint:
    """Join the digests of all blocks, in their order."""
    head = f"{layout.n1} {np.dtype(dtype).name} ".encode()
    if layout.runs:
        head += f"{layout.stairs} {layout.levels} ".encode()
    if scale is not None:
        head += bytes(_raw(scale))
    whole = [hashlib.sha256(head) for _ in BlockDigest._fields]
    for block in digests:
        for sum_, part in zip(whole, block, strict=True):
            sum_.update(part)
    names = ("X", "y", "sample_weight")
    return {name: sum_.hexdigest() for name, sum_ in zip(names, whole, strict=True)}


def _entries(rows: SparseRows) -> "Iterator[memoryview[int]]":
    """Give sparse rows: how many numbers each has, of which inputs, and the numbers."""
    for places in (np.diff(rows.indptr), rows.indices):
        yield _raw(places.astype(np.int64))
    yield _raw(rows.data)


def _raw(array: NDArray[Any]) -> "memoryview[int]":
    """Give the numbers row by row, little-endian, whatever the memory looks like."""
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return plain.reshape(-1).view(np.uint8).data
