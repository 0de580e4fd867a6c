// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/semantics/simd_convert.h"

#include <algorithm>
#include <limits>

#include "engine/semantics/float_model.h"
#include "engine/semantics/test_values.h"

namespace brink::semantics {
namespace {

using namespace test;

using Unary = V128 (*)(V128);
using Binary = V128 (*)(V128, V128);

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

template <typename From>
void check_to_f32(Unary function) {
  check_lanes<From, uint32_t>(function,
                              [](From a) { return bits(model::from_whole<float>(Big{a})); });
}

template <typename From>
void check_low_to_f64(Unary function) {
  for (const auto& [a, unused] : vector_pairs<From>()) {
    LanesOf<uint64_t> want;
    for (size_t i = 0; i < 2; ++i)
      want[i] = bits(model::from_whole<double>(Big{lanes<From>(a)[i]}));
    expect_vector(function(a), vector_of<uint64_t>(want), a);
  }
}

TEST_CASE("integer lanes to float lanes", "[semantics][simd]") {
  check_to_f32<int32_t>(f32x4_convert_i32x4_s);
  check_to_f32<uint32_t>(f32x4_convert_i32x4_u);
  check_low_to_f64<int32_t>(f64x2_convert_low_i32x4_s);
  check_low_to_f64<uint32_t>(f64x2_convert_low_i32x4_u);
}

TEST_CASE("promotion and demotion of lanes", "[semantics][simd]") {
  for (const auto& [a, unused] : vector_pairs<double>()) {
    const LanesOf<float> got = lanes<float>(f32x4_demote_f64x2_zero(a));
    for (size_t i = 0; i < 2; ++i) {
      const double lane = lanes<double>(a)[i];
      if (!is_allowed(got[i], model::demote(lane), {lane}))
        FAIL(std::hex << bits(lane) << ": got " << bits(got[i]));
    }
    REQUIRE(bits(got[2]) == 0);
    REQUIRE(bits(got[3]) == 0);
  }
  for (const auto& [a, unused] : vector_pairs<float>()) {
    const LanesOf<double> got = lanes<double>(f64x2_promote_low_f32x4(a));
    for (size_t i = 0; i < 2; ++i) {
      const float lane = lanes<float>(a)[i];
      if (!is_allowed(got[i], model::promote(lane), {lane}))
        FAIL(std::hex << bits(lane) << ": got " << bits(got[i]));
    }
  }
}

template <typename F, typename To>
void check_trunc_sat(Unary function) {
  for (const auto& [a, unused] : vector_pairs<F>()) {
    LanesOf<To> want = {};
    for (size_t i = 0; i < kLanes<F>; ++i)
      want[i] = static_cast<To>(model::truncated_saturating(
          lanes<F>(a)[i], std::numeric_limits<To>::min(), std::numeric_limits<To>::max()));
    expect_vector(function(a), vector_of<To>(want), a);
  }
}

TEST_CASE("float lanes to integer lanes saturate", "[semantics][simd]") {
  check_trunc_sat<float, int32_t>(i32x4_trunc_sat_f32x4_s);
  check_trunc_sat<float, uint32_t>(i32x4_trunc_sat_f32x4_u);
  check_trunc_sat<double, int32_t>(i32x4_trunc_sat_f64x2_s_zero);
  check_trunc_sat<double, uint32_t>(i32x4_trunc_sat_f64x2_u_zero);
}

}  // namespace
}  // namespace brink::semantics
