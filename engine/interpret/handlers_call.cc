// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Handlers of calls and returns. See code.h for the words of a call and runtime/layout.h for
// frames.
//
// A call inside the instance leaves one word in the new frame: the return pc. Where the caller's
// frame begins is known from the call instruction just before the return pc (pc[-1].lo). A call
// that changes the instance returns to a stub instead, which finds the rest in the link words:
//
//     link[0]  return pc, or return_to_instance_stub()
//     link[1]  with the stub: the return pc
//     link[2]  with the stub: the instance to return to
//
// Every entry compares the end of the new frame with stack_limit. The comparison fails for four
// reasons, told apart in one cold place (enter_slowly): the callee is not translated yet, it is a
// host function, somebody wants the guest to stop, or the stack is exhausted.

#include "engine/interpret/handler_table.h"
#include "engine/interpret/interpreter.h"
#include "engine/interpret/operands.h"
#include "engine/runtime/store_state.h"

namespace brink::interpret {
namespace {

BRINK_INLINE const CodeHeader* load_header(const CodeWord* word) {
  return __atomic_load_n(&word->header, __ATOMIC_RELAXED);
}

BRINK_INLINE bool fits(const CodeHeader* callee, const Slot* frame, const ExecContext* rt) {
  const uintptr_t end =
      reinterpret_cast<uintptr_t>(frame) + uintptr_t{callee->slots()} * sizeof(Slot);
  return end <= reinterpret_cast<uintptr_t>(rt->stack_limit.load(std::memory_order_relaxed));
}

/// Whether the frame fits on the stack, whatever anybody does to the limit meanwhile. True for code
/// that is not to be entered any more: whoever tries again finds out.
bool has_room(const CodeHeader* callee, const Slot* frame, const ExecContext* rt) {
  const uint32_t slots = callee->slots();
  return slots == CodeHeader::kNotEnterable || frame + slots <= rt->stack_end;
}

/// Locals start as zero (spec: func.locals).
BRINK_INLINE void clear_locals(const CodeHeader* callee, Slot* frame) {
  Slot* const end = frame + callee->link_slot;
  for (Slot* slot = frame + callee->param_slots; slot < end; ++slot) *slot = 0;
}

/// The callee of the call at pc is in acc and could not be entered at once.
void enter_slowly(BRINK_STATE);

/// The callee of a direct call, whose frame fits.
#define BRINK_ENTER_HEADER(callee)                                             \
  do {                                                                         \
    Slot* const callee_frame = fp + pc[2].wide.lo;                             \
    clear_locals(callee, callee_frame);                                        \
    callee_frame[callee->link_slot] = reinterpret_cast<Slot>(pc + kCallWords); \
    fp = callee_frame;                                                         \
    BRINK_DISPATCH(static_cast<const CodeWord*>(callee->entry));               \
  } while (0)

/// word 1 callee's header, lo its frame.
void call(BRINK_STATE) {
  const CodeHeader* callee = load_header(pc + 1);
  if (!fits(callee, fp + pc[2].wide.lo, rt)) [[unlikely]] {
    acc = 0;
    BRINK_GOTO(enter_slowly);
  }
  BRINK_ENTER_HEADER(callee);
}

/// Enters a function object. Its frame fits.
BRINK_INLINE void enter_object(const CodeWord*& pc, Slot*& fp, uint8_t*& mem, InstanceObject*& inst,
                               const FuncObject* function, const CodeHeader* callee) {
  Slot* const frame = fp + pc[2].wide.lo;
  clear_locals(callee, frame);
  Slot* const link = frame + callee->link_slot;
  if (function->instance == inst) {
    link[0] = reinterpret_cast<Slot>(pc + kCallWords);
  } else {
    link[0] = reinterpret_cast<Slot>(return_to_instance_stub());
    link[1] = reinterpret_cast<Slot>(pc + kCallWords);
    link[2] = reinterpret_cast<Slot>(inst);
    inst = function->instance;
    mem = inst->memory0_base;
  }
  fp = frame;
  pc = static_cast<const CodeWord*>(callee->entry);
}

/// Enters the function object in acc, whose type has been checked.
BRINK_INLINE bool try_enter(const CodeWord*& pc, Slot*& fp, uint8_t*& mem, InstanceObject*& inst,
                            ExecContext* rt, const FuncObject* function) {
  const CodeHeader* callee = function->code->load(std::memory_order_acquire);
  Slot* const frame = fp + pc[2].wide.lo;
  if (!fits(callee, frame, rt)) [[unlikely]]
    return false;
  enter_object(pc, fp, mem, inst, function, callee);
  return true;
}

#define BRINK_ENTER(function)                                       \
  do {                                                              \
    if (!try_enter(pc, fp, mem, inst, rt, function)) [[unlikely]] { \
      acc = reinterpret_cast<uint64_t>(function);                   \
      BRINK_GOTO(enter_slowly);                                     \
    }                                                               \
    BRINK_NEXT(0);                                                  \
  } while (0)

/// word 1 function index, lo callee's frame.
void call_import(BRINK_STATE) {
  const FuncObject* function = inst->functions[pc[1].wide.lo];
  BRINK_ENTER(function);
}

/// Whether a function may be called at this type: its own or, declared so, a subtype.
bool has_type(const FuncObject* function, TypeId type, const InstanceObject* inst) {
  return function->type_id == type || inst->store->types().is_subtype(function->type_id, type);
}

/// Gives the function of a call_indirect, or the trap why there is none.
BRINK_INLINE TrapCode find_callee(BRINK_STATE, const FuncObject*& function) {
  const WideOperands what = pc[1].wide;  // lo table, hi type
  const runtime::TableObject* table = inst->tables[what.lo];
  const uint64_t index = table->type.address == AddressType::I64
                             ? fp[pc[2].wide.hi]
                             : static_cast<uint32_t>(fp[pc[2].wide.hi]);
  if (index >= table->size) [[unlikely]] {
    rt->trap_detail = index;
    return TrapCode::UndefinedElement;
  }
  function = reinterpret_cast<const FuncObject*>(table->elements[index]);
  if (function == nullptr) [[unlikely]] {
    rt->trap_detail = index;
    return TrapCode::UninitializedElement;
  }
  return TrapCode::None;
}

/// The type did not match exactly; acc is the function.
void call_subtype(BRINK_STATE) {
  const auto* function = reinterpret_cast<const FuncObject*>(acc);
  if (!has_type(function, pc[1].wide.hi, inst)) BRINK_RAISE(TrapCode::IndirectCallTypeMismatch);
  BRINK_ENTER(function);
}

/// word 1: lo table, hi type; word 2: lo callee's frame, hi index.
void call_indirect(BRINK_STATE) {
  const FuncObject* function = nullptr;
  const TrapCode trap = find_callee(BRINK_STATE_ARGS, function);
  if (trap != TrapCode::None) [[unlikely]]
    BRINK_RAISE(trap);
  if (function->type_id != pc[1].wide.hi) [[unlikely]] {
    acc = reinterpret_cast<uint64_t>(function);
    BRINK_GOTO(call_subtype);
  }
  BRINK_ENTER(function);
}

/// word 2: lo callee's frame, hi reference.
void call_ref(BRINK_STATE) {
  const auto* function = reinterpret_cast<const FuncObject*>(fp[pc[2].wide.hi]);
  if (function == nullptr) [[unlikely]]
    BRINK_RAISE(TrapCode::NullFunctionReference);
  BRINK_ENTER(function);
}

/// Notes where this frame stands while C++ runs, and puts back what was there.
class HostCallScope {
 public:
  HostCallScope(const CodeWord* pc, Slot* fp, InstanceObject* inst, ExecContext* rt, Slot* top)
      : rt_(rt), top_(rt->stack_top) {
    rt->stack_top = top;
    rt->host_call_pc = pc;
    rt->host_call_fp = fp;
    rt->caller_instance = inst;
  }
  HostCallScope(const HostCallScope&) = delete;
  HostCallScope& operator=(const HostCallScope&) = delete;
  ~HostCallScope() {
    rt_->stack_top = top_;
    rt_->host_call_pc = nullptr;
  }

