// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/runtime/store_state.h"

#include "engine/platform/fault_handler.h"
#include "engine/support/try.h"

namespace brink::runtime {

StoreState::StoreState(Engine owner, StoreLimits store_limits)
    : engine(std::move(owner)),
      limits(store_limits),
      heap(store_limits.max_gc_heap_bytes, engine.config().gc_stress),
      gc_stress(engine.config().gc_stress) {
  exec.store = this;
}

StoreState::~StoreState() {
  deadline.cancel();
}

Status StoreState::ensure_stack() {
  if (stack.base() != nullptr) return {};
  BRINK_TRY(platform::install_fault_handler());
  const size_t bytes = platform::round_up_to_page(limits.max_stack_bytes).value_or(0);
  platform::Reservation reserved = BRINK_TRY(platform::Reservation::reserve(bytes));
  BRINK_TRY(reserved.commit(0, bytes));
  stack = std::move(reserved);
  auto* const base = reinterpret_cast<Slot*>(stack.base());
  exec.stack_top = base;
  exec.stack_end = base + bytes / sizeof(Slot);
  // Whoever has poisoned the limit before finds it poisoned still.
  exec.stack_limit.store(exec.interrupts.load() == 0 ? exec.stack_end : nullptr);
  return {};
}

void StoreState::interrupt(uint32_t reason) {
  exec.interrupts.fetch_or(reason, std::memory_order_seq_cst);
  exec.stack_limit.store(nullptr, std::memory_order_seq_cst);
}

std::atomic<const CodeHeader*>* host_code() {
  static const CodeHeader header;
  static std::atomic<const CodeHeader*> code = &header;
  return &code;
}

}  // namespace brink::runtime
