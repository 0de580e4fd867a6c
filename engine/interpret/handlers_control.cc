// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Handlers that move values and choose where to go on.

#include <algorithm>

#include "engine/interpret/handler_table.h"
#include "engine/interpret/interpreter.h"
#include "engine/interpret/operands.h"
#include "engine/runtime/store_state.h"

namespace brink::interpret {
namespace {

/// lo destination, hi source.
void copy(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  fp[op.lo] = fp[op.hi];
  BRINK_NEXT(2);
}

/// a, a + 1 destinations; b, c sources. Both are read before either is written.
void copy2(BRINK_STATE) {
  const Operands op = pc[1].operands;
  const Slot first = fp[op.b];
  const Slot second = fp[op.c];
  fp[op.a] = first;
  fp[op.a + 1] = second;
  BRINK_NEXT(2);
}

/// a destination, b source, then c destination, d source.
void copy_both(BRINK_STATE) {
  const Operands op = pc[1].operands;
  fp[op.a] = fp[op.b];
  fp[op.c] = fp[op.d];
  BRINK_NEXT(2);
}

/// lo destination, hi source, of two slots each.
void copy_vector(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  store_slot(fp + op.lo, load_slot<V128>(fp + op.hi));
  BRINK_NEXT(2);
}

/// lo destination.
void store_acc(BRINK_STATE) {
  fp[pc[1].wide.lo] = acc;
  BRINK_NEXT(2);
}
void store_facc(BRINK_STATE) {
  store_slot(fp + pc[1].wide.lo, facc);
  BRINK_NEXT(2);
}
void store_dacc(BRINK_STATE) {
  store_slot(fp + pc[1].wide.lo, dacc);
  BRINK_NEXT(2);
}
void store_vacc(BRINK_STATE) {
  store_slot(fp + pc[1].wide.lo, std::bit_cast<V128>(vacc));
  BRINK_NEXT(2);
}

/// lo destination, hi value, zero-extended.
void const32(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  fp[op.lo] = op.hi;
  BRINK_NEXT(2);
}
/// lo destination; word 2: value.
void const64(BRINK_STATE) {
  fp[pc[1].wide.lo] = pc[2].bits;
  BRINK_NEXT(3);
}
/// lo destination; words 2 and 3: value.
void const_vector(BRINK_STATE) {
  Slot* slot = fp + pc[1].wide.lo;
  slot[0] = pc[2].bits;
  slot[1] = pc[3].bits;
  BRINK_NEXT(4);
}

#define BRINK_TAKE_BRANCH(backward)                                           \
  do {                                                                        \
    pc += pc[1].operands.imm;                                                 \
    if constexpr (backward) {                                                 \
      if (fp >= rt->stack_limit.load(std::memory_order_relaxed)) [[unlikely]] \
        BRINK_GOTO(poll_interrupts);                                          \
    }                                                                         \
    BRINK_NEXT(0);                                                            \
  } while (0)

template <bool backward>
void br(BRINK_STATE) {
  BRINK_TAKE_BRANCH(backward);
}

/// a condition (i32), imm target.
template <Mode mode, bool if_nonzero, bool backward>
void br_if(BRINK_STATE) {
  if ((BRINK_READ(uint32_t, mode, a) != 0) == if_nonzero) BRINK_TAKE_BRANCH(backward);
  BRINK_NEXT(2);
}

/// a reference, imm target.
template <bool if_null>
void br_null(BRINK_STATE) {
  if ((BRINK_READ(uint64_t, Mode::Slot, a) == 0) == if_null) BRINK_TAKE_BRANCH(false);
  BRINK_NEXT(2);
}

/// a index, imm number of targets without the default; then a word per target, the default last:
/// words to go from the branch.
template <Mode mode>
void br_table(BRINK_STATE) {
  const uint32_t index = BRINK_READ(uint32_t, mode, a);
  const uint32_t count = static_cast<uint32_t>(pc[1].operands.imm);
  const uint32_t chosen = index < count ? index : count;
  BRINK_DISPATCH(pc + static_cast<int64_t>(pc[2 + chosen].bits));
}

/// a result, b condition, c if nonzero, d if zero.
template <Mode mode>
void select(BRINK_STATE) {
  const Operands op = pc[1].operands;
  const uint32_t condition = BRINK_READ(uint32_t, mode, b);
  const Slot first = fp[op.c];
  const Slot second = fp[op.d];
  fp[op.a] = condition != 0 ? first : second;
  BRINK_NEXT(2);
}
void select_vector(BRINK_STATE) {
  const Operands op = pc[1].operands;
  const Slot* chosen = fp + (BRINK_READ(uint32_t, Mode::Slot, b) != 0 ? op.c : op.d);
  store_slot(fp + op.a, load_slot<V128>(chosen));
  BRINK_NEXT(2);
}

void unreachable(BRINK_STATE) {
  BRINK_RAISE(TrapCode::Unreachable);
}

/// Used up: whether there is more.
[[gnu::noinline]] bool refuel(ExecContext* rt) {
  return rt->store->refuel();
}

/// lo: fuel that the instructions up to here cost.
void fuel(BRINK_STATE) {
  rt->fuel -= pc[1].wide.lo;
  if (rt->fuel < 0 && !refuel(rt)) [[unlikely]]
    BRINK_RAISE(TrapCode::OutOfFuel);
  BRINK_NEXT(2);
}

}  // namespace

void raise_trap(BRINK_STATE) {
  rt->trap = static_cast<TrapCode>(acc);
  rt->trap_pc = pc;
  rt->trap_fp = fp;
  rt->landing_entry = nullptr;
  rt->has_left = true;
}

TrapCode pending_interrupt(ExecContext* rt) {
  if (rt->stack_limit.load(std::memory_order_relaxed) != nullptr) return TrapCode::None;
  return rt->store->take_interrupt();
}

namespace {

/// The time goes into the loop at pc. False: it cannot be left for compiled code.
bool note_loop(const runtime::TierOperations& compiler, const CodeWord* pc,
               const InstanceObject& instance, const FunctionCode& function) {
  const LoopSite* loop = function.loop_at(static_cast<uint32_t>(pc - function.words.data()));
  if (compiler.note_loop == nullptr || loop == nullptr || !loop->can_leave) return false;
  std::vector<uint32_t> offsets = {loop->offset};
  for (uint32_t i = loop->outer; i != LoopSite::kNone; i = function.loops[i].outer)
    offsets.push_back(function.loops[i].offset);
  std::ranges::reverse(offsets);
  compiler.note_loop(instance, {function.header.function_index, function.stack_base, offsets});
  return true;
}

/// This frame's function is where the time goes; if it is about to call, perhaps its callee is.
[[gnu::noinline]] void note_sample(const CodeWord* pc, const InstanceObject& instance,
                                   const CodeHeader* callee) {
  const runtime::TierOperations* compiler = instance.store->engine.state()->compiler;
  if (compiler == nullptr || compiler->note == nullptr) return;
  const auto& code = static_cast<const InterpreterCode&>(*instance.module->interpreter_code);
  const FunctionCode* function = code.find(pc);
  const uint32_t weight = callee == nullptr ? 2 : 1;
  if (function != nullptr && callee == nullptr && note_loop(*compiler, pc, instance, *function))
    return;
  if (function != nullptr) compiler->note(instance, function->header.function_index, weight);
  if (callee != nullptr && callee->module == instance.module)
    compiler->note(instance, callee->function_index, weight);
}

}  // namespace

TrapCode look_up(const CodeWord* pc, InstanceObject* inst, ExecContext* rt,
                 const CodeHeader* callee) {
  const bool is_counted = rt->store->take_sample();
  const TrapCode interrupt = pending_interrupt(rt);
  if (is_counted) note_sample(pc, *inst, callee);
  return interrupt;
}

void poll_interrupts(BRINK_STATE) {
  const TrapCode interrupt = look_up(pc, inst, rt, nullptr);
  if (interrupt != TrapCode::None) BRINK_RAISE(interrupt);
  BRINK_NEXT(0);
}

void fill_control_handlers(std::array<Handler, kInternalOpCount>& handlers) {
  const auto set = [&](InternalOp op, Handler handler) {
    handlers[static_cast<size_t>(op)] = handler;
  };
  set(InternalOp::Copy, copy);
  set(InternalOp::Copy2, copy2);
  set(InternalOp::CopyBoth, copy_both);
  set(InternalOp::CopyVector, copy_vector);
  set(InternalOp::StoreAcc, store_acc);
  set(InternalOp::StoreFacc, store_facc);
  set(InternalOp::StoreDacc, store_dacc);
  set(InternalOp::StoreVacc, store_vacc);
  set(InternalOp::Const32, const32);
  set(InternalOp::Const64, const64);
  set(InternalOp::ConstVector, const_vector);
  set(InternalOp::Br, br<false>);
  set(InternalOp::BrLoop, br<true>);
  set(InternalOp::BrNonZero, br_if<Mode::Slot, true, false>);
  set(InternalOp::BrNonZeroLoop, br_if<Mode::Slot, true, true>);
  set(InternalOp::BrNonZeroAcc, br_if<Mode::Acc, true, false>);
  set(InternalOp::BrNonZeroAccLoop, br_if<Mode::Acc, true, true>);
  set(InternalOp::BrZero, br_if<Mode::Slot, false, false>);
  set(InternalOp::BrZeroLoop, br_if<Mode::Slot, false, true>);
  set(InternalOp::BrZeroAcc, br_if<Mode::Acc, false, false>);
  set(InternalOp::BrZeroAccLoop, br_if<Mode::Acc, false, true>);
  set(InternalOp::BrNull, br_null<true>);
  set(InternalOp::BrNonNull, br_null<false>);
  set(InternalOp::BrTable, br_table<Mode::Slot>);
  set(InternalOp::BrTableAcc, br_table<Mode::Acc>);
  set(InternalOp::Select, select<Mode::Slot>);
  set(InternalOp::SelectAcc, select<Mode::Acc>);
  set(InternalOp::SelectVector, select_vector);
  set(InternalOp::Unreachable, unreachable);
  set(InternalOp::Fuel, fuel);
}

}  // namespace brink::interpret
