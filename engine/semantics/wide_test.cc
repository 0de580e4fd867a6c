// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Wide arithmetic against digits of 32 bits.

#include "engine/semantics/wide.h"

#include "engine/semantics/test_values.h"

namespace brink::semantics {
namespace {

using namespace test;

/// Long multiplication of two numbers of two digits each.
Wide multiply(uint64_t a, uint64_t b) {
  const uint64_t x[2] = {a & 0xffffffff, a >> 32};
  const uint64_t y[2] = {b & 0xffffffff, b >> 32};
  uint64_t digits[4] = {};
  for (int i = 0; i < 2; ++i) {
    uint64_t carry = 0;
    for (int j = 0; j < 2; ++j) {
      const uint64_t sum = x[i] * y[j] + digits[i + j] + carry;
      digits[i + j] = sum & 0xffffffff;
      carry = sum >> 32;
    }
    digits[i + 2] = carry;
  }
  return {digits[1] << 32 | digits[0], digits[3] << 32 | digits[2]};
}

Wide add(Wide a, Wide b) {
  const uint64_t low = a.low + b.low;
  return {low, a.high + b.high + (low < a.low ? 1 : 0)};
}

Wide negate(Wide a) {
  return add({~a.low, ~a.high}, {1, 0});
}

Wide multiply_signed(uint64_t a, uint64_t b) {
  const bool a_negative = (a >> 63) != 0;
  const bool b_negative = (b >> 63) != 0;
  const Wide magnitude = multiply(a_negative ? 0 - a : a, b_negative ? 0 - b : b);
  return a_negative != b_negative ? negate(magnitude) : magnitude;
}

TEST_CASE("wide products", "[semantics]") {
  for (const auto& [a, b] : operand_pairs<uint64_t>()) {
    REQUIRE(i64_mul_wide_u(a, b) == multiply(a, b));
    REQUIRE(i64_mul_wide_s(a, b) == multiply_signed(a, b));
  }
}

TEST_CASE("wide sums and differences carry", "[semantics]") {
  Random random(5);
  for (const auto& [a, b] : operand_pairs<uint64_t>()) {
    const Wide x = {a, any<uint64_t>(random)};
    const Wide y = {b, any<uint64_t>(random)};
    REQUIRE(i64_add128(x.low, x.high, y.low, y.high) == add(x, y));
    REQUIRE(i64_sub128(x.low, x.high, y.low, y.high) == add(x, negate(y)));
  }
  CHECK(i64_add128(~uint64_t{0}, 0, 1, 0) == Wide{0, 1});
  CHECK(i64_sub128(0, 1, 1, 0) == Wide{~uint64_t{0}, 0});
}

}  // namespace
}  // namespace brink::semantics
