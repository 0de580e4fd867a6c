// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see entering.h.

#include "engine/compile/runtime/entering.h"

#include <algorithm>

#include "engine/compile/runtime/compiled_module.h"
#include "engine/compile/runtime/native_frames.h"
#include "engine/platform/activation.h"
#include "engine/platform/native_stack.h"
#include "engine/runtime/gc_objects.h"

namespace brink::compile {

using runtime::CallOutcome;
using runtime::ExecContext;
using runtime::FuncObject;
using runtime::GuestPoint;
using runtime::InstanceObject;
using runtime::Slot;
using runtime::StoreState;

namespace {

CompilerState& state_of(const StoreState& store) {
  return compiler_state(*store.engine.state());
}

const void* adapter_of(StoreState& store, FuncObject& function) {
  const void* adapter = function.native_adapter.load(std::memory_order_acquire);
  if (adapter != nullptr) return adapter;
  adapter = state_of(store).adapters.entry_adapter(function.type_id);
  function.native_adapter.store(adapter, std::memory_order_release);
  return adapter;
}

/// What stands in the way of entering now.
TrapCode check_entry(StoreState& store, const InstanceObject& instance) {
  ExecContext& rt = store.exec;
  if (rt.native_stack_start == 0 && !store.ensure_native_stack().has_value())
    return TrapCode::StackExhausted;
  // Functions that call nothing do not look by themselves.
  if (instance.native_limit.load(std::memory_order_relaxed) > rt.native_stack_start) [[unlikely]] {
    const TrapCode interrupt = store.take_interrupt();
    if (interrupt != TrapCode::None) {
      store.keep_interrupt(interrupt);
      return interrupt;
    }
  }
  if (rt.native_top < rt.native_stack_end || !runtime::has_host_stack(rt))
    return TrapCode::StackExhausted;
  return TrapCode::None;
}

/// What compiling a function may need of the host's stack.
constexpr size_t kCompilerStack = size_t{128} << 10;

bool has_room_to_compile() {
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  const auto bounds = platform::native_stack_bounds();
  if (!bounds || here < bounds->low || here >= bounds->high) return true;  // nobody knows
  return here - bounds->low >= std::min(kCompilerStack, (bounds->high - bounds->low) / 2);
}

/// Where the guest stood when it left.
GuestPoint left_point(const ExecContext& rt, const platform::Activation& activation) {
  GuestPoint point;
  const bool is_fault = activation.trap != TrapCode::None;
  point.native_pc = is_fault ? reinterpret_cast<const void*>(activation.fault_pc) : rt.native_pc;
  point.native_sp = is_fault ? activation.left_sp : rt.native_sp;
  if (!is_fault) point.instance = rt.caller_instance;
  return point;
}

}  // namespace

CallOutcome enter(StoreState& store, FuncObject& function, Slot* slots, bool is_crossing) {
  ExecContext& rt = store.exec;
  InstanceObject* const instance = function.instance;
  const TrapCode refusal = check_entry(store, *instance);
  if (refusal != TrapCode::None) return runtime::refuse_entry(store, refusal);
  const void* const adapter = adapter_of(store, function);
  if (adapter == nullptr) return runtime::refuse_entry(store, TrapCode::HeapExhausted);

  const uintptr_t top = rt.native_top;
  const uintptr_t stack = top & ~uintptr_t{15};
  const uintptr_t host_sp = rt.host_sp;
  runtime::EntryScope scope(rt, is_crossing);
  scope.record.native_base = stack - x64::kEntryFrameBytes;
  platform::Activation activation;
  rt.has_left = false;
  platform::enter_guest(
      activation, reinterpret_cast<platform::GuestFunction>(const_cast<void*>(adapter)),
      reinterpret_cast<uintptr_t>(function.native->load(std::memory_order_acquire)),
      reinterpret_cast<uintptr_t>(instance), reinterpret_cast<uintptr_t>(slots), stack,
      reinterpret_cast<uintptr_t>(&function), reinterpret_cast<uintptr_t>(&rt));
  rt.native_top = top;
  rt.host_sp = host_sp;
  if (!rt.has_left && activation.trap == TrapCode::None) [[likely]]
    return CallOutcome::Returned;
  rt.has_left = false;
  return runtime::finish_left_entry(store, activation, left_point(rt, activation));
}

// ---- leaving ----

namespace {

const void* leave_with(ExecContext& rt, TrapCode trap) {
  rt.trap = trap;
  rt.landing_entry = nullptr;
  rt.has_left = true;
  return stubs().leave;
}

/// Goes on where an exception is caught, or leaves towards an outer entry.
const void* keep_unwinding(ExecContext& rt) {
  if (rt.landing_entry == rt.entry) return stubs().land;
  rt.trap = TrapCode::UncaughtException;
  rt.has_left = true;
  return stubs().leave;
}

const void* unwind(StoreState& store, uint64_t exception) {
  if (runtime::find_landing(store, runtime::current_point(store.exec), exception))
    return keep_unwinding(store.exec);
  return leave_with(store.exec, TrapCode::UncaughtException);
}

/// A trap that somebody else has described.
const void* pass_on(StoreState& store) {
  return leave_with(store.exec, TrapCode::HostError);
}

/// Keeps the references in the arguments of a host function alive.
class HostArguments {
 public:
  HostArguments(StoreState& store, const FuncObject& function, const Slot* slots)
      : store_(store), size_(store.host_arguments.size()) {
    for (const ValType type : store.types().get(function.type_id).func()->params) {
      if (runtime::is_traced(store.types(), type)) store.host_arguments.push_back(*slots);
      slots += type.slots();
    }
  }
  HostArguments(const HostArguments&) = delete;
  HostArguments& operator=(const HostArguments&) = delete;
  ~HostArguments() { store_.host_arguments.resize(size_); }

