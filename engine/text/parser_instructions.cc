// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/parser_instructions.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "engine/support/try.h"
#include "engine/text/keywords.h"

namespace brink::text {

namespace {

using FrameKind = InstructionParser::FrameKind;

/// What `)` does in a frame.
enum class OnClose : uint8_t {
  Refuse,
  Leave,  ///< ends the sequence, without being consumed
  Flush,  ///< emits the pending instruction
  Next,   ///< goes on to `next`
  End,    ///< emits `end`
  Pop,    ///< nothing more
};

struct FrameRule {
  FrameKind kind;
  bool takes_folded;
  bool takes_flat;
  OnClose on_close;
  FrameKind next;                 ///< for OnClose::Next
  std::string_view missing = {};  ///< for OnClose::Refuse: what should stand here
};

/// By FrameKind.
constexpr auto kRules = std::to_array<FrameRule>({
    {FrameKind::Sequence, true, true, OnClose::Leave, {}},
    {FrameKind::Single, true, false, OnClose::Refuse, {}, "an instruction"},
    {FrameKind::Plain, true, false, OnClose::Flush, {}},
    {FrameKind::Block, true, true, OnClose::End, {}},
    {FrameKind::Condition, true, false, OnClose::Refuse, {}, "`(then`"},
    {FrameKind::Then, true, true, OnClose::Next, FrameKind::AfterThen},
    {FrameKind::AfterThen, false, false, OnClose::End, {}},
    {FrameKind::Else, true, true, OnClose::Next, FrameKind::Finished},
    {FrameKind::TryStart, false, false, OnClose::Refuse, {}, "`(do`"},
    {FrameKind::Do, true, true, OnClose::Next, FrameKind::AfterDo},
    {FrameKind::AfterDo, false, false, OnClose::End, {}},
    {FrameKind::Catch, true, true, OnClose::Next, FrameKind::AfterCatch},
    {FrameKind::AfterCatch, false, false, OnClose::End, {}},
    {FrameKind::CatchAll, true, true, OnClose::Next, FrameKind::Finished},
    {FrameKind::Finished, false, false, OnClose::End, {}},
    {FrameKind::Delegated, false, false, OnClose::Pop, {}},
    {FrameKind::FlatBlock, true, true, OnClose::Refuse, {}, "`end`"},
    {FrameKind::FlatIf, true, true, OnClose::Refuse, {}, "`else` or `end`"},
    {FrameKind::FlatElse, true, true, OnClose::Refuse, {}, "`end`"},
    {FrameKind::FlatTry, true, true, OnClose::Refuse, {}, "`catch` or `end`"},
    {FrameKind::FlatCatch, true, true, OnClose::Refuse, {}, "`end`"},
    {FrameKind::FlatCatchAll, true, true, OnClose::Refuse, {}, "`end`"},
});
static_assert(std::ranges::is_sorted(kRules, {}, &FrameRule::kind));

const FrameRule& rule(FrameKind kind) {
  return kRules[static_cast<size_t>(kind)];
}

/// The parenthesized parts of folded blocks that are no instructions.
struct Clause {
  FrameKind within;
  std::string_view word;
  FrameKind opens;
};
constexpr auto kClauses = std::to_array<Clause>({
    {FrameKind::Condition, "then", FrameKind::Then},
    {FrameKind::AfterThen, "else", FrameKind::Else},
    {FrameKind::TryStart, "do", FrameKind::Do},
    {FrameKind::AfterDo, "catch", FrameKind::Catch},
    {FrameKind::AfterDo, "catch_all", FrameKind::CatchAll},
    {FrameKind::AfterDo, "delegate", FrameKind::Delegated},
    {FrameKind::AfterCatch, "catch", FrameKind::Catch},
    {FrameKind::AfterCatch, "catch_all", FrameKind::CatchAll},
});

constexpr std::string_view kHintPrefix = "@metadata.code.branch_hint annotation: ";

}  // namespace

void CodeBuffer::clear() {
  bytes.truncate(0);
  map.clear();
  hints.clear();
  label_names.clear();
}

void InstructionParser::begin() {
  locals_.clear();
  labels_.clear();
  code_.clear();
  label_count_ = 0;
}

Status InstructionParser::parse_sequence() {
  return run(FrameKind::Sequence);
}

Status InstructionParser::parse_folded() {
  return run(FrameKind::Single);
}

Status InstructionParser::run(FrameKind outermost) {
  frames_.clear();
  pending_.truncate(0);
  frames_.emplace_back().kind = outermost;
  while (!frames_.empty()) {
    switch (tokens_.peek().kind) {
      case TokenKind::RightParen: BRINK_TRY(close()); break;
      case TokenKind::LeftParen: BRINK_TRY(open()); break;
      case TokenKind::Keyword: BRINK_TRY(flat()); break;
      default: return tokens_.unexpected("an instruction");
    }
  }
  note(tokens_.offset(), std::nullopt);
  ImmediateParser::write_opcode(Opcode::End, code_.bytes);
  return {};
}

Status InstructionParser::close() {
  const FrameRule& facts = rule(top().kind);
  if (facts.on_close == OnClose::Refuse) return tokens_.unexpected(facts.missing);
  if (facts.on_close == OnClose::Leave) {
    frames_.pop_back();
    return {};
  }
  switch (facts.on_close) {
    case OnClose::Next: top().kind = facts.next; break;
    case OnClose::Flush: flush(top()); break;
    case OnClose::End: end_block(); break;
    default: break;
  }
  tokens_.take();
  if (facts.on_close != OnClose::Next) pop_frame();
  return {};
}

void InstructionParser::pop_frame() {
  frames_.pop_back();
  if (!frames_.empty() && top().kind == FrameKind::Single) frames_.pop_back();
}

void InstructionParser::end_block() {
  note(tokens_.offset(), std::nullopt);
  ImmediateParser::write_opcode(Opcode::End, code_.bytes);
  labels_.pop();
}

void InstructionParser::note(uint32_t source_offset, std::optional<bool> hint) {
  code_.map.add(code_.size(), source_offset);
  if (hint) code_.hints.push_back({code_.size(), *hint});
}

void InstructionParser::flush(const Frame& frame) {
  note(frame.source_offset, frame.hint);
  code_.bytes.write_bytes(pending_.bytes().subspan(frame.pending_begin));
  pending_.truncate(frame.pending_begin);
}

void InstructionParser::push_label(const TokenStream::Names& names) {
  labels_.push(names.id);
  if (names.shown) code_.label_names.emplace_back(label_count_, *names.shown);
  ++label_count_;
}

Status InstructionParser::take_hint(Opcode opcode, std::optional<bool>& hint) {
  while (const Annotation* annotation = tokens_.take_annotation(AnnotationKind::BranchHint)) {
    const auto fail = [&](std::string_view what, ErrorKind kind = ErrorKind::Malformed) {
      return tokens_.error(annotation->offset, fmt::format("{}{}", kHintPrefix, what), kind);
    };
    if (hint) return fail("duplicate annotation");
    const std::vector<Token>& content = annotation->content;
    if (content.size() != 1 || content[0].kind != TokenKind::String)
      return fail("unexpected token");
    const std::string_view value = tokens_.string_value(content[0]);
    if (value != std::string_view("\0", 1) && value != "\1") return fail("invalid hint value");
    if (opcode != Opcode::If && opcode != Opcode::BrIf)
      return fail("invalid target", ErrorKind::Invalid);
    hint = value == "\1";
  }
  return {};
}

Status InstructionParser::open() {
  const Token& word = tokens_.peek_second();
  if (word.kind == TokenKind::Keyword) {
    for (const Clause& clause : kClauses)
      if (clause.within == top().kind && clause.word == word.text) return open_clause(clause.opens);
    const std::optional<Opcode> opcode = find_mnemonic(word.text);
    if (opcode && rule(top().kind).takes_folded) return open_instruction(*opcode);
  }
  if (rule(top().kind).takes_folded) tokens_.take();  // the error is the word
  return tokens_.unexpected("an instruction");
}

Status InstructionParser::open_clause(FrameKind kind) {
  const uint32_t offset = tokens_.take().offset;
  tokens_.take();
  switch (kind) {
    case FrameKind::Then:
      flush(top());
      push_label(top().label);
      break;
    case FrameKind::Else:
      note(offset, std::nullopt);
      ImmediateParser::write_opcode(Opcode::Else, code_.bytes);
      break;
    case FrameKind::Catch:
      note(offset, std::nullopt);
      BRINK_TRY(immediates_.write_instruction(Opcode::Catch, code_.bytes));
      break;
    case FrameKind::CatchAll:
      note(offset, std::nullopt);
      ImmediateParser::write_opcode(Opcode::CatchAll, code_.bytes);
      break;
    case FrameKind::Delegated:
      note(offset, std::nullopt);
      BRINK_TRY(delegate());
      BRINK_TRY(tokens_.expect_close());
      break;
    default: break;
  }
  top().kind = kind;
  return {};
}

Status InstructionParser::delegate() {
  // The label is looked up outside of the try that ends here.
  labels_.pop();
  return immediates_.write_instruction(Opcode::Delegate, code_.bytes);
}

Status InstructionParser::begin_block(Opcode opcode, FrameKind kind) {
  std::optional<bool> hint;
  BRINK_TRY(take_hint(opcode, hint));
  const uint32_t offset = tokens_.take().offset;
  const TokenStream::Names label = BRINK_TRY(tokens_.take_names("label"));
  note(offset, hint);
  BRINK_TRY(immediates_.write_instruction(opcode, code_.bytes));
  push_label(label);
  frames_.emplace_back().kind = kind;
  return {};
}

Status InstructionParser::open_instruction(Opcode opcode) {
  switch (opcode) {
    case Opcode::Block:
    case Opcode::Loop:
    case Opcode::TryTable:
    case Opcode::Try: {
      std::optional<bool> hint;
      BRINK_TRY(take_hint(opcode, hint));
      tokens_.take();
      return begin_block(opcode, opcode == Opcode::Try ? FrameKind::TryStart : FrameKind::Block);
    }
    case Opcode::Else:
    case Opcode::End:
    case Opcode::Catch:
    case Opcode::CatchAll:
    case Opcode::Delegate: tokens_.take(); return tokens_.unexpected("an instruction");
    default: return open_plain(opcode);
  }
}

Status InstructionParser::open_plain(Opcode opcode) {
  Frame frame;
  frame.kind = FrameKind::Plain;
  frame.pending_begin = pending_.size();
  BRINK_TRY(take_hint(opcode, frame.hint));
  tokens_.take();
  frame.source_offset = tokens_.take().offset;
  if (opcode == Opcode::If) {
    frame.kind = FrameKind::Condition;
    frame.label = BRINK_TRY(tokens_.take_names("label"));
  }
  BRINK_TRY(immediates_.write_instruction(opcode, pending_));
  frames_.push_back(frame);
  return {};
}

Status InstructionParser::flat() {
  const Token& word = tokens_.peek();
  const std::optional<Opcode> opcode = find_mnemonic(word.text);
  if (!opcode || !rule(top().kind).takes_flat) return tokens_.unexpected("an instruction");
  switch (*opcode) {
    case Opcode::Block:
    case Opcode::Loop:
    case Opcode::TryTable: return begin_block(*opcode, FrameKind::FlatBlock);
    case Opcode::If: return begin_block(*opcode, FrameKind::FlatIf);
    case Opcode::Try: return begin_block(*opcode, FrameKind::FlatTry);
    case Opcode::Else: return flat_else();
    case Opcode::End: return flat_end();
    case Opcode::Catch:
    case Opcode::CatchAll:
    case Opcode::Delegate: return flat_handler(*opcode);
    default: break;
  }
  std::optional<bool> hint;
  BRINK_TRY(take_hint(*opcode, hint));
  note(tokens_.take().offset, hint);
  return immediates_.write_instruction(*opcode, code_.bytes);
}

Status InstructionParser::check_repeated_label() {
  const uint32_t offset = tokens_.offset();
  const std::optional<std::string_view> name = tokens_.take_id();
  if (name && labels_.innermost() != name)
    return tokens_.error(offset, fmt::format("mismatching label ${}", *name));
  return {};
}

Status InstructionParser::flat_else() {
  if (top().kind != FrameKind::FlatIf) return tokens_.unexpected();
  note(tokens_.take().offset, std::nullopt);
  BRINK_TRY(check_repeated_label());
  ImmediateParser::write_opcode(Opcode::Else, code_.bytes);
  top().kind = FrameKind::FlatElse;
  return {};
}

Status InstructionParser::flat_end() {
  if (top().kind < FrameKind::FlatBlock) return tokens_.unexpected();
  note(tokens_.take().offset, std::nullopt);
  BRINK_TRY(check_repeated_label());
  ImmediateParser::write_opcode(Opcode::End, code_.bytes);
  labels_.pop();
  pop_frame();
  return {};
}

Status InstructionParser::flat_handler(Opcode opcode) {
  const bool is_in_try = top().kind == FrameKind::FlatTry;
  const bool is_in_catch = top().kind == FrameKind::FlatCatch;
  if (!is_in_try && !(is_in_catch && opcode != Opcode::Delegate)) return tokens_.unexpected();
  note(tokens_.take().offset, std::nullopt);
  if (opcode == Opcode::Delegate) {
    BRINK_TRY(delegate());
    pop_frame();
    return {};
  }
  BRINK_TRY(immediates_.write_instruction(opcode, code_.bytes));
  top().kind = opcode == Opcode::Catch ? FrameKind::FlatCatch : FrameKind::FlatCatchAll;
  return {};
}

}  // namespace brink::text
