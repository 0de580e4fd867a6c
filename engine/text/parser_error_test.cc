// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the parser says about text that is no module, and where; hostile text.

#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "engine/text/parse.h"

namespace brink::text {
namespace {

struct Row {
  std::string_view source;
  std::string_view message;
  uint32_t line;
  uint32_t column;
};

TEST_CASE("Errors begin with the suite's words and have a position", "[text]") {
  const Row row = GENERATE(values<Row>({
      {"(module", "unexpected token: the text ends here", 1, 8},
      {"(module))", "unexpected token `)`", 1, 9},
      {"(func\n  (local i32)\n  i32.const0)", "unknown operator i32.const0", 3, 3},
      {"(func get_local 0)", "unknown operator get_local", 1, 7},
      {"(func (param i32)\n(nop) (param i32))", "unexpected token `param`", 2, 8},
      {"(func i32.const)", "unexpected token `)`, expected an integer", 1, 16},
      {"(func (i32.const 0x1_0000_0000))", "constant out of range", 1, 18},
      {"(func f32.const 1e39)", "constant out of range", 1, 17},
      {"(func br $x)", "unknown label $x", 1, 10},
      {"(func local.get $x)", "unknown local $x", 1, 17},
      {"(func call $\"a b\")", "unknown function $a b", 1, 12},
      {"(func (type 3) (param i32))", "unknown type 3", 1, 7},
      {"(func (type 3) (local $x i32))", "unknown type 3", 1, 23},
      {"(type (func)) (func (type 0) (param i32))", "inline function type", 1, 21},
      {"(func block end $l)", "mismatching label $l", 1, 17},
      {"(func block $a end $l)", "mismatching label $l", 1, 20},
      {"(func $f)\n(func $f)", "duplicate function $f", 2, 7},
      {"(func (param $x i32) (local $x i32))", "duplicate local $x", 1, 29},
      {"(type (struct (field $x i32) (field $x i32)))", "duplicate field $x", 1, 37},
      {"(func) (import \"\" \"\" (func))", "import after function", 1, 16},
      {"(memory 0) (func (import \"\" \"\"))", "import after memory", 1, 18},
      {"(func) (start 0)\n(start 0)", "multiple start sections", 2, 1},
      {"(func i32.load align=3)", "alignment must be a power of two", 1, 16},
      {"(func i32.load align=-1)", "unknown operator align=-1", 1, 16},
      {"(memory 0 (pagesize 3))", "invalid custom page size", 1, 21},
      {"(func i8x16.shuffle 1 2 3)", "invalid lane length", 1, 21},
      {"(func i8x16.extract_lane_s 256)", "i8 constant out of range", 1, 28},
      {"(func v128.const i64x2 1)", "wrong number of lane literals", 1, 18},
      {"(func (if (i32.const 1)))", "unexpected token `)`, expected `(then`", 1, 24},
      {"(func if)", "unexpected token `)`, expected `else` or `end`", 1, 9},
      {"(func end)", "unexpected token `end`", 1, 7},
      {"(func else)", "unexpected token `else`", 1, 7},
      {"(func (catch 0))", "unexpected token `catch`", 1, 8},
      {"(func try catch_all catch_all end)", "unexpected token `catch_all`", 1, 21},
      {"(func (block (param $x i32)))", "unexpected token `$x`", 1, 21},
      {"(export \"\\ff\" (func 0))", "malformed UTF-8 encoding", 1, 9},
      {"(func \"a", "unclosed string literal", 1, 7},
      {"(func) (@x (", "unclosed annotation", 1, 8},
      {"(memory (@custom \"a\") 0)", "misplaced @custom annotation", 1, 9},
      {"(module (@name \"a\") (@name \"b\"))", "@name annotation: multiple module", 1, 21},
      {"(func (@name 1))", "@name annotation: unexpected token", 1, 7},
      {"(type (func) (@name \"x\"))", "misplaced @name annotation", 1, 14},
      {"(@custom 1)", "@custom annotation: missing section name", 1, 1},
      {"(@metadata.code.branch_hint \"\\00\")",
       "@metadata.code.branch_hint annotation: not in a function", 1, 1},
      {"(func (@metadata.code.branch_hint \"\\00\") nop)",
       "@metadata.code.branch_hint annotation: invalid target", 1, 7},
      {"(func\n\t(; \xc3\xa4 ;) \xc3\xa4)", "illegal character", 2, 10},
  }));
  CAPTURE(row.source);
  const Result<ParsedModule> module = parse_module(row.source);
  REQUIRE_FALSE(module.has_value());
  CHECK_THAT(module.error().message(), Catch::StartsWith(std::string(row.message)));
  CHECK(module.error().position() == TextPosition{row.line, row.column});
}

TEST_CASE("An error shows its line with a caret", "[text]") {
  const Result<ParsedModule> module = parse_module("(module\r\n\t(func (drop (get_x)))\r\n)");
  REQUIRE_FALSE(module.has_value());
  CHECK(module.error().to_string() ==
        "2:15: unknown operator get_x\n"
        " 2 |  (func (drop (get_x)))\n"
        "   |               ^");
}

TEST_CASE("Of a long line an error shows the part around the caret", "[text]") {
  const Result<ParsedModule> module =
      parse_module(std::string(1000, ' ') + "(func \xc3\xa4)" + std::string(1000, ' '));
  REQUIRE_FALSE(module.has_value());
  CHECK(module.error().to_string() == "1:1007: illegal character\n 1 | ..." + std::string(54, ' ') +
                                          "(func \xc3\xa4)" + std::string(38, ' ') + "...\n   | " +
                                          std::string(63, ' ') + "^");
}

TEST_CASE("Invalid UTF-8 anywhere is an error", "[text]") {
  const Result<ParsedModule> module = parse_module("(module)\n;; \xff");
  REQUIRE_FALSE(module.has_value());
  CHECK(module.error().message() == "malformed UTF-8 encoding");
  CHECK(module.error().position() == TextPosition{2, 4});
}

TEST_CASE("Without memory64 limits have 32 bits", "[text]") {
  ParseOptions options;
  CHECK(parse_module("(memory 0x1_0000_0000)", options).has_value());
  options.features.set(Feature::Memory64, false);
  const Result<ParsedModule> module = parse_module("(memory 0x1_0000_0000)", options);
  REQUIRE_FALSE(module.has_value());
  CHECK(module.error().message() == "i32 constant out of range");
}

TEST_CASE("Byte offsets lead back to the text", "[text]") {
  constexpr std::string_view kSource =
      "(module\n  (func\n    nop\n    (drop\n      (i32.const 1))))";
  ParseOptions options;
  options.emit_names = false;
  const Result<ParsedModule> module = parse_module(kSource, options);
  REQUIRE(module.has_value());
  const auto position_of = [&](uint8_t opcode) {
    for (uint32_t i = static_cast<uint32_t>(module->bytes.size()); i-- > 0;) {
      if (module->bytes[i] != opcode) continue;
      return attach_position(Error(ErrorKind::Invalid, "type mismatch", i), module->map, kSource)
          .position();
    }
    return TextPosition{};
  };
  CHECK(position_of(0x41) == TextPosition{5, 8});
  CHECK(position_of(0x1a) == TextPosition{4, 6});
  CHECK(position_of(0x0b) == TextPosition{5, 21});
  // An error without an offset, or before all entries, stays as it is.
  CHECK_FALSE(attach_position(Error(ErrorKind::Invalid, "x"), module->map, kSource).has_position());
  CHECK_FALSE(
      attach_position(Error(ErrorKind::Invalid, "x", 0), module->map, kSource).has_position());
}

std::string repeat(std::string_view text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

TEST_CASE("Deep nesting needs no stack", "[text]") {
  constexpr int kDepth = 100'000;
  CHECK_FALSE(parse_module(repeat("(", kDepth)).has_value());
  CHECK_FALSE(parse_module("(func " + repeat("(", kDepth)).has_value());
  CHECK_FALSE(parse_module("(@x " + repeat("(", kDepth)).has_value());
  CHECK_FALSE(parse_module("(func " + repeat("(block ", kDepth)).has_value());
  CHECK(parse_module("(func " + repeat("(block ", kDepth) + repeat(")", kDepth) + ")").has_value());
  CHECK(
      parse_module("(func " + repeat("block ", kDepth) + repeat("end ", kDepth) + ")").has_value());
  CHECK(parse_module("(func " + repeat("(drop ", kDepth) + repeat(")", kDepth) + ")").has_value());
  CHECK(parse_module("(func " + repeat("(if (i32.const 0) (then ", kDepth) + repeat("))", kDepth) +
                     ")")
            .has_value());
}

TEST_CASE("Many names and annotations take linear time", "[text]") {
  constexpr int kCount = 50'000;
  CHECK(parse_module("(func " + repeat("block $a ", kCount) + repeat("br $a end ", kCount) + ")")
            .has_value());
  CHECK_FALSE(parse_module("(module " + repeat("(@name \"x\") ", kCount) +
                           repeat("(@custom \"x\") ", kCount) + ")")
                  .has_value());
  CHECK(parse_module("(module " + repeat("(@x) (@custom \"x\") ", kCount) + ")").has_value());
}

}  // namespace
}  // namespace brink::text
