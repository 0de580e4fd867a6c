// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Values of number tokens (spec: text format, values). Floats are rounded exactly once, to nearest,
// ties to even, including subnormals. The texts come from the lexer, which has checked their form.

#ifndef BRINK_TEXT_NUMBERS_H_
#define BRINK_TEXT_NUMBERS_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace brink::text {

/// The value of a Nat token; nullopt above `max`.
std::optional<uint64_t> parse_unsigned(std::string_view text, uint64_t max);

/// The value of a Nat or Int token, which may lie between -2^(bits-1) and 2^bits - 1, in two's
/// complement with `bits` bits; nullopt outside.
std::optional<uint64_t> parse_integer(std::string_view text, unsigned bits);

/// The bits of a Nat, Int or Float token as a float of 32 or 64 bits; nullopt when it is too large
/// or when the payload of a NaN does not fit.
std::optional<uint32_t> parse_f32(std::string_view text);
std::optional<uint64_t> parse_f64(std::string_view text);

}  // namespace brink::text

#endif  // BRINK_TEXT_NUMBERS_H_
