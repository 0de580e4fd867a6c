// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: this is the door between host and guest code.
//
// Owns the way into guest code and the two ways out of it: returning, and leaving at once from any
// depth. A trap leaves: the native stack goes back to where enter_guest() had it, and nothing of
// what lay between runs again. No C++ exception is thrown and no unwinder runs.
//
//     host frames                    higher addresses
//     enter_guest()
//       machine code: saved callee-saved registers   <- Activation::native_sp
//       guest code: interpreter handlers, compiled functions
//         runtime call or host function              (ordinary C++ frames)
//           enter_guest()            an inner activation, linked to the outer by `previous`
//
// Invariants:
//   - current_activation() is the innermost activation of this thread, null outside of guest code.
//     It may be read from a signal handler.
//   - Between enter_guest() and the place that leaves there are only frames that need no
//     destructors: guest code itself. A host function that wants to end its guest returns to the
//     code that called it, and that leaves.
//   - Entering costs a handful of stores; it makes no system call.
//
// The machine code is in activation_x64.cc and activation_aarch64.cc, twins of each other.

#ifndef BRINK_PLATFORM_ACTIVATION_H_
#define BRINK_PLATFORM_ACTIVATION_H_

#include <cstddef>
#include <cstdint>

#include "brink/trap.h"

#if defined(__SANITIZE_ADDRESS__)
#define BRINK_PLATFORM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BRINK_PLATFORM_ASAN 1
#endif
#endif

namespace brink::platform {

/// One entry into guest code. Lives in the frame of whoever enters, and is entered once at a time.
struct Activation {
  /// The native stack pointer to go back to; set by the machine code on entry. Must stay first.
  uintptr_t native_sp = 0;
  /// The hardware's shadow stack pointer on entry, 0 without one. Must stay second.
  uintptr_t shadow_sp = 0;
  /// The activation around this one on the same thread.
  Activation* previous = nullptr;

  /// Why the guest left; None when its function returned.
  TrapCode trap = TrapCode::None;
  // Of a trap by memory fault only; 0 for others.
  uintptr_t fault_address = 0;  ///< what the guest tried to access
  uintptr_t fault_pc = 0;       ///< the machine instruction that tried
  /// The first two integer argument registers at the fault (rdi, rsi; x0, x1). Interpreter handlers
  /// keep their pc and frame pointer there, see guest_access.h.
  uintptr_t fault_arguments[2] = {0, 0};
  /// The native stack pointer at the place that was left.
  uintptr_t left_sp = 0;

  Activation() = default;
  Activation(const Activation&) = delete;
  Activation& operator=(const Activation&) = delete;
};
static_assert(offsetof(Activation, native_sp) == 0);
static_assert(offsetof(Activation, shadow_sp) == sizeof(uintptr_t));

/// What enter_guest() calls; see as_guest_function().
using GuestFunction = uintptr_t (*)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
                                    uintptr_t);

/// Any function whose parameters are at most six integers or pointers and, after them, whatever it
/// does not read.
template <typename Function>
GuestFunction as_guest_function(Function* function) {
  return reinterpret_cast<GuestFunction>(reinterpret_cast<void (*)()>(function));
}

namespace detail {

// initial-exec: reading it is one load relative to the thread pointer, also in a signal handler,
// where a lazily allocated thread-local would not do.
extern constinit thread_local Activation* innermost_activation
    __attribute__((tls_model("initial-exec")));

extern "C" {
// The arguments of the guest's function come first, so that they are in place already.
uintptr_t brink_platform_enter_guest(uintptr_t a0, uintptr_t a1, uintptr_t a2, uintptr_t a3,
                                     uintptr_t a4, uintptr_t a5, GuestFunction function,
                                     Activation* activation);
// Makes brink_platform_enter_guest() return 0. May be jumped to with any stack pointer.
[[noreturn]] void brink_platform_leave_guest(Activation* activation);
}

// Tells the address sanitizer that the frames between left_sp and native_sp are gone.
void forget_left_frames(const Activation& activation);

}  // namespace detail

inline Activation* current_activation() {
  return detail::innermost_activation;
}

/// Calls function(a0, ... a5) as guest code. The function's return value, or 0 if the guest left:
/// then activation.trap says why.
inline uintptr_t enter_guest(Activation& activation, GuestFunction function, uintptr_t a0 = 0,
                             uintptr_t a1 = 0, uintptr_t a2 = 0, uintptr_t a3 = 0, uintptr_t a4 = 0,
                             uintptr_t a5 = 0) {
  activation.trap = TrapCode::None;
  activation.previous = detail::innermost_activation;
  detail::innermost_activation = &activation;
  const uintptr_t result =
      detail::brink_platform_enter_guest(a0, a1, a2, a3, a4, a5, function, &activation);
  detail::innermost_activation = activation.previous;
#ifdef BRINK_PLATFORM_ASAN
  if (activation.trap != TrapCode::None) detail::forget_left_frames(activation);
#endif
  return result;
}

/// Leaves the innermost activation of this thread with a trap other than None. Only guest code may
/// lie between here and its enter_guest().
[[noreturn]] void leave_guest(TrapCode trap);

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_ACTIVATION_H_
