// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// For tests that need files: a directory that is there as long as the object.

#ifndef BRINK_PLATFORM_TEMPORARY_DIRECTORY_FOR_TEST_H_
#define BRINK_PLATFORM_TEMPORARY_DIRECTORY_FOR_TEST_H_

#include <cstdlib>
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

namespace brink::platform {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "brink-test-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_TEMPORARY_DIRECTORY_FOR_TEST_H_
