// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/artifact/cache.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <string>

#include "engine/compile/artifact/identity.h"
#include "engine/platform/temporary_directory_for_test.h"

namespace brink::compile::artifact {
namespace {

namespace fs = std::filesystem;

using platform::TemporaryDirectory;

void age(const fs::path& path, int hours) {
  fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(hours));
}

TEST_CASE("places in the cache depend on module and target", "[cache]") {
  const Cache cache("/somewhere");
  const std::vector<uint8_t> module = {0, 'a', 's', 'm'};
  const Target target = {.fingerprint = 1};
  const fs::path path = cache.path_of(module, target);
  CHECK(path == cache.path_of(module, target));
  CHECK(path.parent_path() == "/somewhere");
  CHECK(path.filename().string().size() == 38);
  CHECK(path != cache.path_of(std::span(module).first(3), target));
  for (const Target& other : {Target{.fingerprint = 2}, Target{.fingerprint = 1, .features = 1},
                              Target{.fingerprint = 1, .consume_fuel = 1}})
    CHECK(path != cache.path_of(module, other));
}

TEST_CASE("entries are stored, listed, trimmed by age and cleared", "[cache]") {
  const TemporaryDirectory top;
  const fs::path directory = top.path() / "cache";
  const Cache cache(directory, 250);
  CHECK(cache.entries().empty());
  const std::vector<uint8_t> artifact(100);
  std::vector<fs::path> paths;
  for (uint8_t i = 0; i < 2; ++i) {
    const std::vector<uint8_t> module = {i};
    paths.push_back(cache.path_of(module, {}));
    REQUIRE(cache.store(paths.back(), artifact));
  }
  age(paths[0], 30);
  age(paths[1], 60);
  REQUIRE(cache.entries().size() == 2);
  CHECK(cache.entries().front().path == paths[0]);
  // Somebody else's file is left alone.
  std::ofstream(directory / "README").put('x');
  Cache::touch(paths[1]);
  CHECK(cache.entries().front().path == paths[1]);
  const std::vector<uint8_t> module = {9};
  REQUIRE(cache.store(cache.path_of(module, {}), artifact));
  CHECK(cache.entries().size() == 2);
  CHECK_FALSE(fs::exists(paths[0]));
  CHECK(cache.clear() == 2);
  CHECK(cache.entries().empty());
  CHECK(fs::exists(directory / "README"));
}

TEST_CASE("a cache that others may write to is not used", "[cache]") {
  const TemporaryDirectory top;
  fs::permissions(top.path(), fs::perms::group_write, fs::perm_options::add);
  const Cache cache(top.path());
  CHECK_FALSE(cache.prepare());
  CHECK_FALSE(cache.store(cache.path_of({}, {}), {}));
  CHECK(cache.entries().empty());
}

TEST_CASE("the fingerprint depends on the layout", "[cache]") {
  const uint64_t a[] = {1, 2}, b[] = {2, 1};
  CHECK(engine_fingerprint(a) == engine_fingerprint(a));
  CHECK(engine_fingerprint(a) != engine_fingerprint(b));
  CHECK(engine_fingerprint({}) != 0);
  CHECK_FALSE(engine_version().empty());
}

}  // namespace
}  // namespace brink::compile::artifact
