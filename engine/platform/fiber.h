// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: which stack code runs on, and which activation a fault belongs to.
//
// Owns fibers: native stacks with an execution on them that stops in the middle and goes on later,
// perhaps on another thread.
//
//     resume()   this thread's stack  --switch-->  the fiber's: body, guests, host functions
//     suspend()  this thread's stack  <--switch--  from any depth of it
//
// Invariants:
//   - a fiber runs on one thread at a time, and a fiber that runs may resume others;
//   - what is thread-local and of an execution moves with the fiber: the innermost activation
//     (activation.h) and the bounds of the stack. Both are changed by resume() alone, which begins
//     and ends on one thread; code on the fiber may find itself on another after suspend().
//   - nothing of a fiber is unwound from outside: its body has to return before it is destroyed.
//
// The switch itself is in fiber_x64.cc and fiber_aarch64.cc, twins of each other.

#ifndef BRINK_PLATFORM_FIBER_H_
#define BRINK_PLATFORM_FIBER_H_

#include <cstddef>
#include <cstdint>

#include "brink/error.h"
#include "engine/platform/native_stack.h"
#include "engine/platform/stack_pool.h"

namespace brink::platform {

struct Activation;

class Fiber {
 public:
  using Body = void (*)(void* argument);

  /// Not begun. `stack` must not be empty. ErrorKind::Usage on threads with a shadow stack of
  /// the hardware, which would have to be switched too.
  static Status check_support();
  Fiber(Stack stack, Body body, void* argument);
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  /// The body must have returned, or never begun.
  ~Fiber();

  /// Runs the body until it suspends or returns. Not from the fiber itself, and not twice at a
  /// time.
  void resume();
  bool is_finished() const { return is_finished_; }
  StackBounds bounds() const { return stack_.bounds(); }

  /// The fiber that this runs on; null on a thread's own stack.
  static Fiber* current();
  /// Stops here; returns when somebody resumes the fiber. Only on the fiber itself.
  void suspend();

 private:
  [[noreturn]] static void main(Fiber* fiber);

  Stack stack_;
  Body body_;
  void* argument_;
  uintptr_t fiber_sp_ = 0;    ///< while it does not run
  uintptr_t resumer_sp_ = 0;  ///< while it runs
  Activation* innermost_activation_ = nullptr;
  bool has_begun_ = false;
  bool is_finished_ = false;
  // What the sanitizers keep of each stack; unused without them.
  void* fiber_fake_stack_ = nullptr;
  const void* resumer_bottom_ = nullptr;
  size_t resumer_size_ = 0;
  void* tsan_fiber_ = nullptr;
  void* tsan_resumer_ = nullptr;
};

namespace detail {

extern "C" {
/// Saves what a function has to preserve on the stack, stores the stack pointer to *save, and goes
/// on where `stack` was left.
void brink_platform_switch_stack(uintptr_t* save, uintptr_t stack);
}

/// Prepares a stack that ends at `high` so that switching to it calls main(fiber). Returns its
/// stack pointer.
uintptr_t prepare_stack(uintptr_t high, void (*main)(Fiber*), Fiber* fiber);
/// The shadow stack's pointer; 0 where the thread has none.
uintptr_t shadow_stack_pointer();

}  // namespace detail
}  // namespace brink::platform

#endif  // BRINK_PLATFORM_FIBER_H_
