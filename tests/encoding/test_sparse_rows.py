"""One form of sparse rows, whatever they came as; and what is asked of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse as sp

from trilayer.encoding.inputs import Inputs
from trilayer.encoding.sparse import canonical, is_sparse
from trilayer.sources.fingerprint import block_digest, fingerprint
from trilayer.sources.memory import MemorySource

FORMATS = ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"]
DTYPES = [np.float64, np.float32, np.int64, np.uint8, np.bool_]

few = st.sampled_from([0, 0, 0, 1, 2, -1, 0.5])
matrices = st.tuples(st.integers(1, 8), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=few)
)


def forms(dense):
    """The same numbers as sparse matrices and arrays that are told in other words."""
    m, n1 = dense.shape
    yield from (getattr(sp, f"{form}_{kind}")(dense) for form in FORMATS for kind in KINDS)
    i, k = (places.ravel() for places in np.indices(dense.shape))
    half = dense.ravel() / 2
    twice = [np.concatenate(pair) for pair in ((half, half), (i, i), (k, k))]
    yield sp.coo_array((twice[0], (twice[1], twice[2])), shape=dense.shape)
    yield sp.csr_array((dense.ravel(), k, np.arange(0, m * n1 + 1, n1)), shape=dense.shape)
    backwards = np.tile(np.arange(n1)[::-1], m)
    starts = np.arange(0, m * n1 + 1, n1, dtype=np.int64)
    values = np.ascontiguousarray(dense[:, ::-1]).ravel()
    yield sp.csr_matrix((values, backwards.astype(np.int64), starts), shape=dense.shape)
    doubled = np.repeat(np.arange(n1), 2)
    yield sp.csr_array(
        (np.repeat(dense.ravel(), 2) / 2, np.tile(doubled, m), 2 * starts), shape=dense.shape
    )


KINDS = ["array", "matrix"]


@given(matrices)
def test_whatever_says_the_same_becomes_the_same(dense):
    expected = sp.csr_array(dense)
    for form in forms(dense):
        before = form.copy()
        rows = canonical(form)
        assert isinstance(rows, sp.csr_array)
        for part in ("indptr", "indices", "data"):
            assert np.array_equal(getattr(rows, part), getattr(expected, part)), (form, part)
        for part in ("indptr", "indices", "data"):  # and what was given is as it was
            was, stays = getattr(before, part, None), getattr(form, part, None)
            if isinstance(stays, np.ndarray) and stays.dtype != object:
                assert np.array_equal(was, stays)


@pytest.mark.parametrize("dtype", DTYPES)
def test_duplicates_add_up_in_their_own_dtype(dtype):
    """As `toarray` has it: 200 + 100 of uint8 is 44, and true and true is true."""
    two = np.array([200, 100], dtype=np.uint8).astype(dtype)
    matrix = sp.csr_array((two, [1, 1], [0, 2]), shape=(1, 3))
    assert np.array_equal(canonical(matrix).toarray(), matrix.toarray())


def test_rows_that_are_as_they_should_be_are_not_copied():
    matrix = sp.csr_matrix(np.eye(3))
    assert np.shares_memory(canonical(matrix).data, matrix.data)


@given(matrices)
def test_inputs_of_sparse_rows_are_those_of_dense_ones(dense):
    sparse, plain = Inputs.of_rows(canonical(sp.csr_array(dense))), Inputs.of_rows(dense)
    assert (len(sparse), sparse.n1, sparse.dtype) == (len(plain), plain.n1, plain.dtype)
    assert (sparse.is_sparse, plain.is_sparse) == (True, False)
    scale = np.arange(1.0, sparse.n1 + 1)
    for one, other in ((sparse, plain), (sparse.scaled(scale), plain.scaled(scale))):
        assert np.array_equal(one.dense(), other.dense())
        assert is_sparse(one.matrix())
        assert np.array_equal(one.matrix().toarray(), other.matrix())
        assert np.array_equal(one.groups(), other.groups())
        assert one.vary() == other.vary()
    assert np.array_equal(sparse.astype(np.float32).dense(), plain.astype(np.float32).dense())
    assert np.array_equal(
        MemorySource(sparse, np.zeros((1, len(dense))), np.ones((1, 1))).X.T, dense
    )


@given(matrices, st.data())
def test_the_groups_of_many_rows_are_numbered_as_numpy_numbers_them(dense, data):
    rows = data.draw(st.lists(st.integers(0, len(dense) - 1), min_size=1, max_size=30))
    found = Inputs.of_rows(canonical(sp.csr_array(dense[rows]))).groups()
    assert np.array_equal(found, np.unique(dense[rows], axis=0, return_inverse=True)[1].ravel())


def digest(inputs):
    Y = np.zeros((1, len(inputs)))
    return fingerprint([block_digest(inputs, Y, None)], inputs.layout, inputs.dtype)["X"]


def test_a_fingerprint_is_of_the_rows_and_not_of_how_they_came():
    dense = np.array([[0, 1, 2], [0, 0, 0], [3, 0, 0.5]])
    found = {digest(Inputs.of_rows(canonical(form))) for form in forms(dense)}
    assert len(found) == 1
    others = [dense[::-1], dense * 2, np.hstack([dense, np.zeros((3, 1))]), np.roll(dense, 1)]
    others += [np.array([[0, 1, 0], [2, 0, 0], [3, 0, 0.5]])]  # the same numbers, cut otherwise
    for other in others:
        assert digest(Inputs.of_rows(canonical(sp.csr_array(other)))) not in found


@pytest.mark.parametrize("place", [-1, 3])
def test_a_matrix_that_contradicts_itself_is_refused(place):
    matrix = sp.csr_matrix(np.eye(3))
    matrix.indices[1] = place
    with pytest.raises(ValueError, match="ind"):
        canonical(matrix)


def test_what_is_no_matrix_is_not_sparse():
    assert not any(is_sparse(each) for each in (np.eye(2), [[1, 0]], None, "csr"))
