"""Pictures of a model, drawn by matplotlib: displays named and shaped as scikit-learn's.

Each has a class method that computes, ``from_estimator`` or ``from_predictions``, and `plot`,
which draws again, into axes of one's own. Of ROC and precision-recall scikit-learn's own
displays know all there is (`RocCurveDisplay`, `PrecisionRecallDisplay`).
Needs ``pip install 'trilayer[plots]'``.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trilayer.errors import InputError
from trilayer.metrics.calibration import BINS, ReliabilityCurve, reliability_curve
from trilayer.metrics.thresholds import ladder
from trilayer.optional import require

__all__ = ["AttributionDisplay", "GainDisplay", "LossCurveDisplay", "ReliabilityDisplay"]

Floats = NDArray[np.floating[Any]]


class ReliabilityDisplay:
    """How often it is, beside how often it was said to be.

    Attributes
    ----------
    curve : ReliabilityCurve
    name : str or None
    ax_, figure_, line_ : of matplotlib
        After `plot`.
    """

    def __init__(self, curve: ReliabilityCurve, *, name: str | None = None) -> None:
        self.curve, self.name = curve, name

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_prob: ArrayLike,
        *,
        n_bins: int = BINS,
        name: str | None = None,
        ax: Any = None,
        **line: Any,
    ) -> "ReliabilityDisplay":
        """Compute the curve of `trilayer.metrics.calibration.reliability_curve`, and draw it."""
        return cls(reliability_curve(y_true, y_prob, n_bins), name=name).plot(ax=ax, **line)

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: ArrayLike, *, ax: Any = None, **options: Any
    ) -> "ReliabilityDisplay":
        """Compute it of a fitted classifier on rows whose labels are known."""
        positive, said = _judged(estimator, X, y)
        options.setdefault("name", type(estimator).__name__)
        return cls.from_predictions(positive, said, ax=ax, **options)

    def plot(self, ax: Any = None, **line: Any) -> "ReliabilityDisplay":
        """Draw into axes, or new ones."""
        self.ax_, self.figure_ = _axes(ax)
        self.ax_.plot([0, 1], [0, 1], linestyle=":", color="gray", label="calibrated")
        options = {"marker": "o", "label": self.name} | line
        (self.line_,) = self.ax_.plot(self.curve.probability, self.curve.frequency, **options)
        self.ax_.set(xlabel="Probability said", ylabel="Share that is positive")
        self.ax_.legend()
        return self


class GainDisplay:
    """What share of the positives is found among the most probable rows.

    Attributes
    ----------
    rows, found : array, (k,)
        Shares, from 0 to 1.
    name : str or None
    ax_, figure_, line_ : of matplotlib
        After `plot`.
    """

    def __init__(self, rows: Floats, found: Floats, *, name: str | None = None) -> None:
        self.rows, self.found, self.name = rows, found, name

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_prob: ArrayLike,
        *,
        name: str | None = None,
        ax: Any = None,
        **line: Any,
    ) -> "GainDisplay":
        """Compute the curve, and draw it."""
        positive = np.asarray(y_true, dtype=bool)
        if not positive.any():
            raise InputError("y_true has no positive row, so there is no gain to draw")
        steps = ladder(np.asarray(y_prob, dtype=np.float64), positive)
        rows = (steps.true_positive + steps.false_positive) / len(positive)
        both = (np.concatenate([[0.0], each]) for each in (rows, steps.sensitivity))
        return cls(*both, name=name).plot(ax=ax, **line)

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: ArrayLike, *, ax: Any = None, **options: Any
    ) -> "GainDisplay":
        """Compute it of a fitted classifier on rows whose labels are known."""
        positive, said = _judged(estimator, X, y)
        options.setdefault("name", type(estimator).__name__)
        return cls.from_predictions(positive, said, ax=ax, **options)

    def plot(self, ax: Any = None, **line: Any) -> "GainDisplay":
        """Draw into axes, or new ones."""
        self.ax_, self.figure_ = _axes(ax)
        self.ax_.plot([0, 1], [0, 1], linestyle=":", color="gray", label="chance")
        (self.line_,) = self.ax_.plot(self.rows, self.found, **({"label": self.name} | line))
        self.ax_.set(
            xlabel="Share of the rows, most probable first", ylabel="Share of the positives found"
        )
        self.ax_.legend()
        return self


class LossCurveDisplay:
    """The loss while a network was trained, and on its validation rows if there were some.

    Attributes
    ----------
    loss, validation : list of float or None
    ax_, figure_, lines_ : of matplotlib
        After `plot`.
    """

    def __init__(self, loss: list[float], validation: list[float] | None = None) -> None:
        self.loss, self.validation = loss, validation

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, **line: Any) -> "LossCurveDisplay":
        """Take the curves of a fitted classifier; of one that chooses, of its best network."""
        network = getattr(estimator, "selection_", estimator)
        network = getattr(network, "best_estimator_", network)
        loss = getattr(network, "loss_curve_", None)
        if loss is None or not len(loss):
            raise InputError("the estimator has no loss_curve_: fit it first")
        return cls(loss, getattr(network, "validation_curve_", None)).plot(ax=ax, **line)

    def plot(self, ax: Any = None, **line: Any) -> "LossCurveDisplay":
        """Draw into axes, or new ones."""
        self.ax_, self.figure_ = _axes(ax)
        self.lines_ = self.ax_.plot(
            np.arange(1, len(self.loss) + 1), self.loss, **({"label": "training"} | line)
        )
        if self.validation:
            steps = np.arange(1, len(self.validation) + 1)
            self.lines_ += self.ax_.plot(steps, self.validation, label="validation")
        self.ax_.set(xlabel="Iteration", ylabel="Loss")
        self.ax_.legend()
        return self


class AttributionDisplay:
    """What each column does to the logit of one row, the strongest on top.

    Attributes
    ----------
    columns : list of str
    values : array, (k,)
        What each adds to the baseline's logit.
    baseline : float
    ax_, figure_, bars_ : of matplotlib
        After `plot`.
    """

    def __init__(self, columns: list[str], values: Floats, baseline: float) -> None:
        self.columns, self.values, self.baseline = columns, values, baseline

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        background: Any = None,
        row: int = 0,
        ax: Any = None,
        **bars: Any,
    ) -> "AttributionDisplay":
        """Explain a row of a table by a fitted `TriLayerTableClassifier`.

        Parameters
        ----------
        estimator : TriLayerTableClassifier
        X, background : table
            As for `TriLayerTableClassifier.explain`.
        row : int
            Which row of X.
        ax, bars : optional
            As for `plot`.
        """
        frame = estimator.explain(X, background)
        names = list(getattr(frame, "columns", ()) if _is_frame(frame) else frame.column_names)
        values = np.array([np.asarray(frame[name])[row] for name in names], dtype=np.float64)
        return cls(names[1:], values[1:], float(values[0])).plot(ax=ax, **bars)

    def plot(self, ax: Any = None, *, most: int = 15, **bars: Any) -> "AttributionDisplay":
        """Draw the strongest columns into axes, or new ones."""
        self.ax_, self.figure_ = _axes(ax)
        order = np.argsort(np.abs(self.values))[::-1][:most][::-1]
        colours = np.where(self.values[order] < 0, "#b85200", "#0a4a8c")
        options = {"color": colours.tolist()} | bars
        # Not by their names: two may be shown alike.
        self.bars_ = self.ax_.barh(np.arange(len(order)), self.values[order], **options)
        # A dollar would begin a formula.
        labels = [self.columns[k].replace("$", r"\$") for k in order]
        self.ax_.set_yticks(np.arange(len(order)), labels)
        self.ax_.axvline(0, color="gray", linewidth=0.8)
        self.ax_.set(xlabel=f"Added to the baseline's logit {self.baseline:+.3f}")
        return self


def _is_frame(frame: Any) -> bool:
    return type(frame).__module__.partition(".")[0] in {"pandas", "polars"}


def _axes(ax: Any) -> tuple[Any, Any]:
    """Return axes and their figure, new ones where there are none."""
    if ax is None:
        _, ax = require("matplotlib.pyplot", "plots").subplots()
    return ax, ax.figure


def _judged(estimator: Any, X: Any, y: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    """Return which rows are of the second class, and what probability they were given."""
    labels = np.asarray(y)
    strange = ~np.isin(labels, estimator.classes_)
    if strange.any():
        first, second = estimator.classes_.tolist()
        raise InputError(
            f"y holds {labels[strange][0]!r}, which is neither {first!r} nor {second!r}, the "
            "classes of the estimator"
        )
    return labels == estimator.classes_[1], estimator.predict_proba(X)[:, 1]
