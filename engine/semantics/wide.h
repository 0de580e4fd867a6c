// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Wide arithmetic: 128-bit integers as two i64, low word first, on the operand stack and here.

#ifndef BRINK_SEMANTICS_WIDE_H_
#define BRINK_SEMANTICS_WIDE_H_

#include <cstdint>

#include "engine/semantics/target.h"

namespace brink::semantics {

/// The two results of a wide instruction, in the order they are pushed.
struct Wide {
  uint64_t low;
  uint64_t high;
  friend constexpr bool operator==(const Wide&, const Wide&) = default;
};

namespace wide_detail {

__extension__ typedef unsigned __int128 U128;
__extension__ typedef __int128 S128;

constexpr U128 join(uint64_t low, uint64_t high) {
  return U128{high} << 64 | low;
}
constexpr Wide split(U128 value) {
  return {static_cast<uint64_t>(value), static_cast<uint64_t>(value >> 64)};
}

}  // namespace wide_detail

BRINK_OPERATION constexpr Wide i64_add128(uint64_t a_low, uint64_t a_high, uint64_t b_low,
                                          uint64_t b_high) {
  return wide_detail::split(wide_detail::join(a_low, a_high) + wide_detail::join(b_low, b_high));
}

BRINK_OPERATION constexpr Wide i64_sub128(uint64_t a_low, uint64_t a_high, uint64_t b_low,
                                          uint64_t b_high) {
  return wide_detail::split(wide_detail::join(a_low, a_high) - wide_detail::join(b_low, b_high));
}

BRINK_OPERATION constexpr Wide i64_mul_wide_s(uint64_t a, uint64_t b) {
  // The product of two i64 cannot leave 128 bits.
  const auto product =
      wide_detail::S128{static_cast<int64_t>(a)} * wide_detail::S128{static_cast<int64_t>(b)};
  return wide_detail::split(static_cast<wide_detail::U128>(product));
}

BRINK_OPERATION constexpr Wide i64_mul_wide_u(uint64_t a, uint64_t b) {
  return wide_detail::split(wide_detail::U128{a} * b);
}

}  // namespace brink::semantics

#endif  // BRINK_SEMANTICS_WIDE_H_
