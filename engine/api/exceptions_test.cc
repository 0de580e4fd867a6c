// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Exceptions between guests and the embedder: thrown by one, caught by the other, or by nobody.

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

#include "brink/linker.h"
#include "engine/api/test_instance.h"

namespace brink::testing {
namespace {

constexpr const char* kThrower = R"((module $thrower
  (type $box (struct (field i32)))
  (tag $error (export "error") (param i32 f64 v128))
  (tag $object (export "object") (param anyref))
  (func $deepest (param i32)
    (throw $error (local.get 0) (f64.const 0.5) (v128.const i64x2 3 4)))
  (func $middle (param i32) (call $deepest (local.get 0)))
  (func (export "throw") (param i32) (call $middle (local.get 0)))
  (func (export "throw-object") (param i32)
    (throw $object (struct.new $box (local.get 0))))
  (func (export "unbox") (param anyref) (result i32)
    (struct.get $box 0 (ref.cast (ref $box) (local.get 0))))
  (func (export "garbage") (param i32)
    (loop $more
      (drop (struct.new $box (i32.const 0)))
      (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))))";

struct Fixture {
  explicit Fixture(bool gc_stress = true)
      : engine(config(gc_stress)),
        store(engine),
        linker(store),
        thrower(instantiate(linker, kThrower)),
        error(*thrower.find_export("error")->tag()) {
    REQUIRE(linker.define_instance("thrower", thrower).has_value());
  }
  static EngineConfig config(bool gc_stress) {
    EngineConfig config;
    config.gc_stress = gc_stress;
    return config;
  }
  /// The payload of the exception with which a call of the thrower ends.
  std::vector<Value> payload_of(std::string_view function, int32_t n) {
    const Trap trap = trap_of(thrower, function, {Value::i32(n)});
    REQUIRE(trap.code == TrapCode::UncaughtException);
    return store.exception_payload(trap.exception);
  }

  Engine engine;
  Store store;
  Linker linker;
  Instance thrower;
  Tag error;
};

TEST_CASE("an exception that nobody catches reaches the embedder") {
  Fixture f;
  const Trap trap = trap_of(f.thrower, "throw", {Value::i32(17)});
  CHECK(trap.code == TrapCode::UncaughtException);
  CHECK(trap.message.starts_with("unhandled exception"));
  CHECK_FALSE(trap.exception.is_null());
  CHECK(trap.exception.type().heap().is(AbstractHeapType::Exn));
  CHECK(f.store.exception_tag(trap.exception).object() == f.error.object());
  CHECK(f.store.exception_tag(trap.exception).type().type.params.size() == 3);
  const std::vector<Value> payload = f.store.exception_payload(trap.exception);
  REQUIRE(payload.size() == 3);
  CHECK(payload[0].i32() == 17);
  CHECK(payload[1].f64() == 0.5);
  CHECK(payload[2].v128() == V128{{3, 4}});
}

TEST_CASE("the backtrace of an exception is from where it was thrown") {
  Fixture f;
  const Trap trap = trap_of(f.thrower, "throw", {Value::i32(1)});
  REQUIRE(trap.backtrace.size() == 3);
  CHECK(trap.backtrace[0].function_name == "deepest");
  CHECK(trap.backtrace[1].function_name == "middle");
  CHECK(trap.backtrace[2].function_name == "throw");
  for (const Frame& frame : trap.backtrace) {
    CHECK(frame.module_name == "thrower");
    CHECK(frame.offset > 0);
  }
  CHECK(trap.to_string().find("deepest") != std::string::npos);
}

TEST_CASE("the latest exception lives on, and a root keeps earlier ones") {
  Fixture f;
  const Trap first = trap_of(f.thrower, "throw-object", {Value::i32(1)});
  const Store::Root root = f.store.root(first.exception);
  const Trap second = trap_of(f.thrower, "throw-object", {Value::i32(2)});
  call(f.thrower, "garbage", {Value::i32(100)});
  for (const auto& [exception, expected] : {std::pair(root.value(), 1), {second.exception, 2}}) {
    const std::vector<Value> payload = f.store.exception_payload(exception);
    CHECK(call(f.thrower, "unbox", {payload.at(0)}).i32() == expected);
  }
}

TEST_CASE("a guest catches what a host function throws") {
  Fixture f;
  const Tag tag = Tag::create(f.store, TagType{{{kI32, kI64}, {}}});
  REQUIRE(f.linker.define("host", "tag", Extern(tag)).has_value());
  int calls = 0;
  REQUIRE(f.linker
              .define("host", "fail",
                      [&](Caller& caller, int32_t code) -> CallResult<void> {
                        ++calls;
                        const Value payload[] = {Value::i32(code), Value::i64(-1)};
                        return caller.store().throw_exception(tag, payload);
                      })
              .has_value());
  const Instance guest = instantiate(f.linker, R"((module
    (import "host" "tag" (tag $e (param i32 i64)))
    (import "host" "fail" (func $fail (param i32)))
    (func (export "catch") (param i32) (result i32 i64)
      (block $caught (result i32 i64)
        (try_table (catch $e $caught) (call $fail (local.get 0)))
        (unreachable)))
    (func (export "catch-late") (param i32) (result i32)
      (block $caught (result exnref)
        (try_table (catch_all_ref $caught) (call $fail (local.get 0)))
        (unreachable))
      (drop)
      (i32.const 1))
    (func (export "pass") (param i32) (call $fail (local.get 0)))))");
  const auto results = try_call(guest, "catch", {Value::i32(5)});
  REQUIRE(results.has_value());
  CHECK((*results)[0].i32() == 5);
  CHECK((*results)[1].i64() == -1);
  CHECK(call(guest, "catch-late", {Value::i32(5)}).i32() == 1);
  // Nobody catches it: the embedder that called gets it back.
  const Trap trap = trap_of(guest, "pass", {Value::i32(6)});
  CHECK(trap.code == TrapCode::UncaughtException);
  CHECK(f.store.exception_tag(trap.exception).object() == tag.object());
  CHECK(f.store.exception_payload(trap.exception)[0].i32() == 6);
  REQUIRE_FALSE(trap.backtrace.empty());
  CHECK(trap.backtrace[0].function_name == "pass");
  CHECK(calls == 3);
}

