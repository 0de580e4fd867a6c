// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Alternate signal stacks. Guest faults do not need one (see fault_handler.h); it is for threads of
// our own, so that an overflow of their native stack, a bug, is still reported by whatever handler
// the process has.

#ifndef BRINK_PLATFORM_SIGNAL_STACK_H_
#define BRINK_PLATFORM_SIGNAL_STACK_H_

#include "brink/error.h"

namespace brink::platform {

/// Gives the current thread an alternate signal stack with a guard page, unless it has one. Freed
/// when the thread ends.
Status ensure_signal_stack();

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_SIGNAL_STACK_H_
