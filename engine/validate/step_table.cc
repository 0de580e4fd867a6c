// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The table that drives FunctionBodyDecoder::short_cuts(), computed from the opcode table.

#include <array>
#include <bit>

#include "engine/validate/body_decoder.h"

namespace brink::validate {
namespace {

consteval Step step_of(Opcode opcode, const OpcodeInfo& row) {
  switch (opcode) {
    case Opcode::I32Const: return Step::I32Const;
    case Opcode::I64Const: return Step::I64Const;
    case Opcode::LocalGet: return Step::LocalGet;
    case Opcode::LocalSet: return Step::LocalSet;
    case Opcode::LocalTee: return Step::LocalTee;
    case Opcode::GlobalGet: return Step::GlobalGet;
    case Opcode::Block: return Step::Block;
    case Opcode::Loop: return Step::Loop;
    case Opcode::If: return Step::If;
    case Opcode::End: return Step::End;
    case Opcode::Br: return Step::Br;
    case Opcode::BrIf: return Step::BrIf;
    case Opcode::Call: return Step::Call;
    default: break;
  }
  // What can be switched off needs a check that only the general way makes.
  if (row.signature.is_special || row.feature != Feature::Mvp) return Step::General;
  const uint8_t operands = row.signature.operand_count;
  const uint8_t results = row.signature.result_count;
  if (row.imm == ImmKind::MemArg) return results == 1 ? Step::Load : Step::Store;
  if (row.imm != ImmKind::None || results != 1) return Step::General;
  return operands == 1 ? Step::Unary : operands == 2 ? Step::Binary : Step::General;
}

consteval StepRow row_of(Opcode opcode) {
  const OpcodeInfo& row = info(opcode);
  const Signature& signature = row.signature;
  return {
      .step = step_of(opcode, row),
      .align_log2 = row.access_bytes == 0
                        ? uint8_t{0}
                        : static_cast<uint8_t>(std::countr_zero(row.access_bytes)),
      .first = static_cast<ValKind>(signature.operands[0]),
      .second = static_cast<ValKind>(signature.operands[1]),
      .result = static_cast<ValKind>(signature.results[0]),
      .opcode = opcode,
  };
}

}  // namespace

constexpr std::array<StepRow, 256> kStepRows = [] {
  std::array<StepRow, 256> rows = {};
#define BRINK_OP(id, prefix, code, ...) \
  if (OpcodePrefix::prefix == OpcodePrefix::None) rows[code & 0xff] = row_of(Opcode::id);
#include "engine/wasm/opcodes.def"
  return rows;
}();

}  // namespace brink::validate
