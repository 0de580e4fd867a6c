// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/runtime/tier.h"

#include <algorithm>
#include <thread>

#include "engine/compile/runtime/compiled_module.h"
#include "engine/compile/runtime/entering.h"
#include "engine/compile/runtime/native_frames.h"
#include "engine/support/try.h"

namespace brink::compile {
namespace {

const std::atomic<const void*>* host_entry(runtime::EngineState& engine, TypeId type) {
  return compiler_state(engine).adapters.host_entry(type);
}

constexpr runtime::TierOperations kOperations = {&enter, &describe, &mark, &find_landing,
                                                 &host_entry};

}  // namespace

void install(runtime::EngineState& engine) {
  // Without memory for the stubs there is no compiler; making a module tells.
  if (engine.config.tier == Tier::Interpreter || !get_stubs().has_value()) return;
  engine.compiler_state = std::make_unique<CompilerState>(*engine.registry);
  engine.compiler = &kOperations;
}

Status attach(runtime::ModuleState& module) {
  const EngineConfig& config = module.engine.config();
  if (module.engine.state()->compiler == nullptr) {
    if (config.tier != Tier::Compiler) return {};
    return make_error(ErrorKind::Limit, "no memory for machine code");
  }
  const bool wants_native = config.tier == Tier::Compiler;
  auto code = BRINK_TRY(CompiledModule::create(module, wants_native));
  CompiledModule& compiled = *code;
  module.compiled_code = std::move(code);
  if (wants_native && config.eager_translation)
    compiled.compile_all(std::max(1u, std::thread::hardware_concurrency()));
  return {};
}

}  // namespace brink::compile
