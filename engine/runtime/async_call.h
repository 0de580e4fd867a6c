// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: while a call is suspended its frames lie in the store's stacks, and nobody else
// may use these.
//
// Owns a call that runs on a fiber: its phases, who may resume it, and what happens to its store
// while it does not run. The public face is brink/async.h.
//
//     Ready --> Running --> Finished
//                |    ^
//                v    |
//              Parking --> Suspended
//
// Invariants:
//   - whoever moves the phase to Running runs the fiber; nobody else does;
//   - while it is Parking, the thread that ran it tells the embedder how to resume it. Whoever does
//     meanwhile only leaves a note (Woken), and that thread goes on: so resuming at once neither
//     nests nor races.
//   - a store with a call that is not finished has it in StoreState::async; entries from elsewhere
//     are refused while it is suspended.

#ifndef BRINK_RUNTIME_ASYNC_CALL_H_
#define BRINK_RUNTIME_ASYNC_CALL_H_

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "brink/async.h"
#include "engine/platform/fiber.h"
#include "engine/runtime/store_state.h"

namespace brink::runtime {

class AsyncCallState : public std::enable_shared_from_this<AsyncCallState> {
 public:
  using Outcome = CallResult<std::vector<Value>>;
  /// `body` makes the call; it runs on the fiber.
  AsyncCallState(std::shared_ptr<StoreState> store, std::function<Outcome()> body,
                 AsyncOptions options, platform::Stack stack);
  AsyncCallState(const AsyncCallState&) = delete;
  AsyncCallState& operator=(const AsyncCallState&) = delete;

  AsyncCall::State state() const;
  AsyncCall::State resume();
  void cancel();
  /// Remembers who is told of the end; false if it has come already.
  bool await(std::coroutine_handle<> waiter);
  Outcome take_results();

  // ---- on the fiber ----

  /// Stops here. False: the call was cancelled.
  bool suspend(std::function<void(Resumer)> when_suspended);
  bool is_cancelled() const { return is_cancelled_.load(); }
  /// The same because fuel or time is used up; false if this call does not yield for that.
  bool yield_for_fuel();
  bool yield_for_time();
  bool is_running() const { return phase_.load() == Phase::Running; }

 private:
  enum class Phase : uint8_t { Ready, Running, Parking, Woken, Suspended, Finished };

  bool begin_running();
  /// Runs the fiber until it stops, once.
  void run();
  void finish();
  void yield();
  void arm_time_slice();
  bool advance(Phase from, Phase to) { return phase_.compare_exchange_strong(from, to); }

  const std::shared_ptr<StoreState> store_;
  const std::function<Outcome()> body_;
  const AsyncOptions options_;
  Outcome outcome_;
  std::function<void(Resumer)> when_suspended_;
  std::atomic<Phase> phase_ = Phase::Ready;
  std::atomic<bool> is_cancelled_ = false;
  /// A coroutine_handle's address; null: nobody waits; this object's own: the call has ended.
  std::atomic<void*> waiter_ = nullptr;
  platform::Fiber fiber_;
};

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_ASYNC_CALL_H_
