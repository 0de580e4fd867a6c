// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/private_files.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/platform/mapped_file.h"
#include "engine/platform/temporary_directory_for_test.h"

namespace brink::platform {
namespace {

namespace fs = std::filesystem;

std::vector<uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

TEST_CASE("a private directory is made with those above it", "[private_files]") {
  const TemporaryDirectory top;
  const fs::path path = top.path() / "a" / "b";
  REQUIRE(make_private_directory(path.string()));
  CHECK(fs::status(path).permissions() == fs::perms::owner_all);
  REQUIRE(make_private_directory(path.string()));
}

TEST_CASE("a directory that others may write to is refused", "[private_files]") {
  const TemporaryDirectory top;
  fs::permissions(top.path(), fs::perms::others_write, fs::perm_options::add);
  const Status status = make_private_directory(top.path().string());
  REQUIRE_FALSE(status);
  CHECK(status.error().message().find("others may write") == 0);
  fs::permissions(top.path(), fs::perms::others_write, fs::perm_options::remove);
  std::ofstream(top.path() / "file").put('x');
  CHECK_FALSE(make_private_directory((top.path() / "file").string()));
  CHECK_FALSE(make_private_directory((top.path() / "file" / "below").string()));
}

TEST_CASE("replacing a file leaves whoever maps the old one alone", "[private_files]") {
  const TemporaryDirectory top;
  const std::string path = (top.path() / "file").string();
  REQUIRE(replace_file(path, bytes_of("old content")));
  const MappedFile old = *MappedFile::map(path);
  REQUIRE(replace_file(path, bytes_of("new")));
  CHECK(content_of(path) == "new");
  CHECK(std::string(old.bytes().begin(), old.bytes().end()) == "old content");
  CHECK(std::distance(fs::directory_iterator(top.path()), {}) == 1);
  CHECK_FALSE(old.identity() == MappedFile::map(path)->identity());
  const Status status = replace_file((top.path() / "none" / "file").string(), bytes_of("x"));
  REQUIRE_FALSE(status);
  CHECK(status.error().kind() == ErrorKind::Io);
}

}  // namespace
}  // namespace brink::platform
