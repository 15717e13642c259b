// The kernel for many hidden units: units in the lanes of a vector, one sample a row.
//
// A tile of samples goes forward and backward while it sits in cache. Both products keep a block
// of accumulators in registers: forward 6 samples x panel_vectors of units, running over the
// inputs; backward 6 inputs x panel_vectors of units, running over the tile's samples. Inputs are
// read one number at a time and broadcast, so rows need no rearranging and no sum crosses lanes.
//
// Tile memory: `hidden` holds panel after panel, each [tile][panel width] (A1, then dZ1).
#pragma once

#include "output.hpp"

namespace trilayer {
namespace {

template <class T, Index samples_in_tile = 96> struct Wide {
  static constexpr int L = lanes<T>;
  static constexpr int rows = 6;
  static constexpr Index tile = samples_in_tile;  // a multiple of `rows` and of every L
  static constexpr Index panel_width = panel_vectors * L;

  static Index padded(Shape n) { return round_up(n.n2, L); }

  // prepared: b1 [padded], W2 [padded], lane mask [L], b2 [L], W1 by panels [n1][panel width].
  static Index prepared_size(Shape n) { return (n.n1 + 2) * padded(n) + 2 * L; }

  struct Weights {
    const T *b1, *W2, *mask, *W1;
    T b2;
  };
  static Weights weights(Shape n, const T* p) {
    const Index n2 = padded(n);
    return {p, p + n2, p + 2 * n2, p + 2 * n2 + 2 * L, p[2 * n2 + L]};
  }

  // All of `prepared` but W1.
  static void prepare_rest(Shape n, const double* theta, T* p) {
    const Index n2 = padded(n);
    const double *b1 = theta + n.n1 * n.n2, *W2 = b1 + n.n2;
    for (Index j = 0; j < n2; ++j) {
      p[j] = j < n.n2 ? T(b1[j]) : T(0);
      p[n2 + j] = j < n.n2 ? T(W2[j]) : T(0);
    }
    // All ones where the last vector holds units: NaN of an infinite input stays out of z2.
    for (int l = 0; l < L; ++l) {
      const typename Bits<T>::type ones = n2 - L + l < n.n2 ? -1 : 0;
      __builtin_memcpy(p + 2 * n2 + l, &ones, sizeof ones);
      p[2 * n2 + L + l] = T(W2[n.n2]);
    }
  }

  static void prepare(Shape n, const double* theta, T* p) {
    prepare_rest(n, theta, p);
    const Index n2 = padded(n);
    T* out = p + 2 * n2 + 2 * L;
    for (Index first = 0; first < n2; first += panel_width) {
      const Index width = n2 - first < panel_width ? n2 - first : panel_width;
      const Index used = n.n2 - first < width ? n.n2 - first : width;
      for (Index k = 0; k < n.n1; ++k, out += width) {
        for (Index j = 0; j < used; ++j) out[j] = T(theta[k * n.n2 + first + j]);
        for (Index j = used; j < width; ++j) out[j] = T(0);
      }
    }
  }

  // work: dW1 (as W1 in prepared), dW2, db1 [padded] each; hidden [tile][padded];
  // z2 before adding lanes [tile][L]; the output tile; a copy of the inputs [tile][stride].
  static Index input_stride(Shape n) {
    // Rows a power of two apart would share a few cache sets.
    const Index stride = round_up(n.n1, L);
    return stride * Index(sizeof(T)) % 512 ? stride : stride + L;
  }
  static Index work_size(Shape n) {
    return (n.n1 + 2 + tile) * padded(n) + tile * L + output_tile_size(tile) +
           tile * input_stride(n) + L;
  }

  struct Tile {
    T *dW1, *dW2, *db1, *hidden, *partial, *inputs;
    OutputTile<T> output;
  };
  static Tile tile_memory(Shape n, T* p) {
    const Index n2 = padded(n);
    Tile t{};
    t.dW1 = p;
    t.dW2 = t.dW1 + n.n1 * n2;
    t.db1 = t.dW2 + n2;
    t.hidden = t.db1 + n2;
    t.partial = t.hidden + tile * n2;
    t.output = output_tile<T>(t.partial + tile * L, tile);
    t.inputs = t.partial + tile * L + output_tile_size(tile);
    return t;
  }

  struct Rows {
    const T* x;
    Index stride;
  };

  static void copy_row(const T* from, Index length, T* to) {
    Index k = 0;
    for (; k + L <= length; k += L) store(to + k, load(from + k));
    if (length >= L) store(to + length - L, load(from + length - L));  // may overlap
    else
      for (; k < length; ++k) to[k] = from[k];
  }

  // L samples that are columns, as rows of `stride` from `to` on.
  TRILAYER_ALONE static void turn_columns(Index n1, const Samples<T>& samples, Index first, T* to,
                                          Index stride) {
    for (Index k = 0; k < n1; k += L) {
      Vec<T> v[L] = {};
      for (int l = 0; l < L && k + l < n1; ++l)
        v[l] = load(samples.x + first + (k + l) * samples.feature_stride);
      transpose<T>(v);
      for (int l = 0; l < L; ++l) store(to + l * stride + k, v[l]);
    }
  }

  // The tile's samples as rows: where they lie if they are rows already, else a copy.
  static Rows rows_of(Shape n, const Samples<T>& samples, Index first, Index count, T* copy) {
    if (samples.feature_stride == 1 && !samples.order &&
        samples.sample_stride * Index(sizeof(T)) % 512)
      return {samples.x + first * samples.sample_stride, samples.sample_stride};
    const Index stride = input_stride(n);
    if (samples.order) prefetch_rows(samples, n.n1, first + count, tile);
    Index i = 0;
    if (samples.sample_stride == 1 && !samples.order)
      for (; i + L <= count; i += L)
        turn_columns(n.n1, samples, first + i, copy + i * stride, stride);
    for (; i < count; ++i) {
      const T* from = sample_at(samples, first + i);
      T* to = copy + i * stride;
      if (samples.feature_stride == 1) copy_row(from, n.n1, to);
      else
        for (Index k = 0; k < n.n1; ++k) to[k] = from[k * samples.feature_stride];
    }
    return {copy, stride};
  }

  // out[r][v] = start[v] + sum over k of x[r][k] w[k][v]: R samples, N vectors of units.
  template <int R, int N>
  TRILAYER_ALONE static void forward_block(const T* x, Index stride, Index n1, const T* w,
                                           const T* start, T* out) {
    Vec<T> sum[R][N];
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < N; ++v) sum[r][v] = load(start + v * L);
    for (const T* end = w + n1 * N * L; w != end; w += N * L, ++x) {
      Vec<T> weight[N];
      for (int v = 0; v < N; ++v) weight[v] = load(w + v * L);
      for (int r = 0; r < R; ++r) {
        const Vec<T> input = splat(x[r * stride]);
        for (int v = 0; v < N; ++v) sum[r][v] = plus_product(sum[r][v], input, weight[v]);
      }
    }
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < N; ++v) store(out + (r * N + v) * L, sum[r][v]);
  }

