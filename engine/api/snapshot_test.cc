// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Snapshots: what they keep, in every tier, and what they refuse.

#include "brink/snapshot.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "engine/api/test_instance.h"
#include "engine/wasm/module.h"

namespace brink::testing {
namespace {

EngineConfig config_for(Tier tier) {
  EngineConfig config;
  config.tier = tier;
  return config;
}

std::vector<Tier> all_tiers() {
  std::vector<Tier> tiers = {Tier::Interpreter, Tier::Auto};
  if (Engine::has_compiler()) tiers.push_back(Tier::Compiler);
  return tiers;
}

/// The snapshot, which has to be a valid module.
Module snapshot_of(const Instance& instance, const SnapshotOptions& options = {}) {
  const Result<std::vector<uint8_t>> bytes = take_snapshot(instance, options);
  INFO((bytes.has_value() ? "" : bytes.error().to_string()));
  REQUIRE(bytes.has_value());
  const Result<Module> module = Module::compile_binary(instance.module().engine(), *bytes);
  INFO((module.has_value() ? "" : module.error().to_string()));
  REQUIRE(module.has_value());
  return *module;
}

Instance resume(const Linker& linker, const Instance& instance,
                const SnapshotOptions& options = {}) {
  auto made = linker.instantiate(snapshot_of(instance, options));
  REQUIRE(made.has_value());
  return *made;
}

std::string refusal(const Instance& instance, const SnapshotOptions& options = {}) {
  const Result<std::vector<uint8_t>> bytes = take_snapshot(instance, options);
  REQUIRE_FALSE(bytes.has_value());
  CHECK(bytes.error().kind() == ErrorKind::Usage);
  return bytes.error().message();
}

/// Everything a module can have in a state that its instantiation did not give it.
constexpr const char* kEverything = R"((module
  (import "host" "twice" (func $twice (param i32) (result i32)))
  (type $unary (func (param i32) (result i32)))
  (memory $m (export "memory") 1 10)
  (memory $wide i64 1 4)
  (global $i (mut i32) (i32.const 1))
  (global $l (mut i64) (i64.const 2))
  (global $f (export "f") (mut f32) (f32.const 3))
  (global $d (mut f64) (f64.const 4))
  (global $v (mut v128) (v128.const i64x2 5 6))
  (global $r (mut funcref) (ref.null func))
  (global $n (mut (ref null $unary)) (ref.null $unary))
  (global $s (mut i31ref) (ref.null i31))
  (global $fixed i32 (i32.const 7))
  (table $t (export "table") 4 20 funcref)
  (table $typed 2 (ref null $unary))
  (table $long i64 3 9 i31ref (ref.i31 (i32.const 11)))
  (elem $active (table $t) (i32.const 1) func $inc)
  (elem $passive funcref (ref.func $inc) (ref.func $dec))
  (elem $dropped func $dec)
  (elem $declared declare func $twice)
  (data (memory $m) (i32.const 100) "active")
  (data $kept "kept")
  (data $gone "gone")
  (start $begin)
  (func $begin (i32.store8 (i32.const 99) (i32.add (i32.load8_u (i32.const 99)) (i32.const 1))))
  (func $inc (type $unary) (i32.add (local.get 0) (i32.const 1)))
  (func $dec (type $unary) (i32.sub (local.get 0) (i32.const 1)))
  (func (export "init") (param $x i32)
    (drop (memory.grow $m (i32.const 2)))
    (drop (memory.grow $wide (i64.const 1)))
    (i32.store (i32.const 196604) (local.get $x))
    (i32.store8 (i32.const 101) (i32.const 0x58))
    (i64.store $wide (i64.const 131064) (i64.const -2))
    (global.set $i (i32.add (global.get $i) (local.get $x)))
    (global.set $l (i64.const -9000000000000000000))
    (global.set $f (f32.reinterpret_i32 (i32.const 0x7fa12345)))
    (global.set $d (f64.const -0))
    (global.set $v (i32x4.splat (local.get $x)))
    (global.set $r (ref.func $twice))
    (global.set $n (ref.func $dec))
    (global.set $s (ref.i31 (i32.const -3)))
    (drop (table.grow $t (ref.func $dec) (i32.const 3)))
    (table.set $t (i32.const 1) (ref.null func))
    (table.set $t (i32.const 3) (ref.func $twice))
    (table.set $typed (i32.const 1) (ref.func $inc))
    (table.set $long (i64.const 2) (ref.null i31))
    (memory.init $m $gone (i32.const 300) (i32.const 0) (i32.const 4))
    (data.drop $gone)
    (elem.drop $dropped))
  (func (export "sum") (result i64)
    (i64.add (i64.add (i64.extend_i32_s (global.get $i)) (global.get $l))
      (i64.add (i64.reinterpret_f64 (global.get $d))
        (i64.add (i64x2.extract_lane 1 (global.get $v))
          (i64.extend_i32_s (i31.get_s (global.get $s)))))))
  (func (export "call") (param $k i32) (param $x i32) (result i32)
    (call_indirect $t (type $unary) (local.get $x) (local.get $k)))
  (func (export "call-typed") (param $x i32) (result i32)
    (i32.add (call_ref $unary (local.get $x) (global.get $n))
      (call_indirect $typed (type $unary) (local.get $x) (i32.const 1))))
  (func (export "call-global") (param $x i32) (result i32)
    (table.set $t (i32.const 0) (global.get $r))
    (call_indirect $t (type $unary) (local.get $x) (i32.const 0)))
  (func (export "long") (result i32)
    (i32.add (i31.get_s (table.get $long (i64.const 1)))
      (i32.add (i32.wrap_i64 (table.size $long)) (ref.is_null (table.get $long (i64.const 2))))))
  (func (export "wide") (result i64)
    (i64.add (i64.load $wide (i64.const 131064)) (memory.size $wide)))
  (func (export "init-kept") (memory.init $m $kept (i32.const 400) (i32.const 0) (i32.const 4)))
  (func (export "init-gone") (memory.init $m $gone (i32.const 400) (i32.const 0) (i32.const 1)))
  (func (export "init-active") (memory.init $m 0 (i32.const 400) (i32.const 0) (i32.const 1)))
  (func (export "table-kept") (table.init $t $passive (i32.const 0) (i32.const 0) (i32.const 2)))
  (func (export "table-dropped") (table.init $t $dropped (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "table-active") (table.init $t $active (i32.const 0) (i32.const 0) (i32.const 1)))))";

Linker linker_with_twice(Store& store) {
  Linker linker(store);
  REQUIRE(linker.define("host", "twice", [](int32_t x) { return 2 * x; }).has_value());
  return linker;
}

/// How a call of an export ends: results or the trap.
std::string outcome(const Instance& instance, std::string_view name, std::vector<Value> args = {}) {
  const CallResult<std::vector<Value>> results = try_call(instance, name, std::move(args));
  if (!results.has_value()) return results.error().message;
  std::string text = "returned";
  for (const Value& value : *results) text += " " + to_string(value);
  return text;
}

void check_same(const Instance& a, const Instance& b) {
  const std::span<const uint8_t> bytes_a = a.memory("memory")->data();
  const std::span<const uint8_t> bytes_b = b.memory("memory")->data();
  CHECK(std::ranges::equal(bytes_a, bytes_b));
  CHECK(a.memory("memory")->type().limits.max == b.memory("memory")->type().limits.max);
  CHECK(a.global("f")->get().words().words[0] == b.global("f")->get().words().words[0]);
  CHECK(a.table("table")->size() == b.table("table")->size());
  for (const char* name : {"sum", "long", "wide", "init-kept", "init-gone", "init-active"})
    CHECK(outcome(a, name) == outcome(b, name));
  for (int32_t i = 0; i < 8; ++i)
    CHECK(outcome(a, "call", {Value::i32(i), Value::i32(20)}) ==
          outcome(b, "call", {Value::i32(i), Value::i32(20)}));
  for (const char* name : {"call-typed", "call-global"})
    CHECK(outcome(a, name, {Value::i32(5)}) == outcome(b, name, {Value::i32(5)}));
  for (const char* name : {"table-kept", "table-dropped", "table-active"})
    CHECK(outcome(a, name) == outcome(b, name));
}

TEST_CASE("a snapshot starts in the state of its instance, in every tier") {
  for (const Tier tier : all_tiers()) {
    Engine engine(config_for(tier));
    Store store(engine);
    const Linker linker = linker_with_twice(store);
    const Instance original = instantiate(linker, kEverything);
    REQUIRE(try_call(original, "init", {Value::i32(41)}).has_value());
    const Instance copy = resume(linker, original);
    CHECK(outcome(copy, "call", {Value::i32(3), Value::i32(20)}) == "returned 40");
    // One that instantiation alone has touched; its start function ran once.
    const Instance untouched = instantiate(linker, kEverything);
    const Instance untouched_copy = resume(linker, untouched);
    CHECK(untouched_copy.memory("memory")->data()[99] == 1);
    check_same(untouched, untouched_copy);
    check_same(original, copy);
    CHECK(*take_snapshot(original) == *take_snapshot(original));
    check_same(original, resume(linker, copy));
  }
}

TEST_CASE("a snapshot can be taken of an instance of a snapshot, in another engine") {
  Engine engine;
  Store store(engine);
  const Linker linker = linker_with_twice(store);
  const Instance original = instantiate(linker, kEverything);
  REQUIRE(try_call(original, "init", {Value::i32(1)}).has_value());
  const Result<std::vector<uint8_t>> bytes = take_snapshot(original);
  REQUIRE(bytes.has_value());
  Engine other_engine(config_for(Tier::Interpreter));
  Store other_store(other_engine);
  const Linker other_linker = linker_with_twice(other_store);
  const Result<Module> module = Module::compile_binary(other_engine, *bytes);
  REQUIRE(module.has_value());
  const auto other = other_linker.instantiate(*module);
  REQUIRE(other.has_value());
  CHECK(take_snapshot(*other).has_value());
  check_same(original, *other);
}

constexpr const char* kMixer = R"((module
  (memory (export "memory") 2 40)
  (global $x (mut i64) (i64.const 88172645463325252))
  (func $next (result i32)
    (global.set $x (i64.xor (global.get $x) (i64.shl (global.get $x) (i64.const 13))))
    (global.set $x (i64.xor (global.get $x) (i64.shr_u (global.get $x) (i64.const 7))))
    (global.set $x (i64.xor (global.get $x) (i64.shl (global.get $x) (i64.const 17))))
    (i32.wrap_i64 (global.get $x)))
  (func (export "mix") (param $rounds i32)
    (loop $more
      (i32.store8
        (i32.rem_u (call $next) (i32.mul (memory.size) (i32.const 65536)))
        (i32.and (call $next) (i32.const 0x3f)))
      (if (i32.eqz (i32.rem_u (local.get $rounds) (i32.const 500)))
        (then (drop (memory.grow (i32.const 1)))))
      (br_if $more (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))))";

TEST_CASE("a snapshot goes on as the instance would have") {
  for (const Tier tier : all_tiers()) {
    Engine engine(config_for(tier));
    Store store(engine);
    const Linker linker(store);
    const Instance original = instantiate(linker, kMixer);
    for (const int32_t rounds : {1, 10, 300, 5000}) {
      REQUIRE(try_call(original, "mix", {Value::i32(rounds)}).has_value());
      const Instance copy = resume(linker, original);
      REQUIRE(try_call(original, "mix", {Value::i32(777)}).has_value());
      REQUIRE(try_call(copy, "mix", {Value::i32(777)}).has_value());
      CHECK(std::ranges::equal(original.memory("memory")->data(), copy.memory("memory")->data()));
    }
  }
}

TEST_CASE("a memory of many islands stays within the number of segments") {
  Engine engine;
  Store store(engine);
  const Linker linker(store);
  // A byte in every 16: 300,000 islands.
  const Instance original = instantiate(linker, R"((module (memory (export "memory") 74)
    (func (export "init") (local $i i32)
      (loop $more
        (i32.store8 (local.get $i) (i32.const 1))
        (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16)))
                               (i32.const 4800000)))))))");
  REQUIRE(try_call(original, "init").has_value());
  const Instance copy = resume(linker, original);
  CHECK(std::ranges::equal(original.memory("memory")->data(), copy.memory("memory")->data()));
}

