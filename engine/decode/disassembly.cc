// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/decode/disassembly.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <string_view>

#include <fmt/format.h>

namespace brink::decode {

namespace {

class Line {
 public:
  Line(std::string& out, const Instruction& instruction, const InstructionReader& reader)
      : out_(out), in_(instruction), reader_(reader) {}

  void write() {
    out_ += mnemonic(in_.opcode);
    write_immediates();
  }

 private:
  template <typename... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  void write_immediates() {
    switch (info(in_.opcode).imm) {
      case ImmKind::None:
      case ImmKind::Fence: return;
      case ImmKind::Label:
      case ImmKind::Func:
      case ImmKind::Type:
      case ImmKind::Local:
      case ImmKind::Global:
      case ImmKind::Elem:
      case ImmKind::Data:
      case ImmKind::Tag:
      case ImmKind::Table: return add(" {}", in_.index);
      case ImmKind::TableTable:
      case ImmKind::TypeField:
      case ImmKind::TypeCount:
      case ImmKind::TypeData:
      case ImmKind::TypeElem:
      case ImmKind::TypeType: return add(" {} {}", in_.index, in_.index2);
      case ImmKind::TypeTable: add_unless_zero(in_.index2); return add(" (type {})", in_.index);
      // In text the table or memory comes before the segment.
      case ImmKind::ElemTable: return add(" {} {}", in_.index2, in_.index);
      case ImmKind::DataMemory: add_unless_zero(in_.index2); return add(" {}", in_.index);
      case ImmKind::Memory: return add_unless_zero(in_.index);
      case ImmKind::MemoryMemory:
        if (in_.index != 0 || in_.index2 != 0) add(" {} {}", in_.index, in_.index2);
        return;
      default: return write_other_immediates();
    }
  }

  void write_other_immediates() {
    switch (info(in_.opcode).imm) {
      case ImmKind::BlockType: return write_block_type();
      case ImmKind::TryTable: write_block_type(); return write_catches();
      case ImmKind::LabelTable:
        for (const uint32_t label : reader_.labels()) add(" {}", label);
        return;
      case ImmKind::SelectTypes:
        for (const ValType type : reader_.select_types()) add(" (result {})", to_string(type));
        return;
      case ImmKind::MemArg: return write_memarg();
      case ImmKind::MemArgLane: write_memarg(); return add(" {}", in_.lane);
      case ImmKind::Lane: return add(" {}", in_.lane);
      case ImmKind::Shuffle: return write_shuffle();
      case ImmKind::I32: return add(" {}", static_cast<int32_t>(in_.bits));
      case ImmKind::I64: return add(" {}", static_cast<int64_t>(in_.bits));
      case ImmKind::F32: return write_float<float, uint32_t>(static_cast<uint32_t>(in_.bits));
      case ImmKind::F64: return write_float<double, uint64_t>(in_.bits);
      case ImmKind::V128: return write_vector();
      case ImmKind::HeapType:
        if (in_.opcode == Opcode::RefNull) return add(" {}", to_string(in_.heap));
        return add(" {}", to_string(ValType::ref(in_.heap, in_.nullable)));
      case ImmKind::BrOnCast:
        return add(" {} {} {}", in_.index, to_string(ValType::ref(in_.heap, in_.nullable)),
                   to_string(ValType::ref(in_.heap2, in_.nullable2)));
      default: return;
    }
  }

  void add_unless_zero(uint32_t index) {
    if (index != 0) add(" {}", index);
  }

  void write_block_type() {
    switch (in_.block.kind) {
      case BlockType::Kind::Empty: return;
      case BlockType::Kind::Value: return add(" (result {})", to_string(in_.block.value));
      case BlockType::Kind::Type: return add(" (type {})", in_.block.type_index);
    }
  }

  void write_catches() {
    static constexpr std::array<std::string_view, 4> kKinds = {"catch", "catch_ref", "catch_all",
                                                               "catch_all_ref"};
    for (const CatchClause& clause : reader_.catches()) {
      add(" ({}", kKinds[static_cast<size_t>(clause.kind)]);
      if (clause.has_tag()) add(" {}", clause.tag_index);
      add(" {})", clause.label_depth);
    }
  }

  void write_memarg() {
    add_unless_zero(in_.memarg.memory_index);
    if (in_.memarg.offset != 0) add(" offset={}", in_.memarg.offset);
    const auto natural = std::countr_zero(static_cast<unsigned>(info(in_.opcode).access_bytes));
    if (in_.memarg.align_log2 != static_cast<uint32_t>(natural))
      add(" align={}", uint64_t{1} << in_.memarg.align_log2);
  }

  void write_shuffle() {
    uint8_t lanes[16];
    std::memcpy(lanes, &in_.vector, sizeof lanes);
    for (const uint8_t lane : lanes) add(" {}", lane);
  }

  void write_vector() {
    uint32_t lanes[4];
    std::memcpy(lanes, &in_.vector, sizeof lanes);
    add(" i32x4 {:#010x} {:#010x} {:#010x} {:#010x}", lanes[0], lanes[1], lanes[2], lanes[3]);
  }

  /// The shortest decimal number that reads back as the same bits; NaNs with their payload.
  template <typename Float, typename Bits>
  void write_float(Bits bits) {
    const auto value = std::bit_cast<Float>(bits);
    if (!std::isnan(value)) return add(" {}", value);
    constexpr int kFractionBits = std::numeric_limits<Float>::digits - 1;
    const Bits fraction = bits & ((Bits{1} << kFractionBits) - 1);
    add(" {}nan", std::signbit(value) ? "-" : "");
    if (fraction != Bits{1} << (kFractionBits - 1)) add(":{:#x}", fraction);
  }

  std::string& out_;
  const Instruction& in_;
  const InstructionReader& reader_;
};

}  // namespace

void append_disassembly(std::string& out, const Instruction& instruction,
                        const InstructionReader& reader) {
  Line(out, instruction, reader).write();
}

std::string disassemble(const Instruction& instruction, const InstructionReader& reader) {
  std::string line;
  append_disassembly(line, instruction, reader);
  return line;
}

}  // namespace brink::decode
