"""Rows as the derivation has them, whatever stands before the network."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from trilayer import TriLayerClassifier, check_gradients, trace


class Sampler(BaseEstimator):
    """As imbalanced-learn has them: it has no `transform`, and does nothing to new rows."""

    def fit_resample(self, X, y):
        return X, y


@pytest.mark.parametrize("idle", [None, "passthrough", Sampler()])
def test_steps_that_do_nothing_to_rows_are_stepped_over(idle, blobs):
    X, y = blobs
    scaler = StandardScaler().fit(X)
    net = TriLayerClassifier(3, random_state=0).fit(scaler.transform(X), y)
    model = Pipeline([("scale", scaler), ("idle", idle), ("net", net)])
    found = trace(model, X[:4], y[:4])
    direct = trace(net, scaler.transform(X[:4]), y[:4])
    assert np.array_equal(found.A2, direct.A2)
    assert check_gradients(model, X[:4], y[:4]).max_relative_error < 1e-6
