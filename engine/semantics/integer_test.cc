// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// i32 and i64 against models that work bit by bit or in 128 bits.

#include "engine/semantics/integer.h"

#include "engine/semantics/test_values.h"

namespace brink::semantics {
namespace {

using test::edges, test::operand_pairs, test::operands;

__extension__ typedef __int128 Big;

template <typename U>
inline constexpr int kWidth = sizeof(U) * 8;

template <typename U>
bool bit(U value, int index) {
  return (value >> index & 1) != 0;
}

/// The value as a signed number.
template <typename U>
Big signed_value(U value) {
  return bit(value, kWidth<U> - 1) ? Big{value} - (Big{1} << kWidth<U>) : Big{value};
}

template <typename U, typename R>
void check_unary(R (*function)(U), auto model) {
  for (const U a : operands<U>()) {
    const R want = static_cast<R>(model(a));
    if (function(a) != want) FAIL(a << ": got " << function(a) << ", want " << want);
  }
}

template <typename U, typename R>
void check_binary(R (*function)(U, U), auto model) {
  for (const auto& [a, b] : operand_pairs<U>()) {
    const R want = static_cast<R>(model(a, b));
    if (function(a, b) != want)
      FAIL(a << ", " << b << ": got " << function(a, b) << ", want " << want);
  }
}

template <typename U>
uint32_t count_zeros(U a, int from, int step) {
  uint32_t count = 0;
  for (int i = from; i >= 0 && i < kWidth<U> && !bit(a, i); i += step) ++count;
  return count;
}

template <typename U>
uint32_t count_ones(U a) {
  uint32_t count = 0;
  for (int i = 0; i < kWidth<U>; ++i) count += bit(a, i);
  return count;
}

/// The lowest `width` bits as a signed number.
template <typename U>
Big low_signed(U a, int width) {
  const Big low = Big{a} % (Big{1} << width);
  return bit(a, width - 1) ? low - (Big{1} << width) : low;
}

/// Bit i of the result is bit `source(i)` of a, or `fill` where there is none.
template <typename U>
U move_bits(U a, bool fill, auto source) {
  U result = 0;
  for (int i = 0; i < kWidth<U>; ++i) {
    const int from = source(i);
    const bool value = from >= 0 && from < kWidth<U> ? bit(a, from) : fill;
    result |= U{value} << i;
  }
  return result;
}

template <typename U>
auto shifted(int direction, bool arithmetic) {
  return [=](U a, U b) {
    const int count = static_cast<int>(b % kWidth<U>);
    const bool fill = arithmetic && bit(a, kWidth<U> - 1);
    return move_bits(a, fill, [=](int i) { return i + direction * count; });
  };
}

template <typename U>
auto rotated(int direction) {
  return [=](U a, U b) {
    const int count = static_cast<int>(b % kWidth<U>);
    return move_bits(a, false,
                     [=](int i) { return (i + direction * count + kWidth<U>) % kWidth<U>; });
  };
}

TEST_CASE("integer counts", "[semantics]") {
  check_unary(i32_clz, [](uint32_t a) { return count_zeros(a, 31, -1); });
  check_unary(i64_clz, [](uint64_t a) { return count_zeros(a, 63, -1); });
  check_unary(i32_ctz, [](uint32_t a) { return count_zeros(a, 0, 1); });
  check_unary(i64_ctz, [](uint64_t a) { return count_zeros(a, 0, 1); });
  check_unary(i32_popcnt, count_ones<uint32_t>);
  check_unary(i64_popcnt, count_ones<uint64_t>);
  CHECK(i32_clz(0) == 32);
  CHECK(i64_ctz(0) == 64);
}

TEST_CASE("integer sign extension in place", "[semantics]") {
  check_unary(i32_extend8_s, [](uint32_t a) { return low_signed(a, 8); });
  check_unary(i32_extend16_s, [](uint32_t a) { return low_signed(a, 16); });
  check_unary(i64_extend8_s, [](uint64_t a) { return low_signed(a, 8); });
  check_unary(i64_extend16_s, [](uint64_t a) { return low_signed(a, 16); });
  check_unary(i64_extend32_s, [](uint64_t a) { return low_signed(a, 32); });
}

template <typename U>
void check_arithmetic(U (*add)(U, U), U (*sub)(U, U), U (*mul)(U, U)) {
  check_binary(add, [](U a, U b) { return Big{a} + Big{b}; });
  check_binary(sub, [](U a, U b) { return Big{a} - Big{b}; });
  check_binary(mul, [](U a, U b) {
    U sum = 0;
    for (int i = 0; i < kWidth<U>; ++i)
      if (bit(b, i)) sum += a << i;
    return sum;
  });
}

TEST_CASE("integer arithmetic wraps", "[semantics]") {
  check_arithmetic(i32_add, i32_sub, i32_mul);
  check_arithmetic(i64_add, i64_sub, i64_mul);
}

template <typename U>
void check_bitwise(U (*function)(U, U), bool (*model)(bool, bool)) {
  check_binary(function, [=](U a, U b) {
    U result = 0;
    for (int i = 0; i < kWidth<U>; ++i) result |= U{model(bit(a, i), bit(b, i))} << i;
    return result;
  });
}

TEST_CASE("integer bitwise logic", "[semantics]") {
  const auto both = [](bool a, bool b) { return a && b; };
  const auto either = [](bool a, bool b) { return a || b; };
  const auto one = [](bool a, bool b) { return a != b; };
  check_bitwise(i32_and, both);
  check_bitwise(i64_and, both);
  check_bitwise(i32_or, either);
  check_bitwise(i64_or, either);
  check_bitwise(i32_xor, one);
  check_bitwise(i64_xor, one);
}

TEST_CASE("integer shifts take the count modulo the width", "[semantics]") {
  check_binary(i32_shl, shifted<uint32_t>(-1, false));
  check_binary(i64_shl, shifted<uint64_t>(-1, false));
  check_binary(i32_shr_u, shifted<uint32_t>(1, false));
  check_binary(i64_shr_u, shifted<uint64_t>(1, false));
  check_binary(i32_shr_s, shifted<uint32_t>(1, true));
  check_binary(i64_shr_s, shifted<uint64_t>(1, true));
  check_binary(i32_rotl, rotated<uint32_t>(-1));
  check_binary(i64_rotl, rotated<uint64_t>(-1));
  check_binary(i32_rotr, rotated<uint32_t>(1));
  check_binary(i64_rotr, rotated<uint64_t>(1));
  CHECK(i32_shl(1, 32) == 1);
  CHECK(i64_rotr(1, 65) == uint64_t{1} << 63);
}

template <typename U>
using Compare = uint32_t (*)(U, U);

template <typename U>
void check_comparisons(Compare<U> lt_s, Compare<U> lt_u, Compare<U> gt_s, Compare<U> gt_u,
                       Compare<U> le_s, Compare<U> le_u, Compare<U> ge_s, Compare<U> ge_u) {
  const auto value = [](U a) { return signed_value(a); };
  check_binary(lt_s, [=](U a, U b) { return value(a) < value(b); });
  check_binary(gt_s, [=](U a, U b) { return value(a) > value(b); });
  check_binary(le_s, [=](U a, U b) { return value(a) <= value(b); });
  check_binary(ge_s, [=](U a, U b) { return value(a) >= value(b); });
  check_binary(lt_u, [](U a, U b) { return Big{a} - Big{b} < 0; });
  check_binary(gt_u, [](U a, U b) { return Big{a} - Big{b} > 0; });
  check_binary(le_u, [](U a, U b) { return Big{a} - Big{b} <= 0; });
  check_binary(ge_u, [](U a, U b) { return Big{a} - Big{b} >= 0; });
}

TEST_CASE("integer comparisons give 0 or 1", "[semantics]") {
  check_unary(i32_eqz, [](uint32_t a) { return count_ones(a) == 0; });
  check_unary(i64_eqz, [](uint64_t a) { return count_ones(a) == 0; });
  check_binary(i32_eq, [](uint32_t a, uint32_t b) { return (a ^ b) == 0; });
  check_binary(i64_eq, [](uint64_t a, uint64_t b) { return (a ^ b) == 0; });
  check_binary(i32_ne, [](uint32_t a, uint32_t b) { return (a ^ b) != 0; });
  check_binary(i64_ne, [](uint64_t a, uint64_t b) { return (a ^ b) != 0; });
  check_comparisons<uint32_t>(i32_lt_s, i32_lt_u, i32_gt_s, i32_gt_u, i32_le_s, i32_le_u, i32_ge_s,
                              i32_ge_u);
  check_comparisons<uint64_t>(i64_lt_s, i64_lt_u, i64_gt_s, i64_gt_u, i64_le_s, i64_le_u, i64_ge_s,
                              i64_ge_u);
}

// --- Division ---

template <typename U>
struct Division {
  TrapCode code;
  U result;
};

/// Magnitudes divided, then signs: the quotient is rounded towards zero, the remainder has the sign
/// of the dividend.
template <typename U>
Division<U> divide(U a, U b, bool is_signed, bool remainder) {
  if (b == 0) return {TrapCode::IntegerDivideByZero, 0};
  const Big x = is_signed ? signed_value(a) : Big{a};
  const Big y = is_signed ? signed_value(b) : Big{b};
  const Big x_magnitude = x < 0 ? -x : x;
  const Big y_magnitude = y < 0 ? -y : y;
  Big result = remainder ? x_magnitude % y_magnitude : x_magnitude / y_magnitude;
  if (remainder ? x < 0 : (x < 0) != (y < 0)) result = -result;
  if (is_signed && result >= Big{1} << (kWidth<U> - 1)) return {TrapCode::IntegerOverflow, 0};
  return {TrapCode::None, static_cast<U>(result)};
}

template <typename U>
void check_division(TrapCode (*function)(U, U, U&), bool is_signed, bool remainder) {
  constexpr U kUntouched = 0x55;
  for (const auto& [a, b] : operand_pairs<U>()) {
    const Division<U> want = divide(a, b, is_signed, remainder);
    U result = kUntouched;
    const TrapCode code = function(a, b, result);
    const U expected = want.code == TrapCode::None ? want.result : kUntouched;
    if (code != want.code || result != expected)
      FAIL(a << " by " << b << ": got " << result << " code " << static_cast<int>(code) << ", want "
             << expected << " code " << static_cast<int>(want.code));
  }
}

TEST_CASE("integer division and remainder", "[semantics]") {
  check_division(i32_div_s, true, false);
  check_division(i64_div_s, true, false);
  check_division(i32_div_u, false, false);
  check_division(i64_div_u, false, false);
  check_division(i32_rem_s, true, true);
  check_division(i64_rem_s, true, true);
  check_division(i32_rem_u, false, true);
  check_division(i64_rem_u, false, true);
}

TEST_CASE("the least integer divided by -1", "[semantics]") {
  uint32_t result = 7;
  CHECK(i32_div_s(0x80000000, 0xffffffff, result) == TrapCode::IntegerOverflow);
  CHECK(result == 7);
  CHECK(i32_rem_s(0x80000000, 0xffffffff, result) == TrapCode::None);
  CHECK(result == 0);
}

// The functions can be evaluated by the compiler, as constant folding in tables needs.
static_assert(i32_rotl(0x80000001, 1) == 3);
static_assert(i64_shr_s(uint64_t{1} << 63, 63) == ~uint64_t{0});

}  // namespace
}  // namespace brink::semantics
