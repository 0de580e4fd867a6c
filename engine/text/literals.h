// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Tokens of the text format that carry content: numbers, strings, identifiers (spec: text format,
// lexical format). Everything appends to a string, as the printer builds its lines.
//
// Invariants: what is printed is ASCII or valid UTF-8, whatever bytes come in; characters that
// would disturb a reader (controls, invisible and direction-changing ones) are always escaped.

#ifndef BRINK_TEXT_LITERALS_H_
#define BRINK_TEXT_LITERALS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace brink::text {

void append_unsigned(std::string& out, uint64_t value);
void append_signed(std::string& out, int64_t value);
/// Without "0x"; padded with zeros to `width` digits.
void append_hex(std::string& out, uint64_t value, unsigned width = 1);

/// Any bytes, without the quotes: ASCII as it is, the rest as escapes.
void append_escaped_bytes(std::string& out, std::span<const uint8_t> bytes);
/// A name, without the quotes: readable characters as they are, beyond ASCII too.
void append_escaped_name(std::string& out, std::string_view name);
/// A name in quotes.
void append_quoted_name(std::string& out, std::string_view name);
/// "$name", or "$\"any name\"" where the characters ask for it. `name` must not be empty.
void append_identifier(std::string& out, std::string_view name);

/// Columns that append_escaped_bytes uses for `byte`.
unsigned escaped_width(uint8_t byte);

}  // namespace brink::text

#endif  // BRINK_TEXT_LITERALS_H_
