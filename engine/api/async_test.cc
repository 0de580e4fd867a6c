// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Calls that are suspended and go on, in every tier: what they keep, who may resume them, how they
// are cancelled, and a hundred thousand of them at once.

#include "brink/async.h"

#include <catch2/catch.hpp>

#include <deque>
#include <mutex>
#include <thread>

#include "brink/linker.h"
#include "engine/api/test_instance.h"

namespace brink::testing {
namespace {

using State = AsyncCall::State;
using namespace std::chrono_literals;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BRINK_SLOW_BUILD
#endif
#endif
#if defined(BRINK_SLOW_BUILD)
constexpr int32_t kCalls = 2'000;
#undef BRINK_SLOW_BUILD
#else
constexpr int32_t kCalls = 100'000;
#endif

std::vector<Tier> all_tiers() {
  std::vector<Tier> tiers = {Tier::Interpreter};
  if (Engine::has_compiler()) tiers.insert(tiers.end(), {Tier::Compiler, Tier::Auto});
  return tiers;
}

constexpr const char* kGuest = R"((module
  (import "env" "wait" (func $wait (param i32) (result i32)))
  (type $box (struct (field i32)))
  (memory (export "memory") 1)
  (global $count (mut i32) (i32.const 0))

  ;; Waits n times; the sum of what came back, through a local, memory, a global and an object.
  (func (export "sum") (param $n i32) (result i32)
    (local $sum i32) (local $got i32) (local $box (ref null $box))
    (loop $more
      (local.set $box (struct.new $box (local.get $sum)))
      (local.set $got (call $wait (local.get $n)))
      (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (local.get $got)))
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (local.set $sum (i32.add (struct.get $box 0 (local.get $box)) (local.get $got)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (if (i32.ne (local.get $sum) (i32.load (i32.const 8))) (then (unreachable)))
    (local.get $sum))

  ;; The same at the bottom of a recursion.
  (func $deep (export "deep") (param $depth i32) (result i32)
    (if (result i32) (local.get $depth)
      (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get $depth) (i32.const 1)))))
      (else (call $wait (i32.const 0)))))

  (func (export "trap-after-wait") (drop (call $wait (i32.const 0))) (unreachable))
  (func (export "spin") (result i32) (local $i i32)
    (loop $more
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                             (i32.const 10_000_000))))
    (local.get $i))
  (func (export "spin-forever") (loop $more (br $more)))
  (func (export "answer") (result i32) (i32.const 42)))
)";

/// A guest whose `wait` suspends and returns what `answer` holds when it is resumed.
struct Guest {
  explicit Guest(const Engine& engine) : store(engine), linker(store) {
    REQUIRE(linker
                .define("env", "wait",
                        Func::wrap(store,
                                   [this](Caller& caller, int32_t) -> CallResult<int32_t> {
                                     ++waits;
                                     if (auto outcome = caller.suspend(when_suspended); !outcome)
                                       return std::unexpected(outcome.error());
                                     return answer;
                                   }))
                .has_value());
    instance = instantiate(linker, kGuest);
  }
  AsyncCall begin(std::string_view name, std::vector<Value> args = {}, AsyncOptions options = {}) {
    auto call = AsyncCall::create(*instance->func(name), args, std::move(options));
    REQUIRE(call.has_value());
    return std::move(*call);
  }

  Store store;
  Linker linker;
  std::optional<Instance> instance;
  std::function<void(Resumer)> when_suspended;
  int32_t answer = 0;
  int32_t waits = 0;
};

int32_t result_of(AsyncCall& call) {
  CallResult<std::vector<Value>> results = call.take_results();
  INFO((results.has_value() ? "" : results.error().to_string()));
  REQUIRE(results.has_value());
  REQUIRE(results->size() == 1);
  return results->front().i32();
}

TEST_CASE("a guest goes on where its host function suspended it", "[async]") {
  for (const Tier tier : all_tiers()) {
    for (const bool gc_stress : {false, true}) {
      EngineConfig config;
      config.tier = tier;
      config.gc_stress = gc_stress;
      Guest guest{Engine(config)};
      AsyncCall call = guest.begin("sum", {Value::i32(3)});
      CHECK(call.state() == State::Ready);
      for (const int32_t answer : {1, 6, 71}) {
        CHECK(call.resume() == State::Suspended);
        guest.store.collect_garbage();
        guest.answer = answer;
      }
      CHECK(call.resume() == State::Finished);
      CHECK(guest.waits == 3);
      CHECK(result_of(call) == 1 + 6 + 71);
      CHECK(call.resume() == State::Finished);
      CHECK_FALSE(call.take_results().has_value());
    }
  }
}

