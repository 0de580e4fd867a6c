// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "brink/error.h"

#include <array>

#include <fmt/format.h>

namespace brink {

Error::Error(ErrorKind kind, std::string message, uint64_t offset)
    : detail_(std::make_unique<Detail>(
          Detail{.kind = kind, .message = std::move(message), .offset = offset})) {}

Error::Error(Detail detail) : detail_(std::make_unique<Detail>(std::move(detail))) {}

namespace {

/// What to show of a source line, and how many columns before the caret.
struct Excerpt {
  std::string text;
  size_t indent = 0;
};

/// Long lines are cut on both sides of `column`, which counts from 1.
Excerpt excerpt_around(std::string_view line, uint32_t column) {
  constexpr size_t kMaxBefore = 60;
  constexpr size_t kMaxColumns = 100;
  constexpr std::string_view kCut = "...";
  const size_t target = column > 0 ? column - 1 : 0;
  const size_t first = target > kMaxBefore ? target - kMaxBefore : 0;
  Excerpt excerpt;
  if (first > 0) excerpt.text = kCut;
  excerpt.indent = excerpt.text.size() + target - first;
  size_t current = 0;  // column of the next character, from 0
  for (const char c : line) {
    const bool starts_character = (c & 0xc0) != 0x80;
    if (starts_character && current == first + kMaxColumns) {
      excerpt.text += kCut;
      break;
    }
    if (starts_character) ++current;
    if (current > first) excerpt.text.push_back(c);
  }
  return excerpt;
}

}  // namespace

std::string Error::to_string() const {
  if (has_position()) {
    const std::string number = std::to_string(position().line);
    const std::string gutter(number.size(), ' ');
    const Excerpt excerpt = excerpt_around(source_line(), position().column);
    return fmt::format("{}:{}: {}\n {} | {}\n {} | {}^", number, position().column, message(),
                       number, excerpt.text, gutter, std::string(excerpt.indent, ' '));
  }
  if (has_offset()) return fmt::format("{} (at offset {:#x})", message(), offset());
  return message();
}

std::unexpected<Error> make_error(ErrorKind kind, std::string message, uint64_t offset) {
  return std::unexpected(Error(kind, std::move(message), offset));
}

std::string_view to_string(ErrorKind kind) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "malformed module", "invalid module", "unlinkable module", "limit exceeded",
      "system error",     "usage error",    "unusable artifact"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace brink
