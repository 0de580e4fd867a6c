// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Vector instructions that move, test and select lanes or bits without computing with them. The
// convention is in integer.h. Lane numbers are immediates; validation has checked their range.

#ifndef BRINK_SEMANTICS_SIMD_LANE_H_
#define BRINK_SEMANTICS_SIMD_LANE_H_

#include <cstdint>

#include "brink/v128.h"
#include "engine/semantics/simd.h"
#include "engine/semantics/target.h"

namespace brink::semantics {

// --- Splat ---

BRINK_OPERATION V128 i8x16_splat(uint32_t a) {
  return simd::to_v128(simd::splat<simd::u8x16>(a));
}
BRINK_OPERATION V128 i16x8_splat(uint32_t a) {
  return simd::to_v128(simd::splat<simd::u16x8>(a));
}
BRINK_OPERATION V128 i32x4_splat(uint32_t a) {
  return simd::to_v128(simd::splat<simd::u32x4>(a));
}
BRINK_OPERATION V128 i64x2_splat(uint64_t a) {
  return V128{{a, a}};
}
BRINK_OPERATION V128 f32x4_splat(float a) {
  return simd::to_v128(simd::f32x4{a, a, a, a});
}
BRINK_OPERATION V128 f64x2_splat(double a) {
  return simd::to_v128(simd::f64x2{a, a});
}

// --- Extract and replace ---

namespace simd {

// Why no index into the words: it would send the vector through memory.
BRINK_OPERATION uint64_t word(V128 a, uint32_t index) {
  const uint64_t high = uint64_t{0} - index;
  return a.words[0] ^ ((a.words[0] ^ a.words[1]) & high);
}

/// Lane `lane`, of `bytes` bytes, at the bottom of the result; what is above it is arbitrary.
template <uint32_t bytes>
BRINK_OPERATION uint32_t lane_at_bottom(V128 a, uint32_t lane) {
#if defined(BRINK_SEMANTICS_SSE4)
  // Byte k of the numbers is the number of the lane's byte k.
  constexpr uint32_t kUsed = 0xffffffff >> (32 - bytes * 8);
  const uint32_t numbers = lane * (bytes * 0x01010101 & kUsed) + (0x03020100 & kUsed);
  const __m128i moved = _mm_shuffle_epi8(m128i(a), _mm_cvtsi32_si128(static_cast<int>(numbers)));
  return static_cast<uint32_t>(_mm_cvtsi128_si32(moved));
#else
  constexpr uint32_t kPerWord = 8 / bytes;
  return static_cast<uint32_t>(word(a, lane / kPerWord) >> (lane % kPerWord * bytes * 8));
#endif
}

// Why a choice between whole vectors: a store of one lane followed by a load of the vector would
// wait for the store to leave the store buffer.
template <typename Vector>
BRINK_OPERATION V128 replace(V128 a, LaneOf<Vector> value, uint32_t lane, Vector numbers) {
  const Vector mask = (Vector)(numbers == splat<Vector>(lane));
  return to_v128(choose(mask, splat<Vector>(value), as<Vector>(a)));
}

}  // namespace simd

BRINK_OPERATION uint32_t i8x16_extract_lane_s(V128 a, uint32_t lane) {
  return static_cast<uint32_t>(static_cast<int8_t>(simd::lane_at_bottom<1>(a, lane)));
}
BRINK_OPERATION uint32_t i8x16_extract_lane_u(V128 a, uint32_t lane) {
  return static_cast<uint8_t>(simd::lane_at_bottom<1>(a, lane));
}
BRINK_OPERATION uint32_t i16x8_extract_lane_s(V128 a, uint32_t lane) {
  return static_cast<uint32_t>(static_cast<int16_t>(simd::lane_at_bottom<2>(a, lane)));
}
BRINK_OPERATION uint32_t i16x8_extract_lane_u(V128 a, uint32_t lane) {
  return static_cast<uint16_t>(simd::lane_at_bottom<2>(a, lane));
}
BRINK_OPERATION uint32_t i32x4_extract_lane(V128 a, uint32_t lane) {
  return simd::lane_at_bottom<4>(a, lane);
}
BRINK_OPERATION uint64_t i64x2_extract_lane(V128 a, uint32_t lane) {
  return simd::word(a, lane);
}
BRINK_OPERATION float f32x4_extract_lane(V128 a, uint32_t lane) {
  return std::bit_cast<float>(i32x4_extract_lane(a, lane));
}
BRINK_OPERATION double f64x2_extract_lane(V128 a, uint32_t lane) {
  return std::bit_cast<double>(i64x2_extract_lane(a, lane));
}

BRINK_OPERATION V128 i8x16_replace_lane(V128 a, uint32_t value, uint32_t lane) {
  constexpr simd::u8x16 kNumbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return simd::replace(a, static_cast<uint8_t>(value), lane, kNumbers);
}
BRINK_OPERATION V128 i16x8_replace_lane(V128 a, uint32_t value, uint32_t lane) {
  return simd::replace(a, static_cast<uint16_t>(value), lane, simd::u16x8{0, 1, 2, 3, 4, 5, 6, 7});
}
BRINK_OPERATION V128 i32x4_replace_lane(V128 a, uint32_t value, uint32_t lane) {
  return simd::replace(a, value, lane, simd::u32x4{0, 1, 2, 3});
}
BRINK_OPERATION V128 i64x2_replace_lane(V128 a, uint64_t value, uint32_t lane) {
  return simd::replace(a, value, lane, simd::u64x2{0, 1});
}
BRINK_OPERATION V128 f32x4_replace_lane(V128 a, float value, uint32_t lane) {
  return i32x4_replace_lane(a, std::bit_cast<uint32_t>(value), lane);
}
BRINK_OPERATION V128 f64x2_replace_lane(V128 a, double value, uint32_t lane) {
  return i64x2_replace_lane(a, std::bit_cast<uint64_t>(value), lane);
}

// --- Shuffle and swizzle ---

/// Bytes of `a` by the numbers in `lanes`; 0 for a number above 15.
BRINK_OPERATION V128 i8x16_swizzle(V128 a, V128 lanes) {
  using simd::as, simd::u8x16;
#if defined(BRINK_SEMANTICS_SSE4)
  // pshufb gives 0 for numbers with the top bit set and takes the others modulo 16.
  const __m128i numbers = _mm_adds_epu8(simd::m128i(lanes), _mm_set1_epi8(0x70));
  return simd::from_m128i(_mm_shuffle_epi8(simd::m128i(a), numbers));
#elif defined(BRINK_SEMANTICS_NEON)
  return simd::to_v128((u8x16)vqtbl1q_u8((uint8x16_t)as<u8x16>(a), (uint8x16_t)as<u8x16>(lanes)));
#else
  const auto bytes = as<u8x16>(a);
  const auto numbers = as<u8x16>(lanes);
  u8x16 result;
  for (int i = 0; i < 16; ++i) result[i] = numbers[i] < 16 ? bytes[numbers[i] & 15] : 0;
  return simd::to_v128(result);
#endif
}

/// Bytes of `a` (0 to 15) and `b` (16 to 31) by the numbers in `lanes`.
BRINK_OPERATION V128 i8x16_shuffle(V128 a, V128 b, V128 lanes) {
  using simd::as, simd::u8x16;
#if defined(BRINK_SEMANTICS_SSE4)
  // Numbers of the other operand get the top bit: 16..31 + 0x70 = 0x80.., 0..15 - 16 = 0xf0..
  const __m128i numbers = simd::m128i(lanes);
  const __m128i from_a = _mm_add_epi8(numbers, _mm_set1_epi8(0x70));
  const __m128i from_b = _mm_sub_epi8(numbers, _mm_set1_epi8(16));
  return simd::from_m128i(_mm_or_si128(_mm_shuffle_epi8(simd::m128i(a), from_a),
                                       _mm_shuffle_epi8(simd::m128i(b), from_b)));
#elif defined(BRINK_SEMANTICS_NEON)
  const uint8x16x2_t both = {{(uint8x16_t)as<u8x16>(a), (uint8x16_t)as<u8x16>(b)}};
  return simd::to_v128((u8x16)vqtbl2q_u8(both, (uint8x16_t)as<u8x16>(lanes)));
#else
  const auto first = as<u8x16>(a);
  const auto second = as<u8x16>(b);
  const auto numbers = as<u8x16>(lanes);
  u8x16 result;
  for (int i = 0; i < 16; ++i)
    result[i] = numbers[i] < 16 ? first[numbers[i]] : second[numbers[i] & 15];
  return simd::to_v128(result);
#endif
}

// --- Bits ---

#define BRINK_BITWISE(name, expression)                        \
  BRINK_OPERATION V128 v128_##name(V128 a_bits, V128 b_bits) { \
    const auto a = simd::as<simd::u64x2>(a_bits);              \
    const auto b = simd::as<simd::u64x2>(b_bits);              \
    return simd::to_v128(expression);                          \
  }

