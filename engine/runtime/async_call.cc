// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see async_call.h.

#include "engine/runtime/async_call.h"

#include <algorithm>
#include <utility>

#include "engine/platform/clock.h"
#include "engine/support/check.h"

namespace brink::runtime {
namespace {

/// Compares above the address of every stack: entries from outside are refused.
constexpr uintptr_t kNoEntry = ~uintptr_t{0};

std::unexpected<Trap> failure(std::string message, TrapCode code = TrapCode::HostError) {
  return std::unexpected(Trap{code, std::move(message), {}, 0});
}

}  // namespace

AsyncCallState::AsyncCallState(std::shared_ptr<StoreState> store, std::function<Outcome()> body,
                               AsyncOptions options, platform::Stack stack)
    : store_(std::move(store)),
      body_(std::move(body)),
      options_(std::move(options)),
      outcome_(failure("the call has not finished")),
      fiber_(
          std::move(stack),
          [](void* self) {
            auto& call = *static_cast<AsyncCallState*>(self);
            call.outcome_ = call.body_();
          },
          this) {}

AsyncCall::State AsyncCallState::state() const {
  switch (phase_.load()) {
    case Phase::Ready: return AsyncCall::State::Ready;
    case Phase::Suspended: return AsyncCall::State::Suspended;
    case Phase::Finished: return AsyncCall::State::Finished;
    default: return AsyncCall::State::Running;
  }
}

// ---- from outside ----

/// Makes this thread the one that runs it.
bool AsyncCallState::begin_running() {
  if (advance(Phase::Suspended, Phase::Running)) return true;
  if (advance(Phase::Parking, Phase::Woken)) return false;
  if (phase_.load() != Phase::Ready) return false;
  // The store's stacks have room for one call that may stop.
  if (store_->async != nullptr || store_->exec.entry != nullptr) {
    if (advance(Phase::Ready, Phase::Running)) {
      outcome_ = failure("the store has another call that is not finished");
      finish();
    }
    return false;
  }
  if (!advance(Phase::Ready, Phase::Running)) return false;
  store_->async = this;
  return true;
}

AsyncCall::State AsyncCallState::resume() {
  const std::shared_ptr<AsyncCallState> keep = shared_from_this();
  if (!begin_running()) return state();
  for (;;) {
    run();
    if (fiber_.is_finished()) {
      store_->async = nullptr;
      finish();
      return AsyncCall::State::Finished;
    }
    phase_.store(Phase::Parking);
    // From here on others may ask to resume it, and be it from within the callback.
    if (const auto tell = std::exchange(when_suspended_, {})) tell(Resumer(weak_from_this()));
    // cancel() sets its flag first and tries to get hold of the call after that.
    if (!is_cancelled() && advance(Phase::Parking, Phase::Suspended)) {
      if (!is_cancelled() || !advance(Phase::Suspended, Phase::Running))
        return AsyncCall::State::Suspended;
    }
    phase_.store(Phase::Running);
  }
}

void AsyncCallState::run() {
  StoreState& store = *store_;
  store.exec.native_stack_limit = 0;  // asked for again, on the fiber
  if (options_.time_slice.count() > 0) arm_time_slice();
  fiber_.resume();
  if (options_.time_slice.count() > 0) store.disarm_deadline();
  store.exec.native_stack_limit = fiber_.is_finished() ? 0 : kNoEntry;
}

void AsyncCallState::finish() {
  if (is_cancelled()) store_->forget_cancellation();
  phase_.store(Phase::Finished);
  void* const waiter = waiter_.exchange(this);
  if (waiter != nullptr) std::coroutine_handle<>::from_address(waiter).resume();
}

void AsyncCallState::cancel() {
  const std::shared_ptr<AsyncCallState> keep = shared_from_this();
  if (phase_.load() == Phase::Finished) return;
  if (advance(Phase::Ready, Phase::Finished)) {
    outcome_ = failure("the call was cancelled", TrapCode::Interrupted);
    return;
  }
  is_cancelled_.store(true);
  store_->interrupt(ExecContext::kCancelled);
  if (phase_.load() == Phase::Suspended) resume();
}

bool AsyncCallState::await(std::coroutine_handle<> waiter) {
  void* nobody = nullptr;
  return waiter_.compare_exchange_strong(nobody, waiter.address());
}

AsyncCallState::Outcome AsyncCallState::take_results() {
  if (phase_.load() != Phase::Finished) return failure("the call has not finished");
  return std::exchange(outcome_, failure("the results of the call were taken before"));
}

// ---- on the fiber ----

bool AsyncCallState::suspend(std::function<void(Resumer)> when_suspended) {
  BRINK_CHECK(platform::Fiber::current() == &fiber_);
  if (is_cancelled()) return false;
  when_suspended_ = std::move(when_suspended);
  fiber_.suspend();
  return !is_cancelled();
}

/// Stops between two instructions of the guest, where references are in registers that no map
/// names, and addresses of memories and tables too.
void AsyncCallState::yield() {
  ++store_->collection_bans;
  store_->pin_storage(true);
  suspend(options_.on_yield);
  store_->pin_storage(false);
  --store_->collection_bans;
}

bool AsyncCallState::yield_for_fuel() {
  if (options_.fuel_slice == 0) return false;
  yield();
  // What the last step took too much is owed, so that slices add up.
  store_->exec.fuel += static_cast<int64_t>(std::min<uint64_t>(options_.fuel_slice, INT64_MAX));
  return true;
}

bool AsyncCallState::yield_for_time() {
  if (options_.time_slice.count() == 0) return false;
  yield();
  return true;
}

void AsyncCallState::arm_time_slice() {
  store_->arm_deadline(platform::clock_now(platform::Clock::Monotonic) +
                       static_cast<uint64_t>(options_.time_slice.count()));
}

}  // namespace brink::runtime
