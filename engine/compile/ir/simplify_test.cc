// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Simplified expressions against what they mean: random expressions are built, and what the builder
// made of them is evaluated for interesting operands, and compared with the expression itself. And
// examples of what simplification achieves.

#include <catch2/catch.hpp>
#include <random>

#include "engine/compile/ir/editor.h"
#include "engine/compile/ir/fold.h"
#include "engine/compile/ir/printer.h"
#include "engine/compile/ir/test_function.h"

namespace brink::compile::ir {
namespace {

using testing::ir_of;
using testing::lines;
using testing::TestModule;

/// An expression tree in which equal subtrees may be shared by way of locals.
struct Expression {
  Opcode op = Opcode::Nop;  ///< Nop: parameter `bits`
  ValType type;
  uint64_t bits = 0;
  std::vector<Expression> args;
};

constexpr uint64_t kConstants[] = {0,
                                   1,
                                   2,
                                   3,
                                   7,
                                   8,
                                   16,
                                   24,
                                   31,
                                   32,
                                   33,
                                   48,
                                   56,
                                   63,
                                   255,
                                   0x7fffffff,
                                   0x80000000,
                                   0xffffffff,
                                   0xffffffffffffffffu,
                                   0x8000000000000000u,
                                   0xffffffff00000000u,
                                   0xfffffffffffffff0u};

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {
    for (uint32_t i = 0; i < kOpcodeCount; ++i) {
      const OpcodeInfo& row = kOpcodes[i];
      const auto is_integer = [](uint8_t kind) {
        return static_cast<ValKind>(kind) <= ValKind::I64;
      };
      const bool computes = row.cls == OpClass::Unary || row.cls == OpClass::Binary ||
                            row.cls == OpClass::Test || row.cls == OpClass::Compare;
      if (!computes || row.signature.is_special || row.imm != ImmKind::None) continue;
      if (!is_integer(row.signature.operands[0]) || !is_integer(row.signature.results[0])) continue;
      by_result_[row.signature.results[0]].push_back(static_cast<Opcode>(i));
    }
  }

  Expression make(ValType type, int depth) {
    const uint64_t choice = random_() % 8;
    if (depth == 0 || choice == 0) {
      if (random_() % 2 == 0) return {Opcode::Nop, type, random_() % 2, {}};
      uint64_t bits = kConstants[random_() % std::size(kConstants)];
      if (type == kI32) bits = static_cast<uint32_t>(bits);
      return {type == kI32 ? Opcode::I32Const : Opcode::I64Const, type, bits, {}};
    }
    if (choice == 1)
      return {Opcode::Select,
              type,
              0,
              {make(type, depth - 1), make(type, depth - 1), make(kI32, depth - 1)}};
    const auto& candidates = by_result_[static_cast<size_t>(type.kind())];
    const Opcode op = candidates[random_() % candidates.size()];
    Expression expression{op, type, 0, {}};
    for (uint32_t i = 0; i < info(op).signature.operand_count; ++i)
      expression.args.push_back(
          make(static_cast<ValKind>(info(op).signature.operands[i]), depth - 1));
    if (expression.args.size() == 2 && random_() % 8 == 0) expression.args[1] = expression.args[0];
    return expression;
  }

  uint64_t number() {
    return random_() % 2 == 0 ? kConstants[random_() % std::size(kConstants)] : random_();
  }

