// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/literals.h"

#include <catch2/catch.hpp>
#include <vector>

namespace brink::text {
namespace {

std::string bytes(std::vector<uint8_t> content) {
  std::string out;
  append_escaped_bytes(out, content);
  return out;
}
std::string name(std::string_view content) {
  std::string out;
  append_quoted_name(out, content);
  return out;
}
std::string identifier(std::string_view content) {
  std::string out;
  append_identifier(out, content);
  return out;
}

TEST_CASE("bytes print as ASCII with escapes") {
  CHECK(bytes({'a', ' ', '~', 0x7f}) == "a ~\\7f");
  CHECK(bytes({0, 0x1f, 0x80, 0xff}) == "\\00\\1f\\80\\ff");
  CHECK(bytes({'\t', '\n', '\r', '"', '\\', '\''}) == "\\t\\n\\r\\\"\\\\'");
}

TEST_CASE("escaped_width agrees with what is appended") {
  for (unsigned byte = 0; byte < 256; ++byte)
    CHECK(bytes({static_cast<uint8_t>(byte)}).size() == escaped_width(static_cast<uint8_t>(byte)));
}

TEST_CASE("names keep readable characters and escape the disturbing ones") {
  CHECK(name("") == "\"\"");
  CHECK(name("Mod\u00fcl \u03bb \U0001f600") == "\"Mod\u00fcl \u03bb \U0001f600\"");
  CHECK(name("a\u202eb") == "\"a\\u{202e}b\"");
  CHECK(name("\ufeff") == "\"\\u{feff}\"");
  CHECK(name("\u0085") == "\"\\u{85}\"");
}

TEST_CASE("bytes that are not UTF-8 are escaped one by one") {
  CHECK(name("\xff") == "\"\\ff\"");
  CHECK(name("\xc3") == "\"\\c3\"");
  CHECK(name("\xc0\x80") == "\"\\c0\\80\"");
  CHECK(name("\xe0\x80\x80") == "\"\\e0\\80\\80\"");
  CHECK(name("\xed\xa0\x80") == "\"\\ed\\a0\\80\"");
  CHECK(name("\xf4\x90\x80\x80") == "\"\\f4\\90\\80\\80\"");
}

TEST_CASE("identifiers are quoted only where the characters ask for it") {
  CHECK(identifier("f") == "$f");
  CHECK(identifier("a.b:c<int>!#$%&'*+-/=?@\\^_`|~") == "$a.b:c<int>!#$%&'*+-/=?@\\^_`|~");
  CHECK(identifier("std::vector<int, A>") == "$\"std::vector<int, A>\"");
  CHECK(identifier("f(x)") == "$\"f(x)\"");
  CHECK(identifier("\u03bb") == "$\"\u03bb\"");
  CHECK(identifier("a\"b") == "$\"a\\\"b\"");
}

TEST_CASE("numbers") {
  std::string out;
  append_unsigned(out, ~uint64_t{0});
  out += ' ';
  append_signed(out, INT64_MIN);
  out += ' ';
  append_hex(out, 0x1f, 4);
  out += ' ';
  append_hex(out, 0);
  CHECK(out == "18446744073709551615 -9223372036854775808 001f 0");
}

}  // namespace
}  // namespace brink::text
