// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see tiers.h.

#include "engine/runtime/tiers.h"

#include <algorithm>

#include "engine/platform/native_stack.h"
#include "engine/runtime/async_call.h"
#include "engine/runtime/gc_objects.h"
#include "engine/runtime/metrics.h"
#include "engine/support/trace.h"

namespace brink::runtime {
namespace {

/// A deep recursion is told by its innermost frames.
constexpr size_t kMaxFrames = 64;

/// What a chain of handlers, runtime calls and a signal frame may need of the host's stack.
constexpr size_t kHostStackMargin = size_t{64} << 10;

const TierOperations& tier_of(const StoreState& store, const GuestPoint& point) {
  const EngineState& engine = *store.engine.state();
  return point.is_native() ? *engine.compiler : *engine.interpreter;
}

/// Where the guest below an entry stands.
GuestPoint outer_point(const EntryRecord& entry) {
  GuestPoint point;
  point.pc = entry.caller_pc;
  point.fp = entry.caller_fp;
  point.calls_host = !entry.is_crossing;
  point.native_pc = entry.native_pc;
  point.native_sp = entry.native_sp;
  point.instance = entry.caller_instance;
  return point;
}

/// Visits the entries from the inside out, as long as `visit` says so and there are guests.
template <typename Visit>
void for_each_entry(StoreState& store, GuestPoint point, Visit visit) {
  for (EntryRecord* entry = store.exec.entry; entry != nullptr && !point.is_none();
       entry = entry->previous) {
    if (!visit(tier_of(store, point), point, entry)) return;
    point = outer_point(*entry);
  }
}

}  // namespace

// ---- calls ----

bool has_host_stack(ExecContext& rt) {
  // Entries within entries use it up. Its limit is asked for at the first of them.
  if (rt.entry == nullptr) {
    rt.native_stack_limit = 0;
    return true;
  }
  if (rt.native_stack_limit == 0)
    rt.native_stack_limit = platform::native_stack_limit(kHostStackMargin);
  return reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) >= rt.native_stack_limit;
}

CallOutcome refuse_entry(StoreState& store, TrapCode code) {
  if (store.async != nullptr && !store.async->is_running())
    store.trap = Trap{TrapCode::HostError, "the store has a call that is suspended", {}, 0};
  else
    store.trap = Trap{code, std::string(to_string(code)), {}, 0};
  return CallOutcome::Trapped;
}

namespace {

/// Enters the tier that runs the function now, and again if that ends with a tail call.
CallOutcome enter(StoreState& store, FuncObject& function, Slot* slots, bool is_crossing) {
  const EngineState& engine = *store.engine.state();
  FuncObject* callee = &function;
  Slot* values = slots;
  for (;;) {
    const CodeHeader* code = callee->code->load(std::memory_order_acquire);
    const TierOperations& tier =
        code->native.load(std::memory_order_acquire) ? *engine.compiler : *engine.interpreter;
    const CallOutcome outcome = tier.enter(store, *callee, values, is_crossing);
    if (outcome != CallOutcome::TailCall) {
      if (outcome == CallOutcome::Returned && values != slots)
        std::copy_n(values, function.result_slots, slots);
      return outcome;
    }
    callee = store.exec.tail_callee;
    values = store.exec.tail_slots;
  }
}

}  // namespace

namespace {

bool call_measured(StoreState& store, FuncObject& function, Slot* slots) {
  const uint64_t fuel = fuel_of(store);
  const Metrics::Clock::time_point start = Metrics::Clock::now();
  const bool returned = enter(store, function, slots, false) == CallOutcome::Returned;
  // Who is called back may forget all this, or replace it.
  if (store.metrics != nullptr)
    store.metrics->called(*function.instance, Metrics::Clock::now() - start,
                          fuel - std::min(fuel, fuel_of(store)),
                          !returned && store.trap->code != TrapCode::Exit);
  return returned;
}

}  // namespace

bool call_function(StoreState& store, FuncObject& function, Slot* slots) {
  if (!function.is_host()) {
    // Calls within calls are part of the outer one.
    if (store.metrics != nullptr && store.exec.entry == nullptr) [[unlikely]]
      return call_measured(store, function, slots);
    return enter(store, function, slots, false) == CallOutcome::Returned;
  }
  if (function.thunk(function.callable, store, nullptr, slots)) return true;
  store.trap = store.host_trap ? std::move(*store.host_trap)
                               : Trap{TrapCode::HostError, "host function failed", {}, 0};
  store.host_trap.reset();
  return false;
}

CallOutcome call_across(StoreState& store, FuncObject& function, Slot* slots) {
  const CallOutcome outcome = enter(store, function, slots, true);
  // On its way out through the caller's tier, the trap is like one that a host function left.
  if (outcome == CallOutcome::Trapped) {
    store.host_trap = std::move(store.trap);
    store.trap.reset();
  }
  return outcome;
}

