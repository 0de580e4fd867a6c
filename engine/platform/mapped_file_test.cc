// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/mapped_file.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace brink::platform {
namespace {

// A file that is there for a test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& contents) {
    std::string pattern = (std::filesystem::temp_directory_path() / "brink-test-XXXXXX").string();
    const int file = ::mkstemp(pattern.data());
    REQUIRE(file >= 0);
    path_ = pattern;
    REQUIRE(::write(file, contents.data(), contents.size()) ==
            static_cast<ssize_t>(contents.size()));
    ::close(file);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string text(const MappedFile& file) {
  return std::string(file.bytes().begin(), file.bytes().end());
}

TEST_CASE("a file's bytes, read and mapped", "[mapped_file]") {
  const size_t sizes[] = {0, 1, 4096, 65535, 65536, 65537, 300'000};
  for (const size_t size : sizes) {
    CAPTURE(size);
    std::string contents(size, 'x');
    for (size_t i = 0; i < size; ++i) contents[i] = static_cast<char>(i * 7 + i / 256);
    const TemporaryFile file(contents);
    const Result<MappedFile> copy = MappedFile::read(file.path());
    REQUIRE(copy);
    CHECK(text(*copy) == contents);
    CHECK_FALSE(copy->is_mapping());
    const Result<MappedFile> mapped = MappedFile::map(file.path());
    REQUIRE(mapped);
    CHECK(text(*mapped) == contents);
    CHECK(mapped->is_mapping() == (size != 0));
  }
}

TEST_CASE("a copy does not change with its file", "[mapped_file]") {
  const TemporaryFile file("before");
  const MappedFile copy = *MappedFile::read(file.path());
  std::filesystem::resize_file(file.path(), 0);
  CHECK(text(copy) == "before");
}

TEST_CASE("files that do not tell their size are read to the end", "[mapped_file]") {
  const Result<MappedFile> status = MappedFile::map("/proc/self/status");
  REQUIRE(status);
  CHECK_FALSE(status->is_mapping());
  CHECK(text(*status).find("VmSize") != std::string::npos);

  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const std::string contents(500'000, 'p');
  std::thread writer([&] {
    size_t done = 0;
    while (done < contents.size()) {
      const ssize_t wrote = ::write(ends[1], contents.data() + done, contents.size() - done);
      if (wrote <= 0) break;
      done += static_cast<size_t>(wrote);
    }
    ::close(ends[1]);
  });
  const Result<MappedFile> piped = MappedFile::read_descriptor(ends[0], "a pipe");
  writer.join();
  ::close(ends[0]);
  REQUIRE(piped);
  CHECK(text(*piped) == contents);
}

TEST_CASE("what cannot be read says so, with its name", "[mapped_file]") {
  for (const auto& open : {+[](const std::string& path) { return MappedFile::read(path); },
                           +[](const std::string& path) { return MappedFile::map(path); }}) {
    const Result<MappedFile> missing = open("/no/such/file.wasm");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind() == ErrorKind::Io);
    CHECK(missing.error().message() ==
          "cannot read '/no/such/file.wasm': No such file or directory");
    const Result<MappedFile> directory = open("/");
    REQUIRE_FALSE(directory);
    CHECK(directory.error().message() == "cannot read '/': Is a directory");
  }
  const Result<MappedFile> closed = MappedFile::read_descriptor(-1, "nothing");
  REQUIRE_FALSE(closed);
  CHECK(closed.error().message() == "cannot read 'nothing': Bad file descriptor");
}

TEST_CASE("no more is read than allowed", "[mapped_file]") {
  const TemporaryFile file(std::string(100'000, 'x'));
  CHECK(MappedFile::read(file.path(), 100'000));
  CHECK(MappedFile::map(file.path(), 100'000));
  for (const size_t limit : {size_t{0}, size_t{1}, size_t{99'999}}) {
    const Result<MappedFile> copy = MappedFile::read(file.path(), limit);
    REQUIRE_FALSE(copy);
    CHECK(copy.error().kind() == ErrorKind::Limit);
    const Result<MappedFile> mapped = MappedFile::map(file.path(), limit);
    REQUIRE_FALSE(mapped);
    CHECK(mapped.error().kind() == ErrorKind::Limit);
  }
  const Result<MappedFile> endless = MappedFile::read("/dev/zero", 10'000'000);
  REQUIRE_FALSE(endless);
  CHECK(endless.error().kind() == ErrorKind::Limit);
}

TEST_CASE("a file's memory moves", "[mapped_file]") {
  const TemporaryFile file("contents");
  MappedFile one = *MappedFile::map(file.path());
  MappedFile two = std::move(one);
  CHECK(one.bytes().empty());
  CHECK(text(two) == "contents");
  one = std::move(two);
  two = *MappedFile::read(file.path());
  CHECK(text(one) == text(two));
  one = std::move(two);
  CHECK(text(one) == "contents");
}

}  // namespace
}  // namespace brink::platform
