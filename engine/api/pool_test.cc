// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Pools with guests that try to leave something behind.

#include "brink/pool.h"

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "brink/async.h"
#include "engine/api/test_instance.h"
#include "engine/runtime/store_image.h"

namespace brink {
namespace {

using runtime::ResetPart;
using runtime::StoreImage;
using testing::call;
using testing::trap_of;
using testing::try_call;

/// Can change everything that an instance consists of. `look` is 0 in an instance nobody has used,
/// whatever is asked for.
constexpr const char* kMessy = R"((module
  (type $pair (struct (field (mut i32)) (field (ref null struct))))
  (type $nothing (func))
  (tag $oops (param i32))
  (memory (export "memory") 4 64)
  (memory $other 0 8)
  (table $set 4 100 funcref)
  (table $grown (export "table") 2 2000000 funcref)
  (table $objects 3 anyref)
  (global $number (mut i32) (i32.const 7))
  (global $wide (mut i64) (i64.const -1))
  (global $vector (mut v128) (v128.const i64x2 1 2))
  (global $object (mut (ref null $pair)) (struct.new $pair (i32.const 5) (ref.null struct)))
  (data (i32.const 100) "some data in the first page")
  (data (i32.const 200000) "and in the last")
  (data $passive "passive")
  (elem (table $grown) (i32.const 0) func $a $b)
  (elem $functions func $a $b)
  (func $a) (func $b)

