// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Reads instructions with all their immediates, as the opcode table describes them. Syntax only:
// heap types are module type indices, indices are whatever the bytes say, nesting is not followed.
//
// Used wherever instructions are read one at a time: constant expressions, the body decoder (which
// has short cuts of its own for the most frequent instructions), disassembly, the text printer.

#ifndef BRINK_DECODE_INSTRUCTION_READER_H_
#define BRINK_DECODE_INSTRUCTION_READER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "brink/features.h"
#include "engine/decode/instruction.h"
#include "engine/support/byte_reader.h"
#include "engine/wasm/opcode.h"

namespace brink::decode {

class InstructionReader {
 public:
  /// The reader must outlive this object; it is where bytes come from and where errors go.
  InstructionReader(support::ByteReader& reader, Features features)
      : reader_(reader), features_(features) {}

  /// Reads the next instruction. Only the fields that its ImmKind names are set, besides opcode and
  /// offset. False on failure; the error is in the ByteReader.
  bool read(Instruction& instruction);

  /// Reads an opcode alone; the caller reads the immediates, or calls read_immediates. Nop after a
  /// failure.
  Opcode read_opcode() {
    const uint32_t offset = reader_.offset();
    const uint8_t byte = reader_.read_u8();
    if (const auto opcode = find_opcode(OpcodePrefix::None, byte)) [[likely]] {
      if (features_.has(info(*opcode).feature)) [[likely]]
        return *opcode;
    }
    return read_rare_opcode(byte, offset);
  }

  /// Reads the immediates of `instruction.opcode`, and sets nothing else.
  void read_immediates(Instruction& instruction);

  // Lists of the last instruction read; valid until the next one is.

  /// br_table: the labels, the default one last.
  std::span<const uint32_t> labels() const { return labels_; }
  /// try_table.
  std::span<const CatchClause> catches() const { return catches_; }
  /// select with types.
  std::span<const ValType> select_types() const { return select_types_; }

 private:
  void read_rare_immediates(Instruction& instruction);
  Opcode read_rare_opcode(uint8_t byte, uint32_t offset);
  uint32_t read_table_index();
  uint32_t read_memory_index();
  void read_labels();
  void read_catches();
  void read_select_types();
  void read_cast(Instruction& instruction);

  support::ByteReader& reader_;
  Features features_;
  std::vector<uint32_t> labels_;
  std::vector<CatchClause> catches_;
  std::vector<ValType> select_types_;
};

}  // namespace brink::decode

#endif  // BRINK_DECODE_INSTRUCTION_READER_H_
