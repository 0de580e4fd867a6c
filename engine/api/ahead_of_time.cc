// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/api/ahead_of_time.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "engine/compile/artifact/identity.h"
#include "engine/compile/artifact/target.h"
#include "engine/compile/artifact/writer.h"
#include "engine/compile/compile_all.h"
#include "engine/compile/runtime/module_context.h"
#include "engine/decode/module_decoder.h"
#include "engine/decode/name_section.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/memory.h"
#include "engine/runtime/table.h"
#include "engine/support/try.h"
#include "engine/validate/module_validator.h"

namespace brink::api {

using compile::CodeObject;
using platform::CpuFeature;
using platform::CpuFeatures;
using runtime::ModuleState;
namespace artifact = compile::artifact;

namespace {

/// Where things lie in the structures that code reads: it depends on the standard library too.
uint64_t fingerprint() {
  static constexpr uint64_t kLayout[] = {
      runtime::kOwnGlobals,          sizeof(runtime::VmContext),  sizeof(runtime::ExecContext),
      sizeof(runtime::GlobalObject), sizeof(runtime::FuncObject), sizeof(runtime::MemoryObject),
      sizeof(runtime::TableObject),  sizeof(runtime::TagObject),
  };
  return artifact::engine_fingerprint(kLayout);
}

bool guards_memories(const EngineConfig& config) {
  return runtime::is_guarded_memory(MemoryType{}, config);
}

/// As ModuleState::function_name, of all functions.
std::vector<std::string> names_of_functions(const wasm::Module& module) {
  std::vector<std::string> names(module.functions.size());
  for (const decode::NameAssociation& name : decode::read_function_names(module))
    if (name.index < names.size()) names[name.index] = name.name;
  for (const wasm::Export& item : module.exports)
    if (item.kind == ExternKind::Func && names[item.index].empty()) names[item.index] = item.name;
  return names;
}

}  // namespace

artifact::Target target_of(const EngineConfig& config, CpuFeatures cpu) {
  return {.fingerprint = fingerprint(),
          .cpu_features = cpu.bits(),
          .features = config.features.bits(),
          .consume_fuel = config.consume_fuel,
          .gc_stress = config.gc_stress,
          .guarded_memories = guards_memories(config)};
}

Result<CpuFeatures> parse_target_cpu(std::string_view text) {
  if (text == "native") return platform::cpu_features();
  CpuFeatures features = platform::baseline_cpu_features();
  if (text == "baseline") return features;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view name = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::optional<CpuFeature> feature = platform::cpu_feature_from_name(name);
    if (!feature)
      return make_error(ErrorKind::Usage,
                        fmt::format("no processor feature '{}'; there are native, baseline, and {}",
                                    name, platform::cpu_feature_names()));
    features.set(*feature);
  }
  return features;
}

Result<std::vector<uint8_t>> make_artifact(const ModuleState& module, CpuFeatures cpu,
                                           uint32_t threads) {
  const wasm::Module& decoded = module.decoded;
  std::vector<CodeObject> code;
  for (Result<CodeObject>& made : compile::compile_all(compile::make_context(module, cpu), threads))
    if (made.has_value())
      code.push_back(*std::move(made));
    else if (made.error().kind() != ErrorKind::Limit)
      return std::unexpected(std::move(made).error());
  const std::vector<std::string> names = names_of_functions(decoded);
  return artifact::write_artifact({.module = decoded.bytes,
                                   .functions = decoded.functions,
                                   .code = code,
                                   .area = {static_cast<uint32_t>(decoded.functions.size()),
                                            static_cast<uint32_t>(decoded.types.size())},
                                   .imported_functions = decoded.imported_functions,
                                   .tag_count = static_cast<uint32_t>(decoded.tags.size()),
                                   .names = names,
                                   .engine_version = std::string(artifact::engine_version()),
                                   .target = target_of(module.engine.config(), cpu)});
}

Result<wasm::Module> decode_artifact(const Engine& engine, const artifact::Artifact& artifact) {
  BRINK_TRY(artifact::check_target(artifact.info(),
                                   target_of(engine.config(), platform::cpu_features()),
                                   artifact::engine_version()));
  wasm::Module module = BRINK_TRY(decode::decode_module(
      artifact.module_bytes(), engine.config().features, decode::Bodies::Skip));
  BRINK_TRY(validate::validate_declarations(module, engine.state()->registry));
  const artifact::Info& info = artifact.info();
  if (module.functions.size() != info.function_count ||
      module.imported_functions != info.imported_functions ||
      module.types.size() != info.type_count || module.tags.size() != info.tag_count)
    return make_error(ErrorKind::Artifact,
                      "damaged: the module in it is not the one that was "
                      "compiled; compile it again with 'brink compile'");
  for (uint32_t i = 0; i < artifact.defined_functions(); ++i) {
    const artifact::FunctionRow& row = artifact.functions()[i];
    module.functions[info.imported_functions + i].body = {row.body_offset, row.body_size};
  }
  return module;
}

}  // namespace brink::api