TEST_CASE("a snapshot has the exports it is told to have") {
  Engine engine;
  Store store(engine);
  const Linker linker(store);
  const Instance instance = instantiate(linker, R"((module $named
    (func $one (export "init")) (func $two (export "old") (unreachable)) (func (export "run"))))");
  const Module module = snapshot_of(instance, {{"init"}, {{"run", "old"}}});
  REQUIRE(module.exports().size() == 1);
  CHECK(module.name() == "named");
  const auto made = linker.instantiate(module);
  REQUIRE(made.has_value());
  const Trap trap = trap_of(*made, "run");
  CHECK(trap.backtrace.at(0).function_name == "two");
  CHECK(refusal(instance, {{"other"}, {}}) == "there is no export \"other\"");
  CHECK(refusal(instance, {{}, {{"a", "other"}}}) == "there is no export \"other\"");
  // Without segments there is no section for them, and none is made.
  const Result<std::vector<uint8_t>> bytes = take_snapshot(instance);
  CHECK(bytes->size() <= instance.module().decoded().bytes.size());
}

TEST_CASE("a snapshot refuses what no module can say") {
  Engine engine;
  Store store(engine);
  Linker linker(store);
  const Instance provider = instantiate(linker, R"((module
    (memory (export "memory") 1) (table (export "table") 1 funcref)
    (global (export "global") (mut i32) (i32.const 0))
    (global (export "constant") i32 (i32.const 0))
    (func (export "func"))))");
  REQUIRE(linker.define_instance("p", provider).has_value());
  CHECK(refusal(instantiate(linker, R"((module (import "p" "memory" (memory 1))))"))
            .find("imported memory") != std::string::npos);
  CHECK(refusal(instantiate(linker, R"((module (import "p" "table" (table 1 funcref))))"))
            .find("imported table") != std::string::npos);
  CHECK(refusal(instantiate(linker, R"((module (import "p" "global" (global (mut i32)))))"))
            .find("imported global") != std::string::npos);
  CHECK(take_snapshot(instantiate(linker, R"((module (import "p" "constant" (global i32))))"))
            .has_value());

  const Instance holder = instantiate(linker, R"((module
    (type $box (struct (field i32)))
    (import "p" "func" (func $imported))
    (global $e (export "extern") (mut externref) (ref.null extern))
    (global $a (mut anyref) (ref.null any))
    (table (export "table") 2 funcref)
    (global $b (mut anyref) (ref.null any))
    (func (export "make") (global.set $a (struct.new $box (i32.const 1)))
                          (global.set $b (global.get $a)))
    (func (export "forget") (global.set $a (ref.null any)))))");
  CHECK(take_snapshot(holder).has_value());
  REQUIRE(holder.global("extern")->set(store.extern_ref(std::make_shared<int>(1))).has_value());
  CHECK(refusal(holder).find("global 0 holds a reference to something of the host's") !=
        std::string::npos);
  REQUIRE(holder.global("extern")->set(Value::null(AbstractHeapType::Extern)).has_value());
  REQUIRE(try_call(holder, "make").has_value());
  CHECK(refusal(holder).find("global 2 holds an object that is reached in more than one way") !=
        std::string::npos);
  REQUIRE(try_call(holder, "forget").has_value());
  // A function of another instance is fine if it is imported.
  REQUIRE(holder.table("table")->set(0, provider.func("func")->to_value()).has_value());
  CHECK(take_snapshot(holder).has_value());
  const Func stranger = Func::wrap(store, [] {});
  REQUIRE(holder.table("table")->set(1, stranger.to_value()).has_value());
  CHECK(refusal(holder).find("table 0 holds a function that is neither") != std::string::npos);
}

