// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: the C++ sides of the doors between compiled code and the rest; the machine code
// is in x64/stubs.cc and x64/adapters.cc.
//
// Invariant of all that stubs call: they return to the stub, and what they return says where it
// goes on. So no frame of C++ is ever left behind on the host's stack, and its locals may have
// destructors.

#ifndef BRINK_COMPILE_RUNTIME_ENTERING_H_
#define BRINK_COMPILE_RUNTIME_ENTERING_H_

#include "engine/runtime/tiers.h"

namespace brink::compile {

/// Runs a function by its compiled code, see TierOperations.
runtime::CallOutcome enter(runtime::StoreState& store, runtime::FuncObject& function,
                           runtime::Slot* slots, bool is_crossing);

// ---- what stubs call; see StubTargets ----

extern "C" {
const void* brink_compile_runtime_failed(runtime::InstanceObject* instance, TrapCode trap);
const void* brink_compile_trap(runtime::InstanceObject* instance, TrapCode trap, uint64_t detail);
const void* brink_compile_look_up(runtime::InstanceObject* instance);
const void* brink_compile_resolve(runtime::InstanceObject* instance, uint64_t callee);
const void* brink_compile_call_out(runtime::InstanceObject* instance, uint64_t callee,
                                   runtime::Slot* slots);
[[noreturn]] void brink_compile_leave();
}

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_ENTERING_H_
