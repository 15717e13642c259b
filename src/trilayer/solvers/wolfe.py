"""A line search for the strong Wolfe conditions.

The method of Moré and Thuente ("Line search algorithms with guaranteed sufficient
decrease", ACM TOMS 20, 1994): an interval that holds a minimiser of an auxiliary
function shrinks by safeguarded cubic and quadratic interpolation.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from trilayer.params import FloatArray
from trilayer.solvers.objective import Objective

SUFFICIENT_DECREASE = 1e-3
CURVATURE = 0.9
MAX_EVALUATIONS = 20
_RELATIVE_WIDTH = 1e-12
_SHRINK = 0.66
_LARGEST = 1e10


class Point(NamedTuple):
    """A place, the objective there and its gradient."""

    theta: FloatArray
    J: float
    gradient: FloatArray


class _End(NamedTuple):
    """One end of the interval: step length, value and slope there."""

    step: float
    value: float
    slope: float

    def tilted(self, by: float) -> "_End":
        """Return the same end of the function minus `by` times the step."""
        return _End(self.step, self.value - by * self.step, self.slope - by)


@dataclass(frozen=True)
class _Interval:
    """The search's memory between two trials: best end, other end, and bounds."""

    best: _End
    other: _End
    bracketed: bool
    low: float
    high: float


def search(
    objective: Objective, start: Point, direction: FloatArray, first_step: float
) -> tuple[Point | None, int]:
    """Find a point along the direction that meets the strong Wolfe conditions.

    J(α) ≤ J(0) + c₁ α J'(0) and |J'(α)| ≤ c₂ |J'(0)|, c₁ = 1e-3, c₂ = 0.9.

    Returns
    -------
    point : Point or None
        None if the direction does not descend, or rounding or the limit of
        `MAX_EVALUATIONS` trials ended the search.
    calls : int
        Evaluations of the objective.
    """
    slope0 = float(start.gradient @ direction)
    if not slope0 < 0.0:
        return None, 0
    origin = _End(0.0, start.J, slope0)
    wanted = SUFFICIENT_DECREASE * slope0
    interval = _Interval(origin, origin, False, 0.0, 5.0 * first_step)
    widths = (_LARGEST, 2.0 * _LARGEST)
    step, first_stage = first_step, True
    for calls in range(1, MAX_EVALUATIONS + 1):
        theta = start.theta + step * direction
        J, gradient = objective(theta)
        trial = _End(step, J, float(gradient @ direction))
        enough = J <= start.J + wanted * step
        if enough and abs(trial.slope) <= CURVATURE * -slope0:
            return Point(theta, J, gradient), calls
        if not math.isfinite(J) or not math.isfinite(trial.slope):
            step = 0.5 * (interval.best.step + step)
            interval = replace(interval, high=min(interval.high, step))
            continue
        if _exhausted(interval, step):
            return None, calls
        first_stage = first_stage and not (enough and trial.slope >= 0.0)
        # Until some step is low enough, work on the auxiliary function of section 2.
        tilt = wanted if first_stage and J <= interval.best.value and not enough else 0.0
        interval, step = _advance(interval, trial, tilt)
        interval, step, widths = _bound(interval, step, widths)
    return None, MAX_EVALUATIONS


def _exhausted(interval: _Interval, step: float) -> bool:
    """Whether rounding leaves nothing between the bounds."""
    outside = step <= interval.low or step >= interval.high
    return interval.bracketed and (outside or _narrow(interval))


def _narrow(interval: _Interval) -> bool:
    return interval.high - interval.low <= _RELATIVE_WIDTH * interval.high


def _advance(interval: _Interval, trial: _End, tilt: float) -> tuple[_Interval, float]:
    """Choose the next trial and update the interval, on the tilted function."""
    best, other = interval.best.tilted(tilt), interval.other.tilted(tilt)
    tilted = trial.tilted(tilt)
    step, bracketed = _interpolate(
        best, other, tilted, interval.bracketed, interval.low, interval.high
    )
    if tilted.value > best.value:
        other = tilted
    else:
        if tilted.slope * best.slope < 0.0:
            other = best
        best = tilted
    return (
        replace(interval, best=best.tilted(-tilt), other=other.tilted(-tilt), bracketed=bracketed),
        step,
    )


