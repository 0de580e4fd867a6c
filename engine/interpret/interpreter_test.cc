// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the official suite does not ask of an interpreter: stack discipline, interruption, fuel,
// re-entry, backtraces, large frames. Programs are text, run through the public API.

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "brink/linker.h"

namespace brink {
namespace {

using namespace std::chrono_literals;

Module compile(const Engine& engine, std::string_view source) {
  Result<Module> module = Module::compile_text(engine, source, "test");
  INFO((module.has_value() ? "" : module.error().to_string()));
  REQUIRE(module.has_value());
  return *module;
}

Instance instantiate(Linker& linker, std::string_view source) {
  auto instance = linker.instantiate(compile(linker.store().engine(), source));
  REQUIRE(instance.has_value());
  return *instance;
}

/// The one i32 or i64 result of an exported function.
int64_t call(const Instance& instance, std::string_view name, std::vector<Value> args = {}) {
  const auto results = instance.func(name)->call(args);
  INFO((results.has_value() ? "" : results.error().to_string()));
  REQUIRE(results.has_value());
  REQUIRE(results->size() == 1);
  return (*results)[0].type() == kI32 ? (*results)[0].i32() : (*results)[0].i64();
}

Trap trap_of(const Instance& instance, std::string_view name, std::vector<Value> args = {}) {
  auto results = instance.func(name)->call(args);
  REQUIRE_FALSE(results.has_value());
  return std::move(results).error();
}

constexpr std::string_view kLoops = R"((module
  (func (export "spin") (loop $l (br $l)))
  (func $down (export "down") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (return_call $down (i32.sub (local.get 0) (i32.const 1))))
      (else (i32.const 7))))
  (func (export "count") (param i32) (result i32) (local i32)
    (loop $l
      (local.set 1 (i32.add (local.get 1) (i32.const 3)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func $forever (export "recurse") (result i32) (i32.add (call $forever) (i32.const 1)))))";

TEST_CASE("dispatch does not use the native stack") {
  // One missed tail call per iteration would need hundreds of megabytes.
  Store store{Engine()};
  Linker linker(store);
  const Instance instance = instantiate(linker, kLoops);
  CHECK(call(instance, "count", {Value::i32(10'000'000)}) == 30'000'000);
  CHECK(call(instance, "down", {Value::i32(10'000'000)}) == 7);
}

TEST_CASE("recursion ends in a trap and the store stays usable") {
  Store store{Engine()};
  Linker linker(store);
  const Instance instance = instantiate(linker, kLoops);
  for (int i = 0; i < 3; ++i) {
    const Trap trap = trap_of(instance, "recurse");
    CHECK(trap.code == TrapCode::StackExhausted);
    CHECK(trap.backtrace.size() > 10);
    CHECK(trap.backtrace[0].function_name == "forever");
    CHECK(call(instance, "count", {Value::i32(5)}) == 15);
  }
}

TEST_CASE("a deadline stops a loop") {
  Store store{Engine()};
  Linker linker(store);
  const Instance instance = instantiate(linker, kLoops);
  const auto start = std::chrono::steady_clock::now();
  store.set_deadline(start + 30ms);
  CHECK(trap_of(instance, "spin").code == TrapCode::DeadlineExceeded);
  CHECK(std::chrono::steady_clock::now() - start < 5s);
  // It stays exceeded until it is taken away.
  CHECK(trap_of(instance, "count", {Value::i32(1)}).code == TrapCode::DeadlineExceeded);
  store.clear_deadline();
  CHECK(call(instance, "count", {Value::i32(2)}) == 6);
}

TEST_CASE("another thread cancels a loop, once") {
  Store store{Engine()};
  Linker linker(store);
  const Instance instance = instantiate(linker, kLoops);
  const Store::Canceller canceller = store.canceller();
  std::jthread other([&] {
    std::this_thread::sleep_for(20ms);
    canceller.cancel();
  });
  CHECK(trap_of(instance, "spin").code == TrapCode::Interrupted);
  CHECK(call(instance, "count", {Value::i32(2)}) == 6);
}

TEST_CASE("fuel is counted and runs out") {
  EngineConfig config;
  config.consume_fuel = true;
  Store store{Engine(config)};
  Linker linker(store);
  const Instance instance = instantiate(linker, kLoops);
  store.set_fuel(1'000'000);
  CHECK(call(instance, "count", {Value::i32(100)}) == 300);
  const uint64_t used = 1'000'000 - store.fuel();
  store.set_fuel(1'000'000);
  CHECK(call(instance, "count", {Value::i32(100)}) == 300);
  CHECK(1'000'000 - store.fuel() == used);
  store.set_fuel(used - 1);
  CHECK(trap_of(instance, "count", {Value::i32(100)}).code == TrapCode::OutOfFuel);
  store.set_fuel(1000);
  CHECK(trap_of(instance, "spin").code == TrapCode::OutOfFuel);
  CHECK(trap_of(instance, "recurse").code == TrapCode::OutOfFuel);
}

TEST_CASE("guest and host call each other to any depth") {
  Store store{Engine()};
  Linker linker(store);
  std::optional<Func> again;
  REQUIRE(linker.define("env", "back", [&](Caller&, int32_t n) -> CallResult<int32_t> {
    const Value arg = Value::i32(n);
    Value result;
    const auto outcome = again->call({&arg, 1}, {&result, 1});
    if (!outcome.has_value()) return std::unexpected(outcome.error());
    return result.i32();
  }));
  const Instance instance = instantiate(linker, R"((module
    (import "env" "back" (func $back (param i32) (result i32)))
    (func $f (export "f") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (call $back (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
        (else (i32.const 0))))
    (func (export "trap_at_zero") (param i32) (result i32) (unreachable))))");
  again = instance.func("f");
  CHECK(call(instance, "f", {Value::i32(50)}) == 50);
  const Trap trap = trap_of(instance, "f", {Value::i32(100'000'000)});
  CHECK(trap.code == TrapCode::StackExhausted);
  // A trap inside shows the guest's frames on both sides of the host's.
  again = instance.func("trap_at_zero");
  const Trap nested = trap_of(instance, "f", {Value::i32(3)});
  REQUIRE(nested.backtrace.size() == 2);
  CHECK(nested.backtrace[1].function_name == "f");
}

TEST_CASE("traps name function and offset") {
  Store store{Engine()};
  Linker linker(store);
  const Instance instance = instantiate(linker, R"((module
    (memory 1)
    (func $load (param i32) (result i32) (i32.load offset=4 (local.get 0)))
    (func $divide (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.add (call $load (local.get 0)) (i32.const 1)))
    (func (export "divide") (param i32) (result i32) (call $divide (local.get 0)))))");
  const Trap load = trap_of(instance, "load", {Value::i32(65536)});
  CHECK(load.code == TrapCode::MemoryOutOfBounds);
  REQUIRE(load.backtrace.size() == 2);
  CHECK(load.backtrace[0].function_name == "load");
  CHECK(load.backtrace[0].function_index == 0);
  CHECK(load.backtrace[0].offset != 0);
  CHECK(load.backtrace[1].function_index == 2);
  const Trap divide = trap_of(instance, "divide", {Value::i32(0)});
  CHECK(divide.code == TrapCode::IntegerDivideByZero);
  CHECK(divide.backtrace[0].function_name == "divide");
  CHECK(divide.backtrace[0].offset > load.backtrace[0].offset);
}

