// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/printer.h"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/decode/module_decoder.h"
#include "engine/text/parse.h"

namespace brink::text {
namespace {

std::vector<uint8_t> assemble(std::string_view source) {
  const auto parsed = parse_module(source);
  INFO((parsed ? std::string() : parsed.error().to_string()));
  REQUIRE(parsed.has_value());
  return parsed->bytes;
}

std::string print(const std::vector<uint8_t>& bytes, const PrintOptions& options = {}) {
  const auto module = decode::decode_module(bytes, Features::all());
  INFO((module ? std::string() : module.error().to_string()));
  REQUIRE(module.has_value());
  const auto text = print_module(*module, options);
  INFO((text ? std::string() : text.error().to_string()));
  REQUIRE(text.has_value());
  return *text;
}

std::string print(std::string_view source, const PrintOptions& options = {}) {
  return print(assemble(source), options);
}

/// Printing, flat and folded, loses nothing that the binary has.
void check_round_trip(std::string_view source) {
  const auto bytes = assemble(source);
  for (const bool fold : {false, true}) {
    const std::string text = print(bytes, {.fold = fold});
    INFO(text);
    CHECK(assemble(text) == bytes);
  }
}

/// A module whose only function has this body.
std::string print_body(std::string_view body, bool fold) {
  const std::string text = print("(module (func " + std::string(body) + "))", {.fold = fold});
  const size_t begin = text.find('\n', text.find("(func (;0;) (type 0)")) + 1;
  return text.substr(begin, text.rfind("  )\n)\n") - begin);
}

TEST_CASE("an empty module") {
  CHECK(print("(module)") == "(module)\n");
  CHECK(print("(module $m)") == "(module $m)\n");
}

TEST_CASE("every kind of field") {
  const std::string_view text = R"((module $m
  (type $sig (;0;) (func (param i32) (result i32 i32)))
  (rec
    (type $A (;1;) (sub (struct (field $x (mut i32)) (field (ref null $B)))))
    (type $B (;2;) (sub final $A (struct (field $x (mut i32)) (field (ref null $B)) (field i8))))
  )
  (type (;3;) (array (mut i16)))
  (rec
    (type (;4;) (func))
  )
  (import "env" "f" (func $imp (;0;) (type $sig) (param i32) (result i32 i32)))
  (import "env" "t" (table $tt (;0;) 1 10 funcref))
  (import "env" "m" (memory (;0;) i64 1 2 shared))
  (import "env" "g" (global (;0;) (mut i64)))
  (import "env" "e" (tag (;0;) (type 4)))
  (table (;1;) i64 0 (ref null $A))
  (table (;2;) 1 (ref func) (ref.func $imp))
  (memory $m (;1;) 1)
  (memory (;2;) 0 (pagesize 1))
  (tag $exn (;1;) (type 4))
  (global $g (;1;) (mut i32) (i32.add (i32.const 4) (i32.const 5)))
  (export "mem" (memory $m))
  (export "f" (func $f))
  (export "e" (tag $exn))
  (start $f)
  (elem $e (;0;) (i32.const 0) func $f $imp)
  (elem (;1;) (table $tt) (offset (i32.const 0) (i32.const 1)) func $f)
  (elem (;2;) declare funcref (ref.func $f) (ref.null func))
  (elem (;3;) (ref $A) (struct.new_default $A))
  (func $f (;1;) (type 4))
  (data $d (;0;) (i64.const 0) "text\00\ff\"\n")
  (data (;1;) "")
  (data (;2;) (memory $m) (i32.const 0) "x")
)
)";
  CHECK(print(text) == text);
  check_round_trip(text);
}

