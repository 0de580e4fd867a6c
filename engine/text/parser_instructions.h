// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Instruction sequences, plain and folded, to bytes (spec: text format, instructions).
//
// Nesting lives on an explicit stack of frames, never on the native one: text may nest as deeply as
// it likes. A folded instruction `(op imm* operand*)` is encoded when its immediates are read, into
// `pending_`; its bytes move to the output at its `)`, after those of the operands. As folded
// instructions nest, `pending_` is a stack too:
//
//     (a (b (c) (d)))      frames   a b      pending_   |a|b|      output   c d

#ifndef BRINK_TEXT_PARSER_INSTRUCTIONS_H_
#define BRINK_TEXT_PARSER_INSTRUCTIONS_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "brink/error.h"
#include "engine/support/byte_writer.h"
#include "engine/text/index_space.h"
#include "engine/text/label_stack.h"
#include "engine/text/module_scope.h"
#include "engine/text/parser_immediates.h"
#include "engine/text/source_map.h"
#include "engine/text/token_stream.h"
#include "engine/wasm/opcode.h"

namespace brink::text {

/// Encoded instructions, and what was noted about them. Offsets count from the first byte.
struct CodeBuffer {
  struct Hint {
    uint32_t offset = 0;
    bool is_likely = false;
  };
  support::ByteWriter bytes;
  SourceMap map;
  std::vector<Hint> hints;
  NameMap label_names;

  uint32_t size() const { return static_cast<uint32_t>(bytes.size()); }
  void clear();
};

class InstructionParser {
 public:
  InstructionParser(TokenStream& tokens, ModuleScope& module)
      : tokens_(tokens), immediates_(tokens, module, locals_, labels_) {}

  /// Forgets the last function: its locals, its code.
  void begin();
  IndexSpace& locals() { return locals_; }
  CodeBuffer& code() { return code_; }

  /// Instructions up to a `)`, which stays; adds the final `end`.
  Status parse_sequence();
  /// Exactly one folded instruction; adds the final `end`.
  Status parse_folded();

  /// What a frame stands for: a place in the grammar between two tokens.
  enum class FrameKind : uint8_t {
    Sequence,     ///< outermost: instructions
    Single,       ///< outermost: one folded instruction
    Plain,        ///< (op imm* | operands
    Block,        ///< (block ... |
    Condition,    ///< (if ... | operands (then
    Then,         ///< (if ... (then |
    AfterThen,    ///< (if ... (then ...) |
    Else,         ///< (if ... (then ...) (else |
    TryStart,     ///< (try ... | (do
    Do,           ///< (try ... (do |
    AfterDo,      ///< (try ... (do ...) |
    Catch,        ///< (try ... (catch x |
    AfterCatch,   ///< (try ... (catch x ...) |
    CatchAll,     ///< (try ... (catch_all |
    Finished,     ///< nothing but `)` may follow, which ends the block
    Delegated,    ///< nothing but `)` may follow, the block has ended
    FlatBlock,    ///< block ... |
    FlatIf,       ///< if ... |
    FlatElse,     ///< if ... else |
    FlatTry,      ///< try ... |
    FlatCatch,    ///< try ... catch x |
    FlatCatchAll  ///< try ... catch_all |
  };

 private:
  struct Frame {
    FrameKind kind = FrameKind::Sequence;
    // Plain and Condition:
    uint32_t source_offset = 0;
    size_t pending_begin = 0;  ///< the instruction's bytes in pending_
    std::optional<bool> hint;
    TokenStream::Names label;  ///< Condition
  };

  Status run(FrameKind outermost);
  Status close();
  Status open();
  Status open_clause(FrameKind kind);
  Status open_instruction(Opcode opcode);
  Status open_plain(Opcode opcode);
  Status flat();
  Status flat_end();
  Status flat_else();
  Status flat_handler(Opcode opcode);
  Status delegate();
  Status begin_block(Opcode opcode, FrameKind kind);
  Status check_repeated_label();

  Status take_hint(Opcode opcode, std::optional<bool>& hint);
  void note(uint32_t source_offset, std::optional<bool> hint);
  void flush(const Frame& frame);
  void push_label(const TokenStream::Names& names);
  void end_block();
  void pop_frame();
  Frame& top() { return frames_.back(); }

  TokenStream& tokens_;
  IndexSpace locals_{"local"};
  LabelStack labels_;
  ImmediateParser immediates_;
  CodeBuffer code_;
  support::ByteWriter pending_;
  std::vector<Frame> frames_;
  uint32_t label_count_ = 0;
};

}  // namespace brink::text

#endif  // BRINK_TEXT_PARSER_INSTRUCTIONS_H_
