// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// References in the embedder's hands: what they are, what keeps what they lead to alive, how they
// cross between any and extern.

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "brink/linker.h"
#include "engine/api/test_instance.h"

namespace brink::testing {
namespace {

constexpr const char* kObjects = R"((module
  (type $node (sub (struct (field $value (mut i32)) (field $next (ref null $node)))))
  (type $named (sub $node (struct (field (mut i32)) (field (ref null $node)) (field i64))))
  (type $numbers (array (mut i32)))
  (global $kept (export "kept") (mut anyref) (ref.null any))
  (func $node (export "node") (param i32) (result anyref)
    (struct.new $node (local.get 0) (ref.null $node)))
  (func (export "named") (param i32) (result anyref)
    (struct.new $named (local.get 0) (ref.null $node) (i64.const 1)))
  (func (export "numbers") (param i32) (result anyref) (array.new_default $numbers (local.get 0)))
  (func (export "i31") (param i32) (result anyref) (ref.i31 (local.get 0)))
  (func (export "null") (result anyref) (ref.null any))
  (func (export "value") (param anyref) (result i32)
    (struct.get $node $value (ref.cast (ref $node) (local.get 0))))
  (func (export "same") (param eqref eqref) (result i32) (ref.eq (local.get 0) (local.get 1)))
  (func (export "list") (param $count i32) (result anyref) (local $list (ref null $node))
    (loop $more
      (local.set $list (struct.new $node (local.get $count) (local.get $list)))
      (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $list))
  (func (export "length") (param anyref) (result i32) (local $list (ref null $node)) (local $n i32)
    (local.set $list (ref.cast (ref null $node) (local.get 0)))
    (loop $more (result i32)
      (if (ref.is_null (local.get $list)) (then (return (local.get $n))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (local.set $list (struct.get $node $next (local.get $list)))
      (br $more)))
  (func (export "to-extern") (param anyref) (result externref)
    (extern.convert_any (local.get 0)))
  (func (export "to-any") (param externref) (result anyref) (any.convert_extern (local.get 0)))
  (func (export "throw") (param i32) (throw $e (call $node (local.get 0))))
  (tag $e (export "e") (param anyref))))";

struct Fixture {
  explicit Fixture(EngineConfig config = {}, StoreLimits limits = {})
      : engine(std::move(config)), store(engine, limits), instance(make()) {}
  Instance make() { return instantiate(Linker(store), kObjects); }
  Value object(std::string_view function, int32_t n) {
    return call(instance, function, {Value::i32(n)});
  }

  Engine engine;
  Store store;
  Instance instance;
};

/// The engine that collects at every allocation and overwrites what is not alive: a reference that
/// nothing roots is found out at once.
EngineConfig stressed() {
  EngineConfig config;
  config.gc_stress = true;
  return config;
}

TEST_CASE("the dynamic type of a reference is what the object is") {
  Fixture f;
  const auto type_of = [&](const Value& value) { return f.store.dynamic_type(value); };
  CHECK(type_of(f.object("i31", 7)).is(AbstractHeapType::I31));
  const HeapType node = type_of(f.object("node", 1));
  const HeapType named = type_of(f.object("named", 1));
  const HeapType numbers = type_of(f.object("numbers", 3));
  REQUIRE_FALSE(node.is_abstract());
  REQUIRE_FALSE(named.is_abstract());
  REQUIRE_FALSE(numbers.is_abstract());
  CHECK(node != named);
  CHECK(named != numbers);
  CHECK(type_of(f.object("node", 2)) == node);
  // Null, and what is no reference, is of the type it is said to be.
  CHECK(type_of(call(f.instance, "null")).is(AbstractHeapType::Any));
  CHECK(type_of(Value::null(AbstractHeapType::Struct)).is(AbstractHeapType::Struct));
  CHECK(type_of(Value::i32(1)).is(AbstractHeapType::Bottom));
  const Value function = f.instance.func("node")->to_value();
  CHECK_FALSE(type_of(function).is_abstract());
  CHECK(type_of(f.store.extern_ref(std::make_shared<int>(1))).is(AbstractHeapType::Extern));
}

TEST_CASE("a root keeps what it leads to, and only as long as it lives") {
  Fixture f(stressed());
  f.store.collect_garbage();
  const uint64_t before = f.store.gc_heap_bytes();
  std::optional<Store::Root> list = f.store.root(f.object("list", 100));
  std::optional<Store::Root> other = f.store.root(f.object("node", 42));
  const uint64_t node_bytes = (f.store.gc_heap_bytes() - before) / 101;
  CHECK(node_bytes >= 16);
  // A hundred collections later both are what they were.
  for (int i = 0; i < 100; ++i) f.object("node", i);
  CHECK(call(f.instance, "length", {list->value()}).i32() == 100);
  CHECK(call(f.instance, "value", {other->value()}).i32() == 42);

  list.reset();
  call(f.instance, "null");  // the latest results are roots too
  f.store.collect_garbage();
  CHECK(f.store.gc_heap_bytes() - before < 10 * node_bytes);
  CHECK(call(f.instance, "value", {other->value()}).i32() == 42);
  other.reset();
  call(f.instance, "null");
  f.store.collect_garbage();
  CHECK(f.store.gc_heap_bytes() <= before);
}

TEST_CASE("roots move, and their places are used again") {
  Fixture f(stressed());
  Store::Root a = f.store.root(f.object("node", 1));
  {
    Store::Root b = f.store.root(f.object("node", 2));
    Store::Root c = std::move(a);
    a = std::move(b);
    CHECK(call(f.instance, "value", {c.value()}).i32() == 1);
  }
  CHECK(call(f.instance, "value", {a.value()}).i32() == 2);
  std::vector<Store::Root> many;
  for (int32_t round = 0; round < 3; ++round) {
    many.clear();
    for (int32_t i = 0; i < 50; ++i) many.push_back(f.store.root(f.object("node", i)));
    for (int32_t i = 0; i < 50; ++i)
      CHECK(call(f.instance, "value", {many[static_cast<size_t>(i)].value()}).i32() == i);
  }
  // What is no object can be rooted as well.
  const Store::Root small = f.store.root(f.object("i31", 5));
  const Store::Root null = f.store.root(call(f.instance, "null"));
  const Store::Root number = f.store.root(Value::i32(5));
  f.store.collect_garbage();
  CHECK(f.store.dynamic_type(small.value()).is(AbstractHeapType::I31));
  CHECK(null.value().is_null());
  CHECK(number.value().i32() == 5);
}

TEST_CASE("a root outlives its store's handle") {
  std::optional<Store::Root> root;
  {
    Fixture f;
    root = f.store.root(f.object("node", 1));
  }
  root.reset();
  SUCCEED();
}

TEST_CASE("results are good until the next call returns results") {
  Fixture f(stressed());
  const Value first = f.object("node", 1);
  f.store.collect_garbage();
  CHECK(call(f.instance, "value", {first}).i32() == 1);
}

TEST_CASE("globals and tables of the host keep what they hold") {
  Fixture f(stressed());
  REQUIRE(f.instance.global("kept")->set(f.object("node", 11)).has_value());
  const TableType type{kAnyRef, {2, {}}, AddressType::I32};
  const Result<Table> table = Table::create(f.store, type, Value::null(AbstractHeapType::Any));
  REQUIRE(table.has_value());
  REQUIRE(table->set(1, f.object("node", 12)).has_value());
  const Result<Global> global =
      Global::create(f.store, GlobalType{kAnyRef, true}, f.object("node", 13));
  REQUIRE(global.has_value());
  for (int i = 0; i < 10; ++i) f.object("list", 10);
  CHECK(call(f.instance, "value", {f.instance.global("kept")->get()}).i32() == 11);
  CHECK(call(f.instance, "value", {*table->get(1)}).i32() == 12);
  CHECK(call(f.instance, "value", {global->get()}).i32() == 13);
}

TEST_CASE("references of the host survive the way through any") {
  Fixture f(stressed());
  const auto data = std::make_shared<std::string>("something of ours");
  const Value reference = f.store.extern_ref(data);
  const Store::Root any = f.store.root(call(f.instance, "to-any", {reference}));
  CHECK(f.store.dynamic_type(any.value()).is(AbstractHeapType::Any));
  CHECK(f.store.extern_data(any.value()) == data);
  f.object("list", 10);
  const Value back = call(f.instance, "to-extern", {any.value()});
  CHECK(back.ref_word() == reference.ref_word());
  CHECK(f.store.extern_data(back) == data);

  CHECK(call(f.instance, "to-any", {Value::null(AbstractHeapType::Extern)}).is_null());
  CHECK(f.store.extern_data(Value::null(AbstractHeapType::Extern)) == nullptr);
}

TEST_CASE("objects of the guest survive the way through extern") {
  Fixture f(stressed());
  const Store::Root object = f.store.root(call(f.instance, "to-extern", {f.object("node", 99)}));
  CHECK(object.value().type().heap().is(AbstractHeapType::Extern));
  CHECK(f.store.extern_data(object.value()) == nullptr);
  f.object("list", 10);
  const Value back = call(f.instance, "to-any", {object.value()});
  CHECK_FALSE(f.store.dynamic_type(back).is_abstract());
  CHECK(call(f.instance, "value", {back}).i32() == 99);
  const Value small = call(f.instance, "to-extern", {f.object("i31", 3)});
  CHECK(f.store.dynamic_type(call(f.instance, "to-any", {small})).is(AbstractHeapType::I31));
}

TEST_CASE("arguments of a host function are alive while it runs") {
  Engine engine(stressed());
  Store store(engine);
  Linker linker(store);
  std::optional<Instance> objects = instantiate(linker, kObjects);
  const FuncType type{{kAnyRef, kI32}, {kI32}};
  const Func callback = Func::create(
      store, type,
      [&](Caller&, std::span<const Value> args, std::span<Value> results) -> CallResult<void> {
        // Collects at each of these allocations, while only the argument leads to the object.
        call(*objects, "list", {Value::i32(20)});
        results[0] = call(*objects, "value", {args[0]});
        return {};
      });
  REQUIRE(linker.define("host", "check", callback).has_value());
  const Instance guest = instantiate(linker, R"((module
    (import "host" "check" (func $check (param anyref i32) (result i32)))
    (type $node (sub (struct (field $value (mut i32)) (field (ref null $node)))))
    (func (export "run") (result i32)
      (call $check (struct.new $node (i32.const 77) (ref.null $node)) (i32.const 0)))))");
  CHECK(call(guest, "run").i32() == 77);
}

TEST_CASE("values of the wrong type are refused") {
  Fixture f;
  const Value node = f.object("node", 1);
  const Trap trap = trap_of(f.instance, "same", {node, node});
  CHECK(trap.code == TrapCode::HostError);
  CHECK(trap.message.find("argument 0 must be") != std::string::npos);
  const Value number = f.object("i31", 1);
  const Value precise =
      Value::ref(ValType::ref(f.store.dynamic_type(number), false), number.ref_word());
  CHECK(call(f.instance, "same", {precise, precise}).i32() == 1);
}

}  // namespace
}  // namespace brink::testing
