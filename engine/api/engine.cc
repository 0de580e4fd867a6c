// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Engine, and what a Module tells of itself. How modules are made is in make_module.cc.

#include "brink/engine.h"

#include "brink/trace.h"
#if BRINK_COMPILER
#include "engine/compile/runtime/tier.h"
#endif
#include "engine/interpret/interpreter.h"
#include "engine/runtime/memory.h"
#include "engine/runtime/module_state.h"

namespace brink {

using runtime::ModuleState;

Engine::Engine(EngineConfig config) : state_(std::make_shared<runtime::EngineState>()) {
  config.memory_reservation_bytes =
      runtime::affordable_reservation(config.memory_reservation_bytes);
  config.trace_execution = config.trace_execution || is_tracing(TraceChannel::Interp);
  state_->config = std::move(config);
  state_->interpreter = &interpret::tier_operations();
#if BRINK_COMPILER
  compile::install(*state_);
#endif
}

const EngineConfig& Engine::config() const {
  return state_->config;
}

void Engine::use_cache(std::string directory, uint64_t max_bytes) {
  state_->cache_directory = std::move(directory);
  state_->cache_max_bytes = max_bytes;
}

bool Engine::has_compiler() {
  return BRINK_COMPILER;
}

// ---- imports and exports ----

namespace {

FuncType function_type(const wasm::Module& module, uint32_t type_index) {
  return *module.registry->get(module.type_ids[type_index]).func();
}

ExternType type_of(const wasm::Module& module, const wasm::ExternDesc& desc) {
  switch (kind_of(desc)) {
    case ExternKind::Func: return function_type(module, std::get<wasm::FuncDesc>(desc).type_index);
    case ExternKind::Table: {
      TableType type = std::get<TableType>(desc);
      type.element = module.canonical(type.element);
      return type;
    }
    case ExternKind::Memory: return std::get<MemoryType>(desc);
    case ExternKind::Global: {
      GlobalType type = std::get<GlobalType>(desc);
      type.value = module.canonical(type.value);
      return type;
    }
    case ExternKind::Tag: break;
  }
  return TagType{function_type(module, std::get<wasm::TagDesc>(desc).type_index)};
}

ExternType type_of(const wasm::Module& module, ExternKind kind, uint32_t index) {
  switch (kind) {
    case ExternKind::Func:
      return type_of(module, wasm::FuncDesc{module.functions[index].type_index});
    case ExternKind::Table: return type_of(module, module.tables[index].type);
    case ExternKind::Memory: return module.memories[index];
    case ExternKind::Global: return type_of(module, module.globals[index].type);
    case ExternKind::Tag: break;
  }
  return type_of(module, wasm::TagDesc{module.tags[index]});
}

}  // namespace

std::vector<ImportType> Module::imports() const {
  std::vector<ImportType> imports;
  for (const wasm::Import& import : decoded().imports)
    imports.push_back({std::string(import.module), std::string(import.name), kind_of(import.desc),
                       type_of(decoded(), import.desc)});
  return imports;
}

std::vector<ExportType> Module::exports() const {
  std::vector<ExportType> exports;
  for (const wasm::Export& item : decoded().exports)
    exports.push_back(
        {std::string(item.name), item.kind, type_of(decoded(), item.kind, item.index)});
  return exports;
}

std::optional<ExportType> Module::find_export(std::string_view name) const {
  const auto found = state_->exports.find(name);
  if (found == state_->exports.end()) return std::nullopt;
  const wasm::Export& item = decoded().exports[found->second];
  return ExportType{std::string(item.name), item.kind, type_of(decoded(), item.kind, item.index)};
}

const std::string& Module::name() const {
  return state_->name;
}
const Engine& Module::engine() const {
  return state_->engine;
}
const wasm::Module& Module::decoded() const {
  return state_->decoded;
}
CodeOrigin Module::code_origin() const {
  return state_->code_origin;
}

}  // namespace brink
