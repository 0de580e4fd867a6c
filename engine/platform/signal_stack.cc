// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/signal_stack.h"

#include <signal.h>
#include <sys/auxv.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/platform/system_error.h"
#include "engine/platform/virtual_memory.h"
#include "engine/support/try.h"

namespace brink::platform {
namespace {

// What handlers may use beyond the frame that the kernel writes.
constexpr size_t kHandlerBytes = size_t{48} << 10;

size_t signal_frame_bytes() {
  size_t bytes = 4096;
#ifdef AT_MINSIGSTKSZ
  // Larger with larger vector registers, so only the kernel knows.
  bytes = std::max<size_t>(bytes, ::getauxval(AT_MINSIGSTKSZ));
#endif
  return bytes;
}

class SignalStack {
 public:
  SignalStack() = default;
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;
  ~SignalStack() {
    stack_t current;
    // Somebody may have put another one in its place.
    if (memory_.base() == nullptr || ::sigaltstack(nullptr, &current) != 0 ||
        current.ss_sp != memory_.base() + page_size()) {
      return;
    }
    stack_t none = {};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
  }

  Status install() {
    Reservation memory =
        BRINK_TRY(Reservation::reserve(page_size() + signal_frame_bytes() + kHandlerBytes));
    BRINK_TRY(memory.commit(page_size(), memory.size() - page_size()));
    stack_t stack = {};
    stack.ss_sp = memory.base() + page_size();
    stack.ss_size = memory.size() - page_size();
    if (::sigaltstack(&stack, nullptr) != 0) {
      return make_system_error("cannot install a signal stack", errno);
    }
    memory_ = std::move(memory);
    return {};
  }

 private:
  Reservation memory_;
};

}  // namespace

Status ensure_signal_stack() {
  stack_t current;
  if (::sigaltstack(nullptr, &current) != 0) {
    return make_system_error("cannot look at the signal stack", errno);
  }
  if ((current.ss_flags & SS_DISABLE) == 0) return {};
  thread_local SignalStack stack;
  return stack.install();
}

}  // namespace brink::platform
