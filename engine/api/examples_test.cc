// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The examples of README.md and docs/embed.md. The documents quote this file, and a test compares
// them (spec-tests/cli/documents.py), so what they show compiles and does what they say.

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdio>
#include <deque>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "brink/async.h"
#include "brink/linker.h"
#include "brink/pool.h"
#include "brink/snapshot.h"
#include "brink/store.h"
#include "brink/typed_export.h"

namespace {

// ---- errors ----

template <typename E>
int fail(const E& error) {
  std::fprintf(stderr, "%s\n", error.to_string().c_str());
  return 1;
}

int fail(const brink::InstantiateError& error) {
  return std::visit([](const auto& reason) { return fail(reason); }, error);
}

// ---- a first call ----

int add_two_numbers() {
  brink::Engine engine;
  brink::Store store(engine);
  auto module = brink::Module::compile_text(engine, R"((module
    (func (export "add") (param i32 i32) (result i32)
      (i32.add (local.get 0) (local.get 1)))))");
  if (!module) return fail(module.error());

  auto instance = brink::Linker(store).instantiate(*module);
  if (!instance) return fail(instance.error());

  const brink::Value args[] = {brink::Value::i32(2), brink::Value::i32(40)};
  auto results = instance->func("add")->call(args);
  if (!results) return fail(results.error());
  return results->front().i32();  // 42
}

// ---- host functions ----

/// Collects what guests say through the import "host" "say".
brink::Status define_say(brink::Linker& linker, std::string& heard) {
  return linker.define("host", "say",
                       [&heard](brink::Caller& caller, uint32_t address,
                                uint32_t length) -> brink::CallResult<void> {
                         auto memory = caller.memory();
                         if (!memory) return brink::make_trap("the guest exports no memory");
                         auto bytes = memory->slice(address, length);
                         if (!bytes) return brink::make_trap("the text is not in the memory");
                         heard.append(bytes->begin(), bytes->end());
                         return {};
                       });
}

/// Collects the lines that guests log.
brink::Status define_log(brink::Linker& linker, std::vector<std::string>& log) {
  return linker.define("env", "log",
                       [&log](brink::Caller&, std::string_view line) { log.emplace_back(line); });
}

constexpr const char* kTalker = R"((module
  (import "host" "say" (func $say (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello from the guest")
  (func (export "talk") (param $length i32)
    (call $say (i32.const 16) (local.get $length)))))";

// ---- suspending ----

constexpr const char* kReader = R"((module
  (import "host" "read" (func $read (result i32)))
  (func (export "twice") (result i32) (i32.add (call $read) (call $read)))))";

/// What guests of an event loop wait for: the next message.
struct Messages {
  std::deque<brink::Resumer> waiting;
  int32_t latest = 0;

  void arrive(int32_t message) {
    latest = message;
    for (const brink::Resumer& guest : std::exchange(waiting, {})) guest.resume();
  }
};

/// Suspends the guest until a message is there.
brink::Status define_read(brink::Linker& linker, Messages& messages) {
  return linker.define(
      "host", "read", [&messages](brink::Caller& caller) -> brink::CallResult<int32_t> {
        auto outcome = caller.suspend(
            [&messages](brink::Resumer guest) { messages.waiting.push_back(std::move(guest)); });
        if (!outcome) return std::unexpected(outcome.error());
        return messages.latest;
      });
}

// ---- linking ----

/// `user` imports from "library" what `library` exports.
std::expected<brink::Instance, brink::InstantiateError> link(brink::Store& store,
                                                             const brink::Module& library,
                                                             const brink::Module& user) {
  brink::Linker linker(store);
  auto provider = linker.instantiate(library);
  if (!provider) return provider;
  if (auto status = linker.define_instance("library", *provider); !status)
    return std::unexpected(std::move(status).error());
  return linker.instantiate(user);
}

/// An instance without imports.
brink::Instance instantiate(brink::Store& store, const char* text) {
  auto module = brink::Module::compile_text(store.engine(), text);
  REQUIRE(module.has_value());
  auto instance = brink::Linker(store).instantiate(*module);
  REQUIRE(instance.has_value());
  return *instance;
}

// ---- snapshots ----

/// A module whose instances start as `instance` is now, without its initializer.
brink::Result<brink::Module> freeze(const brink::Instance& instance) {
  auto bytes = brink::take_snapshot(instance, {.removed_exports = {"init"}, .renamed_exports = {}});
  if (!bytes) return std::unexpected(std::move(bytes).error());
  return brink::Module::compile(instance.module().engine(), *bytes);
}

constexpr const char* kForever = R"((module (func (export "forever") (loop (br 0)))))";

}  // namespace

TEST_CASE("Example: a first call") {
  CHECK(add_two_numbers() == 42);
}

