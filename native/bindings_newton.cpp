// The quasi-Newton solver's part of trilayer._fused.
#include <algorithm>

#include "arrays.hpp"
#include "dispatch.hpp"

namespace trilayer {
namespace {

using Changes = std::vector<Vector<double>>;
using Room = nb::ndarray<double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

std::vector<const double*> pointers(const Changes& arrays, std::size_t length) {
  std::vector<const double*> found;
  for (const Vector<double>& array : arrays) {
    require(array.size() == length, "every change must be as long as the gradient");
    found.push_back(array.data());
  }
  return found;
}

// Where each change kept comes from: its number among those given, or behind them its row.
std::vector<Index> origins(const std::vector<const double*>& kept,
                           const std::vector<const double*>& given, const Room& rows) {
  std::vector<Index> found;
  for (const double* change : kept) {
    Index i = 0, old = Index(given.size());
    while (i < old && given[std::size_t(i)] != change) ++i;
    found.push_back(i < old ? i : old + (change - rows.data()) / Index(rows.shape(1)));
  }
  return found;
}

// A Ctrl-C that came while the engine was at work is an exception from here on.
bool interrupted() {
  nb::gil_scoped_acquire hold;
  return PyErr_CheckSignals() != 0;
}

// What a run starts from, and where it leaves what it finds.
struct Newton {
  Doubles theta, gradient;
  double J;
  Index iterations, evaluations;
  const Changes &S, &Y;
  Room new_S, new_Y;
  Doubles trail;
};

// Checks all of it, and calls run(state, room), which does the iterations.
template <class F> nb::tuple go_on(const Newton& from, Index history, Index steps, F run) {
  const std::size_t length = from.theta.size();
  require(from.gradient.size() == length, "gradient must be as long as theta");
  require(history >= 1 && from.S.size() == from.Y.size() && Index(from.S.size()) <= history,
          "S and Y must have as many changes, at most `history`");
  require(from.new_S.shape(1) == length && from.new_Y.shape(1) == length &&
              from.new_S.shape(0) == from.new_Y.shape(0) &&
              Index(from.new_S.shape(0)) >= std::min(steps, history + 1),
          "new_S and new_Y need a row for each step, up to history + 1");
  require(Index(from.trail.size()) >= steps, "trail needs a place for every step");
  const auto given = pointers(from.S, length);
  NewtonState state{from.theta.data(), from.gradient.data(), from.J, from.iterations,
                    from.evaluations,  given,                pointers(from.Y, length)};
  const NewtonEnd end = run(state, NewtonRoom{from.new_S.data(), from.new_Y.data()});
  if (end == NewtonEnd::stopped) throw nb::python_error();
  return nb::make_tuple(state.iterations, state.evaluations, state.J,
                        origins(state.S, given, from.new_S), end == NewtonEnd::precision);
}

template <class T>
nb::tuple run_lbfgs(const Doubles& theta, Index n2, const Doubles& gradient, double J,
                    Index iterations, Index evaluations, const Changes& S, const Changes& Y,
                    const Room& new_S, const Room& new_Y, const InArrays<T>& samples,
                    double total_weight, double decay, double tolerance, Index history,
                    Index steps, double seconds, const Doubles& trail, int threads) {
  const Shape n = samples.shape(theta.size(), n2);
  const Newton from{theta, gradient, J, iterations, evaluations, S, Y, new_S, new_Y, trail};
  return go_on(from, history, steps, [&](NewtonState& state, NewtonRoom room) {
    nb::gil_scoped_release release;
    return quasi_newton(n, state, samples.samples(), samples.m(), {total_weight, decay},
                        {history, tolerance}, {steps, seconds}, threads, room, trail.data(),
                        interrupted);
  });
}

// `fill` fills `sums` with those over all samples at `point`.
nb::tuple run_lbfgs_over(const Doubles& theta, Index n1, Index n2, const Doubles& gradient,
                         double J, Index iterations, Index evaluations, const Changes& S,
                         const Changes& Y, const Room& new_S, const Room& new_Y,
                         const Doubles& point, const Doubles& sums, const nb::callable& fill,
                         double total_weight, double decay, double tolerance, Index history,
                         Index steps, double seconds, const Doubles& trail) {
  const Shape n{n1, n2};
  require(n1 >= 1 && n2 >= 0, "n1 must be positive, n2 must not be negative");
  require(Index(theta.size()) == n.parameters(), "theta does not fit n1 and n2");
  require(point.size() == theta.size(), "point must be as long as theta");
  require(sums.size() == theta.size() + 1, "sums needs one number more than theta");
  const Mean mean{total_weight, decay};
  const CostAt cost = [&](const double* at, bool want_J, double* to) {
    std::copy(at, at + point.size(), point.data());
    fill();
    return mean_cost(n, sums.data(), mean, at, want_J, to);
  };
  const Newton from{theta, gradient, J, iterations, evaluations, S, Y, new_S, new_Y, trail};
  return go_on(from, history, steps, [&](NewtonState& state, NewtonRoom room) {
    return quasi_newton(n, state, cost, {history, tolerance}, {steps, seconds}, room, trail.data(),
                        interrupted);
  });
}

constexpr auto run_lbfgs_text =
    "Up to `steps` iterations of L-BFGS on all samples from where a run stands; theta and\n"
    "gradient in place, J after each iteration into `trail`. S and Y are the latest changes of\n"
    "theta and gradient, the oldest first; new ones go into rows of new_S and new_Y. Ends when\n"
    "no component of the gradient is above `tolerance`, when no further decrease is possible,\n"
    "or after about `seconds`. Returns iterations and evaluations of the whole run, J, the\n"
    "changes kept (the oldest first: i of the given ones, or len(S) + row), and whether no\n"
    "further decrease is possible.";

constexpr auto run_lbfgs_over_text =
    "run_lbfgs over samples that are elsewhere: `fill()` fills `sums`, one number longer than\n"
    "theta, with the loss and the gradient summed over all of them at `point`.";

template <class T> void define(nb::module_& m) {
  m.def("run_lbfgs", run_lbfgs<T>, plain("theta"), "n2"_a, plain("gradient"), "J"_a,
        "iterations"_a, "evaluations"_a, "S"_a, "Y"_a, plain("new_S"), plain("new_Y"),
        "samples"_a, "total_weight"_a, "decay"_a, "tolerance"_a, "history"_a, "steps"_a,
        "seconds"_a, plain("trail"), "threads"_a, run_lbfgs_text);
}

}  // namespace

void define_newton(nb::module_& m) {
  m.def("run_lbfgs_over", run_lbfgs_over, plain("theta"), "n1"_a, "n2"_a, plain("gradient"), "J"_a,
        "iterations"_a, "evaluations"_a, "S"_a, "Y"_a, plain("new_S"), plain("new_Y"),
        plain("point"), plain("sums"), "fill"_a, "total_weight"_a, "decay"_a, "tolerance"_a,
        "history"_a, "steps"_a, "seconds"_a, plain("trail"), run_lbfgs_over_text);
  define<float>(m);
  define<double>(m);
}

}  // namespace trilayer
