// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/wasm/opcode.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <catch2/catch.hpp>

namespace brink {
namespace {

bool touches_memory(ImmKind imm) {
  return imm == ImmKind::MemArg || imm == ImmKind::MemArgLane;
}

bool has_address(const Signature& signature) {
  return std::ranges::count(signature.operands, Signature::kAddress) +
             std::ranges::count(signature.results, Signature::kAddress) >
         0;
}

}  // namespace

TEST_CASE("every row of the opcode table is sane") {
  for (uint32_t i = 0; i < kOpcodeCount; ++i) {
    const OpcodeInfo& row = kOpcodes[i];
    INFO(row.mnemonic);
    CHECK_FALSE(row.mnemonic.empty());
    CHECK(row.code < opcode_detail::kMaxCode);
    if (row.prefix == OpcodePrefix::None) {
      CHECK(row.code < 0x100);
      CHECK_FALSE(is_opcode_prefix(static_cast<uint8_t>(row.code)));
    } else {
      CHECK(is_opcode_prefix(static_cast<uint8_t>(row.prefix)));
    }
    CHECK(static_cast<uint32_t>(row.feature) < kFeatureCount);
    CHECK(touches_memory(row.imm) == (row.access_bytes != 0));
    CHECK((row.access_bytes & (row.access_bytes - 1)) == 0);
    CHECK(row.access_bytes <= 16);
    if (touches_memory(row.imm)) {
      CHECK(row.may_trap());
      CHECK(row.signature.operands[0] == Signature::kAddress);
    }
    if (has_address(row.signature)) CHECK((touches_memory(row.imm) || row.imm == ImmKind::Memory));
    if (row.signature.is_special) {
      CHECK(row.signature.operand_count == 0);
      CHECK(row.signature.result_count == 0);
    }
    if (row.is_commutative()) {
      CHECK(row.signature.operand_count >= 2);
      CHECK(row.signature.operands[0] == row.signature.operands[1]);
    }
  }
}

TEST_CASE("the shape of a row agrees with its signature") {
  struct Shape {
    OpClass cls;
    uint8_t operands;
    uint8_t results;
  };
  static constexpr Shape kShapes[] = {
      {OpClass::Unary, 1, 1},        {OpClass::Binary, 2, 1},     {OpClass::Ternary, 3, 1},
      {OpClass::Compare, 2, 1},      {OpClass::Load, 1, 1},       {OpClass::Store, 2, 0},
      {OpClass::LoadLane, 2, 1},     {OpClass::StoreLane, 2, 0},  {OpClass::ExtractLane, 1, 1},
      {OpClass::ReplaceLane, 2, 1},  {OpClass::Shuffle, 2, 1},    {OpClass::AtomicLoad, 1, 1},
      {OpClass::AtomicStore, 2, 0},  {OpClass::AtomicRmw, 2, 1},  {OpClass::AtomicCmpxchg, 3, 1},
      {OpClass::AtomicNotify, 2, 1}, {OpClass::AtomicWait, 3, 1}, {OpClass::Test, 1, 1},
      {OpClass::Const, 0, 1},
  };
  for (const OpcodeInfo& row : kOpcodes) {
    for (const Shape& shape : kShapes) {
      if (row.cls != shape.cls) continue;
      INFO(row.mnemonic);
      CHECK_FALSE(row.signature.is_special);
      CHECK(row.signature.operand_count == shape.operands);
      CHECK(row.signature.result_count == shape.results);
    }
  }
}

TEST_CASE("opcodes are unique and find_opcode is the inverse of the table") {
  std::set<std::pair<uint8_t, uint16_t>> codes;
  for (uint32_t i = 0; i < kOpcodeCount; ++i) {
    const OpcodeInfo& row = kOpcodes[i];
    INFO(row.mnemonic);
    CHECK(codes.emplace(static_cast<uint8_t>(row.prefix), row.code).second);
    CHECK(find_opcode(row.prefix, row.code) == static_cast<Opcode>(i));
    CHECK(&info(static_cast<Opcode>(i)) == &row);
  }
  uint32_t found = 0;
  for (const OpcodePrefix prefix : {OpcodePrefix::None, OpcodePrefix::Gc, OpcodePrefix::Misc,
                                    OpcodePrefix::Simd, OpcodePrefix::Atomic})
    for (uint32_t code = 0; code < 0x1000; ++code) found += find_opcode(prefix, code).has_value();
  CHECK(found == kOpcodeCount);
  CHECK_FALSE(find_opcode(OpcodePrefix::Simd, ~uint32_t{0}).has_value());
}

TEST_CASE("two opcodes share a mnemonic only where the text format has one word for both") {
  std::map<std::string_view, int> uses;
  for (const OpcodeInfo& row : kOpcodes) ++uses[row.mnemonic];
  for (const auto& [word, count] : uses) {
    INFO(word);
    const bool is_shared = word == "select" || word == "ref.test" || word == "ref.cast";
    CHECK(count == (is_shared ? 2 : 1));
  }
}

TEST_CASE("constant instructions are exactly the specification's") {
  std::set<std::string> constant;
  for (const OpcodeInfo& row : kOpcodes)
    if (row.is_constant()) constant.emplace(row.mnemonic);
  const std::set<std::string> expected = {
      "global.get",
      "i32.const",
      "i64.const",
      "f32.const",
      "f64.const",
      "v128.const",
      "i32.add",
      "i32.sub",
      "i32.mul",
      "i64.add",
      "i64.sub",
      "i64.mul",
      "ref.null",
      "ref.func",
      "struct.new",
      "struct.new_default",
      "array.new",
      "array.new_default",
      "array.new_fixed",
      "ref.i31",
      "any.convert_extern",
      "extern.convert_any",
  };
  CHECK(constant == expected);
}

}  // namespace brink