TEST_CASE("a deep guest is suspended and traps with its backtrace", "[async]") {
  for (const Tier tier : all_tiers()) {
    EngineConfig config;
    config.tier = tier;
    Guest guest{Engine(config)};
    AsyncCall deep = guest.begin("deep", {Value::i32(1000)});
    CHECK(deep.resume() == State::Suspended);
    guest.answer = 7;
    CHECK(deep.resume() == State::Finished);
    CHECK(result_of(deep) == 1007);

    AsyncCall trapping = guest.begin("trap-after-wait");
    CHECK(trapping.resume() == State::Suspended);
    CHECK(trapping.resume() == State::Finished);
    const auto outcome = trapping.take_results();
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error().code == TrapCode::Unreachable);
    CHECK(outcome.error().backtrace.size() == 1);
  }
}

TEST_CASE("nobody else enters the store of a suspended call", "[async]") {
  for (const Tier tier : all_tiers()) {
    EngineConfig config;
    config.tier = tier;
    Guest guest{Engine(config)};
    AsyncCall call = guest.begin("sum", {Value::i32(1)});
    CHECK(call.resume() == State::Suspended);
    const Trap trap = trap_of(*guest.instance, "answer");
    CHECK(trap.code == TrapCode::HostError);
    CHECK(trap.message == "the store has a call that is suspended");
    AsyncCall second = guest.begin("answer");
    CHECK(second.resume() == State::Finished);
    CHECK(second.take_results().error().message ==
          "the store has another call that is not finished");
    guest.answer = 4;
    CHECK(call.resume() == State::Finished);
    CHECK(result_of(call) == 4);
    CHECK(testing::call(*guest.instance, "answer").i32() == 42);
  }
}

TEST_CASE("an ordinary call cannot be suspended", "[async]") {
  Guest guest{Engine()};
  const Trap trap = trap_of(*guest.instance, "sum", {Value::i32(1)});
  CHECK(trap.code == TrapCode::HostError);
  CHECK(trap.message == "a host function suspends its guest, which was not called by an AsyncCall");
}

TEST_CASE("a suspended call that goes is cancelled, and its store lives on", "[async]") {
  for (const Tier tier : all_tiers()) {
    EngineConfig config;
    config.tier = tier;
    Guest guest{Engine(config)};
    {
      AsyncCall call = guest.begin("sum", {Value::i32(10)});
      CHECK(call.resume() == State::Suspended);
    }
    CHECK(guest.waits == 1);
    AsyncCall call = guest.begin("sum", {Value::i32(10)});
    CHECK(call.resume() == State::Suspended);
    call.cancel();
    CHECK(call.state() == State::Finished);
    CHECK(call.take_results().error().code == TrapCode::Interrupted);
    CHECK(testing::call(*guest.instance, "answer").i32() == 42);
    AsyncCall never = guest.begin("answer");
    never.cancel();
    CHECK(never.resume() == State::Finished);
    CHECK(never.take_results().error().code == TrapCode::Interrupted);
  }
}

TEST_CASE("a store that goes before its suspended call cancels it", "[async]") {
  std::optional<Guest> guest(std::in_place, Engine());
  AsyncCall call = guest->begin("sum", {Value::i32(10)});
  CHECK(call.resume() == State::Suspended);
  guest.reset();
  CHECK(call.state() == State::Finished);
}

TEST_CASE("resuming at once neither nests nor is lost", "[async]") {
  constexpr int32_t kRounds = 100'000;
  for (const Tier tier : all_tiers()) {
    EngineConfig config;
    config.tier = tier;
    Guest guest{Engine(config)};
    guest.answer = 1;
    guest.when_suspended = [](Resumer resumer) { resumer.resume(); };
    AsyncCall call = guest.begin("sum", {Value::i32(kRounds)});
    CHECK(call.resume() == State::Finished);
    CHECK(result_of(call) == kRounds);
  }
}

