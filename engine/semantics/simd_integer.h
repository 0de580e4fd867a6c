// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Vector instructions whose result lanes are integers computed from the same lanes of the operands:
// arithmetic, comparison (all bits of a lane set, or none), shifts. The convention is in integer.h.
//
// A row of a table defines one instruction for the shapes it exists in. In an expression a and b
// are the operands, n a shift count; U and S are the vector types with unsigned and signed lanes,
// and a and b are U. The rows with three expressions name the machine's instruction for x86-64 and
// for aarch64, which the compilers do not find in the third, portable one.

#ifndef BRINK_SEMANTICS_SIMD_INTEGER_H_
#define BRINK_SEMANTICS_SIMD_INTEGER_H_

#include <cstdint>
#include <limits>

#include "brink/v128.h"
#include "engine/semantics/simd.h"
#include "engine/semantics/target.h"

namespace brink::semantics {

namespace simd {

/// Every lane of a: the least or the greatest value, towards the lane's sign.
template <typename S>
BRINK_OPERATION S bound_on_side_of(S a) {
  constexpr auto kMax = std::numeric_limits<LaneOf<S>>::max();
  return (a >> (sizeof(LaneOf<S>) * 8 - 1)) ^ kMax;
}

// A signed sum overflows where both operands have the sign that it has not.
template <typename S, typename U>
BRINK_OPERATION U add_sat_s(U a, U b) {
  const U sum = a + b;
  const S overflow = (S)((a ^ sum) & (b ^ sum)) < 0;
  return (U)choose(overflow, bound_on_side_of((S)a), (S)sum);
}

// A signed difference overflows where the operands differ in sign, and the first from the result.
template <typename S, typename U>
BRINK_OPERATION U sub_sat_s(U a, U b) {
  const U difference = a - b;
  const S overflow = (S)((a ^ b) & (a ^ difference)) < 0;
  return (U)choose(overflow, bound_on_side_of((S)a), (S)difference);
}

// There are no shifts of byte lanes on x86-64: shift wider lanes, then drop what came in from the
// neighbour, or for a signed shift spread the sign bit from where it arrived.

BRINK_OPERATION u8x16 shl_bytes(u8x16 a, uint32_t n) {
#if defined(BRINK_SEMANTICS_NEON)
  return (u8x16)vshlq_u8((uint8x16_t)a, vdupq_n_s8(static_cast<int8_t>(n)));
#else
  return (u8x16)((u16x8)a << splat<u16x8>(n)) & splat<u8x16>(0xff << n);
#endif
}

BRINK_OPERATION u8x16 shr_bytes(u8x16 a, uint32_t n) {
#if defined(BRINK_SEMANTICS_NEON)
  return (u8x16)vshlq_u8((uint8x16_t)a, vdupq_n_s8(static_cast<int8_t>(0 - n)));
#else
  return (u8x16)((u16x8)a >> splat<u16x8>(n)) & splat<u8x16>(0xff >> n);
#endif
}

BRINK_OPERATION u8x16 sar_bytes(u8x16 a, uint32_t n) {
#if defined(BRINK_SEMANTICS_SSE4)
  // Each byte at the top of a lane of 16 bits; what is below it is shifted out.
  const __m128i count = _mm_cvtsi32_si128(static_cast<int>(n + 8));
  const __m128i low = _mm_sra_epi16(_mm_unpacklo_epi8((__m128i)a, (__m128i)a), count);
  const __m128i high = _mm_sra_epi16(_mm_unpackhi_epi8((__m128i)a, (__m128i)a), count);
  return (u8x16)_mm_packs_epi16(low, high);
#elif defined(BRINK_SEMANTICS_NEON)
  return (u8x16)vshlq_s8((int8x16_t)a, vdupq_n_s8(static_cast<int8_t>(0 - n)));
#else
  const u8x16 sign = splat<u8x16>(0x80 >> n);
  return (shr_bytes(a, n) ^ sign) - sign;
#endif
}

// Nor is there an arithmetic shift of 64-bit lanes.
BRINK_OPERATION u64x2 sar_quads(u64x2 a, uint32_t n) {
#if defined(BRINK_SEMANTICS_NEON)
  return (u64x2)vshlq_s64((int64x2_t)a, vdupq_n_s64(0 - int64_t{n}));
#else
  const u64x2 sign = splat<u64x2>(uint64_t{1} << 63 >> n);
  return ((a >> splat<u64x2>(n)) ^ sign) - sign;
#endif
}

/// Sums of neighbouring bits, then pairs, then nibbles; no sum leaves its byte.
BRINK_OPERATION u8x16 popcnt_bytes(u8x16 bytes) {
#if defined(BRINK_SEMANTICS_SSE4)
  const __m128i counts = _mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m128i nibble = _mm_set1_epi8(0x0f);
  const __m128i low = _mm_and_si128((__m128i)bytes, nibble);
  const __m128i high = _mm_and_si128(_mm_srli_epi16((__m128i)bytes, 4), nibble);
  return (u8x16)_mm_add_epi8(_mm_shuffle_epi8(counts, low), _mm_shuffle_epi8(counts, high));
#elif defined(BRINK_SEMANTICS_NEON)
  return (u8x16)vcntq_u8((uint8x16_t)bytes);
#else
  u64x2 v = (u64x2)bytes;
  v -= (v >> 1) & 0x5555555555555555u;
  v = (v & 0x3333333333333333u) + ((v >> 2) & 0x3333333333333333u);
  return (u8x16)((v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fu);
#endif
}

// (a * b + 2^14) >> 15 as signed numbers. Only -1 * -1, in Q15, does not fit.
BRINK_OPERATION u16x8 q15mulr_sat_s(u16x8 a, u16x8 b) {
#if defined(BRINK_SEMANTICS_SSE4)
  const u16x8 product = (u16x8)_mm_mulhrs_epi16((__m128i)a, (__m128i)b);
  return product ^ (u16x8)(product == splat<u16x8>(0x8000));
#elif defined(BRINK_SEMANTICS_NEON)
  return (u16x8)vqrdmulhq_s16((int16x8_t)a, (int16x8_t)b);
#else
  u16x8 result;
  for (int i = 0; i < 8; ++i) {
    const int32_t product = static_cast<int16_t>(a[i]) * static_cast<int16_t>(b[i]);
    const int32_t rounded = (product + 0x4000) >> 15;
    result[i] = static_cast<uint16_t>(rounded == 0x8000 ? 0x7fff : rounded);
  }
  return result;
#endif
}

}  // namespace simd

#define BRINK_UNARY_OF(shape, name, bits, lanes, expression) \
  BRINK_OPERATION V128 shape##_##name(V128 a_bits) {         \
    using U [[maybe_unused]] = simd::u##bits##x##lanes;      \
    using S [[maybe_unused]] = simd::s##bits##x##lanes;      \
    const U a = simd::as<U>(a_bits);                         \
    return simd::to_v128(expression);                        \
  }
#define BRINK_BINARY_OF(shape, name, bits, lanes, expression)     \
  BRINK_OPERATION V128 shape##_##name(V128 a_bits, V128 b_bits) { \
    using U [[maybe_unused]] = simd::u##bits##x##lanes;           \
    using S [[maybe_unused]] = simd::s##bits##x##lanes;           \
    const U a = simd::as<U>(a_bits);                              \
    const U b = simd::as<U>(b_bits);                              \
    return simd::to_v128(expression);                             \
  }
