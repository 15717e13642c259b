// The solvers' arithmetic on vectors of parameters, float64 whatever the samples are.
#pragma once

#include "network.hpp"
#include "simd.hpp"

namespace trilayer {
namespace {

// Calls f(from, to, is weight) for W1, b1, W2 and b2 in theta's order.
template <class F> void for_each_matrix(Shape n, F f) {
  const Index inner = n.n1 * n.n2, last = n.parameters() - 1;
  f(Index(0), inner, true);
  f(inner, inner + n.n2, false);
  f(inner + n.n2, last, true);
  f(last, last + 1, false);
}

double add_lanes(Vec<double> v) {
  double total = 0;
  for (int l = 0; l < lanes<double>; ++l) total += v[l];
  return total;
}

double squared_weights(Shape n, const double* theta) {
  constexpr Index L = lanes<double>;
  double total = 0;
  for_each_matrix(n, [&](Index from, Index to, bool weight) {
    if (!weight) return;
    Vec<double> sum{};
    for (; from + L <= to; from += L)
      sum = plus_product(sum, load(theta + from), load(theta + from));
    total += add_lanes(sum);
    for (; from < to; ++from) total += theta[from] * theta[from];
  });
  return total;
}

void gradient(Shape n, const double* __restrict sums, double scale, double decay,
              const double* __restrict theta, double* __restrict out) {
  for_each_matrix(n, [=](Index from, Index to, bool weight) {
    const double here = weight ? decay : 0;
    for (Index i = from; i < to; ++i) out[i] = scale * sums[i] + here * theta[i];
  });
}

double largest(Index n, const double* x) {
  constexpr Index L = lanes<double>;
  Vec<double> most{}, odd{};  // x - x is NaN where x is not finite, else 0
  const auto look = [&](Vec<double> v) {
    const Vec<double> size = v < 0.0 ? -v : v;
    most = size > most ? size : most;
    odd += v - v;
  };
  Index i = 0;
  for (; i + L <= n; i += L) look(load(x + i));
  double rest[L] = {};
  for (Index l = 0; i < n; ++i, ++l) rest[l] = x[i];
  look(load(rest));
  double result = 0;
  for (Index l = 0; l < L; ++l) result = most[l] > result ? most[l] : result;
  return result + add_lanes(odd);
}

void accumulate(Index n, double share, const double* __restrict x, double* __restrict total) {
  for (Index i = 0; i < n; ++i) total[i] += share * x[i];
}

void descend(Index n, const double* __restrict g, double rate, double momentum,
             double* __restrict v, double* __restrict theta) {
  if (!v) {
    for (Index i = 0; i < n; ++i) theta[i] -= rate * g[i];
    return;
  }
  for (Index i = 0; i < n; ++i) {
    v[i] = momentum * v[i] + g[i];
    theta[i] -= rate * v[i];
  }
}

void sgd(Index n, const double* __restrict g, double rate, double momentum, double* __restrict v,
         double* __restrict theta) {
  for (Index i = 0; i < n; ++i) {
    v[i] = momentum * v[i] - rate * g[i];
    theta[i] += momentum * v[i] - rate * g[i];
  }
}

void adam(Index n, const double* __restrict g, double rate, double beta1, double beta2,
          double epsilon, double* __restrict m, double* __restrict v, double* __restrict theta) {
  for (Index i = 0; i < n; ++i) {
    m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    v[i] = beta2 * v[i] + (1 - beta2) * (g[i] * g[i]);
    theta[i] -= rate * m[i] / (__builtin_sqrt(v[i]) + epsilon);
  }
}

double dot(Index n, const double* a, const double* b) {
  constexpr Index L = lanes<double>;
  Vec<double> sum{};
  Index i = 0;
  for (; i + L <= n; i += L) sum = plus_product(sum, load(a + i), load(b + i));
  double total = add_lanes(sum);
  for (; i < n; ++i) total += a[i] * b[i];
  return total;
}

void two_loop(Index n, Index pairs, const double* const* s, const double* const* y,
              const double* sy, const double* g, double* __restrict alpha,
              double* __restrict direction) {
  for (Index i = 0; i < n; ++i) direction[i] = -g[i];
  for (Index p = pairs - 1; p >= 0; --p) {
    alpha[p] = dot(n, s[p], direction) / sy[p];
    accumulate(n, -alpha[p], y[p], direction);
  }
  if (pairs > 0) {
    const double* last = y[pairs - 1];
    const double scale = sy[pairs - 1] / dot(n, last, last);
    for (Index i = 0; i < n; ++i) direction[i] *= scale;
  }
  for (Index p = 0; p < pairs; ++p) {
    const double beta = dot(n, y[p], direction) / sy[p];
    accumulate(n, alpha[p] - beta, s[p], direction);
  }
}

constexpr Updates updates = {squared_weights, gradient, largest, accumulate,
                             descend,         sgd,      adam,    two_loop,
                             dot};

}  // namespace
}  // namespace trilayer
