// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Part of body_decoder.h: blocks, branches, calls and exceptions.

#ifndef BRINK_VALIDATE_BODY_CONTROL_H_
#define BRINK_VALIDATE_BODY_CONTROL_H_

#include "engine/validate/body_decoder.h"

namespace brink::validate {

// ---- frames ----

template <class Sink>
void FunctionBodyDecoder<Sink>::enter_function() {
  stack_.clear();
  frames_.clear();
  Frame& frame = frames_.emplace_back();
  frame.kind = FrameKind::Function;
  frame.offset = offset();
  frame.results = function_type().results;
  reachable_ = true;
}

/// Starts a block whose parameters lie on the stack; null if they do not.
template <class Sink>
typename FunctionBodyDecoder<Sink>::Frame* FunctionBodyDecoder<Sink>::open(
    FrameKind kind, const BlockSignature& signature) {
  if (!match_top(signature.params)) return nullptr;
  set_top(signature.params);
  Frame& frame = frames_.emplace_back();
  frame.kind = kind;
  frame.start_is_reachable = reachable_;
  frame.height = stack_.size() - static_cast<uint32_t>(signature.params.size());
  frame.offset = offset();
  frame.initialized_mark = initialized_.mark();
  frame.params = signature.params;
  frame.results = signature.results;
  stack_.set_floor(frame.height);
  return &frame;
}

/// Checks that exactly the results are there at the end of an arm.
template <class Sink>
bool FunctionBodyDecoder<Sink>::finish_arm() {
  Frame& frame = current();
  const auto count = static_cast<uint32_t>(frame.results.size());
  const uint32_t present = stack_.available();
  if (!match_top(frame.results)) return false;
  if (present > count) return block_mismatch(frame.results, actual_types(present));
  if (reachable_) {
    frame.end_is_reachable = true;
    sink_.fallthrough(*this, frame);
  }
  return true;
}

/// Begins the next arm of the current frame.
template <class Sink>
void FunctionBodyDecoder<Sink>::restart_arm(FrameKind kind, Types operands) {
  Frame& frame = current();
  frame.kind = kind;
  frame.is_unreachable = frame.is_polymorphic = false;
  reachable_ = frame.start_is_reachable;
  initialized_.restore(frame.initialized_mark);
  stack_.pop_to_floor();
  stack_.push(operands);
}

/// Ends the current frame, whose last arm has been finished.
template <class Sink>
template <class Deliver>
void FunctionBodyDecoder<Sink>::close(Deliver deliver) {
  Frame& frame = current();
  const bool goes_on = frame.end_is_reachable;
  initialized_.restore(frame.initialized_mark);
  stack_.pop_to_floor();
  stack_.push(frame.results);
  if (frame.start_is_reachable) deliver(frame);
  const bool was_reachable = frame.start_is_reachable;
  frames_.pop_back();
  if (frames_.empty()) return;
  Frame& outer = current();
  stack_.set_floor(outer.height);
  if (was_reachable && !goes_on) outer.is_unreachable = true;
  reachable_ = outer.start_is_reachable && !outer.is_unreachable;
}

template <class Sink>
void FunctionBodyDecoder<Sink>::mark_unreachable() {
  Frame& frame = current();
  frame.is_unreachable = frame.is_polymorphic = true;
  reachable_ = false;
  stack_.pop_to_floor();
}

// ---- labels ----

template <class Sink>
bool FunctionBodyDecoder<Sink>::check_label(uint32_t depth) {
  return check_index(depth, frames_.size(), "label");
}

/// Records that a branch to the frame can happen.
template <class Sink>
void FunctionBodyDecoder<Sink>::reach(uint32_t depth) {
  Frame& target = frame(depth);
  if (reachable_ && target.kind != FrameKind::Loop) target.end_is_reachable = true;
}

// ---- structured control ----

template <class Sink>
bool FunctionBodyDecoder<Sink>::control(Opcode opcode) {
  switch (opcode) {
    case Opcode::Unreachable: return unreachable();
    case Opcode::Block: return block(FrameKind::Block);
    case Opcode::Loop: return block(FrameKind::Loop);
    case Opcode::If: return if_();
    case Opcode::Else: return else_();
    case Opcode::End: return end();
    case Opcode::Br: return br();
    case Opcode::BrIf: return br_if();
    case Opcode::BrTable: return br_table();
    case Opcode::BrOnNull: return br_on_null();
    case Opcode::BrOnNonNull: return br_on_non_null();
    case Opcode::BrOnCast: return br_on_cast();
    case Opcode::BrOnCastFail: return br_on_cast();
    case Opcode::Return: return return_();
    case Opcode::Throw: return throw_();
    case Opcode::ThrowRef: return throw_ref();
    case Opcode::TryTable: return try_table();
    case Opcode::Try: return try_();
    case Opcode::Catch: return catch_();
    case Opcode::CatchAll: return catch_all();
    case Opcode::Delegate: return delegate();
    case Opcode::Rethrow: return rethrow();
    default: BRINK_UNREACHABLE();
  }
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::unreachable() {
  if (reachable_) sink_.unreachable(*this, instruction_);
  mark_unreachable();
  return true;
}

/// block and loop.
template <class Sink>
bool FunctionBodyDecoder<Sink>::block(FrameKind kind) {
  BlockSignature signature;
  if (!check_block_type(instruction_.block, signature)) return false;
  Frame* frame = open(kind, signature);
  if (frame == nullptr) return false;
  if (!reachable_) return true;
  if (kind == FrameKind::Loop) {
    sink_.loop(*this, *frame);
  } else {
    sink_.block(*this, *frame);
  }
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::if_() {
  BlockSignature signature;
  if (!check_block_type(instruction_.block, signature)) return false;
  Item condition;
  if (!pop_i32(condition)) return false;
  Frame* frame = open(FrameKind::If, signature);
  if (frame == nullptr) return false;
  if (reachable_) sink_.if_(*this, *frame, condition);
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::else_() {
  if (current().kind != FrameKind::If)
    return fail("END opcode expected: `else` without `if`", ErrorKind::Malformed);
  if (!finish_arm()) return false;
  restart_arm(FrameKind::Else, current().params);
  if (reachable_) sink_.else_(*this, current());
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::end() {
  if (!finish_arm()) return false;
  if (current().kind == FrameKind::If) {
    restart_arm(FrameKind::Else, current().params);
    if (reachable_) sink_.else_(*this, current());
    if (!finish_arm()) return false;
  }
  close([this](Frame& frame) { sink_.end(*this, frame); });
  return true;
}

// ---- branches ----

template <class Sink>
bool FunctionBodyDecoder<Sink>::br() {
  const uint32_t depth = instruction_.index;
  if (!check_label(depth) || !match_top(frame(depth).label_types())) return false;
  reach(depth);
  if (reachable_) sink_.br(*this, depth);
  mark_unreachable();
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::br_if() {
  const uint32_t depth = instruction_.index;
  Item condition;
  if (!check_label(depth) || !pop_i32(condition)) return false;
  const Types types = frame(depth).label_types();
  if (!match_top(types)) return false;
  set_top(types);
  reach(depth);
  if (reachable_) sink_.br_if(*this, depth, condition);
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::br_table() {
  Item index;
  if (!pop_i32(index)) return false;
  const std::span<const uint32_t> labels = instructions_.labels();
  if (!check_label(labels.back())) return false;
  const size_t arity = frame(labels.back()).label_types().size();
  const ValType* matched = nullptr;  // most neighbours have the same types
  for (const uint32_t depth : labels) {
    if (!check_label(depth)) return false;
    const Types types = frame(depth).label_types();
    if (types.size() != arity)
      return mismatch_because("labels carry different numbers of operands");
    if (types.data() != matched && !match_top(types)) return false;
    matched = types.data();
    reach(depth);
  }
  if (reachable_) sink_.br_table(*this, labels, index);
  mark_unreachable();
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::br_on_null() {
  const uint32_t depth = instruction_.index;
  ValType type;
  if (!check_label(depth) || !ref_on_top(type)) return false;
  const Item operand = pop();
  const Types types = frame(depth).label_types();
  if (!match_top(types)) return false;
  set_top(types);
  reach(depth);
  const HeapType heap = type.is_bottom() ? HeapType(AbstractHeapType::Bottom) : type.heap();
  stack_.ensure_room();
  stack_.push(ValType::ref(heap, false));
  if (reachable_) sink_.br_on(*this, instruction_, operand, &stack_.peek());
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::br_on_non_null() {
  const uint32_t depth = instruction_.index;
  ValType type;
  if (!check_label(depth) || !ref_on_top(type)) return false;
  const Types types = frame(depth).label_types();
  if (types.empty() || !types.back().is_ref())
    return mismatch_because("the label carries no reference");
  const ValType required = ValType::ref(types.back().heap(), true);
  if (!match_top({&required, 1})) return false;
  const Item operand = pop();
  const Types rest = types.first(types.size() - 1);
  if (!match_top(rest)) return false;
  set_top(rest);
  reach(depth);
  if (reachable_) sink_.br_on(*this, instruction_, operand, nullptr);
  return true;
}

/// br_on_cast and br_on_cast_fail.
template <class Sink>
bool FunctionBodyDecoder<Sink>::br_on_cast() {
  const uint32_t depth = instruction_.index;
  if (!check_label(depth) || !check_heap_type(instruction_.heap) ||
      !check_heap_type(instruction_.heap2))
    return false;
  const ValType source = ValType::ref(instruction_.heap, instruction_.nullable);
  const ValType target = ValType::ref(instruction_.heap2, instruction_.nullable2);
  if (!matches(target, source))
    return mismatch_because("cannot cast from " + to_string(source) + " to " + to_string(target));
  // What remains of the source when the cast to the target fails.
  const ValType rest = ValType::ref(source.heap(), source.nullable() && !target.nullable());
  const bool on_success = instruction_.opcode == Opcode::BrOnCast;
  const ValType branched = on_success ? target : rest;
  const ValType kept = on_success ? rest : target;
  const Types types = frame(depth).label_types();
  if (types.empty() || !matches(branched, types.back()))
    return mismatch_because("the label does not take " + to_string(branched));
  if (!match_top({&source, 1})) return false;
  const Item operand = pop();
  const Types below = types.first(types.size() - 1);
  if (!match_top(below)) return false;
  set_top(below);
  reach(depth);
  stack_.ensure_room();
  stack_.push(kept);
  if (reachable_) sink_.br_on(*this, instruction_, operand, &stack_.peek());
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::return_() {
  if (!match_top(function_type().results)) return false;
  if (reachable_) sink_.return_(*this);
  mark_unreachable();
  return true;
}

// ---- calls ----

template <class Sink>
bool FunctionBodyDecoder<Sink>::call_any(Opcode opcode) {
  switch (opcode) {
    case Opcode::Call:
    case Opcode::ReturnCall:
      return check_function(instruction_.index) &&
             call(module_.function_type(instruction_.index), kBottom);
    case Opcode::CallIndirect:
    case Opcode::ReturnCallIndirect: return call_indirect();
    case Opcode::CallRef:
    case Opcode::ReturnCallRef: {
      const FuncType* type = func_type(instruction_.index);
      return type != nullptr && call(*type, ref_to(instruction_.index, true));
    }
    default: BRINK_UNREACHABLE();
  }
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::call_indirect() {
  if (!check_table(instruction_.index2)) return false;
  if (!matches(table_element(instruction_.index2), kFuncRef))
    return mismatch_because("table " + std::to_string(instruction_.index2) +
                            " does not hold functions");
  const FuncType* type = func_type(instruction_.index);
  return type != nullptr && call(*type, table_address(instruction_.index2));
}

/// Any call. `callee` is the type of the operand above the arguments, or Bottom if there is none.
template <class Sink>
bool FunctionBodyDecoder<Sink>::call(const FuncType& type, ValType callee) {
  const Opcode opcode = instruction_.opcode;
  const bool is_tail = opcode == Opcode::ReturnCall || opcode == Opcode::ReturnCallIndirect ||
                       opcode == Opcode::ReturnCallRef;
  if (is_tail && !check_results(type.results)) return false;
  const bool has_callee = !callee.is_bottom();
  if (has_callee && !match_top({&callee, 1})) return false;
  if (!match_top(type.params, has_callee)) return false;
  const Args args = take(static_cast<uint32_t>(type.params.size()) + has_callee);
  if (is_tail) {
    if (reachable_) sink_.return_call(*this, instruction_, type, args);
    mark_unreachable();
    return true;
  }
  stack_.push(type.results);
  if (reachable_)
    sink_.call(*this, instruction_, type, args,
               stack_.top(static_cast<uint32_t>(type.results.size())));
  return true;
}

/// Whether a tail call may give these results.
template <class Sink>
bool FunctionBodyDecoder<Sink>::check_results(Types results) {
  const Types own = function_type().results;
  const auto match = [this](ValType sub, ValType super) { return match_one(sub, super); };
  return std::ranges::equal(results, own, match) ||
         mismatch_because("the callee's results are not those of the caller");
}

// ---- exceptions ----

template <class Sink>
bool FunctionBodyDecoder<Sink>::throw_() {
  if (!check_tag(instruction_.index)) return false;
  const FuncType& type = tag_type(instruction_.index);
  if (!match_top(type.params)) return false;
  const Args args = take(static_cast<uint32_t>(type.params.size()));
  if (reachable_) sink_.throw_(*this, instruction_, args);
  mark_unreachable();
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::throw_ref() {
  if (!match_top({&kExnRef, 1})) return false;
  const Item exception = pop();
  if (reachable_) sink_.throw_ref(*this, instruction_, exception);
  mark_unreachable();
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::try_table() {
  BlockSignature signature;
  if (!check_block_type(instruction_.block, signature)) return false;
  const std::span<const CatchClause> clauses = instructions_.catches();
  for (const CatchClause& clause : clauses)
    if (!check_catch(clause)) return false;
  Frame* frame = open(FrameKind::TryTable, signature);
  if (frame == nullptr) return false;
  if (reachable_) sink_.try_table(*this, *frame, clauses);
  return true;
}

/// Whether the label of a clause takes what the clause hands over.
template <class Sink>
bool FunctionBodyDecoder<Sink>::check_catch(const CatchClause& clause) {
  if (clause.has_tag() && !check_tag(clause.tag_index)) return false;
  if (!check_label(clause.label_depth)) return false;
  const Types params = clause.has_tag() ? Types(tag_type(clause.tag_index).params) : Types();
  const Types label = frame(clause.label_depth).label_types();
  bool is_good = label.size() == params.size() + clause.has_ref();
  for (size_t i = 0; is_good && i < params.size(); ++i) is_good = match_one(params[i], label[i]);
  if (is_good && clause.has_ref())
    is_good = matches(ValType::ref(AbstractHeapType::Exn, false), label.back());
  if (!is_good) return mismatch_because("the label of a catch clause takes other operands");
  reach(clause.label_depth);
  return true;
}

// ---- legacy exceptions ----

template <class Sink>
bool FunctionBodyDecoder<Sink>::try_() {
  BlockSignature signature;
  if (!check_block_type(instruction_.block, signature)) return false;
  Frame* frame = open(FrameKind::LegacyTry, signature);
  if (frame == nullptr) return false;
  if (reachable_) sink_.legacy_try(*this, *frame);
  return true;
}

/// A catch ends the body of a try or the handler before it.
template <class Sink>
bool FunctionBodyDecoder<Sink>::check_catch_place() {
  const FrameKind kind = current().kind;
  if (kind != FrameKind::LegacyTry && kind != FrameKind::LegacyCatch)
    return fail("END opcode expected: `catch` without `try`", ErrorKind::Malformed);
  return finish_arm();
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::catch_() {
  const uint32_t tag_index = instruction_.index;
  if (!check_tag(tag_index) || !check_catch_place()) return false;
  restart_arm(FrameKind::LegacyCatch, tag_type(tag_index).params);
  if (reachable_) sink_.legacy_catch(*this, current(), tag_index);
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::catch_all() {
  if (!check_catch_place()) return false;
  restart_arm(FrameKind::LegacyCatchAll, {});
  if (reachable_) sink_.legacy_catch_all(*this, current());
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::delegate() {
  const uint32_t depth = instruction_.index;
  if (current().kind != FrameKind::LegacyTry)
    return fail("END opcode expected: `delegate` without `try`", ErrorKind::Malformed);
  if (!check_index(depth, frames_.size() - 1, "label") || !finish_arm()) return false;
  close([&](Frame& frame) { sink_.legacy_delegate(*this, frame, depth); });
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::rethrow() {
  const uint32_t depth = instruction_.index;
  if (!check_label(depth)) return false;
  const FrameKind kind = frame(depth).kind;
  if (kind != FrameKind::LegacyCatch && kind != FrameKind::LegacyCatchAll)
    return fail("invalid rethrow label " + std::to_string(depth));
  if (reachable_) sink_.legacy_rethrow(*this, instruction_, depth);
  mark_unreachable();
  return true;
}

}  // namespace brink::validate

#endif  // BRINK_VALIDATE_BODY_CONTROL_H_