#define BRINK_SHIFT_OF(shape, name, bits, lanes, expression)         \
  BRINK_OPERATION V128 shape##_##name(V128 a_bits, uint32_t count) { \
    using U [[maybe_unused]] = simd::u##bits##x##lanes;              \
    using S [[maybe_unused]] = simd::s##bits##x##lanes;              \
    const U a = simd::as<U>(a_bits);                                 \
    const uint32_t n = count % bits;                                 \
    return simd::to_v128(expression);                                \
  }
#define BRINK_8(kind, name, expression) kind(i8x16, name, 8, 16, expression)
#define BRINK_16(kind, name, expression) kind(i16x8, name, 16, 8, expression)
#define BRINK_32(kind, name, expression) kind(i32x4, name, 32, 4, expression)
#define BRINK_64(kind, name, expression) kind(i64x2, name, 64, 2, expression)
#define BRINK_8_TO_32(kind, name, expression) \
  BRINK_8(kind, name, expression) BRINK_16(kind, name, expression) BRINK_32(kind, name, expression)
#define BRINK_8_TO_64(kind, name, expression) \
  BRINK_8_TO_32(kind, name, expression) BRINK_64(kind, name, expression)

// clang-format off

// Arithmetic
BRINK_8(BRINK_UNARY_OF, abs, BRINK_SEMANTICS_PICK(
    (U)_mm_abs_epi8((__m128i)a), (U)vabsq_s8((int8x16_t)a), (S)a < 0 ? -a : a))
