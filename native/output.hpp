// The output layer of a tile of samples (E11 to E13, E22), shared by the wide and narrow kernels.
#pragma once

#include "math.hpp"
#include "network.hpp"

namespace trilayer {
namespace {

constexpr Index round_up(Index n, Index multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

// One tile's rows of 1 x tile numbers, padded with zeros to whole vectors.
template <class T> struct OutputTile {
  const T* y;  // labels
  const T* s;  // sample weights; 0 in the padding, which therefore adds nothing
  T* z2;       // logits (in)
  T* dz2;      // s (a2 - y) (out)
  T* copies;   // of y and s, where they cannot be read in place
  bool equal;  // s holds ones, and zeros in the padding, alone
};

constexpr Index output_tile_size(Index tile) { return 4 * tile; }

template <class T> OutputTile<T> output_tile(T* memory, Index tile) {
  return {nullptr, nullptr, memory, memory + tile, memory + 2 * tile, false};
}

inline Index sample_index(const Index* order, Index i) { return order ? order[i] : i; }

// What is not zero of a sparse sample: which inputs, and how much.
template <class T> struct Entries {
  const T* x;
  const std::int32_t* input;
  Index count;
};

template <class T> Entries<T> entries_of(const Samples<T>& samples, Index i) {
  const Index* start = samples.starts + sample_index(samples.order, i);
  return {samples.x + start[0], samples.inputs + start[0], start[1] - start[0]};
}

// Feature 0 of the i-th sample.
template <class T> const T* sample_at(const Samples<T>& samples, Index i) {
  return samples.x + sample_index(samples.order, i) * samples.sample_stride;
}

// Asks for the rows of gathered samples from .. from + count ahead of their use: they lie
// anywhere, and waiting for memory one by one would cost more than the arithmetic.
template <class T>
void prefetch_rows(const Samples<T>& samples, Index n1, Index from, Index count) {
  constexpr Index line = 64 / Index(sizeof(T)), most_lines = 8;
  if (samples.feature_stride != 1) return;
  const Index end = from + count < samples.listed ? from + count : samples.listed;
  const Index length = n1 < most_lines * line ? n1 : most_lines * line;
  for (Index i = from; i < end; ++i) {
    const T* row = sample_at(samples, i);
    for (Index k = 0; k < length; k += line) __builtin_prefetch(row + k, 0, 2);
    __builtin_prefetch(row + length - 1, 0, 2);
  }
}

// Whether samples first .. first + padded are there to read one after the other.
template <class T>
bool contiguous(const Samples<T>& samples, Index first, Index count, Index padded) {
  return !samples.order && (count == padded || first + padded <= samples.padded_to);
}

template <class T>
const T* gather(const T* from, const Index* order, Index first, Index count, Index padded, T* to) {
  for (Index i = 0; i < count; ++i) to[i] = from ? from[sample_index(order, first + i)] : T(1);
  for (Index i = count; i < padded; ++i) to[i] = T(0);
  return to;
}

template <class T> bool all_ones(const T* s, Index count) {
  bool ones = true;
  for (Index i = 0; i < count; ++i) ones &= s[i] == T(1);
  return ones;
}

// y and s of samples first .. first + count for the tile. Weights that are all 1 say what none say,
// and are summed by the same formula: equal samples have equal sums, bit for bit.
template <class T>
void gather_labels(const Samples<T>& samples, Index first, Index count, Index padded,
                   OutputTile<T>& tile) {
  const bool in_place = contiguous(samples, first, count, padded);
  const Index* order = samples.order;
  tile.y =
      in_place ? samples.y + first : gather(samples.y, order, first, count, padded, tile.copies);
  tile.s = in_place && samples.s
               ? samples.s + first
               : gather(samples.s, order, first, count, padded, tile.copies + padded);
  tile.equal = samples.equal || all_ones(tile.s, count);
}

template <class T> double sum_of_lanes(Vec<T> v) {
  double total = 0;
  for (int l = 0; l < lanes<T>; ++l) total += double(v[l]);
  return total;
}

// log(1 + e_1) + log(1 + e_2) + ... of equally weighted samples, lane by lane: q holds the product
// of the factors, less 1. It only grows, by terms that are not negative, so it keeps the digits of
// a sum of small e. A lane's product is far from overflow in T; a tile's, at most 2^tile, in double.
template <class V> TRILAYER_INLINE V times_one_plus(V q, V e) { return q + plus_product(e, e, q); }
TRILAYER_INLINE double times_one_plus(double q, double e) { return q + (e + e * q); }

template <class T, int N> double log_of_product(const Pack<T, N>& q) {
  constexpr int L = lanes<T>;
  double product[L] = {};
  for (int v = 0; v < N; ++v)
    for (int l = 0; l < L; ++l) product[l] = times_one_plus(product[l], double(q.v[v][l]));
  for (int half = L / 2; half > 0; half /= 2)
    for (int l = 0; l < half; ++l) product[l] = times_one_plus(product[l], product[l + half]);
  return __builtin_log1p(product[0]);
}

// What output_layer adds up over a tile.
template <class T> struct OutputSums {
  Vec<T> dz2{}, loss{};
  Pack<T, panel_vectors> product{};
};

// N vectors of samples from `i` on.
template <int N, bool want_loss, class T>
TRILAYER_INLINE void output_vectors(const OutputTile<T>& tile, Index i, OutputSums<T>& sums) {
  constexpr Index L = lanes<T>;
  Pack<T, N> y, s, z;
  for (int v = 0; v < N; ++v) {
    y.v[v] = load(tile.y + i + v * L);
    s.v[v] = load(tile.s + i + v * L);
    z.v[v] = load(tile.z2 + i + v * L);
  }
  const auto e = exp_minus_magnitude(z), dz2 = s * (sigmoid_from(z, e) - y);
  for (int v = 0; v < N; ++v) {
    store(tile.dz2 + i + v * L, dz2.v[v]);
    sums.dz2 += dz2.v[v];
  }
  if (!want_loss) return;
  // log(1 + e^z) - y z = log(1 + e) + base, the large parts of base cancelled first.
  const auto base = minus_product(positive_part(z), y, z);
  if (tile.equal) {
    for (int v = 0; v < N; ++v) {
      sums.loss = plus_product(sums.loss, s.v[v], base.v[v]);
      sums.product.v[v] = times_one_plus(sums.product.v[v], s.v[v] * e.v[v]);
    }
  } else {
    const auto loss = s * add_log1p(base, e);
    for (int v = 0; v < N; ++v) sums.loss += loss.v[v];
  }
}

template <bool want_loss, class T>
OutputSums<T> output_sums(const OutputTile<T>& tile, Index padded) {
  constexpr Index L = lanes<T>;
  OutputSums<T> sums;
  Index i = 0;
  for (; i + panel_vectors * L <= padded; i += panel_vectors * L)
    output_vectors<panel_vectors, want_loss>(tile, i, sums);
  for (; i < padded; i += L) output_vectors<1, want_loss>(tile, i, sums);
  return sums;
}

// dz2 of the tile; adds the tile's sums of dz2 (E22) and, if wanted, of the loss (E12).
template <class T>
void output_layer(const OutputTile<T>& tile, Index padded, bool want_loss, double& db2,
                  double& loss) {
  const OutputSums<T> sums =
      want_loss ? output_sums<true>(tile, padded) : output_sums<false>(tile, padded);
  db2 += sum_of_lanes<T>(sums.dz2);
  if (!want_loss) return;
  loss += sum_of_lanes<T>(sums.loss);
  if (tile.equal) loss += log_of_product(sums.product);
}

// Writes `count` logits z2 (padded to whole vectors) as `kind` says. The first class has
// sigmoid(-z), not 1 - sigmoid(z): small probabilities keep their digits.
template <class T> void write_output(T* z2, Index count, Output kind, T* out) {
  if (kind == Output::both_probabilities) {
    for (Index i = 0; i < count; i += lanes<T>) {
      const Pack<T, 1> z{load(z2 + i)}, e = exp_minus_magnitude(z);
      const Vec<T> second = sigmoid_from(z, e).v[0], first = sigmoid_from(Pack<T, 1>{-z.v[0]}, e).v[0];
      const Index left = count - i < lanes<T> ? count - i : lanes<T>;
      for (Index l = 0; l < left; ++l) {
        out[2 * (i + l)] = first[l];
        out[2 * (i + l) + 1] = second[l];
      }
    }
    return;
  }
  if (kind == Output::probability)
    for (Index i = 0; i < count; i += lanes<T>)
      store(z2 + i, sigmoid(Pack<T, 1>{load(z2 + i)}).v[0]);
  __builtin_memcpy(out, z2, std::size_t(count) * sizeof(T));
}

}  // namespace
}  // namespace trilayer
