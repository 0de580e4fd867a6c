// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/runtime/store_state.h"

#include "engine/platform/fault_handler.h"
#include "engine/platform/virtual_memory.h"
#include "engine/runtime/async_call.h"
#include "engine/runtime/metrics.h"
#include "engine/runtime/tiers.h"
#include "engine/support/try.h"

namespace brink::runtime {
namespace {

/// Frames of compiled code hold what did not fit into registers, twice where lifetimes are split,
/// and so may be larger than the interpreter's of the same function.
constexpr size_t kNativeFrameRatio = 2;

/// Above any stack pointer.
constexpr uintptr_t kPoison = ~uintptr_t{0};

}  // namespace

StoreState::StoreState(Engine owner, StoreLimits store_limits)
    : engine(std::move(owner)),
      limits(store_limits),
      heap(store_limits.max_gc_heap_bytes, engine.config().gc_stress, &exec.heap),
      gc_stress(engine.config().gc_stress) {
  exec.store = this;
  // Read, never written: what null leads to is not an object.
  exec.heap_base = const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(&kNullObject));
  const TierOperations* compiler = engine.state()->compiler;
  if (compiler != nullptr && compiler->watch != nullptr) compiler->watch(*this);
}

StoreState::~StoreState() {
  const TierOperations* compiler = engine.state()->compiler;
  if (compiler != nullptr && compiler->unwatch != nullptr) compiler->unwatch(*this);
  deadline.cancel();
}

Status StoreState::ensure_stack() {
  if (!stack.is_empty()) return {};
  BRINK_TRY(platform::install_fault_handler());
  stack = BRINK_TRY(engine.state()->stacks.allocate(limits.max_stack_bytes));
  exec.stack_top = reinterpret_cast<Slot*>(stack.bounds().low);
  exec.stack_end = reinterpret_cast<Slot*>(stack.bounds().high);
  // Whoever has poisoned the limit before finds it poisoned still.
  const bool is_poisoned = exec.interrupts.load() != 0 || exec.wants_sample.load();
  exec.stack_limit.store(is_poisoned ? nullptr : exec.stack_end);
  return {};
}

// The stack of compiled code, from low to high addresses:
//
//     overflow array | kNativeStackMargin | what frames may use | start
//                                         ^ native_stack_end
//
// The array lies where no frame of a guest can reach it.
Status StoreState::ensure_native_stack() {
  if (!native_stack_.is_empty()) return {};
  BRINK_TRY(platform::install_fault_handler());
  const size_t overflow_bytes =
      platform::round_up_to_page(kMaxOverflow * sizeof(OverflowValue)).value_or(0);
  const size_t stack_bytes =
      platform::round_up_to_page(limits.max_stack_bytes).value_or(0) * kNativeFrameRatio;
  native_stack_ =
      BRINK_TRY(engine.state()->stacks.allocate(overflow_bytes + kNativeStackMargin + stack_bytes));
  const platform::StackBounds bounds = native_stack_.bounds();
  exec.overflow = reinterpret_cast<OverflowValue*>(bounds.low);
  exec.native_stack_start = bounds.high;
  exec.native_stack_end = bounds.high - stack_bytes;
  exec.native_top = exec.native_stack_start;
  set_native_limits(exec.native_stack_end);
  if (exec.interrupts.load(std::memory_order_seq_cst) != 0) set_native_limits(kPoison);
  return {};
}

void StoreState::set_native_limits(uintptr_t limit) {
  for (InstanceObject* i = first_instance.load(std::memory_order_seq_cst); i != nullptr;
       i = i->next_instance)
    i->native_limit.store(limit, std::memory_order_seq_cst);
}

void StoreState::add(std::unique_ptr<InstanceObject> owned) {
  InstanceObject* const instance = owned.get();
  instances.push_back(std::move(owned));
  instance->native_limit.store(exec.native_stack_end, std::memory_order_seq_cst);
  instance->next_instance = first_instance.load(std::memory_order_relaxed);
  first_instance.store(instance, std::memory_order_seq_cst);
  // Whoever interrupts now either finds the instance in the list or left the reason in time.
  if (exec.interrupts.load(std::memory_order_seq_cst) != 0) instance->native_limit.store(kPoison);
}

void StoreState::interrupt(uint32_t reason) {
  exec.interrupts.fetch_or(reason, std::memory_order_seq_cst);
  exec.stack_limit.store(nullptr, std::memory_order_seq_cst);
  set_native_limits(kPoison);
}

void StoreState::ask_for_sample() {
  exec.wants_sample.store(true, std::memory_order_seq_cst);
  exec.stack_limit.store(nullptr, std::memory_order_seq_cst);
}

bool StoreState::take_sample() {
  if (!exec.wants_sample.load(std::memory_order_relaxed)) return false;
  if (engine.config().loop_stress) return true;
  if (exec.uncounted_look_ups == 0) return exec.wants_sample.exchange(false);
  --exec.uncounted_look_ups;
  return false;
}

TrapCode StoreState::take_interrupt() {
  // Whoever interrupts sets the reason first and the poison after it. Taking the poison away before
  // looking at the reasons loses none.
  exec.stack_limit.store(exec.stack_end, std::memory_order_seq_cst);
  if (exec.wants_sample.load(std::memory_order_seq_cst)) exec.stack_limit.store(nullptr);
  set_native_limits(exec.native_stack_end);
  const uint32_t reasons = exec.interrupts.load(std::memory_order_seq_cst);
  if (reasons & ExecContext::kCancelled) return TrapCode::Interrupted;
  if (reasons & ExecContext::kDeadline) {
    if (async == nullptr || !async->yield_for_time()) return TrapCode::DeadlineExceeded;
    return take_interrupt();
  }
  return TrapCode::None;
}

bool StoreState::refuel() {
  while (exec.fuel < 0)
    if (async == nullptr || !async->yield_for_fuel()) return false;
  return true;
}

void StoreState::forget_cancellation() {
  exec.interrupts.fetch_and(~ExecContext::kCancelled, std::memory_order_seq_cst);
}

void StoreState::arm_deadline(uint64_t when) {
  disarm_deadline();
  Result<platform::Deadline> armed = platform::Deadline::arm(
      when, [](void* self) { static_cast<StoreState*>(self)->interrupt(ExecContext::kDeadline); },
      this);
  if (armed.has_value())
    deadline = *std::move(armed);
  else
    interrupt(ExecContext::kDeadline);  // no thread for a timer: refuse to run unbounded
}

void StoreState::disarm_deadline() {
  deadline.cancel();
  exec.interrupts.fetch_and(~ExecContext::kDeadline);
}

void StoreState::pin_storage(bool pinned) {
  for (const std::shared_ptr<MemoryObject>& memory : memories) memory->is_pinned = pinned;
  for (const std::unique_ptr<TableObject>& table : tables) table->is_pinned = pinned;
}

void StoreState::keep_interrupt(TrapCode trap) {
  if (trap == TrapCode::Interrupted)
    exec.interrupts.fetch_and(~ExecContext::kCancelled, std::memory_order_relaxed);
  if (exec.interrupts.load(std::memory_order_seq_cst) == 0) return;
  exec.stack_limit.store(nullptr);
  set_native_limits(kPoison);
}

std::atomic<const CodeHeader*>* host_code() {
  static const CodeHeader header;
  static std::atomic<const CodeHeader*> code = &header;
  return &code;
}

}  // namespace brink::runtime
