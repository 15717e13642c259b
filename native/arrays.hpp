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
#include "held.hpp"

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

// theta's shape for n1 inputs.
inline Shape shape_of(std::size_t theta, Index n1, Index n2) {
  const Shape n{n1, n2};
  require(n.n1 >= 1 && n2 >= 0, "there must be an input, and n2 must not be negative");
  require(Index(theta) == n.parameters(), "theta does not fit the inputs and n2");
  return n;
}

using Ranges = nb::ndarray<const std::int64_t, nb::shape<-1, 2>, nb::c_contig, nb::device::cpu>;
using Where = nb::ndarray<const Place, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Inputs = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T> using Parts = nb::ndarray<const T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

// Samples in NumPy's arrays, which live as long as this.
template <class T> struct InArrays {
  Maybe<Matrix<T>> X;
  Index count;
  Maybe<Vector<T>> Y, s;
  Maybe<Where> at;
  Maybe<Parts<T>> part;
  Maybe<Theta> scale;
  Maybe<Vector<T>> values;
  Maybe<Order> starts;
  Maybe<Inputs> inputs;
  Held<T> held;

  InArrays(const Matrix<T>& X, const Maybe<Vector<T>>& Y, const Maybe<Vector<T>>& s, Index n1,
           const Ranges& stairs, const Ranges& levels, const Maybe<Where>& at,
           const Maybe<Parts<T>>& part, const Maybe<Theta>& scale)
      : X(X), count(Index(X.shape(1))), Y(Y), s(s), at(at), part(part), scale(scale),
        held(n1, {stairs.data(), Index(stairs.shape(0))}, {levels.data(), Index(levels.shape(0))}) {
    const Index m = count, runs = held.layout().count();
    require(Index(X.shape(0)) == held.layout().plain, "X must have a row for each plain input");
    require_length(Y, m, "Y must have one label a sample");
    require_length(s, m, "s must have one weight a sample");
    require_length(scale, n1, "scale must have one number an input");
    require(!runs || (at && Index(at->shape(0)) == m && Index(at->shape(1)) == runs),
            "at must have a place for each sample and run");
    const Index steps = held.layout().stairs;
    require(!steps || (part && Index(part->shape(0)) == m && Index(part->shape(1)) == steps),
            "part must have a number for each sample and stair");
    held.fill({X.data(), X.stride(1), X.stride(0), pointer(Y), pointer(s), nullptr, 0, 0, !s,
               nullptr, pointer(at), pointer(part), pointer(scale)},
              m);
  }

  // Of sparse samples.
  InArrays(const Vector<T>& values, const Order& starts, const Inputs& inputs,
           const Maybe<Vector<T>>& Y, const Maybe<Vector<T>>& s, Index n1,
           const Maybe<Theta>& scale)
      : count(Index(starts.size()) - 1), Y(Y), s(s), scale(scale), values(values), starts(starts),
        inputs(inputs), held(n1, {nullptr, 0}, {nullptr, 0}) {
    require(count >= 0, "starts must have a number for each sample, and one more");
    require(inputs.size() == values.size(), "each value must have an input");
    require_length(Y, count, "Y must have one label a sample");
    require_length(s, count, "s must have one weight a sample");
    require_length(scale, n1, "scale must have one number an input");
    held.fill({values.data(), 0, 0, pointer(Y), pointer(s), nullptr, 0, 0, !s, nullptr, nullptr,
               nullptr, pointer(scale), starts.data(), inputs.data()},
              count, Index(values.size()));
  }

  Index m() const { return count; }
  Shape shape(std::size_t theta, Index n2) const {
    require(bool(Y), "these samples have no labels");
    return shape_of(theta, held.n1(), n2);
  }
  const Samples<T>& samples() const { return held.samples(); }
};

inline auto none(const char* name) { return nb::arg(name).noconvert().none(); }
inline auto plain(const char* name) { return nb::arg(name).noconvert(); }

// bindings_newton.cpp
void define_newton(nb::module_& m);

}  // namespace trilayer
