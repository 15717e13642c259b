// The kernel for inputs of which a sample has little to add up (see Layout): the positions of
// numbers in bins, and the levels of categories.
//
// It is the kernel for many hidden units, with W1 replaced by a table: the rows of plain inputs
// first, then for each stair the sums of its first 0, 1, .. rows, and for each run of levels its
// rows and one of zeros. A stair of any length takes two rows of it, forward and backward; what went
// backward into the sums is turned into a gradient of W1 at the end, by sums from the last.
#pragma once

#include "wide.hpp"

namespace trilayer {
namespace {

// Calls f(first input, its length, first row of the table, whether it is a stair) for each run.
template <class F> void for_each_run(const Layout& layout, F f) {
  Index row = layout.plain;
  for (Index g = 0; g < layout.count(); ++g) {
    const Index first = layout.runs[2 * g], length = layout.runs[2 * g + 1];
    f(first, length, row, g < layout.stairs);
    row += length + 1;
  }
}

// One sample of a tile on one stair: which row of the table it stands on, how far on, and which
// sample it is.
template <class T> struct Visit {
  std::int32_t row;
  T part;
  std::int32_t sample;
};

template <class T> struct Stairs {
  // Many samples a tile, so that several of them stand on each step of a stair.
  using Net = Wide<T, 192>;
  static constexpr int L = lanes<T>;
  static constexpr Index tile = Net::tile;

  static Shape table(Shape n, const Layout& layout) { return {layout.rows, n.n2}; }

  // The table's first row of levels.
  static Index first_level(const Layout& layout) {
    Index row = layout.plain;
    for (Index g = 0; g < layout.stairs; ++g) row += layout.runs[2 * g + 1] + 1;
    return row;
  }

  // Both as Wide has them for as many inputs as the table has rows; behind the latter the visits of
  // a tile, and a count of those on each step.
  static Index prepared_size(Shape n, const Layout& layout) {
    return Net::prepared_size(table(n, layout));
  }
  static Index work_size(Shape n, const Layout& layout) {
    const Index numbers = round_up(Net::work_size(table(n, layout)), L);
    const Index bytes = layout.stairs * tile * Index(sizeof(Visit<T>)) +
                        (layout.longest + 1) * Index(sizeof(std::int32_t));
    return numbers + bytes / Index(sizeof(T)) + L;
  }
  static Visit<T>* visits_memory(Shape n, const Layout& layout, T* work) {
    return reinterpret_cast<Visit<T>*>(work + round_up(Net::work_size(table(n, layout)), L));
  }

  static void prepare(Shape n, const Layout& layout, const double* theta, T* p) {
    Net::prepare_rest(n, theta, p);
    T* panel = p + 2 * Net::padded(n) + 2 * L;
    Net::for_each_panel(n, [&](auto N, Index first) {
      constexpr Index width = N.value * L;
      const Index used = n.n2 - first < width ? n.n2 - first : width;
      const double* W1 = theta + first;
      const auto write = [&](Index row, const double* from) {
        T* to = panel + row * width;
        for (Index j = 0; j < used; ++j) to[j] = T(from[j]);
        for (Index j = used; j < width; ++j) to[j] = T(0);
      };
      const double zeros[width] = {};
      for (Index k = 0; k < layout.plain; ++k) write(k, W1 + layout.inputs[k] * n.n2);
      for_each_run(layout, [&](Index from, Index length, Index row, bool stair) {
        double sum[width] = {};
        write(stair ? row : row + length, zeros);
        for (Index k = 0; k < length; ++k) {
          const double* here = W1 + (from + k) * n.n2;
          if (stair) {
            for (Index j = 0; j < used; ++j) sum[j] += here[j];
            write(row + k + 1, sum);
          } else write(row + k, here);
        }
      });
      panel += layout.rows * width;
    });
  }

  // Where sample i is in each run, and how far it has come on each stair.
  static const Place* places(const Samples<T>& samples, Index i) {
    return samples.at + sample_index(samples.order, i) * samples.layout->count();
  }
  static const T* parts(const Samples<T>& samples, Index i) {
    return samples.part + sample_index(samples.order, i) * samples.layout->stairs;
  }

  // The visits of a tile, [stairs][count]: on each stair step after step, and on a step in the order
  // of the samples.
  static void sort_visits(const Samples<T>& samples, Index first, Index count, Visit<T>* visits) {
    const Layout& layout = *samples.layout;
    std::int32_t* next = reinterpret_cast<std::int32_t*>(visits + layout.stairs * tile);
    Index row = layout.plain;
    for (Index g = 0; g < layout.stairs; ++g, visits += count) {
      const Index length = layout.runs[2 * g + 1];
      for (Index k = 0; k <= length; ++k) next[k] = 0;
      for (Index i = 0; i < count; ++i) ++next[places(samples, first + i)[g] + 1];
      for (Index k = 0; k < length; ++k) next[k + 1] += next[k];
      for (Index i = 0; i < count; ++i) {
        const Place at = places(samples, first + i)[g];
        visits[next[at]++] = {std::int32_t(row + at), parts(samples, first + i)[g], std::int32_t(i)};
      }
      row += length + 1;
    }
  }

  // Adds to Z1 (E7) of a tile what its samples' stairs bring. W1 is a panel of the table. Samples on
  // one step follow each other, so that its two rows are in registers meanwhile.
  template <int N>
  TRILAYER_ALONE static void climb(Index stairs, const Visit<T>* visit, Index count, const T* W1,
                                   T* z1) {
    for (Index g = 0; g < stairs; ++g, visit += count)
      for (Index i = 0; i < count;) {
        const std::int32_t at = visit[i].row;
        const T* row = W1 + at * N * L;
        Vec<T> low[N], high[N];
        for (int v = 0; v < N; ++v) {
          low[v] = load(row + v * L);
          high[v] = load(row + (N + v) * L);
        }
        for (; i < count && visit[i].row == at; ++i) {
          T* to = z1 + visit[i].sample * N * L;
          const Vec<T> up = splat(visit[i].part), down = splat(T(1) - visit[i].part);
          for (int v = 0; v < N; ++v)
            store(to + v * L, plus_product(plus_product(load(to + v * L), down, low[v]), up, high[v]));
        }
      }
  }

  // Adds to Z1 what the samples' levels bring.
  template <int N>
  TRILAYER_ALONE static void add_levels(const Samples<T>& samples, Index first, Index count,
                                        const T* W1, T* z1) {
    const Layout& layout = *samples.layout;
    for (Index i = 0; i < count; ++i, z1 += N * L) {
      const Place* at = places(samples, first + i);
      Index row = first_level(layout);
      Vec<T> sum[N];
      for (int v = 0; v < N; ++v) sum[v] = load(z1 + v * L);
      for (Index g = layout.stairs; g < layout.count(); ++g) {
        for (int v = 0; v < N; ++v) sum[v] += load(W1 + ((row + at[g]) * N + v) * L);
        row += layout.runs[2 * g + 1] + 1;
      }
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
        const std::int32_t at = visit[i].row;
        Step<N> step;
        for (; i < count && visit[i].row == at; ++i)
          step.add(visit[i].part, dz1 + visit[i].sample * N * L);
        step.write(dW1 + at * N * L);
      }
  }

  // What the table's levels get back.
  template <int N>
  TRILAYER_ALONE static void count_levels(const Samples<T>& samples, Index first, Index count,
                                          const T* dz1, T* dW1) {
    const Layout& layout = *samples.layout;
    for (Index i = 0; i < count; ++i) {
      const Place* at = places(samples, first + i);
      Index row = first_level(layout);
      Vec<T> slope[N];
      for (int v = 0; v < N; ++v) slope[v] = load(dz1 + (i * N + v) * L);
      for (Index g = layout.stairs; g < layout.count(); ++g) {
        T* to = dW1 + (row + at[g]) * N * L;
        for (int v = 0; v < N; ++v) store(to + v * L, load(to + v * L) + slope[v]);
        row += layout.runs[2 * g + 1] + 1;
      }
    }
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
      const auto write = [&](Index k, const auto* from) {
        for (Index j = 0; j < used; ++j) dW1[k * n.n2 + j] = double(from[j]) * W2[j];
      };
      for (Index k = 0; k < layout.plain; ++k) write(layout.inputs[k], panel + k * width);
      for_each_run(layout, [&](Index from, Index length, Index row, bool stair) {
        for (Index j = 0; j < used; ++j) sum[j] = 0;
        for (Index k = length; k-- > 0;) {
          const T* here = panel + (row + k + (stair ? 1 : 0)) * width;
          for (Index j = 0; j < used; ++j) sum[j] = (stair ? sum[j] : 0) + double(here[j]);
          write(from + k, sum);
        }
      });
      panel += layout.rows * width;
    });
  }

