// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "brink/artifact.h"
#include "brink/linker.h"
#include "brink/store.h"
#include "engine/platform/temporary_directory_for_test.h"

namespace {

namespace fs = std::filesystem;
using namespace brink;

constexpr std::string_view kSource = R"((module $numbers
  (global $count (mut i32) (i32.const 0))
  (func $divide (export "divide") (param i32 i32) (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.div_s (local.get 0) (local.get 1)))
  (func (export "count") (result i32) (global.get $count))))";

using platform::TemporaryDirectory;

Instance instantiate(Store& store, const Module& module) {
  auto instance = Linker(store).instantiate(module);
  REQUIRE(instance.has_value());
  return *instance;
}

CallResult<std::vector<Value>> divide(const Instance& instance, int32_t a, int32_t b) {
  const Value args[] = {Value::i32(a), Value::i32(b)};
  return instance.func("divide")->call(args);
}

void check_numbers(const Engine& engine, const Module& module) {
  Store store(engine), other(engine);
  const Instance instance = instantiate(store, module);
  const Instance second = instantiate(other, module);
  CHECK(divide(instance, 42, 6)->front().i32() == 7);
  const auto trapped = divide(instance, 1, 0);
  REQUIRE_FALSE(trapped.has_value());
  CHECK(trapped.error().code == TrapCode::IntegerDivideByZero);
  REQUIRE(trapped.error().backtrace.size() == 1);
  CHECK(trapped.error().backtrace[0].function_name == "divide");
  CHECK(instance.func("count")->call({})->front().i32() == 2);
  CHECK(second.func("count")->call({})->front().i32() == 0);
}

TEST_CASE("a module, serialized and back", "[artifact]") {
  const Engine engine;
  const Module module = *Module::compile_text(engine, kSource);
  const std::vector<uint8_t> bytes = *module.serialize();
  CHECK(bytes == *module.serialize({.threads = 3}));
  CHECK(is_artifact(bytes));
  const Result<ArtifactInfo> info = read_artifact_info(bytes);
  REQUIRE(info.has_value());
  CHECK(info->functions == 2);
  CHECK(info->compiled_functions == 2);
  const Result<Module> again = Module::deserialize(engine, bytes);
  REQUIRE(again.has_value());
  CHECK(again->code_origin() == CodeOrigin::Artifact);
  CHECK(again->name() == "numbers");
  CHECK(*again->serialize() == bytes);
  check_numbers(engine, *again);
}

TEST_CASE("a module from an artifact's file", "[artifact]") {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "numbers.brink";
  const Engine engine;
  const std::vector<uint8_t> bytes = *Module::compile_text(engine, kSource)->serialize();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  const Result<Module> first = Module::deserialize_file(engine, path);
  const Result<Module> second = Module::deserialize_file(engine, path);
  REQUIRE((first.has_value() && second.has_value()));
  fs::remove(path);
  check_numbers(engine, *first);
  check_numbers(engine, *second);
  CHECK(Module::deserialize_file(engine, path).error().kind() == ErrorKind::Io);
}

TEST_CASE("a file that is loaded again is the same module, until it changes", "[artifact]") {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "numbers.brink";
  const auto write = [&](std::string_view source) {
    const std::vector<uint8_t> bytes = *Module::compile_text(Engine(), source)->serialize();
    std::ofstream(directory.path() / "new", std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    fs::rename(directory.path() / "new", path);
  };
  write(kSource);
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  const Engine engine, other;
  std::optional<Module> first = *Module::deserialize_file(engine, path);
  CHECK(Module::deserialize_file(engine, path)->state() == first->state());
  CHECK(Module::deserialize_file(other, path)->state() != first->state());
  const std::weak_ptr<runtime::ModuleState> gone = first->state();
  write("(module $other (func (export \"f\")))");
  const Module changed = *Module::deserialize_file(engine, path);
  CHECK(changed.name() == "other");
  check_numbers(engine, *first);
  first.reset();
  CHECK(gone.expired());
}

TEST_CASE("an artifact and an engine that do not fit", "[artifact]") {
  const Engine engine;
  std::vector<uint8_t> bytes = *Module::compile_text(engine, kSource)->serialize();
  EngineConfig config;
  config.consume_fuel = true;
  const Result<Module> other = Module::deserialize(Engine(config), bytes);
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().kind() == ErrorKind::Artifact);
  bytes[bytes.size() / 2] ^= 1;
  CHECK(Module::deserialize(engine, bytes).error().kind() == ErrorKind::Artifact);
  // It is no module for the functions that take modules.
  CHECK(Module::compile(engine, bytes).error().kind() == ErrorKind::Malformed);
}

TEST_CASE("an interpreter takes the module out of an artifact", "[artifact]") {
  const std::vector<uint8_t> bytes = *Module::compile_text(Engine(), kSource)->serialize();
  EngineConfig config;
  config.tier = Tier::Interpreter;
  const Engine engine(config);
  const Result<Module> module = Module::deserialize(engine, bytes);
  REQUIRE(module.has_value());
  check_numbers(engine, *module);
}

TEST_CASE("the cache compiles once", "[artifact]") {
  const TemporaryDirectory directory;
  const std::string cache = (directory.path() / "cache").string();
  Engine engine;
  engine.use_cache(cache);
  const auto origin = [&] { return Module::compile_text(engine, kSource)->code_origin(); };
  CHECK(origin() == CodeOrigin::CacheMiss);
  CHECK(origin() == CodeOrigin::Cache);
  check_numbers(engine, *Module::compile_text(engine, kSource));
  REQUIRE(list_cache(cache).size() == 1);
  // A damaged entry is replaced.
  fs::resize_file(list_cache(cache).front().path, 100);
  CHECK(origin() == CodeOrigin::CacheMiss);
  CHECK(origin() == CodeOrigin::Cache);
  CHECK(clear_cache(cache) == 1);
  CHECK(origin() == CodeOrigin::CacheMiss);
  // What does not validate is an error as without a cache, with its place in the text.
  const Result<Module> bad = Module::compile_text(engine, "(module (func (result i32)))");
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().kind() == ErrorKind::Invalid);
  CHECK(bad.error().has_position());
}

}  // namespace
