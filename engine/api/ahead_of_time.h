// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Compiling a whole module, and loading what came of it: what joins the compiler, the format of
// artifacts and the engine.

#ifndef BRINK_API_AHEAD_OF_TIME_H_
#define BRINK_API_AHEAD_OF_TIME_H_

#include <memory>

#include "brink/engine.h"
#include "engine/compile/artifact/artifact_file.h"
#include "engine/platform/cpu_features.h"
#include "engine/runtime/module_state.h"

namespace brink::api {

/// What code made for this processor depends on in an engine.
compile::artifact::Target target_of(const EngineConfig& config, platform::CpuFeatures cpu);

/// The features that a `target_cpu` of SerializeOptions means.
Result<platform::CpuFeatures> parse_target_cpu(std::string_view text);

/// Compiles all functions on several threads. Those beyond the compiler's budgets are left out.
Result<std::vector<uint8_t>> make_artifact(const runtime::ModuleState& module,
                                           platform::CpuFeatures cpu, uint32_t threads);

/// The module of an artifact that fits this engine, decoded and validated but for the bodies of
/// functions: the compiler did that when it made them.
Result<wasm::Module> decode_artifact(const Engine& engine,
                                     const compile::artifact::Artifact& artifact);

}  // namespace brink::api

#endif  // BRINK_API_AHEAD_OF_TIME_H_
