// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "brink/async.h"

#include "engine/runtime/async_call.h"
#include "engine/support/try.h"

namespace brink {

using runtime::AsyncCallState;
using runtime::StoreState;

namespace {

/// Of host functions that suspend, and of what they call: the margin below each entry (tiers.cc)
/// and as much for themselves, and room to compile a function.
constexpr size_t kFiberStackBytes = size_t{256} << 10;

}  // namespace

void Resumer::resume() const {
  if (const auto call = call_.lock()) call->resume();
}

Result<AsyncCall> AsyncCall::create(const Func& function, std::span<const Value> args,
                                    AsyncOptions options) {
  BRINK_TRY(platform::Fiber::check_support());
  const std::shared_ptr<StoreState>& store = function.object()->store->handle->state();
  platform::Stack stack = BRINK_TRY(store->engine.state()->stacks.allocate(kFiberStackBytes));
  auto body = [function, args = std::vector<Value>(args.begin(), args.end())] {
    return function.call(args);
  };
  return AsyncCall(std::make_shared<AsyncCallState>(store, std::move(body), std::move(options),
                                                    std::move(stack)));
}

AsyncCall& AsyncCall::operator=(AsyncCall&& other) noexcept {
  if (this == &other) return *this;
  cancel();
  state_ = std::move(other.state_);
  return *this;
}

AsyncCall::State AsyncCall::state() const {
  return state_->state();
}

AsyncCall::State AsyncCall::resume() {
  return state_->resume();
}

CallResult<std::vector<Value>> AsyncCall::take_results() {
  return state_->take_results();
}

void AsyncCall::cancel() {
  if (state_) state_->cancel();
}

bool AsyncCall::Awaiter::await_suspend(std::coroutine_handle<> waiter) {
  // The coroutine may go on, and this object be gone, before resume() returns.
  const std::shared_ptr<AsyncCallState> state = state_;
  return state->resume() != State::Finished && state->await(waiter);
}

CallResult<std::vector<Value>> AsyncCall::Awaiter::await_resume() {
  return state_->take_results();
}

CallResult<void> Caller::suspend(std::function<void(Resumer)> when_suspended) {
  AsyncCallState* const call = store_.state()->async;
  if (call == nullptr)
    return make_trap("a host function suspends its guest, which was not called by an AsyncCall");
  if (call->suspend(std::move(when_suspended))) return {};
  return make_trap("the call was cancelled", TrapCode::Interrupted);
}

}  // namespace brink
