// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/code_image.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

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
  // mov eax, [rip - 4 - 6]; ret
  std::vector<uint8_t> code = {0x8b, 0x05, 0xf6, 0xff, 0xff, 0xff, 0xc3};
  code.resize(page_size(), 0xcc);
  return code;
}

// Why: the sanitizer would look for a type in front of the function.
__attribute__((no_sanitize("undefined"))) int run(const CodeImage& image) {
  return reinterpret_cast<int (*)()>(const_cast<uint8_t*>(image.code().data()))();
}

void check_image(const CodeImage& image) {
  CHECK(permissions(image.data()) == "rw-p");
  CHECK(permissions(image.code().data()) == "r-xp");
  REQUIRE(image.data() + image.data_bytes() == image.code().data());
  REQUIRE(image.code().size() == page_size());
  CHECK(run(image) == 0);
  image.data()[image.data_bytes() - 4] = 42;
  CHECK(run(image) == 42);
}

TEST_CASE("an image of code reads the data in front of it", "[code_image]") {
  const std::vector<uint8_t> code = code_page();
  const Result<CodeImage> copy = CodeImage::copy(2 * page_size(), code);
  REQUIRE(copy.has_value());
  check_image(*copy);
}

TEST_CASE("an image of a file's pages", "[code_image]") {
  const std::vector<uint8_t> code = code_page();
  const auto path = std::filesystem::temp_directory_path() /
                    ("brink-code-image-" + std::to_string(reinterpret_cast<uintptr_t>(&code)));
  {
    std::ofstream out(path, std::ios::binary);
    const std::string front(page_size(), 'x');
    out << front;
    out.write(reinterpret_cast<const char*>(code.data()),
              static_cast<std::streamsize>(code.size()));
  }
  Result<MappedFile> file = MappedFile::map_and_keep_open(path.string());
  REQUIRE(file.has_value());
  CHECK(file->identity().size == 2 * page_size());
  CHECK(file->identity() == MappedFile::map(path.string())->identity());
  const Result<CodeImage> image = CodeImage::map(page_size(), *file, page_size(), page_size());
  REQUIRE(image.has_value());
  // Every image has data of its own.
  const Result<CodeImage> other = CodeImage::map(page_size(), *file, page_size(), page_size());
  REQUIRE(other.has_value());
  CHECK_FALSE(CodeImage::map(page_size(), *file, page_size(), 2 * page_size()).has_value());
  // Neither the file nor its first mapping need stay.
  *file = MappedFile();
  std::filesystem::remove(path);
  check_image(*image);
  CHECK(run(*other) == 0);
}

TEST_CASE("an image of a file that is not open is a copy", "[code_image]") {
  const std::vector<uint8_t> code = code_page();
  const auto path = std::filesystem::temp_directory_path() /
                    ("brink-code-copy-" + std::to_string(reinterpret_cast<uintptr_t>(&code)));
  {
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(code.data()),
              static_cast<std::streamsize>(code.size()));
  }
  const Result<MappedFile> file = MappedFile::read(path.string());
  REQUIRE(file.has_value());
  const Result<CodeImage> image = CodeImage::map(page_size(), *file, 0, page_size());
  std::filesystem::remove(path);
  REQUIRE(image.has_value());
  check_image(*image);
}

#endif

TEST_CASE("images that cannot be", "[code_image]") {
  const std::vector<uint8_t> bytes(page_size());
  CHECK(CodeImage::copy(1, bytes).error().kind() == ErrorKind::Usage);
  CHECK(CodeImage::copy(0, std::span(bytes).first(7)).error().kind() == ErrorKind::Usage);
  CHECK(CodeImage::copy(~size_t{0} / page_size() * page_size(), bytes).error().kind() ==
        ErrorKind::Usage);
  const Result<CodeImage> no_code = CodeImage::copy(page_size(), {});
  REQUIRE(no_code.has_value());
  CHECK(no_code->code().empty());
}

}  // namespace
}  // namespace brink::platform
