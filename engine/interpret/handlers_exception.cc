// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Handlers of exceptions. Nothing is done on the way into a `try`: whoever throws searches the
// tables of the functions on the stack, see find_landing().

#include "engine/interpret/handler_table.h"
#include "engine/interpret/interpreter.h"
#include "engine/interpret/operands.h"
#include "engine/runtime/gc_objects.h"
#include "engine/runtime/store_state.h"

namespace brink::interpret {
namespace {

/// Goes on where an exception is caught, or leaves towards an outer entry.
void land(BRINK_STATE) {
  if (rt->landing_entry != rt->entry) {
    rt->trap = TrapCode::UncaughtException;
    rt->has_left = true;
    return;
  }
  fp = rt->landing_fp;
  inst = rt->landing_instance;
  mem = inst->memory0_base;
  acc = rt->landing_exception;
  BRINK_DISPATCH(static_cast<const CodeWord*>(rt->landing_pc));
}

bool is_caught(const CodeWord* pc, const Slot* fp, InstanceObject* inst, ExecContext* rt,
               uint64_t exception, bool is_left) {
  runtime::GuestPoint point;
  point.pc = pc;
  point.fp = fp;
  point.instance = inst;
  point.is_left = is_left;
  return runtime::find_landing(*rt->store, point, exception);
}

/// Goes on where the exception in acc is caught, or ends the guest.
template <bool is_left>
void unwind_from(BRINK_STATE) {
  if (!is_caught(pc, fp, inst, rt, acc, is_left)) BRINK_RAISE(TrapCode::UncaughtException);
  BRINK_GOTO(land);
}

/// lo first slot of the payload, hi tag.
void throw_(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  rt->safepoint_pc = pc;
  rt->safepoint_fp = fp;
  acc = runtime::new_exception(*rt->store, *inst->tag_list[op.hi], fp + op.lo);
  rt->safepoint_pc = nullptr;
  if (acc == 0) [[unlikely]]
    BRINK_RAISE(TrapCode::HeapExhausted);
  BRINK_GOTO(unwind);
}

/// lo exception.
void throw_ref(BRINK_STATE) {
  acc = fp[pc[1].wide.lo];
  if (acc == 0) [[unlikely]]
    BRINK_RAISE(TrapCode::NullExceptionReference);
  BRINK_GOTO(unwind);
}

/// The start of a landing; acc is the exception. lo where the payload goes, hi its slots; word 2:
/// lo where the exception goes itself, plus 1; 0 for nowhere.
void catch_(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  const Slot* payload =
      reinterpret_cast<const Slot*>(rt->heap_base + acc + runtime::kExceptionPayload);
  for (uint32_t i = 0; i < op.hi; ++i) fp[op.lo + i] = payload[i];
  if (const uint32_t slot = pc[2].wide.lo; slot != 0) fp[slot - 1] = acc;
  BRINK_NEXT(3);
}

}  // namespace

void unwind(BRINK_STATE) {
  BRINK_GOTO(unwind_from<false>);
}
void unwind_from_caller(BRINK_STATE) {
  BRINK_GOTO(unwind_from<true>);
}
void keep_unwinding(BRINK_STATE) {
  BRINK_GOTO(land);
}

void fill_exception_handlers(std::array<Handler, kInternalOpCount>& handlers) {
  const auto set = [&](InternalOp op, Handler handler) {
    handlers[static_cast<size_t>(op)] = handler;
  };
  set(InternalOp::Throw, throw_);
  set(InternalOp::ThrowRef, throw_ref);
  set(InternalOp::Catch, catch_);
}

}  // namespace brink::interpret
