// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/validate/const_expr.h"

#include <catch2/catch.hpp>

#include "engine/validate/test_module.h"

namespace brink::validate::testing {
namespace {

/// Values are the expressions, written as calls.
struct Writer {
  using Value = std::string;

  Value constant(const decode::Instruction& instruction) {
    return std::to_string(instruction.bits);
  }
  Value ref_null(HeapType heap) { return "null " + to_string(heap); }
  Value ref_func(uint32_t index) { return "func" + std::to_string(index); }
  Value global_get(uint32_t index) { return "global" + std::to_string(index); }
  Value binary(Opcode opcode, Value a, Value b) {
    return std::string(mnemonic(opcode)) + "(" + a + " " + b + ")";
  }
  Value convert(Opcode opcode, Value a) { return std::string(mnemonic(opcode)) + "(" + a + ")"; }
  Result<Value> allocate(const decode::Instruction& instruction, std::span<Value> operands,
                         std::span<Value> pending) {
    most_pending = std::max(most_pending, pending.size());
    if (refuse) return make_error(ErrorKind::Limit, "heap is full");
    std::string text(mnemonic(instruction.opcode));
    for (const Value& operand : operands) text += " " + operand;
    return "{" + text + "}";
  }

  bool refuse = false;
  size_t most_pending = 0;
};

std::string evaluate(const std::string& wat) {
  const wasm::Module module = valid_module(wat);
  Writer writer;
  return evaluate_const_expr(module, module.globals.back().init, writer).value_or("failed");
}

}  // namespace

TEST_CASE("constant expressions are evaluated in order") {
  CHECK(evaluate("(global i32 (i32.const -1))") == "4294967295");
  CHECK(evaluate("(global i64 (i64.const -1))") == "18446744073709551615");
  CHECK(evaluate("(global f32 (f32.const 1))") == "1065353216");
  CHECK(evaluate("(global externref (ref.null extern))") == "null extern");
  CHECK(evaluate("(func) (func $f) (global funcref (ref.func $f))") == "func1");
  CHECK(evaluate("(global $a i32 (i32.const 1)) (global i32 (global.get $a))") == "global0");
  CHECK(evaluate("(global i32 (i32.sub (i32.const 1) (i32.mul (i32.const 2) (i32.const 3))))") ==
        "i32.sub(1 i32.mul(2 3))");
  CHECK(evaluate("(global anyref (ref.i31 (i32.const 7)))") == "ref.i31(7)");
}

TEST_CASE("objects take the operands of their type") {
  CHECK(evaluate("(type $s (struct)) (global (ref $s) (struct.new $s))") == "{struct.new}");
  CHECK(evaluate("(type $s (struct (field i32 i64)))"
                 "(global (ref $s) (struct.new $s (i32.const 1) (i64.const 2)))") ==
        "{struct.new 1 2}");
  CHECK(evaluate("(type $s (struct (field i32))) (global (ref $s) (struct.new_default $s))") ==
        "{struct.new_default}");
  CHECK(evaluate("(type $a (array i8)) (global (ref $a) (array.new $a (i32.const 1)"
                 " (i32.const 2)))") == "{array.new 1 2}");
  CHECK(evaluate("(type $a (array i8)) (global (ref $a) (array.new_default $a (i32.const 2)))") ==
        "{array.new_default 2}");
  CHECK(evaluate("(type $a (array i8)) (type $s (struct (field i32) (field (ref $a))))"
                 "(global (ref $s) (struct.new $s (i32.const 5)"
                 " (array.new_fixed $a 3 (i32.const 1) (i32.const 2) (i32.const 3))))") ==
        "{struct.new 5 {array.new_fixed 1 2 3}}");
}

TEST_CASE("an evaluator sees all that is pending, and may fail") {
  const wasm::Module module = valid_module(
      "(type $a (array i8)) (type $s (struct (field i32) (field (ref $a))))"
      "(global (ref $s) (struct.new $s (i32.const 5)"
      " (array.new_fixed $a 3 (i32.const 1) (i32.const 2) (i32.const 3))))");
  Writer writer;
  REQUIRE(evaluate_const_expr(module, module.globals[0].init, writer).has_value());
  CHECK(writer.most_pending == 4);
  writer.refuse = true;
  const Result<std::string> refused = evaluate_const_expr(module, module.globals[0].init, writer);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message() == "heap is full");
}

}  // namespace brink::validate::testing
