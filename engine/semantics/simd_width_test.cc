// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/semantics/simd_width.h"

#include <algorithm>
#include <limits>

#include "engine/semantics/test_values.h"

namespace brink::semantics {
namespace {

using namespace test;

using Unary = V128 (*)(V128);
using Binary = V128 (*)(V128, V128);

__extension__ typedef __int128 Big;

template <typename From, typename To>
void check_narrow(Binary function) {
  constexpr size_t kCount = kLanes<From>;
  for (const auto& [a, b] : vector_pairs<From>()) {
    LanesOf<To> want;
    for (size_t i = 0; i < kLanes<To>; ++i) {
      const Big lane = i < kCount ? lanes<From>(a)[i] : lanes<From>(b)[i - kCount];
      want[i] = static_cast<To>(
          std::clamp<Big>(lane, std::numeric_limits<To>::min(), std::numeric_limits<To>::max()));
    }
    expect_vector(function(a, b), vector_of<To>(want), a, b);
  }
}

TEST_CASE("narrowing saturates signed lanes", "[semantics][simd]") {
  check_narrow<int16_t, int8_t>(i8x16_narrow_i16x8_s);
  check_narrow<int16_t, uint8_t>(i8x16_narrow_i16x8_u);
  check_narrow<int32_t, int16_t>(i16x8_narrow_i32x4_s);
  check_narrow<int32_t, uint16_t>(i16x8_narrow_i32x4_u);
}

template <typename From, typename To>
void check_extend(Unary low, Unary high) {
  for (const auto& [a, unused] : vector_pairs<From>()) {
    LanesOf<To> want_low;
    LanesOf<To> want_high;
    for (size_t i = 0; i < kLanes<To>; ++i) {
      want_low[i] = static_cast<To>(Big{lanes<From>(a)[i]});
      want_high[i] = static_cast<To>(Big{lanes<From>(a)[i + kLanes<To>]});
    }
    expect_vector(low(a), vector_of<To>(want_low), a);
    expect_vector(high(a), vector_of<To>(want_high), a);
  }
}

TEST_CASE("extension of half of the lanes", "[semantics][simd]") {
  check_extend<int8_t, int16_t>(i16x8_extend_low_i8x16_s, i16x8_extend_high_i8x16_s);
  check_extend<uint8_t, uint16_t>(i16x8_extend_low_i8x16_u, i16x8_extend_high_i8x16_u);
  check_extend<int16_t, int32_t>(i32x4_extend_low_i16x8_s, i32x4_extend_high_i16x8_s);
  check_extend<uint16_t, uint32_t>(i32x4_extend_low_i16x8_u, i32x4_extend_high_i16x8_u);
  check_extend<int32_t, int64_t>(i64x2_extend_low_i32x4_s, i64x2_extend_high_i32x4_s);
  check_extend<uint32_t, uint64_t>(i64x2_extend_low_i32x4_u, i64x2_extend_high_i32x4_u);
}

template <typename From, typename To>
void check_extmul(Binary low, Binary high) {
  for (const auto& [a, b] : vector_pairs<From>()) {
    LanesOf<To> want_low;
    LanesOf<To> want_high;
    for (size_t i = 0; i < kLanes<To>; ++i) {
      const size_t j = i + kLanes<To>;
      want_low[i] = static_cast<To>(Big{lanes<From>(a)[i]} * Big{lanes<From>(b)[i]});
      want_high[i] = static_cast<To>(Big{lanes<From>(a)[j]} * Big{lanes<From>(b)[j]});
    }
    expect_vector(low(a, b), vector_of<To>(want_low), a, b);
    expect_vector(high(a, b), vector_of<To>(want_high), a, b);
  }
}

TEST_CASE("products of twice the width", "[semantics][simd]") {
  check_extmul<int8_t, int16_t>(i16x8_extmul_low_i8x16_s, i16x8_extmul_high_i8x16_s);
  check_extmul<uint8_t, uint16_t>(i16x8_extmul_low_i8x16_u, i16x8_extmul_high_i8x16_u);
  check_extmul<int16_t, int32_t>(i32x4_extmul_low_i16x8_s, i32x4_extmul_high_i16x8_s);
  check_extmul<uint16_t, uint32_t>(i32x4_extmul_low_i16x8_u, i32x4_extmul_high_i16x8_u);
  check_extmul<int32_t, int64_t>(i64x2_extmul_low_i32x4_s, i64x2_extmul_high_i32x4_s);
  check_extmul<uint32_t, uint64_t>(i64x2_extmul_low_i32x4_u, i64x2_extmul_high_i32x4_u);
}

template <typename From, typename To>
void check_extadd(Unary function) {
  for (const auto& [a, unused] : vector_pairs<From>()) {
    LanesOf<To> want;
    for (size_t i = 0; i < kLanes<To>; ++i)
      want[i] = static_cast<To>(Big{lanes<From>(a)[2 * i]} + Big{lanes<From>(a)[2 * i + 1]});
    expect_vector(function(a), vector_of<To>(want), a);
  }
}

TEST_CASE("sums of neighbours", "[semantics][simd]") {
  check_extadd<int8_t, int16_t>(i16x8_extadd_pairwise_i8x16_s);
  check_extadd<uint8_t, uint16_t>(i16x8_extadd_pairwise_i8x16_u);
  check_extadd<int16_t, int32_t>(i32x4_extadd_pairwise_i16x8_s);
  check_extadd<uint16_t, uint32_t>(i32x4_extadd_pairwise_i16x8_u);
  for (const auto& [a, b] : vector_pairs<int16_t>()) {
    LanesOf<uint32_t> want;
    for (size_t i = 0; i < 4; ++i) {
      Big sum = 0;
      for (size_t j = 2 * i; j < 2 * i + 2; ++j)
        sum += Big{lanes<int16_t>(a)[j]} * Big{lanes<int16_t>(b)[j]};
      want[i] = static_cast<uint32_t>(sum);
    }
    expect_vector(i32x4_dot_i16x8_s(a, b), vector_of<uint32_t>(want), a, b);
  }
  // The one sum that leaves an i32.
  const V128 lowest = {{0x8000800080008000, 0x8000800080008000}};
  CHECK(lanes<uint32_t>(i32x4_dot_i16x8_s(lowest, lowest))[0] == 0x80000000);
}

}  // namespace
}  // namespace brink::semantics
