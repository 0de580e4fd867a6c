// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Bounds on modules (ModuleLimits), one by one and all of the strict ones; what instances cost.

#include <catch2/catch.hpp>

#include <functional>
#include <string>

#include "brink/module_limits.h"
#include "engine/api/test_instance.h"

namespace brink::testing {
namespace {

Result<Module> compile(const ModuleLimits& limits, std::string_view text) {
  EngineConfig config;
  config.module_limits = limits;
  return Module::compile_text(Engine(config), text);
}

std::string repeat(size_t count, const std::function<std::string(size_t)>& part) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += part(i);
  return text;
}

/// A module with `count` of what a limit counts.
struct Sample {
  uint64_t ModuleLimits::* limit;
  std::string_view what;
  std::string (*text)(size_t count);
};

const Sample kSamples[] = {
    {&ModuleLimits::types, "types",
     [](size_t n) { return repeat(n, [](size_t) { return "(type (struct))"; }); }},
    {&ModuleLimits::imports, "imports",
     [](size_t n) {
       return repeat(n, [](size_t) { return "(import \"m\" \"n\" (global i32))"; });
     }},
    {&ModuleLimits::functions, "functions",
     [](size_t n) { return repeat(n, [](size_t) { return "(func)"; }); }},
    {&ModuleLimits::tables, "tables",
     [](size_t n) { return repeat(n, [](size_t) { return "(table 0 funcref)"; }); }},
    {&ModuleLimits::table_entries, "entries of all tables",
     [](size_t n) { return "(table 1 funcref) (table " + std::to_string(n - 1) + " funcref)"; }},
    {&ModuleLimits::memories, "memories",
     [](size_t n) { return repeat(n, [](size_t) { return "(memory 0)"; }); }},
    {&ModuleLimits::globals, "globals",
     [](size_t n) { return repeat(n, [](size_t) { return "(global i32 (i32.const 0))"; }); }},
    {&ModuleLimits::tags, "tags",
     [](size_t n) { return repeat(n, [](size_t) { return "(tag)"; }); }},
    {&ModuleLimits::exports, "exports",
     [](size_t n) {
       return "(func)" +
              repeat(n, [](size_t i) { return "(export \"" + std::to_string(i) + "\" (func 0))"; });
     }},
    {&ModuleLimits::element_segments, "element segments",
     [](size_t n) { return repeat(n, [](size_t) { return "(elem funcref)"; }); }},
    {&ModuleLimits::data_segments, "data segments",
     [](size_t n) { return repeat(n, [](size_t) { return "(data)"; }); }},
    {&ModuleLimits::params, "parameters of a function",
     [](size_t n) {
       return "(type (func (param" + repeat(n, [](size_t) { return " i32"; }) + ")))";
     }},
    {&ModuleLimits::results, "results of a function",
     [](size_t n) {
       return "(type (func (result" + repeat(n, [](size_t) { return " i32"; }) + ")))";
     }},
    {&ModuleLimits::locals, "locals",
     [](size_t n) {
       return "(func (local i64" + repeat(n - 1, [](size_t) { return " i32"; }) + "))";
     }},
    {&ModuleLimits::nesting, "nested blocks",
     [](size_t n) {
       return "(func (block) (loop) " + repeat(n, [](size_t) { return "(block "; }) +
              std::string(n, ')') + ")";
     }},
    // A count of locals, `nop`s and the `end`.
    {&ModuleLimits::function_bytes, "bytes in a function",
     [](size_t n) { return "(func " + repeat(n - 2, [](size_t) { return "nop "; }) + ")"; }},
};

TEST_CASE("each limit of a module is kept to the number") {
  for (const Sample& sample : kSamples) {
    INFO(sample.what);
    for (const size_t count : {3, 10}) {
      ModuleLimits limits;
      limits.*sample.limit = count;
      const Result<Module> fits = compile(limits, "(module " + sample.text(count) + ")");
      INFO((fits.has_value() ? "" : fits.error().to_string()));
      CHECK(fits.has_value());
      const Result<Module> exceeds = compile(limits, "(module " + sample.text(count + 1) + ")");
      REQUIRE_FALSE(exceeds.has_value());
      CHECK(exceeds.error().kind() == ErrorKind::Limit);
      CHECK(exceeds.error().message() ==
            "implementation limit exceeded: " + std::to_string(count + 1) + " " +
                std::string(sample.what) + ", at most " + std::to_string(count) + " are allowed");
    }
  }
}

TEST_CASE("the size of a module is looked at before anything else") {
  ModuleLimits limits;
  limits.module_bytes = 100;
  EngineConfig config;
  config.module_limits = limits;
  const Engine engine(config);
  std::vector<uint8_t> bytes(101, 0xff);
  CHECK(Module::compile_binary(engine, bytes).error().kind() == ErrorKind::Limit);
  bytes.pop_back();
  CHECK(Module::compile_binary(engine, bytes).error().kind() == ErrorKind::Malformed);
  CHECK(compile(limits, "(module" + std::string(100, ' ') + ")").error().kind() ==
        ErrorKind::Limit);
  CHECK_FALSE(Module::validate(engine, std::vector<uint8_t>(101, 0)).has_value());
}

TEST_CASE("strict limits leave room for programs, and refuse bombs") {
  const Engine engine(EngineConfig::strict());
  const auto strict = [&](const std::string& text) {
    return Module::compile_text(engine, text).has_value();
  };
  CHECK(strict("(module (memory 1) (func (param i32) (result i32) (local.get 0)))"));
  CHECK(strict("(module " + repeat(20'000, [](size_t) { return "(func)"; }) + ")"));
  CHECK_FALSE(strict("(module " + repeat(50'001, [](size_t) { return "(func)"; }) + ")"));
  // Few bytes that ask for much: locals, tables, nesting.
  CHECK_FALSE(
      strict("(module (func (local " + repeat(10'001, [](size_t) { return "i32 "; }) + ")))"));
  CHECK_FALSE(strict("(module (table 100001 funcref))"));
  CHECK_FALSE(strict("(module (func " + repeat(2'001, [](size_t) { return "(block "; }) +
                     std::string(2'001, ')') + "))"));

  Store store(engine, StoreLimits::strict());
  const Instance instance = instantiate(Linker(store), R"((module
    (memory 1) (table 1 funcref) (type $a (array i64))
    (func (export "memory") (result i32) (memory.grow (i32.const 4096)))
    (func (export "table") (result i32) (table.grow (ref.null func) (i32.const 100000)))
    (func (export "heap") (drop (array.new_default $a (i32.const 10000000))))
    (func $deep (export "stack") (call $deep))))");
  CHECK(call(instance, "memory").i32() == -1);
  CHECK(call(instance, "table").i32() == -1);
  CHECK(trap_of(instance, "heap").code == TrapCode::HeapExhausted);
  CHECK(trap_of(instance, "stack").code == TrapCode::StackExhausted);
  for (uint32_t i = 1; i < StoreLimits::strict().max_instances; ++i)
    instantiate(Linker(store), "(module)");
  CHECK_FALSE(Linker(store).instantiate(*Module::compile_text(engine, "(module)")).has_value());
}

// ---- metrics ----

struct Seen {
  MetricsEvent event;
  const void* instance;
  InstanceMetrics metrics;
};

TEST_CASE("metrics tell what an instance has cost") {
  EngineConfig config;
  config.consume_fuel = true;
  Engine engine(config);
  Store store(engine);
  store.set_fuel(1'000'000);
  std::vector<Seen> seen;
  store.set_metrics([&](MetricsEvent event, const Instance& instance, const InstanceMetrics& m) {
    seen.push_back({event, instance.object(), m});
  });
  Linker linker(store);
  REQUIRE(linker.define("host", "nested", [&](Caller& caller) { call(*caller.instance(), "grow"); })
              .has_value());
  const Instance instance = instantiate(linker, R"((module
    (import "host" "nested" (func $nested))
    (memory 1 4)
    (start $begin)
    (func $begin (local $i i32)
      (loop $more (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                                         (i32.const 1000)))))
    (func (export "nest") (call $nested))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func (export "fail") (unreachable))))");
  // The start function is part of the instantiation.
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].event == MetricsEvent::Instantiated);
  CHECK(seen[0].instance == instance.object());
  CHECK(seen[0].metrics.fuel_used > 1000);
  CHECK(seen[0].metrics.calls == 0);
  CHECK(seen[0].metrics.instantiate_time.count() > 0);
  CHECK(seen[0].metrics.peak_memory_bytes == 65536);
  const uint64_t fuel = store.fuel();
  REQUIRE(try_call(instance, "nest").has_value());
  // The nested call is part of the outer one.
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].event == MetricsEvent::Returned);
  CHECK(seen[1].metrics.calls == 1);
  CHECK(seen[1].metrics.fuel_used == seen[0].metrics.fuel_used + (fuel - store.fuel()));
  CHECK(seen[1].metrics.peak_memory_bytes == 2 * 65536);
  trap_of(instance, "fail");
  REQUIRE(seen.size() == 3);
  CHECK(seen[2].event == MetricsEvent::Trapped);
  CHECK(seen[2].metrics.traps == 1);
  CHECK(seen[2].metrics.run_time >= seen[1].metrics.run_time);

  const Instance other = instantiate(linker, "(module (func (export \"f\")))");
  call(other, "f");
  REQUIRE(seen.size() == 5);
  CHECK(seen[4].instance == other.object());
  CHECK(seen[4].metrics.calls == 1);
  store.set_metrics({});
  call(other, "f");
  CHECK(seen.size() == 5);
}

TEST_CASE("an instantiation that fails is not told of") {
  Engine engine;
  Store store(engine);
  int events = 0;
  store.set_metrics([&](MetricsEvent, const Instance&, const InstanceMetrics&) { ++events; });
  const Module module =
      *Module::compile_text(engine, "(module (func $f (unreachable)) (start $f))");
  CHECK_FALSE(Linker(store).instantiate(module).has_value());
  CHECK(events == 0);
  instantiate(Linker(store), "(module)");
  CHECK(events == 1);
}

}  // namespace
}  // namespace brink::testing
