// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The builder of code that goes on at a loop (LoopEntry in compiler.h):
//
//     block 0        loads locals and operands from the interpreter's frame; jumps to the header
//     dead blocks    what lies before the loop
//     header ...     the loop, and what lies behind it
//     leave          for a branch to a loop around it: stores a frame like the interpreter's where
//                    overflowing parameters go, and calls in its own place the code that goes on
//                    there
//
// So nothing that lies before the loop is ever reached, and the graph stays reducible: the header
// dominates all but the entry.

#include "engine/compile/ir/builder.h"
#include "engine/compile/ir/function_builder.h"
#include "engine/compile/ir/vm_layout.h"

namespace brink::compile::ir {
namespace {

/// Slots of a frame that fit where overflowing parameters go.
constexpr uint32_t kMaxFrameSlots = 2 * runtime::kMaxOverflow;

Opcode load_of(Type type) {
  switch (type) {
    case Type::I32: return Opcode::I32Load;
    case Type::F32: return Opcode::F32Load;
    case Type::F64: return Opcode::F64Load;
    case Type::V128: return Opcode::V128Load;
    default: return Opcode::I64Load;
  }
}

Opcode store_of(Type type) {
  switch (type) {
    case Type::I32: return Opcode::I32Store;
    case Type::F32: return Opcode::F32Store;
    case Type::F64: return Opcode::F64Store;
    case Type::V128: return Opcode::V128Store;
    default: return Opcode::I64Store;
  }
}

constexpr uint32_t offset_of_slot(uint32_t slot) {
  return slot * sizeof(runtime::Slot);
}

}  // namespace

/// Loads all locals. What nobody uses is dropped later.
void FunctionBuilder::begin_at_loop(Decoder& d) {
  const ValueId frame = load_vm(load_constant(instance(), vm_layout::kExec), vm_layout::kLoopFrame);
  uint32_t slot = 0;
  uint32_t local = 0;
  for (const validate::LocalTypes::Run& run : d.local_types().runs()) {
    const Type type = type_of(run.type);
    for (; local < run.end; ++local) {
      locals_.push_back(raw_load(load_of(type), type, frame, region::kVm, offset_of_slot(slot)));
      slot += run.type.slots();
    }
  }
  if (slot > entry_->stack_base || entry_->stack_base > kMaxFrameSlots) return over_budget();
  entry_locals_ = locals_;
  entry_frame_ = frame;
  entry_scope_ = values_.mark();
  enter(new_block(), false);
}

/// The loop is about to be opened: from here on the code is alive.
void FunctionBuilder::enter_at_loop(Decoder& d) {
  enter(0, true);
  has_entered_ = true;
  fuel_ = 0;
  // Nothing that has been computed on the way is known here, or behind any frame that is open.
  values_.reset(entry_scope_);
  for (uint32_t depth = 0; depth < d.control_depth(); ++depth) {
    Frame& frame = d.frame(depth);
    if (frame.kind == FrameKind::LegacyCatch || frame.kind == FrameKind::LegacyCatchAll)
      return over_budget();
    frame.control.scope = frame.control.catch_scope = entry_scope_;
  }
  spend(locals_.size());
  for (uint32_t i = 0; i < locals_.size(); ++i) set_local(i, entry_locals_[i]);
  uint32_t slot = entry_->stack_base;
  for (Item& item : d.operands()) {
    const Type type = type_of(item.type);
    item.value.id = raw_load(load_of(type), type, entry_frame_, region::kVm, offset_of_slot(slot));
    slot += item.type.slots();
  }
  if (slot > kMaxFrameSlots) over_budget();
}

/// A branch to a loop around the entry, from the current block. The operands below the branch's own
/// are those that the loop's frame found.
void FunctionBuilder::leave_to_loop(Decoder& d, const Frame& frame,
                                    std::span<const ValueId> operands) {
  spend(locals_.size() + frame.height + operands.size());
  if (failed_) return;
  const ValueId callee = call_runtime(d, RuntimeFunction::LoopCode, {}, f_.function_index,
                                      frame.control.loop_offset, Type::I64);
  const ValueId exec = load_constant(instance(), vm_layout::kExec);
  const ValueId buffer = load_vm(exec, vm_layout::kOverflow);
  uint32_t slot = 0;
  const auto store = [&](ValueId value) {
    const Type type = type_of(value);
    raw_store(store_of(type), buffer, value, region::kVm, offset_of_slot(slot));
    slot += type == Type::V128 ? 2 : 1;
  };
  for (const ValueId local : locals_) store(local);
  slot = entry_->stack_base;
  for (const Item& item : d.operands().first(frame.height)) store(item.value.id);
  for (const ValueId operand : operands) store(operand);
  if (slot > kMaxFrameSlots) return over_budget();
  raw_store(Opcode::I64Store, exec, buffer, region::kVm, vm_layout::kLoopFrame);
  CallInfo call;
  call.kind = CallInfo::Kind::Ref;
  call.type = f_.type;
  f_.calls.push_back(call);
  terminate(make_inst(Op::TailCall, Type::Void, {callee}, f_.calls.size() - 1), 0);
}

}  // namespace brink::compile::ir
