// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_SPEC_TESTS_JUNIT_REPORT_H_
#define BRINK_SPEC_TESTS_JUNIT_REPORT_H_

#include <filesystem>
#include <span>
#include <string>

#include "brink/error.h"
#include "spec-tests/script_runner.h"

namespace brink::spec_tests {

struct FileOutcome {
  std::string file;
  ScriptOutcome outcome;
  double seconds = 0;
};

/// Writes what continuous integration systems read: a <testsuite> per script, a <testcase> per
/// command.
Status write_junit(const std::filesystem::path& path, std::span<const FileOutcome> files);

}  // namespace brink::spec_tests

#endif  // BRINK_SPEC_TESTS_JUNIT_REPORT_H_
