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
  std::vector<std::string> tuning;

  void add_to(CLI::App& command);
  /// Also switches the channels of --trace on.
  Result<EngineConfig> config() const;
  Result<StoreLimits> limits() const;
  std::optional<std::chrono::nanoseconds> timeout() const;

 private:
  /// Takes the entries of -W that are no features into the members above.
  void take_groups();
};

/// Adds --engine=auto|interp|jit to a subcommand, and what its value means. A build without a
/// compiler refuses jit.
void add_tier_option(CLI::App& command, std::string& engine);
Result<Tier> parse_tier(std::string_view engine);

/// Adds -O KEY=VALUE to a subcommand, and what its entries mean.
void add_tuning_option(CLI::App& command, std::vector<std::string>& tuning);
Status apply_tuning(EngineConfig& config, const std::vector<std::string>& tuning);

/// Applies "gc", "gc=y", "gc=n", "all-proposals=y".
Status apply_feature(Features& features, std::string_view entry);

}  // namespace brink::cli

#endif  // BRINK_RUNTIME_CLI_ENGINE_OPTIONS_H_