  (func (export "poke") (param $at i32) (i32.store8 (local.get $at) (i32.const 1)))
  (func (export "fill") (param $at i32) (param $size i32)
    (memory.fill (local.get $at) (i32.const 0xee) (local.get $size)))
  (func (export "copy") (memory.copy (i32.const 65530) (i32.const 100) (i32.const 20)))
  (func (export "init") (memory.init $passive (i32.const 3000) (i32.const 0) (i32.const 7)))
  (func (export "vector") (v128.store (i32.const 131064) (v128.const i64x2 -1 -1)))
  (func (export "atomic") (drop (i32.atomic.rmw.add (i32.const 140000) (i32.const 3))))
  (func (export "grow")
    (drop (memory.grow (i32.const 3)))
    (i32.store (i32.const 262144) (i32.const 1))
    (i32.store (i32.const 458748) (i32.const 1))
    (drop (memory.grow $other (i32.const 2)))
    (i32.store $other (i32.const 0) (i32.const 1)))
  (func (export "globals")
    (global.set $number (i32.const 8))
    (global.set $wide (i64.const 0))
    (global.set $vector (v128.const i64x2 3 4)))
  (func (export "set table") (table.set $set (i32.const 2) (ref.func $a)))
  (func (export "fill table") (table.fill $grown (i32.const 0) (ref.null func) (i32.const 2)))
  (func (export "copy table") (table.copy $grown $grown (i32.const 0) (i32.const 1) (i32.const 1)))
  (func (export "init table")
    (table.init $grown $functions (i32.const 0) (i32.const 1) (i32.const 1)))
  (func (export "grow table") (param $by i32)
    (drop (table.grow $grown (ref.func $a) (local.get $by))))
  (func (export "drop segments") (data.drop $passive) (elem.drop $functions))
  (func (export "change object") (struct.set $pair 0 (global.get $object) (i32.const 6)))
  (func (export "allocate")
    (local $i i32)
    (global.set $object (ref.null $pair))
    (loop $again
      (global.set $object (struct.new $pair (local.get $i) (global.get $object)))
      (table.set $objects (i32.const 1) (global.get $object))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 9000)))))
  (func (export "trap")
    (i32.store (i32.const 80000) (i32.const 1))
    (global.set $number (i32.const 9))
    (drop (i32.load (i32.const -8))))
  (func (export "throw")
    (i32.store (i32.const 90000) (i32.const 1))
    (throw $oops (i32.const 1)))
  (func $recurse (export "recurse") (i32.store (i32.const 0) (i32.const 1)) (call $recurse) (call $a))
  (func (export "loop") (loop $l (br $l)))

  (func (export "look") (result i32)
    (local $i i32)
    (if (i32.ne (memory.size) (i32.const 4)) (then (return (i32.const 1))))
    (if (i32.ne (memory.size $other) (i32.const 0)) (then (return (i32.const 2))))
    (if (i32.ne (table.size $grown) (i32.const 2)) (then (return (i32.const 3))))
    (if (i32.ne (global.get $number) (i32.const 7)) (then (return (i32.const 4))))
    (if (i64.ne (global.get $wide) (i64.const -1)) (then (return (i32.const 5))))
    (if (i64.ne (i64x2.extract_lane 1 (global.get $vector)) (i64.const 2))
      (then (return (i32.const 6))))
    (if (ref.is_null (table.get $grown (i32.const 0))) (then (return (i32.const 7))))
    (if (ref.is_null (table.get $grown (i32.const 1))) (then (return (i32.const 7))))
    (if (i32.eqz (ref.is_null (table.get $set (i32.const 2)))) (then (return (i32.const 8))))
    (if (i32.eqz (ref.is_null (table.get $objects (i32.const 1)))) (then (return (i32.const 9))))
    (if (i32.ne (struct.get $pair 0 (global.get $object)) (i32.const 5))
      (then (return (i32.const 10))))
    (if (i32.eqz (ref.is_null (struct.get $pair 1 (global.get $object))))
      (then (return (i32.const 11))))
    (loop $bytes
      (if (i32.load8_u (local.get $i))
        (then
          (if (i32.eqz (i32.or (i32.lt_u (i32.sub (local.get $i) (i32.const 100)) (i32.const 27))
                               (i32.lt_u (i32.sub (local.get $i) (i32.const 200000))
                                         (i32.const 15))))
            (then (return (i32.const 12))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $bytes (i32.lt_u (local.get $i) (i32.const 262144))))
    ;; New pages are zero, and the segments are there.
    (drop (memory.grow (i32.const 3)))
    (if (i32.load (i32.const 262144)) (then (return (i32.const 13))))
    (if (i32.load (i32.const 458748)) (then (return (i32.const 13))))
    (memory.init $passive (i32.const 3000) (i32.const 0) (i32.const 7))
    (table.init $grown $functions (i32.const 0) (i32.const 0) (i32.const 2))
    (i32.const 0)))
)";

struct Mess {
  const char* what;
  std::vector<Value> args;
  ResetPart part;
  bool traps = false;
};

Value number(int32_t value) {
  return Value::i32(value);
}

const std::vector<Mess>& messes() {
  static const std::vector<Mess> all = {
      {"poke", {number(0)}, ResetPart::Memories},
      {"poke", {number(262143)}, ResetPart::Memories},
      {"fill", {number(5000), number(150000)}, ResetPart::Memories},
      {"copy", {}, ResetPart::Memories},
      {"init", {}, ResetPart::Memories},
      {"vector", {}, ResetPart::Memories},
      {"atomic", {}, ResetPart::Memories},
      {"grow", {}, ResetPart::Memories},
      {"globals", {}, ResetPart::Globals},
      {"set table", {}, ResetPart::Tables},
      {"fill table", {}, ResetPart::Tables},
      {"copy table", {}, ResetPart::Tables},
      {"init table", {}, ResetPart::Tables},
      {"grow table", {number(10)}, ResetPart::Tables},
      {"grow table", {number(1000000)}, ResetPart::Tables},
      {"drop segments", {}, ResetPart::Segments},
      {"change object", {}, ResetPart::Heap},
      {"allocate", {}, ResetPart::Heap},
      {"trap", {}, ResetPart::Store, true},
      {"throw", {}, ResetPart::Store, true},
      {"recurse", {}, ResetPart::Store, true},
  };
  return all;
}

void make(const Mess& mess, const Instance& instance) {
  INFO(mess.what);
  if (mess.traps)
    (void)trap_of(instance, mess.what, mess.args);
  else
    (void)call(instance, mess.what, mess.args);
}

const Module& module_of(const Engine& engine, const char* text) {
  static Result<Module> module = make_error(ErrorKind::Usage, "");
  module = Module::compile_text(engine, text, "test");
  INFO((module.has_value() ? "" : module.error().to_string()));
  REQUIRE(module.has_value());
  return *module;
}

template <typename T>
T expect(std::expected<T, InstantiateError> result) {
  if (!result.has_value()) {
    std::visit([](const auto& error) { FAIL(error.to_string()); }, result.error());
  }
  return *std::move(result);
}

std::vector<EngineConfig> engines() {
  std::vector<EngineConfig> configs;
  for (const Tier tier : {Tier::Interpreter, Tier::Auto, Tier::Compiler}) {
    if (tier == Tier::Compiler && !Engine::has_compiler()) continue;
    for (const uint64_t reservation : {uint64_t{8} << 30, uint64_t{1} << 20}) {
      EngineConfig config;
      config.tier = tier;
      config.memory_reservation_bytes = reservation;
      configs.push_back(config);
    }
  }
  return configs;
}

constexpr ResetPolicy kPolicies[] = {ResetPolicy::Learned, ResetPolicy::Scan, ResetPolicy::Discard};

TEST_CASE("no guest leaves anything behind", "[pool]") {
  for (const EngineConfig& engine_config : engines()) {
    const Engine engine(engine_config);
    const Module& module = module_of(engine, kMessy);
    for (const ResetPolicy policy : kPolicies) {
      CAPTURE(static_cast<int>(engine_config.tier), engine_config.memory_reservation_bytes,
              static_cast<int>(policy));
      PoolConfig config;
      config.reset_policy = policy;
      config.verify = true;
      config.max_instances = 1;
      config.max_wait = std::chrono::seconds(10);
      InstancePool pool = expect(InstancePool::create(InstancePre(module), config));
      for (int round = 0; round < 2; ++round) {
        for (const Mess& mess : messes()) {
          INFO("after " << mess.what);
          {
            PooledInstance instance = expect(pool.take());
            make(mess, *instance);
          }
          PooledInstance next = expect(pool.take());
          CHECK(call(*next, "look").i32() == 0);
        }
      }
      // Everything at once.
      {
        PooledInstance instance = expect(pool.take());
        for (const Mess& mess : messes()) make(mess, *instance);
      }
      CHECK(call(*expect(pool.take()), "look").i32() == 0);
    }
  }
}

TEST_CASE("a reset that leaves a part out is caught", "[pool]") {
  for (const ResetPolicy policy : kPolicies) {
    for (const Mess& mess : messes()) {
      INFO(mess.what << ", policy " << static_cast<int>(policy));
      const Engine engine;
      PoolConfig config;
      config.reset_policy = policy;
      config.verify = true;
      config.max_instances = 1;
      StoreImage::leave_out_for_test(static_cast<uint32_t>(mess.part));
      auto made = InstancePool::create(InstancePre(module_of(engine, kMessy)), config);
      StoreImage::leave_out_for_test(0);
      InstancePool pool = expect(std::move(made));
      {
        PooledInstance instance = expect(pool.take());
        make(mess, *instance);
      }
      auto next = pool.take();
      REQUIRE_FALSE(next.has_value());
      const Error& error = std::get<Error>(next.error());
      CHECK(error.message().find("a pooled instance is not as its image") == 0);
    }
  }
}

// ---- the host's part ----

constexpr const char* kSmall = R"((module
  (import "host" "add" (func $add (param i32) (result i32)))
  (memory (export "memory") 1)
  (global (export "count") (mut i32) (i32.const 0))
  (func (export "add") (param i32) (result i32) (call $add (local.get 0)))
  (func (export "loop") (loop $l (br $l)))))";

