// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/runtime/tier.h"

#include "engine/compile/runtime/compiled_module.h"
#include "engine/compile/runtime/entering.h"
#include "engine/compile/runtime/native_frames.h"
#include "engine/support/try.h"

namespace brink::compile {
namespace {

const std::atomic<const void*>* host_entry(runtime::EngineState& engine, TypeId type) {
  return compiler_state(engine).adapters.host_entry(type);
}

TierUp& tier_up(const runtime::StoreState& store) {
  return compiler_state(*store.engine.state()).tier_up;
}
void watch(runtime::StoreState& store) {
  tier_up(store).watch(store);
}
void unwatch(runtime::StoreState& store) {
  tier_up(store).unwatch(store);
}
void note(const runtime::InstanceObject& instance, uint32_t function_index, uint32_t weight) {
  tier_up(*instance.store).note(instance, function_index, weight);
}
void note_loop(const runtime::InstanceObject& instance, const runtime::LoopPlace& place) {
  tier_up(*instance.store).note_loop(instance, place);
}
runtime::FuncObject* enter_loop(runtime::InstanceObject& instance, uint32_t function_index,
                                uint32_t offset) {
  runtime::FuncObject* function =
      compiled_module(*instance.module).loop_function(instance, function_index, offset);
  // Who comes here again has called the function again.
  if (function != nullptr) note(instance, function_index, 1);
  return function;
}
void compile_now(runtime::ModuleState& module, uint32_t function_index) {
  compiled_module(module).compile(function_index);
}

constexpr runtime::TierOperations kAlways = {&enter,      &describe, &mark,   &find_landing,
                                             &host_entry, nullptr,   nullptr, nullptr,
                                             nullptr,     nullptr,   nullptr, nullptr};
constexpr runtime::TierOperations kWhenHot = {&enter,       &describe,  &mark,       &find_landing,
                                              &host_entry,  &watch,     &unwatch,    &note,
                                              &compile_now, &note_loop, &enter_loop, nullptr};

}  // namespace

void install(runtime::EngineState& engine) {
  // Without memory for the stubs there is no compiler; making a module tells.
  if (engine.config.tier == Tier::Interpreter || !get_stubs().has_value()) return;
  engine.compiler_state = std::make_unique<CompilerState>(*engine.registry);
  engine.compiler = engine.config.tier == Tier::Compiler ? &kAlways : &kWhenHot;
}

Status attach(runtime::ModuleState& module,
              std::shared_ptr<const artifact::ArtifactFile> artifact) {
  const EngineConfig& config = module.engine.config();
  if (module.engine.state()->compiler == nullptr) {
    if (config.tier != Tier::Compiler) return {};
    return make_error(ErrorKind::Limit, "no memory for machine code");
  }
  const bool wants_native = config.tier == Tier::Compiler;
  auto code = BRINK_TRY(CompiledModule::create(module, wants_native, std::move(artifact)));
  CompiledModule& compiled = *code;
  module.compiled_code = std::move(code);
  if (wants_native && config.eager_translation) compiled.compile_all(0);
  return {};
}

std::vector<Compilation> compilations(const runtime::ModuleState& module) {
  if (module.compiled_code == nullptr) return {};
  return static_cast<const CompiledModule&>(*module.compiled_code).compilations();
}

}  // namespace brink::compile
