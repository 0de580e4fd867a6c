// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/validate/const_expr.h"

namespace brink::validate {

uint32_t const_operand_count(const wasm::Module& module, const decode::Instruction& instruction) {
  const OpcodeInfo& row = info(instruction.opcode);
  if (!row.signature.is_special) return row.signature.operand_count;
  switch (instruction.opcode) {
    case Opcode::StructNew: {
      const CompositeType& type = module.types[instruction.index].composite;
      return static_cast<uint32_t>(std::get<StructType>(type).fields.size());
    }
    case Opcode::ArrayNew: return 2;
    case Opcode::ArrayNewFixed: return instruction.index2;
    case Opcode::ArrayNewDefault:
    case Opcode::RefI31:
    case Opcode::AnyConvertExtern:
    case Opcode::ExternConvertAny: return 1;
    default: return 0;
  }
}

}  // namespace brink::validate