 private:
  StoreState& store_;
  size_t size_;
};

bool call_thunk(StoreState& store, const FuncObject& function, InstanceObject* caller,
                Slot* slots) {
  if (!function.has_traced_params) [[likely]]
    return function.thunk(function.callable, store, caller, slots);
  const HostArguments arguments(store, function, slots);
  return function.thunk(function.callable, store, caller, slots);
}

const void* call_host(StoreState& store, const FuncObject& function, InstanceObject* caller,
                      Slot* slots) {
  if (call_thunk(store, function, caller, slots)) [[likely]]
    return nullptr;
  const uint64_t exception = runtime::take_host_exception(store);
  return exception != 0 ? unwind(store, exception) : pass_on(store);
}

}  // namespace

extern "C" {

const void* brink_compile_runtime_failed(InstanceObject* instance, TrapCode trap) {
  StoreState& store = *instance->store;
  if (trap == TrapCode::UncaughtException) return unwind(store, store.exec.landing_exception);
  return leave_with(store.exec, trap);
}

const void* brink_compile_trap(InstanceObject* instance, TrapCode trap, uint64_t detail) {
  ExecContext& rt = *instance->exec;
  rt.trap_detail = detail;
  return leave_with(rt, trap);
}

const void* brink_compile_look_up(InstanceObject* instance) {
  StoreState& store = *instance->store;
  ExecContext& rt = store.exec;
  if (store.engine.config().consume_fuel && !store.refuel())
    return leave_with(rt, TrapCode::OutOfFuel);
  const TrapCode interrupt = store.take_interrupt();
  if (interrupt != TrapCode::None) return leave_with(rt, interrupt);
  if (lowest_sp(state_of(store), rt.native_pc, rt.native_sp) < rt.native_stack_end)
    return leave_with(rt, TrapCode::StackExhausted);
  return nullptr;
}

const void* brink_compile_resolve(InstanceObject* instance, uint64_t callee) {
  StoreState& store = *instance->store;
  if (!has_room_to_compile()) return leave_with(store.exec, TrapCode::StackExhausted);
  const auto* const function =
      (callee & 1) == 0 ? reinterpret_cast<const FuncObject*>(callee) : nullptr;
  const void* target = nullptr;
  if (function != nullptr && function->is_host()) {
    target = state_of(store).adapters.exit_adapter(function->type_id);
    if (target != nullptr) state_of(store).adapters.host_entry(function->type_id)->store(target);
  } else {
    InstanceObject* const owner = function != nullptr ? function->instance : instance;
    const auto index =
        function != nullptr ? function->function_index : static_cast<uint32_t>(callee >> 1);
    CompiledModule& module = compiled_module(*owner->module);
    if (module.wants_native() && module.compile(index)) return module.entry(index);
    target = module.make_exit(index);
  }
  return target != nullptr ? target : leave_with(store.exec, TrapCode::HeapExhausted);
}

// A tail call of the function that was entered leaves the entry, so that tail calls between the
// tiers do not pile up.
const void* brink_compile_call_out(InstanceObject* instance, uint64_t callee, Slot* slots) {
  StoreState& store = *instance->store;
  ExecContext& rt = store.exec;
  FuncObject* const function = (callee & 1) == 0
                                   ? reinterpret_cast<FuncObject*>(callee)
                                   : instance->func_ref(static_cast<uint32_t>(callee >> 1));
  if (function->is_host()) return call_host(store, *function, instance, slots);
  if (is_entry_point(rt)) {
    rt.tail_callee = function;
    rt.tail_slots = slots;
    return leave_with(rt, TrapCode::None);
  }
  switch (runtime::call_across(store, *function, slots)) {
    case CallOutcome::Trapped: return pass_on(store);
    case CallOutcome::Unwinding: return keep_unwinding(rt);
    default: return nullptr;
  }
}

[[noreturn]] void brink_compile_leave() {
  platform::detail::brink_platform_leave_guest(platform::current_activation());
}

}  // extern "C"

}  // namespace brink::compile