TEST_CASE("Example: calls with C++ values") {
  brink::Engine engine;
  brink::Store store(engine);
  auto module = brink::Module::compile_text(engine, R"((module
    (func (export "add") (param i32 i32) (result i32)
      (i32.add (local.get 0) (local.get 1)))))");
  auto instance = brink::Linker(store).instantiate(*module);

  CHECK(instance->func("add")->call<int32_t(int32_t, int32_t)>(2, 40).value() == 42);

  auto add = instance->func("add")->typed<int32_t(int32_t, int32_t)>();
  REQUIRE(add.has_value());
  for (int32_t i = 0; i < 10; ++i) CHECK((*add)(i, 1).value() == i + 1);
}

TEST_CASE("Example: a host function takes text") {
  brink::Engine engine;
  brink::Store store(engine);
  brink::Linker linker(store);
  std::vector<std::string> log;
  REQUIRE(define_log(linker, log).has_value());
  auto module = brink::Module::compile_text(engine, R"((module
    (import "env" "log" (func $log (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "one line")
    (func (export "run") (call $log (i32.const 0) (i32.const 8)))))");
  auto instance = linker.instantiate(*module);
  REQUIRE(instance.has_value());
  REQUIRE(instance->func("run")->call<void()>().has_value());
  CHECK(log == std::vector<std::string>{"one line"});
}

TEST_CASE("Example: what a guest costs") {
  brink::Engine engine;
  brink::Store store(engine);
  brink::InstanceMetrics latest;
  store.set_metrics([&](brink::MetricsEvent, const brink::Instance&,
                        const brink::InstanceMetrics& so_far) { latest = so_far; });
  auto instance = instantiate(store, R"((module (memory 1) (func (export "run"))))");
  REQUIRE(instance.func("run")->call({}).has_value());
  CHECK(latest.calls == 1);
  CHECK(latest.peak_memory_bytes == 65536);
}

TEST_CASE("Example: a host function reads the caller's memory") {
  brink::Engine engine;
  brink::Store store(engine);
  brink::Linker linker(store);
  std::string heard;
  REQUIRE(define_say(linker, heard).has_value());
  auto instance = linker.instantiate(*brink::Module::compile_text(engine, kTalker));
  REQUIRE(instance.has_value());

  const brink::Value five[] = {brink::Value::i32(5)};
  REQUIRE(instance->func("talk")->call(five).has_value());
  CHECK(heard == "hello");

  const brink::Value too_long[] = {brink::Value::i32(-1)};
  auto trapped = instance->func("talk")->call(too_long);
  REQUIRE_FALSE(trapped.has_value());
  CHECK(trapped.error().message == "the text is not in the memory");
  CHECK(trapped.error().backtrace.size() == 1);
}

TEST_CASE("Example: signatures come from C++ types") {
  brink::Engine engine;
  brink::Store store(engine);

  auto divide = brink::Func::wrap(
      store, [](int64_t a, int64_t b) -> brink::CallResult<std::tuple<int64_t, int64_t>> {
        if (b == 0) return brink::make_trap("cannot divide by zero");
        return std::tuple(a / b, a % b);
      });

  CHECK(divide.type().params.size() == 2);
  const brink::Value args[] = {brink::Value::i64(17), brink::Value::i64(5)};
  brink::Value results[2];
  REQUIRE(divide.call(args, results).has_value());
  CHECK(results[0].i64() == 3);
  CHECK(results[1].i64() == 2);
  const brink::Value zero[] = {brink::Value::i64(17), brink::Value::i64(0)};
  CHECK(divide.call(zero, results).error().code == brink::TrapCode::HostError);
}

TEST_CASE("Example: limits of a store") {
  brink::Engine engine;
  brink::StoreLimits limits;
  limits.max_memory_bytes = 1 << 20;
  limits.max_stack_bytes = 64 << 10;
  brink::Store store(engine, limits);
  auto instance = instantiate(store, R"((module
    (memory 1)
    (func (export "grow") (result i32) (memory.grow (i32.const 16)))
    (func $deep (export "deep") (call $deep))))");

  // Growing past a limit fails as the guest expects it; a stack without end is a trap.
  CHECK(instance.func("grow")->call({})->front().i32() == -1);
  CHECK(instance.func("deep")->call({}).error().code == brink::TrapCode::StackExhausted);
}

TEST_CASE("Example: fuel") {
  brink::EngineConfig config;
  config.consume_fuel = true;
  brink::Engine engine(config);
  brink::Store store(engine);
  store.set_fuel(100'000);
  auto instance = instantiate(store, kForever);

  auto stopped = instance.func("forever")->call({});
  CHECK(stopped.error().code == brink::TrapCode::OutOfFuel);
}

TEST_CASE("Example: a deadline") {
  brink::Engine engine;
  brink::Store store(engine);
  auto instance = instantiate(store, kForever);

  store.set_deadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(10));
  auto stopped = instance.func("forever")->call({});
  CHECK(stopped.error().code == brink::TrapCode::DeadlineExceeded);
}

