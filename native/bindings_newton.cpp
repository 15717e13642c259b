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

void two_loop(const Theta& gradient, const Changes& S, const Changes& Y, const Doubles& direction) {
  require(S.size() == Y.size(), "S and Y must have as many changes");
  require(direction.size() == gradient.size(), "direction must be as long as the gradient");
  const auto s = pointers(S, gradient.size()), y = pointers(Y, gradient.size());
  std::vector<double> alpha(S.size());
  nb::gil_scoped_release release;
  current_isa().updates->two_loop(Index(gradient.size()), Index(s.size()), s.data(), y.data(),
                                  gradient.data(), alpha.data(), direction.data());
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

template <class T>
nb::tuple run_lbfgs(const Doubles& theta, Index n2, const Doubles& gradient, double J,
                    Index iterations, Index evaluations, const Changes& S, const Changes& Y,
                    const Room& new_S, const Room& new_Y, const Matrix<T>& X,
                    const Vector<T>& labels, const Maybe<Vector<T>>& s, double total_weight,
                    double decay, double tolerance, Index history, Index steps, double seconds,
                    const Doubles& trail, int threads) {
  const Shape n = shape_of(theta.size(), n2, X);
  const Samples<T> samples = samples_of(X, labels, s);
  require(gradient.size() == theta.size(), "gradient must be as long as theta");
  require(history >= 1 && S.size() == Y.size() && Index(S.size()) <= history,
          "S and Y must have as many changes, at most `history`");
  require(new_S.shape(1) == theta.size() && new_Y.shape(1) == theta.size() &&
              new_S.shape(0) == new_Y.shape(0) &&
              Index(new_S.shape(0)) >= std::min(steps, history + 1),
          "new_S and new_Y need a row for each step, up to history + 1");
  require(Index(trail.size()) >= steps, "trail needs a place for every step");
  const auto given = pointers(S, theta.size());
  NewtonState state{theta.data(), gradient.data(), J,    iterations,
                    evaluations,  given,           pointers(Y, theta.size())};
  const NewtonRoom room{new_S.data(), new_Y.data()};
  NewtonEnd end;
  {
    nb::gil_scoped_release release;
    end = quasi_newton(n, state, samples, Index(X.shape(1)), {total_weight, decay},
                       {history, tolerance}, {steps, seconds}, threads, room, trail.data(),
                       interrupted);
  }
  if (end == NewtonEnd::stopped) throw nb::python_error();
  return nb::make_tuple(state.iterations, state.evaluations, state.J,
                        origins(state.S, given, new_S), end == NewtonEnd::precision);
}

constexpr auto run_lbfgs_text =
    "Up to `steps` iterations of L-BFGS on all samples from where a run stands; theta and\n"
    "gradient in place, J after each iteration into `trail`. S and Y are the latest changes of\n"
    "theta and gradient, the oldest first; new ones go into rows of new_S and new_Y. Ends when\n"
    "no component of the gradient is above `tolerance`, when no further decrease is possible,\n"
    "or after about `seconds`. Returns iterations and evaluations of the whole run, J, the\n"
    "changes kept (the oldest first: i of the given ones, or len(S) + row), and whether no\n"
    "further decrease is possible.";

template <class T> void define(nb::module_& m) {
  m.def("run_lbfgs", run_lbfgs<T>, plain("theta"), "n2"_a, plain("gradient"), "J"_a,
        "iterations"_a, "evaluations"_a, "S"_a, "Y"_a, plain("new_S"), plain("new_Y"), plain("X"),
        plain("labels"), none("s"), "total_weight"_a, "decay"_a, "tolerance"_a, "history"_a,
        "steps"_a, "seconds"_a, plain("trail"), "threads"_a, run_lbfgs_text);
}

}  // namespace

void define_newton(nb::module_& m) {
  m.def("two_loop", two_loop, plain("gradient"), "S"_a, "Y"_a, plain("direction"),
        "-H gradient into `direction`: the two-loop recursion over changes S of theta and Y of\n"
        "the gradient, the oldest first.");
  define<float>(m);
  define<double>(m);
}

}  // namespace trilayer