TEST_CASE("flat code is indented by blocks") {
  CHECK(print_body("(result i32) (local i32 i64) (local f32) (block (if (i32.const 1) (then (br 1))"
                   "(else (br_if 0 (i32.const 2))))) (i32.const 3)",
                   false) ==
        R"(    (local i32 i64 f32)
    block ;; label = @1
      i32.const 1
      if ;; label = @2
        br 1 (;@1;)
      else
        i32.const 2
        br_if 0 (;@2;)
      end
    end
    i32.const 3
)");
}

TEST_CASE("immediates") {
  const std::string_view text = R"((module
  (type (;0;) (func))
  (memory (;0;) 1)
  (memory $n (;1;) 1)
  (func (;0;) (type 0)
    i32.const -1
    i64.const -9223372036854775808
    f32.const nan:0x200000
    f64.const -0
    f64.const 0.1
    v128.const i32x4 0x00000001 0x00000002 0x80000000 0xffffffff
    i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31
    i32.load
    i32.load $n offset=4 align=2
    i64.load8_u offset=4294967295
    v128.load64_lane offset=1 align=4 1
    memory.size
    memory.size $n
    memory.copy
    memory.copy $n 0
    memory.atomic.wait32
    select
    select (result i32)
    br_table 0 0 0
    ref.null func
    ref.test (ref null any)
    br_on_cast 0 (ref null any) (ref i31)
    call_indirect (type 0)
    array.new_fixed 7 3
    struct.get 7 1
    unreachable
  )
)
)";
  CHECK(print(text) == text);
  check_round_trip(text);
}

TEST_CASE("folding takes operands as far as counts work out") {
  CHECK(print_body("(local i32) i32.const 1 i32.const 2 i32.add local.tee 0 drop", true) ==
        "    (local i32)\n"
        "    (drop (local.tee 0 (i32.add (i32.const 1) (i32.const 2))))\n");
  // A statement between operands keeps them from being folded.
  CHECK(print_body("i32.const 1 nop i32.const 2 i32.add drop", true) ==
        "    (i32.const 1)\n    (nop)\n    (i32.const 2)\n    (drop (i32.add))\n");
  // Unreachable code leaves nothing to take.
  CHECK(print_body("unreachable i32.const 1 i32.add drop", true) ==
        "    (unreachable)\n    (i32.const 1)\n    (drop (i32.add))\n");
}

TEST_CASE("folding blocks") {
  CHECK(print_body("(result i32) (block $b (br_if $b (i32.const 1))) (if (result i32) (i32.const 0)"
                   "(then (i32.const 2)) (else (nop) (i32.const 3)))",
                   true) == R"(    (block $b
      (br_if $b (i32.const 1))
    )
    (if (result i32) (i32.const 0)
      (then (i32.const 2))
      (else
        (nop)
        (i32.const 3)
      )
    )
)");
  // Labels without a name show their number only where it is used.
  CHECK(print_body("(loop (loop (br 1)))", true) ==
        "    (loop (;@1;)\n      (loop\n        (br 1 (;@1;))\n      )\n    )\n");
}

TEST_CASE("folding values of multi-value instructions") {
  const std::string_view source = R"((module
    (func $two (result i32 i32) i32.const 1 i32.const 2)
    (func $add (result i32) call $two i32.add)
    (func $too_many (result i32) call $two i32.const 3 i32.add i32.add)
    (func $params (result i32) i32.const 1 block (param i32) (result i32) i32.eqz end)
    (func $if (result i32) i32.const 1 i32.const 2
      if (param i32) (result i32) i32.eqz else i32.clz end)))";
  const std::string text = print(source, {.fold = true});
  CHECK(text.find("    (i32.add (call $two))\n") != std::string::npos);
  // Three values where two are wanted: nothing is folded.
  CHECK(text.find("    (call $two)\n    (i32.const 3)\n    (i32.add)\n    (i32.add)\n") !=
        std::string::npos);
  CHECK(text.find("    (i32.const 1)\n    (block (type 2) (param i32) (result i32)\n"
                  "      (i32.eqz)\n    )\n") != std::string::npos);
  CHECK(text.find("    (if (type 2) (param i32) (result i32)\n      (i32.const 1)\n"
                  "      (i32.const 2)\n") != std::string::npos);
  check_round_trip(source);
}

