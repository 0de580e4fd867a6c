// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The builder's exceptions. A call inside of a try that catches something is an Invoke:
//
//     invoke ..., block normal, block landing
//     block landing:              one for each call
//       exn = landing
//       jump dispatch (exn, locals that differ)
//     block dispatch (exn, ...):  one for each try
//       branch tag(exn) == tag 1, block payload 1, block next
//       ...
//       jump outer dispatch (exn, ...)
//
// Landings are edges to the label of their try's dispatch, which is bound when the try's body has
// ended; everything said of labels in function_builder.h holds for it. The table of landings has
// decided that somebody in this function catches, so nothing is left when the outermost try says
// no. Of a legacy try all clauses are known from the prescan; its dispatch leads to the arms, which
// follow one after the other.

#include "engine/compile/ir/function_builder.h"
#include "engine/compile/ir/vm_layout.h"

namespace brink::compile::ir {

// ---- throwing ----

void FunctionBuilder::throw_runtime(Decoder& d, RuntimeFunction function,
                                    std::span<const ValueId> args, uint32_t a) {
  Inst inst = make_inst(Op::RuntimeCall, Type::Void, {}, static_cast<uint64_t>(function), a);
  set_args(f_, inst, args);
  if (is_live_) emit_call(d, inst, true);
  trap(TrapCode::Unreachable);
}

void FunctionBuilder::throw_(Decoder& d, const Instruction& i, Args args) {
  if (failed_) return;
  start(d, i.offset);
  charge();
  throw_runtime(d, RuntimeFunction::Throw, values_of(args), i.index);
}

void FunctionBuilder::throw_ref(Decoder& d, const Instruction& i, Item exception) {
  if (failed_) return;
  start(d, i.offset);
  charge();
  check_null(exception, TrapCode::NullExceptionReference);
  throw_runtime(d, RuntimeFunction::ThrowRef, {&exception.value.id, 1}, 0);
}

void FunctionBuilder::legacy_rethrow(Decoder& d, const Instruction& i, uint32_t depth) {
  if (failed_) return;
  start(d, i.offset);
  charge();
  throw_runtime(d, RuntimeFunction::ThrowRef, {&d.frame(depth).control.exception, 1}, 0);
}

// ---- the start of a try ----

void FunctionBuilder::open_try(Decoder& d, Frame& frame, std::vector<CatchClause> clauses,
                               uint32_t outer) {
  charge();
  open_frame(d, frame);
  frame.control.handler = outer;
  frame.control.first_arm = static_cast<uint32_t>(arms_.size());
  if (clauses.empty()) return;
  Try context;
  context.dispatch.trail_mark = frame.control.end.trail_mark;
  context.outer = outer;
  context.clauses = std::move(clauses);
  flatten(context);
  frame.control.handler = static_cast<uint32_t>(tries_.size());
  tries_.push_back(std::move(context));
}

/// Own clauses, then those of the tries around, up to the first that catches all.
void FunctionBuilder::flatten(Try& context) {
  context.first_clause = static_cast<uint32_t>(f_.clauses.size());
  bool catches_all = false;
  for (const CatchClause& clause : context.clauses) {
    f_.clauses.push_back({clause.has_tag() ? clause.tag_index : HandlerClause::kAll});
    catches_all = !clause.has_tag();
    if (catches_all) break;
  }
  if (!catches_all && context.outer != kNone) {
    const Try& outer = tries_[context.outer];
    spend(outer.clause_count);
    if (failed_) return;
    for (uint32_t i = 0; i < outer.clause_count; ++i)
      f_.clauses.push_back(HandlerClause(f_.clauses[outer.first_clause + i]));
  }
  context.clause_count = static_cast<uint32_t>(f_.clauses.size()) - context.first_clause;
}

void FunctionBuilder::try_table(Decoder& d, Frame& frame, std::span<const CatchClause> clauses) {
  if (failed_) return;
  start(d, frame.offset);
  open_try(d, frame, {clauses.begin(), clauses.end()}, d.frame(1).control.handler);
}

void FunctionBuilder::legacy_try(Decoder& d, Frame& frame) {
  if (failed_) return;
  start(d, frame.offset);
  const Prescan::LegacyTry& legacy = prescan_.try_at(frame.offset);
  if (legacy.delegate_depth != Prescan::LegacyTry::kNoDelegate)
    return open_try(d, frame, {}, d.frame(legacy.delegate_depth + 1).control.handler);
  std::vector<CatchClause> clauses;
  for (const uint32_t tag : legacy.tags) {
    const bool is_all = tag == Prescan::LegacyTry::kCatchAll;
    clauses.push_back({is_all ? CatchClause::Kind::CatchAll : CatchClause::Kind::Catch, tag, 0});
  }
  open_try(d, frame, std::move(clauses), d.frame(1).control.handler);
}

// ---- landings and dispatch ----

BlockId FunctionBuilder::make_landing(uint32_t handler) {
  const BlockId from = current_;
  const BlockId landing = new_block();
  f_.blocks[landing].is_cold = true;
  enter(landing, true);
  Try& context = tries_[handler];
  const ValueId exception =
      append(make_inst(Op::Landing, Type::Ref, {}, context.first_clause, context.clause_count));
  jump_to(context.dispatch, {&exception, 1});
  enter(from, true);
  return landing;
}

/// Starts the block that all landings of a try lead to; the frame's own changes have been undone.
ValueId FunctionBuilder::start_dispatch(const Try& context) {
  std::vector<ValueId> values(1);
  bind(Label(context.dispatch), values);
  f_.blocks[current_].is_cold = true;
  return values[0];
}

ValueId FunctionBuilder::has_tag(ValueId exception, uint32_t tag_index) {
  const ValueId tag = raw_load(Opcode::I64Load, Type::I64, object_address(exception), region::kHeap,
                               runtime::kObjectData);
  return emit(Opcode::I64Eq, Type::I32, {tag, list_entry(vm_layout::kTags, tag_index)});
}

void FunctionBuilder::load_payload(ValueId exception, uint32_t tag_index,
                                   std::vector<ValueId>& values) {
  const FuncType& type = *module_.registry->get(module_.type_ids[module_.tags[tag_index]]).func();
  if (type.params.empty()) return;
  const ValueId object = object_address(exception);
  uint32_t offset = runtime::kExceptionPayload;
  for (const ValType param : type.params) {
    values.push_back(load_storage(param, false, object, offset));
    offset += param.slots() * sizeof(runtime::Slot);
  }
}

/// An exception that a try does not catch.
void FunctionBuilder::pass_on(const Try& context, ValueId exception) {
  if (context.outer == kNone) return trap(TrapCode::Unreachable);
  jump_to(tries_[context.outer].dispatch, {&exception, 1});
}

/// The end of a try_table: what its landings lead to.
void FunctionBuilder::emit_dispatch(Decoder& d, Frame& frame) {
  const uint32_t handler = frame.control.handler;
  if (handler == d.frame(1).control.handler) return;
  const Try& context = tries_[handler];
  if (context.dispatch.edge_count == 0) return;
  undo_to(frame.control.end.trail_mark);
  values_.reset(frame.control.scope);
  const ValueId exception = start_dispatch(context);
  for (const CatchClause& clause : context.clauses) {
    const uint32_t depth = clause.label_depth + 1;
    std::vector<ValueId> values;
    if (!clause.has_tag()) {
      if (clause.has_ref()) values.push_back(exception);
      return take_branch(d, depth, values);
    }
    const ValueId matches = has_tag(exception, clause.tag_index);
    const uint32_t targets = terminate(make_inst(Op::Branch, Type::Void, {matches}), 2);
    const BlockId payload = new_block();
    const BlockId next = new_block();
    f_.targets[targets].block = payload;
    f_.targets[targets + 1].block = next;
    const uint32_t scope = values_.mark();
    enter(payload, true);
    load_payload(exception, clause.tag_index, values);
    if (clause.has_ref()) values.push_back(exception);
    take_branch(d, depth, values);
    values_.reset(scope);
    enter(next, true);
  }
  pass_on(context, exception);
}

// ---- legacy arms ----

/// The first catch of a try: decides between its arms.
void FunctionBuilder::emit_catch_dispatch(Frame& frame) {
  Control& control = frame.control;
  const Try& context = tries_[control.handler];
  control.handler = context.outer;
  undo_to(control.end.trail_mark);
  values_.reset(control.scope);
  arms_.resize(control.first_arm + context.clauses.size());
  if (context.dispatch.edge_count != 0) {
    control.exception = start_dispatch(context);
    bool is_open = true;
    for (size_t i = 0; i < context.clauses.size(); ++i) {
      const CatchClause& clause = context.clauses[i];
      const BlockId arm = new_block();
      arms_[control.first_arm + i] = {arm, true};
      if (!clause.has_tag()) {
        const uint32_t target = terminate(make_inst(Op::Jump, Type::Void), 1);
        f_.targets[target].block = arm;
        is_open = false;
        break;
      }
      const ValueId matches = has_tag(control.exception, clause.tag_index);
      const uint32_t targets = terminate(make_inst(Op::Branch, Type::Void, {matches}), 2);
      const BlockId next = new_block();
      f_.targets[targets].block = arm;
      f_.targets[targets + 1].block = next;
      enter(next, true);
    }
    if (is_open) pass_on(context, control.exception);
  }
  control.catch_mark = static_cast<uint32_t>(trail_.size());
  control.catch_scope = values_.mark();
}

void FunctionBuilder::start_arm(Decoder& d, Frame& frame) {
  start(d, d.offset());
  Control& control = frame.control;
  if (control.catch_index == 0) emit_catch_dispatch(frame);
  undo_to(control.catch_mark);
  values_.reset(control.catch_scope);
  // A section of its own, for the dispatch's changes stay when the arm's are undone.
  section_ = next_section_++;
  const Arm arm = arms_[control.first_arm + control.catch_index++];
  enter(arm.is_live ? arm.block : new_block(), arm.is_live);
  if (!is_live_) control.exception = dummy(Type::Ref);
}

void FunctionBuilder::legacy_catch(Decoder& d, Frame& frame, uint32_t tag_index) {
  if (failed_) return;
  start_arm(d, frame);
  std::vector<ValueId> values;
  load_payload(frame.control.exception, tag_index, values);
  const Args items = d.top(static_cast<uint32_t>(values.size()));
  for (size_t i = 0; i < values.size(); ++i) items[i].value.id = values[i];
}

void FunctionBuilder::legacy_catch_all(Decoder& d, Frame& frame) {
  if (!failed_) start_arm(d, frame);
}

void FunctionBuilder::legacy_delegate(Decoder& d, Frame& frame, uint32_t /*depth*/) {
  end(d, frame);
}

}  // namespace brink::compile::ir