InstancePre small(const Engine& engine) {
  return InstancePre(module_of(engine, kSmall), [](Linker& linker) {
    return linker.define("host", "add", [](int32_t a) { return a + 1; });
  });
}

TEST_CASE("what the host does to an instance is undone too", "[pool]") {
  const Engine engine;
  PoolConfig config;
  config.verify = true;
  config.max_instances = 1;
  InstancePool pool = expect(InstancePool::create(small(engine), config));
  {
    PooledInstance instance = expect(pool.take());
    CHECK(call(*instance, "add", {number(4)}).i32() == 5);
    instance->memory("memory")->data()[77] = 1;
    REQUIRE(instance->memory("memory")->grow(1) == 1);
    instance->memory("memory")->data()[70000] = 1;
    REQUIRE(instance->global("count")->set(number(3)).has_value());
    (void)instance.store().extern_ref(std::make_shared<int>(3));
  }
  CHECK(pool.stats().created == 1);
  for (int kind = 0; kind < 4; ++kind) {
    INFO(kind);
    PooledInstance instance = expect(pool.take());
    CHECK(instance->memory("memory")->data()[77] == 0);
    CHECK(instance->memory("memory")->size_pages() == 1);
    CHECK(instance->global("count")->get().i32() == 0);
    // Additions to the store are not taken out of it again; it is replaced.
    Store& store = instance.store();
    if (kind == 0) (void)Func::wrap(store, [] {});
    if (kind == 1) REQUIRE(Memory::create(store, MemoryType{}).has_value());
    if (kind == 2) (void)Tag::create(store, TagType{});
    if (kind == 3) REQUIRE(Global::create(store, GlobalType{ValKind::I32, true}, number(1)));
  }
  CHECK(expect(pool.take())->memory("memory").has_value());
  CHECK(pool.stats().created == 5);
  CHECK(pool.stats().slots == 1);
}

