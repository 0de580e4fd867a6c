// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/ir/value_numbering.h"

#include <catch2/catch.hpp>

#include "engine/compile/ir/editor.h"

namespace brink::compile::ir {
namespace {

TEST_CASE("scopes of values are taken back, also when the table has grown", "[compile][ir]") {
  Function f;
  ValueTable values(f);
  const auto number = [&](uint64_t n) { return make_constant(Type::I64, n); };
  std::vector<uint32_t> marks;
  constexpr uint64_t kScopes = 40;
  constexpr uint64_t kPerScope = 100;
  for (uint64_t scope = 0; scope < kScopes; ++scope) {
    marks.push_back(values.mark());
    for (uint64_t i = 0; i < kPerScope; ++i) {
      REQUIRE(values.find(number(scope * kPerScope + i)) == kNoValue);
      values.add(add_inst(f, number(scope * kPerScope + i)));
    }
  }
  for (uint64_t scope = kScopes; scope-- > 0;) {
    for (uint64_t n = 0; n < (scope + 1) * kPerScope; ++n)
      REQUIRE(values.find(number(n)) == static_cast<ValueId>(n));
    values.reset(marks[scope]);
    for (uint64_t i = 0; i < kPerScope; ++i)
      REQUIRE(values.find(number(scope * kPerScope + i)) == kNoValue);
  }
}

TEST_CASE("values are equal if all of the instruction is", "[compile][ir]") {
  Function f;
  ValueTable values(f);
  const ValueId a = add_inst(f, make_constant(Type::I32, 1));
  const ValueId b = add_inst(f, make_constant(Type::I32, 2));
  const ValueId sum = add_inst(f, make_inst(Opcode::I32Add, Type::I32, {a, b}));
  values.add(sum);
  CHECK(values.find(make_inst(Opcode::I32Add, Type::I32, {a, b})) == sum);
  CHECK(values.find(make_inst(Opcode::I32Add, Type::I32, {b, a})) == kNoValue);
  CHECK(values.find(make_inst(Opcode::I32Sub, Type::I32, {a, b})) == kNoValue);
  // Vectors by their content, not by their place.
  const ValueId vector = add_inst(f, make_vector_constant(f, V128{{1, 2}}));
  values.add(vector);
  CHECK(values.find(make_vector_constant(f, V128{{1, 2}})) == vector);
  CHECK(values.find(make_vector_constant(f, V128{{2, 1}})) == kNoValue);
}

TEST_CASE("what may be numbered", "[compile][ir]") {
  const auto load = [](uint32_t region, uint8_t flags) {
    Inst inst = make_inst(Opcode::I64Load, Type::I64, {0}, uint64_t{region} << 32);
    inst.flags = flags;
    return inst;
  };
  CHECK(can_be_numbered(make_inst(Opcode::I32Add, Type::I32, {0, 1})));
  CHECK(can_be_numbered(make_inst(Opcode::I32DivU, Type::I32, {0, 1})));
  CHECK(can_be_numbered(make_inst(Op::TrapIf, Type::Void, {0})));
  CHECK(can_be_numbered(load(region::kConstant, Inst::kRaw)));
  CHECK_FALSE(can_be_numbered(load(region::kVm, Inst::kRaw)));
  CHECK_FALSE(can_be_numbered(load(0, 0)));
  CHECK_FALSE(can_be_numbered(make_inst(Op::RefToInt, Type::I64, {0})));
  CHECK_FALSE(can_be_numbered(make_inst(Op::Call, Type::Void)));
  CHECK_FALSE(can_be_numbered(make_inst(Opcode::GlobalGet, Type::I32)));
}

}  // namespace
}  // namespace brink::compile::ir
