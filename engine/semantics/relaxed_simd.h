// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The relaxed vector instructions. The specification leaves each of them a choice of results; Brink
// always makes the one of the deterministic profile, so that a guest computes the same everywhere:
//
//   relaxed_swizzle     as i8x16.swizzle: 0 for every number above 15
//   relaxed_trunc_*     as trunc_sat_*: saturated, a NaN to 0
//   relaxed_madd        a * b + c, rounded twice; relaxed_nmadd: -(a * b) + c, likewise
//   relaxed_laneselect  as v128.bitselect: bit by bit, for every width
//   relaxed_min, _max   as min and max
//   relaxed_q15mulr_s   as q15mulr_sat_s
//   relaxed_dot_*       both operands signed; the sum of two products saturates at 16 bits

#ifndef BRINK_SEMANTICS_RELAXED_SIMD_H_
#define BRINK_SEMANTICS_RELAXED_SIMD_H_

#include "brink/v128.h"
#include "engine/semantics/simd.h"
#include "engine/semantics/simd_convert.h"
#include "engine/semantics/simd_float.h"
#include "engine/semantics/simd_integer.h"
#include "engine/semantics/simd_lane.h"
#include "engine/semantics/simd_width.h"
#include "engine/semantics/target.h"

namespace brink::semantics {

#define BRINK_UNARY_AS(name, strict)  \
  BRINK_OPERATION V128 name(V128 a) { \
    return strict(a);                 \
  }
#define BRINK_BINARY_AS(name, strict)         \
  BRINK_OPERATION V128 name(V128 a, V128 b) { \
    return strict(a, b);                      \
  }
#define BRINK_TERNARY_AS(name, strict)                \
  BRINK_OPERATION V128 name(V128 a, V128 b, V128 c) { \
    return strict(a, b, c);                           \
  }

BRINK_BINARY_AS(i8x16_relaxed_swizzle, i8x16_swizzle)
BRINK_UNARY_AS(i32x4_relaxed_trunc_f32x4_s, i32x4_trunc_sat_f32x4_s)
BRINK_UNARY_AS(i32x4_relaxed_trunc_f32x4_u, i32x4_trunc_sat_f32x4_u)
BRINK_UNARY_AS(i32x4_relaxed_trunc_f64x2_s_zero, i32x4_trunc_sat_f64x2_s_zero)
BRINK_UNARY_AS(i32x4_relaxed_trunc_f64x2_u_zero, i32x4_trunc_sat_f64x2_u_zero)
BRINK_TERNARY_AS(i8x16_relaxed_laneselect, v128_bitselect)
BRINK_TERNARY_AS(i16x8_relaxed_laneselect, v128_bitselect)
BRINK_TERNARY_AS(i32x4_relaxed_laneselect, v128_bitselect)
BRINK_TERNARY_AS(i64x2_relaxed_laneselect, v128_bitselect)
BRINK_BINARY_AS(f32x4_relaxed_min, f32x4_min)
BRINK_BINARY_AS(f32x4_relaxed_max, f32x4_max)
BRINK_BINARY_AS(f64x2_relaxed_min, f64x2_min)
BRINK_BINARY_AS(f64x2_relaxed_max, f64x2_max)
BRINK_BINARY_AS(i16x8_relaxed_q15mulr_s, i16x8_q15mulr_sat_s)

#undef BRINK_TERNARY_AS
#undef BRINK_BINARY_AS
#undef BRINK_UNARY_AS

BRINK_OPERATION V128 f32x4_relaxed_madd(V128 a, V128 b, V128 c) {
  return f32x4_add(f32x4_mul(a, b), c);
}
BRINK_OPERATION V128 f32x4_relaxed_nmadd(V128 a, V128 b, V128 c) {
  return f32x4_relaxed_madd(f32x4_neg(a), b, c);
}
BRINK_OPERATION V128 f64x2_relaxed_madd(V128 a, V128 b, V128 c) {
  return f64x2_add(f64x2_mul(a, b), c);
}
BRINK_OPERATION V128 f64x2_relaxed_nmadd(V128 a, V128 b, V128 c) {
  return f64x2_relaxed_madd(f64x2_neg(a), b, c);
}

BRINK_OPERATION V128 i16x8_relaxed_dot_i8x16_i7x16_s(V128 a, V128 b) {
  using simd::even, simd::odd, simd::s16x8, simd::to_v128;
  // A product of two bytes fits 16 bits; only the sum of two can leave them.
  return i16x8_add_sat_s(to_v128(even<s16x8>(a) * even<s16x8>(b)),
                         to_v128(odd<s16x8>(a) * odd<s16x8>(b)));
}
BRINK_OPERATION V128 i32x4_relaxed_dot_i8x16_i7x16_add_s(V128 a, V128 b, V128 c) {
  const V128 products = i16x8_relaxed_dot_i8x16_i7x16_s(a, b);
  return i32x4_add(i32x4_extadd_pairwise_i16x8_s(products), c);
}

}  // namespace brink::semantics

#endif  // BRINK_SEMANTICS_RELAXED_SIMD_H_
