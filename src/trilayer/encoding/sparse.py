"""Rows of which most numbers are zero: SciPy's CSR, in one form whatever they came as.

Sorted by input, each input once, no zeros: so two matrices that say the same are the same bits.
SciPy comes with scikit-learn, and is asked for only by who has a matrix of its.
"""

import sys
from collections.abc import Sequence
from functools import cmp_to_key
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]

SparseRows: TypeAlias = Any
"""`scipy.sparse.csr_array`, m × n1, as `canonical` makes it."""


def is_sparse(X: Any) -> bool:
    """Whether something is a sparse matrix or array of SciPy's, in any of its forms."""
    scipy_sparse = sys.modules.get("scipy.sparse")  # who has one has imported it
    return scipy_sparse is not None and bool(scipy_sparse.issparse(X))


def canonical(X: Any) -> SparseRows:
    """Return a sparse matrix's rows: sorted, duplicates added up, without zeros.

    Parameters
    ----------
    X : sparse matrix or array, m × n1
        In any form; never changed. Where it is as it should be, its arrays are used as they lie.
        Duplicates are added in its own dtype, as SciPy's ``toarray`` does.

    Raises
    ------
    ValueError
        If its arrays contradict each other.
    """
    from scipy.sparse import csr_array

    if hasattr(X, "check_format"):
        X.check_format(full_check=True)
    rows = csr_array(X)
    given = getattr(X, "data", None)
    if not rows.has_canonical_format:
        rows = rows.copy() if _shares(rows, given) else rows
        rows.sum_duplicates()
    if np.any(rows.data == 0):
        rows = rows.copy() if _shares(rows, given) else rows
        rows.eliminate_zeros()
    return rows


def _shares(rows: SparseRows, given: Any) -> bool:
    return isinstance(given, np.ndarray) and np.may_share_memory(rows.data, given)


def entries_bytes(rows: SparseRows) -> int:
    """Return the bytes that rows take."""
    return int(rows.data.nbytes + rows.indices.nbytes + rows.indptr.nbytes)


def dense(rows: SparseRows) -> FloatArray:
    """Return rows with all their zeros, C-contiguous."""
    return np.asarray(rows.toarray())


def scaled_entries(rows: SparseRows, by: FloatArray) -> SparseRows:
    """Return rows, each input multiplied by a number (n1,)."""
    out = rows.copy()
    out.data *= by.astype(rows.dtype)[rows.indices]
    return out


def stacked(parts: Sequence[SparseRows]) -> SparseRows:
    """Put rows one after the other."""
    from scipy.sparse import vstack

    return vstack(parts, format="csr")


def varies(rows: SparseRows) -> bool:
    """Whether any two rows differ."""
    return len(set(_keys(rows))) > 1


def row_groups(rows: SparseRows) -> NDArray[np.int64]:
    """Return which of the different rows each one is, numbered as NumPy's ``unique`` numbers them.

    So by the first input in which they differ, smaller numbers first.
    """
    keys = _keys(rows)
    first = {key: i for i, key in reversed(list(enumerate(keys)))}

    def compare(i: int, j: int) -> float:
        return _compare(*_entries(rows, i), *_entries(rows, j))

    order = sorted(first.values(), key=cmp_to_key(compare))  # type: ignore[arg-type]
    number = {keys[i]: place for place, i in enumerate(order)}
    return np.array([number[key] for key in keys], dtype=np.int64)


def _entries(rows: SparseRows, i: int) -> tuple[NDArray[np.integer[Any]], FloatArray]:
    span = slice(rows.indptr[i], rows.indptr[i + 1])
    return rows.indices[span], rows.data[span]


def _keys(rows: SparseRows) -> list[tuple[bytes, ...]]:
    """Return what tells rows from each other: their bits, for there is one form of each."""
    return [tuple(part.tobytes() for part in _entries(rows, i)) for i in range(rows.shape[0])]


def _compare(a: Any, a_values: Any, b: Any, b_values: Any) -> float:
    """Compare two rows by their inputs and what these are, as if the zeros stood there too."""
    both = min(len(a), len(b))
    differs = np.flatnonzero((a[:both] != b[:both]) | (a_values[:both] != b_values[:both]))
    k = int(differs[0]) if len(differs) else both
    if k < both and a[k] == b[k]:
        return float(a_values[k] - b_values[k])
    if k < len(a) and (k >= len(b) or a[k] < b[k]):
        return float(a_values[k])
    return -float(b_values[k]) if k < len(b) else 0.0
