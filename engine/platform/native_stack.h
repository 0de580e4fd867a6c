// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: how deep a guest may recurse is decided from these addresses.
//
// Owns what is known about native stacks: where the current thread's ends, and stacks of our own
// for guests that are to be suspended.
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
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "brink/error.h"
#include "engine/platform/virtual_memory.h"

namespace brink::platform {

struct StackBounds {
  uintptr_t low = 0;   ///< first usable byte
  uintptr_t high = 0;  ///< one past the last
};

/// The stack that the system gave the current thread; nothing where it does not tell. Asked once a
/// thread, then remembered.
std::optional<StackBounds> native_stack_bounds();

/// What a stack is taken to have left below the stack pointer when nothing is known about it: a
/// coroutine's of the host, or a signal handler's.
inline constexpr size_t kUnknownStackBytes = size_t{64} << 10;

/// The address that the stack pointer of guest code must stay above, so that `margin` bytes remain.
/// Never above the current stack pointer.
uintptr_t native_stack_limit(size_t margin);

/// A stack of our own with a guard page below it. Back to its pool at the end.
class GuestStackPool;
class GuestStack {
 public:
  GuestStack() = default;
  GuestStack(GuestStack&&) = default;
  GuestStack& operator=(GuestStack&& other) noexcept;
  ~GuestStack() { give_back(); }

  StackBounds bounds() const;
  void give_back();

 private:
  friend class GuestStackPool;
  GuestStack(GuestStackPool* pool, Reservation memory) : pool_(pool), memory_(std::move(memory)) {}
  GuestStackPool* pool_ = nullptr;
  Reservation memory_;
};

/// Stacks of one size. Thread-safe; outlives its stacks. Keeps up to `kept` unused ones with the
/// memory they have touched.
class GuestStackPool {
 public:
  GuestStackPool(size_t stack_bytes, size_t kept) : stack_bytes_(stack_bytes), kept_(kept) {}
  GuestStackPool(const GuestStackPool&) = delete;
  GuestStackPool& operator=(const GuestStackPool&) = delete;

  Result<GuestStack> allocate();

 private:
  friend class GuestStack;
  void take_back(Reservation memory);

  const size_t stack_bytes_;
  const size_t kept_;
  std::mutex mutex_;
  std::vector<Reservation> unused_;
};

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_NATIVE_STACK_H_
