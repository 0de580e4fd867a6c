// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/inspect.h"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/decode/module_decoder.h"
#include "engine/text/parse.h"

namespace brink::text {
namespace {

constexpr std::string_view kSource = R"((module $demo
  (import "env" "log" (func $log (param i32)))
  (import "env" "m" (memory 1 2))
  (memory $own 3)
  (global $g (mut i32) (i32.const 0))
  (func $main (export "main") (param $n i32) (result i32) (local i64)
    (block $out (br_if $out (i32.eqz (local.get $n))) (call $log (i32.const 100000)))
    (local.get $n))
  (export "memory" (memory $own))
  (start $start)
  (func $start)
  (elem func $main)
  (data (i32.const 8) "hello")
  (@custom "notes" "abc")))";

struct Assembled {
  std::vector<uint8_t> bytes;
  wasm::Module module;
};

Assembled assemble(std::string_view source) {
  auto parsed = parse_module(source);
  INFO((parsed ? std::string() : parsed.error().to_string()));
  REQUIRE(parsed.has_value());
  Assembled result{std::move(parsed->bytes), {}};
  auto module = decode::decode_module(result.bytes, Features::all());
  REQUIRE(module.has_value());
  result.module = std::move(*module);
  return result;
}

std::string inspect(std::string_view source, const InspectOptions& options) {
  const Assembled assembled = assemble(source);
  std::string text;
  inspect_module(assembled.module, options, [&](std::string_view piece) { text += piece; });
  return text;
}

TEST_CASE("a module's head and its sections") {
  CHECK(inspect(kSource, {.imports = false, .exports = false}) ==
        R"(211 bytes, 3 functions (1 imported)
name: demo
start: func $start

sections (12)
  id  section        offset      bytes  content
   1  type              0x8         13  3 types
   2  import           0x17         21  2 imports
   3  function         0x2e          3  2 functions
   5  memory           0x33          3  1 memory
   6  global           0x38          6  1 global
   7  export           0x40         17  2 exports
   8  start            0x53          1  func $start
   9  element          0x56          5  1 segment
  10  code             0x5d         25  2 bodies
  11  data             0x78         11  1 segment
   0  custom           0x85         65  "name"
   0  custom           0xc8          9  "notes"
)");
}

TEST_CASE("imports and exports show kind, index, names and type") {
  CHECK(inspect(kSource, {.sections = false}) == R"(211 bytes, 3 functions (1 imported)
name: demo
start: func $start

imports (2)
  func       0  "env" "log"  (param i32)
  memory     0  "env" "m"    1 2

exports (2)
  func       1  "main"    (param i32) (result i32)
  memory     1  "memory"  3
)");
}

TEST_CASE("definitions show offsets and sizes") {
  CHECK(inspect(kSource,
                {.sections = false, .imports = false, .exports = false, .definitions = true}) ==
        R"(211 bytes, 3 functions (1 imported)
name: demo
start: func $start

functions (2)
      1       0x61      20 bytes  func $main (;1;) (param i32) (result i32)
      2       0x76       2 bytes  func $start (;2;)

memories (1)
      1  $own 3

globals (1)
      0  $g (mut i32)

element segments (1)
      0       0x59  passive, 1 element

data segments (1)
      0       0x80  active, 5 bytes
)");
}

TEST_CASE("an export of nothing") {
  CHECK(inspect("(module (export \"x\" (func 3)))", {.sections = false, .imports = false})
            .ends_with("  func       3  \"x\"  (does not exist)\n"));
}

TEST_CASE("a listing shows offsets, bytes and instructions") {
  const Assembled assembled = assemble(kSource);
  std::string text;
  list_functions(assembled.module, {}, [&](std::string_view piece) { text += piece; });
  CHECK(text == R"(000061 func $main (;1;) (param i32) (result i32), 20 bytes
000061  01 01 7e                      | (local i64)
000064  02 40                         | block $out
000066  20 00                         |   local.get $n
000068  45                            |   i32.eqz
000069  0d 00                         |   br_if $out
00006b  41 a0 8d 06                   |   i32.const 100000
00006f  10 00                         |   call $log
000071  0b                            | end
000072  20 00                         | local.get $n
000074  0b                            | end

000076 func $start (;2;), 2 bytes
000077  0b                            | end

)");
  text.clear();
  list_function(assembled.module, 0, {}, [&](std::string_view piece) { text += piece; });
  CHECK(text == "import func $log (;0;) (param i32)\n");
}

TEST_CASE("a listing without bytes; a malformed function ends in a remark") {
  Assembled assembled = assemble("(module (func nop nop))");
  std::vector<uint8_t> bytes = assembled.bytes;
  bytes[bytes.size() - 2] = 0xff;
  const auto module = decode::decode_module(bytes, Features::all());
  REQUIRE(module.has_value());
  std::string text;
  list_function(*module, 0, {.show_bytes = false}, [&](std::string_view piece) { text += piece; });
  CHECK(text == R"(000016 func (;0;), 4 bytes
000017  nop
  ;; illegal opcode ff (at offset 0x18)

)");
}

}  // namespace
}  // namespace brink::text
