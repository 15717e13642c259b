// The unit without a hidden layer (E33, E34) on inputs that have a layout: W2 by a table, as stairs.hpp
// has W1, of one number a row; of sparse inputs, W2 itself. Sample by sample, for there is next to nothing to compute.
#pragma once

#include "stairs.hpp"

namespace trilayer {
namespace {

template <class T> struct Unit {
  static constexpr int L = lanes<T>;
  static constexpr Index tile = 192;

  // prepared: the table [rows], b2. work: the table's sums [rows], the output tile.
  static Index prepared_size(const Layout& layout) { return layout.rows + 1; }
  static Index work_size(const Layout& layout) {
    return round_up(layout.rows, L) + output_tile_size(tile);
  }

  static void prepare(Shape n, const Layout& layout, const double* theta, T* p) {
    for (Index k = 0; k < layout.plain; ++k) p[k] = T(theta[layout.inputs[k]]);
    for_each_run(layout, [&](Index first, Index length, Index row, bool stair) {
      double sum = 0;
      p[stair ? row : row + length] = T(0);
      for (Index k = 0; k < length; ++k) {
        sum = stair ? sum + theta[first + k] : theta[first + k];
        p[row + k + (stair ? 1 : 0)] = T(sum);
      }
    });
    p[layout.rows] = T(theta[n.n1]);
  }

  // Calls f(row of the table, share) for all that a sample's z2 is made of.
  template <class F> static void for_each_row(const Samples<T>& samples, Index i, F f) {
    const Layout& layout = *samples.layout;
    if (layout.sparse) {
      const Entries<T> row = entries_of(samples, i);
      for (Index e = 0; e < row.count; ++e) f(row.input[e], row.x[e]);
      return;
    }
    const Index sample = sample_index(samples.order, i);
    const T* x = samples.x + sample * samples.sample_stride;
    for (Index k = 0; k < layout.plain; ++k) f(k, x[k * samples.feature_stride]);
    const Place* at = samples.at + sample * layout.count();
    const T* part = samples.part + sample * layout.stairs;
    Index row = layout.plain;
    for (Index g = 0; g < layout.count(); ++g) {
      if (g < layout.stairs) {
        f(row + at[g], T(1) - part[g]);
        f(row + at[g] + 1, part[g]);
      } else f(row + at[g], T(1));
      row += layout.runs[2 * g + 1] + 1;
    }
  }

  // z2 of a tile.
  static void forward(const T* prepared, const Samples<T>& samples, Index first, Index count,
                      T* z2) {
    const T b2 = prepared[samples.layout->rows];
    for (Index i = 0; i < count; ++i) {
      T z = b2;
      for_each_row(samples, first + i, [&](Index row, T share) { z += share * prepared[row]; });
      z2[i] = z;
    }
    for (Index i = count; i < round_up(count, L); ++i) z2[i] = T(0);
  }

  static void write_gradient(const Layout& layout, const T* sums, double* out) {
    for (Index k = 0; k < layout.plain; ++k) out[layout.inputs[k]] = double(sums[k]);
    for_each_run(layout, [&](Index first, Index length, Index row, bool stair) {
      double sum = 0;
      for (Index k = length; k-- > 0;) {
        const double here = double(sums[row + k + (stair ? 1 : 0)]);
        sum = stair ? sum + here : here;
        out[first + k] = sum;
      }
    });
  }

  static void sums(Shape n, const T* prepared, const Samples<T>& samples, Index first, Index count,
                   bool want_loss, T* work, double* out) {
    const Layout& layout = *samples.layout;
    OutputTile<T> output = output_tile<T>(work + round_up(layout.rows, L), tile);
    for (Index r = 0; r < layout.rows; ++r) work[r] = T(0);
    double db2 = 0, loss = 0;
    for (Index i = 0; i < count; i += tile) {
      const Index here = count - i < tile ? count - i : tile, whole = round_up(here, L);
      gather_labels(samples, first + i, here, whole, output);
      forward(prepared, samples, first + i, here, output.z2);
      output_layer(output, whole, want_loss, db2, loss);
      for (Index k = 0; k < here; ++k)
        for_each_row(samples, first + i + k,
                     [&](Index row, T share) { work[row] += share * output.dz2[k]; });
    }
    out[0] = loss;
    write_gradient(layout, work, out + 1);
    out[n.parameters()] = db2;
  }

  static void predict(Shape, const T* prepared, const Samples<T>& samples, Index first, Index count,
                      Output kind, T* work, T* out) {
    const OutputTile<T> output =
        output_tile<T>(work + round_up(samples.layout->rows, L), tile);
    const Index width = kind == Output::both_probabilities ? 2 : 1;
    for (Index i = 0; i < count; i += tile) {
      const Index here = count - i < tile ? count - i : tile;
      forward(prepared, samples, first + i, here, output.z2);
      write_output(output.z2, here, kind, out + width * i);
    }
  }
};

}  // namespace
}  // namespace trilayer
