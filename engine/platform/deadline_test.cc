// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/deadline.h"

#include <time.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "engine/platform/child_process_for_test.h"
#include "engine/platform/clock.h"

namespace brink::platform {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;

void count(void* counter) {
  ++*static_cast<std::atomic<int>*>(counter);
}

uint64_t from_now(uint64_t milliseconds) {
  return clock_now(Clock::Monotonic) + milliseconds * kMillisecond;
}

// Waits for at most ten seconds.
bool becomes(const std::atomic<int>& counter, int value) {
  const uint64_t end = from_now(10'000);
  while (counter.load() != value) {
    if (clock_now(Clock::Monotonic) > end) return false;
    const timespec pause = {0, 200'000};
    ::nanosleep(&pause, nullptr);
  }
  return true;
}

TEST_CASE("a deadline fires once, not before its time", "[deadline]") {
  std::atomic<int> fired{0};
  const uint64_t when = from_now(20);
  Deadline deadline = *Deadline::arm(when, count, &fired);
  CHECK((deadline.is_armed() || clock_now(Clock::Monotonic) >= when));
  REQUIRE(becomes(fired, 1));
  CHECK(clock_now(Clock::Monotonic) >= when);
  CHECK_FALSE(deadline.is_armed());
  Deadline past = *Deadline::arm(0, count, &fired);
  CHECK(becomes(fired, 2));
}

TEST_CASE("a cancelled deadline never fires", "[deadline]") {
  std::atomic<int> fired{0};
  std::atomic<int> witness{0};
  {
    Deadline one = *Deadline::arm(from_now(10), count, &fired);
    Deadline two = *Deadline::arm(from_now(10), count, &fired);
    Deadline other = std::move(one);
    CHECK_FALSE(one.is_armed());
    CHECK(other.is_armed());
    two.cancel();
    CHECK_FALSE(two.is_armed());
  }
  Deadline never = *Deadline::arm(~uint64_t{0}, count, &fired);
  Deadline later = *Deadline::arm(from_now(30), count, &witness);
  REQUIRE(becomes(witness, 1));
  CHECK(fired == 0);
  CHECK(never.is_armed());
}

TEST_CASE("an earlier deadline wakes the waiting thread", "[deadline]") {
  std::atomic<int> early{0};
  std::atomic<int> late{0};
  Deadline far = *Deadline::arm(from_now(60'000), count, &late);
  Deadline near = *Deadline::arm(from_now(5), count, &early);
  CHECK(becomes(early, 1));
  CHECK(late == 0);
}

TEST_CASE("threads arm and cancel at once", "[deadline]") {
  std::atomic<int> fired{0};
  std::atomic<int> expected{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        Deadline cancelled = *Deadline::arm(from_now(60'000), count, &fired);
        Deadline kept = *Deadline::arm(from_now(0), count, &fired);
        while (kept.is_armed()) std::this_thread::yield();
        ++expected;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(fired == expected);
}

#ifndef BRINK_TEST_UNDER_TSAN
TEST_CASE("deadlines work in a child of fork", "[deadline]") {
  std::atomic<int> fired{0};
  Deadline before = *Deadline::arm(from_now(60'000), count, &fired);
  const ChildEnd end = run_in_fork([&] {
    Result<Deadline> deadline = Deadline::arm(from_now(5), count, &fired);
    if (!deadline) return 2;
    if (!becomes(fired, 1)) return 3;
    before.cancel();
    deadline->cancel();
    return 0;
  });
  CHECK(end == exited(0));
  CHECK(fired == 0);
}
#endif

TEST_CASE("scenario: exit with deadlines", "[.scenario]") {
  static std::atomic<int> fired{0};
  static Deadline far = *Deadline::arm(from_now(60'000), count, &fired);
  Deadline soon = *Deadline::arm(from_now(1), count, &fired);
  if (!becomes(fired, 1)) ::_exit(3);
  std::exit(7);
}

TEST_CASE("scenario: exit from a callback", "[.scenario]") {
  Deadline soon = *Deadline::arm(from_now(1), [](void*) { std::_Exit(8); }, nullptr);
  for (;;) ::pause();
}

TEST_CASE("a process with deadlines exits in time", "[deadline]") {
  const uint64_t begin = clock_now(Clock::Monotonic);
  CHECK(run_hidden_test("scenario: exit with deadlines") == exited(7));
  CHECK(run_hidden_test("scenario: exit from a callback") == exited(8));
  CHECK(clock_now(Clock::Monotonic) - begin < 20'000 * kMillisecond);
}

}  // namespace
}  // namespace brink::platform