BRINK_16(BRINK_UNARY_OF, abs, BRINK_SEMANTICS_PICK(
    (U)_mm_abs_epi16((__m128i)a), (U)vabsq_s16((int16x8_t)a), (S)a < 0 ? -a : a))
BRINK_32(BRINK_UNARY_OF, abs, BRINK_SEMANTICS_PICK(
    (U)_mm_abs_epi32((__m128i)a), (U)vabsq_s32((int32x4_t)a), (S)a < 0 ? -a : a))
BRINK_64(BRINK_UNARY_OF, abs, (S)a < 0 ? -a : a)
BRINK_8_TO_64(BRINK_UNARY_OF, neg, -a)
BRINK_8(BRINK_UNARY_OF, popcnt, simd::popcnt_bytes(a))
BRINK_8_TO_64(BRINK_BINARY_OF, add, a + b)
BRINK_8_TO_64(BRINK_BINARY_OF, sub, a - b)
BRINK_16(BRINK_BINARY_OF, mul, a * b)
BRINK_32(BRINK_BINARY_OF, mul, a * b)
BRINK_64(BRINK_BINARY_OF, mul, a * b)
BRINK_8_TO_32(BRINK_BINARY_OF, min_s, (S)a < (S)b ? (S)a : (S)b)
BRINK_8_TO_32(BRINK_BINARY_OF, min_u, a < b ? a : b)
BRINK_8_TO_32(BRINK_BINARY_OF, max_s, (S)a > (S)b ? (S)a : (S)b)
BRINK_8_TO_32(BRINK_BINARY_OF, max_u, a > b ? a : b)
BRINK_16(BRINK_BINARY_OF, q15mulr_sat_s, simd::q15mulr_sat_s(a, b))

// Saturation, and the average rounded up, without a wider lane
BRINK_8(BRINK_BINARY_OF, add_sat_s, BRINK_SEMANTICS_PICK(
    (U)_mm_adds_epi8((__m128i)a, (__m128i)b), (U)vqaddq_s8((int8x16_t)a, (int8x16_t)b),
    (simd::add_sat_s<S>(a, b))))
BRINK_16(BRINK_BINARY_OF, add_sat_s, BRINK_SEMANTICS_PICK(
    (U)_mm_adds_epi16((__m128i)a, (__m128i)b), (U)vqaddq_s16((int16x8_t)a, (int16x8_t)b),
    (simd::add_sat_s<S>(a, b))))
BRINK_8(BRINK_BINARY_OF, add_sat_u, BRINK_SEMANTICS_PICK(
    (U)_mm_adds_epu8((__m128i)a, (__m128i)b), (U)vqaddq_u8((uint8x16_t)a, (uint8x16_t)b),
    (a + b) | (U)((U)(a + b) < a)))
BRINK_16(BRINK_BINARY_OF, add_sat_u, BRINK_SEMANTICS_PICK(
    (U)_mm_adds_epu16((__m128i)a, (__m128i)b), (U)vqaddq_u16((uint16x8_t)a, (uint16x8_t)b),
    (a + b) | (U)((U)(a + b) < a)))
BRINK_8(BRINK_BINARY_OF, sub_sat_s, BRINK_SEMANTICS_PICK(
    (U)_mm_subs_epi8((__m128i)a, (__m128i)b), (U)vqsubq_s8((int8x16_t)a, (int8x16_t)b),
    (simd::sub_sat_s<S>(a, b))))
