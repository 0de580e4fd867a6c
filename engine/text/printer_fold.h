// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Instructions as S-expressions: operands inside the instruction that takes them.
//
// A folded instruction means its operands, then itself. Folding therefore never changes what the
// text means as long as the order of instructions stays; this is all the builder relies on. Which
// instructions become operands is a matter of taste: those that leave exactly the values needed,
// and lie directly before. Where counts do not work out (several results, unreachable code, unknown
// types) what is pending is written out as statements and nothing is folded.
//
//     local.get 0       +-- pending: values of the current block not taken yet
//     i32.const 1       |
//     i32.add      =>  (i32.add (local.get 0) (i32.const 1))   takes two, is pending itself
//     drop         =>  (drop (i32.add ...))                    leaves nothing: a statement
//
// Trees are made and written without native recursion.

#ifndef BRINK_TEXT_PRINTER_FOLD_H_
#define BRINK_TEXT_PRINTER_FOLD_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "brink/error.h"
#include "engine/text/body_cursor.h"
#include "engine/text/line_writer.h"
#include "engine/text/printer_arity.h"
#include "engine/text/printer_instruction.h"

namespace brink::text {

class FoldedBody {
 public:
  FoldedBody(const InstructionPrinter& instructions, const ArityFinder& arities)
      : instructions_(instructions), arities_(arities) {}

  /// Begins a body whose results `return` takes; kUnknownArity if nobody knows how many.
  void begin(uint32_t result_count);
  /// Adds the instruction at the cursor. `prefix` is printed before its parenthesis. Fails only for
  /// text that nobody could want.
  Status add(BodyCursor& cursor, const IdentifierSpace& locals, std::string_view prefix = "");
  /// After the last instruction.
  void finish();

  /// How many expressions there are side by side.
  size_t statement_count() const { return statement_count_; }
  /// All statements behind one another, each after a space.
  void append_flat(std::string& out);
  /// Each statement on lines of its own.
  void print(LineWriter& lines, uint32_t level);

 private:
  using NodeId = uint32_t;
  static constexpr NodeId kNone = ~NodeId{0};
  static constexpr uint32_t kTooWide = 1 << 20;

  enum class Shape : uint8_t {
    Plain,   ///< an instruction and its operands
    If,      ///< the condition may stand beside the keyword
    Block,   ///< has lines of its own as soon as there is anything in it
    Clause,  ///< then, else, do, catch: on one line with a single statement
  };
  /// An expression. Its text is what stands behind the parenthesis.
  struct Node {
    uint32_t text_begin = 0;
    uint32_t text_size = 0;
    uint32_t comment_begin = 0;  ///< part of the text: the number of the label
    uint32_t comment_size = 0;
    uint32_t prefix_size = 0;  ///< first part of the text, printed before the parenthesis
    NodeId first_child = kNone;
    NodeId last_child = kNone;
    NodeId next_sibling = kNone;
    uint32_t width = 0;  ///< on one line; kTooWide if it may not be
    uint32_t offset = 0;
    uint32_t results = 0;
    uint16_t height = 1;  ///< of the tree of operands
    Shape shape = Shape::Plain;
    bool has_comment = false;  ///< the number is printed: a branch refers to it
  };
  /// A block that is open. Its label's arity lies in label_arities_.
  struct Frame {
    NodeId block = kNone;
    NodeId container = kNone;    ///< the node that takes statements: the block or its clause
    uint32_t pending_begin = 0;  ///< in pending_
  };

  void add_instruction(BodyCursor& cursor, const IdentifierSpace& locals, std::string_view prefix);
  NodeId new_node(Shape shape, uint32_t offset);
  NodeId new_clause(std::string_view keyword, uint32_t offset);
  NodeId new_instruction(Shape shape, BodyCursor& cursor, const IdentifierSpace& locals,
                         std::string_view prefix);
  void add_plain(BodyCursor& cursor, const IdentifierSpace& locals, std::string_view prefix);
  void open_block(BodyCursor& cursor, const IdentifierSpace& locals, std::string_view prefix);
  void add_delegate(BodyCursor& cursor, const IdentifierSpace& locals);
  void open_clause(NodeId clause);
  void close_block(BodyCursor& cursor);

  void append_child(NodeId parent, NodeId child);
  /// Makes the last pending expressions operands of `node` if they leave `count` values together.
  bool take_operands(NodeId node, uint32_t count);
  void flush_pending();
  /// A finished node with results is pending, one without is a statement.
  void place(NodeId node);
  void measure(NodeId node);

  void append_head(std::string& out, const Node& node) const;
  void append_on_one_line(std::string& out, NodeId root);
  /// Writes the first line of `node`; false if all of it fitted. `next` is its first child that is
  /// still to be written.
  bool start_node(LineWriter& lines, NodeId node, uint32_t level, NodeId& next);

  const InstructionPrinter& instructions_;
  const ArityFinder& arities_;
  std::string text_;
  std::vector<Node> nodes_;  ///< the first is the body
  std::vector<Frame> frames_;
  std::vector<uint32_t> label_arities_;
  std::vector<NodeId> pending_;
  size_t statement_count_ = 0;
};

}  // namespace brink::text

#endif  // BRINK_TEXT_PRINTER_FOLD_H_
