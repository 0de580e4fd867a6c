// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/semantics/simd_convert.h"

#include <limits>

#include "engine/semantics/float_model.h"
#include "engine/semantics/test_values.h"

namespace brink::semantics {
namespace {

using namespace test;

using Unary = V128 (*)(V128);

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
