// Limited-memory BFGS: solvers/lbfgs.py, line for line, in whole runs.
#include <cmath>
#include <limits>

#include "runs.hpp"
#include "wolfe.hpp"

namespace trilayer {
namespace {

class QuasiNewton {
 public:
  QuasiNewton(Shape n, NewtonState& state, const CostAt& cost, Index history, NewtonRoom room,
              Clock& clock, const std::function<bool()>& poll)
      : size_(n.parameters()), state_(state), cost_(cost), history_(history), room_(room),
        clock_(clock), poll_(poll), alpha_(std::size_t(history)),
        memory_(std::size_t(3 * size_)), direction_(memory_.data()), theta_(direction_ + size_),
        gradient_(theta_ + size_) {
    for (std::size_t p = 0; p < state.S.size(); ++p)
      curvatures_.push_back(updates_.dot(size_, state.S[p], state.Y[p]));
  }

  enum class Step { taken, none, stopped };

  // One iteration. Only one that is taken changes the state.
  Step iterate() {
    if (updates_.largest(size_, state_.gradient) == 0) return Step::none;
    Index pairs = Index(state_.S.size()), calls = 0;
    wolfe::Found found = search(pairs);
    calls += found.calls;
    if (!found.yes && pairs > 0 && !stopped_) {  // the history is no help: the gradient alone
      found = search(pairs = 0);
      calls += found.calls;
    }
    if (stopped_) return Step::stopped;
    if (!found.yes) return Step::none;
    if (pairs == 0) {
      state_.S.clear();
      state_.Y.clear();
      curvatures_.clear();
    }
    remember();
    std::copy(theta_, theta_ + size_, state_.theta);
    std::copy(gradient_, gradient_ + size_, state_.gradient);
    state_.J = found.J;
    state_.evaluations += calls;
    ++state_.iterations;
    return Step::taken;
  }

 private:
  // Looks along the direction of so many pairs; what it finds is in theta_ and gradient_.
  wolfe::Found search(Index pairs) {
    updates_.two_loop(size_, pairs, state_.S.data(), state_.Y.data(), curvatures_.data(),
                      state_.gradient, alpha_.data(), direction_);
    const double first =
        state_.iterations ? 1.0 : 1.0 / std::sqrt(updates_.dot(size_, direction_, direction_));
    const auto at = [&](double step) -> wolfe::End {
      const double nowhere = std::numeric_limits<double>::quiet_NaN();
      if (stopped_ || (clock_.late() && (stopped_ = poll_()))) return {step, nowhere, nowhere};
      for (Index i = 0; i < size_; ++i) theta_[i] = state_.theta[i] + step * direction_[i];
      const double J = cost_(theta_, true, gradient_);
      return {step, J, updates_.dot(size_, gradient_, direction_)};
    };
    return wolfe::search(at, state_.J, updates_.dot(size_, state_.gradient, direction_), first);
  }

  // Keeps the change if its curvature is surely positive, else H would not be.
  void remember() {
    const Index row = free_row() * size_;
    double *s = room_.S + row, *y = room_.Y + row;
    for (Index i = 0; i < size_; ++i) {
      s[i] = theta_[i] - state_.theta[i];
      y[i] = gradient_[i] - state_.gradient[i];
    }
    constexpr double eps = std::numeric_limits<double>::epsilon();
    const double curvature = updates_.dot(size_, s, y);
    if (curvature <= eps * updates_.dot(size_, y, y)) return;
    if (Index(state_.S.size()) == history_) {
      state_.S.erase(state_.S.begin());
      state_.Y.erase(state_.Y.begin());
      curvatures_.erase(curvatures_.begin());
    }
    state_.S.push_back(s);
    state_.Y.push_back(y);
    curvatures_.push_back(curvature);
  }

  Index free_row() const {
    Index row = 0;
    const auto taken = [&](const double* s) { return s == room_.S + row * size_; };
    while (std::any_of(state_.S.begin(), state_.S.end(), taken)) ++row;
    return row;
  }

  const Updates& updates_ = *current_isa().updates;
  Index size_;
  NewtonState& state_;
  const CostAt& cost_;
  Index history_;
  NewtonRoom room_;
  Clock& clock_;
  const std::function<bool()>& poll_;
  bool stopped_ = false;
  std::vector<double> alpha_, memory_;
  std::vector<double> curvatures_;  // s.y of the pairs in state_
  double *direction_, *theta_, *gradient_;  // the last two: where a search last looked
};

}  // namespace

NewtonEnd quasi_newton(Shape n, NewtonState& state, const CostAt& cost, NewtonRule rule,
                       Budget budget, NewtonRoom room, double* J,
                       const std::function<bool()>& poll) {
  Clock clock(budget.seconds);
  QuasiNewton run(n, state, cost, rule.history, room, clock, poll);
  using Step = QuasiNewton::Step;
  const Updates& updates = *current_isa().updates;
  for (Index k = 0; k < budget.steps; ++k) {
    const Step step = run.iterate();
    if (step == Step::none) return NewtonEnd::precision;
    if (step == Step::stopped) return NewtonEnd::stopped;
    J[k] = state.J;
    if (!(updates.largest(n.parameters(), state.gradient) > rule.tolerance))
      return NewtonEnd::tolerance;
    if (clock.late()) break;
  }
  return NewtonEnd::budget;
}

template <class T>
NewtonEnd quasi_newton(Shape n, NewtonState& state, const Samples<T>& samples, Index m, Mean mean,
                       NewtonRule rule, Budget budget, int threads, NewtonRoom room, double* J,
                       const std::function<bool()>& poll) {
  Cost<T> cost(n, samples, m, mean, budget.steps, threads);
  return quasi_newton(n, state, std::ref(cost), rule, budget, room, J, poll);
}

#define TRILAYER_INSTANTIATE(T)                                                                \
  template NewtonEnd quasi_newton<T>(Shape, NewtonState&, const Samples<T>&, Index, Mean,      \
                                     NewtonRule, Budget, int, NewtonRoom, double*,             \
                                     const std::function<bool()>&);
TRILAYER_INSTANTIATE(float)
TRILAYER_INSTANTIATE(double)

}  // namespace trilayer
