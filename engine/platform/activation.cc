// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/activation.h"

#include <optional>

#include "engine/platform/native_stack.h"
#include "engine/support/check.h"

#ifdef BRINK_PLATFORM_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace brink::platform {
namespace detail {

constinit thread_local Activation* innermost_activation = nullptr;

void forget_left_frames([[maybe_unused]] const Activation& activation) {
#ifdef BRINK_PLATFORM_ASAN
  // The real stack is ours to clean, and first: what follows runs on it. A guest with a stack of
  // its own leaves no frames of C++ on it.
  const std::optional<StackBounds> bounds = native_stack_bounds();
  const bool is_elsewhere =
      bounds && (activation.left_sp < bounds->low || activation.left_sp >= bounds->high);
  if (!is_elsewhere && activation.left_sp < activation.native_sp) {
    ASAN_UNPOISON_MEMORY_REGION(reinterpret_cast<void*>(activation.left_sp),
                                activation.native_sp - activation.left_sp);
  }
  // The fake stack collects the frames that never returned.
  __asan_handle_no_return();
#endif
}

}  // namespace detail

[[noreturn]] void leave_guest(TrapCode trap) {
  Activation* activation = detail::innermost_activation;
  BRINK_CHECK(activation != nullptr && trap != TrapCode::None);
  activation->trap = trap;
  activation->fault_address = 0;
  activation->fault_pc = 0;
  activation->fault_arguments[0] = 0;
  activation->fault_arguments[1] = 0;
  activation->left_sp = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  detail::brink_platform_leave_guest(activation);
}

}  // namespace brink::platform
