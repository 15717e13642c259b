"""Displays hold what they draw, and draw it into the axes that are given."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import polars as pl
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt

from trilayer import TriLayerError, TriLayerTableClassifier
from trilayer.metrics.calibration import reliability_curve
from trilayer.plots import (
    AttributionDisplay,
    GainDisplay,
    LossCurveDisplay,
    ReliabilityDisplay,
)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"cost in $ or $x$": rng.normal(size=200), "b": rng.choice(["u", "v"], 200)}
    )
    return frame, np.where(frame.iloc[:, 0] + (frame.b == "u") > 0.5, "yes", "no")


@pytest.fixture(scope="module")
def fitted(table):
    return TriLayerTableClassifier(hidden_units=2, l2s=[1.0], n_starts=1, random_state=0).fit(
        *table
    )


@pytest.fixture
def axes():
    figure, ax = plt.subplots()
    yield ax
    figure.canvas.draw()  # what matplotlib cannot draw, it says here
    plt.close(figure)


def test_reliability_is_the_curve_of_the_metrics(fitted, table, axes):
    frame, y = table
    shown = ReliabilityDisplay.from_estimator(fitted, frame, y, ax=axes, n_bins=5)
    expected = reliability_curve(y == "yes", fitted.predict_proba(frame)[:, 1], 5)
    np.testing.assert_array_equal(shown.line_.get_xdata(), expected.probability)
    np.testing.assert_array_equal(shown.line_.get_ydata(), expected.frequency)
    assert shown.ax_ is axes
    assert shown.line_.get_label() == "TriLayerTableClassifier"


def test_the_gain_reaches_all_positives_with_all_rows(fitted, table, axes):
    frame, y = table
    shown = GainDisplay.from_estimator(fitted, frame, y, ax=axes)
    x, found = shown.line_.get_data()
    assert (x[0], found[0], x[-1], found[-1]) == (0, 0, 1, 1)
    p = fitted.predict_proba(frame)[:, 1]
    first = np.argsort(-p, kind="stable")[:50]
    assert found[np.searchsorted(x, 0.25)] == pytest.approx(
        (y[first] == "yes").sum() / (y == "yes").sum()
    )


def test_the_loss_is_that_of_the_network_kept(fitted, axes):
    shown = LossCurveDisplay.from_estimator(fitted, ax=axes)
    np.testing.assert_array_equal(
        shown.lines_[0].get_ydata(), fitted.selection_.best_estimator_.loss_curve_
    )


@pytest.mark.parametrize("library", [lambda frame: frame, pl.from_pandas])
def test_attributions_are_those_of_explain(fitted, table, axes, library):
    frame = library(table[0])
    shown = AttributionDisplay.from_estimator(fitted, frame, row=3, ax=axes)
    values = fitted.explain(frame).to_numpy()[3]
    assert shown.baseline == values[0]
    np.testing.assert_array_equal(shown.values, values[1:])
    widths = sorted(bar.get_width() for bar in shown.bars_)
    np.testing.assert_array_equal(widths, sorted(values[1:]))


def test_without_axes_it_makes_some():
    shown = ReliabilityDisplay.from_predictions([0, 1, 1], [0.2, 0.7, 0.9])
    assert shown.figure_ is shown.ax_.figure
    plt.close(shown.figure_)


def test_what_cannot_be_drawn_is_refused(fitted, table):
    with pytest.raises(TriLayerError, match="neither 'no' nor 'yes'"):
        GainDisplay.from_estimator(fitted, table[0][:2], ["yes", "maybe"])
    with pytest.raises(TriLayerError, match="no positive row"):
        GainDisplay.from_predictions([0, 0], [0.1, 0.2])
    with pytest.raises(TriLayerError, match="fit it first"):
        LossCurveDisplay.from_estimator(TriLayerTableClassifier())
