// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/support/utf8.h"

#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace brink::support {

TEST_CASE("every scalar value is written as UTF-8 that is valid") {
  for (uint32_t code_point = 0; code_point <= 0x10ffff; ++code_point) {
    if (code_point >= 0xd800 && code_point <= 0xdfff) continue;
    std::string text;
    append_utf8(text, code_point);
    if (!is_utf8(text)) FAIL(code_point);
  }
  std::string text;
  for (const uint32_t code_point : {0x24u, 0xa3u, 0x20acu, 0x1f600u}) append_utf8(text, code_point);
  CHECK(text == "\x24\xc2\xa3\xe2\x82\xac\xf0\x9f\x98\x80");
}

TEST_CASE("what is no UTF-8 is found where it stands") {
  const std::vector<std::string> bad = {
      "\x80",  // continues nothing
      "\xc0\x80",
      "\xc1\xbf",          // overlong, two bytes
      "\xe0\x9f\xbf",      // overlong, three bytes
      "\xf0\x8f\xbf\xbf",  // overlong, four bytes
      "\xed\xa0\x80",
      "\xed\xbf\xbf",  // surrogates
      "\xf4\x90\x80\x80",
      "\xf5\x80\x80\x80",      // too large
      "\xf8\x88\x80\x80\x80",  // five bytes
      "\xff",
      "\xfe",
      "\xc2",
      "\xe2\x82",
      "\xf0\x9f\x98",  // cut off
      "\xc2 ",
      "\xe2\x82 ",
      "\xf0\x9f\x98 ",
  };
  for (const std::string& sequence : bad) {
    // Also behind enough plain text for the fast path.
    for (const std::string& before : {std::string(), std::string("0123456789abcdefghi\xc3\xa4")}) {
      CAPTURE(sequence.size(), before.size());
      CHECK(find_invalid_utf8(before + sequence) == before.size());
      CHECK_FALSE(is_utf8(before + sequence + " and more"));
    }
  }
  CHECK(is_utf8(""));
  CHECK(is_utf8("\xed\x9f\xbf\xee\x80\x80"));
}

}  // namespace brink::support