 private:
  ExecContext* rt_;
  Slot* top_;
};

Slot* end_of_values(const FuncObject* function, Slot* frame) {
  return frame + std::max(function->param_slots, function->result_slots);
}

/// Runs a host function whose arguments lie at `frame`; false if it trapped.
bool call_host(const CodeWord* pc, Slot* fp, InstanceObject* inst, ExecContext* rt,
               const FuncObject* function, Slot* frame) {
  const HostCallScope scope(pc, fp, inst, rt, end_of_values(function, frame));
  return function->thunk(function->callable, *rt->store, inst, frame);
}

/// Runs a compiled function whose arguments lie at `frame`.
[[gnu::noinline]] CallOutcome call_native(const CodeWord* pc, Slot* fp, InstanceObject* inst,
                                          ExecContext* rt, const FuncObject* function,
                                          Slot* frame) {
  const HostCallScope scope(pc, fp, inst, rt, end_of_values(function, frame));
  return runtime::call_across(*rt->store, const_cast<FuncObject&>(*function), frame);
}

/// A host function did not return.
template <Handler rethrow>
void host_failed(BRINK_STATE) {
  acc = runtime::take_host_exception(*rt->store);
  if (acc == 0) BRINK_RAISE(TrapCode::HostError);
  BRINK_GOTO(rethrow);
}

/// acc is a function that is compiled, and there is room for its values.
void enter_native(BRINK_STATE) {
  const auto* function = reinterpret_cast<const FuncObject*>(acc);
  Slot* const frame = fp + pc[2].wide.lo;
  const CallOutcome outcome = call_native(pc, fp, inst, rt, function, frame);
  if (outcome == CallOutcome::Trapped) BRINK_RAISE(TrapCode::HostError);
  if (outcome == CallOutcome::Unwinding) BRINK_GOTO(keep_unwinding);
  BRINK_NEXT(kCallWords);
}

/// The same for a tail call.
void enter_native_tail(BRINK_STATE);

/// Translates; null and rt->trap set when that is impossible.
const CodeHeader* translate(const CodeHeader* stub) {
  auto& code = static_cast<InterpreterCode&>(*stub->module->interpreter_code);
  const Result<const CodeHeader*> result = code.prepare(stub->function_index);
  return result.has_value() ? *result : nullptr;
}

void enter_slowly(BRINK_STATE) {
  const auto* function = reinterpret_cast<const FuncObject*>(acc);  // null: a direct call
  const CodeHeader* callee =
      function != nullptr ? function->code->load(std::memory_order_acquire) : load_header(pc + 1);
  const TrapCode interrupt = look_up(pc, inst, rt, callee);
  if (interrupt != TrapCode::None) BRINK_RAISE(interrupt);
  Slot* const frame = fp + pc[2].wide.lo;
  if (function != nullptr && function->is_host()) {
    if (end_of_values(function, frame) > rt->stack_end) BRINK_RAISE(TrapCode::StackExhausted);
    if (!call_host(pc, fp, inst, rt, function, frame)) BRINK_GOTO(host_failed<&unwind>);
    BRINK_NEXT(kCallWords);
  }
  if (callee->native.load(std::memory_order_acquire)) {
    if (function == nullptr) function = inst->func_ref(callee->function_index);
    if (end_of_values(function, frame) > rt->stack_end) BRINK_RAISE(TrapCode::StackExhausted);
    acc = reinterpret_cast<uint64_t>(function);
    BRINK_GOTO(enter_native);
  }
  if (callee->entry == nullptr) {
    const CodeHeader* translated = translate(callee);
    if (translated == nullptr) BRINK_RAISE(TrapCode::HeapExhausted);
    // Whoever calls from here again finds the code at once.
    if (function == nullptr) {
      __atomic_store_n(&const_cast<CodeWord*>(pc)[1].header, translated, __ATOMIC_RELEASE);
      BRINK_NEXT(0);
    }
    callee = translated;
  }
  if (!has_room(callee, frame, rt)) BRINK_RAISE(TrapCode::StackExhausted);
  // Compiled meanwhile. All others go on whatever the limit is, for it may be poisoned again.
  if (callee->slots() == CodeHeader::kNotEnterable) BRINK_NEXT(0);
  if (function == nullptr) BRINK_ENTER_HEADER(callee);
  enter_object(pc, fp, mem, inst, function, callee);
  BRINK_NEXT(0);
}

// ---- tail calls: word 3: lo own link, hi slots of arguments ----

/// Moves the arguments of a tail call down to the frame's start, keeping the link.
struct TailLink {
  Slot link[runtime::kLinkSlots];
};
BRINK_INLINE TailLink prepare_tail(const CodeWord* pc, Slot* fp) {
  const WideOperands op = pc[3].wide;
  TailLink saved = {{fp[op.lo], fp[op.lo + 1], fp[op.lo + 2]}};
  const Slot* source = fp + pc[2].wide.lo;
  for (uint32_t i = 0; i < op.hi; ++i) fp[i] = source[i];
  return saved;
}

/// Replaces the current frame by the callee's; acc is its function object, or null with the header
/// in word 1. Traps are raised before anything has moved.
void enter_tail(BRINK_STATE) {
  const auto* function = reinterpret_cast<const FuncObject*>(acc);
  const CodeHeader* callee =
      function != nullptr ? function->code->load(std::memory_order_acquire) : load_header(pc + 1);
  if (!fits(callee, fp, rt)) [[unlikely]] {
    const TrapCode interrupt = look_up(pc, inst, rt, callee);
    if (interrupt != TrapCode::None) BRINK_RAISE(interrupt);
    if (function != nullptr && function->is_host()) {
      Slot* const frame = fp + pc[2].wide.lo;
      if (end_of_values(function, frame) > rt->stack_end) BRINK_RAISE(TrapCode::StackExhausted);
      if (!call_host(pc, fp, inst, rt, function, frame))
        BRINK_GOTO(host_failed<&unwind_from_caller>);
      Slot* const link = fp + pc[3].wide.lo;
      const auto* target = reinterpret_cast<const CodeWord*>(link[0]);
      // The caller has as many results, and its link lies above them.
      for (uint32_t i = 0; i < function->result_slots; ++i) fp[i] = frame[i];
      acc = reinterpret_cast<uint64_t>(link);
      fp -= target[-1].wide.lo;
      BRINK_DISPATCH(target);
    }
    if (callee->native.load(std::memory_order_acquire)) {
      if (function == nullptr) function = inst->func_ref(callee->function_index);
      if (end_of_values(function, fp + pc[2].wide.lo) > rt->stack_end)
        BRINK_RAISE(TrapCode::StackExhausted);
      acc = reinterpret_cast<uint64_t>(function);
      BRINK_GOTO(enter_native_tail);
    }
    if (callee->entry == nullptr) {
      const CodeHeader* translated = translate(callee);
      if (translated == nullptr) BRINK_RAISE(TrapCode::HeapExhausted);
      if (function == nullptr)
        __atomic_store_n(&const_cast<CodeWord*>(pc)[1].header, translated, __ATOMIC_RELEASE);
      callee = translated;
    }
    if (!has_room(callee, fp, rt)) BRINK_RAISE(TrapCode::StackExhausted);
    // Compiled meanwhile.
    if (callee->slots() == CodeHeader::kNotEnterable) BRINK_NEXT(0);
  }
  TailLink saved = prepare_tail(pc, fp);
  if (function != nullptr && function->instance != inst) {
    if (saved.link[0] != reinterpret_cast<Slot>(return_to_instance_stub())) {
      saved.link[1] = saved.link[0];
      saved.link[2] = reinterpret_cast<Slot>(inst);
      saved.link[0] = reinterpret_cast<Slot>(return_to_instance_stub());
    }
    inst = function->instance;
    mem = inst->memory0_base;
  }
  clear_locals(callee, fp);
  Slot* const link = fp + callee->link_slot;
  for (uint32_t i = 0; i < runtime::kLinkSlots; ++i) link[i] = saved.link[i];
  BRINK_DISPATCH(static_cast<const CodeWord*>(callee->entry));
}

/// A frame that C++ entered gives way by leaving, so that tail calls between the tiers do not pile
/// up. Any other one waits for the callee in its caller's name.
void enter_native_tail(BRINK_STATE) {
  const auto* function = reinterpret_cast<const FuncObject*>(acc);
  Slot* const frame = fp + pc[2].wide.lo;
  Slot* const link = fp + pc[3].wide.lo;
  const auto* target = reinterpret_cast<const CodeWord*>(link[0]);
  if (target == exit_stub()) {
    rt->tail_callee = const_cast<FuncObject*>(function);
    rt->tail_slots = frame;
    rt->has_left = true;
    return;
  }
  const auto* back = target;
  InstanceObject* caller = inst;
  if (target == return_to_instance_stub()) {
    back = reinterpret_cast<const CodeWord*>(link[1]);
    caller = reinterpret_cast<InstanceObject*>(link[2]);
  }
  const CallOutcome outcome =
      call_native(back - kCallWords, fp - back[-1].wide.lo, caller, rt, function, frame);
  if (outcome == CallOutcome::Trapped) BRINK_RAISE(TrapCode::HostError);
  if (outcome == CallOutcome::Unwinding) BRINK_GOTO(keep_unwinding);
  // The caller has as many results, and its link lies above them.
  for (uint32_t i = 0; i < function->result_slots; ++i) fp[i] = frame[i];
  acc = reinterpret_cast<uint64_t>(link);
  fp -= target[-1].wide.lo;
  BRINK_DISPATCH(target);
}

// ---- going over to compiled code in a loop ----

/// What is found for a guest at the header of an open loop.
struct OpenLoop {
  const FuncObject* function = nullptr;  ///< null: there is no code yet
  union {
    Handler handler;  ///< then: the header's own
    uint64_t link_slot;
  };
};

[[gnu::noinline]] OpenLoop find_open_loop(const CodeWord* pc, InstanceObject* inst) {
  const auto& code = static_cast<const InterpreterCode&>(*inst->module->interpreter_code);
  const FunctionCode& function = *code.find(pc);
  const LoopSite& loop = *function.loop_at(static_cast<uint32_t>(pc - function.words.data()));
  const runtime::TierOperations& compiler = *inst->store->engine.state()->compiler;
  OpenLoop found;
  found.function = compiler.enter_loop(*inst, function.header.function_index, loop.offset);
  if (found.function == nullptr)
    found.handler = loop.handler;
  else
    found.link_slot = function.header.link_slot;
  return found;
}

/// As call_native, for a frame that gives way: the callee reads it at `frame`, leaves its results
/// there, and must not overwrite its link.
[[gnu::noinline]] CallOutcome call_in_place(const CodeWord* pc, Slot* fp, InstanceObject* inst,
                                            ExecContext* rt, const FuncObject* function,
                                            Slot* frame, Slot* link) {
  const HostCallScope scope(pc, fp, inst, rt, link + runtime::kLinkSlots);
  return runtime::call_across(*rt->store, const_cast<FuncObject&>(*function), frame);
}

/// The frame gives way to compiled code, as in a tail call whose only argument is the frame.
void go_over(BRINK_STATE) {
  const OpenLoop loop = find_open_loop(pc, inst);
  if (loop.function == nullptr) {
    const Handler handler = loop.handler;
    BRINK_GOTO(handler);
  }
  rt->loop_frame = fp;
  Slot* const link = fp + loop.link_slot;
  const auto* target = reinterpret_cast<const CodeWord*>(link[0]);
  if (target == exit_stub()) {
    rt->tail_callee = const_cast<FuncObject*>(loop.function);
    rt->tail_slots = fp;
    rt->has_left = true;
    return;
  }
  const auto* back = target;
  InstanceObject* caller = inst;
  if (target == return_to_instance_stub()) {
    back = reinterpret_cast<const CodeWord*>(link[1]);
    caller = reinterpret_cast<InstanceObject*>(link[2]);
  }
  const CallOutcome outcome =
      call_in_place(back - kCallWords, fp - back[-1].wide.lo, caller, rt, loop.function, fp, link);
  if (outcome == CallOutcome::Trapped) BRINK_RAISE(TrapCode::HostError);
  if (outcome == CallOutcome::Unwinding) BRINK_GOTO(keep_unwinding);
  acc = reinterpret_cast<uint64_t>(link);
  fp -= target[-1].wide.lo;
  BRINK_DISPATCH(target);
}

void return_call(BRINK_STATE) {
  acc = 0;
  BRINK_GOTO(enter_tail);
}
void return_call_import(BRINK_STATE) {
  acc = reinterpret_cast<uint64_t>(inst->functions[pc[1].wide.lo]);
  BRINK_GOTO(enter_tail);
}
void return_call_indirect(BRINK_STATE) {
  const FuncObject* function = nullptr;
  const TrapCode trap = find_callee(BRINK_STATE_ARGS, function);
  if (trap != TrapCode::None) [[unlikely]]
    BRINK_RAISE(trap);
  if (!has_type(function, pc[1].wide.hi, inst)) [[unlikely]]
    BRINK_RAISE(TrapCode::IndirectCallTypeMismatch);
  acc = reinterpret_cast<uint64_t>(function);
  BRINK_GOTO(enter_tail);
}
void return_call_ref(BRINK_STATE) {
  acc = fp[pc[2].wide.hi];
  if (acc == 0) [[unlikely]]
    BRINK_RAISE(TrapCode::NullFunctionReference);
  BRINK_GOTO(enter_tail);
}

// ---- returns: lo own link ----

/// Goes to the return pc. acc tells the stubs where the link is.
#define BRINK_RETURN(link, target)          \
  do {                                      \
    acc = reinterpret_cast<uint64_t>(link); \
    fp -= (target)[-1].wide.lo;             \
    BRINK_DISPATCH(target);                 \
  } while (0)

/// The results are in place.
void return_(BRINK_STATE) {
  Slot* const link = fp + pc[1].wide.lo;
  const auto* target = reinterpret_cast<const CodeWord*>(*link);
  BRINK_RETURN(link, target);
}
/// hi: the result's slot. The result may cover nothing of the link (link_slot >= result slots).
void return_slot(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  Slot* const link = fp + op.lo;
  const auto* target = reinterpret_cast<const CodeWord*>(*link);
  fp[0] = fp[op.hi];
  BRINK_RETURN(link, target);
}
template <typename T>
void return_acc(BRINK_STATE) {
  Slot* const link = fp + pc[1].wide.lo;
  const auto* target = reinterpret_cast<const CodeWord*>(*link);
  store_slot(fp, read<T, Mode::Acc>(BRINK_STATE_ARGS, 0));
  BRINK_RETURN(link, target);
}

/// Back to the host: ends the chain of handlers.
void exit_guest(BRINK_STATE) {}

/// Back into another instance; acc points to the link.
void return_to_instance(BRINK_STATE) {
  const Slot* link = reinterpret_cast<const Slot*>(acc);
  const auto* target = reinterpret_cast<const CodeWord*>(link[1]);
  inst = reinterpret_cast<InstanceObject*>(link[2]);
  mem = inst->memory0_base;
  fp -= target[-1].wide.lo;
  BRINK_DISPATCH(target);
}

// A return looks at the word before its target, so each stub has one, saying "no distance".
const CodeWord kExitStub[2] = {CodeWord{.bits = 0}, CodeWord{.handler = exit_guest}};
const CodeWord kReturnToInstanceStub[2] = {CodeWord{.bits = 0},
                                           CodeWord{.handler = return_to_instance}};

}  // namespace

const CodeWord* exit_stub() {
  return &kExitStub[1];
}
const CodeWord* return_to_instance_stub() {
  return &kReturnToInstanceStub[1];
}

Handler open_loop_handler() {
  return go_over;
}

void fill_call_handlers(std::array<Handler, kInternalOpCount>& handlers) {
  const auto set = [&](InternalOp op, Handler handler) {
    handlers[static_cast<size_t>(op)] = handler;
  };
  set(InternalOp::Call, call);
  set(InternalOp::CallImport, call_import);
  set(InternalOp::CallIndirect, call_indirect);
  set(InternalOp::CallRef, call_ref);
  set(InternalOp::ReturnCall, return_call);
  set(InternalOp::ReturnCallImport, return_call_import);
  set(InternalOp::ReturnCallIndirect, return_call_indirect);
  set(InternalOp::ReturnCallRef, return_call_ref);
  set(InternalOp::Return, return_);
  set(InternalOp::ReturnSlot, return_slot);
  set(InternalOp::ReturnAcc, return_acc<uint64_t>);
  set(InternalOp::ReturnFacc, return_acc<float>);
  set(InternalOp::ReturnDacc, return_acc<double>);
  set(InternalOp::ExitGuest, exit_guest);
  set(InternalOp::ReturnToInstance, return_to_instance);
}

}  // namespace brink::interpret
