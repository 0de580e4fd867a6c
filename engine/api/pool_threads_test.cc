// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Pools that several threads use at once; meant for the thread sanitizer as well.

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "brink/pool.h"
#include "engine/runtime/slot_lists.h"

namespace brink {
namespace {

constexpr const char* kCounter = R"((module
  (memory (export "memory") 2)
  (global $n (mut i32) (i32.const 0))
  (func (export "run") (param $x i32) (result i32)
    (global.set $n (i32.add (global.get $n) (local.get $x)))
    (i32.store (i32.and (i32.mul (local.get $x) (i32.const 977)) (i32.const 0x1fff0)) (local.get $x))
    (i32.store offset=64 (i32.const 0)
      (i32.add (i32.load offset=64 (i32.const 0)) (global.get $n)))
    (i32.load offset=64 (i32.const 0)))))";

Module compile(const Engine& engine) {
  return *Module::compile_text(engine, kCounter, "counter");
}

/// Lives, each of which checks that it is the first.
int run_lives(InstancePool& pool, int lives, int thread) {
  int wrong = 0;
  for (int i = 0; i < lives; ++i) {
    auto instance = pool.take();
    if (!instance.has_value()) {
      ++wrong;
      continue;
    }
    const int32_t x = thread * 1000 + i % 50 + 1;
    const Value args[] = {Value::i32(x)};
    Value results[1];
    if (!(*instance)->func("run")->call(args, results).has_value() || results[0].i32() != x)
      ++wrong;
  }
  return wrong;
}

TEST_CASE("threads that share a pool", "[pool]") {
  const Engine engine;
  const Module module = compile(engine);
  for (const ResetPolicy policy : {ResetPolicy::Learned, ResetPolicy::Scan, ResetPolicy::Discard}) {
    PoolConfig config;
    config.reset_policy = policy;
    config.verify = true;
    config.max_instances = 16;
    auto pool = InstancePool::create(InstancePre(module), config);
    REQUIRE(pool.has_value());
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) threads.emplace_back([&, t] { wrong += run_lives(*pool, 300, t); });
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
    CHECK(pool->stats().slots <= 16);
  }
}

TEST_CASE("threads that wait for an instance get one", "[pool]") {
  const Engine engine;
  PoolConfig config;
  config.max_instances = 2;
  config.max_wait = std::chrono::seconds(60);
  auto pool = InstancePool::create(InstancePre(compile(engine)), config);
  REQUIRE(pool.has_value());
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 5; ++t) threads.emplace_back([&, t] { wrong += run_lives(*pool, 200, t); });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(pool->stats().slots <= 2);
}

TEST_CASE("instances that are dropped by other threads, and after the pool", "[pool]") {
  const Engine engine;
  const Module module = compile(engine);
  for (int round = 0; round < 10; ++round) {
    auto pool = InstancePool::create(InstancePre(module));
    REQUIRE(pool.has_value());
    std::vector<PooledInstance> taken;
    for (int i = 0; i < 8; ++i) taken.push_back(*pool->take());
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back(
          [mine = std::vector<PooledInstance>(
               std::make_move_iterator(taken.begin() + t * 2),
               std::make_move_iterator(taken.begin() + t * 2 + 2))]() mutable { mine.clear(); });
    taken.clear();
    if (round % 2 == 0) pool = std::unexpected(InstantiateError(Error(ErrorKind::Usage, "gone")));
    for (std::thread& thread : threads) thread.join();
    if (round % 2 == 1) {
      CHECK(pool->take().has_value());
      CHECK(pool->stats().slots == 8);
    }
  }
}

TEST_CASE("every slot is on one list", "[pool]") {
  using runtime::FreeSlot;
  struct Counted : FreeSlot {
    std::atomic<int> users = 0;
  };
  const auto lists = runtime::SlotLists::create();
  std::array<Counted, 8> slots;
  for (Counted& slot : slots) lists->push(slot);
  std::atomic<int> doubles = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20000; ++i) {
        FreeSlot* slot = lists->pop();
        if (slot == nullptr) slot = lists->steal();
        if (slot == nullptr) continue;
        if (static_cast<Counted*>(slot)->users.fetch_add(1) != 0) ++doubles;
        static_cast<Counted*>(slot)->users.fetch_sub(1);
        lists->push(*slot);
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(doubles == 0);
  int count = 0;
  while (lists->pop() != nullptr || lists->steal() != nullptr) ++count;
  CHECK(count == 8);
}

}  // namespace
}  // namespace brink
