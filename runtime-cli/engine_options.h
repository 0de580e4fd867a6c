// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The options that say how guests run: features, limits, tracing. Shared by subcommands.

#ifndef BRINK_RUNTIME_CLI_ENGINE_OPTIONS_H_
#define BRINK_RUNTIME_CLI_ENGINE_OPTIONS_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "brink/store.h"

namespace brink::cli {

struct EngineOptions {
  std::vector<std::string> wasm;  ///< -W: FEATURE[=y|n], fuel=N, timeout=T, max-memory-size=N
  uint64_t fuel = 0;              ///< 0: not counted
  std::string timeout_text;
  std::string max_memory;
  std::string max_stack;
  std::vector<std::string> trace;
  std::string engine = "auto";
  std::string profile;
  bool gc_stress = false;
  bool loop_stress = false;
  bool strict = false;
  std::vector<std::string> tuning;
  std::vector<std::string> debug;
  std::string cache;  ///< empty: none; "true": in the usual directory

  void add_to(CLI::App& command);
  /// Only what holds for scripts of tests too: features, the tier, options for developers.
  void add_language_to(CLI::App& command);
  /// Also switches the channels of --trace on.
  Result<EngineConfig> config() const;
  /// Where --cache wants compiled modules to be kept; empty: nowhere.
  Result<std::string> cache_directory() const;
  Result<StoreLimits> limits() const;
  std::optional<std::chrono::nanoseconds> timeout() const;

 private:
  /// Takes the entries of -W that are no features into the members above.
  void take_groups();
};

/// What --engine=auto|interp|jit means. A build without a compiler refuses jit.
Result<Tier> parse_tier(std::string_view engine);

/// Applies "gc", "gc=y", "gc=n", "all-proposals=y".
Status apply_feature(Features& features, std::string_view entry);

}  // namespace brink::cli

#endif  // BRINK_RUNTIME_CLI_ENGINE_OPTIONS_H_