TEST_CASE("a host function catches what its guest throws, or lets it pass") {
  Fixture f;
  bool lets_pass = false;
  std::vector<Value> caught;
  REQUIRE(f.linker
              .define("host", "try",
                      [&](int32_t n) -> CallResult<int32_t> {
                        auto results = try_call(f.thrower, "throw", {Value::i32(n)});
                        REQUIRE_FALSE(results.has_value());
                        if (lets_pass) return std::unexpected(std::move(results).error());
                        caught = f.store.exception_payload(results.error().exception);
                        return 1000 + caught[0].i32();
                      })
              .has_value());
  const Instance guest = instantiate(f.linker, R"((module
    (import "host" "try" (func $try (param i32) (result i32)))
    (import "thrower" "error" (tag $error (param i32 f64 v128)))
    (func (export "run") (param i32) (result i32) (call $try (local.get 0)))
    (func (export "catch") (param i32) (result i32)
      (block $caught (result i32 f64 v128)
        (try_table (catch $error $caught) (return (call $try (local.get 0))))
        (unreachable))
      (drop) (drop) (return (i32.add (i32.const 2000))))))");
  CHECK(call(guest, "run", {Value::i32(3)}).i32() == 1003);
  REQUIRE(caught.size() == 3);
  CHECK(caught[1].f64() == 0.5);
  // The exception goes on through the host's frame, to a guest that knows its tag or to us.
  lets_pass = true;
  CHECK(call(guest, "catch", {Value::i32(4)}).i32() == 2004);
  const Trap trap = trap_of(guest, "run", {Value::i32(5)});
  CHECK(trap.code == TrapCode::UncaughtException);
  CHECK(f.store.exception_tag(trap.exception).object() == f.error.object());
  CHECK(f.store.exception_payload(trap.exception)[0].i32() == 5);
}

TEST_CASE("objects in a payload are alive while the exception is") {
  Fixture f;
  const std::vector<Value> payload = f.payload_of("throw-object", 31);
  REQUIRE(payload.size() == 1);
  CHECK(call(f.thrower, "unbox", {payload[0]}).i32() == 31);

  // Thrown by the host, with an object in it, through frames that collect.
  const Tag tag = *f.thrower.find_export("object")->tag();
  REQUIRE(f.linker
              .define("host", "throw-box",
                      [&]() -> CallResult<void> {
                        const std::vector<Value> inner = f.payload_of("throw-object", 32);
                        return f.store.throw_exception(tag, inner);
                      })
              .has_value());
  const Instance guest = instantiate(f.linker, R"((module
    (import "host" "throw-box" (func $throw))
    (import "thrower" "object" (tag $object (param anyref)))
    (import "thrower" "garbage" (func $garbage (param i32)))
    (import "thrower" "unbox" (func $unbox (param anyref) (result i32)))
    (func (export "run") (result i32)
      (block $caught (result anyref)
        (try_table (catch $object $caught) (call $throw))
        (unreachable))
      (call $garbage (i32.const 50))
      (call $unbox))))");
  CHECK(call(guest, "run").i32() == 32);
}

TEST_CASE("a payload has to fit its tag") {
  Fixture f;
  const Value wrong[] = {Value::i64(1), Value::f64(0), Value::v128({})};
  for (const std::span<const Value> payload :
       {std::span<const Value>(), std::span<const Value>(wrong)}) {
    const Trap trap = f.store.throw_exception(f.error, payload).error();
    CHECK(trap.code == TrapCode::HostError);
    CHECK(trap.message.find("does not fit its tag") != std::string::npos);
  }
}

TEST_CASE("a trap is no exception") {
  Fixture f;
  REQUIRE(f.linker.define("host", "trap", []() -> CallResult<void> { return make_trap("no more"); })
              .has_value());
  const Instance guest = instantiate(f.linker, R"((module
    (import "host" "trap" (func $trap))
    (func (export "run") (block $caught (try_table (catch_all $caught) (call $trap))))
    (func (export "own") (block $caught (try_table (catch_all $caught) (unreachable))))))");
  CHECK(trap_of(guest, "run").message == "no more");
  CHECK(trap_of(guest, "own").code == TrapCode::Unreachable);
}

}  // namespace
}  // namespace brink::testing
