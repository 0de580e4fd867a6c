// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/semantics/convert.h"

#include "engine/semantics/float_model.h"
#include "engine/semantics/test_values.h"

namespace brink::semantics {
namespace {

using namespace test;

/// The whole numbers a result type holds.
template <typename U>
struct Range {
  bool is_signed;
  Big lowest() const { return is_signed ? -(Big{1} << (sizeof(U) * 8 - 1)) : Big{0}; }
  Big highest() const { return (Big{1} << (sizeof(U) * 8 - (is_signed ? 1 : 0))) - 1; }
};

template <typename F, typename U>
void check_trunc(TrapCode (*function)(F, U&), bool is_signed) {
  const Range<U> range = {is_signed};
  constexpr U kUntouched = 0x55;
  for (const F a : operands<F>()) {
    const model::Truncated want = model::truncated(a, range.lowest(), range.highest());
    const TrapCode code = want.kind == model::Kind::Whole ? TrapCode::None
                          : want.kind == model::Kind::NotANumber
                              ? TrapCode::InvalidConversionToInteger
                              : TrapCode::IntegerOverflow;
    const U expected = code == TrapCode::None ? static_cast<U>(want.whole) : kUntouched;
    U result = kUntouched;
    const TrapCode got = function(a, result);
    if (got != code || result != expected)
      FAIL(std::hex << bits(a) << ": got " << result << " code " << static_cast<int>(got)
                    << ", want " << expected << " code " << static_cast<int>(code));
  }
}

template <typename F, typename U>
void check_trunc_sat(U (*function)(F), bool is_signed) {
  const Range<U> range = {is_signed};
  for (const F a : operands<F>()) {
    const U want = static_cast<U>(model::truncated_saturating(a, range.lowest(), range.highest()));
    if (function(a) != want)
      FAIL(std::hex << bits(a) << ": got " << function(a) << ", want " << want);
  }
}

TEST_CASE("float to integer traps out of range", "[semantics]") {
  check_trunc(i32_trunc_f32_s, true);
  check_trunc(i32_trunc_f32_u, false);
  check_trunc(i32_trunc_f64_s, true);
  check_trunc(i32_trunc_f64_u, false);
  check_trunc(i64_trunc_f32_s, true);
  check_trunc(i64_trunc_f32_u, false);
  check_trunc(i64_trunc_f64_s, true);
  check_trunc(i64_trunc_f64_u, false);
}

TEST_CASE("float to integer saturates", "[semantics]") {
  check_trunc_sat(i32_trunc_sat_f32_s, true);
  check_trunc_sat(i32_trunc_sat_f32_u, false);
  check_trunc_sat(i32_trunc_sat_f64_s, true);
  check_trunc_sat(i32_trunc_sat_f64_u, false);
  check_trunc_sat(i64_trunc_sat_f32_s, true);
  check_trunc_sat(i64_trunc_sat_f32_u, false);
  check_trunc_sat(i64_trunc_sat_f64_s, true);
  check_trunc_sat(i64_trunc_sat_f64_u, false);
}

TEST_CASE("the limits of the integer types", "[semantics]") {
  uint32_t word = 0;
  CHECK(i32_trunc_f64_s(-2147483648.9, word) == TrapCode::None);
  CHECK(word == 0x80000000);
  CHECK(i32_trunc_f64_u(-0.9, word) == TrapCode::None);
  CHECK(word == 0);
  CHECK(i32_trunc_f32_s(0x1p31f, word) == TrapCode::IntegerOverflow);
  uint64_t wide = 0;
  CHECK(i64_trunc_f64_s(-0x1p63, wide) == TrapCode::None);
  CHECK(wide == uint64_t{1} << 63);
  CHECK(i64_trunc_f32_u(0x1p63f, wide) == TrapCode::None);
  CHECK(wide == uint64_t{1} << 63);
}

template <typename U, typename F>
void check_convert(F (*function)(U), bool is_signed) {
  for (const U a : operands<U>()) {
    const bool negative = is_signed && (a >> (sizeof(U) * 8 - 1)) != 0;
    const Big value = negative ? Big{a} - (Big{1} << (sizeof(U) * 8)) : Big{a};
    const F want = model::from_whole<F>(value);
    if (bits(function(a)) != bits(want))
      FAIL(std::hex << a << ": got " << bits(function(a)) << ", want " << bits(want));
  }
}

TEST_CASE("integer to float rounds once", "[semantics]") {
  check_convert(f32_convert_i32_s, true);
  check_convert(f32_convert_i32_u, false);
  check_convert(f32_convert_i64_s, true);
  check_convert(f32_convert_i64_u, false);
  check_convert(f64_convert_i32_s, true);
  check_convert(f64_convert_i32_u, false);
  check_convert(f64_convert_i64_s, true);
  check_convert(f64_convert_i64_u, false);
}

TEST_CASE("a 64-bit integer is not rounded to a double on its way to a float", "[semantics]") {
  // Half of a float's last digit, and one more far below the last digit of a double.
  Random random(11);
  for (int width = 55; width < 64; ++width) {
    for (int i = 0; i < 100; ++i) {
      const uint64_t digits = random() >> 40 | 1 << 23;
      const uint64_t a = digits << (width - 24) | uint64_t{1} << (width - 25) | 1;
      const float above =
          static_cast<float>(std::ldexp(static_cast<double>(digits + 1), width - 24));
      REQUIRE(f32_convert_i64_s(a) == above);
      REQUIRE(f32_convert_i64_u(a) == above);
    }
  }
}

TEST_CASE("promotion and demotion", "[semantics]") {
  for (const float a : operands<float>()) {
    const double got = f64_promote_f32(a);
    if (!is_allowed(got, model::promote(a), {a})) FAIL(std::hex << bits(a) << ": " << bits(got));
    // What was promoted comes back; a NaN does so quiet.
    const float back = f32_demote_f64(got);
    if (!is_allowed(back, is_nan(a) ? canonical_nan<float>() : a, {got}))
      FAIL(std::hex << bits(a) << " came back as " << bits(back));
  }
  for (const double a : operands<double>()) {
    const float got = f32_demote_f64(a);
    if (!is_allowed(got, model::demote(a), {a}))
      FAIL(std::hex << bits(a) << ": got " << bits(got) << ", want " << bits(model::demote(a)));
  }
}

TEST_CASE("demotion where a float has few digits or none", "[semantics]") {
  Random random(4);
  for (int i = 0; i < 100000; ++i) {
    const uint64_t exponent = 1023 - 155 + random() % 290;
    const uint64_t coarse = random() % 2 == 0 ? ~uint64_t{0} << 27 : ~uint64_t{0};
    const double a =
        from_bits<double>(random() % 2 << 63 | exponent << 52 | (random() >> 12 & coarse));
    const float got = f32_demote_f64(a);
    if (bits(got) != bits(model::demote(a)))
      FAIL(std::hex << bits(a) << ": got " << bits(got) << ", want " << bits(model::demote(a)));
  }
}

TEST_CASE("integer widths and reinterpretation", "[semantics]") {
  for (const uint64_t a : operands<uint64_t>()) {
    REQUIRE(i32_wrap_i64(a) == a % (uint64_t{1} << 32));
    REQUIRE(i64_reinterpret_f64(f64_reinterpret_i64(a)) == a);
  }
  for (const uint32_t a : operands<uint32_t>()) {
    const uint64_t high = a >= 0x80000000 ? 0xffffffff00000000 : 0;
    REQUIRE(i64_extend_i32_s(a) == high + a);
    REQUIRE(i64_extend_i32_u(a) == a);
    REQUIRE(i32_reinterpret_f32(f32_reinterpret_i32(a)) == a);
  }
  CHECK(i32_reinterpret_f32(1.0f) == 0x3f800000);
  CHECK(f64_reinterpret_i64(0x4000000000000000) == 2.0);
}

}  // namespace
}  // namespace brink::semantics
