// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Prints the modules of a script, flat and folded, and parses what was printed: it has to be the
// same binary module again, names and custom sections included. Only forms that text cannot tell
// (overlong numbers, a recursive group of one type) may differ; such modules have to print the
// same.

#ifndef BRINK_SPEC_TESTS_ROUND_TRIP_H_
#define BRINK_SPEC_TESTS_ROUND_TRIP_H_

#include <string_view>

#include "brink/features.h"
#include "spec-tests/script_runner.h"

namespace brink::spec_tests {

/// Every module that can be decoded, valid or not, counts twice.
ScriptOutcome round_trip_script(Features features, std::string_view source);

}  // namespace brink::spec_tests

#endif  // BRINK_SPEC_TESTS_ROUND_TRIP_H_
