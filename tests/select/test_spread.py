"""What is learnt for the spread of a probability: the posterior it stands for, and its coverage."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer import TriLayerTableClassifier
from trilayer.encoding.inputs import Inputs
from trilayer.fit.spread import Spread, variances
from trilayer.params import average, initialise
from trilayer.select import spread as module
from trilayer.select.spread import WEIGHTS, learnt_spread, shares_of
from trilayer.select.weights import relative
from trilayer.sources.memory import MemorySource


def rows(seed, m, n1):
    """Rows of numbers, their answers and weights, and a network for them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n1, m))
    Y = (rng.random((1, m)) < 1 / (1 + np.exp(-X[:1]))).astype(float)
    Y[0, :2] = 0, 1
    members = [initialise(n1, 2, rng) for _ in range(3)]
    return MemorySource(X, Y, rng.integers(1, 4, (1, m)).astype(float)), members, average(members)


def posterior_variances(source, params, X):
    """The oracle: each posterior by inverting its matrix, and their mean by evidence."""
    A1 = 1 / (1 + np.exp(-(params.W1.T @ source.X + params.b1)))
    Z = (params.W2.T @ A1 + params.b2)[0]
    p = 1 / (1 + np.exp(-Z))
    w, u = (source.s[0] * p * (1 - p), Z + (source.Y[0] - p) / (p * (1 - p)))
    centre = source.X @ w / w.sum()
    Psi, rest = (source.X - centre[:, None]).T, u - w @ u / w.sum()
    found, evidence = [], []
    for tau in WEIGHTS:
        inverse = np.linalg.inv((Psi.T * w) @ Psi + np.eye(source.n1) / tau**2)
        away = X - centre[:, None]
        found.append(1 / w.sum() + np.einsum("km,kl,lm->m", away, inverse, away))
        # log N(rest; 0, 1/w + tau² Psi Psiᵀ), up to what all share.
        covariance = np.diag(1 / w) + tau**2 * Psi @ Psi.T
        _, log_size = np.linalg.slogdet(covariance)
        fit = rest @ np.linalg.solve(covariance, rest)
        evidence.append(-fit / 2 - log_size / 2 + 2 * np.log(tau))
    odds = np.exp(np.array(evidence) - max(evidence))
    return odds @ np.array(found) / odds.sum()


@given(st.integers(0, 1000), st.sampled_from([(40, 3), (6, 9), (12, 12)]))
def test_it_is_the_posterior_of_a_linear_model(seed, shape):
    source, members, _ = rows(seed, *shape)
    source = MemorySource(source.X, source.Y, relative(source.s))
    alone = members[:1] * 3  # members that agree add nothing
    spread = learnt_spread(source, average(alone), alone)
    X = np.random.default_rng(seed + 1).normal(0, 2, (shape[1], 5))
    found = variances(spread, average(alone), Inputs.of(X))
    expected = posterior_variances(source, average(alone), X)
    np.testing.assert_allclose(found, expected, rtol=1e-4)  # `known` is float32


@given(st.integers(0, 1000), st.integers(1, 6))
def test_shares_are_found_again(seed, K):
    rng = np.random.default_rng(seed)
    members = [initialise(3, 2, rng) for _ in range(K)]
    shares = rng.dirichlet(np.ones(K)) + 1e-3
    shares /= shares.sum()
    np.testing.assert_allclose(shares_of(average(members, shares.tolist()), members), shares)


def test_members_that_decay_has_emptied_count_alike():
    member = initialise(3, 2, np.random.default_rng(0))
    empty = [type(member)(member.W1, member.b1, member.W2 * 0, member.b2)] * 2
    assert shares_of(average(empty), empty).tolist() == [0.5, 0.5]


def test_what_does_not_fit_makes_intervals_wider(monkeypatch):
    source, members, params = rows(0, 60, 12)
    X = Inputs.of(np.random.default_rng(1).normal(size=(12, 50)))
    whole = variances(learnt_spread(source, params, members), params, X)
    monkeypatch.setattr(module, "MOST_BYTES", 4 * 12 * 5)
    fewer = learnt_spread(source, params, members)
    assert fewer.known.shape == (12, 5)
    assert np.all(variances(fewer, params, X) > whole)


def test_a_network_that_is_certain_is_no_trouble():
    source, members, _ = rows(0, 40, 3)
    sure = [type(each)(each.W1, each.b1, each.W2 * 1e4, each.b2) for each in members]
    spread = learnt_spread(source, average(sure), sure)
    assert all(np.all(np.isfinite(each)) for each in spread.arrays().values())


def test_rows_that_are_all_alike_say_nothing_of_any_weight():
    source, members, params = rows(0, 5, 8)
    same = MemorySource(np.repeat(source.X[:, :1], 5, axis=1), source.Y, source.s)
    spread = learnt_spread(same, params, members)
    np.testing.assert_allclose(spread.known, 0, atol=1e-9)


@pytest.mark.parametrize("n_threads", [1, 3])
def test_it_does_not_depend_on_threads(n_threads):
    table, y, _ = linear(80, 0)
    clf = TriLayerTableClassifier(l2s=[5.0], random_state=0, n_threads=n_threads).fit(table, y)
    one = TriLayerTableClassifier(l2s=[5.0], random_state=0, n_threads=2).fit(table, y)
    for each, other in zip(kept(clf).arrays().values(), kept(one).arrays().values(), strict=True):
        assert np.array_equal(each, other)


def kept(clf):
    return Spread(**clf.selection_.best_estimator_.spread_)


def linear(m, seed):
    """A table whose true probabilities are known."""
    rng = np.random.default_rng([seed, m])
    X = rng.normal(size=(m, 4))
    p = 1 / (1 + np.exp(0.5 - X @ [1.0, -0.7, 0.5, 0.0]))
    return pd.DataFrame(X, columns=list("abcd")), (rng.random(m) < p).astype(int), p


def test_the_intervals_hold_the_truth_about_as_often_as_they_say():
    held = {0.5: [], 0.9: []}
    for m, seed in ((60, 0), (60, 1), (120, 2), (120, 3), (240, 4)):
        table, y, _ = linear(m, seed)
        clf = TriLayerTableClassifier(l2s=[17.0, 5.6, 1.7], random_state=0).fit(table, y)
        others, _, p = linear(300, seed + 10)
        for level, shares in held.items():
            lower, upper = clf.predict_spread(others, level).T
            shares.append(np.mean((lower <= p) & (p <= upper)))
    assert 0.78 < np.mean(held[0.9]) <= 1
    assert 0.4 < np.mean(held[0.5]) < 0.85


def test_more_rows_make_them_narrower():
    others = linear(200, 99)[0]
    widths = []
    for m in (60, 240, 960):
        table, y, _ = linear(m, 5)
        clf = TriLayerTableClassifier(l2s=[5.6], random_state=0).fit(table, y)
        widths.append(float(np.mean(np.diff(clf.predict_spread(others)))))
    assert widths[0] > 1.3 * widths[1] > 1.3 * 1.3 * widths[2]
