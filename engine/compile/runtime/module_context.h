// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the compiler has to know of a module, taken from the module and its engine.

#ifndef BRINK_COMPILE_RUNTIME_MODULE_CONTEXT_H_
#define BRINK_COMPILE_RUNTIME_MODULE_CONTEXT_H_

#include "engine/compile/compiler.h"
#include "engine/platform/cpu_features.h"
#include "engine/runtime/module_state.h"

namespace brink::compile {

/// For code that is to run on this processor. Refers to the module's state.
ModuleContext make_context(const runtime::ModuleState& module,
                           platform::CpuFeatures cpu = platform::cpu_features());

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_MODULE_CONTEXT_H_
