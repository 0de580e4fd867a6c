// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/decode/instruction_reader.h"

#include <algorithm>
#include <bit>
#include <string>

#include <fmt/format.h>

#include "engine/decode/format.h"
#include "engine/decode/limits.h"
#include "engine/decode/type_reader.h"

namespace brink::decode {

bool InstructionReader::read(Instruction& instruction) {
  instruction.offset = reader_.offset();
  instruction.opcode = read_opcode();
  read_immediates(instruction);
  return reader_.ok();
}

Opcode InstructionReader::read_rare_opcode(uint8_t byte, uint32_t offset) {
  if (!reader_.ok()) return Opcode::Nop;
  auto prefix = OpcodePrefix::None;
  uint32_t code = byte;
  if (is_opcode_prefix(byte)) {
    prefix = static_cast<OpcodePrefix>(byte);
    code = reader_.read_u32();
    if (!reader_.ok()) return Opcode::Nop;
  }
  const std::optional<Opcode> opcode = find_opcode(prefix, code);
  if (opcode && features_.has(info(*opcode).feature)) [[likely]]
    return *opcode;

  std::string phrase = fmt::format("illegal opcode {:02x}", byte);
  if (prefix != OpcodePrefix::None) phrase += fmt::format(" {:02x}", code);
  if (opcode)
    fail_feature(reader_, info(*opcode).feature, phrase, mnemonic(*opcode), offset);
  else
    reader_.fail(std::move(phrase), offset);
  return Opcode::Nop;
}

void InstructionReader::read_immediates(Instruction& instruction) {
  switch (info(instruction.opcode).imm) {
    case ImmKind::None: return;
    case ImmKind::Label:
    case ImmKind::Func:
    case ImmKind::Type:
    case ImmKind::Local:
    case ImmKind::Global:
    case ImmKind::Elem:
    case ImmKind::Data:
    case ImmKind::Tag: instruction.index = reader_.read_u32(); return;
    case ImmKind::TypeField:
    case ImmKind::TypeData:
    case ImmKind::TypeElem:
    case ImmKind::TypeType:
      instruction.index = reader_.read_u32();
      instruction.index2 = reader_.read_u32();
      return;
    case ImmKind::Table: instruction.index = read_table_index(); return;
    case ImmKind::TableTable:
      instruction.index = read_table_index();
      instruction.index2 = read_table_index();
      return;
    case ImmKind::TypeTable:
    case ImmKind::ElemTable:
      instruction.index = reader_.read_u32();
      instruction.index2 = read_table_index();
      return;
    case ImmKind::Memory: instruction.index = read_memory_index(); return;
    case ImmKind::MemoryMemory:
      instruction.index = read_memory_index();
      instruction.index2 = read_memory_index();
      return;
    case ImmKind::DataMemory:
      instruction.index = reader_.read_u32();
      instruction.index2 = read_memory_index();
      return;
    case ImmKind::MemArg: instruction.memarg = read_memarg(reader_, features_); return;
    case ImmKind::MemArgLane:
      instruction.memarg = read_memarg(reader_, features_);
      instruction.lane = reader_.read_u8();
      return;
    case ImmKind::Lane: instruction.lane = reader_.read_u8(); return;
    case ImmKind::Shuffle:
    case ImmKind::V128: instruction.vector = reader_.read_fixed<V128>(); return;
    case ImmKind::I32: instruction.bits = static_cast<uint32_t>(reader_.read_s32()); return;
    case ImmKind::I64: instruction.bits = static_cast<uint64_t>(reader_.read_s64()); return;
    case ImmKind::F32: instruction.bits = reader_.read_fixed<uint32_t>(); return;
    case ImmKind::F64: instruction.bits = reader_.read_fixed<uint64_t>(); return;
    case ImmKind::BlockType: instruction.block = read_block_type(reader_, features_); return;
    default: return read_rare_immediates(instruction);
  }
}

void InstructionReader::read_rare_immediates(Instruction& instruction) {
  switch (info(instruction.opcode).imm) {
    case ImmKind::LabelTable: return read_labels();
    case ImmKind::SelectTypes: return read_select_types();
    case ImmKind::BrOnCast: return read_cast(instruction);
    case ImmKind::TryTable:
      instruction.block = read_block_type(reader_, features_);
      return read_catches();
    case ImmKind::HeapType:
      instruction.heap = read_heap_type(reader_, features_);
      instruction.nullable = instruction.opcode == Opcode::RefNull ||
                             instruction.opcode == Opcode::RefTestNull ||
                             instruction.opcode == Opcode::RefCastNull;
      return;
    case ImmKind::TypeCount: {
      instruction.index = reader_.read_u32();
      const uint32_t offset = reader_.offset();
      instruction.index2 = reader_.read_u32();
      if (instruction.index2 > limits::kArrayNewFixedOperands)
        reader_.fail(limits::exceeded("operands of array.new_fixed", instruction.index2,
                                      limits::kArrayNewFixedOperands, offset));
      return;
    }
    case ImmKind::Fence: {
      const uint32_t offset = reader_.offset();
      if (reader_.read_u8() != 0) reader_.fail("zero byte expected", offset);
      return;
    }
    default: return;
  }
}

// Before several tables and memories could be had, their index was a reserved zero byte.

uint32_t InstructionReader::read_table_index() {
  const uint32_t offset = reader_.offset();
  if (features_.has(Feature::ReferenceTypes)) [[likely]]
    return reader_.read_u32();
  if (reader_.read_u8() != 0)
    fail_feature(reader_, Feature::ReferenceTypes, "zero byte expected", "a table index", offset);
  return 0;
}

uint32_t InstructionReader::read_memory_index() {
  const uint32_t offset = reader_.offset();
  if (features_.has(Feature::MultiMemory)) [[likely]]
    return reader_.read_u32();
  if (reader_.read_u8() != 0)
    fail_feature(reader_, Feature::MultiMemory, "zero byte expected", "a memory index", offset);
  return 0;
}

void InstructionReader::read_labels() {
  const uint32_t offset = reader_.offset();
  const uint32_t count = reader_.read_u32();
  labels_.clear();
  if (count > limits::kBrTableLabels) {
    reader_.fail(limits::exceeded("labels of br_table", count, limits::kBrTableLabels, offset));
    return;
  }
  // Each label takes at least a byte, so hostile counts cannot make us reserve much.
  labels_.reserve(std::min(count, reader_.remaining()) + size_t{1});
  for (uint32_t i = 0; i <= count && reader_.ok(); ++i) labels_.push_back(reader_.read_u32());
}

void InstructionReader::read_catches() {
  const uint32_t count = reader_.read_u32();
  catches_.clear();
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
    const uint32_t offset = reader_.offset();
    const uint8_t kind = reader_.read_u8();
    if (kind > static_cast<uint8_t>(CatchClause::Kind::CatchAllRef)) {
      reader_.fail(fmt::format("malformed catch clause: kind {:#04x}", kind), offset);
      return;
    }
    CatchClause clause;
    clause.kind = static_cast<CatchClause::Kind>(kind);
    if (clause.has_tag()) clause.tag_index = reader_.read_u32();
    clause.label_depth = reader_.read_u32();
    catches_.push_back(clause);
  }
}

void InstructionReader::read_select_types() {
  const uint32_t count = reader_.read_u32();
  select_types_.clear();
  for (uint32_t i = 0; i < count && reader_.ok(); ++i)
    select_types_.push_back(read_val_type(reader_, features_));
}

void InstructionReader::read_cast(Instruction& instruction) {
  using namespace cast_flags;
  const uint32_t offset = reader_.offset();
  const uint8_t flags = reader_.read_u8();
  if (flags & ~(kSourceNullable | kTargetNullable)) {
    reader_.fail(fmt::format("malformed cast flags: {:#04x}", flags), offset);
    return;
  }
  instruction.nullable = (flags & kSourceNullable) != 0;
  instruction.nullable2 = (flags & kTargetNullable) != 0;
  instruction.index = reader_.read_u32();
  instruction.heap = read_heap_type(reader_, features_);
  instruction.heap2 = read_heap_type(reader_, features_);
}

}  // namespace brink::decode
