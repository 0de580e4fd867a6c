// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Processes that may not have much address space (RLIMIT_AS): everything works there, with checked
// memories. Each case runs in a child, since the limit is for good.

#include <sys/resource.h>

#include <cstdio>
#include <vector>

#include <catch2/catch.hpp>

#include "brink/linker.h"
#include "engine/platform/child_process_for_test.h"
#include "engine/platform/virtual_memory.h"

namespace brink {
namespace {

constexpr uint64_t kGiB = uint64_t{1} << 30;

/// Address space in use, from the system.
uint64_t used_bytes() {
  unsigned long long pages = 0;
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  const bool known = file != nullptr && std::fscanf(file, "%llu", &pages) == 1;
  if (file != nullptr) std::fclose(file);
  return known ? pages * platform::page_size() : 0;
}

/// Leaves this process `bytes` more than it has. Sanitizers have terabytes already.
bool leave(uint64_t bytes) {
  const uint64_t used = used_bytes();
  const rlimit limit = {used + bytes, used + bytes};
  return used != 0 && ::setrlimit(RLIMIT_AS, &limit) == 0;
}

int64_t call(const Instance& instance, const char* name, std::vector<Value> args) {
  const auto results = instance.func(name)->call(args);
  return results.has_value() && !results->empty() ? results->front().i32() : -1;
}

bool out_of_bounds(const Instance& instance, int32_t address) {
  const Value args[] = {Value::i32(address)};
  const auto results = instance.func("load")->call(args);
  return !results.has_value() && results.error().code == TrapCode::MemoryOutOfBounds;
}

/// 0 if all went well, else the number of the step that did not.
int run_guests() {
  const Engine engine;
  if (engine.config().memory_reservation_bytes >= kGiB) return 1;
  const auto module = Module::compile_text(engine, R"((module
    (type $box (struct (field i32)))
    (memory 1)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "boxed") (param i32) (result i32)
      (struct.get $box 0 (struct.new $box (local.get 0))))
    (func (export "grow") (param i32) (result i32)
      (i32.store (i32.const 65532) (i32.const 7))
      (memory.grow (local.get 0)))))");
  if (!module) return 2;
  Store store(engine);
  const Linker linker(store);
  std::vector<Instance> instances;
  // Guard reservations for these would need 800 GiB.
  for (int i = 0; i < 100; ++i) {
    auto instance = linker.instantiate(*module);
    if (!instance) return 3;
    instances.push_back(*std::move(instance));
  }
  for (const Instance& instance : instances) {
    if (!out_of_bounds(instance, 65533) || !out_of_bounds(instance, -1)) return 4;
    if (call(instance, "boxed", {Value::i32(42)}) != 42) return 5;
  }
  // Larger than what was reserved at first.
  if (call(instances[0], "grow", {Value::i32(2048)}) != 1) return 6;
  if (call(instances[0], "load", {Value::i32(65532)}) != 7) return 7;
  if (call(instances[0], "load", {Value::i32(2049 * 65536 - 4)}) != 0) return 8;
  // Larger than what there is.
  if (call(instances[1], "grow", {Value::i32(65000)}) != -1) return 9;
  return 0;
}

TEST_CASE("a limit of address space is seen") {
  const platform::ChildEnd end = platform::run_in_fork([] {
    if (!leave(kGiB)) return 1;
    const std::optional<uint64_t> left = platform::address_space_left();
    return left && *left > kGiB / 2 && *left <= kGiB ? 0 : 2;
  });
  CHECK(end == platform::exited(0));
}

TEST_CASE("where address space is scarce, memories are checked and guests run") {
  const platform::ChildEnd end =
      platform::run_in_fork([] { return leave(2 * kGiB) ? run_guests() : 99; });
  CHECK(end == platform::exited(0));
}

TEST_CASE("where there is room, the reservation is as asked for") {
  const platform::ChildEnd end = platform::run_in_fork([] {
    const rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    const bool is_limited = platform::address_space_left().has_value();
    if (is_limited && ::setrlimit(RLIMIT_AS, &unlimited) != 0) return 0;  // nothing to be seen here
    return Engine().config().memory_reservation_bytes == 8 * kGiB ? 0 : 1;
  });
  CHECK(end == platform::exited(0));
}

}  // namespace
}  // namespace brink
