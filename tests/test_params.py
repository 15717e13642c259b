"""Params: four matrices or one vector."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trilayer.errors import InputError, ShapeError
from trilayer.params import Params, initialise, n_parameters, pack, unpack

law = settings(deadline=None, max_examples=60)
NAMES = ("W1", "b1", "W2", "b2")
shapes = {"n1": st.integers(1, 6), "n2": st.integers(0, 6)}


def params(n1=3, n2=2, **changed):
    matrices = {
        "W1": np.ones((n1, n2)),
        "b1": np.zeros((n2, 1)),
        "W2": np.ones((n2 or n1, 1)),
        "b2": np.zeros((1, 1)),
    }
    return Params(**matrices | changed)


@given(**shapes, seed=st.integers(0, 2**32 - 1))
@law
def test_pack_and_unpack_are_inverse(n1, n2, seed):
    vector = np.random.default_rng(seed).normal(size=n_parameters(n1, n2))
    p = unpack(vector, n1, n2)
    assert (p.n1, p.n2) == (n1, n2)
    np.testing.assert_array_equal(pack(p), vector)
    again = unpack(pack(p), n1, n2)
    for name in NAMES:
        np.testing.assert_array_equal(getattr(again, name), getattr(p, name))


def test_the_vector_holds_W1_b1_W2_b2_row_by_row():
    p = unpack(np.arange(9.0), 2, 2)
    assert [getattr(p, name).tolist() for name in NAMES] == [
        [[0, 1], [2, 3]], [[4], [5]], [[6], [7]], [[8]],
    ]  # fmt: skip


def test_unpacked_matrices_are_views_and_packing_copies():
    vector = np.arange(9.0)
    p = unpack(vector, 2, 2)
    packed = pack(p)
    vector += 1
    assert p.W1[0, 0] == 1
    assert packed[0] == 0


@given(**shapes, wrong=st.integers(0, 60))
@law
def test_a_vector_of_another_length_is_refused(n1, n2, wrong):
    if wrong == n_parameters(n1, n2):
        wrong += 1
    with pytest.raises(ShapeError, match="parameters"):
        unpack(np.zeros(wrong), n1, n2)
    with pytest.raises(ShapeError, match="parameters"):
        unpack(np.zeros((n_parameters(n1, n2), 1)), n1, n2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n2", [0, 2])
def test_a_matrix_of_another_shape_is_refused_by_name(name, n2):
    wrong = np.zeros((3,)) if name == "W1" else np.zeros((7, 1))
    with pytest.raises(ShapeError, match=f"^{name} must be"):
        params(n2=n2, **{name: wrong})


def test_no_inputs_at_all_are_refused():
    with pytest.raises(ShapeError, match="n1 >= 1"):
        params(n1=0)


@pytest.mark.parametrize(
    "wrong", [[["a"], ["b"]], [[object()], [1.0]], [[1.0], [1j]], [[1.0], 2.0]]
)
def test_what_is_no_real_number_is_refused(wrong):
    with pytest.raises(InputError, match=r"^b1 must hold real numbers"):
        params(b1=wrong)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64, bool])
def test_dtype_is_float32_only_if_all_are(dtype):
    same = params(**{name: getattr(params(), name).astype(dtype) for name in NAMES})
    expected = np.float32 if dtype is np.float32 else np.float64
    assert same.dtype == expected
    assert all(getattr(same, name).dtype == expected for name in NAMES)
    assert params(W1=np.ones((3, 2), dtype)).dtype == np.float64


def test_lists_are_read_as_matrices():
    assert Params([[1, 2]], [[0], [0]], [[1], [1]], [[0]]).W1.shape == (1, 2)


def test_astype_changes_every_matrix():
    single = params().astype(np.float32)
    assert {getattr(single, name).dtype for name in NAMES} == {np.dtype(np.float32)}
    assert single.astype(np.float64).dtype == np.float64


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_is_finite_sees_every_matrix(name, number):
    p = params()
    assert p.is_finite()
    getattr(p, name)[-1, -1] = number
    assert not p.is_finite()


def test_params_cannot_be_reassigned():
    with pytest.raises(AttributeError):
        params().W1 = np.zeros((3, 2))


@given(n1=st.integers(1, 50), n2=st.integers(1, 50), seed=st.integers(0, 2**32 - 1))
@law
def test_a_start_is_small_and_its_seeds_alone(n1, n2, seed):
    a, b = (initialise(n1, n2, np.random.default_rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(pack(a), pack(b))
    hidden, output = np.sqrt(2 / (n1 + n2)), np.sqrt(2 / (n2 + 1))
    bounds = {"W1": hidden, "b1": hidden, "W2": output, "b2": output}
    assert all(np.abs(getattr(a, name)).max() <= bound for name, bound in bounds.items())
    assert len(np.unique(pack(a))) == len(pack(a))


def test_a_start_keeps_its_dtype():
    assert initialise(3, 2, np.random.default_rng(0), np.float32).dtype == np.float32
    assert initialise(3, 0, np.random.default_rng(0), np.float32).dtype == np.float32


def test_the_unit_starts_at_zero():
    p = initialise(4, 0, np.random.default_rng(0))
    assert p.W2.shape == (4, 1)
    assert not pack(p).any()