// clang-format off
BRINK_BITWISE(and, a & b)
BRINK_BITWISE(andnot, a & ~b)
BRINK_BITWISE(or, a | b)
BRINK_BITWISE(xor, a ^ b)
// clang-format on

#undef BRINK_BITWISE

BRINK_OPERATION V128 v128_not(V128 a) {
  return simd::to_v128(~simd::as<simd::u64x2>(a));
}

/// Bits of `a` where `mask` is set, of `b` elsewhere.
BRINK_OPERATION V128 v128_bitselect(V128 a, V128 b, V128 mask) {
  using simd::as, simd::u64x2;
  return simd::to_v128(simd::choose(as<u64x2>(mask), as<u64x2>(a), as<u64x2>(b)));
}

// --- Tests ---

BRINK_OPERATION uint32_t v128_any_true(V128 a) {
  return (a.words[0] | a.words[1]) != 0;
}

namespace simd {

template <typename Vector>
BRINK_OPERATION uint32_t all_true(V128 a) {
  const V128 zero_lanes = to_v128(as<Vector>(a) == 0);
#if defined(BRINK_SEMANTICS_SSE4)
  return static_cast<uint32_t>(_mm_testz_si128(m128i(zero_lanes), m128i(zero_lanes)));
#else
  return (zero_lanes.words[0] | zero_lanes.words[1]) == 0;
#endif
}

/// The top bits of 8 bytes, lowest first. Each factor bit moves one of them to the top byte.
BRINK_OPERATION uint32_t byte_mask(uint64_t word) {
  const uint64_t tops = word >> 7 & 0x0101010101010101u;
  return static_cast<uint32_t>(tops * 0x0102040810204080u >> 56);
}

}  // namespace simd

