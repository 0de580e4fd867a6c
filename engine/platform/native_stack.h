// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: how deep a guest may recurse is decided from these addresses.
//
// Owns what is known about the native stack that is running: where it ends, be it the thread's own
// or a fiber's (fiber.h).
//
//     low                                                            high
//     [ guard, no access ][ margin ][ what a guest may use ...  sp ][ used ]
//                                   ^ native_stack_limit(margin)
//
// The margin is what a runtime call, a host function and a signal frame may need below a guest's
// last check of its limit.

#ifndef BRINK_PLATFORM_NATIVE_STACK_H_
#define BRINK_PLATFORM_NATIVE_STACK_H_

#include <cstddef>
#include <cstdint>
#include <optional>

namespace brink::platform {

struct StackBounds {
  uintptr_t low = 0;   ///< first usable byte
  uintptr_t high = 0;  ///< one past the last
};

/// The stack of the current fiber, or else the one that the system gave the current thread; nothing
/// where it does not tell. The system is asked once a thread.
std::optional<StackBounds> native_stack_bounds();

/// What a stack is taken to have left below the stack pointer when nothing is known about it: a
/// coroutine's of the host, or a signal handler's.
inline constexpr size_t kUnknownStackBytes = size_t{64} << 10;

/// The address that the stack pointer of guest code must stay above, so that `margin` bytes remain.
/// Never above the current stack pointer.
uintptr_t native_stack_limit(size_t margin);

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_NATIVE_STACK_H_
