// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// UTF-8 as the specification wants it (spec: text and binary format, names): shortest forms only,
// no surrogates, nothing above U+10FFFF.

#ifndef BRINK_SUPPORT_UTF8_H_
#define BRINK_SUPPORT_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace brink::support {

/// Offset of the first byte that does not continue valid UTF-8; text.size() if there is none.
size_t find_invalid_utf8(std::string_view text);

inline bool is_utf8(std::string_view text) {
  return find_invalid_utf8(text) == text.size();
}

/// `code_point` is a Unicode scalar value.
void append_utf8(std::string& out, uint32_t code_point);

}  // namespace brink::support

#endif  // BRINK_SUPPORT_UTF8_H_
