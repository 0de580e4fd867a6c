// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/printer_instruction.h"

#include <array>
#include <bit>
#include <utility>

#include "engine/text/float_format.h"
#include "engine/text/literals.h"

namespace brink::text {
namespace {

using decode::CatchClause;
using decode::Instruction;

void append_reference(std::string& out, const IdentifierSpace& space, uint32_t index) {
  out += ' ';
  space.append_reference(out, index);
}

/// An index that the text format lets one leave out where it is 0.
void append_optional(std::string& out, const IdentifierSpace& space, uint32_t index) {
  if (index != 0) append_reference(out, space, index);
}

void append_vector(std::string& out, const V128& vector) {
  out += " i32x4";
  for (const uint64_t word : vector.words) {
    out += " 0x";
    append_hex(out, word & 0xffffffff, 8);
    out += " 0x";
    append_hex(out, word >> 32, 8);
  }
}

void append_lanes(std::string& out, const V128& vector) {
  const auto lanes = std::bit_cast<std::array<uint8_t, sizeof(V128)>>(vector);
  for (const uint8_t lane : lanes) {
    out += ' ';
    append_unsigned(out, lane);
  }
}

void append_constant(std::string& out, const Instruction& instruction) {
  out += ' ';
  switch (info(instruction.opcode).imm) {
    case ImmKind::I32: return append_signed(out, static_cast<int32_t>(instruction.bits));
    case ImmKind::I64: return append_signed(out, static_cast<int64_t>(instruction.bits));
    case ImmKind::F32: return append_f32(out, static_cast<uint32_t>(instruction.bits));
    default: return append_f64(out, instruction.bits);
  }
}

}  // namespace

void InstructionPrinter::append(std::string& out, BodyCursor& cursor,
                                const IdentifierSpace& locals) const {
  const Instruction& instruction = cursor.instruction();
  const decode::InstructionReader& reader = cursor.reader();
  PrintedLabels& labels = cursor.labels();
  out += mnemonic(instruction.opcode);
  switch (info(instruction.opcode).imm) {
    case ImmKind::None:
    case ImmKind::Fence: return;
    case ImmKind::LabelTable:
      for (const uint32_t label : reader.labels()) {
        out += ' ';
        labels.append_reference(out, label);
      }
      return;
    case ImmKind::SelectTypes:
      // An empty list still tells the typed select from the untyped one.
      if (reader.select_types().empty()) out += " (result)";
      return types_.append_results(out, reader.select_types());
    case ImmKind::TryTable:
      append_block(out, instruction, labels);
      return append_catches(out, reader.catches(), labels);
    default: return append_immediates(out, instruction, labels, locals);
  }
}

void InstructionPrinter::append_immediates(std::string& out, const Instruction& instruction,
                                           PrintedLabels& labels,
                                           const IdentifierSpace& locals) const {
  switch (info(instruction.opcode).imm) {
    case ImmKind::BlockType: return append_block(out, instruction, labels);
    case ImmKind::Label: out += ' '; return labels.append_reference(out, instruction.index);
    case ImmKind::Func: return append_reference(out, names_.functions, instruction.index);
    case ImmKind::Local: return append_reference(out, locals, instruction.index);
    case ImmKind::Global: return append_reference(out, names_.globals, instruction.index);
    case ImmKind::Tag: return append_reference(out, names_.tags, instruction.index);
    case ImmKind::I32:
    case ImmKind::I64:
    case ImmKind::F32:
    case ImmKind::F64: return append_constant(out, instruction);
    case ImmKind::V128: return append_vector(out, instruction.vector);
    case ImmKind::Shuffle: return append_lanes(out, instruction.vector);
    case ImmKind::Lane: out += ' '; return append_unsigned(out, instruction.lane);
    case ImmKind::MemArg: return append_memarg(out, instruction);
    case ImmKind::MemArgLane:
      append_memarg(out, instruction);
      out += ' ';
      return append_unsigned(out, instruction.lane);
    case ImmKind::Memory:
    case ImmKind::MemoryMemory:
    case ImmKind::DataMemory:
    case ImmKind::Data: return append_memory_immediates(out, instruction);
    case ImmKind::Table:
    case ImmKind::TableTable:
    case ImmKind::ElemTable:
    case ImmKind::TypeTable:
    case ImmKind::Elem: return append_table_immediates(out, instruction);
    case ImmKind::BrOnCast:
      out += ' ';
      labels.append_reference(out, instruction.index);
      return append_type_immediates(out, instruction);
    default: return append_type_immediates(out, instruction);
  }
}

void InstructionPrinter::append_memory_immediates(std::string& out,
                                                  const Instruction& instruction) const {
  switch (info(instruction.opcode).imm) {
    case ImmKind::Memory: return append_optional(out, names_.memories, instruction.index);
    case ImmKind::MemoryMemory:
      if (instruction.index == 0 && instruction.index2 == 0) return;
      append_reference(out, names_.memories, instruction.index);
      return append_reference(out, names_.memories, instruction.index2);
    case ImmKind::DataMemory:
      append_optional(out, names_.memories, instruction.index2);
      [[fallthrough]];
    default: return append_reference(out, names_.data, instruction.index);
  }
}

void InstructionPrinter::append_table_immediates(std::string& out,
                                                 const Instruction& instruction) const {
  switch (info(instruction.opcode).imm) {
    case ImmKind::Table: return append_optional(out, names_.tables, instruction.index);
    case ImmKind::TableTable:
      if (instruction.index == 0 && instruction.index2 == 0) return;
      append_reference(out, names_.tables, instruction.index);
      return append_reference(out, names_.tables, instruction.index2);
    case ImmKind::TypeTable:
      append_optional(out, names_.tables, instruction.index2);
      out += " (type";
      append_reference(out, names_.types, instruction.index);
      out += ')';
      return;
    case ImmKind::ElemTable:
      append_optional(out, names_.tables, instruction.index2);
      [[fallthrough]];
    default: return append_reference(out, names_.elements, instruction.index);
  }
}

void InstructionPrinter::append_type_immediates(std::string& out,
                                                const Instruction& instruction) const {
  const ImmKind imm = info(instruction.opcode).imm;
  if (imm == ImmKind::BrOnCast) {
    out += ' ';
    types_.append_ref_type(out, instruction.heap, instruction.nullable);
    out += ' ';
    types_.append_ref_type(out, instruction.heap2, instruction.nullable2);
    return;
  }
  if (imm == ImmKind::HeapType) {
    out += ' ';
    if (instruction.opcode == Opcode::RefNull)
      types_.append_heap_type(out, instruction.heap);
    else
      types_.append_ref_type(out, instruction.heap, instruction.nullable);
    return;
  }
  append_reference(out, names_.types, instruction.index);
  switch (imm) {
    case ImmKind::TypeField:
      return append_reference(out, names_.fields(instruction.index), instruction.index2);
    case ImmKind::TypeType: return append_reference(out, names_.types, instruction.index2);
    case ImmKind::TypeData: return append_reference(out, names_.data, instruction.index2);
    case ImmKind::TypeElem: return append_reference(out, names_.elements, instruction.index2);
    case ImmKind::TypeCount: out += ' '; return append_unsigned(out, instruction.index2);
    default: return;
  }
}

void InstructionPrinter::append_block(std::string& out, const Instruction& instruction,
                                      const PrintedLabels& labels) const {
  if (const std::string_view token = labels.token(); !token.empty()) {
    out += ' ';
    out += token;
  }
  types_.append_block_type(out, instruction.block);
}

/// The labels of catch clauses are seen from outside the try_table.
void InstructionPrinter::append_catches(std::string& out, std::span<const CatchClause> catches,
                                        PrintedLabels& labels) const {
  constexpr std::string_view kKeywords[] = {" (catch", " (catch_ref", " (catch_all",
                                            " (catch_all_ref"};
  for (const CatchClause& clause : catches) {
    out += kKeywords[static_cast<size_t>(clause.kind)];
    if (clause.has_tag()) append_reference(out, names_.tags, clause.tag_index);
    out += ' ';
    labels.append_outer_reference(out, clause.label_depth);
    out += ')';
  }
}

void InstructionPrinter::append_memarg(std::string& out, const Instruction& instruction) const {
  const decode::MemArg& memarg = instruction.memarg;
  append_optional(out, names_.memories, memarg.memory_index);
  if (memarg.offset != 0) {
    out += " offset=";
    append_unsigned(out, memarg.offset);
  }
  const uint64_t align = uint64_t{1} << memarg.align_log2;
  if (align != info(instruction.opcode).access_bytes) {
    out += " align=";
    append_unsigned(out, align);
  }
}

}  // namespace brink::text