TEST_CASE("a deadline, a cancel and a handle end with the life they were made for", "[pool]") {
  const Engine engine;
  PoolConfig config;
  config.verify = true;
  config.max_instances = 1;
  InstancePool pool = expect(InstancePool::create(small(engine), config));
  {
    PooledInstance instance = expect(pool.take());
    instance.store().set_deadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(5));
    CHECK(trap_of(*instance, "loop").code == TrapCode::DeadlineExceeded);
  }
  {
    PooledInstance instance = expect(pool.take());
    CHECK(call(*instance, "add", {number(1)}).i32() == 2);
    instance.store().set_deadline(std::chrono::steady_clock::now() + std::chrono::seconds(100));
  }
  CHECK(pool.stats().created == 1);
  std::optional<Store::Canceller> canceller;
  {
    PooledInstance instance = expect(pool.take());
    canceller = instance.store().canceller();
    canceller->cancel();
    CHECK(trap_of(*instance, "loop").code == TrapCode::Interrupted);
  }
  {
    PooledInstance instance = expect(pool.take());
    canceller->cancel();
    CHECK(call(*instance, "add", {number(1)}).i32() == 2);
  }
  CHECK(pool.stats().created == 2);
}

TEST_CASE("a suspended call and a measurement end with the life they were made for", "[pool]") {
  const Engine engine;
  const InstancePre waiter(module_of(engine, R"((module
    (import "host" "wait" (func $wait))
    (memory 1)
    (func (export "wait") (i32.store (i32.const 0) (i32.const 1)) (call $wait))
    (func (export "look") (result i32) (i32.load (i32.const 0)))))"),
                           [](Linker& linker) {
                             return linker.define("host", "wait",
                                                  [](Caller& caller) { return caller.suspend(); });
                           });
  PoolConfig config;
  config.verify = true;
  config.max_instances = 1;
  InstancePool pool = expect(InstancePool::create(waiter, config));
  int measured = 0;
  {
    PooledInstance instance = expect(pool.take());
    instance.store().set_metrics(
        [&](MetricsEvent, const Instance&, const InstanceMetrics&) { ++measured; });
    CHECK(call(*instance, "look").i32() == 0);
  }
  CHECK(measured == 1);
  CHECK(pool.stats().created == 1);
  std::optional<AsyncCall> suspended;
  {
    PooledInstance instance = expect(pool.take());
    suspended = AsyncCall::create(*instance->func("wait"), {}).value();
    CHECK(suspended->resume() == AsyncCall::State::Suspended);
  }
  {
    PooledInstance instance = expect(pool.take());
    CHECK(call(*instance, "look").i32() == 0);
  }
  CHECK(measured == 1);
  CHECK(pool.stats().created == 2);
  CHECK(suspended->state() == AsyncCall::State::Finished);
  CHECK(suspended->take_results().error().code == TrapCode::Interrupted);
}

