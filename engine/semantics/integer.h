// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The folder engine/semantics says what each numeric and vector instruction computes, once. The
// interpreter's handlers, constant expressions and the compiler's constant folding call these
// functions; nobody else adds, rounds or saturates on behalf of a guest.
//
//   integer.h   i32, i64                          simd_integer.h  lane-wise integer arithmetic
//   float.h     f32, f64                          simd_float.h    lane-wise float arithmetic
//   convert.h   between the four                  simd_width.h    to lanes of another width
//   wide.h      128-bit results in two i64        simd_convert.h  to and from float lanes
//                                                 simd_lane.h     moving, testing, masking lanes
//   operations.def  instruction -> function       relaxed_simd.h  the relaxed instructions
//
// The convention:
//   - The function of an instruction is its mnemonic with '.' written '_': i64.trunc_sat_f64_u is
//     i64_trunc_sat_f64_u. Operands come in the order of the operand stack, then immediates.
//   - Integers are unsigned; the operation knows the sign (i32_shr_s). Floats are float and double,
//     vectors are V128, all by value. A comparison returns uint32_t 0 or 1.
//   - An instruction that can trap returns a TrapCode and has its result as the last parameter,
//     which is written only when the code is None. When several traps apply, the order is the
//     specification's.
//   - Everything is inlined, pure, and free of undefined behaviour for all operands.
//
// What is not here: memory accesses, and so the vector loads and atomics, references, control.
//
// This file: the instructions of i32 and i64. They exist in both widths with the same meaning, so a
// row of the tables below defines both; U is the operand type and S its signed twin.

#ifndef BRINK_SEMANTICS_INTEGER_H_
#define BRINK_SEMANTICS_INTEGER_H_

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "brink/trap.h"
#include "engine/semantics/target.h"

namespace brink::semantics {

#define BRINK_UNARY_OF(prefix, Operand, Result, name, expression) \
  BRINK_OPERATION constexpr Result prefix##_##name(Operand a) {   \
    using U [[maybe_unused]] = Operand;                           \
    using S [[maybe_unused]] = std::make_signed_t<U>;             \
    return static_cast<Result>(expression);                       \
  }
#define BRINK_UNARY(name, expression)                       \
  BRINK_UNARY_OF(i32, uint32_t, uint32_t, name, expression) \
  BRINK_UNARY_OF(i64, uint64_t, uint64_t, name, expression)
#define BRINK_TEST(name, expression)                        \
  BRINK_UNARY_OF(i32, uint32_t, uint32_t, name, expression) \
  BRINK_UNARY_OF(i64, uint64_t, uint32_t, name, expression)

#define BRINK_BINARY_OF(prefix, Operand, Result, name, expression)         \
  BRINK_OPERATION constexpr Result prefix##_##name(Operand a, Operand b) { \
    using U [[maybe_unused]] = Operand;                                    \
    using S [[maybe_unused]] = std::make_signed_t<U>;                      \
    [[maybe_unused]] constexpr U kBits = sizeof(U) * 8;                    \
    return static_cast<Result>(expression);                                \
  }
#define BRINK_BINARY(name, expression)                       \
  BRINK_BINARY_OF(i32, uint32_t, uint32_t, name, expression) \
  BRINK_BINARY_OF(i64, uint64_t, uint64_t, name, expression)
#define BRINK_COMPARE(name, expression)                      \
  BRINK_BINARY_OF(i32, uint32_t, uint32_t, name, expression) \
  BRINK_BINARY_OF(i64, uint64_t, uint32_t, name, expression)

// clang-format off

BRINK_UNARY(clz, std::countl_zero(a))
BRINK_UNARY(ctz, std::countr_zero(a))
BRINK_UNARY(popcnt, std::popcount(a))
BRINK_UNARY(extend8_s, static_cast<int8_t>(a))
BRINK_UNARY(extend16_s, static_cast<int16_t>(a))
BRINK_UNARY_OF(i64, uint64_t, uint64_t, extend32_s, static_cast<int32_t>(a))

BRINK_TEST(eqz, a == 0)

