// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Where the official test suite is, and which of its scripts speak a language that we know.

#ifndef BRINK_SPEC_TESTS_SUITE_H_
#define BRINK_SPEC_TESTS_SUITE_H_

#include <filesystem>
#include <optional>
#include <string>

#include "brink/error.h"
#include "brink/features.h"

namespace brink::spec_tests {

/// $WASM_TESTSUITE, or a clone beside the working directory. The Error says how to get one.
Result<std::filesystem::path> find_suite();

/// The proposal that a script of `.../proposals/NAME/...` was written for, if the engine has no
/// feature of that name.
std::optional<std::string> unknown_proposal(const std::filesystem::path& script);

/// The features that a script expects: those given, but scripts of a proposal expect the language
/// that the proposal was written against.
Features features_for(const std::filesystem::path& script, Features features);

}  // namespace brink::spec_tests

#endif  // BRINK_SPEC_TESTS_SUITE_H_
