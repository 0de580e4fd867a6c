// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Calls that stop in the middle and go on later. A host function of such a call may suspend its
// guest, and the thread is free for others meanwhile; an event loop resumes the guest when what it
// waits for is there, on any thread. No thread per guest: a suspended call is a stack in a pool.
//
//     AsyncCall call = AsyncCall::create(func, args).value();
//     call.resume();                                  // runs until a host function suspends
//     ... call.state() == AsyncCall::State::Suspended ...
//     call.resume();                                  // until the end
//     call.take_results();
//
// Coroutines: `co_await call` in the embedder; `caller.await(awaitable)` in a host function.
//
// A store has one such call at a time, and while it is suspended no other call may enter the store.
// Host functions must not hold on to what belongs to a thread (locks, thread-local addresses)
// across a suspension.

#ifndef BRINK_ASYNC_H_
#define BRINK_ASYNC_H_

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "brink/store.h"

namespace brink {

namespace runtime {
class AsyncCallState;
}

/// Goes on with a suspended call. Copies are alike; any thread may use one, also after the call is
/// gone.
class Resumer {
 public:
  /// Runs the call on this thread until it suspends again or ends. Nothing if it is not suspended.
  void resume() const;
  explicit Resumer(std::weak_ptr<runtime::AsyncCallState> call) : call_(std::move(call)) {}

 private:
  std::weak_ptr<runtime::AsyncCallState> call_;
};

struct AsyncOptions {
  /// Where fuel is counted (EngineConfig::consume_fuel): instead of trapping when it is used up,
  /// the guest yields, and has as much more when it is resumed. 0: it traps.
  uint64_t fuel_slice = 0;
  /// The guest yields after this time of running, measured from each resume. Takes the place of the
  /// store's deadline. 0: it does not.
  std::chrono::nanoseconds time_slice{0};
  /// Called when the guest has yielded, with what resumes it. Without it the owner of the call
  /// does.
  std::function<void(Resumer)> on_yield = {};
};

/// One call, owned. Destroying a suspended one cancels it: the host function that suspended gets a
/// trap, and the guest ends.
class AsyncCall {
 public:
  enum class State : uint8_t {
    Ready,      ///< not begun
    Running,    ///< also while somebody else resumes it
    Suspended,  ///< by a host function, or because it yielded
    Finished,   ///< take_results() has the outcome
  };

  /// A call of `function`, which begins at the first resume(). ErrorKind::Usage if there are no
  /// fibers here (a shadow stack), ErrorKind::Limit or Io if there is no stack to be had.
  static Result<AsyncCall> create(const Func& function, std::span<const Value> args,
                                  AsyncOptions options = {});
  AsyncCall(AsyncCall&&) noexcept = default;
  AsyncCall& operator=(AsyncCall&& other) noexcept;
  ~AsyncCall() { cancel(); }

  State state() const;
  /// Runs it on this thread until it suspends or ends; what state() says then.
  State resume();
  /// What Func::call would have given. Only once, and only of a finished call; else a trap that
  /// says so.
  CallResult<std::vector<Value>> take_results();
  /// Ends a suspended call now, and a running one at its next loop, call or suspension.
  void cancel();

  /// Of `co_await call`: begins the call; the coroutine goes on where the call ends.
  class Awaiter {
   public:
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiter);
    CallResult<std::vector<Value>> await_resume();

   private:
    friend class AsyncCall;
    explicit Awaiter(std::shared_ptr<runtime::AsyncCallState> state) : state_(std::move(state)) {}
    std::shared_ptr<runtime::AsyncCallState> state_;
  };
  Awaiter operator co_await() const { return Awaiter(state_); }

 private:
  explicit AsyncCall(std::shared_ptr<runtime::AsyncCallState> state) : state_(std::move(state)) {}
  std::shared_ptr<runtime::AsyncCallState> state_;
};

namespace detail {

/// Awaits something for a suspended guest, then resumes it. Owns itself.
struct DetachedCoroutine {
  struct promise_type {
    DetachedCoroutine get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    [[noreturn]] void unhandled_exception() { std::terminate(); }
  };
};

template <typename Awaitable>
decltype(auto) get_awaiter(Awaitable&& awaitable) {
  if constexpr (requires { std::forward<Awaitable>(awaitable).operator co_await(); })
    return std::forward<Awaitable>(awaitable).operator co_await();
  else if constexpr (requires { operator co_await(std::forward<Awaitable>(awaitable)); })
    return operator co_await(std::forward<Awaitable>(awaitable));
  else
    return std::forward<Awaitable>(awaitable);
}

template <typename Awaitable>
using AwaitResult =
    std::remove_cvref_t<decltype(get_awaiter(std::declval<Awaitable>()).await_resume())>;

/// Of void: something to wait for all the same.
template <typename T>
using AwaitSlot = std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>>;

// The coroutine owns what it awaits and where the result goes, so that a call that is cancelled
// meanwhile leaves nothing behind that points to it.
template <typename Awaitable, typename T = AwaitResult<Awaitable>>
DetachedCoroutine await_for_guest(Awaitable awaitable, std::shared_ptr<AwaitSlot<T>> slot,
                                  Resumer resumer) {
  if constexpr (std::is_void_v<T>) {
    co_await std::move(awaitable);
    slot->emplace();
  } else {
    slot->emplace(co_await std::move(awaitable));
  }
  resumer.resume();
}

}  // namespace detail

template <typename Awaitable>
auto Caller::await(Awaitable awaitable) {
  using T = detail::AwaitResult<Awaitable>;
  using Outcome = CallResult<T>;
  const auto slot = std::make_shared<detail::AwaitSlot<T>>();
  const CallResult<void> outcome = suspend([&](Resumer resumer) {
    detail::await_for_guest<Awaitable>(std::move(awaitable), slot, std::move(resumer));
  });
  if (!outcome.has_value()) return Outcome(std::unexpected(outcome.error()));
  if (!slot->has_value())
    return Outcome(make_trap("the guest was resumed before what it awaits was there"));
  if constexpr (std::is_void_v<T>)
    return Outcome();
  else
    return Outcome(std::move(**slot));
}

}  // namespace brink

#endif  // BRINK_ASYNC_H_