TEST_CASE("fuel begins anew", "[pool]") {
  EngineConfig engine_config;
  engine_config.consume_fuel = true;
  const Engine engine(engine_config);
  PoolConfig config;
  config.verify = true;
  config.max_instances = 1;
  config.fuel = 1000;
  InstancePool pool = expect(InstancePool::create(small(engine), config));
  for (int life = 0; life < 3; ++life) {
    PooledInstance instance = expect(pool.take());
    CHECK(instance.store().fuel() == 1000);
    CHECK(trap_of(*instance, "loop").code == TrapCode::OutOfFuel);
  }
}

// ---- start functions ----

constexpr const char* kStarts = R"((module
  (import "host" "add" (func $add (param i32) (result i32)))
  (memory (export "memory") 1)
  (table funcref (elem $own))
  DECLARE
  (global (export "count") (mut i32) (i32.const 0))
  (type $t (func (param i32) (result i32)))
  (func $own (param i32) (result i32) (i32.add (local.get 0) (i32.const 5)))
  (func $start (global.set 0 (INNER)) (i32.store (i32.const 0) (global.get 0)))
  (func (export "_initialize")
    (i32.store (i32.const 4) (i32.add (i32.load (i32.const 0)) (i32.const 1))))
  (func (export "again") (call $start))
  (start $start)))";

std::string with_inner(std::string_view call) {
  std::string text = kStarts;
  text.replace(text.find("INNER"), 5, call);
  const bool refers = call.find("ref.func") != call.npos;
  return text.replace(text.find("DECLARE"), 7, refers ? "(elem declare func $add)" : "");
}

TEST_CASE("a start function is run once if it calls no imports, else for each life", "[pool]") {
  const Engine engine;
  struct Case {
    const char* inner;
    bool is_once;
    uint32_t result;
  };
  // A call by reference may reach whatever there is a reference to.
  const Case cases[] = {
      {"call $own (i32.const 10)", true, 15},
      {"call $add (i32.const 10)", false, 11},
      {"call_indirect (type $t) (i32.const 10) (i32.const 0)", true, 15},
      {"call_indirect (type $t) (i32.const 10) (i32.const 0)) (drop (ref.func $add)", false, 15}};
  for (const Case& test : cases) {
    INFO(test.inner);
    int host_calls = 0;
    const InstancePre pre(module_of(engine, with_inner(test.inner).c_str()), [&](Linker& linker) {
      return linker.define("host", "add", [&host_calls](int32_t a) {
        ++host_calls;
        return a + 1;
      });
    });
    PoolConfig config;
    config.max_instances = 1;
    config.verify = true;
    InstancePool pool = expect(InstancePool::create(pre, config));
    CHECK(pool.stats().runs_start_once == test.is_once);
    for (int life = 1; life <= 3; ++life) {
      PooledInstance instance = expect(pool.take());
      CHECK(host_calls == (test.result == 11 ? life : 0));
      CHECK(instance->global("count")->get().i32() == static_cast<int32_t>(test.result));
      const auto bytes = instance->memory("memory")->data();
      CHECK(bytes[0] == test.result);
      CHECK(bytes[4] == test.result + 1);
      bytes[0] = 99;
    }
  }
}

