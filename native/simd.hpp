// Vectors of one register's width, in GCC/Clang vector extensions.
//
// Included once per instruction set (see kernel.cpp). Everything here has internal linkage:
// a function shared with another translation unit might be the AVX-512 copy of it.
#pragma once

#include <cstdint>
#include <utility>

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define TRILAYER_AVX512 1
#endif
#if defined(__AVX512F__) || defined(__FMA__)
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

// a b + c and c - a b, rounded once where the processor does that at no cost. No product and sum
// is fused but by these: a compiler left to fuse (-ffp-contract) does it in one copy of a line and
// not in the next, and two ways to one number part by a last bit.
#if defined(__AVX512F__)
TRILAYER_INLINE Vec<float> plus_product(Vec<float> c, Vec<float> a, Vec<float> b) {
  return (Vec<float>)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
TRILAYER_INLINE Vec<double> plus_product(Vec<double> c, Vec<double> a, Vec<double> b) {
  return (Vec<double>)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
TRILAYER_INLINE Vec<float> minus_product(Vec<float> c, Vec<float> a, Vec<float> b) {
  return (Vec<float>)_mm512_fnmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
TRILAYER_INLINE Vec<double> minus_product(Vec<double> c, Vec<double> a, Vec<double> b) {
  return (Vec<double>)_mm512_fnmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
#elif defined(__FMA__)
TRILAYER_INLINE Vec<float> plus_product(Vec<float> c, Vec<float> a, Vec<float> b) {
  return (Vec<float>)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}
TRILAYER_INLINE Vec<double> plus_product(Vec<double> c, Vec<double> a, Vec<double> b) {
  return (Vec<double>)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
TRILAYER_INLINE Vec<float> minus_product(Vec<float> c, Vec<float> a, Vec<float> b) {
  return (Vec<float>)_mm256_fnmadd_ps((__m256)a, (__m256)b, (__m256)c);
}
TRILAYER_INLINE Vec<double> minus_product(Vec<double> c, Vec<double> a, Vec<double> b) {
  return (Vec<double>)_mm256_fnmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
#else
#if defined(__FP_FAST_FMA) && defined(__FP_FAST_FMAF)
inline float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double fused(double a, double b, double c) { return __builtin_fma(a, b, c); }
template <class V> TRILAYER_INLINE V plus_product(V c, V a, V b) {
  for (int l = 0; l < int(sizeof c / sizeof c[0]); ++l) c[l] = fused(a[l], b[l], c[l]);
  return c;
}
#else
template <class V> TRILAYER_INLINE V plus_product(V c, V a, V b) { return c + a * b; }
#endif
template <class V> TRILAYER_INLINE V minus_product(V c, V a, V b) { return plus_product(c, -a, b); }
#endif

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
