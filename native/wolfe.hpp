// A line search for the strong Wolfe conditions: solvers/wolfe.py, line for line, which explains
// it (Moré and Thuente, ACM TOMS 20, 1994).
#pragma once

#include <algorithm>
#include <cmath>

#include "network.hpp"

namespace trilayer {
namespace wolfe {

constexpr double sufficient_decrease = 1e-3, curvature = 0.9;
constexpr Index max_evaluations = 20;
constexpr double relative_width = 1e-12, shrink = 0.66, largest = 1e10;

// One end of the interval: step length, value and slope there.
struct End {
  double step, value, slope;

  // The same end of the function minus `by` times the step.
  End tilted(double by) const { return {step, value - by * step, slope - by}; }
};

// The search's memory between two trials: best end, other end, and bounds.
struct Interval {
  End best, other;
  bool bracketed;
  double low, high;

  bool narrow() const { return high - low <= relative_width * high; }
  // Whether rounding leaves nothing between the bounds.
  bool exhausted(double step) const {
    return bracketed && (step <= low || step >= high || narrow());
  }
};

// Minimiser of the cubic through both values and slopes, reached from a.
inline double cubic(End a, End b) {
  const double theta = 3.0 * (a.value - b.value) / (b.step - a.step) + a.slope + b.slope;
  const double scale = std::max(std::max(std::abs(theta), std::abs(a.slope)), std::abs(b.slope));
  const double t = theta / scale;
  const double root =
      scale * std::sqrt(std::max(0.0, t * t - (a.slope / scale) * (b.slope / scale)));
  const double gamma = b.step > a.step ? root : -root;
  const double ratio = ((gamma - a.slope) + theta) / (((gamma - a.slope) + gamma) + b.slope);
  return a.step + ratio * (b.step - a.step);
}

// Minimiser of the cubic if it lies beyond t, else the bound in that direction.
inline double cubic_beyond(End x, End t, double beyond) {
  const double theta = 3.0 * (x.value - t.value) / (t.step - x.step) + x.slope + t.slope;
  const double scale = std::max(std::max(std::abs(theta), std::abs(x.slope)), std::abs(t.slope));
  const double s = theta / scale;
  const double root =
      scale * std::sqrt(std::max(0.0, s * s - (x.slope / scale) * (t.slope / scale)));
  const double gamma = t.step > x.step ? -root : root;
  const double ratio = ((gamma - t.slope) + theta) / ((gamma + (x.slope - t.slope)) + gamma);
  return ratio < 0.0 && gamma != 0.0 ? t.step + ratio * (x.step - t.step) : beyond;
}

inline double secant(End x, End t) {
  return t.step + t.slope / (t.slope - x.slope) * (x.step - t.step);
}

struct Choice {
  double step;
  bool bracketed;
};

// Case 3: lower, same sign, flatter: the minimum may lie beyond the trial.
inline double extrapolate(const Interval& in, End x, End t, End other) {
  const double beyond = t.step > x.step ? in.high : in.low;
  const double by_cubic = cubic_beyond(x, t, beyond), by_secant = secant(x, t);
  const bool nearer = std::abs(by_cubic - t.step) < std::abs(by_secant - t.step);
  if (!in.bracketed) return std::min(std::max(nearer ? by_secant : by_cubic, in.low), in.high);
  const double step = nearer ? by_cubic : by_secant;
  const double limit = t.step + shrink * (other.step - t.step);
  return t.step > x.step ? std::min(step, limit) : std::max(step, limit);
}

// The next trial step, and whether a minimiser is bracketed (section 4).
inline Choice interpolate(const Interval& in, End x, End t, End other) {
  if (t.value > x.value) {  // case 1: higher; lean to the cubic if it is nearer
    const double by_cubic = cubic(x, t), chord = (x.value - t.value) / (t.step - x.step);
    const double quadratic = x.step + 0.5 * x.slope / (chord + x.slope) * (t.step - x.step);
    if (std::abs(by_cubic - x.step) < std::abs(quadratic - x.step)) return {by_cubic, true};
    return {by_cubic + 0.5 * (quadratic - by_cubic), true};
  }
  if (t.slope * x.slope < 0.0) {  // case 2: lower, slopes differ; the farther from the trial
    const double by_cubic = cubic(t, x), by_secant = secant(x, t);
    const bool farther = std::abs(by_cubic - t.step) > std::abs(by_secant - t.step);
    return {farther ? by_cubic : by_secant, true};
  }
  if (std::abs(t.slope) < std::abs(x.slope)) return {extrapolate(in, x, t, other), in.bracketed};
  if (in.bracketed) return {cubic(t, other), true};  // case 4: lower, same sign, no flatter
  return {t.step > x.step ? in.high : in.low, false};
}

// Chooses the next trial and updates the interval, on the tilted function.
inline double advance(Interval& in, End trial, double tilt) {
  End best = in.best.tilted(tilt), other = in.other.tilted(tilt);
  const End tilted = trial.tilted(tilt);
  const Choice next = interpolate(in, best, tilted, other);
  if (tilted.value > best.value) {
    other = tilted;
  } else {
    if (tilted.slope * best.slope < 0.0) other = best;
    best = tilted;
  }
  in.best = best.tilted(-tilt);
  in.other = other.tilted(-tilt);
  in.bracketed = next.bracketed;
  return next.step;
}

// Forces the interval to shrink, sets the next bounds and keeps the step inside them.
inline double bound(Interval& in, double step, double (&widths)[2]) {
  const double best = in.best.step, other = in.other.step;
  if (in.bracketed) {
    const double width = std::abs(other - best);
    if (width >= shrink * widths[1]) step = best + 0.5 * (other - best);
    widths[1] = widths[0];
    widths[0] = width;
    in.low = std::min(best, other);
    in.high = std::max(best, other);
  } else {
    in.low = step + 1.1 * (step - best);
    in.high = step + 4.0 * (step - best);
  }
  step = std::min(std::max(step, 0.0), largest);
  return in.exhausted(step) ? best : step;
}

struct Found {
  bool yes;
  double J;
  Index calls;
};

// `at(step)` evaluates the objective there: an End. The last one asked for is the one found.
template <class F> Found search(F at, double J0, double slope0, double first_step) {
  if (!(slope0 < 0.0)) return {false, J0, 0};
  const End origin{0.0, J0, slope0};
  const double wanted = sufficient_decrease * slope0;
  Interval in{origin, origin, false, 0.0, 5.0 * first_step};
  double widths[2] = {largest, 2.0 * largest};
  double step = first_step;
  bool first_stage = true;
  for (Index calls = 1; calls <= max_evaluations; ++calls) {
    const End trial = at(step);
    const bool enough = trial.value <= J0 + wanted * step;
    if (enough && std::abs(trial.slope) <= curvature * -slope0) return {true, trial.value, calls};
    if (!std::isfinite(trial.value) || !std::isfinite(trial.slope)) {
      step = 0.5 * (in.best.step + step);
      in.high = std::min(in.high, step);
      continue;
    }
    if (in.exhausted(step)) return {false, J0, calls};
    first_stage = first_stage && !(enough && trial.slope >= 0.0);
    // Until some step is low enough, work on the auxiliary function of section 2.
    const double tilt = first_stage && trial.value <= in.best.value && !enough ? wanted : 0.0;
    step = bound(in, advance(in, trial, tilt), widths);
  }
  return {false, J0, max_evaluations};
}

}  // namespace wolfe
}  // namespace trilayer