TEST_CASE("a start function that traps", "[pool]") {
  const Engine engine;
  const auto once = InstancePool::create(
      InstancePre(module_of(engine, "(module (func $f unreachable) (start $f))")));
  REQUIRE_FALSE(once.has_value());
  CHECK(std::get<Trap>(once.error()).code == TrapCode::Unreachable);

  int calls = 0;
  const InstancePre pre(module_of(engine, R"((module (import "host" "may" (func $may))
                                             (memory 1) (start $may)))"),
                        [&](Linker& linker) {
                          return linker.define("host", "may", [&calls]() -> CallResult<void> {
                            if (++calls == 2) return make_trap("not now");
                            return {};
                          });
                        });
  PoolConfig config;
  config.max_instances = 1;
  config.verify = true;
  InstancePool pool = expect(InstancePool::create(pre, config));
  (void)expect(pool.take());
  CHECK(std::get<Trap>(pool.take().error()).message == "not now");
  (void)expect(pool.take());
  CHECK(pool.stats().created == 1);
}

// ---- limits ----

TEST_CASE("a pool has as many instances as it was given", "[pool]") {
  const Engine engine;
  PoolConfig config;
  config.max_instances = 2;
  config.initial_instances = 2;
  InstancePool pool = expect(InstancePool::create(small(engine), config));
  CHECK(pool.stats().slots == 2);
  CHECK(pool.limits().max_instances == 2);
  CHECK(pool.limits().reserved_bytes_per_slot > uint64_t{8} << 30);
  CHECK(pool.limits().by_address_space > 100);
  CHECK(pool.limits().by_map_count > 100);
  std::optional<PooledInstance> first = expect(pool.take());
  PooledInstance second = expect(pool.take());
  auto third = pool.take();
  REQUIRE_FALSE(third.has_value());
  const Error& error = std::get<Error>(third.error());
  CHECK(error.kind() == ErrorKind::Limit);
  CHECK(error.message() == "all 2 instances of the pool are taken");
  first.reset();
  CHECK(pool.take().has_value());
}

TEST_CASE("what cannot be pooled", "[pool]") {
  const Engine engine;
  const auto message = [&](const char* text) {
    auto pool = InstancePool::create(InstancePre(module_of(engine, text)));
    REQUIRE_FALSE(pool.has_value());
    return std::get<Error>(pool.error()).message();
  };
  CHECK(message("(module (memory 1 1 shared))").find("a shared memory cannot be part") == 0);
  CHECK(message("(module (import \"a\" \"b\" (func)))").find("unknown import") == 0);
}

TEST_CASE("instances outlive their pool", "[pool]") {
  const Engine engine;
  for (const ResetPolicy policy : kPolicies) {
    std::optional<PooledInstance> left;
    {
      PoolConfig config;
      config.reset_policy = policy;
      InstancePool pool = expect(InstancePool::create(small(engine), config));
      {
        PooledInstance gone = expect(pool.take());
      }
      left = expect(pool.take());
    }
    CHECK(call(**left, "add", {number(1)}).i32() == 2);
    left.reset();
  }
}

