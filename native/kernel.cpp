// One instruction set's kernels. CMake compiles this file once for each, with its flags and
// TRILAYER_ISA naming the table; nothing but that table is visible outside.
#include "narrow.hpp"
#include "sparse.hpp"
#include "stairs.hpp"
#include "unit.hpp"
#include "updates.hpp"
#include "wide.hpp"

namespace trilayer {
namespace {

// Below half a vector of units, lanes full of samples waste less than lanes of padding.
template <class T> bool is_narrow(Shape n) { return 4 * n.n2 <= 3 * lanes<T>; }

template <class T> Index prepared_size(Shape n, const Layout* layout) {
  if (layout && !n.n2) return Unit<T>::prepared_size(*layout);
  if (layout && layout->sparse) return Sparse<T>::Net::prepared_size(n);
  if (layout) return Stairs<T>::prepared_size(n, *layout);
  return is_narrow<T>(n) ? Narrow<T>::prepared_size(n) : Wide<T>::prepared_size(n);
}
template <class T> Index work_size(Shape n, const Layout* layout) {
  if (layout && !n.n2) return Unit<T>::work_size(*layout);
  if (layout && layout->sparse) return Sparse<T>::work_size(n);
  if (layout) return Stairs<T>::work_size(n, *layout);
  return is_narrow<T>(n) ? Narrow<T>::work_size(n) : Wide<T>::work_size(n);
}
template <class T>
void prepare(Shape n, const Layout* layout, const double* theta, T* prepared) {
  if (layout && !n.n2) return Unit<T>::prepare(n, *layout, theta, prepared);
  if (layout && layout->sparse) return Sparse<T>::Net::prepare(n, theta, prepared);
  if (layout) return Stairs<T>::prepare(n, *layout, theta, prepared);
  is_narrow<T>(n) ? Narrow<T>::prepare(n, theta, prepared) : Wide<T>::prepare(n, theta, prepared);
}
template <class T>
void sums(Shape n, const T* prepared, const Samples<T>& samples, Index first, Index count,
          bool want_loss, T* work, double* out) {
  auto f = is_narrow<T>(n) ? Narrow<T>::sums : Wide<T>::sums;
  if (samples.layout) f = n.n2 ? Stairs<T>::sums : Unit<T>::sums;
  if (n.n2 && samples.layout && samples.layout->sparse) f = Sparse<T>::sums;
  f(n, prepared, samples, first, count, want_loss, work, out);
}
template <class T>
void predict(Shape n, const T* prepared, const Samples<T>& samples, Index first, Index count,
             Output kind, T* work, T* out) {
  auto f = is_narrow<T>(n) ? Narrow<T>::predict : Wide<T>::predict;
  if (samples.layout) f = n.n2 ? Stairs<T>::predict : Unit<T>::predict;
  if (n.n2 && samples.layout && samples.layout->sparse) f = Sparse<T>::predict;
  f(n, prepared, samples, first, count, kind, work, out);
}

template <class T, class F> void map(Index n, const T* x, T* out, F f) {
  constexpr Index L = lanes<T>;
  Index i = 0;
  for (; i + panel_vectors * L <= n; i += panel_vectors * L) {
    Pack<T, panel_vectors> many;
    for (int v = 0; v < panel_vectors; ++v) many.v[v] = load(x + i + v * L);
    many = f(many);
    for (int v = 0; v < panel_vectors; ++v) store(out + i + v * L, many.v[v]);
  }
  for (; i < n; i += L) {
    const Index here = n - i < L ? n - i : L;
    T buffer[L] = {};
    __builtin_memcpy(buffer, x + i, std::size_t(here) * sizeof(T));
    store(buffer, f(Pack<T, 1>{load(buffer)}).v[0]);
    __builtin_memcpy(out + i, buffer, std::size_t(here) * sizeof(T));
  }
}
template <class T> void map_exp(Index n, const T* x, T* out) {
  map(n, x, out, [](const auto& v) { return exp(v); });
}
template <class T> void map_sigmoid(Index n, const T* x, T* out) {
  map(n, x, out, [](const auto& v) { return sigmoid(v); });
}
template <class T> void map_softplus(Index n, const T* x, T* out) {
  map(n, x, out, [](const auto& v) { return softplus_from(v, exp_minus_magnitude(v)); });
}

template <class T>
constexpr Kernels<T> table = {is_narrow<T>, prepared_size<T>, work_size<T>,
                              prepare<T>,   sums<T>,          predict<T>,
                              map_exp<T>,   map_sigmoid<T>,   map_softplus<T>};

}  // namespace

#define TRILAYER_TEXT_OF(name) #name
#define TRILAYER_TEXT(name) TRILAYER_TEXT_OF(name)
extern const InstructionSet TRILAYER_ISA;
const InstructionSet TRILAYER_ISA = {TRILAYER_TEXT(TRILAYER_ISA), &updates, &table<float>,
                                     &table<double>};

}  // namespace trilayer
