// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/printer_arity.h"

#include <variant>

namespace brink::text {
namespace {

using decode::Instruction;

/// Instructions whose types the opcode table cannot give, but whose counts never vary.
constexpr std::optional<Arity> fixed_arity(Opcode opcode) {
  switch (opcode) {
    case Opcode::Unreachable:
    case Opcode::Rethrow:
    case Opcode::DataDrop:
    case Opcode::ElemDrop: return Arity{0, 0};
    case Opcode::LocalGet:
    case Opcode::GlobalGet:
    case Opcode::TableSize:
    case Opcode::RefNull:
    case Opcode::RefFunc:
    case Opcode::StructNewDefault: return Arity{0, 1};
    case Opcode::Drop:
    case Opcode::LocalSet:
    case Opcode::GlobalSet:
    case Opcode::ThrowRef: return Arity{1, 0};
    case Opcode::LocalTee:
    case Opcode::TableGet:
    case Opcode::RefIsNull:
    case Opcode::RefAsNonNull:
    case Opcode::StructGet:
    case Opcode::StructGetS:
    case Opcode::StructGetU:
    case Opcode::ArrayNewDefault:
    case Opcode::ArrayLen:
    case Opcode::RefTest:
    case Opcode::RefTestNull:
    case Opcode::RefCast:
    case Opcode::RefCastNull:
    case Opcode::AnyConvertExtern:
    case Opcode::ExternConvertAny:
    case Opcode::RefI31:
    case Opcode::I31GetS:
    case Opcode::I31GetU: return Arity{1, 1};
    case Opcode::TableSet:
    case Opcode::StructSet: return Arity{2, 0};
    case Opcode::TableGrow:
    case Opcode::RefEq:
    case Opcode::ArrayNew:
    case Opcode::ArrayNewData:
    case Opcode::ArrayNewElem:
    case Opcode::ArrayGet:
    case Opcode::ArrayGetS:
    case Opcode::ArrayGetU: return Arity{2, 1};
    case Opcode::MemoryInit:
    case Opcode::MemoryCopy:
    case Opcode::MemoryFill:
    case Opcode::TableInit:
    case Opcode::TableCopy:
    case Opcode::TableFill:
    case Opcode::ArraySet: return Arity{3, 0};
    case Opcode::Select:
    case Opcode::SelectTyped: return Arity{3, 1};
    case Opcode::ArrayFill:
    case Opcode::ArrayInitData:
    case Opcode::ArrayInitElem: return Arity{4, 0};
    case Opcode::ArrayCopy: return Arity{5, 0};
    default: return std::nullopt;
  }
}

uint32_t count(const auto& list) {
  return static_cast<uint32_t>(list.size());
}

std::optional<Arity> of_signature(const FuncType* type, uint32_t more_operands = 0) {
  if (type == nullptr) return std::nullopt;
  return Arity{count(type->params) + more_operands, count(type->results)};
}

/// What follows the instruction cannot be reached, so that it leaves nothing.
std::optional<Arity> without_results(std::optional<Arity> arity) {
  if (arity) arity->results = 0;
  return arity;
}

}  // namespace

std::optional<Arity> ArityFinder::find(const Instruction& instruction,
                                       const decode::InstructionReader& reader,
                                       std::span<const uint32_t> label_arities) const {
  const OpcodeInfo& row = info(instruction.opcode);
  if (!row.signature.is_special)
    return Arity{row.signature.operand_count, row.signature.result_count};
  if (const auto arity = fixed_arity(instruction.opcode)) return arity;
  switch (instruction.opcode) {
    case Opcode::Call:
    case Opcode::CallIndirect:
    case Opcode::CallRef: return of_call(instruction);
    case Opcode::ReturnCall:
    case Opcode::ReturnCallIndirect:
    case Opcode::ReturnCallRef: return without_results(of_call(instruction));
    case Opcode::Throw: return without_results(of_signature(types_.type_of_tag(instruction.index)));
    case Opcode::Return:
      if (label_arities.front() == kUnknownArity) return std::nullopt;
      return Arity{label_arities.front(), 0};
    case Opcode::StructNew: return of_struct_new(instruction.index);
    case Opcode::ArrayNewFixed: return Arity{instruction.index2, 1};
    default: return of_branch(instruction, reader, label_arities);
  }
}

std::optional<Arity> ArityFinder::of_branch(const Instruction& instruction,
                                            const decode::InstructionReader& reader,
                                            std::span<const uint32_t> label_arities) const {
  const uint32_t label =
      instruction.opcode == Opcode::BrTable ? reader.labels().back() : instruction.index;
  if (label >= label_arities.size()) return std::nullopt;
  const uint32_t arity = label_arities[label_arities.size() - 1 - label];
  if (arity == kUnknownArity) return std::nullopt;
  switch (instruction.opcode) {
    case Opcode::Br: return Arity{arity, 0};
    case Opcode::BrTable: return Arity{arity + 1, 0};
    case Opcode::BrIf: return Arity{arity + 1, arity};
    case Opcode::BrOnNull: return Arity{arity + 1, arity + 1};
    case Opcode::BrOnNonNull:
      if (arity == 0) return std::nullopt;
      return Arity{arity, arity - 1};
    case Opcode::BrOnCast:
    case Opcode::BrOnCastFail:
      if (arity == 0) return std::nullopt;
      return Arity{arity, arity};
    default: return std::nullopt;
  }
}

std::optional<Arity> ArityFinder::of_call(const Instruction& instruction) const {
  switch (info(instruction.opcode).imm) {
    case ImmKind::Func: return of_signature(types_.type_of_function(instruction.index));
    default: return of_signature(types_.func_type(instruction.index), 1);
  }
}

std::optional<Arity> ArityFinder::of_struct_new(uint32_t type_index) const {
  if (type_index >= module_.types.size()) return std::nullopt;
  const auto* type = std::get_if<StructType>(&module_.types[type_index].composite);
  if (type == nullptr) return std::nullopt;
  return Arity{count(type->fields), 1};
}

std::optional<Arity> ArityFinder::of_block(const decode::BlockType& type) const {
  switch (type.kind) {
    case decode::BlockType::Kind::Empty: return Arity{0, 0};
    case decode::BlockType::Kind::Value: return Arity{0, 1};
    case decode::BlockType::Kind::Type: return of_signature(types_.func_type(type.type_index));
  }
  return std::nullopt;
}

}  // namespace brink::text
