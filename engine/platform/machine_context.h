// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: decides where an interrupted thread goes on.
//
// The little that the fault handler must know of a machine's registers. The implementations are in
// activation_x64.cc and activation_aarch64.cc, beside the code that the thread is sent to.

#ifndef BRINK_PLATFORM_MACHINE_CONTEXT_H_
#define BRINK_PLATFORM_MACHINE_CONTEXT_H_

#include <cstdint>

#include "engine/platform/activation.h"

namespace brink::platform {

// All of these are async-signal-safe. `context` is the third argument of a signal handler.

/// The address of the interrupted instruction.
uintptr_t interrupted_pc(const void* context);

/// Whether a memory fault was raised by a write; also true where nobody knows.
bool is_write_fault(const void* context);

/// Notes in the activation where and with what registers the thread was interrupted, and changes
/// the context so that returning from the signal handler leaves the guest.
void resume_at_exit(void* context, Activation& activation);

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_MACHINE_CONTEXT_H_
