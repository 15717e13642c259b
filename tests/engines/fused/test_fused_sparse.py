"""Sparse samples: as many products as there are numbers, and otherwise the same sums."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

from trilayer import _fused as native
from trilayer.encoding.inputs import Inputs, joined
from trilayer.encoding.sparse import canonical
from trilayer.engines.fused import held
from trilayer.errors import InputError

from .laws import ENGINE, assert_derived, assert_same_descent, assert_same_epochs, walked
from .problems import (
    REFERENCE,
    assert_close,
    assert_sums_close,
    counts,
    data_of,
    derived_sums,
    dtypes,
    network,
    samples,
    sizes,
)

units = sizes | st.just(0)
shares = st.sampled_from([0.0, 0.02, 0.3, 1.0])


def sparse(n1, m, dtype, share=0.2, seed=0, scaled=False):
    """Inputs of which a share is not zero, labels, weights."""
    rng = np.random.default_rng(seed)
    rows = random_array((m, n1), density=share, rng=rng, data_sampler=rng.standard_normal)
    inputs = Inputs.of_rows(canonical(rows.astype(dtype)))
    _, Y, s = samples(1, m, dtype, seed)
    return (inputs.scaled(rng.uniform(0.01, 2.0, n1)) if scaled else inputs), Y, s


@settings(max_examples=settings.default.max_examples * 3 // 2)
@given(n1=sizes, n2=units, m=counts, dtype=dtypes, share=shares, scaled=st.booleans())
def test_sums_and_logits_agree_with_the_derivation(n1, n2, m, dtype, share, scaled):
    inputs, Y, s = sparse(n1, m, dtype, share, scaled=scaled)
    assert_derived(inputs, Y, s, n2)


@given(n1=sizes, n2=units, m=counts, dtype=dtypes, scaled=st.booleans())
def test_the_reference_takes_sparse_products(n1, n2, m, dtype, scaled):
    inputs, Y, s = sparse(n1, m, dtype, scaled=scaled)
    params, X = network(n1, n2, dtype), inputs.dense()
    assert_sums_close(REFERENCE.sums(params, inputs, Y, s), derived_sums(params, X, Y, s), s)
    for answer in (REFERENCE.logits, REFERENCE.probabilities):
        assert_close(answer(params, inputs), answer(params, X), dtype, least=1.0)


@given(n1=sizes, n2=units, m=counts, dtype=dtypes)
def test_a_sample_has_the_same_bits_among_others_and_alone(n1, n2, m, dtype):
    inputs, _, _ = sparse(n1, m, dtype)
    params = network(n1, n2, dtype)
    whole, order = ENGINE.logits(params, inputs), np.random.default_rng(1).permutation(m)
    assert np.array_equal(ENGINE.logits(params, inputs[order]), whole[:, order])
    cut = m // 3
    assert np.array_equal(ENGINE.logits(params, joined([inputs[:cut], inputs[cut:]])), whole)


@given(n1=sizes, n2=st.sampled_from([13, 16, 31, 64]), m=counts, dtype=dtypes)
def test_zeros_that_are_left_out_change_no_logit(n1, n2, m, dtype):
    """Products with 0 add nothing: where units are in the lanes, the sums are the dense ones'."""
    inputs, _, _ = sparse(n1, m, dtype)
    params = network(n1, n2, dtype)
    assert np.array_equal(ENGINE.logits(params, inputs), ENGINE.logits(params, inputs.dense()))


@pytest.fixture(params=[False, True], ids=["plain", "scaled"])
def both(request):
    """The same samples twice: dense, and sparse."""
    inputs, Y, s = sparse(40, 5000, np.float64, scaled=request.param)
    return data_of(inputs.dense(), Y, s), data_of(inputs, Y, s)


def test_descent_and_lbfgs_go_the_same_way(both):
    assert_same_descent(both)


@pytest.mark.parametrize("n2", [0, 12])
def test_epochs_in_an_order_go_the_same_way(both, n2):
    assert_same_epochs(both, n2)


@pytest.mark.parametrize("n2", [0, 16])
def test_rows_in_an_order_are_these_rows(n2):
    inputs, Y, s = sparse(30, 400, np.float64)
    order = np.random.default_rng(3).permutation(400)[:100]
    alone = data_of(inputs[order], Y[:, order], s[:, order])
    ordered = walked(data_of(inputs, Y, s), n2, order, size=30)
    assert np.array_equal(ordered, walked(alone, n2, None, size=30))


ROWS = csr_array(np.eye(4, 6))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"starts": [0, 1, 2, 3]}, "Y must have one label a sample"),
        ({"starts": [0, 1, 2, 3, 5]}, "the rows do not follow each other"),
        ({"starts": [0, 3, 2, 3, 4]}, "the rows do not follow each other"),
        ({"starts": [1, 1, 2, 3, 4]}, "the rows do not follow each other"),
        ({"starts": []}, "starts must have a number for each sample"),
        ({"inputs": [0, 1, 2, 6]}, "a row names an input that is not there"),
        ({"inputs": [0, -1, 2, 3]}, "a row names an input that is not there"),
        ({"inputs": [0, 1, 2]}, "each value must have an input"),
        ({"Y": np.zeros(3)}, "Y must have one label a sample"),
        ({"s": np.zeros(3)}, "s must have one weight a sample"),
        ({"scale": np.ones(5)}, "scale must have one number an input"),
        ({"scale": np.zeros(6)}, "the scale of input 0 is not a positive number"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changed, words):
    sound = {
        "values": ROWS.data, "starts": [0, 1, 2, 3, 4], "inputs": [0, 1, 2, 3],
        "Y": np.zeros(4), "s": None, "n1": 6, "scale": None,
    }  # fmt: skip
    given = sound | changed
    given["starts"] = np.array(given["starts"], dtype=np.int64)
    given["inputs"] = np.array(given["inputs"], dtype=np.int32)
    with pytest.raises(ValueError, match=words):
        native.Samples64(**given)


def test_rows_that_contradict_themselves_do_not_reach_the_kernel():
    rows = ROWS.copy()
    rows.indices[1] = 7
    with pytest.raises(InputError, match="a row names an input that is not there"):
        held(Inputs.of_rows(rows), np.zeros(4), None)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n2", [0, 3, 64])
def test_entries_may_lie_anyhow(n2, dtype):
    """Wide places, strided and read-only numbers: copied, or read where they are."""
    inputs, Y, s = sparse(9, 300, dtype)
    rows, params = inputs.numbers, network(9, n2, dtype)
    wide = rows.copy()
    spread = np.zeros(2 * rows.nnz, dtype=dtype)
    spread[::2] = rows.data
    wide.data, wide.indices, wide.indptr = spread[::2], rows.indices.astype(np.int64), rows.indptr
    wide.indices.flags.writeable = False
    assert np.array_equal(
        ENGINE.sums(params, Inputs.of_rows(wide), Y, s), ENGINE.sums(params, inputs, Y, s)
    )
