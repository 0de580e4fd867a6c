// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/stack_pool.h"

#include <csignal>
#include <cstring>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/platform/child_process_for_test.h"

namespace brink::platform {
namespace {

constexpr size_t kBytes = size_t{64} << 10;

TEST_CASE("stacks are usable to the guard and come back", "[stack_pool]") {
  StackPool pool(kBytes, 1);
  Stack first = *pool.allocate();
  Stack second = *pool.allocate();
  const StackBounds bounds = first.bounds();
  CHECK(bounds.high - bounds.low == kBytes);
  CHECK(bounds.low != second.bounds().low);
  std::memset(reinterpret_cast<void*>(bounds.low), 1, kBytes);
  first.give_back();
  CHECK(first.is_empty());
  CHECK(first.bounds().low == 0);
  first = *pool.allocate();
  CHECK(first.bounds().low == bounds.low);
  Stack moved = std::move(first);
  CHECK(first.bounds().high == 0);
  CHECK(moved.bounds().low == bounds.low);
}

TEST_CASE("the memory of stacks beyond those that are kept goes back", "[stack_pool]") {
  StackPool pool(kBytes, 1);
  Stack first = *pool.allocate();
  Stack second = *pool.allocate();
  const auto byte = reinterpret_cast<volatile uint8_t*>(first.bounds().low);
  *byte = 1;
  first.give_back();
  CHECK(*byte == 1);
  second.give_back();
  CHECK(*byte == 0);
}

TEST_CASE("many stacks lie apart, each above a guard", "[stack_pool]") {
  StackPool pool(kBytes, 0);
  std::vector<Stack> stacks;
  std::set<uintptr_t> places;
  for (int i = 0; i < 500; ++i) {
    stacks.push_back(*pool.allocate());
    const StackBounds bounds = stacks.back().bounds();
    places.insert(bounds.low);
    *reinterpret_cast<volatile uint8_t*>(bounds.low) = 1;
    *reinterpret_cast<volatile uint8_t*>(bounds.high - 1) = 1;
  }
  uintptr_t previous = 0;
  for (const uintptr_t low : places) {
    CHECK(low - previous > kBytes);
    previous = low;
  }
  for (const size_t index : {size_t{0}, size_t{1}, size_t{250}, size_t{499}}) {
    const uintptr_t below = stacks[index].bounds().low - 1;
    const ChildEnd end = run_in_fork([below] {
      const rlimit no_core = {0, 0};
      ::setrlimit(RLIMIT_CORE, &no_core);
      std::signal(SIGSEGV, SIG_DFL);
      *reinterpret_cast<volatile uint8_t*>(below) = 1;
      return 0;
    });
    CHECK(end == killed_by(SIGSEGV));
  }
}

TEST_CASE("a size that no stack can have is an error", "[stack_pool]") {
  StackPool impossible(~size_t{0}, 1);
  CHECK(impossible.allocate().error().kind() == ErrorKind::Limit);
  StackPool none(0, 1);
  CHECK(none.allocate().error().kind() == ErrorKind::Limit);
  StackPools pools(1);
  const uintptr_t low = pools.allocate(kBytes)->bounds().low;
  CHECK(pools.allocate(kBytes)->bounds().low == low);
  CHECK(pools.allocate(2 * kBytes)->bounds().low != low);
}

}  // namespace
}  // namespace brink::platform