TEST_CASE("more pages than are worth copying go the long way", "[pool]") {
  const Engine engine;
  const Module module = module_of(engine, R"((module (memory (export "memory") 64)
    (func (export "fill") (param i32 i32)
      (memory.fill (local.get 0) (i32.const 1) (local.get 1)))))");
  PoolConfig config;
  config.verify = true;
  config.max_instances = 1;
  config.max_wait = std::chrono::seconds(10);
  config.max_kept_bytes = 1 << 20;
  for (const ResetPolicy policy : kPolicies) {
    config.reset_policy = policy;
    InstancePool pool = expect(InstancePool::create(InstancePre(module), config));
    const auto run = [&](int32_t at, int32_t bytes) {
      (void)call(*expect(pool.take()), "fill", {number(at), number(bytes)});
    };
    run(0, 3 << 20);
    for (int i = 0; i < 5; ++i) run(i * 5000, 5000);
    CHECK(pool.stats().reclaimed >= 1);
    // A large set that is hardly used shrinks.
    run(0, 100 * 4096);
    const uint64_t before = pool.stats().reclaimed;
    for (int i = 0; i < 100; ++i) run(0, 8192);
    (void)expect(pool.take());
    if (policy == ResetPolicy::Learned) CHECK(pool.stats().reclaimed > before);
    CHECK(pool.stats().created == 1);
  }
}

TEST_CASE("pages that are not written any more are protected again", "[pool]") {
  const Engine engine;
  const Module module = module_of(engine, R"((module (memory (export "memory") 4)
    (func (export "poke") (param i32) (i32.store8 (local.get 0) (i32.const 1)))))");
  PoolConfig config;
  config.verify = true;
  config.max_instances = 1;
  config.max_wait = std::chrono::seconds(10);
  InstancePool pool = expect(InstancePool::create(InstancePre(module), config));
  (void)call(*expect(pool.take()), "poke", {number(100000)});
  for (int i = 0; i < 3000; ++i) (void)call(*expect(pool.take()), "poke", {number(5)});
  CHECK(pool.stats().reclaimed == 1);
  CHECK(pool.stats().created == 1);
}

// ---- folding ----

/// Each step changes something else; `state` depends on all of it.
constexpr const char* kSteps = R"((module
  (import "host" "add" (func $add (param i32) (result i32)))
  (type $f (func (param i32) (result i32)))
  (memory (export "memory") 2 10)
  (table $table 2 100 funcref)
  (global $count (mut i32) (i32.const 0))
  (global $ref (mut funcref) (ref.func $one))
  (data (i32.const 70000) "data")
  (data $passive "passive")
  (elem (table $table) (i32.const 0) func $one $two)
  (elem declare func $add)
  (func $one (param i32) (result i32) (i32.add (local.get 0) (i32.const 100)))
  (func $two (param i32) (result i32) (i32.mul (local.get 0) (i32.const 7)))
  (func (export "step") (local $i i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.store (i32.mul (global.get $count) (i32.const 4099)) (global.get $count))
    (if (i32.eq (global.get $count) (i32.const 2))
      (then (table.set $table (i32.const 0) (ref.func $two)) (global.set $ref (ref.func $two))))
    (if (i32.eq (global.get $count) (i32.const 3))
      (then (drop (memory.grow (i32.const 2))) (i32.store (i32.const 200000) (i32.const 55))))
    (if (i32.eq (global.get $count) (i32.const 4))
      (then (drop (table.grow $table (ref.func $add) (i32.const 3)))))
    (if (i32.eq (global.get $count) (i32.const 5)) (then (data.drop $passive)))
    (if (i32.eq (global.get $count) (i32.const 6)) (then (i64.store (i32.const 70000) (i64.const 0)))))
  (func (export "state") (result i32) (local $i i32) (local $sum i32)
    (local.set $sum (i32.add (i32.mul (memory.size) (i32.const 31)) (table.size $table)))
    (loop $bytes
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 33))
                               (i32.load8_u (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $bytes (i32.lt_u (local.get $i) (i32.mul (memory.size) (i32.const 65536)))))
    (local.set $i (i32.const 0))
    (loop $calls
      (local.set $sum (call_indirect $table (type $f) (local.get $sum) (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $calls (i32.lt_u (local.get $i) (table.size $table))))
    (i32.add (local.get $sum) (ref.eq-or-zero)))
  (func (export "init") (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 7)))))";

