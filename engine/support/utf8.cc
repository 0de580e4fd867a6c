// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/support/utf8.h"

#include <cstring>

namespace brink::support {

namespace {

/// Bytes of the scalar value that starts at `text[pos]`; 0 if it is malformed.
size_t sequence_size(std::string_view text, size_t pos) {
  const auto byte = [&](size_t index) -> uint8_t {
    return pos + index < text.size() ? static_cast<uint8_t>(text[pos + index]) : 0;
  };
  const auto continues = [&](size_t index) { return (byte(index) & 0xc0) == 0x80; };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if ((first & 0xf0) == 0xe0) {
    if (first == 0xe0 && byte(1) < 0xa0) return 0;   // shorter form exists
    if (first == 0xed && byte(1) >= 0xa0) return 0;  // surrogate
    return continues(1) && continues(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (first == 0xf0 && byte(1) < 0x90) return 0;
    if (first == 0xf4 && byte(1) >= 0x90) return 0;  // above U+10FFFF
    return continues(1) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

size_t find_invalid_utf8(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  size_t pos = 0;
  while (pos < text.size()) {
    uint64_t word;
    if (text.size() - pos >= sizeof(word)) {
      std::memcpy(&word, text.data() + pos, sizeof(word));
      if ((word & kHighBits) == 0) {
        pos += sizeof(word);
        continue;
      }
    }
    const size_t size = sequence_size(text, pos);
    if (size == 0) return pos;
    pos += size;
  }
  return pos;
}

void append_utf8(std::string& out, uint32_t code_point) {
  const auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0 | code_point >> 6);
    put(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    put(0xe0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  } else {
    put(0xf0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3f));
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  }
}

}  // namespace brink::support
