// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/native_stack.h"

#include <pthread.h>

#include "engine/platform/fiber.h"

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
  if (const Fiber* fiber = Fiber::current()) return fiber->bounds();
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

}  // namespace brink::platform