TEST_CASE("a folded instance goes on where it was", "[pool]") {
  std::string text = kSteps;
  text.replace(text.find("(ref.eq-or-zero)"), 16,
               "(call_ref $f (i32.const 3) (ref.cast (ref $f) (global.get $ref)))");
  for (const EngineConfig& engine_config : engines()) {
    const Engine engine(engine_config);
    const InstancePre pre(module_of(engine, text.c_str()), small(engine).definer());
    Store store(engine);
    const Instance plain = expect(pre.instantiate(store));
    for (const ResetPolicy policy : kPolicies) {
      PoolConfig config;
      config.reset_policy = policy;
      config.verify = true;
      config.max_instances = 2;
      config.max_wait = std::chrono::seconds(10);
      InstancePool pool = expect(InstancePool::create(pre, config));
      Store fresh(engine);
      const Instance other = expect(pre.instantiate(fresh));
      std::optional<FoldedInstance> folded;
      for (int step = 0; step < 8; ++step) {
        INFO("step " << step);
        PooledInstance instance = folded ? expect(pool.wake(*folded)) : expect(pool.take());
        REQUIRE(call(*instance, "state").i32() == call(other, "state").i32());
        (void)call(*instance, "step");
        (void)call(other, "step");
        REQUIRE(call(*instance, "state").i32() == call(other, "state").i32());
        CHECK(try_call(*instance, "init").has_value() == try_call(other, "init").has_value());
        auto result = pool.fold(std::move(instance));
        REQUIRE(result.has_value());
        folded = *std::move(result);
        // Its slot is as good as new.
        CHECK(call(*expect(pool.take()), "state").i32() == call(plain, "state").i32());
      }
      CHECK(folded->size_bytes() < 4000);
    }
  }
}

TEST_CASE("what cannot be folded stays as it is", "[pool]") {
  const Engine engine;
  PoolConfig config;
  config.max_instances = 2;
  config.verify = true;
  InstancePool pool = expect(InstancePool::create(InstancePre(module_of(engine, kMessy)), config));
  {
    auto result = pool.fold(expect(pool.take()));
    REQUIRE(result.has_value());
    InstancePool other = expect(InstancePool::create(small(engine), config));
    CHECK(std::get<Error>(other.wake(*result).error()).kind() == ErrorKind::Usage);
    CHECK(call(*expect(pool.wake(*result)), "look").i32() == 0);
    CHECK_FALSE(pool.wake(*result).has_value());
  }
  PooledInstance instance = expect(pool.take());
  (void)call(*instance, "allocate");
  auto result = pool.fold(std::move(instance));
  REQUIRE_FALSE(result.has_value());
  CHECK(call(*result.error(), "look").i32() == 9);
}

TEST_CASE("many folded instances, few slots", "[pool]") {
  const Engine engine;
  PoolConfig config;
  config.max_instances = 1;
  InstancePool pool = expect(InstancePool::create(small(engine), config));
  std::vector<FoldedInstance> folded;
  size_t bytes = 0;
  for (int32_t i = 0; i < 3000; ++i) {
    PooledInstance instance = expect(pool.take());
    REQUIRE(instance->global("count")->set(number(i)).has_value());
    instance->memory("memory")->data()[static_cast<size_t>(i)] = 1;
    folded.push_back(*pool.fold(std::move(instance)));
    bytes += folded.back().size_bytes();
  }
  CHECK(bytes / 3000 < 200);
  for (int32_t i = 0; i < 3000; i += 7) {
    PooledInstance instance = expect(pool.wake(folded[static_cast<size_t>(i)]));
    CHECK(instance->global("count")->get().i32() == i);
    CHECK(instance->memory("memory")->data()[static_cast<size_t>(i)] == 1);
  }
}

}  // namespace
}  // namespace brink