TEST_CASE("a call goes on on other threads", "[async]") {
  constexpr int32_t kRounds = 300;
  for (const Tier tier : all_tiers()) {
    EngineConfig config;
    config.tier = tier;
    Guest guest{Engine(config)};
    guest.answer = 1;
    std::vector<std::jthread> threads;
    std::mutex mutex;
    guest.when_suspended = [&](Resumer resumer) {
      const std::lock_guard lock(mutex);
      threads.emplace_back([resumer] { resumer.resume(); });
    };
    AsyncCall call = guest.begin("sum", {Value::i32(kRounds)});
    call.resume();
    while (call.state() != State::Finished) std::this_thread::sleep_for(1ms);
    CHECK(result_of(call) == kRounds);
    const std::lock_guard lock(mutex);
    threads.clear();
  }
}

TEST_CASE("a guest yields when its fuel is used up, and slices add up", "[async]") {
  std::vector<uint64_t> fuel_by_tier;
  for (const Tier tier : all_tiers()) {
    EngineConfig config;
    config.tier = tier;
    config.consume_fuel = true;
    Guest guest{Engine(config)};
    constexpr uint64_t kEnough = 1'000'000'000;
    guest.store.set_fuel(kEnough);
    CHECK(call(*guest.instance, "spin").i32() == 10'000'000);
    const uint64_t cost = kEnough - guest.store.fuel();
    fuel_by_tier.push_back(cost);

    constexpr uint64_t kSlice = 1'000'000;
    guest.store.set_fuel(0);
    AsyncCall slices = guest.begin("spin", {}, {.fuel_slice = kSlice});
    uint64_t yields = 0;
    while (slices.resume() == State::Suspended) ++yields;
    CHECK(result_of(slices) == 10'000'000);
    CHECK(yields == (cost + kSlice - 1) / kSlice);
    CHECK(yields * kSlice - guest.store.fuel() == cost);

    guest.store.set_fuel(1000);
    AsyncCall unsliced = guest.begin("spin");
    CHECK(unsliced.resume() == State::Finished);
    CHECK(unsliced.take_results().error().code == TrapCode::OutOfFuel);
  }
  for (const uint64_t fuel : fuel_by_tier) CHECK(fuel == fuel_by_tier.front());
}

TEST_CASE("nothing moves under a guest that yields", "[async]") {
  for (const Tier tier : all_tiers()) {
    EngineConfig config;
    config.tier = tier;
    config.consume_fuel = true;
    config.memory_reservation_bytes = 128 << 10;  // room for two pages
    const Engine engine(config);
    Store store(engine);
    const Instance instance = instantiate(Linker(store), R"((module
      (memory (export "memory") 1 10)
      (table (export "table") 1 100 funcref)
      (func (export "touch") (param $n i32) (result i32) (local $sum i32)
        (loop $more
          (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
          (local.set $sum (i32.add (local.get $sum) (ref.is_null (table.get (i32.const 0)))))
          (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.add (local.get $sum) (i32.load (i32.const 0))))))");
    const Value args[] = {Value::i32(1000)};
    store.set_fuel(0);
    auto call = AsyncCall::create(*instance.func("touch"), args, {.fuel_slice = 500});
    REQUIRE(call.has_value());
    REQUIRE(call->resume() == State::Suspended);
    const Table table = *instance.table("table");
    const Memory memory = *instance.memory("memory");
    CHECK_FALSE(table.grow(50, Value::null(AbstractHeapType::Func)).has_value());
    CHECK_FALSE(memory.grow(5).has_value());
    CHECK(memory.grow(1).has_value());
    while (call->resume() == State::Suspended) continue;
    CHECK(result_of(*call) == 2000);
    CHECK(table.grow(50, Value::null(AbstractHeapType::Func)).has_value());
    CHECK(memory.grow(5).has_value());
  }
}

TEST_CASE("a guest yields when its time is used up", "[async]") {
  for (const Tier tier : all_tiers()) {
    EngineConfig config;
    config.tier = tier;
    Guest guest{Engine(config)};
    int32_t yields = 0;
    AsyncOptions options{.time_slice = 2ms};
    options.on_yield = [&](Resumer resumer) {
      if (++yields < 5) resumer.resume();
    };
    AsyncCall call = guest.begin("spin-forever", {}, std::move(options));
    CHECK(call.resume() == State::Suspended);
    CHECK(yields == 5);
    call.cancel();
    CHECK(call.take_results().error().code == TrapCode::Interrupted);
    CHECK(testing::call(*guest.instance, "answer").i32() == 42);
  }
}

// ---- coroutines ----

/// Runs what is posted to it, in order.
struct EventLoop {
  std::deque<std::coroutine_handle<>> ready;
  auto next_turn(int32_t value) {
    struct Awaiter {
      EventLoop& loop;
      int32_t value;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> waiter) { loop.ready.push_back(waiter); }
      int32_t await_resume() const noexcept { return value; }
    };
    return Awaiter{*this, value};
  }
  void run() {
    while (!ready.empty()) {
      const std::coroutine_handle<> next = ready.front();
      ready.pop_front();
      next.resume();
    }
  }
};

