// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The builder's control flow: blocks, edges, labels, branches, and the renaming of locals. See
// function_builder.h.

#include <algorithm>
#include <utility>

#include "engine/compile/ir/function_builder.h"

namespace brink::compile::ir {
namespace {

constexpr uint32_t kMaxLoopDepth = 200;
constexpr size_t kMaxBlocks = 1'000'000;

}  // namespace

// ---- blocks ----

BlockId FunctionBuilder::new_block() {
  if (f_.blocks.size() >= kMaxBlocks) over_budget();
  return add_block(f_);
}

/// The instructions of a block are collected and given to it at once, when it is ended or left.
void FunctionBuilder::flush() {
  if (block_insts_.empty()) return;
  std::vector<ValueId>& insts = f_.blocks[current_].insts;
  insts.insert(insts.end(), block_insts_.begin(), block_insts_.end());
  block_insts_.clear();
}

void FunctionBuilder::enter(BlockId block, bool is_live) {
  flush();
  current_ = block;
  is_live_ = is_live;
}

/// Nothing follows in the current arm.
void FunctionBuilder::kill() {
  enter(kNoBlock, false);
}

/// Ends the current block, which is live. The first of its targets, to be filled in.
uint32_t FunctionBuilder::terminate(const Inst& inst, uint32_t target_count) {
  effect(inst);
  flush();
  Block& block = f_.blocks[current_];
  block.first_target = static_cast<uint32_t>(f_.targets.size());
  block.target_count = target_count;
  f_.targets.resize(f_.targets.size() + target_count);
  return block.first_target;
}

void FunctionBuilder::trap(TrapCode code) {
  if (is_live_) terminate(make_inst(Op::Trap, Type::Void, {}, static_cast<uint64_t>(code)), 0);
  kill();
}

void FunctionBuilder::trap_if(ValueId condition, TrapCode code, bool unless) {
  const Condition test = condition_of(condition);
  unless ^= test.is_inverted;
  if (!test.is_constant) {
    emit(make_inst(unless ? Op::TrapUnless : Op::TrapIf, Type::Void, {test.value},
                   static_cast<uint64_t>(code)));
  } else if (test.constant != unless) {
    trap(code);
    enter(new_block(), false);
  }
}

void FunctionBuilder::emit_return(std::span<const ValueId> values) {
  if (is_live_) {
    Inst inst = make_inst(Op::Return, Type::Void);
    set_args(f_, inst, values);
    terminate(inst, 0);
  }
  kill();
}

// ---- locals ----

void FunctionBuilder::set_local(uint32_t local, ValueId value) {
  Local& info = local_info_[local];
  if (locals_[local] == value) return;
  if (info.section != section_) {
    trail_.push_back({local, locals_[local], info.section});
    info.section = section_;
  }
  locals_[local] = value;
}

void FunctionBuilder::undo_to(uint32_t trail_mark) {
  while (trail_.size() > trail_mark) {
    const TrailEntry& entry = trail_.back();
    locals_[entry.local] = entry.old_value;
    local_info_[entry.local].section = entry.old_section;
    trail_.pop_back();
  }
}

/// The changes of a frame that ends without a join become changes of the frame around it.
void FunctionBuilder::keep_changes(const Control& control) {
  section_ = control.outer_section;
  spend(trail_.size() - control.end.trail_mark);
  size_t kept = control.end.trail_mark;
  for (size_t i = kept; i < trail_.size(); ++i) {
    const TrailEntry entry = trail_[i];
    local_info_[entry.local].section = section_;
    if (entry.old_section != section_) trail_[kept++] = entry;
  }
  trail_.resize(kept);
}

void FunctionBuilder::open_frame(Decoder& d, Frame& frame) {
  Control& control = frame.control;
  control.end.trail_mark = static_cast<uint32_t>(trail_.size());
  control.outer_section = section_;
  control.section = section_ = next_section_++;
  control.scope = values_.mark();
  control.handler = d.frame(1).control.handler;
}

/// Back to the state before the frame.
void FunctionBuilder::close_frame(const Control& control) {
  undo_to(control.end.trail_mark);
  section_ = control.outer_section;
  values_.reset(control.scope);
}

// ---- edges ----

/// Notes a branch from the current state, which is live.
void FunctionBuilder::add_edge(Label& label, std::span<const ValueId> operands, uint32_t target) {
  Edge edge;
  edge.target = target;
  edge.operands = static_cast<uint32_t>(edge_operands_.size());
  edge.operand_count = static_cast<uint32_t>(operands.size());
  edge_operands_.insert(edge_operands_.end(), operands.begin(), operands.end());
  edge.changes = static_cast<uint32_t>(edge_changes_.size());
  spend(operands.size() + trail_.size() - label.trail_mark);
  if (failed_) return;
  ++stamp_;
  for (size_t i = label.trail_mark; i < trail_.size(); ++i) {
    const TrailEntry& entry = trail_[i];
    Local& info = local_info_[entry.local];
    // The first entry of a local has the value it had when the frame was opened.
    if (std::exchange(info.stamp, stamp_) == stamp_) continue;
    if (locals_[entry.local] == entry.old_value) continue;
    edge_changes_.push_back({entry.local, locals_[entry.local]});
  }
  edge.change_count = static_cast<uint32_t>(edge_changes_.size()) - edge.changes;
  const auto index = static_cast<uint32_t>(edges_.size());
  edges_.push_back(edge);
  if (label.edge_count++ == 0)
    label.first_edge = index;
  else
    edges_[label.last_edge].next = index;
  label.last_edge = index;
}

void FunctionBuilder::jump_to(Label& label, std::span<const ValueId> operands) {
  if (is_live_) add_edge(label, operands, terminate(make_inst(Op::Jump, Type::Void), 1));
  kill();
}

/// Compares what the edges to a label carry.
void FunctionBuilder::find_params(const Label& label) {
  param_operands_.clear();
  param_locals_.clear();
  touched_.clear();
  ++stamp_;
  const Edge& first = edges_[label.first_edge];
  spend(uint64_t{label.edge_count} * first.operand_count);
  for (uint32_t i = 0; i < first.operand_count; ++i) {
    const ValueId value = edge_operands_[first.operands + i];
    uint32_t next = first.next;
    while (next != kNone && edge_operands_[edges_[next].operands + i] == value)
      next = edges_[next].next;
    if (next != kNone) param_operands_.push_back(i);
  }
  for (uint32_t e = label.first_edge; e != kNone; e = edges_[e].next) {
    for (uint32_t i = 0; i < edges_[e].change_count; ++i) {
      const Change change = edge_changes_[edges_[e].changes + i];
      Local& info = local_info_[change.local];
      if (info.stamp != stamp_) {
        info.stamp = stamp_;
        info.edge_count = 0;
        info.value = change.value;
        info.differs = false;
        info.param = kNone;
        touched_.push_back(change.local);
      }
      ++info.edge_count;
      info.differs |= info.value != change.value;
    }
  }
  for (const uint32_t local : touched_) {
    Local& info = local_info_[local];
    if (!info.differs && info.edge_count == label.edge_count) continue;
    info.param = static_cast<uint32_t>(param_locals_.size());
    param_locals_.push_back(local);
  }
}

/// Completes the branches to the current block. Locals still have the values from before the frame:
/// what an edge carries that did not change them.
void FunctionBuilder::give_arguments(const Label& label) {
  const size_t count = param_operands_.size() + param_locals_.size();
  spend(count * label.edge_count);
  if (failed_) return;
  for (uint32_t e = label.first_edge; e != kNone; e = edges_[e].next) {
    const Edge& edge = edges_[e];
    f_.targets[edge.target] = {current_, static_cast<uint32_t>(f_.pool.size()),
                               static_cast<uint32_t>(count)};
    for (const uint32_t i : param_operands_) f_.pool.push_back(edge_operands_[edge.operands + i]);
    const size_t first_local = f_.pool.size();
    for (const uint32_t local : param_locals_) f_.pool.push_back(locals_[local]);
    for (uint32_t i = 0; i < edge.change_count; ++i) {
      const Change change = edge_changes_[edge.changes + i];
      if (const uint32_t param = local_info_[change.local].param; param != kNone)
        f_.pool[first_local + param] = change.value;
    }
  }
}

/// Starts the block that the edges of a label lead to. The frame has been closed. `values` becomes
/// what the label's operands are there; has the right size.
void FunctionBuilder::bind(const Label& label, std::vector<ValueId>& values) {
  BRINK_DCHECK(label.edge_count != 0);
  enter(new_block(), true);
  find_params(label);
  give_arguments(label);
  const Edge first = edges_[label.first_edge];
  for (size_t i = 0; i < values.size(); ++i) values[i] = edge_operands_[first.operands + i];
  for (const uint32_t i : param_operands_) values[i] = add_param(f_, current_, type_of(values[i]));
  for (const uint32_t local : touched_) {
    const Local& info = local_info_[local];
    set_local(local,
              info.param == kNone ? info.value : add_param(f_, current_, type_of(locals_[local])));
  }
}

void FunctionBuilder::bind(const Label& label, Args results) {
  if (label.edge_count == 0) {
    enter(new_block(), false);
    for (Item& item : results) item.value.id = dummy(type_of(item.type));
    return;
  }
  std::vector<ValueId> values(results.size());
  bind(label, values);
  for (size_t i = 0; i < results.size(); ++i) results[i].value.id = values[i];
}

// ---- branches ----

FunctionBuilder::Condition FunctionBuilder::condition_of(ValueId value) {
  Condition condition;
  while (true) {
    const Inst& inst = f_[value];
    const bool is_test = inst.op == to_op(Opcode::I32Eqz);
    const bool is_not_zero = inst.op == to_op(Opcode::I32Ne) && is_zero(inst.args[1]);
    if (!is_test && !is_not_zero) break;
    value = inst.args[0];
    condition.is_inverted ^= is_test;
  }
  condition.value = value;
  condition.is_constant = f_[value].op == to_op(Opcode::I32Const);
  condition.constant = condition.is_constant && (f_[value].imm != 0) != condition.is_inverted;
  if (condition.is_constant) condition.is_inverted = false;
  return condition;
}

/// Makes a target of the current, live, block a branch to a frame.
void FunctionBuilder::branch_to(Decoder& d, uint32_t depth, std::span<const ValueId> operands,
                                uint32_t target) {
  Frame& frame = d.frame(depth);
  if (frame.kind == FrameKind::Loop && frame.control.is_left) {
    const BlockId from = current_;
    f_.targets[target].block = new_block();
    enter(f_.targets[target].block, true);
    leave_to_loop(d, frame, std::vector<ValueId>(operands.begin(), operands.end()));
    enter(from, true);
  } else if (frame.kind == FrameKind::Loop) {
    const std::span<const uint32_t> locals = prescan_.locals(*frame.control.loop);
    spend(operands.size() + locals.size());
    if (failed_) return;
    f_.targets[target] = {frame.control.header, static_cast<uint32_t>(f_.pool.size()),
                          static_cast<uint32_t>(operands.size() + locals.size())};
    f_.pool.insert(f_.pool.end(), operands.begin(), operands.end());
    for (const uint32_t local : locals) f_.pool.push_back(locals_[local]);
  } else if (frame.kind == FrameKind::Function) {
    const BlockId from = current_;
    f_.targets[target].block = new_block();
    enter(f_.targets[target].block, true);
    emit_return(operands);
    enter(from, true);
  } else {
    add_edge(frame.control.end, operands, target);
  }
}

void FunctionBuilder::take_branch(Decoder& d, uint32_t depth, std::span<const ValueId> operands) {
  if (d.frame(depth).kind == FrameKind::Function) return emit_return(operands);
  if (is_live_) branch_to(d, depth, operands, terminate(make_inst(Op::Jump, Type::Void), 1));
  kill();
}

void FunctionBuilder::branch_if(Decoder& d, uint32_t depth, std::span<const ValueId> operands,
                                Condition condition) {
  if (!is_live_) return;
  if (condition.is_constant) {
    if (!condition.constant) return;
    take_branch(d, depth, operands);
    return enter(new_block(), false);
  }
  const uint32_t targets = terminate(make_inst(Op::Branch, Type::Void, {condition.value}), 2);
  branch_to(d, depth, operands, targets + (condition.is_inverted ? 1 : 0));
  const BlockId next = new_block();
  f_.targets[targets + (condition.is_inverted ? 0 : 1)].block = next;
  f_.blocks[next].is_cold = hint_at(offset_) > 0;
  enter(next, true);
}

/// Pays for the instructions up to here: where the interpreter does.
void FunctionBuilder::charge() {
  if (config_.consume_fuel && fuel_ != 0 && is_live_)
    effect(make_inst(Op::Fuel, Type::Void, {}, fuel_));
  fuel_ = 0;
}

void FunctionBuilder::br(Decoder& d, uint32_t depth) {
  if (failed_) return;
  start(d, d.offset());
  charge();
  take_branch(d, depth, values_of(d.top(d.label_arity(depth))));
}

void FunctionBuilder::br_if(Decoder& d, uint32_t depth, Item condition) {
  if (failed_) return;
  start(d, d.offset());
  charge();
  branch_if(d, depth, values_of(d.top(d.label_arity(depth))), condition_of(condition.value.id));
}

void FunctionBuilder::br_table(Decoder& d, std::span<const uint32_t> depths, Item index) {
  if (failed_) return;
  start(d, d.offset());
  charge();
  const std::span<const ValueId> operands = values_of(d.top(d.label_arity(depths.back())));
  if (!is_live_) return kill();
  const Inst& value = f_[index.value.id];
  if (depths.size() == 1 || value.op == to_op(Opcode::I32Const)) {
    const uint64_t last = depths.size() - 1;
    return take_branch(d, depths[depths.size() == 1 ? 0 : std::min(value.imm, last)], operands);
  }
  const uint32_t first = terminate(make_inst(Op::Switch, Type::Void, {index.value.id}),
                                   static_cast<uint32_t>(depths.size()));
  fill_table(d, depths, operands, first);
  kill();
}

/// A label that several entries name gets one branch, in a block of its own.
void FunctionBuilder::fill_table(Decoder& d, std::span<const uint32_t> depths,
                                 std::span<const ValueId> operands, uint32_t first_target) {
  std::vector<std::pair<uint32_t, uint32_t>> entries;  // depth, index
  entries.reserve(depths.size());
  for (uint32_t i = 0; i < depths.size(); ++i) entries.emplace_back(depths[i], i);
  std::ranges::sort(entries);
  const BlockId from = current_;
  for (size_t i = 0; i < entries.size() && !failed_;) {
    const uint32_t depth = entries[i].first;
    const uint32_t target = first_target + entries[i].second;
    size_t end = i + 1;
    while (end < entries.size() && entries[end].first == depth) ++end;
    if (end == i + 1 || d.frame(depth).kind == FrameKind::Function) {
      branch_to(d, depth, operands, target);
    } else {
      f_.targets[target].block = new_block();
      enter(f_.targets[target].block, true);
      branch_to(d, depth, operands, terminate(make_inst(Op::Jump, Type::Void), 1));
      enter(from, true);
    }
    for (size_t j = i + 1; j < end; ++j)
      f_.targets[first_target + entries[j].second] = f_.targets[target];
    i = end;
  }
}

void FunctionBuilder::br_on(Decoder& d, const Instruction& i, Item operand, Item* kept) {
  if (failed_) return;
  start(d, i.offset);
  charge();
  const ValueId reference = operand.value.id;
  if (kept != nullptr) kept->value.id = reference;
  const bool on_null = i.opcode == Opcode::BrOnNull;
  Condition condition;
  if (on_null || i.opcode == Opcode::BrOnNonNull) {
    condition = condition_of(operand.type.nullable() ? is_null(reference) : constant(Type::I32, 0));
  } else {
    const ValType target = ValType::ref(i.heap2, i.nullable2);
    condition = condition_of(test_type(d, operand, target, i.offset));
  }
  if (!on_null && i.opcode != Opcode::BrOnCast) {
    condition.is_inverted = !condition.is_inverted && !condition.is_constant;
    condition.constant = !condition.constant;
  }
  // What the branch carries lies below `kept`, but for the reference.
  const uint32_t arity = d.label_arity(i.index);
  const Args stack = d.operands().first(d.operands().size() - (kept != nullptr ? 1 : 0));
  std::vector<ValueId> carried;
  for (const Item& item : stack.last(on_null ? arity : arity - 1)) carried.push_back(item.value.id);
  if (!on_null) carried.push_back(reference);
  branch_if(d, i.index, carried, condition);
}

void FunctionBuilder::return_(Decoder& d) {
  if (failed_) return;
  start(d, d.offset());
  charge();
  emit_return(values_of(d.top(static_cast<uint32_t>(d.function_type().results.size()))));
}

void FunctionBuilder::unreachable(Decoder& d, const Instruction& i) {
  if (failed_) return;
  start(d, i.offset);
  charge();
  trap(TrapCode::Unreachable);
}

// ---- frames ----

void FunctionBuilder::block(Decoder& d, Frame& frame) {
  if (failed_) return;
  start(d, frame.offset);
  open_frame(d, frame);
}

void FunctionBuilder::loop(Decoder& d, Frame& frame) {
  if (failed_) return;
  start(d, frame.offset);
  charge();
  if (++loop_depth_ > kMaxLoopDepth) return over_budget();
  if (entry_ != nullptr && frame.offset == entry_->offset) enter_at_loop(d);
  if (failed_) return;
  open_frame(d, frame);
  Control& control = frame.control;
  control.is_left = entry_ != nullptr && !has_entered_;
  control.loop_offset = frame.offset;
  control.loop = &prescan_.loop_at(frame.offset);
  control.header = new_block();
  const Args params = d.top(static_cast<uint32_t>(frame.params.size()));
  const std::span<const uint32_t> locals = prescan_.locals(*control.loop);
  if (is_live_) branch_to(d, 0, values_of(params), terminate(make_inst(Op::Jump, Type::Void), 1));
  if (failed_) return;
  enter(control.header, is_live_);
  for (Item& param : params) param.value.id = add_param(f_, current_, type_of(param.value.id));
  for (const uint32_t local : locals)
    set_local(local, add_param(f_, current_, type_of(locals_[local])));
  effect(make_inst(Op::Poll, Type::Void));
}

void FunctionBuilder::if_(Decoder& d, Frame& frame, Item condition) {
  if (failed_) return;
  start(d, frame.offset);
  charge();
  open_frame(d, frame);
  Control& control = frame.control;
  control.saved_params = static_cast<uint32_t>(saved_.size());
  for (const Item& item : d.top(static_cast<uint32_t>(frame.params.size())))
    saved_.push_back(item.value.id);
  if (!is_live_) return;
  const Condition test = condition_of(condition.value.id);
  if (test.is_constant) {
    if (test.constant) return;
    control.else_target = terminate(make_inst(Op::Jump, Type::Void), 1);
    return enter(new_block(), false);
  }
  const uint32_t targets = terminate(make_inst(Op::Branch, Type::Void, {test.value}), 2);
  control.else_target = targets + (test.is_inverted ? 0 : 1);
  const BlockId then = new_block();
  f_.targets[targets + (test.is_inverted ? 1 : 0)].block = then;
  control.hint = hint_at(offset_);
  f_.blocks[then].is_cold = control.hint < 0;
  enter(then, true);
}

void FunctionBuilder::else_(Decoder& d, Frame& frame) {
  if (failed_) return;
  const Control& control = frame.control;
  undo_to(control.end.trail_mark);
  values_.reset(control.scope);
  const bool is_live = control.else_target != kNone;
  enter(new_block(), is_live);
  if (is_live) {
    f_.targets[control.else_target].block = current_;
    f_.blocks[current_].is_cold = control.hint > 0;
  }
  const Args params = d.top(static_cast<uint32_t>(frame.params.size()));
  for (size_t i = 0; i < params.size(); ++i) params[i].value.id = saved_[control.saved_params + i];
}

void FunctionBuilder::fallthrough(Decoder& d, Frame& frame) {
  if (failed_) return;
  charge();
  const std::span<const ValueId> results =
      values_of(d.top(static_cast<uint32_t>(frame.results.size())));
  switch (frame.kind) {
    case FrameKind::Function: return emit_return(results);
    case FrameKind::Block:
    case FrameKind::Loop:
      // Perhaps there is nothing to be joined; `end` knows.
      frame.control.fell_through = true;
      fall_values_.assign(results.begin(), results.end());
      return;
    default: return jump_to(frame.control.end, results);
  }
}

void FunctionBuilder::end(Decoder& d, Frame& frame) {
  if (failed_) return;
  Control& control = frame.control;
  if (frame.kind == FrameKind::Function) return;
  if (frame.kind == FrameKind::Loop) --loop_depth_;
  const Args results = d.top(static_cast<uint32_t>(frame.results.size()));
  if (frame.kind == FrameKind::Loop || (control.fell_through && control.end.edge_count == 0)) {
    keep_changes(control);
    if (!control.fell_through) return kill();
    for (size_t i = 0; i < results.size(); ++i) results[i].value.id = fall_values_[i];
    return;
  }
  if (control.fell_through) jump_to(control.end, fall_values_);
  if (frame.kind == FrameKind::If || frame.kind == FrameKind::Else)
    saved_.resize(control.saved_params);
  if (frame.kind == FrameKind::TryTable) emit_dispatch(d, frame);
  if (frame.kind >= FrameKind::LegacyTry) arms_.resize(control.first_arm);
  close_frame(control);
  if (!frame.end_is_reachable) return kill();
  bind(control.end, results);
}

}  // namespace brink::compile::ir
