// The kernel for few hidden units, and for none: samples in the lanes of a vector.
//
// Tile memory: inputs [n1][row] and hidden [n2][row] (Z1, A1, then dZ1), one row a feature or
// a unit. Forward, 6 units x panel_vectors of samples sit in registers, backward a few inputs x
// 6 units; the lanes of those are added once a tile.
#pragma once

#include "output.hpp"

namespace trilayer {
namespace {

template <class T> struct Narrow {
  static constexpr int L = lanes<T>;
  static constexpr Index tile = 512;
  static constexpr Index row = tile + 64 / Index(sizeof(T));  // not a power of two: see wide.hpp
  static constexpr int units = 6;
  static constexpr int inputs = panel_vectors;
  static constexpr Index group = panel_vectors * L;

  // prepared is theta itself, in T.
  static Index prepared_size(Shape n) { return n.parameters(); }
  static void prepare(Shape n, const double* theta, T* prepared) {
    for (Index i = 0; i < n.parameters(); ++i) prepared[i] = T(theta[i]);
  }

  struct Weights {
    const T *W1, *b1, *W2;
    T b2;
  };
  static Weights weights(Shape n, const T* p) {
    const T *b1 = p + n.n1 * n.n2, *W2 = b1 + n.n2;
    return {p, b1, W2, p[n.parameters() - 1]};
  }

  // work: sums [n1][n2] or [n1], dW2 and db1 [n2]; hidden; inputs; output tile.
  static Index sum_count(Shape n) { return round_up(n.parameters(), L); }
  static Index work_size(Shape n) {
    return sum_count(n) + (n.n1 + n.n2) * row + output_tile_size(tile);
  }

  struct Tile {
    T *sums, *hidden, *copies;
    OutputTile<T> output;
  };
  static Tile tile_memory(Shape n, T* p) {
    Tile t{};
    t.sums = p;
    t.hidden = p + sum_count(n);
    t.copies = t.hidden + n.n2 * row;
    t.output = output_tile<T>(t.copies + n.n1 * row, tile);
    return t;
  }

  struct Columns {
    const T* x;
    Index stride;  // from one feature to the next
  };

  // L samples that are rows, as columns from `to` on. The last features may be done twice.
  TRILAYER_ALONE static void turn_rows(Index n1, const Samples<T>& samples, Index first, T* to) {
    const T* from[L];
    for (int l = 0; l < L; ++l) from[l] = sample_at(samples, first + l);
    for (Index k = 0; k < n1; k += L) {
      if (k + L > n1) k = n1 - L;
      Vec<T> v[L];
      for (int l = 0; l < L; ++l) v[l] = load(from[l] + k);
      transpose<T>(v);
      for (int l = 0; l < L; ++l) store(to + (k + l) * row, v[l]);
    }
  }

  // The tile's samples as columns: where they lie if they are columns already, else a copy.
  static Columns columns_of(Shape n, const Samples<T>& samples, Index first, Index count,
                            Index whole, T* copy) {
    const Index step = samples.sample_stride, next = samples.feature_stride;
    if (step == 1 && contiguous(samples, first, count, whole) && next * Index(sizeof(T)) % 512)
      return {samples.x + first, next};
    if (samples.order) prefetch_rows(samples, n.n1, first + count, tile);
    Index i = 0;
    if (step == 1 && !samples.order)
      for (Index k = 0; k < n.n1; ++k, i = count)
        __builtin_memcpy(copy + k * row, samples.x + first + k * next,
                         std::size_t(count) * sizeof(T));
    else if (next == 1 && n.n1 >= L)
      for (; i + L <= count; i += L) turn_rows(n.n1, samples, first + i, copy + i);
    for (; i < whole; ++i) {
      const T* from = i < count ? sample_at(samples, first + i) : nullptr;
      for (Index k = 0; k < n.n1; ++k) copy[k * row + i] = from ? from[k * next] : T(0);
    }
    return {copy, row};
  }

  // out[j][i] = start[j] + sum over k of w[k][j] x[k][i] (E7): J units, V vectors of samples.
  template <int J, int V>
  TRILAYER_ALONE static void forward_block(Columns in, Index n1, const T* w, Index w_stride,
                                           const T* start, T* out) {
    Vec<T> sum[J][V];
    for (int j = 0; j < J; ++j)
      for (int v = 0; v < V; ++v) sum[j][v] = splat(start[j]);
    for (Index k = 0; k < n1; ++k) {
      Vec<T> x[V];
      for (int v = 0; v < V; ++v) x[v] = load(in.x + k * in.stride + v * L);
      for (int j = 0; j < J; ++j) {
        const Vec<T> weight = splat(w[k * w_stride + j]);
        for (int v = 0; v < V; ++v) sum[j][v] = plus_product(sum[j][v], weight, x[v]);
      }
    }
    for (int j = 0; j < J; ++j)
      for (int v = 0; v < V; ++v) store(out + j * row + v * L, sum[j][v]);
  }

  template <int rows> TRILAYER_INLINE static void add_lanes_of(const Vec<T>* sum, T* total) {
    for (int r = 0; r < rows; r += L) store(total + r, lane_sums<T>(sum + r));
  }

  // sums[k][j] += sum over samples of x[k][i] dz[j][i] (E31): K inputs, J units.
  template <int K, int J>
  TRILAYER_ALONE static void backward_block(Columns in, Index whole, const T* dz, T* sums,
                                            Index sum_stride) {
    constexpr int rows = int(round_up(K * J, L));
    Vec<T> sum[rows] = {};
    for (Index i = 0; i < whole; i += L) {
      Vec<T> x[K];
      for (int k = 0; k < K; ++k) x[k] = load(in.x + k * in.stride + i);
      for (int j = 0; j < J; ++j) {
        const Vec<T> slope = load(dz + j * row + i);
        for (int k = 0; k < K; ++k) sum[k * J + j] = plus_product(sum[k * J + j], x[k], slope);
      }
    }
    T total[rows];
    add_lanes_of<rows>(sum, total);
    for (int k = 0; k < K; ++k)
      for (int j = 0; j < J; ++j) sums[k * sum_stride + j] += total[k * J + j];
  }

  // Calls f(count, first), count at most `most` and known to the compiler; for 0, nothing.
  template <int most, class F> static void rest(Index count, Index first, F f) {
    if constexpr (most > 0) {
      if (count == most) f(std::integral_constant<int, most>{}, first);
      else rest<most - 1>(count, first, f);
    }
  }
  // Calls f(J, first unit) for blocks of J units.
  template <class F> static void for_each_units(Index n2, F f) {
    Index first = 0;
    for (; first + units <= n2; first += units) f(std::integral_constant<int, units>{}, first);
    rest<units - 1>(n2 - first, first, f);
  }

  // z2 of the tile, and A1 in t.hidden: group after group, the last one perhaps smaller.
  static void forward(Shape n, Columns in, Index whole, Weights w, Tile t) {
    Index i = 0;
    for (; i + group <= whole; i += group) forward_group<panel_vectors>(n, in, i, w, t);
    rest<panel_vectors - 1>((whole - i) / L, i, [&](auto V, Index at) {
      forward_group<V.value>(n, in, at, w, t);
    });
  }

  template <int V>
  static void forward_group(Shape n, Columns in, Index i, Weights w, Tile t) {
    const Columns here{in.x + i, in.stride};
    T* z2 = t.output.z2 + i;
    if (n.n2 == 0) return forward_block<1, V>(here, n.n1, w.W2, 1, &w.b2, z2);
    for_each_units(n.n2, [&](auto J, Index j) {
      forward_block<J.value, V>(here, n.n1, w.W1 + j, n.n2, w.b1 + j, t.hidden + j * row + i);
    });
    activate<V>(n.n2, w, t.hidden + i, z2);
  }

  // E8 and E10 of V vectors of samples.
  template <int V> TRILAYER_ALONE static void activate(Index n2, Weights w, T* hidden, T* z2) {
    Vec<T> sum[V];
    for (int v = 0; v < V; ++v) sum[v] = splat(w.b2);
    for (Index j = 0; j < n2; ++j) {
      T* at = hidden + j * row;
      const Vec<T> weight = splat(w.W2[j]);
      Pack<T, V> a;
      for (int v = 0; v < V; ++v) a.v[v] = load(at + v * L);
      a = sigmoid(a);
      for (int v = 0; v < V; ++v) {
        store(at + v * L, a.v[v]);
        sum[v] = plus_product(sum[v], weight, a.v[v]);
      }
    }
    for (int v = 0; v < V; ++v) store(z2 + v * L, sum[v]);
  }

  // E21 of J units, dz1 without W2 into `hidden`; adds their sums to dW2 (E29) and db1 (E30).
  template <int J>
  TRILAYER_ALONE static void slopes(Index whole, const T* dz2, T* hidden, T* dW2, T* db1) {
    constexpr int rows = int(round_up(2 * J, L));
    Vec<T> sum[rows] = {};
    for (Index i = 0; i < whole; i += L) {
      const Vec<T> d = load(dz2 + i);
      for (int j = 0; j < J; ++j) {
        const Vec<T> a = load(hidden + j * row + i);
        const Vec<T> slope = d * minus_product(a, a, a);
        sum[j] = plus_product(sum[j], d, a);
        sum[J + j] += slope;
        store(hidden + j * row + i, slope);
      }
    }
    T total[rows];
    add_lanes_of<rows>(sum, total);
    for (int j = 0; j < J; ++j) {
      dW2[j] += total[j];
      db1[j] += total[J + j];
    }
  }

  // E21 and E29 to E31; W2 is left out of the last three, it does not depend on the sample.
  static void backward(Shape n, Columns in, Index whole, Tile t) {
    const T* dz2 = t.output.dz2;
    T *db1 = t.sums + n.n1 * n.n2, *dW2 = db1 + n.n2;
    if (n.n2 == 0) {
      products<1>(n.n1, in, whole, dz2, t.sums, 1);
      return;
    }
    for_each_units(n.n2, [&](auto J, Index j) {
      slopes<J.value>(whole, dz2, t.hidden + j * row, dW2 + j, db1 + j);
      products<J.value>(n.n1, in, whole, t.hidden + j * row, t.sums + j, n.n2);
    });
  }

  template <int J>
  static void products(Index n1, Columns in, Index whole, const T* dz, T* sums, Index stride) {
    Index k = 0;
    for (; k + inputs <= n1; k += inputs)
      backward_block<inputs, J>({in.x + k * in.stride, in.stride}, whole, dz, sums + k * stride,
                                stride);
    rest<inputs - 1>(n1 - k, k, [&](auto K, Index first) {
      backward_block<K.value, J>({in.x + first * in.stride, in.stride}, whole, dz,
                                 sums + first * stride, stride);
    });
  }

  static void write_gradient(Shape n, Weights w, const T* sums, double* out) {
    const Index inner = n.n1 * n.n2;
    if (n.n2 == 0)
      for (Index k = 0; k < n.n1; ++k) out[k] = double(sums[k]);
    for (Index k = 0; k < (n.n2 ? n.n1 + 1 : 0); ++k)  // dW1 and db1
      for (Index j = 0; j < n.n2; ++j)
        out[k * n.n2 + j] = double(sums[k * n.n2 + j]) * double(w.W2[j]);
    for (Index j = 0; j < n.n2; ++j) out[inner + n.n2 + j] = double(sums[inner + n.n2 + j]);
  }

  static void sums(Shape n, const T* prepared, const Samples<T>& samples, Index first, Index count,
                   bool want_loss, T* work, double* out) {
    const Weights w = weights(n, prepared);
    Tile t = tile_memory(n, work);
    for (Index i = 0; i < sum_count(n); ++i) t.sums[i] = T(0);
    double db2 = 0, loss = 0;
    for (Index i = 0; i < count; i += tile) {
      const Index here = count - i < tile ? count - i : tile, whole = round_up(here, L);
      const Columns in = columns_of(n, samples, first + i, here, whole, t.copies);
      gather_labels(samples, first + i, here, whole, t.output);
      forward(n, in, whole, w, t);
      output_layer(t.output, whole, want_loss, db2, loss);
      backward(n, in, whole, t);
    }
    out[0] = loss;
    write_gradient(n, w, t.sums, out + 1);
    out[n.parameters()] = db2;
  }

  static void predict(Shape n, const T* prepared, const Samples<T>& samples, Index first,
                      Index count, Output kind, T* work, T* out) {
    const Weights w = weights(n, prepared);
    const Tile t = tile_memory(n, work);
    const Index width = kind == Output::both_probabilities ? 2 : 1;
    for (Index i = 0; i < count; i += tile) {
      const Index here = count - i < tile ? count - i : tile, whole = round_up(here, L);
      forward(n, columns_of(n, samples, first + i, here, whole, t.copies), whole, w, t);
      write_output(t.output.z2, here, kind, out + width * i);
    }
  }
};

}  // namespace
}  // namespace trilayer
