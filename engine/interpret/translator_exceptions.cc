// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Translation of exceptions. A `try` costs nothing where control enters it: its body is a range of
// words in a table. Each clause has a landing, code that starts with Catch, which spreads the
// exception over the slots that the clause's label wants:
//
//     body of try_table          | words of the range
//     br end                     |
//     landing 1: Catch, br label |
//     landing 2: Catch, br label |
//     end:
//
// A legacy `try` has its catch arms where the landings are; Catch also puts the exception into a
// hidden local, where `rethrow` finds it.

#include "engine/interpret/function_translator.h"
#include "engine/support/check.h"

namespace brink::interpret {

void Translator::throw_(Decoder& d, const Instruction& i, Args args) {
  start(d, i.offset, i.opcode);
  pop(args);
  charge();
  const uint32_t slot = args.empty() ? 0 : operands_in_slots(args);
  code_.clobber_accumulators();
  note_safepoint(d, d.operands().size(), args, 0, {});
  code_.emit(InternalOp::Throw, {slot, i.index});
}

void Translator::throw_ref(Decoder& d, const Instruction& i, Item exception) {
  start(d, i.offset, i.opcode);
  pop(exception);
  charge();
  code_.emit(InternalOp::ThrowRef, {code_.wide_slot(exception.value, exception.type), 0});
}

/// The start of a `try` of either kind; the entries below go to their slots, as for any block.
uint32_t Translator::open_try(Decoder& d, Frame& frame) {
  charge();
  flush(d);
  frame.control.base = stack_slot(d, frame.height);
  code_.seal();
  frame.control.try_index = static_cast<uint32_t>(open_tries_.size());
  open_tries_.emplace_back().start = code_.size();
  return frame.control.try_index;
}

void Translator::try_table(Decoder& d, Frame& frame,
                           std::span<const validate::CatchClause> clauses) {
  start(d, frame.offset, Opcode::TryTable);
  open_try(d, frame);
  open_tries_.back().catches.assign(clauses.begin(), clauses.end());
}

/// What a clause of a try_table does with an exception. Labels count from outside the frame.
void Translator::emit_landing(Decoder& d, Frame& frame, const validate::CatchClause& clause) {
  code_.start_block();
  TryClause row;
  row.landing = code_.size();
  if (clause.has_tag()) row.tag = clause.tag_index;
  open_tries_.back().clauses.push_back(row);
  Frame& target = d.frame(clause.label_depth + 1);
  const bool is_return = target.kind == FrameKind::Function;
  const uint32_t base = is_return ? frame.control.base : target.control.base;
  std::vector<Item> operands;
  uint32_t slot = base;
  for (const ValType type : target.label_types()) {
    Item& item = operands.emplace_back();
    item.type = type;
    item.value.temp = slot;
    slot += type.slots();
  }
  code_.use_slots(slot);
  const uint32_t payload = slot - base - (clause.has_ref() ? 1 : 0);
  code_.emit(InternalOp::Catch, {base, payload});
  code_.words().push_back(CodeWord{.wide = {clause.has_ref() ? slot : 0, 0}});
  if (is_return)
    emit_return(operands);
  else if (target.kind == FrameKind::Loop)
    code_.emit_branch_back(target.control.loop_start);
  else
    code_.emit_branch(target.control.end);
}

/// The end of a `try` of either kind; its results, if any, are in place.
void Translator::close_try(Decoder& d, Frame& frame, uint32_t delegate_level) {
  BRINK_CHECK(frame.control.try_index + 1 == open_tries_.size());
  TryRange range;
  range.start = open_tries_.back().start;
  range.end = open_tries_.back().has_ended ? open_tries_.back().end : code_.size();
  range.level = d.control_depth();
  range.delegate_level = delegate_level;
  const std::vector<validate::CatchClause> catches = std::move(open_tries_.back().catches);
  if (!catches.empty() && frame.control.arm_fell_through) code_.emit_branch(frame.control.end);
  for (const validate::CatchClause& clause : catches) emit_landing(d, frame, clause);
  code_.start_block();
  const std::vector<TryClause>& clauses = open_tries_.back().clauses;
  range.first_clause = static_cast<uint32_t>(clauses_.size());
  range.clause_count = static_cast<uint32_t>(clauses.size());
  if (!clauses.empty() || delegate_level != TryRange::kNoDelegate) tries_.push_back(range);
  clauses_.insert(clauses_.end(), clauses.begin(), clauses.end());
  open_tries_.pop_back();
  if (frame.kind != FrameKind::TryTable) --legacy_depth_;
}

// ---- legacy exceptions ----

void Translator::legacy_try(Decoder& d, Frame& frame) {
  start(d, frame.offset, Opcode::Try);
  open_try(d, frame);
  open_tries_.back().exception_slot = first_exception_slot_ + legacy_depth_;
  max_legacy_depth_ = std::max(max_legacy_depth_, ++legacy_depth_);
}

/// The start of a catch arm. The payload is where the arm's first operands have their slots.
void Translator::start_catch(Frame& frame, uint32_t tag, uint32_t payload_slots) {
  Try& current = open_tries_[frame.control.try_index];
  if (!current.has_ended) {
    current.has_ended = true;
    current.end = code_.size();
  }
  if (frame.control.arm_fell_through) code_.emit_branch(frame.control.end);
  frame.control.arm_fell_through = false;
  code_.start_block();
  ++epoch_;
  flushed_ = std::min(flushed_, frame.height);
  current.clauses.push_back({tag, code_.size()});
  code_.emit(InternalOp::Catch, {frame.control.base, payload_slots});
  code_.words().push_back(CodeWord{.wide = {current.exception_slot + 1, 0}});
  code_.use_slots(frame.control.base + payload_slots);
}

void Translator::legacy_catch(Decoder& d, Frame& frame, uint32_t tag_index) {
  start(d, d.offset(), Opcode::Catch);
  const FuncType& type =
      *decoded_.registry->get(decoded_.type_ids[decoded_.tags[tag_index]]).func();
  start_catch(frame, tag_index, slots_of(type.params));
  set_temps(d.top(static_cast<uint32_t>(type.params.size())), frame.control.base);
}

void Translator::legacy_catch_all(Decoder& d, Frame& frame) {
  start(d, d.offset(), Opcode::CatchAll);
  start_catch(frame, TryClause::kAll, 0);
}

void Translator::legacy_delegate(Decoder& d, Frame& frame, uint32_t depth) {
  close_try(d, frame, d.control_depth() - (depth + 1));
  code_.bind(frame.control.end);
  ++epoch_;
  flushed_ = std::min(flushed_, frame.height);
  set_temps(d.top(static_cast<uint32_t>(frame.results.size())), frame.control.base);
}

void Translator::legacy_rethrow(Decoder& d, const Instruction& i, uint32_t depth) {
  start(d, i.offset, i.opcode);
  charge();
  const Try& target = open_tries_[d.frame(depth).control.try_index];
  code_.emit(InternalOp::ThrowRef, {target.exception_slot, 0});
}

}  // namespace brink::interpret
