// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Constructs of the text format against the bytes they mean.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/text/parse.h"

namespace brink::text {
namespace {

std::vector<uint8_t> bytes_of(std::string_view hex) {
  std::vector<uint8_t> bytes;
  std::string digits;
  for (const char c : hex) {
    if (c == ' ') continue;
    digits.push_back(c);
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<uint8_t>(std::stoul(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

std::string hex_of(const std::vector<uint8_t>& bytes, size_t from) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (size_t i = from; i < bytes.size(); ++i) {
    if (!hex.empty()) hex.push_back(' ');
    hex.push_back(kDigits[bytes[i] >> 4]);
    hex.push_back(kDigits[bytes[i] & 15]);
  }
  return hex;
}

/// The module without names; the part behind magic number and version.
std::string encode(std::string_view source) {
  ParseOptions options;
  options.emit_names = false;
  const Result<ParsedModule> module = parse_module(source, options);
  if (!module) return module.error().to_string();
  return hex_of(module->bytes, 8);
}

/// The instructions of the only function, without the last `end`. All sections are small.
std::string encode_body(std::string_view fields, std::string_view body) {
  const std::string source = std::string(fields) + "(func " + std::string(body) + ")";
  ParseOptions options;
  options.emit_names = false;
  const Result<ParsedModule> module = parse_module(source, options);
  if (!module) return module.error().to_string();
  constexpr uint8_t kCodeSection = 10;
  const std::vector<uint8_t>& bytes = module->bytes;
  size_t pos = 8;
  while (bytes[pos] != kCodeSection) pos += size_t{2} + bytes[pos + 1];
  // Behind id and size: one body, its size, no locals.
  REQUIRE(bytes[pos + 1] < 0x80);
  REQUIRE(bytes[pos + 2] == 1);
  REQUIRE(bytes[pos + 4] == 0);
  return hex_of({bytes.begin() + static_cast<std::ptrdiff_t>(pos) + 5, bytes.end() - 1}, 0);
}

struct Row {
  std::string_view source;
  std::string_view hex;
};

TEST_CASE("An empty module", "[text]") {
  for (const std::string_view source :
       {"", "(module)", "(module $name)", ";; nothing", "(@a)", "(module quote \"\")",
        "(module binary \"\\00asm\" \"\\01\\00\\00\\00\")"}) {
    CAPTURE(source);
    ParseOptions options;
    options.emit_names = false;
    const Result<ParsedModule> module = parse_module(source, options);
    REQUIRE(module.has_value());
    CHECK(module->bytes == bytes_of("00 61 73 6d 01 00 00 00"));
  }
}

TEST_CASE("Types", "[text]") {
  const Row row = GENERATE(values<Row>({
      {"(type (func))", "01 04 01 60 00 00"},
      {"(type (func (param i32 i64) (param $x f32) (result f64 v128)))",
       "01 09 01 60 03 7f 7e 7d 02 7c 7b"},
      {"(type (struct (field i8 (mut i16)) (field $f (mut (ref null 0)))))",
       "01 0a 01 5f 03 78 00 77 01 63 00 01"},
      {"(type (array (mut funcref)))", "01 04 01 5e 70 01"},
      {"(type $a (sub (struct))) (type (sub $a (struct))) (type (sub final 0 (struct)))",
       "01 0f 03 50 00 5f 00 50 01 00 5f 00 4f 01 00 5f 00"},
      {"(type (sub final (struct)))", "01 03 01 5f 00"},
      {"(rec (type $a (struct (field (ref $b)))) (type $b (array (ref $a))))",
       "01 0c 01 4e 02 5f 01 64 01 00 5e 64 00 00"},
      {"(rec)", "01 03 01 4e 00"},
      {"(type (func (param externref anyref eqref i31ref structref arrayref exnref)))",
       "01 0b 01 60 07 6f 6e 6d 6c 6b 6a 69 00"},
      {"(type (func (param nullref nullfuncref nullexternref nullexnref)))",
       "01 08 01 60 04 71 73 72 74 00"},
      {"(type (func (param (ref func) (ref null extern) (ref none))))",
       "01 09 01 60 03 64 70 6f 64 71 00"},
  }));
  CAPTURE(row.source);
  CHECK(encode(row.source) == row.hex);
}

TEST_CASE("Type uses append types in order", "[text]") {
  // The explicit type comes first wherever it stands; equal signatures share one.
  CHECK(encode("(import \"\" \"f\" (func (result f64))) (import \"\" \"g\" (func (param i32)))"
               "(type (func (param i32))) (import \"\" \"h\" (func (result f64)))") ==
        "01 09 02 60 01 7f 00 60 00 01 7c 02 10 03 00 01 66 00 01 00 01 67 00 00 00 01 68 00 01");
}

TEST_CASE("Imports and exports", "[text]") {
  const Row row = GENERATE(values<Row>({
      {"(import \"m\" \"t\" (table 1 2 funcref))", "02 0a 01 01 6d 01 74 01 70 01 01 02"},
      {"(import \"m\" \"m\" (memory i64 1 2 shared))", "02 09 01 01 6d 01 6d 02 07 01 02"},
      {"(import \"m\" \"g\" (global (mut i32)))", "02 08 01 01 6d 01 67 03 7f 01"},
      {"(import \"m\" \"e\" (tag (param i32)))",
       "01 05 01 60 01 7f 00 02 08 01 01 6d 01 65 04 00 00"},
      {"(table (export \"a\") (export \"b\") (import \"m\" \"t\") i64 0 externref)",
       "02 09 01 01 6d 01 74 01 6f 04 00 07 09 02 01 61 01 00 01 62 01 00"},
      {"(memory $m 1) (export \"x\" (memory $m))", "05 03 01 00 01 07 05 01 01 78 02 00"},
      {"(func $f) (start $f)", "01 04 01 60 00 00 03 02 01 00 08 01 00 0a 04 01 02 00 0b"},
  }));
  CAPTURE(row.source);
  CHECK(encode(row.source) == row.hex);
}

TEST_CASE("Tables, memories, globals and tags", "[text]") {
  const Row row = GENERATE(values<Row>({
      {"(table 3 externref)", "04 04 01 6f 00 03"},
      {"(table 3 (ref null 0) (ref.null 0))", "04 0a 01 40 00 63 00 00 03 d0 00 0b"},
      {"(func $f) (table funcref (elem $f 0))",
       "01 04 01 60 00 00 03 02 01 00 04 05 01 70 01 02 02 09 08 01 00 41 00 0b 02 00 00 "
       "0a 04 01 02 00 0b"},
      {"(table i64 funcref (elem (ref.null func) (item ref.null func)))",
       "04 05 01 70 05 02 02 09 0c 01 04 42 00 0b 02 d0 70 0b d0 70 0b"},
      {"(type $t (func)) (func $f (type $t)) (table (ref null $t) (elem $f))",
       "01 04 01 60 00 00 03 02 01 00 04 06 01 63 00 01 01 01 "
       "09 0c 01 06 00 41 00 0b 63 00 01 d2 00 0b 0a 04 01 02 00 0b"},
      {"(memory 0 65536)", "05 06 01 01 00 80 80 04"},
      {"(memory i64 0x1_0000_0000)", "05 07 01 04 80 80 80 80 10"},
      {"(memory 1 1 shared)", "05 04 01 03 01 01"},
      {"(memory 7 (pagesize 1))", "05 04 01 08 07 00"},
      {"(memory (data \"ab\" \"\\00\"))", "05 04 01 01 01 01 0b 09 01 00 41 00 0b 03 61 62 00"},
      {"(memory i64 (pagesize 1) (data \"abc\"))",
       "05 05 01 0d 03 03 00 0b 09 01 00 42 00 0b 03 61 62 63"},
      {"(global i32 (i32.const -1))", "06 06 01 7f 00 41 7f 0b"},
      {"(global (mut i64) i64.const 1 i64.const 2 i64.add)", "06 09 01 7e 01 42 01 42 02 7c 0b"},
      {"(tag) (tag (param i32))", "01 08 02 60 00 00 60 01 7f 00 0d 05 02 00 00 00 01"},
  }));
  CAPTURE(row.source);
  CHECK(encode(row.source) == row.hex);
}

TEST_CASE("Element segments in all their forms", "[text]") {
  constexpr std::string_view kPrefix = "01 04 01 60 00 00 03 02 01 00 04 04 01 70 00 01 ";
  constexpr std::string_view kSuffix = " 0a 04 01 02 00 0b";
  const Row row = GENERATE(values<Row>({
      {"(elem (i32.const 0) $f $f)", "09 08 01 00 41 00 0b 02 00 00"},
      {"(elem 0 (i32.const 0) $f)", "09 07 01 00 41 00 0b 01 00"},
      {"(elem (offset i32.const 0) func $f)", "09 07 01 00 41 00 0b 01 00"},
      {"(elem (i32.const 0))", "09 06 01 00 41 00 0b 00"},
      {"(elem (table $t) (i32.const 0) func $f)", "09 09 01 02 00 41 00 0b 00 01 00"},
      {"(elem (i32.const 0) funcref (ref.func $f) (item ref.null func))",
       "09 0c 01 04 41 00 0b 02 d2 00 0b d0 70 0b"},
      {"(elem (table $t) (i32.const 0) (ref func) (ref.func $f))",
       "09 0c 01 06 00 41 00 0b 64 70 01 d2 00 0b"},
      {"(elem $e func $f)", "09 05 01 01 00 01 00"},
      {"(elem funcref)", "09 04 01 05 70 00"},
      {"(elem externref (ref.null extern))", "09 07 01 05 6f 01 d0 6f 0b"},
      {"(elem declare func $f)", "09 05 01 03 00 01 00"},
      {"(elem declare funcref (ref.func $f))", "09 07 01 07 70 01 d2 00 0b"},
  }));
  CAPTURE(row.source);
  CHECK(encode("(func $f) (table $t 1 funcref) " + std::string(row.source)) ==
        std::string(kPrefix) + std::string(row.hex) + std::string(kSuffix));
}

TEST_CASE("Data segments in all their forms", "[text]") {
  const Row row = GENERATE(values<Row>({
      {"(data)", "0b 03 01 01 00"},
      {"(data $d \"a\" \"\\ff\")", "0b 05 01 01 02 61 ff"},
      {"(data (i32.const 1) \"a\")", "0b 07 01 00 41 01 0b 01 61"},
      {"(data 0 (i32.const 1) \"a\")", "0b 07 01 00 41 01 0b 01 61"},
      {"(data (memory 0) (offset i32.const 1) \"a\")", "0b 07 01 00 41 01 0b 01 61"},
      {"(data (memory 1) (i32.const 1) \"a\")", "0b 08 01 02 01 41 01 0b 01 61"},
  }));
  CAPTURE(row.source);
  CHECK(encode(row.source) == row.hex);
}

TEST_CASE("Functions: parameters, locals, data count", "[text]") {
  CHECK(encode("(func (param $a i32) (param i64 i64) (local $b f32) (local f32 f64)"
               " local.get $b local.get $a)") ==
        "01 07 01 60 03 7f 7e 7e 00 03 02 01 00 0a 0c 01 0a 02 02 7d 01 7c 20 03 20 00 0b");
  CHECK(encode("(type $t (func (param i32 i32))) (func (type $t) (local $x i64) local.get $x)") ==
        "01 06 01 60 02 7f 7f 00 03 02 01 00 0a 08 01 06 01 01 7e 20 02 0b");
  CHECK(encode("(func data.drop 0) (data \"\")") ==
        "01 04 01 60 00 00 03 02 01 00 0c 01 01 0a 07 01 05 00 fc 09 00 0b 0b 03 01 01 00");
}

TEST_CASE("Plain instructions", "[text]") {
  constexpr std::string_view kFields =
      "(type $s (struct (field $x i32) (field $y i64))) (type $f (func (param i32)))"
      "(table $t 1 funcref) (table $u 1 funcref) (memory $m 1) (memory $n 1)"
      "(global $g i32 (i32.const 0)) (tag $e) (elem $el func) ";
  const Row row = GENERATE(values<Row>({
      {"nop unreachable", "01 00"},
      {"i32.const -1 i64.const 0x7fffffffffffffff", "41 7f 42 ff ff ff ff ff ff ff ff ff 00"},
      {"f32.const 1 f64.const -inf", "43 00 00 80 3f 44 00 00 00 00 00 00 f0 ff"},
      {"global.get $g table.get table.set $u table.size 1", "23 00 25 00 26 01 fc 10 01"},
      {"table.copy table.copy $u $t table.init $el table.init $u 0",
       "fc 0e 00 00 fc 0e 01 00 fc 0c 00 00 fc 0c 00 01"},
      {"memory.copy memory.copy $n $m memory.size $n memory.grow",
       "fc 0a 00 00 fc 0a 01 00 3f 01 40 00"},
      {"i32.load i32.load offset=8 i32.load offset=1 align=1 i64.load8_u $n offset=2",
       "28 02 00 28 02 08 28 00 01 31 40 01 02"},
      {"i32.load 1 align=2 i32.load 0", "28 41 01 00 28 02 00"},
      {"i32.load offset=0xffff_ffff_ffff_ffff", "28 02 ff ff ff ff ff ff ff ff ff 01"},
      {"v128.load8_lane 3 v128.load8_lane 1 3 v128.load8_lane $n offset=1 3",
       "fd 54 00 00 03 fd 54 40 01 00 03 fd 54 40 01 01 03"},
      {"v128.load16_lane align=1 7 i8x16.extract_lane_u 15", "fd 55 00 00 07 fd 16 0f"},
      {"v128.const i32x4 1 -1 0x10 0", "fd 0c 01 00 00 00 ff ff ff ff 10 00 00 00 00 00 00 00"},
      {"v128.const f64x2 1 nan", "fd 0c 00 00 00 00 00 00 f0 3f 00 00 00 00 00 00 f8 7f"},
      {"i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31",
       "fd 0d 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 1f"},
      {"call_indirect (type $f) call_indirect $u (param i32) return_call_indirect 1 (type 1)",
       "11 01 00 11 01 01 13 01 01"},
      {"select select (result i32) select (result) select (result i32) (result funcref)",
       "1b 1c 01 7f 1c 00 1c 02 7f 70"},
      {"ref.null func ref.null $s ref.null any", "d0 70 d0 00 d0 6e"},
      {"ref.test (ref $s) ref.test anyref ref.cast (ref null eq) ref.cast (ref i31)",
       "fb 14 00 fb 15 6e fb 17 6d fb 16 6c"},
      {"struct.get $s $y struct.set 0 1 array.new_fixed 0 3",
       "fb 02 00 01 fb 05 00 01 fb 08 00 03"},
      {"array.copy 0 1 array.new_elem 0 $el", "fb 11 00 01 fb 0a 00 00"},
      {"throw $e throw_ref atomic.fence i32.atomic.rmw8.add_u offset=1",
       "08 00 0a fe 03 00 fe 20 00 01"},
      {"i64.add128 memory.atomic.wait32", "fc 13 fe 01 02 00"},
      {"br 0 br_if 3 br_table 1 2 0 br_table 5", "0c 00 0d 03 0e 02 01 02 00 0e 00 05"},
      {"br_on_null 0 br_on_cast 0 anyref (ref $s) br_on_cast_fail 1 (ref any) eqref",
       "d5 00 fb 18 01 00 6e 00 fb 19 02 01 6e 6d"},
  }));
  CAPTURE(row.source);
  CHECK(encode_body(kFields, row.source) == row.hex);
}

TEST_CASE("Blocks, plain and folded", "[text]") {
  const Row row = GENERATE(values<Row>({
      {"block end loop end", "02 40 0b 03 40 0b"},
      {"block $l (result i32) br $l end $l", "02 7f 0c 00 0b"},
      {"block $a loop $b br $a br $b end end", "02 40 03 40 0c 01 0c 00 0b 0b"},
      {"block $a block $a br $a end br $a end", "02 40 02 40 0c 00 0b 0c 00 0b"},
      {"if else end if $x else $x end $x", "04 40 05 0b 04 40 05 0b"},
      {"block (type 0) end block (param i32) (result i32) end", "02 00 0b 02 01 0b"},
      {"block (result i32 i32) end", "02 01 0b"},
      {"(block $l (br $l) nop)", "02 40 0c 00 01 0b"},
      {"(i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3)))", "41 01 41 02 41 03 6c 6a"},
      {"(if (i32.const 1) (then nop) (else unreachable))", "41 01 04 40 01 05 00 0b"},
      {"(if $l (result i32) (i32.const 1) (then (br $l)))", "41 01 04 7f 0c 00 0b"},
      {"i32.const 1 (if (then))", "41 01 04 40 0b"},
      {"(br_if 0 (if (result i32) (i32.const 1) (then (i32.const 2)) (else (i32.const 3))))",
       "41 01 04 7f 41 02 05 41 03 0b 0d 00"},
      {"block $l (try_table (catch 0 $l) (catch_ref 0 0) (catch_all $l) (catch_all_ref 0)) end",
       "02 40 1f 40 04 00 00 00 01 00 00 02 00 03 00 0b 0b"},
      {"try_table $l (result i32) br $l end $l", "1f 7f 00 0c 00 0b"},
      // The legacy forms.
      {"try $l nop catch 0 rethrow $l catch_all end $l", "06 40 01 07 00 09 00 19 0b"},
      {"block $b try delegate $b end", "02 40 06 40 18 00 0b"},
      {"(try $l (result i32) (do nop) (catch 0 (rethrow $l)) (catch_all))",
       "06 7f 01 07 00 09 00 19 0b"},
      {"(block $b (try $l (do) (delegate $b)))", "02 40 06 40 18 00 0b"},
      {"(try (do))", "06 40 0b"},
  }));
  CAPTURE(row.source);
  CHECK(encode_body("(tag)", row.source) == row.hex);
}

TEST_CASE("Identifiers make the name section", "[text]") {
  const Result<ParsedModule> module = parse_module(
      "(module $m (type $t (struct (field i32) (field $x i32)))"
      " (func $f (param $p i32) (local i32) (local $q i32) block block $l end end)"
      " (table $tab 0 funcref) (memory $mem 0) (global $g i32 (i32.const 0))"
      " (elem $e func) (data $d \"\") (tag $tag (@name \"shown\")))");
  REQUIRE(module.has_value());
  const std::string hex = hex_of(module->bytes, 8);
  const size_t begin = hex.find("04 6e 61 6d 65");
  REQUIRE(begin != std::string::npos);
  CHECK(hex.substr(begin) ==
        "04 6e 61 6d 65 00 02 01 6d 01 04 01 00 01 66 02 09 01 00 02 00 01 70 02 01 71 "
        "03 06 01 00 01 01 01 6c 04 04 01 00 01 74 05 06 01 00 03 74 61 62 06 06 01 00 03 6d 65 6d "
        "07 04 01 00 01 67 08 04 01 00 01 65 09 04 01 00 01 64 0a 06 01 00 01 01 01 78 "
        "0b 08 01 00 05 73 68 6f 77 6e");
}

TEST_CASE("Name annotations name without binding", "[text]") {
  const Result<ParsedModule> module = parse_module(
      "(type (@name \"t\") (struct (field (@name \"f\") i32)))"
      "(func $a (@name \"b\") (param (@name \"p\") i32) (local $l (@name \"q\") i32)"
      " block (@name \"r\") end (block $c (@name \"s\") (br $c)) local.get $l)");
  REQUIRE(module.has_value());
  const std::string hex = hex_of(module->bytes, 8);
  const size_t begin = hex.find("04 6e 61 6d 65");
  REQUIRE(begin != std::string::npos);
  CHECK(hex.substr(begin) ==
        "04 6e 61 6d 65 01 04 01 00 01 62 02 09 01 00 02 00 01 70 01 01 71 "
        "03 09 01 00 02 00 01 72 01 01 73 04 04 01 00 01 74 0a 06 01 00 01 00 01 66");
}

TEST_CASE("Annotations place custom sections and branch hints", "[text]") {
  CHECK(encode("(@custom \"b\" \"x\" \"y\") (@custom \"a\" (before first)) (memory 0)"
               "(@custom \"c\" (before memory) \"z\") (@custom \"d\" (after memory))") ==
        "00 02 01 61 00 03 01 63 7a 05 03 01 00 00 00 02 01 64 00 04 01 62 78 79");
  const std::string hinted = encode(
      "(func (@metadata.code.branch_hint \"\\01\") (if (i32.const 0) (then))"
      " (@metadata.code.branch_hint \"\\00\") br_if 0)");
  // One function, hints at offsets 3 and 6 of its body.
  CHECK(hinted.find("6e 74 01 00 02 03 01 01 06 01 00 0a") != std::string::npos);
}

}  // namespace
}  // namespace brink::text
