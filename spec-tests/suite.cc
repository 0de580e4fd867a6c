// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec-tests/suite.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

namespace brink::spec_tests {

namespace fs = std::filesystem;

Result<fs::path> find_suite() {
  // A file that every version of the suite has.
  const auto is_suite = [](const fs::path& folder) { return fs::exists(folder / "i32.wast"); };
  if (const char* given = std::getenv("WASM_TESTSUITE"); given != nullptr && *given != '\0') {
    if (is_suite(given)) return given;
    return make_error(ErrorKind::Io,
                      fmt::format("WASM_TESTSUITE is '{}', but the suite is not there", given));
  }
  for (const char* place : {"../shared/testsuite", "../testsuite", "build/testsuite"})
    if (is_suite(place)) return place;
  return make_error(ErrorKind::Io,
                    "the official test suite is not here: clone the repository "
                    "WebAssembly/testsuite beside this one, or set WASM_TESTSUITE to its folder");
}

std::optional<std::string> unknown_proposal(const fs::path& script) {
  const auto folder = std::find(script.begin(), script.end(), "proposals");
  if (folder == script.end() || std::next(folder) == script.end()) return std::nullopt;
  std::string name = std::next(folder)->string();
  return feature_from_name(name) ? std::nullopt : std::optional(std::move(name));
}

Features features_for(const fs::path& script, Features features) {
  for (const fs::path& part : script) {
    if (part == "legacy") features.set(Feature::LegacyExceptions);
    if (part == "threads")
      for (const Feature later : {Feature::MultiMemory, Feature::ReferenceTypes, Feature::Memory64})
        features.set(later, false);
  }
  return features;
}

}  // namespace brink::spec_tests