CallOutcome finish_left_entry(StoreState& store, const platform::Activation& activation,
                              const GuestPoint& point) {
  ExecContext& rt = store.exec;
  const TrapCode code = activation.trap != TrapCode::None ? activation.trap : rt.trap;
  rt.trap = TrapCode::None;
  if (code == TrapCode::None) return CallOutcome::TailCall;
  if (code == TrapCode::UncaughtException && rt.landing_entry != nullptr)
    return CallOutcome::Unwinding;
  if (code == TrapCode::HostError && store.host_trap) {
    store.trap = std::move(store.host_trap);
    store.host_trap.reset();
  } else if (code == TrapCode::UncaughtException) {
    store.trap = make_exception_trap(store, store.exception);
  } else {
    std::string message(to_string(code));
    if (code == TrapCode::UndefinedElement || code == TrapCode::UninitializedElement)
      message.append(" ").append(std::to_string(rt.trap_detail));
    store.trap = Trap{code, std::move(message), {}, 0};
  }
  // What stopped this call stops the next ones too, until it is taken back.
  store.keep_interrupt(code);
  if (store.trap->backtrace.empty() && store.trap->code != TrapCode::Exit)
    store.trap->backtrace = make_backtrace(store, point);
  BRINK_TRACE(Trap, "{}, through {} frames", store.trap->message, store.trap->backtrace.size());
  return CallOutcome::Trapped;
}

// ---- exceptions ----

bool find_landing(StoreState& store, const GuestPoint& thrower, uint64_t exception) {
  ExecContext& rt = store.exec;
  rt.landing_entry = nullptr;
  for_each_entry(store, thrower,
                 [&](const TierOperations& tier, const GuestPoint& point, EntryRecord* entry) {
                   if (tier.find_landing(store, point, entry, exception)) {
                     rt.landing_entry = entry;
                     rt.landing_exception = exception;
                   }
                   return rt.landing_entry == nullptr && entry->is_crossing;
                 });
  if (rt.landing_entry != nullptr) return true;
  store.exception = exception;
  return false;
}

uint64_t take_host_exception(StoreState& store) {
  std::optional<Trap>& trap = store.host_trap;
  if (!trap || trap->code != TrapCode::UncaughtException) return 0;
  const uint64_t exception = trap->exception.ref_word();
  if (exception != 0) trap.reset();
  return exception;
}

Trap make_exception_trap(StoreState& store, uint64_t exception) {
  const TagObject& tag = *exception_tag(store.heap, exception);
  store.exception = exception;
  std::string message(to_string(TrapCode::UncaughtException));
  message += " of type [";
  for (const ValType type : store.types().get(tag.type_id).func()->params) {
    if (message.back() != '[') message += ' ';
    message += to_string(type);
  }
  message += ']';
  Trap trap{TrapCode::UncaughtException, std::move(message), {}, 0};
  trap.exception = Value::ref(ValType::ref(AbstractHeapType::Exn, false), exception);
  return trap;
}

// ---- frames ----

GuestPoint current_point(const ExecContext& rt) {
  GuestPoint point;
  if (rt.native_pc != nullptr) {
    point.native_pc = rt.native_pc;
    point.native_sp = rt.native_sp;
    point.instance = rt.caller_instance;
    return point;
  }
  point.calls_host = rt.safepoint_pc == nullptr;
  point.pc = point.calls_host ? rt.host_call_pc : rt.safepoint_pc;
  point.fp = point.calls_host ? rt.host_call_fp : rt.safepoint_fp;
  if (point.calls_host) point.instance = rt.caller_instance;
  return point;
}

InstanceObject* instance_of_frame(const StoreState& store, InstanceObject* known,
                                  const ModuleState& module) {
  if (known != nullptr) return known;
  for (const auto& instance : store.instances) {
    if (instance->module != &module) continue;
    if (known != nullptr) return nullptr;
    known = instance.get();
  }
  return known;
}

std::vector<Frame> make_backtrace(StoreState& store, const GuestPoint& innermost) {
  std::vector<Frame> frames;
  for_each_entry(store, innermost,
                 [&](const TierOperations& tier, const GuestPoint& point, EntryRecord* entry) {
                   tier.describe(store, point, entry, frames, kMaxFrames);
                   return frames.size() < kMaxFrames;
                 });
  return frames;
}

void mark_frames(StoreState& store) {
  for_each_entry(store, current_point(store.exec),
                 [&](const TierOperations& tier, const GuestPoint& point, EntryRecord* entry) {
                   tier.mark(store, point, entry);
                   return true;
                 });
}

}  // namespace brink::runtime