TEST_CASE("Example: cancelling from another thread") {
  brink::Engine engine;
  brink::Store store(engine);
  auto instance = instantiate(store, kForever);

  std::jthread other([canceller = store.canceller()] { canceller.cancel(); });
  auto stopped = instance.func("forever")->call({});
  CHECK(stopped.error().code == brink::TrapCode::Interrupted);
}

TEST_CASE("Example: a guest waits for messages") {
  brink::Engine engine;
  brink::Store store(engine);
  brink::Linker linker(store);
  Messages messages;
  REQUIRE(define_read(linker, messages).has_value());
  auto instance = linker.instantiate(*brink::Module::compile_text(engine, kReader));
  REQUIRE(instance.has_value());

  auto call = brink::AsyncCall::create(*instance->func("twice"), {});
  REQUIRE(call.has_value());
  CHECK(call->resume() == brink::AsyncCall::State::Suspended);
  messages.arrive(2);
  messages.arrive(40);
  CHECK(call->take_results()->front().i32() == 42);
}

TEST_CASE("Example: guests take turns") {
  brink::Engine engine;
  brink::Store store(engine);
  auto instance = instantiate(store, kForever);

  auto call = brink::AsyncCall::create(*instance.func("forever"), {},
                                       {.time_slice = std::chrono::milliseconds(1)});
  REQUIRE(call.has_value());
  for (int turn = 0; turn < 3; ++turn) CHECK(call->resume() == brink::AsyncCall::State::Suspended);
  call->cancel();
}

TEST_CASE("Example: a snapshot") {
  brink::Engine engine;
  brink::Store store(engine);
  auto instance = instantiate(store, R"((module
    (global $ready (mut i32) (i32.const 0))
    (func (export "init") (global.set $ready (i32.const 1)))
    (func (export "ready") (result i32) (global.get $ready))))");
  REQUIRE(instance.func("init")->call({}).has_value());
  auto frozen = freeze(instance);
  REQUIRE(frozen.has_value());
  auto fresh = brink::Linker(store).instantiate(*frozen);
  REQUIRE(fresh.has_value());
  CHECK(fresh->func("ready")->call({})->front().i32() == 1);
  CHECK_FALSE(fresh->func("init").has_value());
}

TEST_CASE("Example: an instance for each request") {
  brink::Engine engine;
  auto module = brink::Module::compile_text(engine, R"((module
    (import "host" "user" (func $user (result i32)))
    (global $visits (mut i32) (i32.const 0))
    (func (export "visit") (result i32)
      (global.set $visits (i32.add (global.get $visits) (i32.const 1)))
      (i32.add (i32.mul (global.get $visits) (i32.const 1000)) (call $user)))))");
  REQUIRE(module.has_value());

  struct Request {
    int32_t user;
  };
  const brink::InstancePre pre(*module, [](brink::Linker& linker) {
    return linker.define("host", "user", [](brink::Caller& caller) {
      return static_cast<const Request*>(caller.store().data())->user;
    });
  });
  brink::PoolConfig config;
  config.max_instances = 100;
  auto pool = brink::InstancePool::create(pre, config);
  auto visit = brink::TypedExport<int32_t()>::find(*module, "visit");
  REQUIRE((pool.has_value() && visit.has_value()));

  for (int32_t user = 1; user <= 3; ++user) {  // on any thread
    auto instance = pool->take();
    REQUIRE(instance.has_value());
    instance->store().set_data(std::make_shared<Request>(user));
    CHECK((*visit)(**instance).value() == 1000 + user);  // always the first visit
  }
}

TEST_CASE("Example: linking two instances") {
  brink::Engine engine;
  brink::Store store(engine);
  auto library = brink::Module::compile_text(engine, R"((module
    (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))))");
  auto user = brink::Module::compile_text(engine, R"((module
    (import "library" "twice" (func $twice (param i32) (result i32)))
    (func (export "answer") (result i32) (call $twice (i32.const 21)))))");
  REQUIRE((library.has_value() && user.has_value()));

  auto instance = link(store, *library, *user);
  REQUIRE(instance.has_value());
  CHECK(instance->func("answer")->call({})->front().i32() == 42);
}

TEST_CASE("Example: a missing import says what is there") {
  brink::Engine engine;
  brink::Store store(engine);
  auto module = brink::Module::compile_text(engine, kTalker);
  auto instance = brink::Linker(store).instantiate(*module);
  REQUIRE_FALSE(instance.has_value());
  const auto* error = std::get_if<brink::Error>(&instance.error());
  REQUIRE(error != nullptr);
  CHECK(error->message().find("unknown import") == 0);
  CHECK(fail(instance.error()) == 1);
}