BRINK_BINARY(add, a + b)
BRINK_BINARY(sub, a - b)
BRINK_BINARY(mul, a * b)
BRINK_BINARY(and, a & b)
BRINK_BINARY(or, a | b)
BRINK_BINARY(xor, a ^ b)
BRINK_BINARY(shl, a << (b % kBits))
BRINK_BINARY(shr_s, static_cast<S>(a) >> (b % kBits))
BRINK_BINARY(shr_u, a >> (b % kBits))
BRINK_BINARY(rotl, std::rotl(a, static_cast<int>(b % kBits)))
BRINK_BINARY(rotr, std::rotr(a, static_cast<int>(b % kBits)))

BRINK_COMPARE(eq, a == b)
BRINK_COMPARE(ne, a != b)
BRINK_COMPARE(lt_s, static_cast<S>(a) < static_cast<S>(b))
BRINK_COMPARE(lt_u, a < b)
BRINK_COMPARE(gt_s, static_cast<S>(a) > static_cast<S>(b))
BRINK_COMPARE(gt_u, a > b)
BRINK_COMPARE(le_s, static_cast<S>(a) <= static_cast<S>(b))
BRINK_COMPARE(le_u, a <= b)
BRINK_COMPARE(ge_s, static_cast<S>(a) >= static_cast<S>(b))
BRINK_COMPARE(ge_u, a >= b)

// clang-format on

namespace integer_detail {

// A signed division has two divisors to look at, 0 and -1 (where the machine's own division may
// fault); they are neighbours, so one comparison sends both to the rare path.
template <typename U>
constexpr bool is_zero_or_minus_one(U b) {
  return static_cast<U>(b + 1) <= 1;
}

template <typename U>
BRINK_OPERATION constexpr TrapCode div_s(U a, U b, U& result) {
  using S = std::make_signed_t<U>;
  if (is_zero_or_minus_one(b)) [[unlikely]] {
    if (b == 0) return TrapCode::IntegerDivideByZero;
    if (a == static_cast<U>(std::numeric_limits<S>::min())) return TrapCode::IntegerOverflow;
    result = U{0} - a;
    return TrapCode::None;
  }
  result = static_cast<U>(static_cast<S>(a) / static_cast<S>(b));
  return TrapCode::None;
}

template <typename U>
BRINK_OPERATION constexpr TrapCode rem_s(U a, U b, U& result) {
  using S = std::make_signed_t<U>;
  if (is_zero_or_minus_one(b)) [[unlikely]] {
    if (b == 0) return TrapCode::IntegerDivideByZero;
    result = 0;
    return TrapCode::None;
  }
  result = static_cast<U>(static_cast<S>(a) % static_cast<S>(b));
  return TrapCode::None;
}

template <typename U>
BRINK_OPERATION constexpr TrapCode div_u(U a, U b, U& result) {
  if (b == 0) [[unlikely]]
    return TrapCode::IntegerDivideByZero;
  result = a / b;
  return TrapCode::None;
}

template <typename U>
BRINK_OPERATION constexpr TrapCode rem_u(U a, U b, U& result) {
  if (b == 0) [[unlikely]]
    return TrapCode::IntegerDivideByZero;
  result = a % b;
  return TrapCode::None;
}

}  // namespace integer_detail

#define BRINK_DIVISION(name)                                                                \
  BRINK_OPERATION constexpr TrapCode i32_##name(uint32_t a, uint32_t b, uint32_t& result) { \
    return integer_detail::name(a, b, result);                                              \
  }                                                                                         \
  BRINK_OPERATION constexpr TrapCode i64_##name(uint64_t a, uint64_t b, uint64_t& result) { \
    return integer_detail::name(a, b, result);                                              \
  }

BRINK_DIVISION(div_s)
BRINK_DIVISION(div_u)
BRINK_DIVISION(rem_s)
BRINK_DIVISION(rem_u)

#undef BRINK_DIVISION
#undef BRINK_COMPARE
#undef BRINK_BINARY
#undef BRINK_BINARY_OF
#undef BRINK_TEST
#undef BRINK_UNARY
#undef BRINK_UNARY_OF

}  // namespace brink::semantics

#endif  // BRINK_SEMANTICS_INTEGER_H_
