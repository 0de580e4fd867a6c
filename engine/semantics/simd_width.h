// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Vector instructions whose integer lanes have another width in the result than in the operands:
// narrowing, extension, products and sums of twice the width. The convention is in integer.h.
//
// A row of a table is an instruction: its name, the machine's sequence for x86-64 and for aarch64,
// and the portable expression. The operands are the V128s a and b.

#ifndef BRINK_SEMANTICS_SIMD_WIDTH_H_
#define BRINK_SEMANTICS_SIMD_WIDTH_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "brink/v128.h"
#include "engine/semantics/simd.h"
#include "engine/semantics/target.h"

namespace brink::semantics {

namespace simd {

using s8x8 __attribute__((vector_size(8))) = int8_t;
using u8x8 __attribute__((vector_size(8))) = uint8_t;
using s16x4 __attribute__((vector_size(8))) = int16_t;
using u16x4 __attribute__((vector_size(8))) = uint16_t;
using s32x2 __attribute__((vector_size(8))) = int32_t;
using u32x2 __attribute__((vector_size(8))) = uint32_t;

/// The lanes of the low half (word 0) or high half (word 1), each widened to a lane of `To`.
template <typename Half, typename To>
BRINK_OPERATION V128 extend(V128 a, int word) {
  return to_v128(__builtin_convertvector(std::bit_cast<Half>(a.words[word]), To));
}

/// The products of the lanes of one half.
template <typename Half, typename To>
BRINK_OPERATION V128 extmul(V128 a, V128 b, int word) {
  using U __attribute__((vector_size(16))) = std::make_unsigned_t<LaneOf<To>>;
  return to_v128(as<U>(extend<Half, To>(a, word)) * as<U>(extend<Half, To>(b, word)));
}

// The narrow lanes with even and odd numbers, each widened in place as `Wide` shifts.
template <typename Wide>
BRINK_OPERATION Wide even(V128 a) {
  constexpr int kHalf = sizeof(LaneOf<Wide>) * 4;
  using U __attribute__((vector_size(16))) = std::make_unsigned_t<LaneOf<Wide>>;
  return (Wide)(as<U>(a) << kHalf) >> kHalf;
}
template <typename Wide>
BRINK_OPERATION Wide odd(V128 a) {
  constexpr int kHalf = sizeof(LaneOf<Wide>) * 4;
  return as<Wide>(a) >> kHalf;
}

template <typename Wide>
BRINK_OPERATION V128 extadd(V128 a) {
  return to_v128(even<Wide>(a) + odd<Wide>(a));
}

/// Lanes of `a`, then of `b`, saturated to lanes of `To`.
template <typename From, typename To>
BRINK_OPERATION V128 narrow(V128 a_bits, V128 b_bits) {
  using Limits = std::numeric_limits<LaneOf<To>>;
  using Wide = LaneOf<From>;
  constexpr int kCount = sizeof(V128) / sizeof(Wide);
  const From a = as<From>(a_bits);
  const From b = as<From>(b_bits);
  const auto saturate = [](Wide lane) {
    return static_cast<LaneOf<To>>(std::clamp<Wide>(lane, Limits::min(), Limits::max()));
  };
  To result;
  for (int i = 0; i < kCount; ++i) {
    result[i] = saturate(a[i]);
    result[i + kCount] = saturate(b[i]);
  }
  return to_v128(result);
}

#if defined(BRINK_SEMANTICS_SSE4)
BRINK_OPERATION __m128i high_half(V128 a) {
  return _mm_srli_si128(m128i(a), 8);
}
BRINK_OPERATION __m128i low_twice(V128 a) {
  return _mm_unpacklo_epi32(m128i(a), m128i(a));
}
BRINK_OPERATION __m128i high_twice(V128 a) {
  return _mm_unpackhi_epi32(m128i(a), m128i(a));
}

// 16 by 16 bits: low and high halves of the eight products, of which one half is then joined. (The
// multiplication of 32-bit lanes takes twice the time.)
BRINK_OPERATION __m128i low_s(V128 a, V128 b) {
  return _mm_mullo_epi16(m128i(a), m128i(b));
}
BRINK_OPERATION __m128i high_s(V128 a, V128 b) {
  return _mm_mulhi_epi16(m128i(a), m128i(b));
}
BRINK_OPERATION __m128i high_u(V128 a, V128 b) {
  return _mm_mulhi_epu16(m128i(a), m128i(b));
}
#endif

}  // namespace simd

#define BRINK_UNARY(name, sse, neon, portable)                             \
  BRINK_OPERATION V128 name(V128 a) {                                      \
    using namespace simd;                                                  \
    return BRINK_SEMANTICS_PICK(from_m128i(sse), to_v128(neon), portable); \
  }
#define BRINK_BINARY(name, sse, neon, portable)                            \
  BRINK_OPERATION V128 name(V128 a, V128 b) {                              \
    using namespace simd;                                                  \
    return BRINK_SEMANTICS_PICK(from_m128i(sse), to_v128(neon), portable); \
  }

// clang-format off

// Narrowing, with saturation

BRINK_BINARY(i8x16_narrow_i16x8_s, _mm_packs_epi16(m128i(a), m128i(b)),
             vqmovn_high_s16(vqmovn_s16(as<int16x8_t>(a)), as<int16x8_t>(b)),
             (narrow<s16x8, s8x16>(a, b)))
BRINK_BINARY(i8x16_narrow_i16x8_u, _mm_packus_epi16(m128i(a), m128i(b)),
             vqmovun_high_s16(vqmovun_s16(as<int16x8_t>(a)), as<int16x8_t>(b)),
             (narrow<s16x8, u8x16>(a, b)))
BRINK_BINARY(i16x8_narrow_i32x4_s, _mm_packs_epi32(m128i(a), m128i(b)),
             vqmovn_high_s32(vqmovn_s32(as<int32x4_t>(a)), as<int32x4_t>(b)),
             (narrow<s32x4, s16x8>(a, b)))
BRINK_BINARY(i16x8_narrow_i32x4_u, _mm_packus_epi32(m128i(a), m128i(b)),
             vqmovun_high_s32(vqmovun_s32(as<int32x4_t>(a)), as<int32x4_t>(b)),
             (narrow<s32x4, u16x8>(a, b)))

// Extension of one half

BRINK_UNARY(i16x8_extend_low_i8x16_s, _mm_cvtepi8_epi16(m128i(a)),
            vmovl_s8(vget_low_s8(as<int8x16_t>(a))), (extend<s8x8, s16x8>(a, 0)))
BRINK_UNARY(i16x8_extend_high_i8x16_s, _mm_cvtepi8_epi16(high_half(a)),
            vmovl_high_s8(as<int8x16_t>(a)), (extend<s8x8, s16x8>(a, 1)))
BRINK_UNARY(i16x8_extend_low_i8x16_u, _mm_cvtepu8_epi16(m128i(a)),
            vmovl_u8(vget_low_u8(as<uint8x16_t>(a))), (extend<u8x8, u16x8>(a, 0)))
BRINK_UNARY(i16x8_extend_high_i8x16_u, _mm_cvtepu8_epi16(high_half(a)),
            vmovl_high_u8(as<uint8x16_t>(a)), (extend<u8x8, u16x8>(a, 1)))
BRINK_UNARY(i32x4_extend_low_i16x8_s, _mm_cvtepi16_epi32(m128i(a)),
            vmovl_s16(vget_low_s16(as<int16x8_t>(a))), (extend<s16x4, s32x4>(a, 0)))
BRINK_UNARY(i32x4_extend_high_i16x8_s, _mm_cvtepi16_epi32(high_half(a)),
            vmovl_high_s16(as<int16x8_t>(a)), (extend<s16x4, s32x4>(a, 1)))
BRINK_UNARY(i32x4_extend_low_i16x8_u, _mm_cvtepu16_epi32(m128i(a)),
            vmovl_u16(vget_low_u16(as<uint16x8_t>(a))), (extend<u16x4, u32x4>(a, 0)))
BRINK_UNARY(i32x4_extend_high_i16x8_u, _mm_cvtepu16_epi32(high_half(a)),
            vmovl_high_u16(as<uint16x8_t>(a)), (extend<u16x4, u32x4>(a, 1)))
BRINK_UNARY(i64x2_extend_low_i32x4_s, _mm_cvtepi32_epi64(m128i(a)),
            vmovl_s32(vget_low_s32(as<int32x4_t>(a))), (extend<s32x2, s64x2>(a, 0)))
BRINK_UNARY(i64x2_extend_high_i32x4_s, _mm_cvtepi32_epi64(high_half(a)),
            vmovl_high_s32(as<int32x4_t>(a)), (extend<s32x2, s64x2>(a, 1)))
BRINK_UNARY(i64x2_extend_low_i32x4_u, _mm_cvtepu32_epi64(m128i(a)),
            vmovl_u32(vget_low_u32(as<uint32x4_t>(a))), (extend<u32x2, u64x2>(a, 0)))
BRINK_UNARY(i64x2_extend_high_i32x4_u, _mm_cvtepu32_epi64(high_half(a)),
            vmovl_high_u32(as<uint32x4_t>(a)), (extend<u32x2, u64x2>(a, 1)))

// Products of one half, as wide as they need

BRINK_BINARY(i16x8_extmul_low_i8x16_s,
             _mm_mullo_epi16(_mm_cvtepi8_epi16(m128i(a)), _mm_cvtepi8_epi16(m128i(b))),
             vmull_s8(vget_low_s8(as<int8x16_t>(a)), vget_low_s8(as<int8x16_t>(b))),
             (extmul<s8x8, s16x8>(a, b, 0)))
BRINK_BINARY(i16x8_extmul_high_i8x16_s,
             _mm_mullo_epi16(_mm_cvtepi8_epi16(high_half(a)), _mm_cvtepi8_epi16(high_half(b))),
             vmull_high_s8(as<int8x16_t>(a), as<int8x16_t>(b)),
             (extmul<s8x8, s16x8>(a, b, 1)))
BRINK_BINARY(i16x8_extmul_low_i8x16_u,
             _mm_mullo_epi16(_mm_cvtepu8_epi16(m128i(a)), _mm_cvtepu8_epi16(m128i(b))),
             vmull_u8(vget_low_u8(as<uint8x16_t>(a)), vget_low_u8(as<uint8x16_t>(b))),
             (extmul<u8x8, u16x8>(a, b, 0)))
BRINK_BINARY(i16x8_extmul_high_i8x16_u,
             _mm_mullo_epi16(_mm_cvtepu8_epi16(high_half(a)), _mm_cvtepu8_epi16(high_half(b))),
             vmull_high_u8(as<uint8x16_t>(a), as<uint8x16_t>(b)),
             (extmul<u8x8, u16x8>(a, b, 1)))
BRINK_BINARY(i32x4_extmul_low_i16x8_s, _mm_unpacklo_epi16(low_s(a, b), high_s(a, b)),
             vmull_s16(vget_low_s16(as<int16x8_t>(a)), vget_low_s16(as<int16x8_t>(b))),
             (extmul<s16x4, s32x4>(a, b, 0)))
BRINK_BINARY(i32x4_extmul_high_i16x8_s, _mm_unpackhi_epi16(low_s(a, b), high_s(a, b)),
             vmull_high_s16(as<int16x8_t>(a), as<int16x8_t>(b)),
             (extmul<s16x4, s32x4>(a, b, 1)))
BRINK_BINARY(i32x4_extmul_low_i16x8_u, _mm_unpacklo_epi16(low_s(a, b), high_u(a, b)),
             vmull_u16(vget_low_u16(as<uint16x8_t>(a)), vget_low_u16(as<uint16x8_t>(b))),
             (extmul<u16x4, u32x4>(a, b, 0)))
BRINK_BINARY(i32x4_extmul_high_i16x8_u, _mm_unpackhi_epi16(low_s(a, b), high_u(a, b)),
             vmull_high_u16(as<uint16x8_t>(a), as<uint16x8_t>(b)),
             (extmul<u16x4, u32x4>(a, b, 1)))
BRINK_BINARY(i64x2_extmul_low_i32x4_s, _mm_mul_epi32(low_twice(a), low_twice(b)),
             vmull_s32(vget_low_s32(as<int32x4_t>(a)), vget_low_s32(as<int32x4_t>(b))),
             (extmul<s32x2, s64x2>(a, b, 0)))
BRINK_BINARY(i64x2_extmul_high_i32x4_s, _mm_mul_epi32(high_twice(a), high_twice(b)),
             vmull_high_s32(as<int32x4_t>(a), as<int32x4_t>(b)),
             (extmul<s32x2, s64x2>(a, b, 1)))
BRINK_BINARY(i64x2_extmul_low_i32x4_u, _mm_mul_epu32(low_twice(a), low_twice(b)),
             vmull_u32(vget_low_u32(as<uint32x4_t>(a)), vget_low_u32(as<uint32x4_t>(b))),
             (extmul<u32x2, u64x2>(a, b, 0)))
BRINK_BINARY(i64x2_extmul_high_i32x4_u, _mm_mul_epu32(high_twice(a), high_twice(b)),
             vmull_high_u32(as<uint32x4_t>(a), as<uint32x4_t>(b)),
             (extmul<u32x2, u64x2>(a, b, 1)))

// Sums of neighbouring lanes, and of neighbouring products

BRINK_UNARY(i16x8_extadd_pairwise_i8x16_s, _mm_maddubs_epi16(_mm_set1_epi8(1), m128i(a)),
            vpaddlq_s8(as<int8x16_t>(a)), extadd<s16x8>(a))
BRINK_UNARY(i16x8_extadd_pairwise_i8x16_u, _mm_maddubs_epi16(m128i(a), _mm_set1_epi8(1)),
            vpaddlq_u8(as<uint8x16_t>(a)), extadd<u16x8>(a))
BRINK_UNARY(i32x4_extadd_pairwise_i16x8_s, _mm_madd_epi16(m128i(a), _mm_set1_epi16(1)),
            vpaddlq_s16(as<int16x8_t>(a)), extadd<s32x4>(a))
BRINK_UNARY(i32x4_extadd_pairwise_i16x8_u, (__m128i)(even<u32x4>(a) + odd<u32x4>(a)),
            vpaddlq_u16(as<uint16x8_t>(a)), extadd<u32x4>(a))
BRINK_BINARY(i32x4_dot_i16x8_s, _mm_madd_epi16(m128i(a), m128i(b)),
             vpaddq_s32(vmull_s16(vget_low_s16(as<int16x8_t>(a)), vget_low_s16(as<int16x8_t>(b))),
                        vmull_high_s16(as<int16x8_t>(a), as<int16x8_t>(b))),
             to_v128((u32x4)(even<s32x4>(a) * even<s32x4>(b)) +
                     (u32x4)(odd<s32x4>(a) * odd<s32x4>(b))))

// clang-format on

#undef BRINK_BINARY
#undef BRINK_UNARY

}  // namespace brink::semantics

#endif  // BRINK_SEMANTICS_SIMD_WIDTH_H_
