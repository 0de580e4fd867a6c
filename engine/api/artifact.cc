// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Artifacts in the public API, and the cache of them.

#include "brink/artifact.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "brink/engine.h"
#include "engine/api/ahead_of_time.h"
#include "engine/api/make_module.h"
#include "engine/compile/artifact/cache.h"
#include "engine/compile/artifact/reader.h"
#include "engine/compile/artifact/target.h"
#include "engine/compile/runtime/compiled_module.h"
#include "engine/support/try.h"

namespace brink {

namespace artifact = compile::artifact;
using artifact::Artifact;
using artifact::Check;

bool is_artifact(std::span<const uint8_t> bytes) {
  return artifact::is_artifact(bytes);
}

Result<ArtifactInfo> read_artifact_info(std::span<const uint8_t> bytes) {
  const Artifact opened = BRINK_TRY(Artifact::open(bytes, Check::Everything));
  const artifact::Info& info = opened.info();
  return ArtifactInfo{
      .engine_version = std::string(artifact::version_of(info)),
      .engine_fingerprint = info.target.fingerprint,
      .cpu_features = to_string(platform::CpuFeatures::from_bits(info.target.cpu_features)),
      .consume_fuel = info.target.consume_fuel != 0,
      .guarded_memories = info.target.guarded_memories != 0,
      .functions = opened.defined_functions(),
      .compiled_functions = info.compiled_functions,
      .code_bytes = info.text.bytes,
      .module_bytes = info.module.bytes,
      .file_bytes = info.file_bytes,
  };
}

Result<std::span<const uint8_t>> module_of_artifact(std::span<const uint8_t> bytes) {
  const Artifact opened = BRINK_TRY(Artifact::open(bytes, Check::Everything));
  return opened.module_bytes();
}

std::string default_cache_directory() {
  return artifact::Cache::default_directory().value_or("").string();
}

std::vector<CachedArtifact> list_cache(const std::string& directory) {
  std::vector<CachedArtifact> entries;
  for (const artifact::CacheEntry& entry : artifact::Cache(directory).entries())
    entries.push_back({entry.path.string(), entry.bytes});
  return entries;
}

size_t clear_cache(const std::string& directory) {
  return artifact::Cache(directory).clear();
}

namespace {

using artifact::ArtifactFile;
using SharedArtifact = std::shared_ptr<const ArtifactFile>;

/// Null where nothing is compiled.
compile::LoadedArtifacts* loaded_artifacts(const Engine& engine) {
  if (engine.state()->compiler_state == nullptr) return nullptr;
  return &compile::compiler_state(*engine.state()).loaded;
}

Result<Module> load(const Engine& engine, SharedArtifact file, std::string name,
                    CodeOrigin origin) {
  wasm::Module decoded = BRINK_TRY(api::decode_artifact(engine, file->artifact()));
  decoded.storage = file;
  Module module =
      BRINK_TRY(api::finish(engine, std::move(decoded), std::move(name), std::move(file)));
  module.state()->code_origin = origin;
  return module;
}

/// What is in the cache under this path, if it is good and of these very bytes.
std::optional<Module> find_in_cache(const Engine& engine, const std::filesystem::path& path,
                                    std::span<const uint8_t> bytes, const std::string& name) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  Result<SharedArtifact> file = ArtifactFile::open(path, path.parent_path() / "checked");
  if (!file.has_value()) return std::nullopt;
  const std::span<const uint8_t> cached = (*file)->artifact().module_bytes();
  if (!std::ranges::equal(cached, bytes)) return std::nullopt;
  artifact::Cache::touch(path);
  Result<Module> module = load(engine, *std::move(file), name, CodeOrigin::Cache);
  if (!module.has_value()) return std::nullopt;
  return *std::move(module);
}

}  // namespace

Result<Module> api::make_through_cache(const Engine& engine, wasm::SharedBytes bytes,
                                       std::string name) {
  const EngineConfig& config = engine.config();
  const artifact::Cache cache(engine.state()->cache_directory, engine.state()->cache_max_bytes);
  BRINK_TRY(cache.prepare());
  const platform::CpuFeatures cpu = platform::cpu_features();
  const std::filesystem::path path = cache.path_of(*bytes, target_of(config, cpu));
  if (std::optional<Module> found = find_in_cache(engine, path, *bytes, name))
    return *std::move(found);
  Module module = BRINK_TRY(make_from_binary(engine, bytes, name));
  const std::vector<uint8_t> made = BRINK_TRY(make_artifact(*module.state(), cpu, 0));
  // A full disk is no reason not to run.
  if (!cache.store(path, made)) return module;
  std::optional<Module> stored = find_in_cache(engine, path, *bytes, name);
  if (!stored) return module;
  stored->state()->code_origin = CodeOrigin::CacheMiss;
  return *std::move(stored);
}

Result<Module> Module::deserialize(const Engine& engine, std::span<const uint8_t> bytes,
                                   std::string name) {
  SharedArtifact file = BRINK_TRY(ArtifactFile::copy(bytes));
  return load(engine, std::move(file), std::move(name), CodeOrigin::Artifact);
}

Result<Module> Module::deserialize_file(const Engine& engine, const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  auto* const loaded = loaded_artifacts(engine);
  if (loaded != nullptr)
    if (const auto file = platform::identify_file(path.string()); file.has_value())
      if (auto state = loaded->find(*file, name)) return Module(std::move(state));
  const SharedArtifact file = BRINK_TRY(ArtifactFile::open(path));
  Module module = BRINK_TRY(load(engine, file, name, CodeOrigin::Artifact));
  if (loaded != nullptr && file->is_settled())
    loaded->add(file->file().identity(), name, module.state());
  return module;
}

Result<std::vector<uint8_t>> Module::serialize(const SerializeOptions& options) const {
  const platform::CpuFeatures cpu = BRINK_TRY(api::parse_target_cpu(options.target_cpu));
  return api::make_artifact(*state_, cpu, options.threads);
}

}  // namespace brink