TEST_CASE("guarded and checked memories agree") {
  constexpr std::string_view kSource = R"((module
    (memory 1 3)
    (func (export "load") (param i32) (result i32) (i32.load offset=4 (local.get 0)))
    (func (export "store") (param i32) (result i32)
      (i64.store (local.get 0) (i64.const 77)) (i32.load8_u (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))";
  for (const uint64_t reservation : {uint64_t{8} << 30, uint64_t{1} << 20, uint64_t{0}}) {
    EngineConfig config;
    config.memory_reservation_bytes = reservation;
    Store store{Engine(config)};
    Linker linker(store);
    const Instance instance = instantiate(linker, kSource);
    CHECK(call(instance, "load", {Value::i32(65528)}) == 0);
    for (const int32_t address : {65529, 65532, 65536, -1, -4, -5, 0x7fffffff})
      CHECK(trap_of(instance, "load", {Value::i32(address)}).code == TrapCode::MemoryOutOfBounds);
    CHECK(call(instance, "store", {Value::i32(65528)}) == 77);
    CHECK(trap_of(instance, "store", {Value::i32(65529)}).code == TrapCode::MemoryOutOfBounds);
    CHECK(call(instance, "grow", {Value::i32(2)}) == 1);
    CHECK(call(instance, "load", {Value::i32(65524)}) == 77);
    CHECK(call(instance, "store", {Value::i32(3 * 65536 - 8)}) == 77);
    CHECK(call(instance, "grow", {Value::i32(1)}) == -1);
  }
}

/// A function with `count` locals that adds two of them at the far end.
std::string many_locals(uint32_t count) {
  return fmt::format(
      R"((module (func (export "f") (param i64 i64) (result i64) (local {0})
    (local.set {1} (local.get 0)) (local.set {2} (local.get 1))
    (i64.sub (i64.mul (local.get {1}) (i64.const 10)) (local.get {2})))))",
      [&] {
        std::string types;
        for (uint32_t i = 2; i < count; ++i) types += "v128 ";
        return types;
      }(),
      count - 1, count - 2);
}

TEST_CASE("frames of more than 65536 slots") {
  StoreLimits limits;
  limits.max_stack_bytes = 16 << 20;
  Store store(Engine(), limits);
  Linker linker(store);
  std::string source = many_locals(40'000);
  // The two locals it uses are i64.
  const size_t last = source.rfind("v128 v128 )");
  REQUIRE(last != std::string::npos);
  source.replace(last, 10, "i64 i64 ");
  const Instance instance = instantiate(linker, source);
  CHECK(call(instance, "f", {Value::i64(5), Value::i64(8)}) == 42);
}

TEST_CASE("an operand stack of more than 65536 entries") {
  std::string source = "(module (func (export \"f\") (result i32)\n";
  constexpr int kDepth = 70'000;
  for (int i = 0; i < kDepth; ++i) source += "(i32.ctz (i32.const 2))\n";
  for (int i = 1; i < kDepth; ++i) source += "i32.add\n";
  source += "))";
  StoreLimits limits;
  limits.max_stack_bytes = 16 << 20;
  Store store(Engine(), limits);
  Linker linker(store);
  const Instance instance = instantiate(linker, source);
  CHECK(call(instance, "f") == kDepth);
}

TEST_CASE("two stores run one module on two threads") {
  const Engine engine;
  const Module module = compile(engine, kLoops);
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        Store store(engine);
        Linker linker(store);
        const auto instance = linker.instantiate(module);
        if (!instance.has_value()) return;
        const Value arg = Value::i32(100'000);
        const auto results = instance->func("count")->call({&arg, 1});
        if (results.has_value() && (*results)[0].i32() == 300'000) ++right;
      });
  }
  CHECK(right == 4);
}

}  // namespace
}  // namespace brink
