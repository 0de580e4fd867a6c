// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Runs a script of the official test suite's format (.wast) against the engine, through the public
// API. Every command counts as one; a command that cannot be carried out has failed. The threads of
// a script are threads of the host, each with a store of its own.

#ifndef BRINK_SPEC_TESTS_SCRIPT_RUNNER_H_
#define BRINK_SPEC_TESTS_SCRIPT_RUNNER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "brink/engine.h"

namespace brink::spec_tests {

struct RunOptions {
  EngineConfig config;
  /// Makes an artifact of every module and runs that instead.
  bool through_artifacts = false;
};

struct CommandOutcome {
  uint32_t line = 0;
  std::string_view command;  ///< "assert_return"
  bool passed = false;
  std::string message;  ///< why it failed
};

struct ScriptOutcome {
  std::vector<CommandOutcome> commands;  ///< those of a thread where the script waits for it

  uint32_t passed() const;
  uint32_t failed() const;
  /// The outcome of a script that failed as a whole.
  static ScriptOutcome failure(uint32_t line, std::string message);
};

ScriptOutcome run_script(const RunOptions& options, std::string_view source);

}  // namespace brink::spec_tests

#endif  // BRINK_SPEC_TESTS_SCRIPT_RUNNER_H_
