// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the optimizations do to small functions, by what is left of them.

#include <catch2/catch.hpp>
#include <string>

#include "engine/compile/ir/builder.h"
#include "engine/compile/ir/printer.h"
#include "engine/compile/ir/verifier.h"
#include "engine/compile/pass/optimize.h"
#include "engine/decode/module_decoder.h"
#include "engine/text/parse.h"
#include "engine/validate/module_validator.h"

namespace brink::compile {
namespace {

/// A module of a text, and its functions as the passes leave them.
class Optimized {
 public:
  explicit Optimized(const std::string& text) {
    auto parsed = text::parse_module(text);
    REQUIRE(parsed.has_value());
    auto decoded = decode::decode_module(
        std::make_shared<const std::vector<uint8_t>>(std::move(parsed->bytes)), Features::all());
    REQUIRE(decoded.has_value());
    module_ = *std::move(decoded);
    REQUIRE(validate::validate_module(module_, std::make_shared<TypeRegistry>()).has_value());
  }

  ir::Function function(uint32_t index) {
    runtime::ObjectLayouts layouts(*module_.registry);
    const ModuleContext context{
        module_, config_, layouts, {}, std::vector<bool>(module_.memories.size(), true)};
    auto built = ir::build(context, index);
    REQUIRE(built.has_value());
    optimize(context, *built);
    REQUIRE(ir::verify(*built, *module_.registry) == "");
    return *std::move(built);
  }
  std::string text(uint32_t index) { return ir::to_text(function(index)); }

