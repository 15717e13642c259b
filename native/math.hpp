// exp, sigmoid and log(1 + e^z) on vectors, each within 2 ulp over the whole range of T.
//
// All three need only exp(-|z|), which cannot overflow. NaN goes through; denormal results
// are rounded once. x = n ln2 + r, then e^x = 2^n e^r. With AVX-512, n counts
// sixteenths: a table of 2^(j/16), held in registers, halves the polynomial, and vscalef
// does the scaling, denormals included.
#pragma once

#include <limits>

#include "coefficients.hpp"
#include "simd.hpp"

namespace trilayer {
namespace {

template <class T> struct Constants;

template <> struct Constants<float> {
  static constexpr float log2e = 1.44269504f;
  static constexpr float ln2_high = 0.693359375f;  // 9 bits: n * ln2_high is exact
  static constexpr float ln2_low = -2.12194440e-4f;
  static constexpr float round_integer = 12582912.0f;  // 1.5 * 2^23: adding it rounds to 1
  static constexpr float round_sixteenth = 786432.0f;  // 1.5 * 2^19: to 1/16
  static constexpr float lowest = -104.0f;             // e^x rounds to 0 from here on
  static constexpr float highest = 89.0f;              // and to infinity
  static constexpr int mantissa = 23, bias = 127;
  static constexpr auto& plain = exp_plain_float;
  static constexpr auto& table = exp_table_float;
  static constexpr auto& powers = powers_float;
  static constexpr auto& powers_rest = powers_rest_float;
  static constexpr auto& atanh = atanh_float;
};

template <> struct Constants<double> {
  static constexpr double log2e = 1.4426950408889634;
  static constexpr double ln2_high = 0.693147180369123816490;  // 33 bits
  static constexpr double ln2_low = 1.90821492927058770002e-10;
  static constexpr double round_integer = 6755399441055744.0;
  static constexpr double round_sixteenth = 422212465065984.0;
  static constexpr double lowest = -746.0;
  static constexpr double highest = 710.0;
  static constexpr int mantissa = 52, bias = 1023;
  static constexpr auto& plain = exp_plain_double;
  static constexpr auto& table = exp_table_double;
  static constexpr auto& powers = powers_double;
  static constexpr auto& powers_rest = powers_rest_double;
  static constexpr auto& atanh = atanh_double;
};

// N vectors that go through a function side by side: each step waits for the one before it, and
// the processor fills that time with the other vectors only if it meets them soon.
template <class T, int N> struct Pack {
  Vec<T> v[N];
};

template <class T, int N, class F, class... A>
TRILAYER_INLINE Pack<T, N> each(F f, const Pack<T, N>& first, const A&... rest) {
  Pack<T, N> out;
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) out.v[i] = f(first.v[i], rest.v[i]...);
  return out;
}

#define TRILAYER_OPERATOR(op)                                                                  \
  template <class T, int N>                                                                    \
  TRILAYER_INLINE Pack<T, N> operator op(const Pack<T, N>& a, const Pack<T, N>& b) {           \
    return each([](Vec<T> x, Vec<T> y) { return x op y; }, a, b);                              \
  }                                                                                            \
  template <class T, int N> TRILAYER_INLINE Pack<T, N> operator op(const Pack<T, N>& a, T b) { \
    return each([=](Vec<T> x) { return x op b; }, a);                                          \
  }                                                                                            \
  template <class T, int N> TRILAYER_INLINE Pack<T, N> operator op(T a, const Pack<T, N>& b) { \
    return each([=](Vec<T> y) { return a op y; }, b);                                          \
  }
TRILAYER_OPERATOR(+)
TRILAYER_OPERATOR(-)
TRILAYER_OPERATOR(*)
TRILAYER_OPERATOR(/)
#undef TRILAYER_OPERATOR

template <class T, int N> TRILAYER_INLINE Pack<T, N> same(T x) {
  Pack<T, N> out;
  for (int i = 0; i < N; ++i) out.v[i] = splat(x);
  return out;
}

// As for single vectors; any of the three may be one number for all.
#define TRILAYER_FUSED(name)                                                                   \
  template <class T, int N>                                                                    \
  TRILAYER_INLINE Pack<T, N> name(const Pack<T, N>& c, const Pack<T, N>& a,                    \
                                  const Pack<T, N>& b) {                                       \
    return each([](Vec<T> z, Vec<T> x, Vec<T> y) { return name(z, x, y); }, c, a, b);          \
  }                                                                                            \
  template <class T, int N>                                                                    \
  TRILAYER_INLINE Pack<T, N> name(const Pack<T, N>& c, const Pack<T, N>& a, T b) {             \
    return name(c, a, same<T, N>(b));                                                          \
  }                                                                                            \
  template <class T, int N>                                                                    \
  TRILAYER_INLINE Pack<T, N> name(T c, const Pack<T, N>& a, const Pack<T, N>& b) {             \
    return name(same<T, N>(c), a, b);                                                          \
  }                                                                                            \
  template <class T, int N>                                                                    \
  TRILAYER_INLINE Pack<T, N> name(T c, const Pack<T, N>& a, T b) {                             \
    return name(same<T, N>(c), a, same<T, N>(b));                                              \
  }
TRILAYER_FUSED(plus_product)
TRILAYER_FUSED(minus_product)
#undef TRILAYER_FUSED

template <class T, class C, int N>
TRILAYER_INLINE Pack<T, N> polynomial(const C& c, const Pack<T, N>& x) {
  constexpr int terms = int(sizeof(C) / sizeof(c[0]));
  Pack<T, N> p = plus_product(c[terms - 2], x, c[terms - 1]);
#pragma GCC unroll 16
  for (int i = terms - 3; i >= 0; --i) p = plus_product(same<T, N>(c[i]), p, x);
  return p;
}

// -|z|: the sign bit set.
template <class T> TRILAYER_INLINE Vec<T> minus_magnitude(Vec<T> z) {
  return from_bits<T>(bits<T>(z) | std::numeric_limits<typename Bits<T>::type>::min());
}

// Comparisons with NaN are false, so the second choice is where NaN must stand.
template <class T> TRILAYER_INLINE Vec<T> at_least(Vec<T> x, T low) {
  return x < low ? splat(low) : x;
}
template <class T> TRILAYER_INLINE Vec<T> at_most(Vec<T> x, T high) {
  return x > high ? splat(high) : x;
}

#if defined(TRILAYER_AVX512)

// The entry that the last four bits of t name.
TRILAYER_INLINE Vec<float> look_up(Vec<float> t, const float* table) {
  return (Vec<float>)_mm512_permutexvar_ps((__m512i)t, _mm512_loadu_ps(table));
}
TRILAYER_INLINE Vec<double> look_up(Vec<double> t, const double* table) {
  return (Vec<double>)_mm512_permutex2var_pd(_mm512_loadu_pd(table), (__m512i)t,
                                             _mm512_loadu_pd(table + 8));
}
TRILAYER_INLINE Vec<float> scale(Vec<float> v, Vec<float> n) {
  return (Vec<float>)_mm512_scalef_ps((__m512)v, (__m512)n);  // v * 2^floor(n)
}
TRILAYER_INLINE Vec<double> scale(Vec<double> v, Vec<double> n) {
  return (Vec<double>)_mm512_scalef_pd((__m512d)v, (__m512d)n);
}

// e^x for lowest <= x <= highest, or NaN.
template <class T, int N> TRILAYER_INLINE Pack<T, N> exp_in_range(const Pack<T, N>& x) {
  using K = Constants<T>;
  const auto t = plus_product(K::round_sixteenth, x, K::log2e);
  const auto n = t - K::round_sixteenth;
  const auto r = minus_product(minus_product(x, n, K::ln2_high), n, K::ln2_low);
  const auto power = each([](Vec<T> i) { return look_up(i, K::powers); }, t);
  const auto rest = each([](Vec<T> i) { return look_up(i, K::powers_rest); }, t);
  const auto u = r * polynomial<T>(K::table, r);
  const auto e = power + plus_product(rest, power, u);
  return each([](Vec<T> v, Vec<T> by) { return scale(v, by); }, e, n);
}

// VMAXPS gives its second operand when either is NaN.
template <> TRILAYER_INLINE Vec<float> at_least<float>(Vec<float> x, float low) {
  return (Vec<float>)_mm512_max_ps(_mm512_set1_ps(low), (__m512)x);
}
template <> TRILAYER_INLINE Vec<double> at_least<double>(Vec<double> x, double low) {
  return (Vec<double>)_mm512_max_pd(_mm512_set1_pd(low), (__m512d)x);
}

TRILAYER_INLINE Vec<float> reciprocal(Vec<float> d) {  // 14 bits
  return (Vec<float>)_mm512_rcp14_ps((__m512)d);
}
TRILAYER_INLINE Vec<double> reciprocal(Vec<double> d) {  // 28 bits
  const Vec<double> y = (Vec<double>)_mm512_rcp14_pd((__m512d)d);
  return plus_product(y, y, minus_product(splat(1.0), d, y));
}

// num / (1 + e) for 0 <= e <= 1 and num 1 or e: an approximate quotient q is corrected once, to
// 28 or 56 bits. num - q is exact, so what 1 + e rounds away does no harm.
template <class T, int N>
TRILAYER_INLINE Pack<T, N> quotient(const Pack<T, N>& num, const Pack<T, N>& e) {
  const auto y = each([](Vec<T> d) { return reciprocal(d); }, T(1) + e);
  const auto q = num * y;
  return plus_product(q, y, minus_product(num - q, e, q));
}

template <class T> Vec<T> if_negative(Vec<T> z, Vec<T> yes, Vec<T> no);
template <>
TRILAYER_INLINE Vec<float> if_negative<float>(Vec<float> z, Vec<float> yes, Vec<float> no) {
  return (Vec<float>)_mm512_mask_mov_ps((__m512)no, _mm512_movepi32_mask((__m512i)z), (__m512)yes);
}
template <>
TRILAYER_INLINE Vec<double> if_negative<double>(Vec<double> z, Vec<double> yes, Vec<double> no) {
  return (Vec<double>)_mm512_mask_mov_pd((__m512d)no, _mm512_movepi64_mask((__m512i)z),
                                         (__m512d)yes);
}

#else

// 2^n v, where the integers n and n/2 sit in the low bits of t and half. 2^n alone may be no
// normal number, so it is two factors.
template <class T> TRILAYER_INLINE Vec<T> scale(Vec<T> v, Vec<T> t, Vec<T> half) {
  using K = Constants<T>;
  using B = typename Bits<T>::type;
  const IntVec<T> zero = bits<T>(splat(K::round_integer)) - B(K::bias);
  const IntVec<T> first = bits<T>(half) - zero;
  const IntVec<T> second = bits<T>(t) - bits<T>(half) + B(K::bias);
  return v * from_bits<T>(first << K::mantissa) * from_bits<T>(second << K::mantissa);
}

template <class T, int N> TRILAYER_INLINE Pack<T, N> exp_in_range(const Pack<T, N>& x) {
  using K = Constants<T>;
  const auto t = plus_product(K::round_integer, x, K::log2e);
  const auto n = t - K::round_integer;
  // r + rest is x - n ln2: exactly high, then low; rest is what their sum rounds away.
  const auto high = minus_product(x, n, K::ln2_high);
  const auto r = minus_product(high, n, K::ln2_low), rest = minus_product(high - r, n, K::ln2_low);
  const auto e = T(1) + (r + plus_product(rest, r * r, polynomial<T>(K::plain, r)));
  return each([](Vec<T> v, Vec<T> i, Vec<T> half) { return scale<T>(v, i, half); }, e, t,
              plus_product(K::round_integer, n, T(0.5)));
}

// num / (1 + e) for 0 <= e <= 1, corrected for what 1 + e rounds away; 1 / d within 5 % will do.
template <class T, int N>
TRILAYER_INLINE Pack<T, N> quotient(const Pack<T, N>& num, const Pack<T, N>& e) {
  const auto d = T(1) + e, q = num / d;
  return minus_product(q, q, (e - (d - T(1))) * minus_product(T(1.457), d, T(0.5)));
}

template <class T> TRILAYER_INLINE Vec<T> if_negative(Vec<T> z, Vec<T> yes, Vec<T> no) {
  return bits<T>(z) < 0 ? yes : no;
}

#endif

template <class T, int N> TRILAYER_INLINE Pack<T, N> exp_minus_magnitude(const Pack<T, N>& z) {
  return exp_in_range(
      each([](Vec<T> v) { return at_least<T>(minus_magnitude<T>(v), Constants<T>::lowest); }, z));
}

// sigmoid(z) from e = exp(-|z|): e / (1 + e) keeps the small values' digits.
template <class T, int N>
TRILAYER_INLINE Pack<T, N> sigmoid_from(const Pack<T, N>& z, const Pack<T, N>& e) {
  const auto num = [](Vec<T> v, Vec<T> small) { return if_negative<T>(v, small, splat(T(1))); };
  return quotient(each(num, z, e), e);
}

template <class T, int N> TRILAYER_INLINE Pack<T, N> sigmoid(const Pack<T, N>& z) {
  return sigmoid_from(z, exp_minus_magnitude(z));
}

// base + log(1 + e), 0 <= e <= 1: with s = e / (2 + e) the logarithm is
// 2 atanh(s) = e - s (e - s^2 p(s^2)), where the exact e carries most of the sum and so comes
// last. s is corrected for what 2 + e rounds away; 1 / d within 2 % will do.
template <class T, int N>
TRILAYER_INLINE Pack<T, N> add_log1p(const Pack<T, N>& base, const Pack<T, N>& e) {
  const auto d = e + T(2), q = e / d;
  const auto s = minus_product(q, q, (e - (d - T(2))) * minus_product(T(0.82), d, T(0.163)));
  const auto w = s * s;
  return e + minus_product(base, s, minus_product(e, w, polynomial<T>(Constants<T>::atanh, w)));
}

template <class T, int N> TRILAYER_INLINE Pack<T, N> positive_part(const Pack<T, N>& z) {
  return each([](Vec<T> v) { return at_least<T>(v, T(0)); }, z);
}

// log(1 + e^z) from e = exp(-|z|).
template <class T, int N>
TRILAYER_INLINE Pack<T, N> softplus_from(const Pack<T, N>& z, const Pack<T, N>& e) {
  return add_log1p(positive_part(z), e);
}

template <class T, int N> TRILAYER_INLINE Pack<T, N> exp(const Pack<T, N>& x) {
  using K = Constants<T>;
  const auto clamp = [](Vec<T> v) { return at_least<T>(at_most<T>(v, K::highest), K::lowest); };
  return exp_in_range(each(clamp, x));
}

}  // namespace
}  // namespace trilayer
