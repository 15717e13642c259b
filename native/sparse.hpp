// The kernel for inputs of which most are zero: a sample is the numbers that are not, and takes as
// many rows of W1, forward and backward.
//
// All but the two products is the kernel for many hidden units. The sums of W1's gradient are as
// long as W1 itself, so blocks are worth their while and parts of a batch are not (sums.cpp).
#pragma once

#include "wide.hpp"

namespace trilayer {
namespace {

template <class T> struct Sparse {
  // Rows of W1 are read wherever they lie: a larger tile makes its other costs smaller.
  using Net = Wide<T, 192>;
  static constexpr int L = lanes<T>;
  static constexpr Index tile = Net::tile;

  // As Wide's, without its copy of a tile's inputs.
  static Index work_size(Shape n) {
    return (n.n1 + 2 + tile) * Net::padded(n) + tile * L + output_tile_size(tile) + L;
  }

  // Adds W1' x of a tile's samples and a panel to b1 (E7).
  template <int N>
  TRILAYER_ALONE static void gather_rows(const Samples<T>& samples, Index first, Index count,
                                         const T* W1, const T* b1, T* z1) {
    for (Index i = 0; i < count; ++i, z1 += N * L) {
      const Entries<T> row = entries_of(samples, first + i);
      Vec<T> sum[N];
      for (int v = 0; v < N; ++v) sum[v] = load(b1 + v * L);
      for (Index e = 0; e < row.count; ++e) {
        const Vec<T> x = splat(row.x[e]);
        const T* from = W1 + Index(row.input[e]) * N * L;
        for (int v = 0; v < N; ++v) sum[v] = plus_product(sum[v], x, load(from + v * L));
      }
      for (int v = 0; v < N; ++v) store(z1 + v * L, sum[v]);
    }
  }

  // dW1 += X dZ1' (E31) of a tile's samples and a panel.
  template <int N>
  TRILAYER_ALONE static void scatter_rows(const Samples<T>& samples, Index first, Index count,
                                          const T* dz1, T* dW1) {
    for (Index i = 0; i < count; ++i, dz1 += N * L) {
      const Entries<T> row = entries_of(samples, first + i);
      Vec<T> slope[N];
      for (int v = 0; v < N; ++v) slope[v] = load(dz1 + v * L);
      for (Index e = 0; e < row.count; ++e) {
        const Vec<T> x = splat(row.x[e]);
        T* to = dW1 + Index(row.input[e]) * N * L;
        for (int v = 0; v < N; ++v)
          store(to + v * L, plus_product(load(to + v * L), x, slope[v]));
      }
    }
  }

  // z2 of a tile's samples into t.output.z2, and A1 into t.hidden.
  static void forward(Shape n, typename Net::Weights w, const Samples<T>& samples, Index first,
                      Index count, typename Net::Tile t) {
    Net::for_each_panel(n, [&](auto N, Index unit) {
      T* z1 = t.hidden + tile * unit;
      gather_rows<N.value>(samples, first, count, w.W1 + n.n1 * unit, w.b1 + unit, z1);
      const typename Net::template Activation<N.value> activate(n, w, unit);
      activate(count, z1, t.partial);
    });
    Net::add_panels(count, w.b2, t);
  }

  static void sums(Shape n, const T* prepared, const Samples<T>& samples, Index first, Index count,
                   bool want_loss, T* work, double* out) {
    const typename Net::Weights w = Net::weights(n, prepared);
    typename Net::Tile t = Net::tile_memory(n, work);
    const Index sum_length = (n.n1 + 2) * Net::padded(n);
    for (Index i = 0; i < sum_length; ++i) work[i] = T(0);
    double db2 = 0, loss = 0;
    for (Index i = 0; i < count; i += tile) {
      const Index here = count - i < tile ? count - i : tile, whole = round_up(here, L);
      gather_labels(samples, first + i, here, whole, t.output);
      forward(n, w, samples, first + i, here, t);
      output_layer(t.output, whole, want_loss, db2, loss);
      Net::for_each_panel(n, [&](auto N, Index unit) {
        Net::template slopes<N.value>(here, unit, t);
        scatter_rows<N.value>(samples, first + i, here, t.hidden + tile * unit,
                              t.dW1 + n.n1 * unit);
      });
    }
    out[0] = loss;
    Net::write_gradient(n, w, t, out + 1);
    out[n.parameters()] = db2;
  }

  static void predict(Shape n, const T* prepared, const Samples<T>& samples, Index first,
                      Index count, Output kind, T* work, T* out) {
    const typename Net::Weights w = Net::weights(n, prepared);
    const typename Net::Tile t = Net::tile_memory(n, work);
    const Index width = kind == Output::both_probabilities ? 2 : 1;
    for (Index i = 0; i < count; i += tile) {
      const Index here = count - i < tile ? count - i : tile;
      forward(n, w, samples, first + i, here, t);
      write_output(t.output.z2, here, kind, out + width * i);
    }
  }
};

}  // namespace
}  // namespace trilayer
