// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/semantics/float.h"

#include "engine/semantics/float_model.h"
#include "engine/semantics/test_values.h"

namespace brink::semantics {
namespace {

using namespace test;

template <typename F>
void check_unary(F (*function)(F), F (*model)(F)) {
  for (const F a : operands<F>()) {
    const F got = function(a);
    if (!is_allowed(got, model(a), {a}))
      FAIL(std::hex << bits(a) << ": got " << bits(got) << ", want " << bits(model(a)));
  }
}

template <typename F>
void check_binary(F (*function)(F, F), F (*model)(F, F)) {
  for (const auto& [a, b] : operand_pairs<F>()) {
    const F got = function(a, b);
    if (!is_allowed(got, model(a, b), {a, b}))
      FAIL(std::hex << bits(a) << ", " << bits(b) << ": got " << bits(got) << ", want "
                    << bits(model(a, b)));
  }
}

/// Without the leave that is_allowed gives to NaNs.
template <typename F>
void check_bits(F (*function)(F), F (*model)(F)) {
  for (const F a : operands<F>())
    if (bits(function(a)) != bits(model(a)))
      FAIL(std::hex << bits(a) << ": got " << bits(function(a)));
}

template <typename F>
void check_order(uint32_t (*function)(F, F), bool (*model)(int order)) {
  for (const auto& [a, b] : operand_pairs<F>())
    if (function(a, b) != uint32_t{model(model::order(a, b))})
      FAIL(std::hex << bits(a) << ", " << bits(b) << ": got " << function(a, b));
}

TEST_CASE("float arithmetic rounds once and quiets NaNs", "[semantics]") {
  check_binary(f32_add, model::add<float>);
  check_binary(f64_add, model::add<double>);
  check_binary(f32_sub, model::sub<float>);
  check_binary(f64_sub, model::sub<double>);
  check_binary(f32_mul, model::mul<float>);
  check_binary(f64_mul, model::mul<double>);
  check_binary(f32_div, model::div<float>);
  check_binary(f64_div, model::div<double>);
  check_unary(f32_sqrt, model::sqrt<float>);
  check_unary(f64_sqrt, model::sqrt<double>);
}

TEST_CASE("float rounding to whole numbers", "[semantics]") {
  check_unary(f32_ceil, model::ceil<float>);
  check_unary(f64_ceil, model::ceil<double>);
  check_unary(f32_floor, model::floor<float>);
  check_unary(f64_floor, model::floor<double>);
  check_unary(f32_trunc, model::trunc<float>);
  check_unary(f64_trunc, model::trunc<double>);
  check_unary(f32_nearest, model::nearest<float>);
  check_unary(f64_nearest, model::nearest<double>);
  CHECK(f64_nearest(2.5) == 2.0);
  CHECK(bits(f32_ceil(-0.5f)) == 0x80000000);
}

TEST_CASE("float min and max know the sign of zero", "[semantics]") {
  check_binary(f32_min, model::min<float>);
  check_binary(f64_min, model::min<double>);
  check_binary(f32_max, model::max<float>);
  check_binary(f64_max, model::max<double>);
  CHECK(bits(f32_min(0.0f, -0.0f)) == 0x80000000);
  CHECK(bits(f32_max(-0.0f, 0.0f)) == 0);
}

TEST_CASE("abs, neg and copysign keep the payload of a NaN", "[semantics]") {
  check_bits(f32_abs, model::abs<float>);
  check_bits(f64_abs, model::abs<double>);
  check_bits(f32_neg, model::neg<float>);
  check_bits(f64_neg, model::neg<double>);
  for (const auto& [a, b] : operand_pairs<float>())
    REQUIRE(bits(f32_copysign(a, b)) == bits(model::copysign(a, b)));
  for (const auto& [a, b] : operand_pairs<double>())
    REQUIRE(bits(f64_copysign(a, b)) == bits(model::copysign(a, b)));
}

TEST_CASE("float comparisons with a NaN are false but for ne", "[semantics]") {
  const auto eq = [](int order) { return order == 0; };
  const auto ne = [](int order) { return order != 0; };
  const auto lt = [](int order) { return order == -1; };
  const auto gt = [](int order) { return order == 1; };
  const auto le = [](int order) { return order == -1 || order == 0; };
  const auto ge = [](int order) { return order == 1 || order == 0; };
  check_order<float>(f32_eq, eq);
  check_order<double>(f64_eq, eq);
  check_order<float>(f32_ne, ne);
  check_order<double>(f64_ne, ne);
  check_order<float>(f32_lt, lt);
  check_order<double>(f64_lt, lt);
  check_order<float>(f32_gt, gt);
  check_order<double>(f64_gt, gt);
  check_order<float>(f32_le, le);
  check_order<double>(f64_le, le);
  check_order<float>(f32_ge, ge);
  check_order<double>(f64_ge, ge);
}

TEST_CASE("a product and a sum in one expression are rounded twice", "[semantics]") {
  // (1 + 2^-12)^2 - 1 is 2^-11 + 2^-24, whose last digit the rounded product has lost.
  Random random(3);
  const float tiny = 0x1p-12f;
  for (int i = 0; i < 100; ++i) {
    const float a = 1.0f + tiny * static_cast<float>(1 + 2 * (random() % 64));
    const float want = model::add(model::mul(a, a), -1.0f);
    REQUIRE(bits(f32_add(f32_mul(a, a), -1.0f)) == bits(want));
    const double b = 1.0 + 0x1p-30 * static_cast<double>(1 + 2 * (random() % 64));
    REQUIRE(bits(f64_sub(f64_mul(b, b), 1.0)) == bits(model::sub(model::mul(b, b), 1.0)));
  }
}

}  // namespace
}  // namespace brink::semantics