def _bound(
    interval: _Interval, step: float, widths: tuple[float, float]
) -> tuple[_Interval, float, tuple[float, float]]:
    """Force the interval to shrink, set the next bounds and keep the step inside them."""
    best, other = interval.best.step, interval.other.step
    if interval.bracketed:
        width = abs(other - best)
        if width >= _SHRINK * widths[1]:
            step = best + 0.5 * (other - best)
        widths = (width, widths[0])
        low, high = min(best, other), max(best, other)
    else:
        low, high = step + 1.1 * (step - best), step + 4.0 * (step - best)
    step = min(max(step, 0.0), _LARGEST)
    interval = replace(interval, low=low, high=high)
    if interval.bracketed and (step <= low or step >= high or _narrow(interval)):
        step = best
    return interval, step, widths


def _interpolate(
    best: _End, other: _End, trial: _End, bracketed: bool, low: float, high: float
) -> tuple[float, bool]:
    """Return the next trial step and whether a minimiser is bracketed (section 4)."""
    x, t = best, trial
    if t.value > x.value:
        # Case 1: higher. The minimum lies between; lean to the cubic if it is nearer.
        cubic = _cubic(x, t)
        secant = (x.value - t.value) / (t.step - x.step)
        quadratic = x.step + 0.5 * x.slope / (secant + x.slope) * (t.step - x.step)
        if abs(cubic - x.step) < abs(quadratic - x.step):
            return cubic, True
        return cubic + 0.5 * (quadratic - cubic), True
    if t.slope * x.slope < 0.0:
        # Case 2: lower, slopes differ. Take whichever is farther from the trial.
        cubic, secant = _cubic(t, x), _secant(x, t)
        return (cubic if abs(cubic - t.step) > abs(secant - t.step) else secant), True
    if abs(t.slope) < abs(x.slope):
        return _extrapolate(best, other, trial, bracketed, low, high), bracketed
    # Case 4: lower, same sign, no flatter.
    if bracketed:
        return _cubic(t, other), True
    return (high if t.step > x.step else low), False


def _extrapolate(
    best: _End, other: _End, trial: _End, bracketed: bool, low: float, high: float
) -> float:
    """Case 3: lower, same sign, flatter: the minimum may lie beyond the trial."""
    x, t = best, trial
    beyond = high if t.step > x.step else low
    cubic, secant = _cubic_beyond(x, t, beyond), _secant(x, t)
    nearer = abs(cubic - t.step) < abs(secant - t.step)
    if not bracketed:
        return min(max(secant if nearer else cubic, low), high)
    step = cubic if nearer else secant
    limit = t.step + _SHRINK * (other.step - t.step)
    return min(step, limit) if t.step > x.step else max(step, limit)


def _cubic(a: _End, b: _End) -> float:
    """Minimiser of the cubic through both values and slopes, reached from a."""
    theta = 3.0 * (a.value - b.value) / (b.step - a.step) + a.slope + b.slope
    scale = max(abs(theta), abs(a.slope), abs(b.slope))
    root = scale * math.sqrt(max(0.0, (theta / scale) ** 2 - (a.slope / scale) * (b.slope / scale)))
    gamma = root if b.step > a.step else -root
    ratio = ((gamma - a.slope) + theta) / (((gamma - a.slope) + gamma) + b.slope)
    return a.step + ratio * (b.step - a.step)


def _cubic_beyond(x: _End, t: _End, beyond: float) -> float:
    """Minimiser of the cubic if it lies beyond t, else the bound in that direction."""
    theta = 3.0 * (x.value - t.value) / (t.step - x.step) + x.slope + t.slope
    scale = max(abs(theta), abs(x.slope), abs(t.slope))
    root = scale * math.sqrt(max(0.0, (theta / scale) ** 2 - (x.slope / scale) * (t.slope / scale)))
    gamma = -root if t.step > x.step else root
    ratio = ((gamma - t.slope) + theta) / ((gamma + (x.slope - t.slope)) + gamma)
    if ratio < 0.0 and gamma != 0.0:
        return t.step + ratio * (x.step - t.step)
    return beyond


def _secant(x: _End, t: _End) -> float:
    return t.step + t.slope / (t.slope - x.slope) * (x.step - t.step)
