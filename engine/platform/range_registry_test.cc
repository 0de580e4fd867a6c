// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/range_registry.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace brink::platform {
namespace {

constexpr uintptr_t kGiB = uintptr_t{1} << 30;
constexpr uintptr_t kBase = 0x7000'0000'1000;

TEST_CASE("a range is found between its ends", "[range_registry]") {
  auto registry = std::make_unique<RangeRegistry>();
  CHECK_FALSE(registry->find(kBase).has_value());
  // Inside one granule, over three, over many (a wide one), and at the end of the address space.
  const std::pair<uintptr_t, size_t> ranges[] = {{kBase, 0x1000},
                                                 {kBase + kGiB, 8 * kGiB},
                                                 {kBase + 100 * kGiB, 1000 * kGiB},
                                                 {~uintptr_t{0} - 0xFFF, 0x1000}};
  uint8_t value = 1;
  for (const auto& [base, size] : ranges) {
    CAPTURE(base, size);
    REQUIRE(registry->add(base, size, value));
    CHECK(registry->find(base) == value);
    CHECK(registry->find(base + size / 2) == value);
    CHECK(registry->find(base + (size - 1)) == value);
    CHECK_FALSE(registry->find(base - 1).has_value());
    CHECK_FALSE(registry->find(base + size).has_value());
    ++value;
  }
  value = 1;
  for (const auto& [base, size] : ranges) {
    CHECK(registry->find(base) == value++);
    registry->remove(base, size);
    CHECK_FALSE(registry->find(base).has_value());
    CHECK_FALSE(registry->find(base + (size - 1)).has_value());
  }
}

TEST_CASE("tens of thousands of ranges, against a map", "[range_registry]") {
  auto registry = std::make_unique<RangeRegistry>();
  std::map<uintptr_t, std::pair<size_t, uint8_t>> expected;
  std::mt19937_64 random(1);
  // Disjoint by construction: each range lies in a cell of its own, which has a size of its own.
  struct Kind {
    uintptr_t origin, cell;
    size_t count;
  };
  const Kind kinds[] = {{0x1000'0000'0000, 9 * kGiB, 2000},
                        {0x4000'0000'0000, kGiB / 64, 2000},
                        {0x6000'0000'0000, 200 * kGiB, 20}};
  const auto in_registry = [&](uintptr_t address) { return registry->find(address); };
  const auto in_map = [&](uintptr_t address) -> std::optional<uint8_t> {
    auto next = expected.upper_bound(address);
    if (next == expected.begin()) return std::nullopt;
    const auto& [base, rest] = *std::prev(next);
    if (address - base >= rest.first) return std::nullopt;
    return rest.second;
  };
  for (int step = 0; step < 40'000; ++step) {
    const Kind& kind = kinds[random() % 3];
    const uintptr_t cell = kind.origin + (random() % kind.count) * kind.cell;
    const uintptr_t base = cell + 0x1000 * (random() % 16);
    const size_t size = (kind.cell - 0x20000) & ~uintptr_t{0xFFF};
    const auto old = expected.lower_bound(cell);
    if (old != expected.end() && old->first < cell + kind.cell) {
      registry->remove(old->first, old->second.first);
      expected.erase(old);
    } else {
      const uint8_t value = static_cast<uint8_t>(random());
      REQUIRE(registry->add(base, size, value));
      expected[base] = {size, value};
    }
    for (const uintptr_t address : {base - 1, base, base + size / 2, base + size - 1, base + size,
                                    cell + random() % kind.cell}) {
      REQUIRE(in_registry(address) == in_map(address));
    }
  }
}

TEST_CASE("what stays is found while others come and go", "[range_registry]") {
  auto registry = std::make_unique<RangeRegistry>();
  // All in the same few buckets.
  constexpr size_t kStaying = 16;
  constexpr size_t kCell = 0x10000;
  for (size_t i = 0; i < kStaying; ++i) {
    REQUIRE(registry->add(kBase + 2 * i * kCell, kCell, static_cast<uint8_t>(i)));
  }
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 2; ++writer) {
    threads.emplace_back([&, writer] {
      const uintptr_t mine = kBase + (1 + writer) * 16 * kGiB;
      for (size_t round = 0; !stop.load(); ++round) {
        const uintptr_t base = mine + (round % 8) * kCell;
        const bool wide = round % 32 == 0;
        const size_t size = wide ? 80 * kGiB : kCell;
        const uintptr_t at = wide ? mine + 0x1000'0000'0000 * (writer + 1) : base;
        if (!registry->add(at, size, 0xEE)) ++wrong;
        if (registry->find(at) != 0xEE) ++wrong;
        registry->remove(at, size);
        // In the cells between those that stay.
        const uintptr_t between = kBase + (2 * (round % kStaying) + 1) * kCell;
        if (writer == 0) {
          if (!registry->add(between, kCell, 0xDD)) ++wrong;
          registry->remove(between, kCell);
        }
      }
    });
  }
  for (int reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&] {
      for (size_t round = 0; round < 200'000; ++round) {
        const size_t i = round % kStaying;
        if (registry->find(kBase + 2 * i * kCell + round % kCell) != i) ++wrong;
      }
      stop = true;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace brink::platform
