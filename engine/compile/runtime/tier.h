// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Compiled code as a tier of an engine.

#ifndef BRINK_COMPILE_RUNTIME_TIER_H_
#define BRINK_COMPILE_RUNTIME_TIER_H_

#include "brink/error.h"
#include "engine/runtime/module_state.h"

namespace brink::compile {

/// Gives an engine the compiler, unless its configuration wants the interpreter alone.
void install(runtime::EngineState& engine);

/// Gives a module its place for compiled code, if its engine has a compiler; compiles it all if the
/// configuration says so. After the interpreter has its part.
Status attach(runtime::ModuleState& module);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_TIER_H_