BRINK_OPERATION uint32_t i8x16_all_true(V128 a) {
  return simd::all_true<simd::u8x16>(a);
}
BRINK_OPERATION uint32_t i16x8_all_true(V128 a) {
  return simd::all_true<simd::u16x8>(a);
}
BRINK_OPERATION uint32_t i32x4_all_true(V128 a) {
  return simd::all_true<simd::u32x4>(a);
}
BRINK_OPERATION uint32_t i64x2_all_true(V128 a) {
  return a.words[0] != 0 && a.words[1] != 0;
}

BRINK_OPERATION uint32_t i8x16_bitmask(V128 a) {
#if defined(BRINK_SEMANTICS_SSE4)
  return static_cast<uint32_t>(_mm_movemask_epi8(simd::m128i(a)));
#else
  return simd::byte_mask(a.words[0]) | simd::byte_mask(a.words[1]) << 8;
#endif
}

BRINK_OPERATION uint32_t i16x8_bitmask(V128 a) {
#if defined(BRINK_SEMANTICS_SSE4)
  const __m128i bytes = _mm_packs_epi16(simd::m128i(a), _mm_setzero_si128());
  return static_cast<uint32_t>(_mm_movemask_epi8(bytes));
#else
  // Lane i leaves bit i, or nothing; what is left is one number spread over all lanes.
  const simd::s16x8 places = {1, 2, 4, 8, 16, 32, 64, 128};
  const V128 spread = simd::to_v128((simd::as<simd::s16x8>(a) < 0) & places);
  const uint64_t word = spread.words[0] | spread.words[1];
  const uint64_t half = word | word >> 32;
  return static_cast<uint32_t>((half | half >> 16) & 0xff);
#endif
}

BRINK_OPERATION uint32_t i32x4_bitmask(V128 a) {
#if defined(BRINK_SEMANTICS_SSE4)
  return static_cast<uint32_t>(_mm_movemask_ps(simd::m128(a)));
#else
  const simd::s32x4 places = {1, 2, 4, 8};
  const V128 spread = simd::to_v128((simd::as<simd::s32x4>(a) < 0) & places);
  const uint64_t word = spread.words[0] | spread.words[1];
  return static_cast<uint32_t>((word | word >> 32) & 0xf);
#endif
}

BRINK_OPERATION uint32_t i64x2_bitmask(V128 a) {
  return static_cast<uint32_t>(a.words[0] >> 63 | a.words[1] >> 63 << 1);
}

}  // namespace brink::semantics

#endif  // BRINK_SEMANTICS_SIMD_LANE_H_