  // z2 of a tile's samples into t.output.z2, and A1 into t.hidden.
  static typename Net::Rows forward(Shape n, typename Net::Weights w, const Samples<T>& samples,
                                    Index first, Index count, typename Net::Tile t,
                                    Visit<T>* visits) {
    const Layout& layout = *samples.layout;
    const typename Net::Rows in =
        layout.plain ? Net::rows_of({layout.plain, n.n2}, samples, first, count, t.inputs)
                     : typename Net::Rows{t.inputs, 0};
    sort_visits(samples, first, count, visits);
    Net::for_each_panel(n, [&](auto N, Index unit) {
      const T* W1 = w.W1 + layout.rows * unit;
      T* z1 = t.hidden + tile * unit;
      for (Index r = 0; r < count; r += Net::rows)
        Net::template product<N.value>({in.x + r * in.stride, in.stride}, layout.plain,
                                       count - r < Net::rows ? count - r : Net::rows, W1,
                                       w.b1 + unit, z1 + r * N.value * L);
      climb<N.value>(layout.stairs, visits, count, W1, z1);
      add_levels<N.value>(samples, first, count, W1, z1);
      const typename Net::template Activation<N.value> activate(n, w, unit);
      activate(count, z1, t.partial);
    });
    Net::add_panels(count, w.b2, t);
    return in;
  }

