#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

#include "compute.hpp"
#include "dispatch.hpp"
#include "memory.hpp"

namespace trilayer {
namespace {

class Clock {
 public:
  explicit Clock(double seconds) : seconds_(seconds) {}
  bool late() const {
    using Seconds = std::chrono::duration<double>;
    return Seconds(std::chrono::steady_clock::now() - start_).count() >= seconds_;
  }

 private:
  double seconds_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// A copy of a small data set as the kernel likes it, so that no step has to rearrange it.
template <class T> class Arranged {
 public:
  Arranged(Shape n, const Samples<T>& from, Index m, Index steps) : samples_(from) {
    constexpr Index most_bytes = 4 << 20, padding = 512, few = 4;
    const Index padded = (m + padding - 1) / padding * padding;
    if (steps < few || padded * n.n1 * Index(sizeof(T)) > most_bytes) return;
    // Strides of a power of two would share a few cache sets.
    const Index line = 64 / Index(sizeof(T));
    const bool columns = current_kernels<T>().reads_columns(n);
    const Index step = columns ? 1 : n.n1 % line ? n.n1 : n.n1 + line;
    const Index next = columns ? padded + line : 1;
    const Index size = columns ? n.n1 * next : padded * step;
    T* x = memory_.template get<T>(size + 2 * padded);
    T *y = x + size, *s = y + padded;
    std::fill(x, s + padded, T(0));
    for (Index i = 0; i < m; ++i) {
      const Index at = from.order ? from.order[i] : i;
      const T* sample = from.x + at * from.sample_stride;
      for (Index k = 0; k < n.n1; ++k) x[i * step + k * next] = sample[k * from.feature_stride];
      y[i] = from.y[at];
      s[i] = from.s ? from.s[at] : T(1);
    }
    samples_ = {x, step, next, y, s, nullptr, padded, 0};
  }

  const Samples<T>& samples() const { return samples_; }

 private:
  Samples<T> samples_;
  Scratch memory_;
};

double penalty(const Updates& updates, Shape n, double decay, const double* theta) {
  return decay != 0 ? decay / 2 * updates.squared_weights(n, theta) : 0.0;
}

// Calls step(b, gradient) after each batch's sums; returns the batches done.
template <class T, class F>
Index walk(Shape n, const double* theta, const Samples<T>& samples, const Batches& batches,
           int threads, EpochTotals& totals, F step) {
  const Updates& updates = *current_isa().updates;
  std::vector<double> sums(std::size_t(n.parameters() + 1)), gradient(std::size_t(n.parameters()));
  const Clock clock(batches.seconds);
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

Index gradient_descent(Shape n, DescentState state, const Pass& pass, DescentRule rule,
                       Budget budget, Records records) {
  const Updates& updates = *current_isa().updates;
  const Index parameters = n.parameters();
  const double scale = 1 / rule.total_weight;
  std::vector<double> sums(std::size_t(parameters + 1));
  const Clock clock(budget.seconds);
  Index k = 0;
  while (k < budget.steps) {
    updates.descend(parameters, state.gradient, rule.learning_rate, rule.momentum, state.velocity,
                    state.theta);
    pass(state.theta, sums.data());
    updates.gradient(n, sums.data() + 1, scale, rule.decay, state.theta, state.gradient);
    if (records.J) records.J[k] = sums[0] * scale + penalty(updates, n, rule.decay, state.theta);
    const double largest = updates.largest(parameters, state.gradient);
    records.largest[k++] = largest;
    if (!(largest > rule.tolerance) || clock.late()) break;
  }
  return k;
}

template <class T>
Index gradient_descent(Shape n, DescentState state, const Samples<T>& given, Index m,
                       DescentRule rule, Budget budget, int threads, Records records) {
  const Arranged<T> arranged(n, given, m, budget.steps);
  const bool want_loss = records.J != nullptr;
  const Pass pass = [&](const double* theta, double* sums) {
    network_sums(n, theta, arranged.samples(), 0, m, Cut::blocks, threads, want_loss, sums);
  };
  return gradient_descent(n, state, pass, rule, budget, records);
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
  template Index gradient_descent<T>(Shape, DescentState, const Samples<T>&, Index, DescentRule, \
                                     Budget, int, Records);                                      \
  template Index sgd_batches<T>(Shape, double*, double*, const Samples<T>&, const Batches&,      \
                                double, int, EpochTotals&);                                      \
  template Index adam_batches<T>(Shape, double*, double*, double*, const Samples<T>&,            \
                                 const Batches&, AdamRule, int, EpochTotals&);
TRILAYER_INSTANTIATE(float)
TRILAYER_INSTANTIATE(double)

}  // namespace trilayer
