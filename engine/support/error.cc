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

std::string Error::to_string() const {
  if (has_position()) {
    const std::string number = std::to_string(position().line);
    const std::string caret_indent(position().column > 0 ? position().column - 1 : 0, ' ');
    const std::string gutter(number.size(), ' ');
    return fmt::format("{}:{}: {}\n {} | {}\n {} | {}^", number, position().column, message(),
                       number, source_line(), gutter, caret_indent);
  }
  if (has_offset()) return fmt::format("{} (at offset {:#x})", message(), offset());
  return message();
}

std::unexpected<Error> make_error(ErrorKind kind, std::string message, uint64_t offset) {
  return std::unexpected(Error(kind, std::move(message), offset));
}

std::string_view to_string(ErrorKind kind) {
  static constexpr std::array<std::string_view, 6> kNames = {"malformed module",  "invalid module",
                                                             "unlinkable module", "limit exceeded",
                                                             "system error",      "usage error"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace brink
