// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/platform/executable_memory.h"

namespace brink::platform {
namespace {

// "rw-p", "r-xp": what the system says of the page.
std::string permissions(const uint8_t* address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    uintptr_t low = 0, high = 0;
    char text[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &low, &high, text) != 3) continue;
    const uintptr_t wanted = reinterpret_cast<uintptr_t>(address);
    if (low <= wanted && wanted < high) return text;
  }
  return "";
}

#if defined(__x86_64__)

/// A page of code that returns the word just in front of it.
std::vector<uint8_t> code_page() {
  std::vector<uint8_t> code = {0x8b, 0x05, 0xf6, 0xff, 0xff, 0xff, 0xc3};  // mov eax, [rip-10]; ret
  code.resize(page_size(), 0xcc);
  return code;
}

// Why: the sanitizer would look for a type in front of the function.
__attribute__((no_sanitize("undefined"))) int run(const uint8_t* code) {
  return reinterpret_cast<int (*)()>(const_cast<uint8_t*>(code))();
}

/// A page of something else, then the code.
class CodeFile {
 public:
  CodeFile() {
    std::ofstream out(path_, std::ios::binary);
    out << std::string(page_size(), 'x');
    const std::vector<uint8_t> code = code_page();
    out.write(reinterpret_cast<const char*>(code.data()),
              static_cast<std::streamsize>(code.size()));
  }
  ~CodeFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() /
      ("brink-code-space-" + std::to_string(reinterpret_cast<uintptr_t>(this)));
};

void check_first_piece(const CodeSpace& space) {
  CHECK(permissions(space.data().data()) == "rw-p");
  CHECK(permissions(space.code()) == "r-xp");
  REQUIRE(space.data().data() + space.data().size() == space.code());
  CHECK(space.code_bytes() == page_size());
  CHECK(run(space.code()) == 0);
  space.data()[space.data().size() - 4] = 42;
  CHECK(run(space.code()) == 42);
}

TEST_CASE("code of a file reads the data in front of it", "[code_space]") {
  const CodeFile file;
  Result<MappedFile> mapped = MappedFile::map_and_keep_open(file.path());
  REQUIRE(mapped.has_value());
  CHECK(mapped->identity().size == 2 * page_size());
  CHECK(mapped->identity() == MappedFile::map(file.path())->identity());
  CodeSpace space = *CodeSpace::reserve(10, 8 * page_size());
  REQUIRE(space.append_file(*mapped, page_size(), page_size()));
  // Every space has data of its own.
  CodeSpace other = *CodeSpace::reserve(10, 8 * page_size());
  REQUIRE(other.append_file(*mapped, page_size(), page_size()));
  // The file need not stay open.
  *mapped = MappedFile();
  check_first_piece(space);
  CHECK(run(other.code()) == 0);
  // More code goes behind it.
  const std::span<uint8_t> next = *space.open(1);
  CHECK(next.data() == space.code() + page_size());
  next[0] = 0xc3;
  REQUIRE(space.seal(1));
  run(space.code() + page_size());
  CHECK(permissions(space.code() + page_size()) == "r-xp");
}

TEST_CASE("code of a file that is not open is copied", "[code_space]") {
  const CodeFile file;
  const Result<MappedFile> bytes = MappedFile::read(file.path());
  REQUIRE(bytes.has_value());
  CodeSpace space = *CodeSpace::reserve(10, 8 * page_size());
  REQUIRE(space.append_file(*bytes, page_size(), page_size()));
  check_first_piece(space);
}

#endif

TEST_CASE("code that is not in its file", "[code_space]") {
  const CodeFile file;
  const Result<MappedFile> mapped = MappedFile::map_and_keep_open(file.path());
  REQUIRE(mapped.has_value());
  CodeSpace space = *CodeSpace::reserve(10, page_size());
  const auto kind = [&](size_t offset, size_t bytes) {
    return space.append_file(*mapped, offset, bytes).error().kind();
  };
  CHECK(kind(page_size(), 2 * page_size()) == ErrorKind::Usage);
  CHECK(kind(3 * page_size(), page_size()) == ErrorKind::Usage);
  CHECK(kind(1, page_size()) == ErrorKind::Usage);
  CHECK(kind(0, 7) == ErrorKind::Usage);
  CHECK(kind(0, 0) == ErrorKind::Usage);
  CHECK(kind(0, 2 * page_size()) == ErrorKind::Limit);
  CHECK(space.code_bytes() == 0);
}

}  // namespace
}  // namespace brink::platform
