// What the solvers' whole runs share: a clock, samples at hand, and J over all of them.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

#include "compute.hpp"
#include "dispatch.hpp"
#include "memory.hpp"

namespace trilayer {

// Asked after every step whether the time is over. To read the time costs a hundredth of the
// smallest steps, so it is read when an eighth more steps are done than when it last was.
class Clock {
 public:
  explicit Clock(double seconds) : seconds_(seconds) {}
  bool late() {
    if (late_ || ++steps_ < next_look_) return late_;
    next_look_ = steps_ + 1 + steps_ / 8;
    using Seconds = std::chrono::duration<double>;
    return late_ = Seconds(std::chrono::steady_clock::now() - start_).count() >= seconds_;
  }

 private:
  double seconds_;
  Index steps_ = 0, next_look_ = 1;
  bool late_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// A copy of a small data set as the kernel likes it, so that no pass has to rearrange it.
template <class T> class Arranged {
 public:
  Arranged(Shape n, const Samples<T>& from, Index m, Index passes) : samples_(from) {
    constexpr Index most_bytes = 4 << 20, padding = 512, few = 4;
    const Index padded = (m + padding - 1) / padding * padding;
    if (from.layout || passes < few || padded * n.n1 * Index(sizeof(T)) > most_bytes) return;
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
    samples_ = {x, step, next, y, s, nullptr, padded, 0, from.equal};
    samples_.scale = from.scale;
  }

  const Samples<T>& samples() const { return samples_; }

 private:
  Samples<T> samples_;
  Scratch memory_;
};

inline double penalty(const Updates& updates, Shape n, double decay, const double* theta) {
  return decay != 0 ? decay / 2 * updates.squared_weights(n, theta) : 0.0;
}

// J, and its gradient, over m samples at hand: a CostAt.
template <class T> class Cost {
 public:
  // `passes`: how often it will be asked, about.
  Cost(Shape n, const Samples<T>& samples, Index m, Mean mean, Index passes, int threads)
      : n_(n), arranged_(n, samples, m, passes), m_(m), mean_(mean), threads_(threads),
        sums_(std::size_t(n.parameters() + 1)) {}

  double operator()(const double* theta, bool want_J, double* gradient) {
    network_sums(n_, theta, arranged_.samples(), 0, m_, Cut::blocks, threads_, want_J,
                 sums_.data());
    return mean_cost(n_, sums_.data(), mean_, theta, want_J, gradient);
  }

 private:
  Shape n_;
  Arranged<T> arranged_;
  Index m_;
  Mean mean_;
  int threads_;
  std::vector<double> sums_;
};

}  // namespace trilayer
