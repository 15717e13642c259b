"""The spread of a probability: what holds for any, learnt or made up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.derivation import core
from trilayer.encoding.inputs import Inputs
from trilayer.errors import InputError
from trilayer.fit.spread import RESAMPLED, WHERE, Spread, bounds, disagreement, variances
from trilayer.params import average, initialise
from trilayer.select.presets import SMALL

N1 = 3


def made_up(seed, K=4, r=2):
    """A network of K members, and a spread for it."""
    rng = np.random.default_rng(seed)
    members = [initialise(N1, int(rng.integers(1, 4)), rng) for _ in range(K)]
    shares = rng.dirichlet(np.ones(K))
    spread = Spread(
        units=np.array([each.n2 for each in members]),
        shares=shares,
        biases=np.array([each.b2[0, 0] for each in members]),
        base=np.array([0.1]),
        centre=rng.normal(size=N1),
        prior=rng.uniform(1, 2, N1),
        known=np.linalg.qr(rng.normal(size=(N1, N1)))[0][:, :r].astype(np.float32) * 0.9,
    )
    return members, average(members, shares.tolist()), spread


def logits(params, X):
    return core.network_logits(params.W1, params.b1, params.W2, params.b2, X)[0]


@given(st.integers(0, 1000), st.integers(1, 6))
def test_members_disagree_as_their_own_networks_do(seed, K):
    members, params, spread = made_up(seed, K)
    X = np.random.default_rng(seed).normal(0, 3, (N1, 7))
    Z = np.array([logits(each, X) for each in members])
    np.testing.assert_allclose(spread.shares @ Z, logits(params, X), rtol=1e-9, atol=1e-12)
    expected = spread.shares @ (Z - spread.shares @ Z) ** 2
    np.testing.assert_allclose(disagreement(spread, params, X), expected, rtol=1e-7, atol=1e-12)


def test_a_variance_is_the_rows_and_the_members():
    _, params, spread = made_up(0)
    X = np.random.default_rng(1).normal(size=(N1, 5))
    away = X - spread.centre[:, None]
    posterior = np.diag(spread.prior) - spread.known.astype(float) @ spread.known.T.astype(float)
    expected = spread.base + np.einsum("km,kl,lm->m", away, posterior, away)
    expected += RESAMPLED * disagreement(spread, params, X)
    np.testing.assert_allclose(variances(spread, params, Inputs.of(X)), expected)


@given(
    st.integers(0, 1000),
    st.floats(0.01, 0.99),
    st.floats(0, 1e200, allow_nan=False),
    st.floats(-800, 800),
)
def test_the_probability_is_between_its_bounds(seed, level, far, shift):
    _, params, spread = made_up(seed)
    X = np.random.default_rng(seed).normal(size=(N1, 6)) * far
    Z = logits(params, X) + shift
    lower, upper = bounds(spread, params, Inputs.of(X), Z, level).T
    p = core.sigmoid(Z[None])[0]
    assert np.all((lower >= 0) & (lower <= p) & (p <= upper) & (upper <= 1))


@given(st.integers(0, 1000), st.floats(0.01, 0.98))
def test_a_higher_level_holds_the_lower_one_s_interval(seed, level):
    _, params, spread = made_up(seed)
    X = np.random.default_rng(seed).normal(size=(N1, 6))
    Z = logits(params, X)
    inner, outer = (bounds(spread, params, Inputs.of(X), Z, at) for at in (level, level + 0.01))
    assert np.all(outer[:, 0] <= inner[:, 0])
    assert np.all(inner[:, 1] <= outer[:, 1])


@given(st.integers(0, 1000))
def test_the_other_label_s_interval_is_the_rest(seed):
    _, params, spread = made_up(seed)
    X = np.random.default_rng(seed).normal(size=(N1, 6))
    Z = logits(params, X)
    there, back = (bounds(spread, params, Inputs.of(X), each) for each in (Z, -Z))
    np.testing.assert_allclose(there, 1 - back[:, ::-1], rtol=1e-12, atol=1e-15)


def test_far_from_all_rows_nothing_is_known():
    _, params, spread = made_up(3)
    far = Inputs.of(np.full((N1, 1), 1e200))
    lower, upper = bounds(spread, params, far, np.zeros(1))[0]
    assert (lower, upper) == (0, 1)


def test_no_rows_have_no_bounds():
    _, params, spread = made_up(3)
    assert bounds(spread, params, Inputs.of(np.empty((N1, 0))), np.empty(0)).shape == (0, 2)


@pytest.mark.parametrize("level", [0, 1, -0.1, 1.5, float("nan"), "0.9", None])
def test_a_level_is_between_0_and_1(level):
    _, params, spread = made_up(0)
    with pytest.raises(InputError, match=r"level=.*must be between 0 and 1"):
        bounds(spread, params, Inputs.of(np.zeros((N1, 1))), np.zeros(1), level)


def test_the_words_name_the_number_of_rows():
    assert f"at most {SMALL:,} rows" in WHERE
