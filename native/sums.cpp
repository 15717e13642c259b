#include <algorithm>
#include <atomic>

#include "compute.hpp"
#include "dispatch.hpp"
#include "memory.hpp"
#include "pool.hpp"
#include "tree.hpp"

namespace trilayer {
namespace {

thread_local Scratch work_scratch, prepared_scratch, scaled_scratch;

// Parameters that are each input's: a row of W1, or of W2 without a hidden layer.
Index row_length(Shape n) { return n.n2 ? n.n2 : 1; }

// theta of the inputs as they lie in memory: what multiplies an input may as well multiply its row.
// Before it is multiplied or summed it is rounded to T, as theta is that comes from elsewhere: the
// bits are the same.
template <class T>
const double* unscaled(Shape n, const double* theta, const Samples<T>& samples) {
  const bool has_table = samples.layout && !samples.layout->sparse;
  if (!samples.scale && !has_table) return theta;
  double* out = scaled_scratch.get<double>(n.parameters());
  for (Index i = 0; i < n.parameters(); ++i) out[i] = double(T(theta[i]));
  const Index length = row_length(n);
  for (Index k = 0; samples.scale && k < n.n1; ++k)
    for (Index i = k * length; i < (k + 1) * length; ++i) out[i] *= samples.scale[k];
  return out;
}

void scale_gradient(Shape n, const double* scale, double* gradient) {
  for (Index k = 0; scale && k < n.n1; ++k)
    for (Index j = 0; j < row_length(n); ++j) gradient[k * row_length(n) + j] *= scale[k];
}

// Multiply-adds a sample costs, about; a sigmoid counts like eight.
double sample_cost(Shape n) { return double(n.n1 + 8) * (n.n2 ? 8 + double(n.n2) : 1); }

// What must be to do before another thread is worth its while.
constexpr double worth_a_thread = 2e5;

// How samples are cut. It decides the bits, so it must not depend on the number of threads.
Index block_size(Shape n, Index count, Cut cut) {
  constexpr Index least = 128, most = 8;
  if (cut == Cut::blocks || count >= block_samples) return block_samples;
  if (sample_cost(n) * least < worth_a_thread) return count;
  return std::max(least, (count + 16 * most - 1) / (16 * most) * 16);
}

Index blocks_of(Index count, Index size) { return (count + size - 1) / size; }

int useful_threads(Shape n, Index count, Index blocks, int threads) {
  const double most = sample_cost(n) * double(count) / worth_a_thread;
  return int(std::min({double(threads), double(blocks), std::max(1.0, most)}));
}

template <class T>
const T* prepare(const Kernels<T>& kernels, Shape n, const Layout* layout, const double* theta) {
  T* prepared = prepared_scratch.get<T>(kernels.prepared_size(n, layout));
  kernels.prepare(n, layout, theta, prepared);
  return prepared;
}

// Calls f(block, first sample, samples in it) for every block, on several threads.
template <class F>
void for_each_block(Shape n, Index first, Index count, Index size, int threads, F f) {
  const Index blocks = blocks_of(count, size);
  std::atomic<Index> next{0};
  run_on_threads(useful_threads(n, count, blocks, threads), [&] {
    for (Index b; (b = next.fetch_add(1)) < blocks;)
      f(b, first + b * size, std::min(size, count - b * size));
  });
}

}  // namespace

template <class T>
void network_sums(Shape n, const double* theta, const Samples<T>& samples, Index first, Index count,
                  Cut cut, int threads, bool want_loss, double* out) {
  const Kernels<T>& kernels = current_kernels<T>();
  const Layout* layout = samples.layout;
  const T* prepared = prepare(kernels, n, layout, unscaled(n, theta, samples));
  // A scale multiplies what comes of each block, not what they add up to: that would be other bits
  // where blocks are added elsewhere.
  const auto block = [&](Index from, Index here, double* to) {
    T* work = work_scratch.get<T>(kernels.work_size(n, layout));
    kernels.sums(n, prepared, samples, from, here, want_loss, work, to);
    scale_gradient(n, samples.scale, to + 1);
  };
  // Parts of a batch would each have sums as long as theta to clear and to add: with a layout that
  // costs more than the samples do.
  const Index size = block_size(n, count, layout ? Cut::blocks : cut);
  if (count <= size) return block(first, count, out);
  thread_local SumTree tree;
  SumTree& mine = tree;  // the caller's, whichever thread adds
  mine.start(n.parameters() + 1);
  for_each_block(n, first, count, size, threads, [&](Index b, Index from, Index here) {
    SumTree::Sums sums = mine.take();
    block(from, here, sums.data());
    mine.add(b, std::move(sums));
  });
  mine.total(out);
}

template <class T>
void network_predict(Shape n, const double* theta, const Samples<T>& samples, Index m, Output kind,
                     int threads, T* out) {
  const Kernels<T>& kernels = current_kernels<T>();
  const Layout* layout = samples.layout;
  const T* prepared = prepare(kernels, n, layout, unscaled(n, theta, samples));
  const Index width = kind == Output::both_probabilities ? 2 : 1;
  for_each_block(n, 0, m, block_samples, threads, [&](Index, Index from, Index here) {
    T* work = work_scratch.get<T>(kernels.work_size(n, layout));
    kernels.predict(n, prepared, samples, from, here, kind, work, out + width * from);
  });
}

#define TRILAYER_INSTANTIATE(T)                                                                  \
  template void network_sums<T>(Shape, const double*, const Samples<T>&, Index, Index, Cut, int, \
                                bool, double*);                                                  \
  template void network_predict<T>(Shape, const double*, const Samples<T>&, Index, Output, int, T*);
TRILAYER_INSTANTIATE(float)
TRILAYER_INSTANTIATE(double)

}  // namespace trilayer
