// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Vector instructions on lanes of f32 and f64: each lane as float.h has it, to the bit except that
// which of two NaNs survives is the machine's choice. Comparisons set all bits of a lane, or none.
//
// A row of the tables defines both shapes; F is the vector type, a and b are F. The convention is
// in integer.h.

#ifndef BRINK_SEMANTICS_SIMD_FLOAT_H_
#define BRINK_SEMANTICS_SIMD_FLOAT_H_

#include <cstdint>

#include "brink/v128.h"
#include "engine/semantics/float.h"
#include "engine/semantics/simd.h"
#include "engine/semantics/target.h"

namespace brink::semantics {

namespace simd {

BRINK_OPERATION u32x4 bits_of(f32x4 a) {
  return (u32x4)a;
}
BRINK_OPERATION u64x2 bits_of(f64x2 a) {
  return (u64x2)a;
}

template <typename F>
BRINK_OPERATION auto sign_bits(F) {
  return splat<decltype(bits_of(F{}))>(uint64_t{1} << (sizeof(F{}[0]) * 8 - 1));
}

#if defined(BRINK_SEMANTICS_NEON)

BRINK_OPERATION f32x4 min(f32x4 a, f32x4 b) {
  return (f32x4)vminq_f32((float32x4_t)a, (float32x4_t)b);
}
BRINK_OPERATION f64x2 min(f64x2 a, f64x2 b) {
  return (f64x2)vminq_f64((float64x2_t)a, (float64x2_t)b);
}
BRINK_OPERATION f32x4 max(f32x4 a, f32x4 b) {
  return (f32x4)vmaxq_f32((float32x4_t)a, (float32x4_t)b);
}
BRINK_OPERATION f64x2 max(f64x2 a, f64x2 b) {
  return (f64x2)vmaxq_f64((float64x2_t)a, (float64x2_t)b);
}

#else

// Picking in either order gives two results that differ in two cases. For zeros of either sign,
// `or` and `and` of the bits make the minimum and the maximum. For a NaN both operands come out,
// whose `or` is a NaN too, and which no other pair of results makes; the sum is then the quiet NaN.

template <typename F>
BRINK_OPERATION F min(F a, F b) {
  const F both = (F)(bits_of(a < b ? a : b) | bits_of(b < a ? b : a));
  return both != both ? a + b : both;
}

template <typename F>
BRINK_OPERATION F max(F a, F b) {
  const F one = a > b ? a : b;
  const F other = b > a ? b : a;
  const F both = (F)(bits_of(one) | bits_of(other));
  return both != both ? a + b : (F)(bits_of(one) & bits_of(other));
}

#endif

}  // namespace simd

// The machine's instruction for a whole vector, or the scalar instruction lane by lane.
#if defined(BRINK_SEMANTICS_SSE4)
#define BRINK_PER_LANE(name, sse_f32, sse_f64, neon_f32, neon_f64) \
  BRINK_OPERATION V128 f32x4_##name(V128 v) {                      \
    const __m128 a = simd::m128(v);                                \
    return simd::from_m128(sse_f32);                               \
  }                                                                \
  BRINK_OPERATION V128 f64x2_##name(V128 v) {                      \
    const __m128d a = simd::m128d(v);                              \
    return simd::from_m128d(sse_f64);                              \
  }
#elif defined(BRINK_SEMANTICS_NEON)
#define BRINK_PER_LANE(name, sse_f32, sse_f64, neon_f32, neon_f64)                      \
  BRINK_OPERATION V128 f32x4_##name(V128 v) {                                           \
    return simd::to_v128((simd::f32x4)neon_f32((float32x4_t)simd::as<simd::f32x4>(v))); \
  }                                                                                     \
  BRINK_OPERATION V128 f64x2_##name(V128 v) {                                           \
    return simd::to_v128((simd::f64x2)neon_f64((float64x2_t)simd::as<simd::f64x2>(v))); \
  }
#else
#define BRINK_PER_LANE(name, sse_f32, sse_f64, neon_f32, neon_f64)                            \
  BRINK_OPERATION V128 f32x4_##name(V128 v) {                                                 \
    const auto a = simd::as<simd::f32x4>(v);                                                  \
    return simd::to_v128(                                                                     \
        simd::f32x4{f32_##name(a[0]), f32_##name(a[1]), f32_##name(a[2]), f32_##name(a[3])}); \
  }                                                                                           \
  BRINK_OPERATION V128 f64x2_##name(V128 v) {                                                 \
    const auto a = simd::as<simd::f64x2>(v);                                                  \
    return simd::to_v128(simd::f64x2{f64_##name(a[0]), f64_##name(a[1])});                    \
  }
#endif

#define BRINK_UNARY_OF(shape, name, expression)      \
  BRINK_OPERATION V128 shape##_##name(V128 a_bits) { \
    using F [[maybe_unused]] = simd::shape;          \
    const F a = simd::as<F>(a_bits);                 \
    return simd::to_v128(expression);                \
  }
#define BRINK_BINARY_OF(shape, name, expression)                  \
  BRINK_OPERATION V128 shape##_##name(V128 a_bits, V128 b_bits) { \
    using F [[maybe_unused]] = simd::shape;                       \
    const F a = simd::as<F>(a_bits);                              \
    const F b = simd::as<F>(b_bits);                              \
    return simd::to_v128(expression);                             \
  }
#define BRINK_UNARY(name, expression) \
  BRINK_UNARY_OF(f32x4, name, expression) BRINK_UNARY_OF(f64x2, name, expression)
#define BRINK_BINARY(name, expression) \
  BRINK_BINARY_OF(f32x4, name, expression) BRINK_BINARY_OF(f64x2, name, expression)

// clang-format off

BRINK_UNARY(abs, simd::bits_of(a) & ~simd::sign_bits(a))
BRINK_UNARY(neg, simd::bits_of(a) ^ simd::sign_bits(a))

BRINK_PER_LANE(sqrt, _mm_sqrt_ps(a), _mm_sqrt_pd(a), vsqrtq_f32, vsqrtq_f64)
BRINK_PER_LANE(ceil, _mm_ceil_ps(a), _mm_ceil_pd(a), vrndpq_f32, vrndpq_f64)
BRINK_PER_LANE(floor, _mm_floor_ps(a), _mm_floor_pd(a), vrndmq_f32, vrndmq_f64)
BRINK_PER_LANE(trunc, _mm_round_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC),
               _mm_round_pd(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC), vrndq_f32, vrndq_f64)
BRINK_PER_LANE(nearest, _mm_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
               _mm_round_pd(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
               vrndnq_f32, vrndnq_f64)

BRINK_BINARY(add, a + b)
BRINK_BINARY(sub, a - b)
BRINK_BINARY(mul, a * b)
BRINK_BINARY(div, a / b)
BRINK_BINARY(min, simd::min(a, b))
BRINK_BINARY(max, simd::max(a, b))
BRINK_BINARY(pmin, b < a ? b : a)
BRINK_BINARY(pmax, a < b ? b : a)

BRINK_BINARY(eq, a == b)
BRINK_BINARY(ne, a != b)
BRINK_BINARY(lt, a < b)
BRINK_BINARY(gt, a > b)
BRINK_BINARY(le, a <= b)
BRINK_BINARY(ge, a >= b)

// clang-format on

#undef BRINK_BINARY
#undef BRINK_UNARY
#undef BRINK_BINARY_OF
#undef BRINK_UNARY_OF
#undef BRINK_PER_LANE

}  // namespace brink::semantics

#endif  // BRINK_SEMANTICS_SIMD_FLOAT_H_
