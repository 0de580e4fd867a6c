// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// One instruction with its immediates in the words of the text format: what the flat printer puts
// on a line, the folding printer behind a parenthesis, and the disassembler behind the bytes.

#ifndef BRINK_TEXT_PRINTER_INSTRUCTION_H_
#define BRINK_TEXT_PRINTER_INSTRUCTION_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/decode/instruction_reader.h"
#include "engine/text/body_cursor.h"
#include "engine/text/printer_names.h"
#include "engine/text/printer_types.h"
#include "engine/wasm/module.h"

namespace brink::text {

class InstructionPrinter {
 public:
  InstructionPrinter(const wasm::Module& module, const PrintedNames& names)
      : names_(names), types_(module, names) {}

  /// Mnemonic and immediates of the instruction at the cursor.
  void append(std::string& out, BodyCursor& cursor, const IdentifierSpace& locals) const;

 private:
  void append_immediates(std::string& out, const decode::Instruction& instruction,
                         PrintedLabels& labels, const IdentifierSpace& locals) const;
  void append_memory_immediates(std::string& out, const decode::Instruction& instruction) const;
  void append_table_immediates(std::string& out, const decode::Instruction& instruction) const;
  void append_type_immediates(std::string& out, const decode::Instruction& instruction) const;
  void append_block(std::string& out, const decode::Instruction& instruction,
                    const PrintedLabels& labels) const;
  void append_catches(std::string& out, std::span<const decode::CatchClause> catches,
                      PrintedLabels& labels) const;
  void append_memarg(std::string& out, const decode::Instruction& instruction) const;

  const PrintedNames& names_;
  TypePrinter types_;
};

}  // namespace brink::text

#endif  // BRINK_TEXT_PRINTER_INSTRUCTION_H_
