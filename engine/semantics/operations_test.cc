// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// operations.def against the opcode table: the same instructions in the same order, each with the
// function of its mnemonic, whose operands and results are those of the instruction's signature.

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/semantics/convert.h"
#include "engine/semantics/float.h"
#include "engine/semantics/integer.h"
#include "engine/semantics/relaxed_simd.h"
#include "engine/semantics/simd_convert.h"
#include "engine/semantics/simd_float.h"
#include "engine/semantics/simd_integer.h"
#include "engine/semantics/simd_lane.h"
#include "engine/semantics/simd_width.h"
#include "engine/semantics/test_values.h"
#include "engine/semantics/wide.h"
#include "engine/wasm/opcode.h"

namespace brink::semantics {
namespace {

template <typename T>
std::string letter() {
  if constexpr (std::is_same_v<T, uint32_t>) return "i";
  if constexpr (std::is_same_v<T, uint64_t>) return "l";
  if constexpr (std::is_same_v<T, float>) return "f";
  if constexpr (std::is_same_v<T, double>) return "d";
  if constexpr (std::is_same_v<T, V128>) return "v";
  if constexpr (std::is_same_v<T, Wide>) return "ll";
  return "";
}

/// "operands:results", where the result of a function that may trap is its last parameter.
template <typename R, typename... A>
std::string signature_of(R (*)(A...)) {
  std::string operands;
  std::string results = letter<R>();
  const auto add = [&]<typename P>(std::type_identity<P>) {
    if constexpr (std::is_reference_v<P>)
      results += letter<std::remove_reference_t<P>>();
    else
      operands += letter<P>();
  };
  (add(std::type_identity<A>{}), ...);
  return operands + ":" + results;
}

template <typename R, typename... A>
bool may_trap(R (*)(A...)) {
  return std::is_same_v<R, TrapCode>;
}

struct Row {
  Opcode opcode;
  std::string_view function;
  std::string signature;
  bool may_trap;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> kRows = {
#define BRINK_SEMANTICS(id, function) \
  {Opcode::id, #function, signature_of(&function), may_trap(&function)},
#include "engine/semantics/operations.def"
  };
  return kRows;
}

bool only_computes(const OpcodeInfo& row) {
  switch (row.cls) {
    case OpClass::Unary:
    case OpClass::Binary:
    case OpClass::Ternary:
    case OpClass::Test:
    case OpClass::Compare:
    case OpClass::Wide:
    case OpClass::ExtractLane:
    case OpClass::ReplaceLane:
    case OpClass::Shuffle: return true;
    default: return false;
  }
}

char kind_letter(uint8_t kind) {
  for (const char letter : {'i', 'l', 'f', 'd', 'v'})
    if (opcode_detail::kind_from_letter(letter) == kind) return letter;
  return '?';
}

/// The signature of the instruction, with its immediates after the operands.
std::string signature_of(const OpcodeInfo& row) {
  std::string text;
  for (int i = 0; i < row.signature.operand_count; ++i)
    text += kind_letter(row.signature.operands[i]);
  if (row.imm == ImmKind::Lane) text += 'i';
  if (row.imm == ImmKind::Shuffle) text += 'v';
  text += ':';
  for (int i = 0; i < row.signature.result_count; ++i)
    text += kind_letter(row.signature.results[i]);
  return text;
}

TEST_CASE("every computing instruction has its function", "[semantics]") {
  size_t next = 0;
  for (uint32_t i = 0; i < kOpcodeCount; ++i) {
    const OpcodeInfo& row = kOpcodes[i];
    if (!only_computes(row)) continue;
    INFO(row.mnemonic);
    REQUIRE(next < rows().size());
    const Row& found = rows()[next++];
    CHECK(found.opcode == static_cast<Opcode>(i));
    std::string name(row.mnemonic);
    std::replace(name.begin(), name.end(), '.', '_');
    CHECK(found.function == name);
    CHECK(found.signature == signature_of(row));
    CHECK(found.may_trap == row.may_trap());
  }
  CHECK(next == rows().size());
}

}  // namespace
}  // namespace brink::semantics
