// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/runtime/module_context.h"

#include "engine/runtime/memory.h"

namespace brink::compile {

ModuleContext make_context(const runtime::ModuleState& module, platform::CpuFeatures cpu) {
  runtime::EngineState& engine = *module.engine.state();
  ModuleContext context{module.decoded, engine.config, engine.layouts, cpu, {}};
  for (const MemoryType& memory : module.decoded.memories)
    context.memory_is_guarded.push_back(runtime::is_guarded_memory(memory, engine.config));
  return context;
}

}  // namespace brink::compile