TEST_CASE("code of every feature comes back as it was") {
  check_round_trip(R"((module
    (type $f (func (param i32) (result i32)))
    (type $s (struct (field $a i32) (field $b (mut i64))))
    (type $v (array (mut i8)))
    (type $vf (array (ref null $f)))
    (tag $e (param i32))
    (table $t 1 funcref) (table $u 1 funcref)
    (memory 1)
    (elem $el func $callee)
    (data $d "abc")
    (func $callee (type $f) local.get 0)
    (func (export "all") (param $x i32) (result i32)
      (local $r (ref null $s)) (local $o anyref)
      (struct.set $s $b (struct.new $s (i32.const 1) (i64.const 2)) (i64.const 3))
      (drop (struct.get $s $a (local.get $r)))
      (drop (array.new_fixed $v 2 (i32.const 1) (i32.const 2)))
      (array.copy $v $v (ref.null $v) (i32.const 0) (ref.null $v) (i32.const 0) (i32.const 0))
      (drop (array.new_data $v $d (i32.const 0) (i32.const 1)))
      (drop (array.new_elem $vf $el (i32.const 0) (i32.const 1)))
      (block $l (result anyref)
        (br_on_cast $l anyref (ref $s) (local.get $o)))
      drop
      (drop (ref.cast (ref null $s) (local.get $o)))
      (block $h (result i32 exnref)
        (try_table $own (catch_ref $e $h) (catch_all 1) (throw $e (i32.const 1)))
        unreachable)
      throw_ref
      (table.copy $u $t (i32.const 0) (i32.const 0) (i32.const 0))
      (table.init $u $el (i32.const 0) (i32.const 0) (i32.const 0))
      (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0))
      (drop (call_indirect $u (type $f) (i32.const 1) (i32.const 0)))
      (return_call_ref $f (i32.const 1) (ref.func $callee))))
  )");
}

TEST_CASE("legacy exceptions") {
  const std::string_view body = R"(try ;; label = @1
      try ;; label = @2
        nop
      delegate 0 (;@1;)
    catch $e
      rethrow 0 (;@1;)
    catch_all
    end
)";
  const std::string source =
      "(module (type (;0;) (func)) (tag $e (type 0)) (func (type 0) " + std::string(body) + "))";
  CHECK(print(source).find(body) != std::string::npos);
  const std::string folded = print(source, {.fold = true});
  CHECK(folded.find("(do\n        (try\n          (do (nop))\n          (delegate 0 (;@1;))\n") !=
        std::string::npos);
  check_round_trip(source);
}

TEST_CASE("if with and without an empty else stay apart") {
  check_round_trip("(module (func i32.const 1 if else end i32.const 1 if end))");
}

TEST_CASE("names become identifiers, quoted where they must be") {
  const std::string_view text = R"wat((module
  (type (;0;) (func))
  (func $"std::vector<int, A>::at(int)" (;0;) (type 0)
    call $"std::vector<int, A>::at(int)"
    call $"\u{202e}"
  )
  (func $"\u{202e}" (;1;) (type 0))
)
)wat";
  CHECK(print(text) == text);
}

