// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/literals.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace brink::text {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

/// How a byte looks inside a string: its characters, NUL-terminated.
struct EscapedByte {
  char text[4];
  uint8_t size;
};

constexpr std::array<EscapedByte, 256> kEscapedBytes = [] {
  std::array<EscapedByte, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char low = kHexDigits[byte & 15];
    const char high = kHexDigits[byte >> 4];
    if (byte >= 0x20 && byte < 0x7f)
      table[byte] = {{static_cast<char>(byte)}, 1};
    else
      table[byte] = {{'\\', high, low}, 3};
  }
  table['\t'] = {{'\\', 't'}, 2};
  table['\n'] = {{'\\', 'n'}, 2};
  table['\r'] = {{'\\', 'r'}, 2};
  table['"'] = {{'\\', '"'}, 2};
  table['\\'] = {{'\\', '\\'}, 2};
  return table;
}();

/// Characters of an identifier that needs no quotes (spec: idchar).
constexpr std::array<bool, 256> kIdChars = [] {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c : std::string_view("!#$%&'*+-./:<=>?@\\^_`|~")) table[c] = true;
  return table;
}();

/// A code point read from UTF-8; size 0 if the bytes are not UTF-8.
struct CodePoint {
  uint32_t value = 0;
  uint32_t size = 0;
};

CodePoint read_code_point(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  const uint32_t size = first < 0x80   ? 1
                        : first < 0xc2 ? 0
                        : first < 0xe0 ? 2
                        : first < 0xf0 ? 3
                        : first < 0xf5 ? 4
                                       : 0;
  if (size == 0 || size > text.size()) return {};
  uint32_t value = size == 1 ? first : first & (0x7fu >> size);
  for (uint32_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3f);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = value >= 0xd800 && value < 0xe000;
  if (value < kSmallest[size] || value > 0x10ffff || is_surrogate) return {};
  return {value, size};
}

/// Characters beyond ASCII that a person cannot see or that reorder what stands around them.
bool is_disturbing(uint32_t code_point) {
  struct Range {
    uint32_t first, last;
  };
  constexpr Range kRanges[] = {{0x80, 0x9f},     {0xad, 0xad},       {0x61c, 0x61c},
                               {0x180e, 0x180e}, {0x200b, 0x200f},   {0x2028, 0x202e},
                               {0x2060, 0x206f}, {0xfeff, 0xfeff},   {0xfff9, 0xfffb},
                               {0xfffe, 0xffff}, {0xe0000, 0xe0fff}, {0x10fffe, 0x10ffff}};
  return std::ranges::any_of(kRanges, [&](const Range& range) {
    return code_point >= range.first && code_point <= range.last;
  });
}

}  // namespace

void append_unsigned(std::string& out, uint64_t value) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
}

void append_signed(std::string& out, int64_t value) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
}

void append_hex(std::string& out, uint64_t value, unsigned width) {
  char digits[16];
  const char* const end = std::to_chars(digits, digits + sizeof(digits), value, 16).ptr;
  const auto size = static_cast<unsigned>(end - digits);
  if (size < width) out.append(width - size, '0');
  out.append(digits, size);
}

void append_escaped_bytes(std::string& out, std::span<const uint8_t> bytes) {
  for (const uint8_t byte : bytes) {
    const EscapedByte& escaped = kEscapedBytes[byte];
    out.append(escaped.text, escaped.size);
  }
}

void append_escaped_name(std::string& out, std::string_view name) {
  while (!name.empty()) {
    const CodePoint point = read_code_point(name);
    if (point.size <= 1) {
      append_escaped_bytes(out, {reinterpret_cast<const uint8_t*>(name.data()), 1});
      name.remove_prefix(1);
      continue;
    }
    if (is_disturbing(point.value)) {
      out += "\\u{";
      append_hex(out, point.value);
      out += '}';
    } else {
      out += name.substr(0, point.size);
    }
    name.remove_prefix(point.size);
  }
}

void append_quoted_name(std::string& out, std::string_view name) {
  out += '"';
  append_escaped_name(out, name);
  out += '"';
}

void append_identifier(std::string& out, std::string_view name) {
  out += '$';
  const bool is_plain =
      std::ranges::all_of(name, [](char c) { return kIdChars[static_cast<uint8_t>(c)]; });
  if (is_plain)
    out += name;
  else
    append_quoted_name(out, name);
}

unsigned escaped_width(uint8_t byte) {
  return kEscapedBytes[byte].size;
}

}  // namespace brink::text
