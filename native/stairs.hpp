// The kernel for inputs of which a sample has little to add up (see Layout): the positions of
// numbers in bins, and the levels of categories.
//
// It is the kernel for many hidden units, with W1 replaced by a table: the rows of plain inputs
// first, then for each stair the sums of its first 0, 1, .. rows, each times its input's height, and
// for each run of levels its rows, likewise, and one of zeros. A stair of any length takes two rows
// of it, forward and backward; what went backward into the sums is turned into a gradient of W1 at
// the end, by sums from the last.
#pragma once

#include "wide.hpp"

namespace trilayer {
namespace {

template <class T> struct Stairs {
  using Net = Wide<T, stairs_tile>;
  static constexpr int L = lanes<T>;
  static constexpr Index tile = Net::tile;

  static Shape table(Shape n, const Layout& layout) { return {layout.rows, n.n2}; }

  // Both as Wide has them for as many inputs as the table has rows.
  static Index prepared_size(Shape n, const Layout& layout) {
    return Net::prepared_size(table(n, layout));
  }
  static Index work_size(Shape n, const Layout& layout) { return Net::work_size(table(n, layout)); }

  // Calls f(first input, its length, first row, whether it is a stair) for each run.
  template <class F> static void for_each_run(const Layout& layout, F f) {
    Index row = layout.plain;
    for (Index g = 0; g < layout.count(); ++g) {
      const Index first = layout.runs[2 * g], length = layout.runs[2 * g + 1];
      f(first, length, row, g < layout.stairs);
      row += length + 1;
    }
  }

  static void prepare(Shape n, const Layout& layout, const double* theta, T* p) {
    Net::prepare_rest(n, theta, p);
    T* panel = p + 2 * Net::padded(n) + 2 * L;
    Net::for_each_panel(n, [&](auto N, Index first) {
      constexpr Index width = N.value * L;
      const Index used = n.n2 - first < width ? n.n2 - first : width;
      const double* W1 = theta + first;
      const auto write = [&](Index row, const double* from, double times = 1) {
        T* to = panel + row * width;
        for (Index j = 0; j < used; ++j) to[j] = T(times * from[j]);
        for (Index j = used; j < width; ++j) to[j] = T(0);
      };
      const double zeros[width] = {};
      for (Index k = 0; k < layout.plain; ++k) write(k, W1 + layout.inputs[k] * n.n2);
      for_each_run(layout, [&](Index from, Index length, Index row, bool stair) {
        double sum[width] = {};
        write(stair ? row : row + length, zeros);
        for (Index k = 0; k < length; ++k) {
          const double* here = W1 + (from + k) * n.n2;
          const double height = layout.heights[from + k];
          if (stair) {
            for (Index j = 0; j < used; ++j) sum[j] += height * here[j];
            write(row + k + 1, sum);
          } else write(row + k, here, height);
        }
      });
      panel += layout.rows * width;
    });
  }

  // Where sample i is in each run.
  struct Places {
    const std::int32_t* at;
    const T* part;
  };
  static Places places(const Samples<T>& samples, Index i) {
    const Index sample = sample_index(samples.order, i);
    return {samples.at + sample * samples.layout->count(),
            samples.part + sample * samples.layout->stairs};
  }

  // Adds to Z1 (E7) of a tile what its samples' stairs bring. W1 is a panel of the table. Samples on
  // one step follow each other, so that its two rows are in registers meanwhile.
  template <int N>
  TRILAYER_ALONE static void climb(Index stairs, const Visit<T>* visit, Index count, const T* W1,
                                   T* z1) {
    for (Index g = 0; g < stairs; ++g, visit += count)
      for (Index i = 0; i < count;) {
        const std::int32_t at = visit[i].at;
        const T* row = W1 + at * N * L;
        Vec<T> low[N], high[N];
        for (int v = 0; v < N; ++v) {
          low[v] = load(row + v * L);
          high[v] = load(row + (N + v) * L);
        }
        for (; i < count && visit[i].at == at; ++i) {
          T* to = z1 + visit[i].sample * N * L;
          const Vec<T> up = splat(visit[i].part), down = splat(T(1) - visit[i].part);
          for (int v = 0; v < N; ++v)
            store(to + v * L, plus_product(plus_product(load(to + v * L), down, low[v]), up, high[v]));
        }
      }
  }

  // The same for samples in any order: sample by sample.
  template <int N>
  TRILAYER_ALONE static void climb(const Samples<T>& samples, Index first, Index count, const T* W1,
                                   T* z1) {
    for (Index i = 0; i < count; ++i, z1 += N * L) {
      const Places place = places(samples, first + i);
      Vec<T> sum[N], high[N] = {};
      for (int v = 0; v < N; ++v) sum[v] = load(z1 + v * L);
      for (Index g = 0; g < samples.layout->stairs; ++g) {
        const T* row = W1 + place.at[g] * N * L;
        const Vec<T> up = splat(place.part[g]), down = splat(T(1) - place.part[g]);
        for (int v = 0; v < N; ++v) {
          sum[v] = plus_product(sum[v], down, load(row + v * L));
          high[v] = plus_product(high[v], up, load(row + (N + v) * L));
        }
      }
      for (int v = 0; v < N; ++v) store(z1 + v * L, sum[v] + high[v]);
    }
  }

  // Adds to Z1 what the samples' levels bring.
  template <int N>
  TRILAYER_ALONE static void add_levels(const Samples<T>& samples, Index first, Index count,
                                        const T* W1, T* z1) {
    const Index stairs = samples.layout->stairs, runs = samples.layout->count();
    for (Index i = 0; i < count; ++i, z1 += N * L) {
      const std::int32_t* at = places(samples, first + i).at;
      Vec<T> sum[N];
      for (int v = 0; v < N; ++v) sum[v] = load(z1 + v * L);
      for (Index g = stairs; g < runs; ++g)
        for (int v = 0; v < N; ++v) sum[v] += load(W1 + (at[g] * N + v) * L);
      for (int v = 0; v < N; ++v) store(z1 + v * L, sum[v]);
    }
  }

  template <int N> struct Step {
    Vec<T> low[N] = {}, high[N] = {};

    TRILAYER_INLINE void add(T part, const T* slope) {
      const Vec<T> up = splat(part), down = splat(T(1) - part);
      for (int v = 0; v < N; ++v) {
        const Vec<T> here = load(slope + v * L);
        low[v] = plus_product(low[v], down, here);
        high[v] = plus_product(high[v], up, here);
      }
    }
    TRILAYER_INLINE void write(T* row) {
      for (int v = 0; v < N; ++v) {
        T *at = row + v * L, *next = at + N * L;
        store(at, load(at) + low[v]);
        store(next, load(next) + high[v]);
      }
    }
  };

  // What the table's stairs get back from the slopes of a tile (E31), stair by stair. Samples on
  // one step follow each other, so that its two rows are in registers meanwhile.
  template <int N>
  TRILAYER_ALONE static void descend(Index stairs, const Visit<T>* visit, Index count, const T* dz1,
                                     T* dW1) {
    for (Index g = 0; g < stairs; ++g, visit += count)
      for (Index i = 0; i < count;) {
        const std::int32_t at = visit[i].at;
        Step<N> step;
        for (; i < count && visit[i].at == at; ++i)
          step.add(visit[i].part, dz1 + visit[i].sample * N * L);
        step.write(dW1 + at * N * L);
      }
  }

  // The same for samples in any order.
  template <int N>
  TRILAYER_ALONE static void descend(const Samples<T>& samples, Index first, Index count,
                                     const T* dz1, T* dW1) {
    for (Index g = 0; g < samples.layout->stairs; ++g)
      for (Index i = 0; i < count; ++i) {
        const Places place = places(samples, first + i);
        Step<N> step;
        step.add(place.part[g], dz1 + i * N * L);
        step.write(dW1 + place.at[g] * N * L);
      }
  }

  // What the table's levels get back.
  template <int N>
  TRILAYER_ALONE static void count_levels(const Samples<T>& samples, Index first, Index count,
                                          const T* dz1, T* dW1) {
    const Index stairs = samples.layout->stairs, runs = samples.layout->count();
    for (Index i = 0; i < count; ++i) {
      const std::int32_t* at = places(samples, first + i).at;
      Vec<T> slope[N];
      for (int v = 0; v < N; ++v) slope[v] = load(dz1 + (i * N + v) * L);
      for (Index g = stairs; g < runs; ++g) {
        T* row = dW1 + at[g] * N * L;
        for (int v = 0; v < N; ++v) store(row + v * L, load(row + v * L) + slope[v]);
      }
    }
  }

  // The visits of a block's first tile, if it is one of those that they were sorted for.
  static const Visit<T>* visits_of(const Samples<T>& samples, Index first, Index count) {
    const Index left = samples.all - first;
    const bool whole = count == (left < block_samples ? left : block_samples);
    if (samples.order || first % block_samples || !whole) return nullptr;
    return samples.visits + first * samples.layout->stairs;
  }

  static void write_gradient(Shape n, const Layout& layout, typename Net::Weights w,
                             typename Net::Tile t, double* out) {
    Net::write_rest(n, w, t, out);
    const T* panel = t.dW1;
    Net::for_each_panel(n, [&](auto N, Index first) {
      constexpr Index width = N.value * L;
      const Index used = n.n2 - first < width ? n.n2 - first : width;
      double* dW1 = out + first;
      double W2[width], sum[width];
      for (Index j = 0; j < used; ++j) W2[j] = double(w.W2[first + j]);
      const auto write = [&](Index k, const auto* from, double times = 1) {
        for (Index j = 0; j < used; ++j) dW1[k * n.n2 + j] = double(from[j]) * W2[j] * times;
      };
      for (Index k = 0; k < layout.plain; ++k) write(layout.inputs[k], panel + k * width);
      for_each_run(layout, [&](Index from, Index length, Index row, bool stair) {
        for (Index j = 0; j < used; ++j) sum[j] = 0;
        for (Index k = length; k-- > 0;) {
          const T* here = panel + (row + k + (stair ? 1 : 0)) * width;
          for (Index j = 0; j < used; ++j) sum[j] = (stair ? sum[j] : 0) + double(here[j]);
          write(from + k, sum, layout.heights[from + k]);
        }
      });
      panel += layout.rows * width;
    });
  }

  static void sums(Shape n, const T* prepared, const Samples<T>& samples, Index first, Index count,
                   bool want_loss, T* work, double* out) {
    const Layout& layout = *samples.layout;
    const Shape plain{layout.plain, n.n2};
    const typename Net::Weights w = Net::weights(n, prepared);
    typename Net::Tile t = Net::tile_memory(table(n, layout), work);
    const Index sum_length = (layout.rows + 2) * Net::padded(n);
    for (Index i = 0; i < sum_length; ++i) work[i] = T(0);
    const Visit<T>* visits = visits_of(samples, first, count);
    double db2 = 0, loss = 0;
    for (Index i = 0; i < count; i += tile) {
      const Index here = count - i < tile ? count - i : tile, whole = round_up(here, L);
      const typename Net::Rows in =
          layout.plain ? Net::rows_of(plain, samples, first + i, here, t.inputs)
                       : typename Net::Rows{t.inputs, 0};
      gather_labels(samples, first + i, here, whole, t.output);
      Net::for_each_panel(n, [&](auto N, Index unit) {
        const T* W1 = w.W1 + layout.rows * unit;
        T* z1 = t.hidden + tile * unit;
        for (Index r = 0; r < here; r += Net::rows)
          Net::template product<N.value>({in.x + r * in.stride, in.stride}, layout.plain,
                                         here - r < Net::rows ? here - r : Net::rows, W1,
                                         w.b1 + unit, z1 + r * N.value * L);
        if (visits) climb<N.value>(layout.stairs, visits + i * layout.stairs, here, W1, z1);
        else climb<N.value>(samples, first + i, here, W1, z1);
        add_levels<N.value>(samples, first + i, here, W1, z1);
        const typename Net::template Activation<N.value> activate(n, w, unit);
        activate(here, z1, t.partial);
      });
      Net::add_panels(here, w.b2, t);
      output_layer(t.output, whole, want_loss, db2, loss);
      Net::for_each_panel(n, [&](auto N, Index unit) {
        const T* hidden = t.hidden + tile * unit;
        T* dW1 = t.dW1 + layout.rows * unit;
        Net::template slopes<N.value>(here, unit, t);
        Net::template products<N.value>(layout.plain, in, here, hidden, dW1);
        if (visits) descend<N.value>(layout.stairs, visits + i * layout.stairs, here, hidden, dW1);
        else descend<N.value>(samples, first + i, here, hidden, dW1);
        count_levels<N.value>(samples, first + i, here, hidden, dW1);
      });
    }
    out[0] = loss;
    write_gradient(n, layout, w, t, out + 1);
    out[n.parameters()] = db2;
  }
};

}  // namespace
}  // namespace trilayer
