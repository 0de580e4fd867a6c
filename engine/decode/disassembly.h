// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// One instruction as one line of text, in the words of the text format with numbers for indices:
// for dumps, traces and error messages. It needs no module; whoever has one and wants names uses
// the printer.

#ifndef BRINK_DECODE_DISASSEMBLY_H_
#define BRINK_DECODE_DISASSEMBLY_H_

#include <string>

#include "engine/decode/instruction.h"
#include "engine/decode/instruction_reader.h"

namespace brink::decode {

/// Appends mnemonic and immediates, such as "i32.load offset=4" or "call_indirect (type 3)".
/// `reader` has just read the instruction and still holds its lists.
void append_disassembly(std::string& out, const Instruction& instruction,
                        const InstructionReader& reader);

std::string disassemble(const Instruction& instruction, const InstructionReader& reader);

}  // namespace brink::decode

#endif  // BRINK_DECODE_DISASSEMBLY_H_
