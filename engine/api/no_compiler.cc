// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a build without a compiler has in place of artifact.cc, ahead_of_time.cc and parts of
// inspect.cc.

#include "brink/artifact.h"
#include "brink/engine.h"
#include "brink/inspect.h"
#include "engine/api/make_module.h"

namespace brink {
namespace {

std::unexpected<Error> no_compiler() {
  return make_error(ErrorKind::Usage,
                    "this build of the engine has no compiler, and runs no compiled code");
}

}  // namespace

bool is_artifact(std::span<const uint8_t>) {
  return false;
}
Result<ArtifactInfo> read_artifact_info(std::span<const uint8_t>) {
  return no_compiler();
}
Result<std::span<const uint8_t>> module_of_artifact(std::span<const uint8_t>) {
  return no_compiler();
}

std::string default_cache_directory() {
  return {};
}
std::vector<CachedArtifact> list_cache(const std::string&) {
  return {};
}
size_t clear_cache(const std::string&) {
  return 0;
}

Result<Module> Module::deserialize(const Engine&, std::span<const uint8_t>, std::string) {
  return no_compiler();
}
Result<Module> Module::deserialize_file(const Engine&, const std::filesystem::path&) {
  return no_compiler();
}
Result<std::vector<uint8_t>> Module::serialize(const SerializeOptions&) const {
  return no_compiler();
}

Result<std::string> list_ir(const Module&, uint32_t) {
  return no_compiler();
}
Result<std::string> list_assembly(const Module&, uint32_t) {
  return no_compiler();
}

Result<Module> api::make_through_cache(const Engine& engine, wasm::SharedBytes bytes,
                                       std::string name) {
  return make_from_binary(engine, std::move(bytes), std::move(name));
}

}  // namespace brink
