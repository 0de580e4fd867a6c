// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Lane-wise integer instructions against the arithmetic of wide signed numbers.

#include "engine/semantics/simd_integer.h"

#include <algorithm>
#include <limits>

#include "engine/semantics/test_values.h"

namespace brink::semantics {
namespace {

using namespace test;

using Unary = V128 (*)(V128);
using Binary = V128 (*)(V128, V128);
using Shift = V128 (*)(V128, uint32_t);

__extension__ typedef __int128 Big;

template <typename T>
constexpr Big saturate(Big value) {
  return std::clamp<Big>(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
}

// Every lane type is tested with models on Big; U and S are the unsigned and the signed lane.
template <typename U>
void check_arithmetic(Unary abs, Unary neg, Binary add, Binary sub) {
  using S = std::make_signed_t<U>;
  check_lanes<S>(abs, [](Big a) { return a < 0 ? -a : a; });
  check_lanes<S>(neg, [](Big a) { return -a; });
  check_lanes<U>(add, [](Big a, Big b) { return a + b; });
  check_lanes<U>(sub, [](Big a, Big b) { return a - b; });
}

TEST_CASE("simd integer arithmetic wraps", "[semantics][simd]") {
  check_arithmetic<uint8_t>(i8x16_abs, i8x16_neg, i8x16_add, i8x16_sub);
  check_arithmetic<uint16_t>(i16x8_abs, i16x8_neg, i16x8_add, i16x8_sub);
  check_arithmetic<uint32_t>(i32x4_abs, i32x4_neg, i32x4_add, i32x4_sub);
  check_arithmetic<uint64_t>(i64x2_abs, i64x2_neg, i64x2_add, i64x2_sub);
  const auto product = [](Big a, Big b) { return a * b; };
  check_lanes<uint16_t>(i16x8_mul, product);
  check_lanes<uint32_t>(i32x4_mul, product);
  check_lanes<int64_t>(i64x2_mul, product);
}

TEST_CASE("simd population count", "[semantics][simd]") {
  check_lanes<uint8_t>(i8x16_popcnt, [](uint8_t a) {
    int count = 0;
    for (int i = 0; i < 8; ++i) count += a >> i & 1;
    return count;
  });
}

template <typename U>
void check_saturation(Binary add_s, Binary add_u, Binary sub_s, Binary sub_u, Binary avgr_u) {
  using S = std::make_signed_t<U>;
  check_lanes<S>(add_s, [](Big a, Big b) { return saturate<S>(a + b); });
  check_lanes<U>(add_u, [](Big a, Big b) { return saturate<U>(a + b); });
  check_lanes<S>(sub_s, [](Big a, Big b) { return saturate<S>(a - b); });
  check_lanes<U>(sub_u, [](Big a, Big b) { return saturate<U>(a - b); });
  check_lanes<U>(avgr_u, [](Big a, Big b) { return (a + b + 1) / 2; });
}

TEST_CASE("simd saturation and averages", "[semantics][simd]") {
  check_saturation<uint8_t>(i8x16_add_sat_s, i8x16_add_sat_u, i8x16_sub_sat_s, i8x16_sub_sat_u,
                            i8x16_avgr_u);
  check_saturation<uint16_t>(i16x8_add_sat_s, i16x8_add_sat_u, i16x8_sub_sat_s, i16x8_sub_sat_u,
                             i16x8_avgr_u);
  check_lanes<int16_t>(i16x8_q15mulr_sat_s, [](Big a, Big b) {
    const Big scaled = a * b + 0x4000;
    const Big floor = scaled >= 0 ? scaled / 0x8000 : -((-scaled + 0x7fff) / 0x8000);
    return saturate<int16_t>(floor);
  });
}

template <typename U>
void check_extrema(Binary min_s, Binary min_u, Binary max_s, Binary max_u) {
  using S = std::make_signed_t<U>;
  const auto least = [](Big a, Big b) { return a - b < 0 ? a : b; };
  const auto greatest = [](Big a, Big b) { return a - b < 0 ? b : a; };
  check_lanes<S>(min_s, least);
  check_lanes<U>(min_u, least);
  check_lanes<S>(max_s, greatest);
  check_lanes<U>(max_u, greatest);
}

TEST_CASE("simd integer min and max", "[semantics][simd]") {
  check_extrema<uint8_t>(i8x16_min_s, i8x16_min_u, i8x16_max_s, i8x16_max_u);
  check_extrema<uint16_t>(i16x8_min_s, i16x8_min_u, i16x8_max_s, i16x8_max_u);
  check_extrema<uint32_t>(i32x4_min_s, i32x4_min_u, i32x4_max_s, i32x4_max_u);
}

template <typename T>
void check_order(Binary lt, Binary gt, Binary le, Binary ge) {
  const auto all_bits = [](bool set) { return set ? -1 : 0; };
  check_lanes<T>(lt, [=](Big a, Big b) { return all_bits(a - b < 0); });
  check_lanes<T>(gt, [=](Big a, Big b) { return all_bits(b - a < 0); });
  check_lanes<T>(le, [=](Big a, Big b) { return all_bits(a - b <= 0); });
  check_lanes<T>(ge, [=](Big a, Big b) { return all_bits(b - a <= 0); });
}

template <typename T>
void check_equality(Binary eq, Binary ne) {
  check_lanes<T>(eq, [](T a, T b) { return (a ^ b) == 0 ? -1 : 0; });
  check_lanes<T>(ne, [](T a, T b) { return (a ^ b) == 0 ? 0 : -1; });
}

TEST_CASE("simd integer comparisons", "[semantics][simd]") {
  check_equality<uint8_t>(i8x16_eq, i8x16_ne);
  check_equality<uint16_t>(i16x8_eq, i16x8_ne);
  check_equality<uint32_t>(i32x4_eq, i32x4_ne);
  check_equality<uint64_t>(i64x2_eq, i64x2_ne);
  check_order<int8_t>(i8x16_lt_s, i8x16_gt_s, i8x16_le_s, i8x16_ge_s);
  check_order<uint8_t>(i8x16_lt_u, i8x16_gt_u, i8x16_le_u, i8x16_ge_u);
  check_order<int16_t>(i16x8_lt_s, i16x8_gt_s, i16x8_le_s, i16x8_ge_s);
  check_order<uint16_t>(i16x8_lt_u, i16x8_gt_u, i16x8_le_u, i16x8_ge_u);
  check_order<int32_t>(i32x4_lt_s, i32x4_gt_s, i32x4_le_s, i32x4_ge_s);
  check_order<uint32_t>(i32x4_lt_u, i32x4_gt_u, i32x4_le_u, i32x4_ge_u);
  check_order<int64_t>(i64x2_lt_s, i64x2_gt_s, i64x2_le_s, i64x2_ge_s);
}

TEST_CASE("i8x16 comparisons of every pair", "[semantics][simd]") {
  for (int a = -128; a < 128; ++a) {
    for (int start = -128; start < 128; start += 16) {
      LanesOf<int8_t> x;
      LanesOf<int8_t> y;
      LanesOf<int8_t> less;
      for (int i = 0; i < 16; ++i) {
        x[i] = static_cast<int8_t>(a);
        y[i] = static_cast<int8_t>(start + i);
        less[i] = a < start + i ? -1 : 0;
      }
      const V128 v = vector_of<int8_t>(x);
      const V128 w = vector_of<int8_t>(y);
      expect_vector(i8x16_lt_s(v, w), vector_of<int8_t>(less), v, w);
    }
  }
}

/// For every count and some beyond the width; a lane of T is multiplied by, or divided by and
/// rounded down to, a power of two.
template <typename T>
void check_shift(Shift function, bool left) {
  constexpr uint32_t kWidth = sizeof(T) * 8;
  for (const auto& [a, unused] : vector_pairs<T>()) {
    for (uint32_t count = 0; count < kWidth + 9; count += kWidth > 16 ? 3 : 1) {
      const Big factor = Big{1} << (count % kWidth);
      LanesOf<T> want;
      for (size_t i = 0; i < kLanes<T>; ++i) {
        const Big lane = lanes<T>(a)[i];
        const Big quotient = lane >= 0 ? lane / factor : -((-lane + factor - 1) / factor);
        want[i] = static_cast<T>(left ? lane * factor : quotient);
      }
      if (function(a, count) != vector_of<T>(want))
        FAIL(hex(a) << " by " << count << ": got " << hex(function(a, count)) << ", want "
                    << hex(vector_of<T>(want)));
    }
  }
}

TEST_CASE("simd shifts take the count modulo the lane width", "[semantics][simd]") {
  check_shift<uint8_t>(i8x16_shl, true);
  check_shift<int8_t>(i8x16_shr_s, false);
  check_shift<uint8_t>(i8x16_shr_u, false);
  check_shift<uint16_t>(i16x8_shl, true);
  check_shift<int16_t>(i16x8_shr_s, false);
  check_shift<uint16_t>(i16x8_shr_u, false);
  check_shift<uint32_t>(i32x4_shl, true);
  check_shift<int32_t>(i32x4_shr_s, false);
  check_shift<uint32_t>(i32x4_shr_u, false);
  check_shift<int64_t>(i64x2_shl, true);
  check_shift<int64_t>(i64x2_shr_s, false);
  check_shift<uint64_t>(i64x2_shr_u, false);
  const V128 ones = {{0x0101010101010101, 0x0101010101010101}};
  CHECK(i8x16_shl(ones, 0x80000009) == V128{{0x0202020202020202, 0x0202020202020202}});
}

}  // namespace
}  // namespace brink::semantics