 private:
  std::mt19937_64 random_;
  std::vector<Opcode> by_result_[2];
};

/// Parameters 0 and 1 are i32, 2 and 3 are i64.
std::string to_wat(const Expression& e) {
  if (e.op == Opcode::Nop)
    return "(local.get " + std::to_string(e.bits + (e.type == kI64 ? 2 : 0)) + ")";
  std::string text = "(" + std::string(mnemonic(e.op));
  if (e.args.empty()) text += " " + std::to_string(e.bits);
  for (const Expression& arg : e.args) text += " " + to_wat(arg);
  return text + ")";
}

/// nullopt: it traps.
std::optional<uint64_t> evaluate(const Expression& e, const uint64_t* params) {
  if (e.op == Opcode::Nop) {
    const uint64_t value = params[e.bits + (e.type == kI64 ? 2 : 0)];
    return e.type == kI32 ? static_cast<uint32_t>(value) : value;
  }
  if (e.args.empty()) return e.bits;
  Function function;
  Inst inst = make_inst(e.op, e.type == kI32 ? Type::I32 : Type::I64);
  std::vector<ValueId> ids;
  for (const Expression& arg : e.args) {
    const auto value = evaluate(arg, params);
    if (!value) return std::nullopt;
    const Type type = arg.type == kI32 ? Type::I32 : Type::I64;
    ids.push_back(add_inst(function, make_constant(type, *value)));
  }
  if (e.op == Opcode::Select) return function[ids[function[ids[2]].imm != 0 ? 0 : 1]].imm;
  set_args(function, inst, ids);
  const auto folded = fold(function, inst);
  return folded ? std::optional(folded->results[0].words[0]) : std::nullopt;
}

/// Runs a function of one block. nullopt: it traps.
std::optional<uint64_t> run(const Function& original, const uint64_t* params) {
  Function function = original;
  const Block block = function.blocks[0];
  for (const ValueId param : block.params)
    function[param] = make_constant(function[param].type, params[function[param].imm]);
  for (const ValueId id : block.insts) {
    const Inst inst = function[id];
    if (inst.op == Op::Return) return function[inst.args[0]].imm;
    if (is_constant(inst)) continue;
    if (inst.op == to_op(Opcode::Select)) {
      function[id] = Inst(function[inst.args[function[inst.args[2]].imm != 0 ? 0 : 1]]);
      continue;
    }
    const auto folded = fold(function, inst);
    if (!folded) return std::nullopt;
    function[id] = make_constant(inst.type, folded->results[0].words[0]);
  }
  FAIL("no return");
  return std::nullopt;
}

TEST_CASE("simplified expressions mean the same", "[compile][ir]") {
  constexpr int kModules = 40;
  constexpr int kFunctions = 50;
  for (int m = 0; m < kModules; ++m) {
    Generator generator(static_cast<uint64_t>(m));
    std::vector<Expression> expressions;
    std::string wat;
    for (int i = 0; i < kFunctions; ++i) {
      const ValType type = i % 2 == 0 ? kI32 : kI64;
      expressions.push_back(generator.make(type, 1 + i % 4));
      wat += "(func (param i32 i32 i64 i64) (result " + to_string(type) + ") " +
             to_wat(expressions.back()) + ")\n";
    }
    const TestModule module(wat);
    for (uint32_t i = 0; i < kFunctions; ++i) {
      const Function function = module.build(i);
      for (int sample = 0; sample < 20; ++sample) {
        const uint64_t params[] = {generator.number(), generator.number(), generator.number(),
                                   generator.number()};
        const auto expected = evaluate(expressions[i], params);
        const auto actual = run(function, params);
        if (expected == actual) continue;
        FAIL("for " << params[0] << ", " << params[1] << ", " << params[2] << ", " << params[3]
                    << "\n"
                    << to_wat(expressions[i]) << "\n"
                    << to_text(function));
      }
    }
  }
}

/// The IR of an expression of (param $x i32) (param $y i32) (param $l i64), all of one line.
std::string simplified(const std::string& type, const std::string& expression) {
  std::string text = ir_of("(func (param $x i32) (param $y i32) (param $l i64) (result " + type +
                           ") " + expression + ")");
  // Constants that are left unused are the business of dead code removal; show what is returned.
  const size_t last = text.rfind("return v");
  const std::string value = "  " + text.substr(last + 7, text.find('\n', last) - last - 7) + " = ";
  const size_t definition = text.find(value);
  if (definition == std::string::npos) return text.substr(last + 7, 2);
  const size_t start = definition + value.size();
  return text.substr(start, text.find('\n', start) - start);
}

TEST_CASE("examples of simplification", "[compile][ir]") {
  struct Case {
    const char* type;
    const char* expression;
    const char* expected;
  };
  const Case cases[] = {
      {"i32", "(i32.add (local.get $x) (i32.const 0))", "v0"},
      {"i32", "(i32.add (i32.const 2) (i32.const 3))", "i32.const 5"},
      {"i32", "(i32.sub (local.get $x) (local.get $x))", "i32.const 0"},
      {"i32", "(i32.eqz (i32.lt_s (local.get $x) (local.get $y)))", "i32.ge_s v0, v1"},
      {"i32", "(i32.eqz (i32.sub (local.get $x) (local.get $y)))", "i32.eq v0, v1"},
      {"i32", "(i32.wrap_i64 (i64.extend_i32_u (local.get $y)))", "v1"},
      {"i32", "(i64.lt_s (i64.extend_i32_s (local.get $x)) (i64.extend_i32_s (local.get $y)))",
       "i32.lt_s v0, v1"},
      {"i32", "(i32.shr_s (i32.shl (local.get $x) (i32.const 24)) (i32.const 24))",
       "i32.extend8_s v0"},
      {"i32", "(select (i32.const 1) (i32.const 0) (i32.eq (local.get $x) (local.get $y)))",
       "i32.eq v0, v1"},
      {"i64", "(i64.extend32_s (i64.extend_i32_u (local.get $x)))", "i64.extend_i32_s v0"},
      {"i32", "(i32.rem_s (local.get $x) (i32.const 1))", "i32.const 0"},
      // What traps stays.
      {"i32", "(i32.div_u (i32.const 1) (i32.const 0))", "i32.div_u v3, v4"},
  };
  for (const Case& item : cases) {
    INFO(item.expression);
    CHECK(simplified(item.type, item.expression) == item.expected);
  }
}

TEST_CASE("constants are joined and strength is reduced", "[compile][ir]") {
  CHECK(ir_of("(func (param i32) (result i32)"
              " (i32.add (i32.add (local.get 0) (i32.const 3)) (i32.const 4)))") == lines(R"(
      block 0 (v0: i32)
        v1 = i32.const 3
        v2 = i32.add v0, v1
        v3 = i32.const 4
        v4 = i32.const 7
        v5 = i32.add v0, v4
        return v5
  )"));
  CHECK(ir_of("(func (param i32) (result i32) (i32.mul (i32.const 8) (local.get 0)))") == lines(R"(
      block 0 (v0: i32)
        v1 = i32.const 8
        v2 = i32.const 3
        v3 = i32.shl v0, v2
        return v3
  )"));
}

}  // namespace
}  // namespace brink::compile::ir