detail::DetachedCoroutine serve(Func function, int32_t rounds, int32_t& sum, int32_t& done) {
  const Value args[] = {Value::i32(rounds)};
  auto call = AsyncCall::create(function, args);
  if (!call) co_return;
  const auto results = co_await *call;
  if (results) sum += results->front().i32();
  ++done;
}

TEST_CASE("coroutines await guests, and guests await coroutines", "[async]") {
  for (const Tier tier : all_tiers()) {
    EngineConfig config;
    config.tier = tier;
    const Engine engine(config);
    EventLoop loop;
    constexpr int32_t kGuests = 50;
    constexpr int32_t kRounds = 20;
    int32_t sum = 0;
    int32_t done = 0;
    std::deque<Store> stores;
    for (int32_t i = 0; i < kGuests; ++i) {
      Store& store = stores.emplace_back(engine);
      Linker linker(store);
      REQUIRE(linker
                  .define("env", "wait",
                          Func::wrap(store,
                                     [&loop](Caller& caller, int32_t left) {
                                       return caller.await(loop.next_turn(left));
                                     }))
                  .has_value());
      const Instance instance = instantiate(linker, kGuest);
      serve(*instance.func("sum"), kRounds, sum, done);
    }
    CHECK(done == 0);
    loop.run();
    CHECK(done == kGuests);
    CHECK(sum == kGuests * kRounds * (kRounds + 1) / 2);
  }
}

// ---- many ----

/// Without objects: a heap of its own takes each store some mappings.
constexpr const char* kSmallGuest = R"((module
  (import "env" "wait" (func $wait (param i32) (result i32)))
  (memory 1)
  (func (export "sum") (param $n i32) (result i32)
    (loop $more
      (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (call $wait (local.get $n))))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.load (i32.const 8))))
)";

TEST_CASE("a hundred thousand guests are suspended at once", "[async]") {
  EngineConfig config;
  config.memory_reservation_bytes = 64 << 10;
  const Engine engine(config);
  const Result<Module> module = Module::compile_text(engine, kSmallGuest);
  REQUIRE(module.has_value());
  struct Entry {
    Store store;
    std::optional<AsyncCall> call;
    int32_t answer = 0;
  };
  std::deque<Entry> entries;
  for (int32_t i = 0; i < kCalls; ++i) {
    Entry& entry = entries.emplace_back(Store(engine, {.max_stack_bytes = 64 << 10}));
    Linker linker(entry.store);
    REQUIRE(linker
                .define("env", "wait",
                        Func::wrap(entry.store,
                                   [&entry](Caller& caller, int32_t) -> CallResult<int32_t> {
                                     if (auto outcome = caller.suspend(); !outcome)
                                       return std::unexpected(outcome.error());
                                     return entry.answer;
                                   }))
                .has_value());
    auto instance = linker.instantiate(*module);
    REQUIRE(instance.has_value());
    const Value args[] = {Value::i32(2)};
    auto call = AsyncCall::create(*instance->func("sum"), args);
    REQUIRE(call.has_value());
    entry.call.emplace(std::move(*call));
    REQUIRE(entry.call->resume() == State::Suspended);
  }
  int64_t sum = 0;
  for (int32_t i = 0; i < kCalls; ++i) {
    entries[i].answer = i;
    REQUIRE(entries[i].call->resume() == State::Suspended);
  }
  for (int32_t i = 0; i < kCalls; ++i) {
    REQUIRE(entries[i].call->resume() == State::Finished);
    sum += entries[i].call->take_results()->front().i32();
  }
  CHECK(sum == int64_t{kCalls} * (kCalls - 1));
}

}  // namespace
}  // namespace brink::testing
