// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Vector conversions to, from and between float lanes. The convention is in integer.h; the scalar
// conversions, which give each lane its meaning, are in convert.h.

#ifndef BRINK_SEMANTICS_SIMD_CONVERT_H_
#define BRINK_SEMANTICS_SIMD_CONVERT_H_

#include <bit>
#include <cstdint>

#include "brink/v128.h"
#include "engine/semantics/convert.h"
#include "engine/semantics/simd.h"
#include "engine/semantics/simd_width.h"
#include "engine/semantics/target.h"

namespace brink::semantics {

#if defined(BRINK_SEMANTICS_SSE4)
namespace simd {

// Lanes towards zero as i32s, those out of range as 0x80000000. Why no intrinsics: see truncate in
// convert.h.
BRINK_OPERATION __m128i truncate_f32x4(__m128 a) {
  __m128i result;
  asm("cvttps2dq %1, %0" : "=x"(result) : "x"(a));
  return result;
}
BRINK_OPERATION __m128i truncate_f64x2(__m128d a) {
  __m128i result;
  asm("cvttpd2dq %1, %0" : "=x"(result) : "x"(a));
  return result;
}

}  // namespace simd
#endif

// --- Integer lanes to float lanes ---

BRINK_OPERATION V128 f32x4_convert_i32x4_s(V128 a) {
  return simd::to_v128(__builtin_convertvector(simd::as<simd::s32x4>(a), simd::f32x4));
}

BRINK_OPERATION V128 f32x4_convert_i32x4_u(V128 a) {
  return simd::to_v128(__builtin_convertvector(simd::as<simd::u32x4>(a), simd::f32x4));
}

BRINK_OPERATION V128 f64x2_convert_low_i32x4_s(V128 a) {
#if defined(BRINK_SEMANTICS_SSE4)
  return simd::from_m128d(_mm_cvtepi32_pd(simd::m128i(a)));
#else
  const auto low = simd::as<simd::s64x2>(i64x2_extend_low_i32x4_s(a));
  return simd::to_v128(__builtin_convertvector(low, simd::f64x2));
#endif
}

BRINK_OPERATION V128 f64x2_convert_low_i32x4_u(V128 a) {
  const auto low = simd::as<simd::u64x2>(i64x2_extend_low_i32x4_u(a));
#if defined(BRINK_SEMANTICS_SSE4)
  // An integer below 2^52 under the exponent of 2^52 is the double 2^52 + integer.
  const auto exponent = simd::splat<simd::u64x2>(std::bit_cast<uint64_t>(0x1p52));
  return simd::to_v128((simd::f64x2)(low | exponent) - 0x1p52);
#else
  return simd::to_v128(__builtin_convertvector(low, simd::f64x2));
#endif
}

// --- Float lanes to float lanes ---

BRINK_OPERATION V128 f32x4_demote_f64x2_zero(V128 a) {
#if defined(BRINK_SEMANTICS_SSE4)
  return simd::from_m128(_mm_cvtpd_ps(simd::m128d(a)));
#else
  const auto lanes = simd::as<simd::f64x2>(a);
  return simd::to_v128(
      simd::f32x4{static_cast<float>(lanes[0]), static_cast<float>(lanes[1]), 0, 0});
#endif
}

BRINK_OPERATION V128 f64x2_promote_low_f32x4(V128 a) {
#if defined(BRINK_SEMANTICS_SSE4)
  return simd::from_m128d(_mm_cvtps_pd(simd::m128(a)));
#else
  const auto lanes = simd::as<simd::f32x4>(a);
  return simd::to_v128(simd::f64x2{lanes[0], lanes[1]});
#endif
}

// --- Float lanes to integer lanes, saturating, a NaN to 0 ---

BRINK_OPERATION V128 i32x4_trunc_sat_f32x4_s(V128 v) {
#if defined(BRINK_SEMANTICS_SSE4)
  // The machine gives 0x80000000 for what is out of range; above the range that is one too many.
  const __m128 a = _mm_and_ps(simd::m128(v), _mm_cmpeq_ps(simd::m128(v), simd::m128(v)));
  const __m128i above = _mm_castps_si128(_mm_cmpge_ps(a, _mm_set1_ps(0x1p31f)));
  return simd::from_m128i(_mm_xor_si128(simd::truncate_f32x4(a), above));
#elif defined(BRINK_SEMANTICS_NEON)
  return simd::to_v128(vcvtq_s32_f32(simd::as<float32x4_t>(v)));
#else
  const auto a = simd::as<simd::f32x4>(v);
  return simd::to_v128(simd::u32x4{i32_trunc_sat_f32_s(a[0]), i32_trunc_sat_f32_s(a[1]),
                                   i32_trunc_sat_f32_s(a[2]), i32_trunc_sat_f32_s(a[3])});
#endif
}

BRINK_OPERATION V128 i32x4_trunc_sat_f32x4_u(V128 v) {
#if defined(BRINK_SEMANTICS_SSE4)
  // The signed conversion of a plus that of what a has above 2^31, if anything:
  //     a < 2^31      a           + 0
  //     a < 2^32      0x80000000  + (a - 2^31)
  //     above         0x80000000  + 0x7fffffff
  const __m128 zero = _mm_setzero_ps();
  const __m128 limit = _mm_set1_ps(0x1p31f);
  const __m128 a = _mm_max_ps(simd::m128(v), zero);  // a NaN becomes the second operand
  const __m128 rest = _mm_sub_ps(a, limit);
  const __m128i above = _mm_castps_si128(_mm_cmpge_ps(rest, limit));
  const __m128i high = _mm_xor_si128(simd::truncate_f32x4(rest), above);
  const __m128i low = simd::truncate_f32x4(a);
  return simd::from_m128i(_mm_add_epi32(low, _mm_max_epi32(high, _mm_setzero_si128())));
#elif defined(BRINK_SEMANTICS_NEON)
  return simd::to_v128(vcvtq_u32_f32(simd::as<float32x4_t>(v)));
#else
  const auto a = simd::as<simd::f32x4>(v);
  return simd::to_v128(simd::u32x4{i32_trunc_sat_f32_u(a[0]), i32_trunc_sat_f32_u(a[1]),
                                   i32_trunc_sat_f32_u(a[2]), i32_trunc_sat_f32_u(a[3])});
#endif
}

BRINK_OPERATION V128 i32x4_trunc_sat_f64x2_s_zero(V128 v) {
#if defined(BRINK_SEMANTICS_SSE4)
  // The smaller of a and the upper limit; a NaN becomes the second operand, which is then 0. Below
  // the range the machine's 0x80000000 is the right result.
  const __m128d a = simd::m128d(v);
  const __m128d limit = _mm_and_pd(_mm_cmpeq_pd(a, a), _mm_set1_pd(2147483647.0));
  return simd::from_m128i(simd::truncate_f64x2(_mm_min_pd(a, limit)));
#elif defined(BRINK_SEMANTICS_NEON)
  const int32x2_t low = vqmovn_s64(vcvtq_s64_f64(simd::as<float64x2_t>(v)));
  return simd::to_v128(vcombine_s32(low, vdup_n_s32(0)));
#else
  const auto a = simd::as<simd::f64x2>(v);
  return simd::to_v128(simd::u32x4{i32_trunc_sat_f64_s(a[0]), i32_trunc_sat_f64_s(a[1]), 0, 0});
#endif
}

BRINK_OPERATION V128 i32x4_trunc_sat_f64x2_u_zero(V128 v) {
#if defined(BRINK_SEMANTICS_SSE4)
  // As a whole number from 0 to 2^32 - 1, plus 2^52, a double has that number in its low bits.
  const __m128d zero = _mm_setzero_pd();
  const __m128d positive = _mm_max_pd(simd::m128d(v), zero);  // a NaN becomes the second operand
  const __m128d bounded = _mm_min_pd(positive, _mm_set1_pd(4294967295.0));
  const __m128d whole = _mm_round_pd(bounded, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  const __m128d number = _mm_add_pd(whole, _mm_set1_pd(0x1p52));
  const __m128 low = _mm_shuffle_ps(_mm_castpd_ps(number), _mm_castpd_ps(zero), 0x88);
  return simd::from_m128i(_mm_castps_si128(low));
#elif defined(BRINK_SEMANTICS_NEON)
  const uint32x2_t low = vqmovn_u64(vcvtq_u64_f64(simd::as<float64x2_t>(v)));
  return simd::to_v128(vcombine_u32(low, vdup_n_u32(0)));
#else
  const auto a = simd::as<simd::f64x2>(v);
  return simd::to_v128(simd::u32x4{i32_trunc_sat_f64_u(a[0]), i32_trunc_sat_f64_u(a[1]), 0, 0});
#endif
}

}  // namespace brink::semantics

#endif  // BRINK_SEMANTICS_SIMD_CONVERT_H_