 private:
  wasm::Module module_;
  EngineConfig config_;
};

size_t count(const std::string& text, const std::string& what) {
  size_t number = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++number;
  return number;
}

/// The text of a module with one function of this body.
std::string body(const std::string& instructions) {
  return "(module (memory 1) (global $g (mut i32) (i32.const 0)) (func $other)"
         " (func (param i32 i32) (result i32) (local i32 i32) " +
         instructions + "))";
}

TEST_CASE("a load after an equal load is not needed") {
  Optimized module(
      body("(i32.add (i32.load offset=4 (local.get 0)) (i32.mul (i32.const 3) "
           "(i32.load offset=4 (local.get 0))))"));
  CHECK(count(module.text(1), "i32.load") == 1);
}

TEST_CASE("a store gives its value to loads") {
  Optimized module(body("(i32.store (local.get 0) (local.get 1)) (i32.load (local.get 0))"));
  CHECK(count(module.text(1), "i32.load") == 0);
}

TEST_CASE("a store of fewer bytes gives nothing") {
  Optimized module(body("(i32.store8 (local.get 0) (local.get 1)) (i32.load8_u (local.get 0))"));
  CHECK(count(module.text(1), "i32.load8_u") == 1);
}

TEST_CASE("a store that may overlap is in the way of loads, one that cannot is not") {
  Optimized overlap(
      body("(drop (i32.load (local.get 0))) (i32.store (local.get 1) (i32.const 7)) "
           "(i32.add (i32.load (local.get 0)) (i32.load (local.get 0)))"));
  CHECK(count(overlap.text(1), "i32.load") == 2);
  Optimized partly(
      body("(drop (i32.load offset=4 (local.get 0))) (i32.store offset=1 (local.get 0) (i32.const "
           "7)) (i32.load offset=4 (local.get 0))"));
  CHECK(count(partly.text(1), "i32.load") == 2);
  Optimized beside(
      body("(local.set 2 (i32.load offset=4 (local.get 0))) (i32.store (local.get 0) (i32.const 7))"
           " (i32.add (local.get 2) (i32.load offset=4 (local.get 0)))"));
  CHECK(count(beside.text(1), "i32.load") == 1);
}

TEST_CASE("a call may write everything") {
  const std::string text =
      "(module (import \"a\" \"b\" (func $other)) (global $g (mut i32) (i32.const 0))"
      "(func (result i32) (local i32) (global.set $g (i32.const 1)) (local.set 0 (global.get $g))"
      " (call $other) (i32.add (local.get 0) (global.get $g))))";
  CHECK(count(Optimized(text).text(1), "global.get") == 1);
}

TEST_CASE("what both arms of a branch have loaded is known behind it only if it is the same") {
  Optimized module(
      body("(local.set 2 (i32.load (local.get 0)))"
           "(if (local.get 1) (then (i32.store offset=8 (local.get 1) (i32.const 1))))"
           "(i32.add (local.get 2) (i32.load (local.get 0)))"));
  CHECK(count(module.text(1), "i32.load") == 2);
}

TEST_CASE("imported globals may be one and the same") {
  Optimized module(
      "(module (import \"a\" \"x\" (global $x (mut i32))) (import \"a\" \"y\" (global $y (mut "
      "i32))) (func (result i32) (local i32) (local.set 0 (global.get $x)) (global.set $y "
      "(i32.const"
      " 5)) (i32.add (local.get 0) (global.get $x))))");
  CHECK(count(module.text(0), "global.get") == 2);
}

TEST_CASE("shared memory is read as often as the program says") {
  Optimized module(
      "(module (memory 1 1 shared) (func (result i32) (i32.add (i32.load (i32.const 0)) (i32.load "
      "(i32.const 0)))))");
  CHECK(count(module.text(0), "i32.load") == 2);
}

TEST_CASE("a loop that does not write leaves known places known") {
  Optimized module(body(
      "(local.set 2 (i32.load (local.get 0))) (loop (local.set 3 (i32.add (local.get 3) (i32.load "
      "(local.get 0)))) (br_if 0 (i32.lt_u (local.get 3) (local.get 1)))) (local.get 3)"));
  CHECK(count(module.text(1), "i32.load") == 1);
}

TEST_CASE("what does not change in a loop is computed in front of it") {
  Optimized module(body(
      "(loop (local.set 3 (i32.add (local.get 3) (i32.mul (local.get 0) (local.get 1)))) (br_if 0 "
      "(i32.lt_u (local.get 3) (i32.const 1000)))) (local.get 3)"));
  const ir::Function function = module.function(1);
  for (const ir::Block& block : function.blocks)
    for (const ir::ValueId id : block.insts)
      if (function[id].op == ir::to_op(Opcode::I32Mul)) CHECK(block.loop_depth == 0);
}

TEST_CASE("a loop compares what its counter is going to be") {
  const auto loop = [](const std::string& condition) {
    return body(
        "(loop (drop (memory.grow (i32.const 0))) (local.set 3 (local.get 2)) (local.set 2 "
        "(i32.add (local.get 2) "
        "(i32.const 3))) (br_if 0 (" +
        condition +
        " (local.get 3) (i32.const -2)))) "
        "(local.get 2)");
  };
  const std::string unequal = Optimized(loop("i32.ne")).text(1);
  CHECK(count(unequal, "i32.const -2") == 0);
  CHECK(count(unequal, "i32.const 1\n") == 1);
  CHECK(count(Optimized(loop("i32.lt_u")).text(1), "i32.const -2") == 1);
}

TEST_CASE("small loops are repeated, and look for interruptions once") {
  Optimized tiny(body(
      "(loop (local.set 2 (i32.add (local.get 2) (i32.load8_u (local.get 0)))) (br_if 0 (i32.ne "
      "(local.tee 0 (i32.add (local.get 0) (i32.const 1))) (local.get 1)))) (local.get 2)"));
  const std::string text = tiny.text(1);
  CHECK(count(text, "i32.load8_u") == 4);
  CHECK(count(text, "poll") == 1);
  // All rounds count from where the first one began.
  CHECK(count(text, "i32.const 3") == 1);
  Optimized small(body(
      "(loop (if (i32.load (local.get 0)) (then (i32.store (local.get 0) (i32.mul (local.get 2) "
      "(i32.load offset=8 (local.get 1)))) (i32.store offset=4 (local.get 1) (i32.xor (local.get "
      "2) "
      "(local.get 0))))) (local.set 2 (i32.add (local.get 2) (i32.const 1))) (br_if 0 (i32.ne "
      "(local.tee 0 (i32.add (local.get 0) (i32.const 1))) (local.get 1)))) (local.get 2)"));
  CHECK(count(small.text(1), "i32.mul") == 2);
}

TEST_CASE("loops with calls, and loops around others, are not repeated") {
  Optimized calls(
      body("(loop (drop (memory.grow (i32.const 0))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) "
           "(i32.const "
           "1))))) (i32.load (local.get 0))"));
  CHECK(count(calls.text(1), "i32.add") == 1);
  Optimized outer(body(
      "(loop (i32.store16 (local.get 0) (local.get 1)) (local.set 2 (i32.const 9)) (loop (br_if 0 "
      "(local.tee 2 (i32.sub (local.get 2) (i32.const 1))))) (br_if 0 (local.tee 0 (i32.sub "
      "(local.get 0) (i32.const 1))))) (local.get 2)"));
  CHECK(count(outer.text(1), "i32.store16") == 1);
}

TEST_CASE("what a repeated loop has computed is known behind each of its ways out") {
  // Out of the first way with one value, out of the second with another.
  Optimized module(body(
      "(block (block (loop (local.set 2 (i32.load8_u (local.get 0))) (br_if 1 (i32.eqz (local.get "
      "2))) (local.set 3 (i32.add (local.get 3) (local.get 2))) (br_if 2 (i32.gt_u (local.get 3) "
      "(local.get 1))) (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br 0))) (return "
      "(i32.sub "
      "(local.get 0) (local.get 3)))) (i32.xor (local.get 2) (local.get 3))"));
  const ir::Function function = module.function(1);
  CHECK(count(ir::to_text(function), "i32.load8_u") == 4);
  size_t ways_out = 0;
  for (const ir::Block& block : function.blocks)
    for (const ir::Target& target : function.targets_of(block))
      if (block.loop_depth != 0 && function.blocks[target.block].loop_depth == 0)
        ways_out += target.arg_count == 2 ? 1 : 0;
  CHECK(ways_out == 8);
}

TEST_CASE("divisions stay in their loop, which may never get there") {
  Optimized module(body(
      "(block (loop (br_if 1 (local.get 2)) (local.set 2 (i32.load (local.get 3))) (local.set 3 "
      "(i32.add (local.get 3) (i32.div_u (local.get 0) (local.get 1)))) (br 0))) "
      "(local.get 3)"));
  const std::string text = module.text(1);
  CHECK(text.find("i32.div_u") > text.find("poll"));
}

TEST_CASE("small functions are inlined, with their place in backtraces") {
  Optimized module(
      "(module (memory 1) (func $f (param i32) (result i32) (i32.load (i32.add (local.get 0) "
      "(i32.const 1)))) (func (param i32) (result i32) (call $f (call $f (local.get 0)))))");
  const ir::Function function = module.function(1);
  CHECK(count(ir::to_text(function), "call") == 0);
  size_t inlined = 0;
  for (const ir::Position& position : function.positions)
    if (position.caller != ir::kNoPosition) {
      ++inlined;
      CHECK(position.function_index == 0);
      CHECK(function.positions[position.caller].function_index == 1);
    }
  CHECK(inlined >= 2);
}

TEST_CASE("inlined branches and several results find their way") {
  Optimized module(
      "(module (func $f (param i32) (result i32 i32) (if (local.get 0) (then (return (i32.const 1) "
      "(i32.const 2)))) (i32.const 3) (local.get 0)) (func (param i32) (result i32) (i32.add (call "
      "$f (local.get 0)))))");
  CHECK(count(module.text(1), "call") == 0);
}

TEST_CASE("functions with loops, and recursive ones, are not inlined") {
  Optimized module(
      "(module (func $f (param i32) (result i32) (loop (br_if 0 (local.get 0))) (local.get 0)) "
      "(func "
      "$g (param i32) (result i32) (call $g (call $f (local.get 0)))))");
  CHECK(count(module.text(1), "call") == 2);
}

// As clang and rustc compile it.
constexpr const char* kMulti3 = R"((module (memory 1)
  (func $multi3 (param i32 i64 i64 i64 i64) (local i64)
    (i64.store offset=8 (local.get 0) (i64.add (i64.add (i64.add (i64.add
      (i64.mul (local.get 4) (local.get 1)) (i64.mul (local.get 2) (local.get 3)))
      (i64.mul (local.tee 4 (i64.shr_u (local.get 3) (i64.const 32)))
               (local.tee 2 (i64.shr_u (local.get 1) (i64.const 32)))))
      (i64.shr_u (local.tee 3 (i64.add
        (i64.shr_u (local.tee 5 (i64.mul
          (local.tee 3 (i64.and (local.get 3) (i64.const 4294967295)))
          (local.tee 1 (i64.and (local.get 1) (i64.const 4294967295))))) (i64.const 32))
        (i64.mul (local.get 3) (local.get 2)))) (i64.const 32)))
      (i64.shr_u (local.tee 3 (i64.add (i64.and (local.get 3) (i64.const MASK))
        (i64.mul (local.get 4) (local.get 1)))) (i64.const 32))))
    (i64.store (local.get 0) (i64.or (i64.shl (local.get 3) (i64.const 32))
                                     (i64.and (local.get 5) (i64.const 4294967295)))))))";

std::string multi3(const std::string& mask) {
  std::string text = kMulti3;
  return text.replace(text.find("MASK"), 4, mask);
}

TEST_CASE("a multiplication of 128-bit integers by halves is recognized") {
  CHECK(count(Optimized(multi3("4294967295")).text(0), "i64.mul_wide_u") == 1);
}

TEST_CASE("something close to it is not") {
  CHECK(count(Optimized(multi3("4294967294")).text(0), "i64.mul_wide_u") == 0);
}

}  // namespace
}  // namespace brink::compile