TEST_CASE("a snapshot keeps objects that nothing else reaches") {
  for (const Tier tier : all_tiers()) {
    EngineConfig config = config_for(tier);
    config.gc_stress = GENERATE(false, true);
    Engine engine(config);
    Store store(engine);
    const Linker linker(store);
    const Instance original = instantiate(linker, R"((module
      (type $inner (struct (field (mut i8)) (field i64) (field (mut v128)) (field funcref)))
      (type $names (array (mut i16)))
      (type $list (array (mut (ref null $inner))))
      (rec (type $tree (sub (struct (field (mut (ref null $tree))) (field anyref))))
           (type $leaf (sub $tree (struct (field (mut (ref null $tree))) (field anyref)
                                          (field f64)))))
      (global $root (mut (ref null $tree)) (ref.null $tree))
      (global $names (mut (ref null $names)) (ref.null $names))
      (global $zeros (mut anyref) (ref.null any))
      (global $foreign (mut externref) (ref.null extern))
      (table $t 3 (ref null $list))
      (func $f (export "f"))
      (func (export "init")
        (global.set $names (array.new $names (i32.const -2) (i32.const 1000)))
        (global.set $zeros (array.new_default $names (i32.const 100000)))
        (global.set $foreign (extern.convert_any (ref.i31 (i32.const -9))))
        (global.set $root (struct.new $tree
          (struct.new $leaf (ref.null $tree) (ref.i31 (i32.const 77)) (f64.const 1.5))
          (array.new_fixed $names 2 (i32.const 3) (i32.const 4))))
        (table.set $t (i32.const 2) (array.new_fixed $list 3
          (ref.null $inner)
          (struct.new $inner (i32.const 200) (i64.const -5) (v128.const i64x2 1 9) (ref.func $f))
          (ref.null $inner))))
      (func (export "leaf") (result f64)
        (struct.get $leaf 2 (ref.cast (ref $leaf) (struct.get $tree 0 (global.get $root)))))
      (func (export "numbers") (result i64) (local $i (ref null $inner))
        (local.set $i (array.get $list (table.get $t (i32.const 2)) (i32.const 1)))
        (i64.add
          (i64.add (i64.extend_i32_u (struct.get_u $inner 0 (local.get $i)))
                   (struct.get $inner 1 (local.get $i)))
          (i64.add
            (i64.extend_i32_s (array.get_s $names (global.get $names) (i32.const 999)))
            (i64.extend_i32_u (array.len (ref.cast (ref array) (global.get $zeros)))))))
      (func (export "extern") (result i32)
        (i31.get_s (ref.cast i31ref (any.convert_extern (global.get $foreign)))))))");
    REQUIRE(try_call(original, "init").has_value());
    const Instance copy = resume(linker, original);
    CHECK(call(copy, "leaf").f64() == 1.5);
    CHECK(call(copy, "numbers").i64() == 200 - 5 - 2 + 100000);
    CHECK(call(copy, "numbers").i64() == call(original, "numbers").i64());
    CHECK(call(copy, "extern").i32() == -9);
    // What a snapshot made is kept by the next one.
    const Instance again = resume(linker, copy);
    CHECK(call(again, "leaf").f64() == 1.5);
    CHECK(call(again, "numbers").i64() == call(original, "numbers").i64());
  }
}

