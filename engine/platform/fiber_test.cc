// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/fiber.h"

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/platform/activation.h"

namespace brink::platform {
namespace {

constexpr size_t kBytes = size_t{256} << 10;

/// A fiber whose body is a callable.
struct TestFiber {
  explicit TestFiber(StackPool& pool, std::function<void()> run)
      : body(std::move(run)),
        fiber(*pool.allocate(), [](void* self) { static_cast<TestFiber*>(self)->body(); }, this) {}
  std::function<void()> body;
  Fiber fiber;
};

TEST_CASE("a fiber goes on where it stopped", "[fiber]") {
  REQUIRE(Fiber::check_support().has_value());
  StackPool pool(kBytes, 1);
  std::string log;
  TestFiber test(pool, [&] {
    const double kept = 1.5;
    log += 'a';
    Fiber::current()->suspend();
    log += 'c';
    Fiber::current()->suspend();
    log += kept == 1.5 ? 'e' : '!';
  });
  test.fiber.resume();
  log += 'b';
  test.fiber.resume();
  log += 'd';
  CHECK_FALSE(test.fiber.is_finished());
  test.fiber.resume();
  CHECK(test.fiber.is_finished());
  CHECK(log == "abcde");
  CHECK(Fiber::current() == nullptr);
}

TEST_CASE("a fiber that never began can go", "[fiber]") {
  StackPool pool(kBytes, 1);
  {
    TestFiber test(pool, [] {});
  }
}

TEST_CASE("code on a fiber knows its stack's bounds", "[fiber]") {
  StackPool pool(kBytes, 1);
  const StackBounds outside = *native_stack_bounds();
  StackBounds inside;
  uintptr_t limit = 0;
  TestFiber test(pool, [&] {
    inside = *native_stack_bounds();
    limit = native_stack_limit(size_t{64} << 10);
  });
  test.fiber.resume();
  CHECK(inside.low == test.fiber.bounds().low);
  CHECK(inside.high == test.fiber.bounds().high);
  CHECK(limit == inside.low + (size_t{64} << 10));
  CHECK(native_stack_bounds()->low == outside.low);
}

TEST_CASE("fibers resume fibers", "[fiber]") {
  StackPool pool(kBytes, 2);
  std::string log;
  TestFiber inner(pool, [&] {
    log += 'b';
    Fiber::current()->suspend();
    log += 'd';
  });
  TestFiber outer(pool, [&] {
    log += 'a';
    inner.fiber.resume();
    CHECK(Fiber::current() == &outer.fiber);
    log += 'c';
    Fiber::current()->suspend();
    inner.fiber.resume();
    log += 'e';
  });
  outer.fiber.resume();
  outer.fiber.resume();
  CHECK(log == "abcde");
}

TEST_CASE("a fiber goes on on another thread", "[fiber]") {
  StackPool pool(kBytes, 1);
  std::vector<std::thread::id> threads;
  TestFiber test(pool, [&] {
    for (int i = 0; i < 3; ++i) {
      threads.push_back(std::this_thread::get_id());
      Fiber::current()->suspend();
    }
  });
  std::vector<std::thread::id> expected;
  for (int i = 0; i < 4; ++i) {
    std::thread thread([&] { test.fiber.resume(); });
    if (i < 3) expected.push_back(thread.get_id());
    thread.join();
  }
  CHECK(test.fiber.is_finished());
  CHECK(threads.size() == 3);
}

uintptr_t suspend_in_guest() {
  Activation* const mine = current_activation();
  Fiber::current()->suspend();
  return current_activation() == mine ? 1 : 2;
}

TEST_CASE("activations stay with their fiber", "[fiber]") {
  StackPool pool(kBytes, 2);
  uintptr_t results[2] = {0, 0};
  const auto body = [&](uintptr_t& result) {
    return [&result] {
      Activation activation;
      result = enter_guest(activation, as_guest_function(&suspend_in_guest));
    };
  };
  TestFiber first(pool, body(results[0]));
  TestFiber second(pool, body(results[1]));
  first.fiber.resume();
  CHECK(current_activation() == nullptr);
  second.fiber.resume();
  CHECK(current_activation() == nullptr);
  first.fiber.resume();
  second.fiber.resume();
  CHECK(results[0] == 1);
  CHECK(results[1] == 1);
}

}  // namespace
}  // namespace brink::platform
