// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Compiled code against the outside: values through adapters, traps and their backtraces, stacks,
// interruption, exceptions and roots across the tiers. Each case runs with the tiers that a host
// can choose, which must not be told apart by what is seen here.

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <thread>

#include "brink/linker.h"
#include "brink/store.h"
#include "engine/compile/runtime/compiled_module.h"

namespace brink {
namespace {

struct Guest {
  explicit Guest(std::string_view text, Tier tier = Tier::Compiler, StoreLimits limits = {},
                 bool is_eager = false)
      : engine(config(tier, is_eager)), store(engine, limits), linker(store), source(text) {}

  static EngineConfig config(Tier tier, bool is_eager) {
    EngineConfig config;
    config.tier = tier;
    config.eager_translation = is_eager;
    return config;
  }

  Func func(std::string_view name) {
    if (!instance) {
      auto module = Module::compile_text(engine, source, "test");
      REQUIRE(module.has_value());
      auto made = linker.instantiate(*module);
      REQUIRE(made.has_value());
      instance = *made;
    }
    return *instance->func(name);
  }
  bool is_compiled(uint32_t index) {
    return compile::compiled_module(*instance->module().state()).is_compiled(index);
  }

  Engine engine;
  Store store;
  Linker linker;
  std::string source;
  std::optional<Instance> instance;
};

/// (param and result of each of these types, more of them than there are registers)
std::string identity_of_many() {
  std::string params;
  std::string gets;
  int local = 0;
  for (int i = 0; i < 12; ++i)
    for (const char* type : {"i32", "f32", "i64", "f64", "v128"}) {
      params += std::string(" ") + type;
      gets += "(local.get " + std::to_string(local++) + ")";
    }
  return "(module (import \"host\" \"same\" (func $same (param" + params + ") (result" + params +
         "))) (func $inner (param" + params + ") (result" + params + ")" + gets +
         ") (func (export \"direct\") (param" + params + ") (result" + params + ")" + gets +
         "(call $inner)) (func (export \"host\") (param" + params + ") (result" + params + ")" +
         gets + "(call $same)))";
}

std::vector<Value> many_values() {
  std::vector<Value> values;
  for (uint32_t i = 0; i < 12; ++i) {
    values.push_back(Value::i32(static_cast<int32_t>(0x80000000u + i)));
    values.push_back(Value::f32(static_cast<float>(i) + 0.5f));
    values.push_back(Value::i64(static_cast<int64_t>(0x8000000000000000u + i)));
    values.push_back(Value::f64(static_cast<double>(i) + 0.25));
    values.push_back(Value::v128(V128{{i, ~uint64_t{i}}}));
  }
  return values;
}

}  // namespace

TEST_CASE("values of every type pass adapters, in registers and beyond") {
  Guest guest(identity_of_many());
  FuncType type;
  const std::vector<Value> values = many_values();
  for (const Value& value : values) type.params.push_back(value.type());
  type.results = type.params;
  guest.linker.define(
      "host", "same",
      Func::create(guest.store, type,
                   [](Caller&, std::span<const Value> args, std::span<Value> results) {
                     std::copy(args.begin(), args.end(), results.begin());
                     return CallResult<void>();
                   }));
  for (const char* name : {"direct", "host"}) {
    const auto results = guest.func(name).call(values);
    REQUIRE(results.has_value());
    for (size_t i = 0; i < values.size(); ++i) {
      CHECK((*results)[i].words().words[0] == values[i].words().words[0]);
      CHECK((*results)[i].words().words[1] == values[i].words().words[1]);
    }
  }
}

TEST_CASE("functions are compiled at their first call, or all at once") {
  constexpr std::string_view kText = R"((module
    (func (export "a") (result i32) (i32.const 1))
    (func (export "b") (result i32) (i32.const 2))))";
  Guest lazy(kText);
  CHECK(lazy.func("b").call({})->front().i32() == 2);
  CHECK_FALSE(lazy.is_compiled(0));
  CHECK(lazy.is_compiled(1));
  Guest eager(kText, Tier::Compiler, {}, true);
  const Func b = eager.func("b");
  CHECK(eager.is_compiled(0));
  CHECK(eager.is_compiled(1));
  CHECK(b.call({})->front().i32() == 2);
}

TEST_CASE("traps name the same frames in every tier") {
  constexpr std::string_view kText = R"((module
    (memory 1) (table 1 funcref) (type $void (func))
    (func $deep (param i32)
      (if (i32.eqz (local.get 0)) (then unreachable))
      (call $deep (i32.sub (local.get 0) (i32.const 1))))
    (func (export "unreachable") (call $deep (i32.const 3)))
    (func (export "load") (drop (i32.load offset=8 (i32.const -4))))
    (func (export "divide") (drop (i32.div_s (i32.const 1) (global.get $zero))))
    (func (export "undefined") (call_indirect (type $void) (i32.const 7)))
    (func (export "uninitialized") (call_indirect (type $void) (i32.const 0)))
    (global $zero (mut i32) (i32.const 0))))";
  Guest interpreted(kText, Tier::Interpreter);
  Guest compiled(kText);
  for (const char* name : {"unreachable", "load", "divide", "undefined", "uninitialized"}) {
    const auto expected = interpreted.func(name).call({});
    const auto actual = compiled.func(name).call({});
    REQUIRE_FALSE(expected.has_value());
    REQUIRE_FALSE(actual.has_value());
    CHECK(actual.error().to_string() == expected.error().to_string());
  }
}

