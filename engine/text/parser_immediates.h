// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What follows a mnemonic, driven by the opcode table's immediate kind: parses the immediates and
// writes the whole instruction. Block structure is parser_instructions.h's business.

#ifndef BRINK_TEXT_PARSER_IMMEDIATES_H_
#define BRINK_TEXT_PARSER_IMMEDIATES_H_

#include "brink/error.h"
#include "engine/support/byte_writer.h"
#include "engine/text/index_space.h"
#include "engine/text/label_stack.h"
#include "engine/text/module_scope.h"
#include "engine/text/token_stream.h"
#include "engine/wasm/opcode.h"

namespace brink::text {

class ImmediateParser {
 public:
  ImmediateParser(TokenStream& tokens, ModuleScope& module, const IndexSpace& locals,
                  const LabelStack& labels)
      : tokens_(tokens), module_(module), locals_(locals), labels_(labels) {}

  /// After the mnemonic: the opcode with its immediates. `opcode` is the first one of that name.
  Status write_instruction(Opcode opcode, support::ByteWriter& out);
  /// The block type of a structured instruction.
  Status write_block_type(support::ByteWriter& out);
  /// The catch clauses of a try_table.
  Status write_catches(support::ByteWriter& out);

  static void write_opcode(Opcode opcode, support::ByteWriter& out);

 private:
  using Writer = support::ByteWriter;

  Status write_immediates(const OpcodeInfo& info, Writer& out);
  Status write_indices(ImmKind kind, Writer& out);
  Status write_constant(ImmKind kind, Writer& out);
  Status write_label_table(Writer& out);
  Status write_call_indirect(Writer& out);
  Status write_select_types(Writer& out);
  Status write_ref_cast(Opcode opcode, Writer& out);
  Status write_br_on_cast(Writer& out);
  Status write_memarg(const OpcodeInfo& info, Writer& out);
  Status write_field(Writer& out);

  Status write_index(const IndexSpace& space, Writer& out);
  Result<uint32_t> optional_index(const IndexSpace& space);
  /// `second first?`, written as first, second: the one in front may be left out and is then 0.
  Status write_swapped(const IndexSpace& optional, const IndexSpace& required, Writer& out);
  /// Two indices or none, which is 0 0.
  Status write_pair_or_none(const IndexSpace& space, Writer& out);
  Result<std::optional<uint64_t>> take_memarg_field(std::string_view prefix);

  TokenStream& tokens_;
  ModuleScope& module_;
  const IndexSpace& locals_;
  const LabelStack& labels_;
};

}  // namespace brink::text

#endif  // BRINK_TEXT_PARSER_IMMEDIATES_H_
