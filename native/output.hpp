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
};

constexpr Index output_tile_size(Index tile) { return 4 * tile; }

template <class T> OutputTile<T> output_tile(T* memory, Index tile) {
  return {nullptr, nullptr, memory, memory + tile, memory + 2 * tile};
}

inline Index sample_index(const Index* order, Index i) { return order ? order[i] : i; }

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

// y and s of samples first .. first + count for the tile.
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
}

template <class T> double sum_of_lanes(Vec<T> v) {
  double total = 0;
  for (int l = 0; l < lanes<T>; ++l) total += double(v[l]);
  return total;
}

// dz2 of the tile; adds the tile's sums of dz2 (E22) and, if wanted, of the loss (E12).
template <class T>
void output_layer(const OutputTile<T>& tile, Index padded, bool want_loss, double& db2,
                  double& loss) {
  Vec<T> sum_dz2{}, sum_loss{};
  for (Index i = 0; i < padded; i += lanes<T>) {
    const Vec<T> y = load(tile.y + i), s = load(tile.s + i);
    const Pack<T, 1> z{load(tile.z2 + i)}, e = exp_minus_magnitude(z);
    const Vec<T> dz2 = s * (sigmoid_from(z, e).v[0] - y);
    store(tile.dz2 + i, dz2);
    sum_dz2 += dz2;
    // log(1 + e^z) - y z, its large parts cancelled before the small one is added.
    if (want_loss) sum_loss += s * add_log1p(positive_part(z) - Pack<T, 1>{y} * z, e).v[0];
  }
  db2 += sum_of_lanes<T>(sum_dz2);
  if (want_loss) loss += sum_of_lanes<T>(sum_loss);
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
