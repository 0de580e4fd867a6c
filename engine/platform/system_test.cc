// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The small services: processor features, native stacks, clocks, random bytes.

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include "engine/platform/clock.h"
#include "engine/platform/cpu_features.h"
#include "engine/platform/native_stack.h"
#include "engine/platform/random.h"

namespace brink::platform {
namespace {

TEST_CASE("processor features agree with the compiler's own detection", "[cpu_features]") {
  const CpuFeatures features = cpu_features();
#if defined(__x86_64__)
#define BRINK_SAME(id, name) \
  CHECK(features.has(CpuFeature::id) == (__builtin_cpu_supports(name) != 0))
  BRINK_SAME(Sse3, "sse3");
  BRINK_SAME(Ssse3, "ssse3");
  BRINK_SAME(Sse41, "sse4.1");
  BRINK_SAME(Sse42, "sse4.2");
  BRINK_SAME(Popcnt, "popcnt");
  BRINK_SAME(Bmi1, "bmi");
  BRINK_SAME(Bmi2, "bmi2");
  BRINK_SAME(Avx, "avx");
  BRINK_SAME(Fma, "fma");
  BRINK_SAME(Avx2, "avx2");
  BRINK_SAME(Gfni, "gfni");
  BRINK_SAME(Avx512f, "avx512f");
  BRINK_SAME(Avx512dq, "avx512dq");
  BRINK_SAME(Avx512bw, "avx512bw");
  BRINK_SAME(Avx512vl, "avx512vl");
  BRINK_SAME(Avx512vbmi, "avx512vbmi");
  BRINK_SAME(Avx512vbmi2, "avx512vbmi2");
  BRINK_SAME(Avx512vnni, "avx512vnni");
  BRINK_SAME(Avx512bitalg, "avx512bitalg");
#undef BRINK_SAME
  CHECK_FALSE(features.has(CpuFeature::Lse));
#else
  CHECK_FALSE(features.has(CpuFeature::Sse41));
#endif
}

TEST_CASE("sets of processor features", "[cpu_features]") {
  CpuFeatures needed;
  CHECK(to_string(needed).empty());
  needed.set(CpuFeature::Avx2);
  needed.set(CpuFeature::Sse41);
  CHECK(to_string(needed) == "sse4.1 avx2");
  CHECK(to_string(CpuFeature::Lse) == "lse");
  CpuFeatures more = needed;
  more.set(CpuFeature::Bmi2);
  CHECK(more.includes(needed));
  CHECK_FALSE(needed.includes(more));
  more.set(CpuFeature::Bmi2, false);
  CHECK(more == needed);
}

void check_bounds_of_this_thread(size_t at_least) {
  const uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  const std::optional<StackBounds> bounds = native_stack_bounds();
  REQUIRE(bounds.has_value());
  CHECK(bounds->low < here);
  CHECK(here < bounds->high);
  CHECK(bounds->high - bounds->low >= at_least);
  const uintptr_t limit = native_stack_limit(16 << 10);
  CHECK(limit == bounds->low + (16 << 10));
  // A margin that is not there leaves nothing.
  CHECK(native_stack_limit(~size_t{0} / 2) <= here);
  CHECK(native_stack_limit(~size_t{0} / 2) > limit);
}

TEST_CASE("the native stack of any thread has bounds", "[native_stack]") {
  check_bounds_of_this_thread(size_t{512} << 10);
  std::thread([] { check_bounds_of_this_thread(size_t{64} << 10); }).join();
}

TEST_CASE("clocks go forward", "[clock]") {
  for (const Clock clock :
       {Clock::Realtime, Clock::Monotonic, Clock::ProcessCpu, Clock::ThreadCpu}) {
    CHECK(clock_resolution(clock) >= 1);
    CHECK(clock_resolution(clock) <= 100'000'000);
    const uint64_t first = clock_now(clock);
    CHECK(first > 0);
    if (clock != Clock::Realtime) CHECK(clock_now(clock) >= first);
  }
  const uint64_t year_2020 = uint64_t{1'577'836'800} * 1'000'000'000;
  CHECK(clock_now(Clock::Realtime) > year_2020);
}

TEST_CASE("random bytes fill what they are given and differ", "[random]") {
  CHECK(fill_random({}));
  std::set<std::array<uint8_t, 16>> seen;
  for (int i = 0; i < 100; ++i) {
    std::array<uint8_t, 16> bytes{};
    REQUIRE(fill_random(bytes));
    seen.insert(bytes);
  }
  CHECK(seen.size() == 100);
  std::vector<uint8_t> many(1 << 20);
  REQUIRE(fill_random(many));
  for (int value = 0; value < 256; ++value) {
    CHECK(std::count(many.begin(), many.end(), value) > 0);
  }
  CHECK(std::count(many.end() - 4096, many.end(), 0) < 4096);
}

}  // namespace
}  // namespace brink::platform
