// Vectors of one register's width, in GCC/Clang vector extensions.
//
// Included once per instruction set (see kernel.cpp). Everything here has internal linkage:
// a function shared with another translation unit might be the AVX-512 copy of it.
#pragma once

#include <cstdint>
#include <utility>

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define TRILAYER_AVX512 1
#include <immintrin.h>
#endif

namespace trilayer {
namespace {

#if defined(__AVX512F__)
constexpr int register_bytes = 64;
constexpr int panel_vectors = 4;  // 6 x 4 accumulators + 4 weights + 1 input of 32 registers
#elif defined(__AVX2__)
constexpr int register_bytes = 32;
constexpr int panel_vectors = 2;  // 6 x 2 accumulators + 2 weights + 1 input of 16 registers
#else
constexpr int register_bytes = 16;
constexpr int panel_vectors = 2;
#endif

template <class T> struct Bits;
template <> struct Bits<float> {
  using type = std::int32_t;
};
template <> struct Bits<double> {
  using type = std::int64_t;
};

template <class T> constexpr int lanes = register_bytes / int(sizeof(T));

template <class T> struct VectorOf {
  typedef T type __attribute__((vector_size(register_bytes)));
};
template <class T> using Vec = typename VectorOf<T>::type;
template <class T> using IntVec = Vec<typename Bits<T>::type>;

#define TRILAYER_INLINE inline __attribute__((always_inline))
// For loops that need every register: inlined, they would share them with a caller's constants.
#define TRILAYER_ALONE __attribute__((noinline))

template <class T> TRILAYER_INLINE Vec<T> load(const T* p) {
  Vec<T> v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

template <class T> TRILAYER_INLINE void store(T* p, Vec<T> v) { __builtin_memcpy(p, &v, sizeof v); }

// `- Vec{}` keeps -0.0, where `+ Vec{}` would turn it into 0.0.
template <class T> TRILAYER_INLINE Vec<T> splat(T x) { return x - Vec<T>{}; }

template <class T> TRILAYER_INLINE IntVec<T> bits(Vec<T> v) {
  IntVec<T> i;
  __builtin_memcpy(&i, &v, sizeof i);
  return i;
}

template <class T> TRILAYER_INLINE Vec<T> from_bits(IntVec<T> i) {
  Vec<T> v;
  __builtin_memcpy(&v, &i, sizeof v);
  return v;
}

// One stage of the transposes below: a and b exchange the blocks of D lanes off the diagonal.
template <class T, int D, std::size_t... l>
TRILAYER_INLINE void exchange(Vec<T>& a, Vec<T>& b, std::index_sequence<l...>) {
  constexpr int L = lanes<T>;
#if defined(__clang__)
  const Vec<T> upper = __builtin_shufflevector(a, b, ((l & D) ? L + int(l) - D : int(l))...);
  b = __builtin_shufflevector(a, b, ((l & D) ? L + int(l) : int(l) + D)...);
#else
  const Vec<T> upper = __builtin_shuffle(a, b, IntVec<T>{((l & D) ? L + int(l) - D : int(l))...});
  b = __builtin_shuffle(a, b, IntVec<T>{((l & D) ? L + int(l) : int(l) + D)...});
#endif
  a = upper;
}

// Lane l of the result is the sum over the lanes of rows[l], always in the same order.
template <class T, int D = 1> TRILAYER_INLINE Vec<T> lane_sums(const Vec<T>* rows) {
  constexpr int L = lanes<T>;
  constexpr int half = L / (2 * D);
  Vec<T> next[half];
  for (int i = 0; i < half; ++i) {
    Vec<T> a = rows[2 * i], b = rows[2 * i + 1];
    exchange<T, D>(a, b, std::make_index_sequence<L>{});
    next[i] = a + b;
  }
  if constexpr (half == 1) return next[0];
  else return lane_sums<T, 2 * D>(next);
}

// Rows become columns: lane l of v[i] goes to lane i of v[l].
template <class T, int D = 1> TRILAYER_INLINE void transpose(Vec<T>* v) {
  constexpr int L = lanes<T>;
#pragma GCC unroll 16
  for (int i = 0; i < L; ++i)
    if (!(i & D)) exchange<T, D>(v[i], v[i + D], std::make_index_sequence<L>{});
  if constexpr (2 * D < L) transpose<T, 2 * D>(v);
}

}  // namespace
}  // namespace trilayer
