// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Modules compiled ahead of time. Module::serialize makes an artifact, Module::deserialize_file
// runs it; here is what one needs to know about them in between. The format is described in
// docs/artifacts.md.

#ifndef BRINK_ARTIFACT_H_
#define BRINK_ARTIFACT_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "brink/error.h"

namespace brink {

/// How Module::serialize compiles.
struct SerializeOptions {
  /// The processor to compile for: "native" is the one of this machine; "baseline" any that Brink
  /// runs on (x86-64-v2); names of features, "avx2,bmi2", are those beside the baseline.
  std::string target_cpu = "native";
  uint32_t threads = 0;  ///< 0: one per processor. The bytes do not depend on it
};

/// What an artifact says of itself.
struct ArtifactInfo {
  std::string engine_version;
  uint64_t engine_fingerprint = 0;  ///< engines with another one refuse it
  std::string cpu_features;         ///< that it needs, separated by spaces
  bool consume_fuel = false;
  bool guarded_memories = false;
  uint32_t functions = 0;  ///< that the module defines
  uint32_t compiled_functions = 0;
  uint64_t code_bytes = 0;
  uint64_t module_bytes = 0;
  uint64_t file_bytes = 0;
};

/// Whether bytes begin like an artifact, of whatever version and state.
bool is_artifact(std::span<const uint8_t> bytes);

/// Checks the bytes, but not whether this engine can run them. They are aligned to 8 bytes.
Result<ArtifactInfo> read_artifact_info(std::span<const uint8_t> bytes);

/// The WebAssembly module that an artifact was made from. Checked and aligned like above.
Result<std::span<const uint8_t>> module_of_artifact(std::span<const uint8_t> bytes);

/// A cache of artifacts, as Engine::use_cache keeps it.
struct CachedArtifact {
  std::string path;
  uint64_t bytes = 0;
};
/// $XDG_CACHE_HOME/brink, or .cache/brink in the home directory; empty if there is neither.
std::string default_cache_directory();
/// The last used first.
std::vector<CachedArtifact> list_cache(const std::string& directory);
/// Removes all artifacts; says how many.
size_t clear_cache(const std::string& directory);

}  // namespace brink

#endif  // BRINK_ARTIFACT_H_
