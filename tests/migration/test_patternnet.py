"""MATLAB's patternnet, which nobody can install: what the page says of it, in NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit as sigmoid

from migration.page import functions, rows, settings

from_patternnet, kept = functions()["from_patternnet"], functions()["kept"]


@given(st.integers(1, 5), st.integers(1, 6), st.booleans(), st.integers(0, 99))
def test_a_network_of_tanh_units_is_one_of_sigmoids(n1, n2, softmax, seed):
    """Its output, as MATLAB documents it, is A2 of the parameters that the page makes of it."""
    rng = np.random.default_rng(seed)
    outputs = 2 if softmax else 1
    IW, LW = rng.normal(size=(n2, n1)), rng.normal(size=(outputs, n2))
    b1, b2 = rng.normal(size=(n2, 1)), rng.normal(size=(outputs, 1))
    x = rng.normal(size=(n1, 12))  # samples are columns there
    n = LW @ np.tanh(IW @ x + b1) + b2
    logits = n[1] - n[0] if softmax else n[0]
    if softmax:
        np.testing.assert_allclose((np.exp(n) / np.exp(n).sum(axis=0))[1], sigmoid(logits))
    clf = kept(from_patternnet(IW, b1, LW, b2), x.T, np.arange(12) % 2)
    np.testing.assert_allclose(clf.predict_proba(x.T)[:, 1], sigmoid(logits), rtol=1e-9)


@given(st.floats(0, 0.99), st.integers(1, 1000), st.integers(1, 50))
def test_regularisation_is_decay_of_another_scale(r, m, n_parameters):
    """(1 - r) · cost + r · mean of squares is as J but for a factor, biases left out."""
    (row,) = (row for row in rows("patternnet") if "regularization" in row.name)
    l2 = settings(row.ours, m=m, r=r, n_parameters=n_parameters)["l2"]
    cost, squares = 0.7, 3.0
    theirs = (1 - r) * cost + r * squares / n_parameters
    np.testing.assert_allclose(theirs / (1 - r), cost + l2 / 2 * squares / m, rtol=1e-9)


def test_samples_are_columns_and_weights_stand_transposed():
    IW, b1, LW, b2 = np.ones((3, 2)), np.zeros(3), np.ones((1, 3)), np.zeros(1)
    params = from_patternnet(IW, b1, LW, b2)
    for row in rows("patternnet", "attribute"):
        if row.words == "halved":
            theirs = {"net.IW": IW, "net.b": b1[:, None], "net.LW": LW}[row.name]
            ours = eval(row.ours, {}, {"params_": params})
            assert np.array_equal(ours / 2, theirs)
