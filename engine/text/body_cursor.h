// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Walks over the instructions of a body or of a constant expression and keeps track of the labels
// in scope: what all forms of printing code have in common.
//
// Invariant: as long as next() says true, blocks are well nested: an `else` belongs to an `if`, a
// `catch` to a `try`. Nesting costs memory in proportion to the bytes, never native stack.

#ifndef BRINK_TEXT_BODY_CURSOR_H_
#define BRINK_TEXT_BODY_CURSOR_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "brink/error.h"
#include "engine/decode/instruction_reader.h"
#include "engine/support/byte_reader.h"
#include "engine/text/printer_names.h"
#include "engine/wasm/module.h"

namespace brink::text {

/// Whether the instruction opens a scope: block, loop, if, try, try_table.
bool opens_block(Opcode opcode);

/// The labels in scope, innermost last; the body's own, which has no identifier, is not among them.
/// Labels without an identifier are known by number: @1 is the outermost block, @2 the one in it.
class PrintedLabels {
 public:
  explicit PrintedLabels(LabelNames names) : names_(std::move(names)) {}

  /// Opens the scope of the next label in the order of the body. `opener` is the instruction that
  /// began it, or its current arm: `else`, `catch`.
  void push(Opcode opener);
  void pop();
  void set_opener(Opcode opener) { frames_.back().opener = opener; }

  uint32_t depth() const { return static_cast<uint32_t>(frames_.size()); }
  bool empty() const { return frames_.empty(); }
  Opcode opener() const { return frames_.back().opener; }
  /// Identifier of the innermost label; may be empty.
  std::string_view token() const { return frames_.back().token; }
  /// Whether a reference to the label that was popped last was printed as a number.
  bool popped_was_counted() const { return popped_was_counted_; }

  /// "$name", or "2 (;@1;)" where the label has none or an inner one hides it.
  void append_reference(std::string& out, uint32_t label_depth) {
    append_reference_from(out, label_depth, depth());
  }
  /// The same, counted from outside the innermost label.
  void append_outer_reference(std::string& out, uint32_t label_depth) {
    append_reference_from(out, label_depth, depth() - 1);
  }

 private:
  static constexpr uint32_t kNone = ~uint32_t{0};
  struct Frame {
    std::string_view token;
    uint32_t hidden = kNone;  ///< the frame outside this one with the same token
    Opcode opener;
    bool is_counted = false;
  };
  void append_reference_from(std::string& out, uint32_t label_depth, uint32_t from);

  LabelNames names_;
  std::vector<Frame> frames_;
  std::unordered_map<std::string_view, uint32_t> visible_;  ///< innermost frame with a token
  bool popped_was_counted_ = false;
};

class BodyCursor {
 public:
  BodyCursor(const wasm::Module& module, wasm::ByteRange range, LabelNames labels = {});
  BodyCursor(const BodyCursor&) = delete;
  BodyCursor& operator=(const BodyCursor&) = delete;

  /// Reads the declarations of locals at the start of a function body.
  Result<std::vector<ValType>> read_locals();

  /// Goes to the next instruction. False at the last `end`, and on an error; see status(). Opening
  /// a block brings its label into scope at once, `end` and `delegate` have already left it.
  bool next();
  /// Malformed instructions, ill nesting, bytes missing or left over.
  Status status() { return bytes_.status(); }

  const decode::Instruction& instruction() const { return instruction_; }
  /// For the lists of the current instruction.
  const decode::InstructionReader& reader() const { return reader_; }
  PrintedLabels& labels() { return labels_; }
  /// How many blocks the current instruction lies in; its own and `else`, `catch` not counted.
  uint32_t level() const { return level_; }
  /// Offset of the byte behind the current instruction, from the start of the module.
  uint32_t end_offset() const { return bytes_.offset(); }

 private:
  bool enter_arm(bool is_well_nested);
  bool leave(bool is_well_nested);
  bool finish();

  support::ByteReader bytes_;
  decode::InstructionReader reader_;
  decode::Instruction instruction_;
  PrintedLabels labels_;
  uint32_t level_ = 0;
};

}  // namespace brink::text

#endif  // BRINK_TEXT_BODY_CURSOR_H_
