// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// That the relaxed instructions are those of the deterministic profile. Those that are another
// instruction are compared with it; the others with models of their own.

#include "engine/semantics/relaxed_simd.h"

#include <algorithm>

#include "engine/semantics/float_model.h"
#include "engine/semantics/test_values.h"

namespace brink::semantics {
namespace {

using namespace test;

template <typename T>
void check_same(V128 (*relaxed)(V128), V128 (*strict)(V128)) {
  for (const auto& [a, unused] : vector_pairs<T>()) expect_vector(relaxed(a), strict(a), a);
}
template <typename T>
void check_same(V128 (*relaxed)(V128, V128), V128 (*strict)(V128, V128)) {
  for (const auto& [a, b] : vector_pairs<T>()) expect_vector(relaxed(a, b), strict(a, b), a, b);
}
void check_select(V128 (*relaxed)(V128, V128, V128)) {
  V128 mask = {{0x0123456789abcdef, 0xfedcba9876543210}};
  for (const auto& [a, b] : vector_pairs<uint16_t>()) {
    expect_vector(relaxed(a, b, mask), v128_bitselect(a, b, mask), a, b);
    mask = v128_xor(mask, a);
  }
}

TEST_CASE("relaxed instructions that are strict ones", "[semantics][simd]") {
  check_same<uint8_t>(i8x16_relaxed_swizzle, i8x16_swizzle);
  check_same<float>(i32x4_relaxed_trunc_f32x4_s, i32x4_trunc_sat_f32x4_s);
  check_same<float>(i32x4_relaxed_trunc_f32x4_u, i32x4_trunc_sat_f32x4_u);
  check_same<double>(i32x4_relaxed_trunc_f64x2_s_zero, i32x4_trunc_sat_f64x2_s_zero);
  check_same<double>(i32x4_relaxed_trunc_f64x2_u_zero, i32x4_trunc_sat_f64x2_u_zero);
  check_same<float>(f32x4_relaxed_min, f32x4_min);
  check_same<float>(f32x4_relaxed_max, f32x4_max);
  check_same<double>(f64x2_relaxed_min, f64x2_min);
  check_same<double>(f64x2_relaxed_max, f64x2_max);
  check_same<uint16_t>(i16x8_relaxed_q15mulr_s, i16x8_q15mulr_sat_s);
  check_select(i8x16_relaxed_laneselect);
  check_select(i16x8_relaxed_laneselect);
  check_select(i32x4_relaxed_laneselect);
  check_select(i64x2_relaxed_laneselect);
}

template <typename F>
void check_madd(V128 (*madd)(V128, V128, V128), bool negated) {
  Random random(9);
  for (const auto& [a, b] : vector_pairs<F>()) {
    LanesOf<F> c;
    for (F& lane : c) lane = any<F>(random);
    const LanesOf<F> got = lanes<F>(madd(a, b, vector_of<F>(c)));
    for (size_t i = 0; i < kLanes<F>; ++i) {
      const F x = lanes<F>(a)[i];
      const F y = lanes<F>(b)[i];
      const F want = model::add(model::mul(negated ? model::neg(x) : x, y), c[i]);
      if (!is_allowed(got[i], want, {x, y, c[i]}))
        FAIL(std::hex << bits(x) << " * " << bits(y) << " + " << bits(c[i]) << ": got "
                      << bits(got[i]) << ", want " << bits(want));
    }
  }
}

TEST_CASE("relaxed_madd and relaxed_nmadd round twice", "[semantics][simd]") {
  check_madd<float>(f32x4_relaxed_madd, false);
  check_madd<float>(f32x4_relaxed_nmadd, true);
  check_madd<double>(f64x2_relaxed_madd, false);
  check_madd<double>(f64x2_relaxed_nmadd, true);
  const V128 a = f32x4_splat(1.0f + 0x1p-12f);
  CHECK(f32x4_relaxed_madd(a, a, f32x4_splat(-1.0f)) == f32x4_splat(0x1p-11f));
}

/// The sum of two signed products, saturated to an i16.
int32_t dot_pair(V128 a, V128 b, size_t pair) {
  int32_t sum = 0;
  for (size_t i = 2 * pair; i < 2 * pair + 2; ++i)
    sum += int32_t{lanes<int8_t>(a)[i]} * int32_t{lanes<int8_t>(b)[i]};
  return std::clamp(sum, -0x8000, 0x7fff);
}

TEST_CASE("relaxed dot products are signed and saturate at 16 bits", "[semantics][simd]") {
  Random random(10);
  for (const auto& [a, b] : vector_pairs<uint8_t>()) {
    const V128 c = {{any<uint64_t>(random), any<uint64_t>(random)}};
    LanesOf<int16_t> pairs;
    LanesOf<uint32_t> sums = lanes<uint32_t>(c);
    for (size_t i = 0; i < 8; ++i) {
      pairs[i] = static_cast<int16_t>(dot_pair(a, b, i));
      sums[i / 2] += static_cast<uint32_t>(dot_pair(a, b, i));
    }
    expect_vector(i16x8_relaxed_dot_i8x16_i7x16_s(a, b), vector_of<int16_t>(pairs), a, b);
    expect_vector(i32x4_relaxed_dot_i8x16_i7x16_add_s(a, b, c), vector_of<uint32_t>(sums), a, b);
  }
  const V128 lowest = i8x16_splat(0x80);
  CHECK(i16x8_relaxed_dot_i8x16_i7x16_s(lowest, lowest) == i16x8_splat(0x7fff));
}

}  // namespace
}  // namespace brink::semantics