TEST_CASE("a stack that is used up is a trap, and the store goes on") {
  constexpr std::string_view kText = R"((module
    (func $f (export "f") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
        (else (i32.const 0))))))";
  StoreLimits limits;
  limits.max_stack_bytes = 256 << 10;
  Guest guest(kText, Tier::Compiler, limits);
  for (int i = 0; i < 3; ++i) {
    const Value deep[] = {Value::i32(1'000'000)};
    const auto result = guest.func("f").call(deep);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == TrapCode::StackExhausted);
    CHECK(result.error().backtrace.size() == 64);
    const Value shallow[] = {Value::i32(1000)};
    CHECK(guest.func("f").call(shallow)->front().i32() == 1000);
  }
}

TEST_CASE("host and compiled code nest until the host's stack is used up") {
  Guest guest(R"((module
    (import "host" "again" (func $again (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (call $again (local.get 0)))))");
  guest.linker.define("host", "again",
                      Func::wrap(guest.store, [&](int32_t depth) -> CallResult<int32_t> {
                        if (depth == 0) return 0;
                        const Value args[] = {Value::i32(depth - 1)};
                        auto result = guest.func("f").call(args);
                        if (!result.has_value()) return std::unexpected(std::move(result).error());
                        return result->front().i32() + 1;
                      }));
  const Value few[] = {Value::i32(50)};
  CHECK(guest.func("f").call(few)->front().i32() == 50);
  const Value many[] = {Value::i32(100'000'000)};
  const auto result = guest.func("f").call(many);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == TrapCode::StackExhausted);
  CHECK(guest.func("f").call(few)->front().i32() == 50);
}

TEST_CASE("a loop of compiled code can be cancelled, and its store used again") {
  Guest guest(R"((module
    (func (export "spin") (loop $l (br $l)))
    (func (export "one") (result i32) (i32.const 1))))");
  const Func spin = guest.func("spin");
  for (int i = 0; i < 2; ++i) {
    std::thread other([canceller = guest.store.canceller()] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      canceller.cancel();
    });
    const auto result = spin.call({});
    other.join();
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == TrapCode::Interrupted);
    CHECK(guest.func("one").call({})->front().i32() == 1);
  }
  guest.store.set_deadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(20));
  CHECK(spin.call({}).error().code == TrapCode::DeadlineExceeded);
  CHECK(guest.func("one").call({}).error().code == TrapCode::DeadlineExceeded);
  guest.store.clear_deadline();
  CHECK(guest.func("one").call({})->front().i32() == 1);
}

TEST_CASE("exceptions pass the host and come to a landing of compiled code") {
  Guest guest(R"((module
    (import "host" "again" (func $again))
    (tag $t (export "t") (param i32))
    (func (export "throw") (throw $t (i32.const 42)))
    (func (export "catch") (result i32)
      (block $h (result i32)
        (try_table (catch $t $h) (call $again))
        (i32.const 0)))))");
  guest.linker.define("host", "again", Func::wrap(guest.store, [&]() -> CallResult<void> {
                        auto result = guest.func("throw").call({});
                        if (!result.has_value()) return std::unexpected(std::move(result).error());
                        return {};
                      }));
  CHECK(guest.func("catch").call({})->front().i32() == 42);
  const auto uncaught = guest.func("throw").call({});
  REQUIRE_FALSE(uncaught.has_value());
  CHECK(uncaught.error().code == TrapCode::UncaughtException);
  CHECK(uncaught.error().backtrace.size() == 1);
}

TEST_CASE("hot functions are compiled while the guest runs") {
  Guest guest(R"((module
    (func $fib (export "fib") (param i32) (result i32)
      (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
        (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                       (call $fib (i32.sub (local.get 0) (i32.const 2)))))))))",
              Tier::Auto);
  const Func fib = guest.func("fib");
  const Value args[] = {Value::i32(20)};
  CHECK(fib.call(args)->front().i32() == 6765);
  const auto start = std::chrono::steady_clock::now();
  while (!guest.is_compiled(0) &&
         std::chrono::steady_clock::now() - start < std::chrono::seconds(60))
    CHECK(fib.call(args)->front().i32() == 6765);
  CHECK(guest.is_compiled(0));
  CHECK(fib.call(args)->front().i32() == 6765);
}

TEST_CASE("tail calls between instances and tiers do not pile up") {
  for (const Tier tier : {Tier::Interpreter, Tier::Auto, Tier::Compiler}) {
    Guest guest(R"((module
      (table (export "table") 2 funcref)
      (type $t (func (param i32) (result i32)))
      (func $odd (export "odd") (type $t)
        (if (result i32) (local.get 0)
          (then (return_call_indirect (type $t)
                  (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))
          (else (i32.const 0))))
      (elem (i32.const 1) $odd)))",
                tier);
    guest.func("odd");
    auto other = Module::compile_text(guest.engine, R"((module
      (import "a" "table" (table 2 funcref))
      (type $t (func (param i32) (result i32)))
      (func $even (export "even") (type $t)
        (if (result i32) (local.get 0)
          (then (return_call_indirect (type $t)
                  (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))
          (else (i32.const 1))))
      (elem (i32.const 0) $even)))");
    REQUIRE(other.has_value());
    guest.linker.define("a", "table", *guest.instance->table("table"));
    const auto instance = guest.linker.instantiate(*other);
    REQUIRE(instance.has_value());
    const Value args[] = {Value::i32(3'000'000)};
    const auto result = instance->func("even")->call(args);
    REQUIRE(result.has_value());
    CHECK(result->front().i32() == 1);
  }
}

}  // namespace brink