BRINK_16(BRINK_BINARY_OF, sub_sat_s, BRINK_SEMANTICS_PICK(
    (U)_mm_subs_epi16((__m128i)a, (__m128i)b), (U)vqsubq_s16((int16x8_t)a, (int16x8_t)b),
    (simd::sub_sat_s<S>(a, b))))
BRINK_8(BRINK_BINARY_OF, sub_sat_u, BRINK_SEMANTICS_PICK(
    (U)_mm_subs_epu8((__m128i)a, (__m128i)b), (U)vqsubq_u8((uint8x16_t)a, (uint8x16_t)b),
    (a - b) & (U)(a > b)))
BRINK_16(BRINK_BINARY_OF, sub_sat_u, BRINK_SEMANTICS_PICK(
    (U)_mm_subs_epu16((__m128i)a, (__m128i)b), (U)vqsubq_u16((uint16x8_t)a, (uint16x8_t)b),
    (a - b) & (U)(a > b)))
BRINK_8(BRINK_BINARY_OF, avgr_u, BRINK_SEMANTICS_PICK(
    (U)_mm_avg_epu8((__m128i)a, (__m128i)b), (U)vrhaddq_u8((uint8x16_t)a, (uint8x16_t)b),
    (a | b) - ((a ^ b) >> 1)))
BRINK_16(BRINK_BINARY_OF, avgr_u, BRINK_SEMANTICS_PICK(
    (U)_mm_avg_epu16((__m128i)a, (__m128i)b), (U)vrhaddq_u16((uint16x8_t)a, (uint16x8_t)b),
    (a | b) - ((a ^ b) >> 1)))

// Comparison
BRINK_8_TO_64(BRINK_BINARY_OF, eq, a == b)
BRINK_8_TO_64(BRINK_BINARY_OF, ne, a != b)
BRINK_8_TO_64(BRINK_BINARY_OF, lt_s, (S)a < (S)b)
BRINK_8_TO_32(BRINK_BINARY_OF, lt_u, a < b)
BRINK_8_TO_64(BRINK_BINARY_OF, gt_s, (S)a > (S)b)
BRINK_8_TO_32(BRINK_BINARY_OF, gt_u, a > b)
BRINK_8_TO_64(BRINK_BINARY_OF, le_s, (S)a <= (S)b)
BRINK_8_TO_32(BRINK_BINARY_OF, le_u, a <= b)
BRINK_8_TO_64(BRINK_BINARY_OF, ge_s, (S)a >= (S)b)
BRINK_8_TO_32(BRINK_BINARY_OF, ge_u, a >= b)

// Shifts
BRINK_8 (BRINK_SHIFT_OF, shl,   simd::shl_bytes(a, n))
BRINK_16(BRINK_SHIFT_OF, shl,   a << simd::splat<U>(n))
BRINK_32(BRINK_SHIFT_OF, shl,   a << simd::splat<U>(n))
BRINK_64(BRINK_SHIFT_OF, shl,   a << simd::splat<U>(n))
BRINK_8 (BRINK_SHIFT_OF, shr_s, simd::sar_bytes(a, n))
BRINK_16(BRINK_SHIFT_OF, shr_s, (S)a >> simd::splat<S>(n))
BRINK_32(BRINK_SHIFT_OF, shr_s, (S)a >> simd::splat<S>(n))
BRINK_64(BRINK_SHIFT_OF, shr_s, simd::sar_quads(a, n))
BRINK_8 (BRINK_SHIFT_OF, shr_u, simd::shr_bytes(a, n))
BRINK_16(BRINK_SHIFT_OF, shr_u, a >> simd::splat<U>(n))
BRINK_32(BRINK_SHIFT_OF, shr_u, a >> simd::splat<U>(n))
BRINK_64(BRINK_SHIFT_OF, shr_u, a >> simd::splat<U>(n))

// clang-format on

#undef BRINK_8_TO_64
#undef BRINK_8_TO_32
#undef BRINK_64
#undef BRINK_32
#undef BRINK_16
#undef BRINK_8
#undef BRINK_SHIFT_OF
#undef BRINK_BINARY_OF
#undef BRINK_UNARY_OF

}  // namespace brink::semantics

#endif  // BRINK_SEMANTICS_SIMD_INTEGER_H_