  // sum[r][v] += sum over samples of x[i][r] dz[i][v]: R inputs, N vectors of units.
  template <int R, int N>
  TRILAYER_ALONE static void backward_block(const T* x, Index stride, Index count, const T* dz,
                                            T* sums) {
    Vec<T> sum[R][N] = {};
    for (const T* end = dz + count * N * L; dz != end; dz += N * L, x += stride) {
      Vec<T> slope[N];
      for (int v = 0; v < N; ++v) slope[v] = load(dz + v * L);
      for (int r = 0; r < R; ++r) {
        const Vec<T> input = splat(x[r]);
        for (int v = 0; v < N; ++v) sum[r][v] = plus_product(sum[r][v], input, slope[v]);
      }
    }
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < N; ++v) {
        T* at = sums + (r * N + v) * L;
        store(at, load(at) + sum[r][v]);
      }
  }

  // E8 and this panel's part of E10 for R samples whose Z1 is in `hidden`.
  template <int N>
  TRILAYER_ALONE static void activate(Index count, const Vec<T>* W2, bool first, const Vec<T>* mask,
                                      T* hidden, T* partial) {
    for (Index i = 0; i < count; ++i) {
      Vec<T> sum = first ? Vec<T>{} : load(partial + i * L);
      T* at = hidden + i * N * L;
      Pack<T, N> a;
      for (int v = 0; v < N; ++v) a.v[v] = load(at + v * L);
      a = sigmoid(a);
      if (mask) a.v[N - 1] = from_bits<T>(bits<T>(a.v[N - 1]) & bits<T>(*mask));
      for (int v = 0; v < N; ++v) {
        store(at + v * L, a.v[v]);
        sum = plus_product(sum, W2[v], a.v[v]);
      }
      store(partial + i * L, sum);
    }
  }

  template <int R, int N>
  static void forward_rest(Rows in, Index n1, Index count, const T* w, const T* start, T* out) {
    if constexpr (R > 0) {
      if (count == R) forward_block<R, N>(in.x, in.stride, n1, w, start, out);
      else forward_rest<R - 1, N>(in, n1, count, w, start, out);
    }
  }

  // b1 + W1' x of some samples and a panel (E7).
  template <int N>
  static void product(Rows in, Index n1, Index count, const T* W1, const T* b1, T* z1) {
    if (count == rows) forward_block<rows, N>(in.x, in.stride, n1, W1, b1, z1);
    else forward_rest<rows - 1, N>(in, n1, count, W1, b1, z1);
  }

  // E8 of a panel, and its part of E10.
  template <int N> struct Activation {
    Vec<T> W2[N], mask;
    bool first, masked;

    Activation(Shape n, Weights w, Index unit) : mask(load(w.mask)) {
      for (int v = 0; v < N; ++v) W2[v] = load(w.W2 + unit + v * L);
      first = unit == 0;
      masked = unit + N * L == padded(n) && n.n2 % L;
    }
    void operator()(Index count, T* hidden, T* partial) const {
      Wide::template activate<N>(count, W2, first, masked ? &mask : nullptr, hidden, partial);
    }
  };

  template <int N>
  static void forward_panel(Shape n, Rows in, Index count, Weights w, Index first, Tile t) {
    const T *W1 = w.W1 + n.n1 * first, *b1 = w.b1 + first;
    T* hidden = t.hidden + tile * first;
    const Activation<N> activate(n, w, first);
    for (Index i = 0; i < count; i += rows) {
      const Index here = count - i < rows ? count - i : rows;
      T* z1 = hidden + i * N * L;
      product<N>({in.x + i * in.stride, in.stride}, n.n1, here, W1, b1, z1);
      activate(here, z1, t.partial + i * L);
    }
  }

  template <int R, int N>
  static void backward_rest(Rows in, Index inputs, Index count, const T* dz, T* sums) {
    if constexpr (R > 0) {
      if (inputs == R) backward_block<R, N>(in.x, in.stride, count, dz, sums);
      else backward_rest<R - 1, N>(in, inputs, count, dz, sums);
    }
  }

  // E21 of a panel, dz1 without W2 into its `hidden`; adds the sums to dW2 (E29) and db1 (E30).
  template <int N> static void slopes(Index count, Index first, Tile t) {
    T* hidden = t.hidden + tile * first;
    Vec<T> dW2[N] = {}, db1[N] = {};
    for (Index i = 0; i < count; ++i) {
      const Vec<T> dz2 = splat(t.output.dz2[i]);
#pragma GCC unroll 4
      for (int v = 0; v < N; ++v) {
        T* at = hidden + (i * N + v) * L;
        const Vec<T> a = load(at);
        const Vec<T> slope = dz2 * minus_product(a, a, a);
        dW2[v] = plus_product(dW2[v], dz2, a);
        db1[v] += slope;
        store(at, slope);
      }
    }
    for (int v = 0; v < N; ++v) {
      T *at2 = t.dW2 + first + v * L, *at1 = t.db1 + first + v * L;
      store(at2, load(at2) + dW2[v]);
      store(at1, load(at1) + db1[v]);
    }
  }

  // dW1 += X dZ1' (E31) of n1 inputs and a panel.
  template <int N>
  static void products(Index n1, Rows in, Index count, const T* hidden, T* dW1) {
    Index k = 0;
    for (; k + rows <= n1; k += rows)
      backward_block<rows, N>(in.x + k, in.stride, count, hidden, dW1 + k * N * L);
    backward_rest<rows - 1, N>({in.x + k, in.stride}, n1 - k, count, hidden, dW1 + k * N * L);
  }

  // E21 and E29 to E31, W2 left out of the last three: it does not depend on the sample.
  template <int N> static void backward_panel(Shape n, Rows in, Index count, Index first, Tile t) {
    slopes<N>(count, first, t);
    products<N>(n.n1, in, count, t.hidden + tile * first, t.dW1 + n.n1 * first);
  }

  // Calls f(N, first unit) for each panel, N (its number of vectors) known to the compiler.
  template <class F> static void for_each_panel(Shape n, F f) {
    const Index n2 = padded(n);
    Index first = 0;
    for (; first + panel_width <= n2; first += panel_width)
      f(std::integral_constant<int, panel_vectors>{}, first);
    const Index rest = (n2 - first) / L;
    if (rest == 1) f(std::integral_constant<int, 1>{}, first);
    if constexpr (panel_vectors > 2) {
      if (rest == 2) f(std::integral_constant<int, 2>{}, first);
      if (rest == 3) f(std::integral_constant<int, 3>{}, first);
    }
  }

  // z2 of the tile into t.output.z2, and A1 into t.hidden.
  static void forward(Shape n, Rows in, Index count, Weights w, Tile t) {
    for_each_panel(n,
                   [&](auto N, Index first) { forward_panel<N.value>(n, in, count, w, first, t); });
    add_panels(count, w.b2, t);
  }

  // E10: z2 of the tile from what the panels left in t.partial.
  static void add_panels(Index count, T b2, Tile t) {
    const Index whole = round_up(count, L);
    for (Index i = count; i < whole; ++i) store(t.partial + i * L, Vec<T>{});
    for (Index i = 0; i < whole; i += L) {
      Vec<T> parts[L];
      for (int l = 0; l < L; ++l) parts[l] = load(t.partial + (i + l) * L);
      store(t.output.z2 + i, lane_sums<T>(parts) + b2);
    }
  }

  // All of the gradient but dW1.
  static void write_rest(Shape n, Weights w, Tile t, double* out) {
    double *db1 = out + n.n1 * n.n2, *dW2 = db1 + n.n2;
    for (Index j = 0; j < n.n2; ++j) {
      db1[j] = double(t.db1[j]) * double(w.W2[j]);
      dW2[j] = double(t.dW2[j]);
    }
  }

  static void write_gradient(Shape n, Weights w, Tile t, double* out) {
    write_rest(n, w, t, out);
    for_each_panel(n, [&](auto N, Index first) {
      constexpr Index width = N.value * L;
      const Index used = n.n2 - first < width ? n.n2 - first : width;
      const T* from = t.dW1 + n.n1 * first;
      for (Index k = 0; k < n.n1; ++k)
        for (Index j = 0; j < used; ++j)
          out[k * n.n2 + first + j] = double(from[k * width + j]) * double(w.W2[first + j]);
    });
  }

  static void sums(Shape n, const T* prepared, const Samples<T>& samples, Index first, Index count,
                   bool want_loss, T* work, double* out) {
    const Weights w = weights(n, prepared);
    Tile t = tile_memory(n, work);
    const Index sum_length = (n.n1 + 2) * padded(n);
    for (Index i = 0; i < sum_length; ++i) work[i] = T(0);
    double db2 = 0, loss = 0;
    for (Index i = 0; i < count; i += tile) {
      const Index here = count - i < tile ? count - i : tile, whole = round_up(here, L);
      const Rows in = rows_of(n, samples, first + i, here, t.inputs);
      gather_labels(samples, first + i, here, whole, t.output);
      forward(n, in, here, w, t);
      output_layer(t.output, whole, want_loss, db2, loss);
      for_each_panel(n, [&](auto N, Index unit) { backward_panel<N.value>(n, in, here, unit, t); });
    }
    out[0] = loss;
    write_gradient(n, w, t, out + 1);
    out[n.parameters()] = db2;
  }

  static void predict(Shape n, const T* prepared, const Samples<T>& samples, Index first,
                      Index count, Output kind, T* work, T* out) {
    const Weights w = weights(n, prepared);
    const Tile t = tile_memory(n, work);
    const Index width = kind == Output::both_probabilities ? 2 : 1;
    for (Index i = 0; i < count; i += tile) {
      const Index here = count - i < tile ? count - i : tile;
      forward(n, rows_of(n, samples, first + i, here, t.inputs), here, w, t);
      write_output(t.output.z2, here, kind, out + width * i);
    }
  }
};

}  // namespace
}  // namespace trilayer
