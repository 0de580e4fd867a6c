// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/native_stack.h"

#include <pthread.h>

#include <utility>

#include "engine/support/try.h"

namespace brink::platform {
namespace {

std::optional<StackBounds> ask_for_bounds() {
#if defined(__linux__)
  pthread_attr_t attributes;
  if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return std::nullopt;
  void* low = nullptr;
  size_t size = 0;
  size_t guard = 0;
  const bool known = ::pthread_attr_getstack(&attributes, &low, &size) == 0 &&
                     ::pthread_attr_getguardsize(&attributes, &guard) == 0;
  ::pthread_attr_destroy(&attributes);
  if (!known || size == 0) return std::nullopt;
  const uintptr_t start = reinterpret_cast<uintptr_t>(low);
  // Some C libraries count the guard as part of the stack; leaving it out twice costs a page.
  return StackBounds{start + guard, start + size};
#elif defined(__APPLE__)
  const uintptr_t high = reinterpret_cast<uintptr_t>(::pthread_get_stackaddr_np(::pthread_self()));
  return StackBounds{high - ::pthread_get_stacksize_np(::pthread_self()), high};
#else
  return std::nullopt;
#endif
}

}  // namespace

std::optional<StackBounds> native_stack_bounds() {
  thread_local const std::optional<StackBounds> bounds = ask_for_bounds();
  return bounds;
}

[[gnu::noinline]] uintptr_t native_stack_limit(size_t margin) {
  const uintptr_t sp = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  const std::optional<StackBounds> bounds = native_stack_bounds();
  uintptr_t low = sp - kUnknownStackBytes;
  if (bounds && sp > bounds->low && sp <= bounds->high) low = bounds->low;
  return sp - low > margin ? low + margin : sp;
}

GuestStack& GuestStack::operator=(GuestStack&& other) noexcept {
  if (this != &other) {
    give_back();
    pool_ = other.pool_;
    memory_ = std::move(other.memory_);
  }
  return *this;
}

StackBounds GuestStack::bounds() const {
  const uintptr_t base = reinterpret_cast<uintptr_t>(memory_.base());
  if (base == 0) return {};
  return {base + page_size(), base + memory_.size()};
}

void GuestStack::give_back() {
  if (memory_.base() != nullptr) pool_->take_back(std::move(memory_));
}

Result<GuestStack> GuestStackPool::allocate() {
  {
    const std::lock_guard lock(mutex_);
    if (!unused_.empty()) {
      Reservation memory = std::move(unused_.back());
      unused_.pop_back();
      return GuestStack(this, std::move(memory));
    }
  }
  size_t size;
  if (__builtin_add_overflow(stack_bytes_, page_size(), &size)) {
    return make_error(ErrorKind::Limit, "a stack of " + std::to_string(stack_bytes_) + " bytes");
  }
  Reservation memory = BRINK_TRY(Reservation::reserve(size));
  BRINK_TRY(memory.commit(page_size(), memory.size() - page_size()));
  return GuestStack(this, std::move(memory));
}

void GuestStackPool::take_back(Reservation memory) {
  const std::lock_guard lock(mutex_);
  if (unused_.size() < kept_) unused_.push_back(std::move(memory));
}

}  // namespace brink::platform
