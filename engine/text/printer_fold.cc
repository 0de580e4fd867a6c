// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/printer_fold.h"

#include <algorithm>
#include <optional>

#include "engine/text/literals.h"

namespace brink::text {
namespace {

/// Columns after which expressions are broken up, but no line is left with less room than the
/// second: deeply nested code would fall apart into single words.
constexpr uint32_t kLineWidth = 100;
constexpr uint32_t kLeastRoom = 40;
/// Trees of operands grow to this height, then begin anew: deeper ones are neither readable nor
/// kind to other readers of the text.
constexpr uint16_t kMaxHeight = 48;
/// Of one function; identifiers make the text many times longer than the bytes. Positions in it
/// stay far below 2^32 even with the longest instruction behind it.
constexpr size_t kMaxTextBytes = size_t{1} << 28;

}  // namespace

void FoldedBody::begin(uint32_t result_count) {
  text_.clear();
  nodes_.clear();
  frames_.clear();
  pending_.clear();
  label_arities_.assign(1, result_count);
  statement_count_ = 0;
  const NodeId body = new_node(Shape::Block, 0);
  frames_.push_back({body, body, 0});
}

Status FoldedBody::add(BodyCursor& cursor, const IdentifierSpace& locals, std::string_view prefix) {
  if (text_.size() > kMaxTextBytes)
    return make_error(ErrorKind::Limit, "implementation limit exceeded: text of a folded function",
                      cursor.instruction().offset);
  add_instruction(cursor, locals, prefix);
  return {};
}

void FoldedBody::add_instruction(BodyCursor& cursor, const IdentifierSpace& locals,
                                 std::string_view prefix) {
  const decode::Instruction& instruction = cursor.instruction();
  switch (instruction.opcode) {
    case Opcode::Else: return open_clause(new_clause("else", instruction.offset));
    case Opcode::Catch:
    case Opcode::CatchAll: return open_clause(new_instruction(Shape::Clause, cursor, locals, ""));
    case Opcode::Delegate: add_delegate(cursor, locals); return close_block(cursor);
    case Opcode::End: return close_block(cursor);
    default: break;
  }
  if (opens_block(instruction.opcode))
    open_block(cursor, locals, prefix);
  else
    add_plain(cursor, locals, prefix);
}

void FoldedBody::finish() {
  flush_pending();
  for (NodeId child = nodes_[0].first_child; child != kNone; child = nodes_[child].next_sibling)
    ++statement_count_;
}

FoldedBody::NodeId FoldedBody::new_node(Shape shape, uint32_t offset) {
  Node node;
  node.text_begin = static_cast<uint32_t>(text_.size());
  node.offset = offset;
  node.shape = shape;
  nodes_.push_back(node);
  return static_cast<NodeId>(nodes_.size() - 1);
}

FoldedBody::NodeId FoldedBody::new_clause(std::string_view keyword, uint32_t offset) {
  const NodeId id = new_node(Shape::Clause, offset);
  text_ += keyword;
  nodes_[id].text_size = static_cast<uint32_t>(keyword.size());
  return id;
}

FoldedBody::NodeId FoldedBody::new_instruction(Shape shape, BodyCursor& cursor,
                                               const IdentifierSpace& locals,
                                               std::string_view prefix) {
  const NodeId id = new_node(shape, cursor.instruction().offset);
  Node& node = nodes_[id];
  text_ += prefix;
  node.prefix_size = static_cast<uint32_t>(prefix.size());
  instructions_.append(text_, cursor, locals);
  node.text_size = static_cast<uint32_t>(text_.size()) - node.text_begin;
  return id;
}

void FoldedBody::add_plain(BodyCursor& cursor, const IdentifierSpace& locals,
                           std::string_view prefix) {
  const NodeId node = new_instruction(Shape::Plain, cursor, locals, prefix);
  const std::optional<Arity> arity =
      arities_.find(cursor.instruction(), cursor.reader(), label_arities_);
  if (!arity || !take_operands(node, arity->operands)) flush_pending();
  nodes_[node].results = arity ? arity->results : 0;
  measure(node);
  place(node);
}

void FoldedBody::open_block(BodyCursor& cursor, const IdentifierSpace& locals,
                            std::string_view prefix) {
  const decode::Instruction& instruction = cursor.instruction();
  const bool is_if = instruction.opcode == Opcode::If;
  const NodeId block = new_instruction(is_if ? Shape::If : Shape::Block, cursor, locals, prefix);
  if (cursor.labels().token().empty()) {
    std::string comment = " (;@";
    append_unsigned(comment, cursor.labels().depth());
    comment += ";)";
    Node& node = nodes_[block];
    node.comment_begin = node.text_begin + node.prefix_size +
                         static_cast<uint32_t>(mnemonic(instruction.opcode).size());
    node.comment_size = static_cast<uint32_t>(comment.size());
    node.text_size += node.comment_size;
    text_.insert(node.comment_begin, comment);
  }
  const std::optional<Arity> arity = arities_.of_block(instruction.block);
  const uint32_t params = arity ? arity->operands : 0;
  // Only `if` has a place for operands; those of other blocks stand before it.
  const bool is_folded = arity && (is_if ? take_operands(block, params + 1) : params == 0);
  if (!is_folded) flush_pending();

  nodes_[block].results = arity ? arity->results : 0;
  const bool is_loop = instruction.opcode == Opcode::Loop;
  label_arities_.push_back(!arity ? kUnknownArity : is_loop ? arity->operands : arity->results);
  frames_.push_back({block, block, static_cast<uint32_t>(pending_.size())});
  if (is_if) open_clause(new_clause("then", instruction.offset));
  if (instruction.opcode == Opcode::Try) open_clause(new_clause("do", instruction.offset));
}

void FoldedBody::add_delegate(BodyCursor& cursor, const IdentifierSpace& locals) {
  flush_pending();
  const NodeId node = new_instruction(Shape::Plain, cursor, locals, "");
  measure(node);
  append_child(frames_.back().block, node);
}

void FoldedBody::open_clause(NodeId clause) {
  flush_pending();
  Frame& frame = frames_.back();
  if (frame.container != frame.block) measure(frame.container);
  append_child(frame.block, clause);
  frame.container = clause;
}

void FoldedBody::close_block(BodyCursor& cursor) {
  flush_pending();
  const Frame frame = frames_.back();
  frames_.pop_back();
  label_arities_.pop_back();
  if (frame.container != frame.block) measure(frame.container);
  nodes_[frame.block].has_comment = cursor.labels().popped_was_counted();
  measure(frame.block);
  place(frame.block);
}

void FoldedBody::append_child(NodeId parent, NodeId child) {
  Node& node = nodes_[parent];
  if (node.first_child == kNone)
    node.first_child = child;
  else
    nodes_[node.last_child].next_sibling = child;
  node.last_child = child;
}

bool FoldedBody::take_operands(NodeId node, uint32_t count) {
  size_t first = pending_.size();
  const size_t begin = frames_.back().pending_begin;
  uint32_t missing = count;
  uint16_t height = 0;
  while (missing > 0) {
    if (first == begin) return false;
    const Node& operand = nodes_[pending_[first - 1]];
    if (operand.results > missing) return false;
    missing -= operand.results;
    height = std::max(height, operand.height);
    --first;
  }
  if (height >= kMaxHeight) return false;
  for (size_t i = first; i < pending_.size(); ++i) append_child(node, pending_[i]);
  pending_.resize(first);
  nodes_[node].height = height + 1;
  return true;
}

void FoldedBody::flush_pending() {
  const Frame& frame = frames_.back();
  for (size_t i = frame.pending_begin; i < pending_.size(); ++i)
    append_child(frame.container, pending_[i]);
  pending_.resize(frame.pending_begin);
}

void FoldedBody::place(NodeId node) {
  if (nodes_[node].shape != Shape::Plain) nodes_[node].height = 1;
  if (nodes_[node].results > 0) {
    pending_.push_back(node);
    return;
  }
  flush_pending();
  append_child(frames_.back().container, node);
}

void FoldedBody::measure(NodeId id) {
  Node& node = nodes_[id];
  uint32_t width = 2 + node.text_size - (node.has_comment ? 0 : node.comment_size);
  uint32_t child_count = 0;
  for (NodeId child = node.first_child; child != kNone; child = nodes_[child].next_sibling) {
    width = std::min(kTooWide, width + 1 + nodes_[child].width);
    ++child_count;
  }
  const bool has_lines = (node.shape == Shape::Block && child_count > 0) ||
                         (node.shape == Shape::Clause && child_count > 1);
  node.width = has_lines ? kTooWide : std::min(width, kTooWide);
}

void FoldedBody::append_head(std::string& out, const Node& node) const {
  const std::string_view text = std::string_view(text_).substr(node.text_begin, node.text_size);
  out += text.substr(0, node.prefix_size);
  out += '(';
  if (!node.has_comment && node.comment_size > 0) {
    const uint32_t before = node.comment_begin - node.text_begin;
    out += text.substr(node.prefix_size, before - node.prefix_size);
    out += text.substr(before + node.comment_size);
  } else {
    out += text.substr(node.prefix_size);
  }
}

void FoldedBody::append_on_one_line(std::string& out, NodeId root) {
  std::vector<NodeId> parents;
  NodeId id = root;
  while (true) {
    const Node& node = nodes_[id];
    append_head(out, node);
    if (node.first_child != kNone) {
      out += ' ';
      parents.push_back(id);
      id = node.first_child;
      continue;
    }
    out += ')';
    while (id != root && nodes_[id].next_sibling == kNone) {
      id = parents.back();
      parents.pop_back();
      out += ')';
    }
    if (id == root) return;
    out += ' ';
    id = nodes_[id].next_sibling;
  }
}

void FoldedBody::append_flat(std::string& out) {
  for (NodeId id = nodes_[0].first_child; id != kNone; id = nodes_[id].next_sibling) {
    out += ' ';
    append_on_one_line(out, id);
  }
}

bool FoldedBody::start_node(LineWriter& lines, NodeId id, uint32_t level, NodeId& next) {
  const Node& node = nodes_[id];
  std::string& line = lines.begin_line(level, node.offset);
  const uint32_t column = lines.column(level);
  const uint32_t room = std::max(kLineWidth, column + kLeastRoom) - column;
  if (node.width <= room || node.first_child == kNone) {
    append_on_one_line(line, id);
    return false;
  }
  append_head(line, node);
  next = node.first_child;
  if (node.shape != Shape::If) return true;
  const Node& condition = nodes_[next];
  const bool is_single =
      condition.shape != Shape::Clause && nodes_[condition.next_sibling].shape == Shape::Clause;
  if (is_single && node.text_size + 2 + condition.width <= room) {
    line += ' ';
    append_on_one_line(line, next);
    next = condition.next_sibling;
  }
  return true;
}

void FoldedBody::print(LineWriter& lines, uint32_t level) {
  struct Open {
    NodeId next;
    uint32_t level;
  };
  std::vector<Open> open = {{nodes_[0].first_child, level}};
  while (true) {
    Open& current = open.back();
    if (current.next == kNone) {
      open.pop_back();
      if (open.empty()) return;
      lines.begin_line(open.back().level) += ')';
      continue;
    }
    const NodeId node = current.next;
    const uint32_t node_level = current.level;
    current.next = nodes_[node].next_sibling;
    NodeId children = kNone;
    if (start_node(lines, node, node_level, children)) open.push_back({children, node_level + 1});
  }
}

}  // namespace brink::text
