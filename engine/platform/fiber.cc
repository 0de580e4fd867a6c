// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see fiber.h.

#include "engine/platform/fiber.h"

#include <utility>

#include "engine/platform/activation.h"
#include "engine/support/check.h"

#if defined(__SANITIZE_THREAD__)
#define BRINK_PLATFORM_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BRINK_PLATFORM_TSAN 1
#endif
#endif

#ifdef BRINK_PLATFORM_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef BRINK_PLATFORM_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace brink::platform {
namespace {

constinit thread_local Fiber* current_fiber = nullptr;

}  // namespace

// Never inlined: code on a fiber may be on another thread at its next call of this, and must not
// keep the address of what is thread-local.
[[gnu::noinline]] Fiber* Fiber::current() {
  return current_fiber;
}

Status Fiber::check_support() {
  if (detail::shadow_stack_pointer() == 0) return {};
  return make_error(ErrorKind::Usage,
                    "calls cannot be suspended on a thread that has a shadow stack: switch it off "
                    "(GLIBC_TUNABLES=glibc.cpu.x86_shstk=off)");
}

Fiber::Fiber(Stack stack, Body body, void* argument)
    : stack_(std::move(stack)), body_(body), argument_(argument) {
  fiber_sp_ = detail::prepare_stack(stack_.bounds().high, &Fiber::main, this);
#ifdef BRINK_PLATFORM_TSAN
  tsan_fiber_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
  BRINK_CHECK(!has_begun_ || is_finished_);
#ifdef BRINK_PLATFORM_TSAN
  __tsan_destroy_fiber(tsan_fiber_);
#endif
}

void Fiber::resume() {
  BRINK_CHECK(!is_finished_ && resumer_sp_ == 0);
  has_begun_ = true;
  Fiber* const outer_fiber = std::exchange(current_fiber, this);
  Activation* const outer_activation =
      std::exchange(detail::innermost_activation, innermost_activation_);
#ifdef BRINK_PLATFORM_ASAN
  void* fake_stack = nullptr;
  __sanitizer_start_switch_fiber(&fake_stack, reinterpret_cast<const void*>(stack_.bounds().low),
                                 stack_.bounds().high - stack_.bounds().low);
#endif
#ifdef BRINK_PLATFORM_TSAN
  tsan_resumer_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(tsan_fiber_, 0);
#endif
  detail::brink_platform_switch_stack(&resumer_sp_, fiber_sp_);
#ifdef BRINK_PLATFORM_ASAN
  __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#endif
  resumer_sp_ = 0;
  innermost_activation_ = std::exchange(detail::innermost_activation, outer_activation);
  current_fiber = outer_fiber;
}

[[gnu::noinline]] void Fiber::suspend() {
#ifdef BRINK_PLATFORM_ASAN
  // A fiber that has finished gives its fake stack back.
  __sanitizer_start_switch_fiber(is_finished_ ? nullptr : &fiber_fake_stack_, resumer_bottom_,
                                 resumer_size_);
#endif
#ifdef BRINK_PLATFORM_TSAN
  __tsan_switch_to_fiber(tsan_resumer_, 0);
#endif
  detail::brink_platform_switch_stack(&fiber_sp_, resumer_sp_);
#ifdef BRINK_PLATFORM_ASAN
  __sanitizer_finish_switch_fiber(fiber_fake_stack_, &resumer_bottom_, &resumer_size_);
#endif
}

void Fiber::main(Fiber* fiber) {
#ifdef BRINK_PLATFORM_ASAN
  __sanitizer_finish_switch_fiber(nullptr, &fiber->resumer_bottom_, &fiber->resumer_size_);
#endif
  fiber->body_(fiber->argument_);
  fiber->is_finished_ = true;
  fiber->suspend();
  __builtin_unreachable();
}

}  // namespace brink::platform
