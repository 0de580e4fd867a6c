// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Runs a script of the official test suite's format (.wast) against the engine, through the public
// API. Every command counts as one; a command that cannot be carried out has failed.

#ifndef BRINK_SPEC_TESTS_SCRIPT_RUNNER_H_
#define BRINK_SPEC_TESTS_SCRIPT_RUNNER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "brink/engine.h"

namespace brink::spec_tests {

struct ScriptFailure {
  uint32_t line = 0;
  std::string message;
};

struct ScriptOutcome {
  uint32_t passed = 0;
  uint32_t failed = 0;
  std::vector<ScriptFailure> failures;  ///< all of them, in order
};

/// Runs a script in a store of its own.
ScriptOutcome run_script(const EngineConfig& config, std::string_view source);

}  // namespace brink::spec_tests

#endif  // BRINK_SPEC_TESTS_SCRIPT_RUNNER_H_