TEST_CASE("names that cannot be identifiers are varied and annotated") {
  const std::string text = print(R"((module
    (func $f) (func $g (@name "f") call $f call $g) (func $h (@name "")) (func $f#1)))");
  CHECK(text.find("(func $f (;0;) (type 0))") != std::string::npos);
  CHECK(text.find("(func $f#1 (@name \"f\") (;1;) (type 0)\n    call $f\n    call $f#1\n") !=
        std::string::npos);
  CHECK(text.find("(func $func#2 (@name \"\") (;2;) (type 0))") != std::string::npos);
  CHECK(text.find("(func $f#1#3 (@name \"f#1\") (;3;) (type 0))") != std::string::npos);
  CHECK(assemble(text) == assemble(print(assemble(text))));
}

TEST_CASE("a hidden label is referred to by number") {
  CHECK(print_body("(block $l (block $l (br 0) (br 1)) (br $l))", false) ==
        "    block $l\n      block $l\n        br $l\n        br 1 (;@1;)\n      end\n"
        "      br $l\n    end\n");
}

TEST_CASE("locals") {
  const std::string_view text = R"((module
  (type (;0;) (func (param i32 i64 i32 f32) (result i64)))
  (import "m" "f" (func (;0;) (type 0) (param $a i32) (param i64 i32 f32) (result i64)))
  (func (;1;) (type 0) (param i32) (param $b i64) (param i32 f32) (result i64)
    (local i32 i32) (local $x f64) (local i32)
    local.get $b
  )
)
)";
  CHECK(print(text) == text);
  check_round_trip(text);
}

TEST_CASE("locals of a function whose type does not exist keep their numbers") {
  const std::string_view text = R"((module
  (func $f (;0;) (type 7)
    (local i32)
    local.get 0
  )
)
)";
  CHECK(print(text) == text);
  CHECK(print(text, {.name_unnamed = true}) == text);
}

TEST_CASE("made-up names") {
  const std::string text = print(R"((module
    (type (struct (field i32))) (global i32 (i32.const 0))
    (func (param i32) (local $local0 i32)
      block br 0 end global.get 0 drop local.get 0 call 0)))",
                                 {.name_unnamed = true});
  CHECK(text.find("(type $type0 (;0;) (struct (field $field0 i32)))") != std::string::npos);
  CHECK(text.find("(func $func0 (;0;) (type $type1) (param $local0#0 i32)\n"
                  "    (local $local0 i32)\n    block $label0\n      br $label0\n") !=
        std::string::npos);
  CHECK(text.find("global.get $global0\n    drop\n    local.get $local0#0\n    call $func0\n") !=
        std::string::npos);
}

TEST_CASE("custom sections keep their places") {
  const std::string_view text = R"((module
  (@custom "first" (before first) "\00a")
  (type (;0;) (func))
  (@custom "mid" (after type) "b")
  (@custom "mid" (after func))
  (func $f (;0;) (type 0))
  (@custom "before names" (after code) "c")
  (@custom "last" (after last) "d")
)
)";
  CHECK(print(text) == text);
  check_round_trip(text);
}

TEST_CASE("branch hints") {
  const std::string_view text = R"((module
  (type (;0;) (func (param i32)))
  (func (;0;) (type 0) (param i32)
    local.get 0
    (@metadata.code.branch_hint "\01") if ;; label = @1
      local.get 0
      (@metadata.code.branch_hint "\00") br_if 0 (;@1;)
    end
  )
)
)";
  CHECK(print(text) == text);
  CHECK(print(text, {.fold = true}).find(R"(
    (@metadata.code.branch_hint "\01") (if (;@1;) (local.get 0)
      (then (@metadata.code.branch_hint "\00") (br_if 0 (;@1;) (local.get 0)))
    )
)") != std::string::npos);
  check_round_trip(text);
}

TEST_CASE("branch hints that hint at no branch stay a custom section") {
  // The hint of the module above, moved to the end of the body.
  std::vector<uint8_t> bytes = assemble(R"((module (func (param i32)
    local.get 0 (@metadata.code.branch_hint "\01") if end)))");
  const std::string text = print(bytes);
  REQUIRE(text.find("(@metadata.code.branch_hint \"\\01\") if") != std::string::npos);
  const std::string_view hint("\x01\x00\x01\x03\x01\x01", 6);
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const size_t at = all.find(hint);
  REQUIRE(at != std::string_view::npos);
  bytes[at + 3] = 2;
  CHECK(print(bytes).find("(@custom \"metadata.code.branch_hint\" (after func) "
                          "\"\\01\\00\\01\\02\\01\\01\")") != std::string::npos);
}

