// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Vector operations that are joined: tests with what uses them, trees of bitwise operations, and
// rotations.

#include <catch2/catch.hpp>

#include "engine/compile/x64/snippet.h"
#include "engine/compile/x64/vector_oracle.h"
#include "engine/semantics/test_values.h"

namespace brink::compile::x64 {

namespace {

using ir::ValueId;
using semantics::test::hex;

V128 run_oracle(Opcode opcode, const OracleArguments& arguments) {
  return oracle(opcode, arguments)->values[0];
}

/// A select by a test of one vector, or of an operation on two.
struct TestCase {
  Opcode test;
  Opcode operation;  ///< V128Load for none
};

void check_test(const TestCase& test, const CpuLevel& level, std::mt19937_64& random) {
  const bool has_operation = test.operation != Opcode::V128Load;
  SnippetBuilder builder({ValKind::V128, ValKind::V128, ValKind::I32, ValKind::I32});
  ValueId vector = builder.param(0);
  if (has_operation)
    vector = builder.add(test.operation, ir::Type::V128, {vector, builder.param(1)});
  const ValueId condition = builder.add(test.test, ir::Type::I32, {vector});
  builder.finish({builder.add(Opcode::Select, ir::Type::I32,
                              {builder.param(2), builder.param(3), condition})});
  const Snippet snippet(builder, level.features);
  for (int i = 0; i < 60; ++i) {
    V128 a = any_vector(random);
    if (i % 4 == 0) a = {};
    V128 b = i % 3 == 0 ? a : any_vector(random);
    if (i % 5 == 0) b.words[1] = a.words[1];
    Registers registers;
    registers.vectors[0] = a;
    registers.vectors[1] = b;
    registers.ints[0] = 1;
    registers.ints[1] = 2;
    snippet.call(registers);
    const V128 value = has_operation ? run_oracle(test.operation, {a, b}) : a;
    INFO(mnemonic(test.test) << " of " << mnemonic(test.operation) << "\n"
                             << hex(a) << " " << hex(b) << "\n"
                             << snippet.assembly());
    REQUIRE(registers.ints[0] == (run_oracle(test.test, {value}).words[0] != 0 ? 1 : 2));
  }
}

constexpr Opcode kBitwise[] = {Opcode::V128And,    Opcode::V128Or,  Opcode::V128Xor,
                               Opcode::V128Andnot, Opcode::V128Not, Opcode::V128Bitselect};

/// A random tree over four parameters; one of them may be a comparison, another a constant.
void check_tree(const CpuLevel& level, std::mt19937_64& random) {
  struct Node {
    Opcode opcode;
    size_t args[3];
  };
  constexpr size_t kParams = 4;
  const V128 constant = any_vector(random);
  SnippetBuilder builder({ValKind::V128, ValKind::V128, ValKind::V128, ValKind::V128});
  std::vector<ValueId> ids;
  for (size_t i = 0; i < kParams; ++i) ids.push_back(builder.param(i));
  ids.push_back(builder.constant(ValKind::V128, constant));
  std::vector<Node> nodes;
  for (size_t count = 1 + random() % 7; count > 0; --count) {
    Node node = {kBitwise[random() % std::size(kBitwise)], {}};
    if (random() % 5 == 0) node.opcode = Opcode::I16x8Eq;
    std::vector<ValueId> args;
    for (uint8_t i = 0; i < info(node.opcode).signature.operand_count; ++i) {
      // Mostly what was computed last, so that it is a tree.
      node.args[i] = random() % 2 == 0 ? ids.size() - 1 : random() % ids.size();
      args.push_back(ids[node.args[i]]);
    }
    ids.push_back(builder.add(ir::make_inst(ir::to_op(node.opcode), ir::Type::V128), args));
    nodes.push_back(node);
  }
  builder.finish({ids.back(), ids[random() % ids.size()]});
  const Snippet snippet(builder, level.features);
  for (int i = 0; i < 4; ++i) {
    Registers registers;
    std::vector<V128> values;
    for (size_t k = 0; k < kParams; ++k)
      values.push_back(registers.vectors[k] = any_vector(random));
    values.push_back(constant);
    for (const Node& node : nodes)
      values.push_back(run_oracle(
          node.opcode, {values[node.args[0]], values[node.args[1]], values[node.args[2]]}));
    snippet.call(registers);
    if (registers.vectors[0] != values.back())
      FAIL("got " << hex(registers.vectors[0]) << ", want " << hex(values.back()) << " on "
                  << level.name << "\n"
                  << snippet.assembly());
  }
}

struct Shifts {
  Opcode left;
  Opcode right;
  uint32_t bits;
};
constexpr Shifts kShifts[] = {{Opcode::I16x8Shl, Opcode::I16x8ShrU, 16},
                              {Opcode::I32x4Shl, Opcode::I32x4ShrU, 32},
                              {Opcode::I64x2Shl, Opcode::I64x2ShrU, 64}};

void check_rotation(const Shifts& shifts, uint32_t up, uint32_t down, const CpuLevel& level,
                    std::mt19937_64& random) {
  SnippetBuilder builder({ValKind::V128});
  const V128 counts[] = {{{up, 0}}, {{down, 0}}};
  const ValueId left = builder.add(shifts.left, ir::Type::V128,
                                   {builder.param(0), builder.constant(ValKind::I32, counts[0])});
  const ValueId right = builder.add(shifts.right, ir::Type::V128,
                                    {builder.param(0), builder.constant(ValKind::I32, counts[1])});
  const Opcode join = random() % 2 == 0 ? Opcode::V128Or : Opcode::V128Xor;
  builder.finish({random() % 2 == 0 ? builder.add(join, ir::Type::V128, {left, right})
                                    : builder.add(join, ir::Type::V128, {right, left})});
  const Snippet snippet(builder, level.features);
  const V128 a = any_vector(random);
  Registers registers;
  registers.vectors[0] = a;
  snippet.call(registers);
  const V128 want = run_oracle(
      join, {run_oracle(shifts.left, {a, counts[0]}), run_oracle(shifts.right, {a, counts[1]})});
  if (registers.vectors[0] != want)
    FAIL("got " << hex(registers.vectors[0]) << ", want " << hex(want) << " on " << level.name
                << "\n"
                << snippet.assembly());
  const bool is_rotation = up % shifts.bits != 0 && (up + down) % shifts.bits == 0;
  const bool has_inst = level.features.has(platform::CpuFeature::Avx512vl) && shifts.bits > 16;
  if (is_rotation && (up % 8 == 0 || has_inst)) CHECK(snippet.instruction_count() <= 2);
}

}  // namespace

TEST_CASE("Vector tests decide without a register") {
  std::mt19937_64 random(21);
  const TestCase cases[] = {
      {Opcode::V128AnyTrue, Opcode::V128Load},  {Opcode::V128AnyTrue, Opcode::V128And},
      {Opcode::V128AnyTrue, Opcode::I8x16Ne},   {Opcode::V128AnyTrue, Opcode::I64x2Ne},
      {Opcode::V128AnyTrue, Opcode::I16x8Eq},   {Opcode::I8x16AllTrue, Opcode::V128Load},
      {Opcode::I16x8AllTrue, Opcode::V128Load}, {Opcode::I32x4AllTrue, Opcode::V128Load},
      {Opcode::I64x2AllTrue, Opcode::V128Load}, {Opcode::I8x16AllTrue, Opcode::I8x16Eq},
      {Opcode::I16x8AllTrue, Opcode::I16x8Eq},  {Opcode::I32x4AllTrue, Opcode::I32x4Eq},
      {Opcode::I64x2AllTrue, Opcode::I64x2Eq},  {Opcode::I64x2AllTrue, Opcode::I8x16Eq},
      {Opcode::I8x16AllTrue, Opcode::I64x2Eq},  {Opcode::I8x16AllTrue, Opcode::I8x16Add},
  };
  for (const TestCase& test : cases)
    for (const CpuLevel& level : cpu_levels()) check_test(test, level, random);
}

TEST_CASE("Random trees of bitwise operations") {
  std::mt19937_64 random(22);
  for (int i = 0; i < 150; ++i)
    for (const CpuLevel& level : cpu_levels()) check_tree(level, random);
}

TEST_CASE("Rotations of vector lanes") {
  std::mt19937_64 random(23);
  for (const Shifts& shifts : kShifts)
    for (const CpuLevel& level : cpu_levels())
      for (uint32_t up = 0; up <= shifts.bits; ++up) {
        check_rotation(shifts, up, shifts.bits - up, level, random);
        check_rotation(shifts, up, random() % 64, level, random);
      }
}

}  // namespace brink::compile::x64
