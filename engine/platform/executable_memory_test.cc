// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/executable_memory.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <utility>

#include "engine/platform/virtual_memory.h"

namespace brink::platform {
namespace {

#if defined(__x86_64__)
constexpr uint8_t kReturn42[] = {0xB8, 42, 0, 0, 0, 0xC3};
#define BRINK_HAS_CODE 1
#elif defined(__aarch64__)
constexpr uint8_t kReturn42[] = {0x40, 0x05, 0x80, 0x52, 0xC0, 0x03, 0x5F, 0xD6};
#define BRINK_HAS_CODE 1
#endif

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

#ifdef BRINK_HAS_CODE

// Why: the sanitizer would look for a type in front of the function, where no page may be.
__attribute__((no_sanitize("undefined"))) int run(const CodeMemory& code) {
  return reinterpret_cast<int (*)()>(const_cast<uint8_t*>(code.base()))();
}

TEST_CASE("code is written, sealed and runs", "[executable_memory]") {
  for (int round = 0; round < 50; ++round) {
    CodeMemory code = *CodeMemory::allocate(sizeof kReturn42);
    CHECK(code.size() == page_size());
    CHECK(permissions(code.base()) == "rw-p");
    REQUIRE(code.writable().size() == page_size());
    std::copy(std::begin(kReturn42), std::end(kReturn42), code.writable().begin());
    REQUIRE(code.seal(sizeof kReturn42));
    CHECK(code.is_sealed());
    CHECK(code.writable().empty());
    CHECK(permissions(code.base()) == "r-xp");
    CodeMemory moved = std::move(code);
    CHECK(code.base() == nullptr);
    CHECK(run(moved) == 42);
    // Behind the code only traps.
    CHECK(std::adjacent_find(moved.base() + sizeof kReturn42, moved.base() + moved.size(),
                             std::not_equal_to<>()) == moved.base() + moved.size());
  }
}

#endif

TEST_CASE("code cannot be sealed twice or past its end", "[executable_memory]") {
  CodeMemory code = *CodeMemory::allocate(1);
  CHECK(code.seal(code.size() + 1).error().kind() == ErrorKind::Usage);
  CHECK_FALSE(code.is_sealed());
  REQUIRE(code.seal(code.size()));
  CHECK(code.seal(0).error().kind() == ErrorKind::Usage);
  CodeMemory none;
  CHECK_FALSE(none.seal(0));
}

TEST_CASE("sizes that are none are errors", "[executable_memory]") {
  CHECK(CodeMemory::allocate(0).error().kind() == ErrorKind::Usage);
  CHECK(CodeMemory::allocate(~size_t{0}).error().kind() == ErrorKind::Usage);
  CHECK(CodeMemory::allocate(size_t{1} << 62).error().kind() == ErrorKind::Limit);
}

}  // namespace
}  // namespace brink::platform
