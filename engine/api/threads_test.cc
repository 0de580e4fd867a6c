// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Instances on several threads of the host that share memories: each thread has a store of its own,
// the engine and the modules are everybody's. Meant to be run with the thread sanitizer as well.

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include "brink/linker.h"
#include "engine/api/test_instance.h"

namespace brink::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int32_t kThreads = 4;
constexpr int32_t kRounds = 5000;

constexpr const char* kWorker = R"((module
  (import "env" "memory" (memory 1 64 shared))
  (type $node (struct (field i32)))
  (tag $e (param i32))
  (func (export "add") (param $at i32) (param $rounds i32)
    (loop $more
      (drop (i32.atomic.rmw.add (local.get $at) (i32.const 1)))
      (br_if $more (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))

  ;; A mutex of three states: 0 free, 1 taken, 2 taken and awaited.
  (func $lock (param $at i32) (local $was i32)
    (if (i32.eqz (i32.atomic.rmw.cmpxchg (local.get $at) (i32.const 0) (i32.const 1)))
      (then (return)))
    (loop $retry
      (if (i32.eqz (i32.atomic.rmw.xchg (local.get $at) (i32.const 2))) (then (return)))
      (drop (memory.atomic.wait32 (local.get $at) (i32.const 2) (i64.const -1)))
      (br $retry)))
  (func $unlock (param $at i32)
    (if (i32.eq (i32.atomic.rmw.xchg (local.get $at) (i32.const 0)) (i32.const 2))
      (then (drop (memory.atomic.notify (local.get $at) (i32.const 1))))))
  ;; Plain reads and writes, several of them, inside the mutex.
  (func (export "add-locked") (param $mutex i32) (param $at i32) (param $rounds i32)
    (loop $more
      (call $lock (local.get $mutex))
      (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 1)))
      (i64.store offset=8 (local.get $at)
        (i64.add (i64.load offset=8 (local.get $at)) (i64.const 0x1_0000_0001)))
      (call $unlock (local.get $mutex))
      (br_if $more (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))

  (func (export "wait") (param i32 i32 i64) (result i32)
    (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "wait64") (param i32 i64 i64) (result i32)
    (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "notify") (param i32 i32) (result i32)
    (memory.atomic.notify (local.get 0) (local.get 1)))
  (func (export "load") (param i32) (result i32) (i32.atomic.load (local.get 0)))
  (func (export "store") (param i32 i32) (i32.atomic.store (local.get 0) (local.get 1)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))

  ;; Objects and exceptions, which are each store's own, at the same time.
  (func (export "private") (param $rounds i32) (result i32) (local $sum i32)
    (loop $more
      (block $caught (result i32)
        (try_table (catch $e $caught)
          (throw $e (struct.get $node 0 (struct.new $node (local.get $rounds)))))
        (unreachable))
      (local.set $sum (i32.add (local.get $sum)))
      (br_if $more (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))))";

EngineConfig config_with(uint64_t reservation_bytes) {
  EngineConfig config;
  config.memory_reservation_bytes = reservation_bytes;
  return config;
}

/// A shared memory, and a module for workers on it.
struct Shared {
  explicit Shared(EngineConfig config = {})
      : engine(std::move(config)), module(make_module(engine)), memory(make_memory(engine)) {}

  static Module make_module(const Engine& engine) {
    Result<Module> module = Module::compile_text(engine, kWorker, "worker");
    INFO((module.has_value() ? "" : module.error().to_string()));
    REQUIRE(module.has_value());
    return *module;
  }
  /// The store it was made in is gone when the threads start.
  static SharedMemory make_memory(const Engine& engine) {
    Store store(engine);
    MemoryType type;
    type.limits = {1, 64};
    type.is_shared = true;
    const Result<Memory> memory = Memory::create(store, type);
    REQUIRE(memory.has_value());
    return *memory->share();
  }

  Engine engine;
  Module module;
  SharedMemory memory;
};

/// An instance on the shared memory, in a store of its own.
struct Worker {
  explicit Worker(const Shared& shared) : store(shared.engine), instance(make(shared)) {}
  Instance make(const Shared& shared) {
    Linker linker(store);
    Result<Memory> memory = Memory::from_shared(store, shared.memory);
    if (!memory.has_value() || !linker.define("env", "memory", Extern(*memory)).has_value())
      std::abort();
    auto made = linker.instantiate(shared.module);
    if (!made.has_value()) std::abort();
    return *made;
  }
  /// Catch2's assertions belong to one thread, so others only hand out what came.
  CallResult<std::vector<Value>> call(std::string_view name, std::vector<Value> args) const {
    return instance.func(name)->call(args);
  }
  int32_t number(std::string_view name, std::vector<Value> args) const {
    const auto results = call(name, std::move(args));
    return results.has_value() && !results->empty() ? results->front().i32() : -1;
  }

  Store store;
  Instance instance;
};

void on_threads(int32_t count, const std::function<void(int32_t)>& work) {
  std::vector<std::jthread> threads;
  for (int32_t i = 0; i < count; ++i) threads.emplace_back([&work, i] { work(i); });
}

TEST_CASE("threads count together in one cell") {
  const Shared shared(GENERATE(config_with(uint64_t{8} << 30), config_with(uint64_t{1} << 20)));
  // Every thread makes its instance itself, so that functions are translated at the same time.
  on_threads(kThreads, [&](int32_t) {
    const Worker worker(shared);
    for (int32_t cell = 0; cell < 4; ++cell)
      worker.call("add", {Value::i32(cell * 4), Value::i32(kRounds)});
  });
  const Worker worker(shared);
  for (int32_t cell = 0; cell < 4; ++cell)
    CHECK(worker.number("load", {Value::i32(cell * 4)}) == kThreads * kRounds);
}

TEST_CASE("a mutex made of wait and notify excludes") {
  const Shared shared(GENERATE(config_with(uint64_t{8} << 30), config_with(uint64_t{1} << 20)));
  on_threads(kThreads, [&](int32_t) {
    const Worker worker(shared);
    worker.call("add-locked", {Value::i32(64), Value::i32(128), Value::i32(kRounds)});
  });
  const Worker worker(shared);
  CHECK(worker.number("load", {Value::i32(128)}) == kThreads * kRounds);
  CHECK(worker.number("load", {Value::i32(136)}) == kThreads * kRounds);
  CHECK(worker.number("load", {Value::i32(140)}) == kThreads * kRounds);
  CHECK(worker.number("load", {Value::i32(64)}) == 0);
}

TEST_CASE("a wait ends when its time is over") {
  const Shared shared;
  const Worker worker(shared);
  const int64_t times[] = {0, 1, 1'000'000, 30'000'000};
  for (const int64_t nanoseconds : times) {
    const Clock::time_point start = Clock::now();
    CHECK(worker.number("wait", {Value::i32(0), Value::i32(0), Value::i64(nanoseconds)}) == 2);
    CHECK(worker.number("wait64", {Value::i32(0), Value::i64(0), Value::i64(nanoseconds)}) == 2);
    CHECK(Clock::now() - start >= 2 * std::chrono::nanoseconds(nanoseconds));
  }
  // Another value than expected: no wait at all, whatever the time.
  CHECK(worker.number("wait", {Value::i32(0), Value::i32(1), Value::i64(-1)}) == 1);
  CHECK(worker.number("wait64", {Value::i32(0), Value::i64(1), Value::i64(-1)}) == 1);
  CHECK(worker.number("notify", {Value::i32(0), Value::i32(-1)}) == 0);
}

TEST_CASE("a notify wakes as many as it says") {
  const Shared shared;
  std::atomic<int32_t> woken = 0;
  std::vector<std::jthread> sleepers;
  for (int32_t i = 0; i < kThreads; ++i)
    sleepers.emplace_back([&] {
      const Worker worker(shared);
      if (worker.number("wait", {Value::i32(256), Value::i32(0), Value::i64(-1)}) == 0) ++woken;
    });
  const Worker worker(shared);
  CHECK(worker.number("notify", {Value::i32(256), Value::i32(0)}) == 0);
  CHECK(worker.number("notify", {Value::i32(260), Value::i32(-1)}) == 0);
  int32_t notified = 0;
  const Clock::time_point patience = Clock::now() + 60s;
  while (notified < 2 && Clock::now() < patience)
    notified += worker.number("notify", {Value::i32(256), Value::i32(1)});
  CHECK(notified == 2);
  while (notified < kThreads && Clock::now() < patience)
    notified += worker.number("notify", {Value::i32(256), Value::i32(-1)});
  CHECK(notified == kThreads);
  sleepers.clear();
  CHECK(woken == kThreads);
}

TEST_CASE("a waiting guest can be stopped") {
  const Shared shared;
  Worker worker(shared);
  const std::vector<Value> forever = {Value::i32(0), Value::i32(0), Value::i64(-1)};
  SECTION("by a deadline") {
    worker.store.set_deadline(Clock::now() + 20ms);
    CHECK(worker.call("wait", forever).error().code == TrapCode::DeadlineExceeded);
    worker.store.clear_deadline();
  }
  SECTION("by another thread") {
    const Store::Canceller canceller = worker.store.canceller();
    const std::jthread other([&] {
      std::this_thread::sleep_for(20ms);
      canceller.cancel();
    });
    CHECK(worker.call("wait", forever).error().code == TrapCode::Interrupted);
  }
  // Nobody is left in the queue.
  const Worker later(shared);
  CHECK(later.number("notify", {Value::i32(0), Value::i32(-1)}) == 0);
}

TEST_CASE("threads grow a memory together") {
  const Shared shared(GENERATE(config_with(uint64_t{8} << 30), config_with(uint64_t{1} << 20)));
  std::array<std::atomic<bool>, 64> seen = {};
  std::atomic<bool> is_consistent = true;
  on_threads(kThreads, [&](int32_t) {
    const Worker worker(shared);
    for (int32_t page = 0; (page = worker.number("grow", {})) != -1;) {
      if (seen[static_cast<size_t>(page)].exchange(true)) is_consistent = false;
      // The new page is there, for whoever made it.
      worker.call("store", {Value::i32(page * 65536 + 4), Value::i32(page)});
      if (worker.number("load", {Value::i32(page * 65536 + 4)}) != page) is_consistent = false;
    }
  });
  CHECK(is_consistent);
  Worker worker(shared);
  const Result<Memory> memory = Memory::from_shared(worker.store, shared.memory);
  REQUIRE(memory.has_value());
  CHECK(memory->size_pages() == 64);
  for (int32_t page = 1; page < 64; ++page)
    CHECK(worker.number("load", {Value::i32(page * 65536 + 4)}) == page);
}

TEST_CASE("objects and exceptions of one thread are no other's business") {
  for (const bool gc_stress : {false, true}) {
    EngineConfig config;
    config.gc_stress = gc_stress;
    const Shared shared(std::move(config));
    std::atomic<int32_t> right = 0;
    on_threads(kThreads, [&](int32_t i) {
      const Worker worker(shared);
      const int32_t rounds = 500 + i;
      if (worker.number("private", {Value::i32(rounds)}) == rounds * (rounds + 1) / 2) ++right;
    });
    CHECK(right == kThreads);
  }
}

TEST_CASE("only shared memories are shared, and only by engines that guard them alike") {
  Engine engine;
  Store store(engine);
  MemoryType type;
  type.limits = {1, 1};
  const Result<Memory> own = Memory::create(store, type);
  REQUIRE(own.has_value());
  CHECK_FALSE(own->share().has_value());
  const Shared guarded;
  Engine checking(config_with(uint64_t{1} << 20));
  Store other(checking);
  const Result<Memory> refused = Memory::from_shared(other, guarded.memory);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind() == ErrorKind::Usage);
}

}  // namespace
}  // namespace brink::testing