TEST_CASE("a snapshot refuses objects that no expression makes") {
  Engine engine;
  Store store(engine);
  const Linker linker(store);
  const Instance holder = instantiate(linker, R"((module
    (type $node (struct (field (mut (ref null $node)))))
    (type $bytes (array (mut i8)))
    (tag $e)
    (global $g (mut (ref null $node)) (ref.null $node))
    (global $b (mut (ref null $bytes)) (ref.null $bytes))
    (global $x (mut exnref) (ref.null exn))
    (func (export "cycle")
      (global.set $g (struct.new $node (ref.null $node)))
      (struct.set $node 0 (global.get $g) (global.get $g)))
    (func (export "deep") (local $i i32)
      (global.set $g (ref.null $node))
      (loop $more
        (global.set $g (struct.new $node (global.get $g)))
        (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                               (i32.const 1000)))))
    (func (export "large")
      (global.set $g (ref.null $node))
      (global.set $b (array.new $bytes (i32.const 1) (i32.const 10001))))
    (func (export "exception")
      (global.set $b (ref.null $bytes))
      (block $h (result exnref) (try_table (catch_all_ref $h) (throw $e)) (unreachable))
      (global.set $x))))");
  const auto after = [&](std::string_view name) {
    REQUIRE(try_call(holder, name).has_value());
    return refusal(holder);
  };
  CHECK(after("cycle").find("reached in more than one way") != std::string::npos);
  CHECK(after("deep").find("nested too deeply") != std::string::npos);
  CHECK(after("large").find("too many elements") != std::string::npos);
  CHECK(after("exception").find("global 2 holds an exception") != std::string::npos);
}

TEST_CASE("no snapshot is taken while a guest runs") {
  for (const Tier tier : all_tiers()) {
    Engine engine(config_for(tier));
    Store store(engine);
    Linker linker(store);
    std::string message;
    REQUIRE(
        linker
            .define("host", "snap", [&](Caller& caller) { message = refusal(*caller.instance()); })
            .has_value());
    const Instance instance = instantiate(linker, R"((module
      (import "host" "snap" (func $snap)) (func (export "run") (call $snap))))");
    REQUIRE(try_call(instance, "run").has_value());
    CHECK(message == "cannot be kept in a snapshot: a guest of the store is running");
    CHECK(take_snapshot(instance).has_value());
  }
}

}  // namespace
}  // namespace brink::testing