  static void sums(Shape n, const T* prepared, const Samples<T>& samples, Index first, Index count,
                   bool want_loss, T* work, double* out) {
    const Layout& layout = *samples.layout;
    const typename Net::Weights w = Net::weights(n, prepared);
    typename Net::Tile t = Net::tile_memory(table(n, layout), work);
    Visit<T>* visits = visits_memory(n, layout, work);
    const Index sum_length = (layout.rows + 2) * Net::padded(n);
    for (Index i = 0; i < sum_length; ++i) work[i] = T(0);
    double db2 = 0, loss = 0;
    for (Index i = 0; i < count; i += tile) {
      const Index here = count - i < tile ? count - i : tile, whole = round_up(here, L);
      gather_labels(samples, first + i, here, whole, t.output);
      const typename Net::Rows in = forward(n, w, samples, first + i, here, t, visits);
      output_layer(t.output, whole, want_loss, db2, loss);
      Net::for_each_panel(n, [&](auto N, Index unit) {
        const T* hidden = t.hidden + tile * unit;
        T* dW1 = t.dW1 + layout.rows * unit;
        Net::template slopes<N.value>(here, unit, t);
        Net::template products<N.value>(layout.plain, in, here, hidden, dW1);
        descend<N.value>(layout.stairs, visits, here, hidden, dW1);
        count_levels<N.value>(samples, first + i, here, hidden, dW1);
      });
    }
    out[0] = loss;
    write_gradient(n, layout, w, t, out + 1);
    out[n.parameters()] = db2;
  }

  static void predict(Shape n, const T* prepared, const Samples<T>& samples, Index first,
                      Index count, Output kind, T* work, T* out) {
    const typename Net::Weights w = Net::weights(n, prepared);
    const typename Net::Tile t = Net::tile_memory(table(n, *samples.layout), work);
    Visit<T>* visits = visits_memory(n, *samples.layout, work);
    const Index width = kind == Output::both_probabilities ? 2 : 1;
    for (Index i = 0; i < count; i += tile) {
      const Index here = count - i < tile ? count - i : tile;
      forward(n, w, samples, first + i, here, t, visits);
      write_output(t.output.z2, here, kind, out + width * i);
    }
  }
};

}  // namespace
}  // namespace trilayer
