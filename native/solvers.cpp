#include <algorithm>
#include <cmath>
#include <vector>

#include "runs.hpp"

namespace trilayer {
namespace {

// Calls step(b, gradient) after each batch's sums; returns the batches done.
template <class T, class F>
Index walk(Shape n, const double* theta, const Samples<T>& samples, const Batches& batches,
           int threads, EpochTotals& totals, F step) {
  const Updates& updates = *current_isa().updates;
  std::vector<double> sums(std::size_t(n.parameters() + 1)), gradient(std::size_t(n.parameters()));
  Clock clock(batches.seconds);
  Index done = 0;
  for (Index b = batches.first; b * batches.size < batches.m; ++b) {
    const Index from = b * batches.size, count = std::min(batches.size, batches.m - from);
    network_sums(n, theta, samples, from, count, Cut::batch, threads, true, sums.data());
    const double scale = 1 / (double(count) * batches.average_weight);
    const double share = double(count) / double(batches.m);
    totals.J += share * (sums[0] * scale + penalty(updates, n, batches.decay, theta));
    updates.gradient(n, sums.data() + 1, scale, batches.decay, theta, gradient.data());
    updates.accumulate(n.parameters(), share, gradient.data(), totals.gradient);
    step(b, gradient.data());
    ++done;
    if (clock.late()) break;
  }
  return done;
}

}  // namespace

double mean_cost(Shape n, const double* sums, Mean mean, const double* theta, bool want_J,
                 double* gradient) {
  const Updates& updates = *current_isa().updates;
  const double scale = 1 / mean.total_weight;
  updates.gradient(n, sums + 1, scale, mean.decay, theta, gradient);
  return want_J ? sums[0] * scale + penalty(updates, n, mean.decay, theta) : 0.0;
}

Index gradient_descent(Shape n, DescentState state, const CostAt& cost, DescentRule rule,
                       Budget budget, Records records) {
  const Updates& updates = *current_isa().updates;
  Clock clock(budget.seconds);
  Index k = 0;
  while (k < budget.steps) {
    updates.descend(n.parameters(), state.gradient, rule.learning_rate, rule.momentum,
                    state.velocity, state.theta);
    const double J = cost(state.theta, records.J != nullptr, state.gradient);
    if (records.J) records.J[k] = J;
    const double largest = updates.largest(n.parameters(), state.gradient);
    records.largest[k++] = largest;
    if (!(largest > rule.tolerance) || clock.late()) break;
  }
  return k;
}

template <class T>
Index gradient_descent(Shape n, DescentState state, const Samples<T>& samples, Index m, Mean mean,
                       DescentRule rule, Budget budget, int threads, Records records) {
  Cost<T> cost(n, samples, m, mean, budget.steps, threads);
  return gradient_descent(n, state, std::ref(cost), rule, budget, records);
}

template <class T>
Index sgd_batches(Shape n, double* theta, double* velocity, const Samples<T>& samples,
                  const Batches& batches, double momentum, int threads, EpochTotals& totals) {
  const Updates& updates = *current_isa().updates;
  return walk(n, theta, samples, batches, threads, totals, [&](Index b, const double* gradient) {
    updates.sgd(n.parameters(), gradient, batches.rates[b], momentum, velocity, theta);
  });
}

template <class T>
Index adam_batches(Shape n, double* theta, double* mean, double* square, const Samples<T>& samples,
                   const Batches& batches, AdamRule rule, int threads, EpochTotals& totals) {
  const Updates& updates = *current_isa().updates;
  return walk(n, theta, samples, batches, threads, totals, [&](Index b, const double* gradient) {
    const double t = double(++rule.updates);
    const double unbiased =
        batches.rates[b] * std::sqrt(1 - std::pow(rule.beta2, t)) / (1 - std::pow(rule.beta1, t));
    updates.adam(n.parameters(), gradient, unbiased, rule.beta1, rule.beta2, rule.epsilon, mean,
                 square, theta);
  });
}

#define TRILAYER_INSTANTIATE(T)                                                                  \
  template Index gradient_descent<T>(Shape, DescentState, const Samples<T>&, Index, Mean,        \
                                     DescentRule, Budget, int, Records);                         \
  template Index sgd_batches<T>(Shape, double*, double*, const Samples<T>&, const Batches&,      \
                                double, int, EpochTotals&);                                      \
  template Index adam_batches<T>(Shape, double*, double*, double*, const Samples<T>&,            \
                                 const Batches&, AdamRule, int, EpochTotals&);
TRILAYER_INSTANTIATE(float)
TRILAYER_INSTANTIATE(double)

}  // namespace trilayer
