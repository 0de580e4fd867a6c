// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Compiled code as a tier of an engine.

#ifndef BRINK_COMPILE_RUNTIME_TIER_H_
#define BRINK_COMPILE_RUNTIME_TIER_H_

#include <memory>
#include <vector>

#include "brink/compilation.h"
#include "brink/error.h"
#include "engine/compile/artifact/artifact_file.h"
#include "engine/runtime/module_state.h"

namespace brink::compile {

/// Gives an engine the compiler, unless its configuration wants the interpreter alone.
void install(runtime::EngineState& engine);

/// Gives a module its place for compiled code, if its engine has a compiler; compiles it all if the
/// configuration says so. After the interpreter has its part. `artifact`: code of this module that
/// there already is, or null.
Status attach(runtime::ModuleState& module,
              std::shared_ptr<const artifact::ArtifactFile> artifact = nullptr);

/// What has been compiled of a module, and refused.
std::vector<Compilation> compilations(const runtime::ModuleState& module);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_TIER_H_
