// NumPy's arrays as the bindings take them, and the checks of their shapes. Every function exists
// for float32 and float64; X is n1 x m with any strides (rows of samples are the transpose's view);
// theta, and whatever goes with it, is float64 [parameters]: W1 row by row, b1, W2, b2.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <stdexcept>
#include <string>

#include "compute.hpp"
#include "places.hpp"

namespace trilayer {

namespace nb = nanobind;
using namespace nb::literals;

template <class T> using Matrix = nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>;
template <class T> using Vector = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T> using State = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T> using Maybe = std::optional<T>;
using Order = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

inline void require(bool fits, const char* what) {
  if (!fits) throw std::invalid_argument(what);
}

template <class A> auto* pointer(const Maybe<A>& array) { return array ? array->data() : nullptr; }

template <class A> void require_length(const Maybe<A>& array, Index length, const char* what) {
  require(!array || Index(array->size()) == length, what);
}

using Theta = Vector<double>;
using Doubles = State<double>;

template <class T> Shape shape_of(std::size_t theta, Index n2, const Matrix<T>& X) {
  const Shape n{Index(X.shape(0)), n2};
  require(n.n1 >= 1 && n2 >= 0, "X must have a feature, n2 must not be negative");
  require(Index(theta) == n.parameters(), "theta does not fit X and n2");
  return n;
}

// `places`, if any, are X's.
template <class T>
Samples<T> samples_of(Index n2, const Matrix<T>& X, const Vector<T>& Y, const Maybe<Vector<T>>& s,
                      const Places<T>* places) {
  const Index m = Index(X.shape(1));
  require(Index(Y.size()) == m, "Y must have one label a sample");
  require_length(s, m, "s must have one weight a sample");
  const Samples<T> samples{X.data(), X.stride(1), X.stride(0), Y.data(), pointer(s),
                           nullptr,  0,           0,           !s};
  if (!places) return samples;
  require(n2 >= 1, "places are for a network with hidden units");
  require(places->samples() == m && places->inputs() == Index(X.shape(0)),
          "places must be those of X");
  return places->arranged(samples);
}

inline auto none(const char* name) { return nb::arg(name).noconvert().none(); }
inline auto plain(const char* name) { return nb::arg(name).noconvert(); }

// The last argument of all that sums over samples.
inline auto places_or_none() { return nb::arg("places").noconvert() = nb::none(); }

// bindings_newton.cpp
void define_newton(nb::module_& m);

}  // namespace trilayer