TEST_CASE("long strings and lists go on on lines of their own") {
  const std::string text = print("(module (memory 1) (data (i32.const 0) \"" +
                                 std::string(200, 'x') + "\") (func) (elem func " +
                                 [] {
                                   std::string list;
                                   for (int i = 0; i < 60; ++i) list += " 0";
                                   return list;
                                 }() +
                                 "))");
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = text.find('\n', begin);
    CHECK(end - begin <= 102);
    begin = end + 1;
  }
}

TEST_CASE("skeleton and offsets") {
  const std::string source =
      "(module (memory 1) (func (drop (i32.const 1))) (data (i32.const 0) \"abc\"))";
  CHECK(print(source, {.skeleton = true}) == R"((module
  (type (;0;) (func))
  (memory (;0;) 1)
  (func (;0;) (type 0) ...)
  (data (;0;) (i32.const 0) ...)
)
)");
  CHECK(print("(module (func nop))", {.print_offsets = true}) ==
        "            (module\n"
        "              (type (;0;) (func))\n"
        "(;@000016;)   (func (;0;) (type 0)\n"
        "(;@000017;)     nop\n"
        "              )\n"
        "            )\n");
}

TEST_CASE("indices that lead nowhere print as numbers") {
  const std::string_view text = R"((module
  (type (;0;) (func))
  (export "x" (func 9))
  (func (;0;) (type 0)
    call 7
    local.get 5
    global.get 3
    br 4
    struct.get 8 2
    call_indirect 6 (type 5)
    throw 1
    block (type 77) ;; label = @1
      br 0 (;@1;)
      return
    end
  )
)
)";
  CHECK(print(text) == text);
  check_round_trip(text);
}

TEST_CASE("deep nesting takes neither native stack nor endless indentation") {
  constexpr int kDepth = 100000;
  std::vector<uint8_t> bytes = {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0};
  std::vector<uint8_t> body = {0};
  for (int i = 0; i < kDepth; ++i) body.insert(body.end(), {0x02, 0x40});  // block
  for (int i = 0; i < kDepth; ++i) body.push_back(0x0b);                   // end
  body.push_back(0x0b);
  const auto append_u32 = [](std::vector<uint8_t>& out, size_t value) {
    for (int i = 0; i < 5; ++i)
      out.push_back(static_cast<uint8_t>((value >> (7 * i) & 0x7f) | (i < 4 ? 0x80 : 0)));
  };
  bytes.push_back(10);
  append_u32(bytes, body.size() + 6);
  bytes.push_back(1);
  append_u32(bytes, body.size());
  bytes.insert(bytes.end(), body.begin(), body.end());
  CHECK(print(bytes).size() < kDepth * size_t{300});
  CHECK(print(bytes, {.fold = true}).size() < kDepth * size_t{300});
}

TEST_CASE("malformed code is an error after the text before it") {
  std::vector<uint8_t> bytes = assemble("(module (func nop))");
  const size_t nop = bytes.size() - 2;
  REQUIRE(bytes[nop] == 0x01);
  for (const uint8_t opcode : {0xff, 0x05, 0x19, 0x0b}) {  // unknown, else, catch_all, end
    bytes[nop] = opcode;
    const auto module = decode::decode_module(bytes, Features::all());
    REQUIRE(module.has_value());
    for (const bool fold : {false, true}) {
      std::string text;
      const auto status =
          print_module(*module, {.fold = fold}, [&](std::string_view piece) { text += piece; });
      REQUIRE_FALSE(status.has_value());
      CHECK(status.error().kind() == ErrorKind::Malformed);
      CHECK(text.starts_with("(module\n  (type (;0;) (func))\n"));
    }
  }
}

}  // namespace
}  // namespace brink::text
