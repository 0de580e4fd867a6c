// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Random functions: allocated, checked symbolically, and executed before and after.

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <utility>

#include "engine/compile/machine/machine.h"
#include "engine/compile/machine/print.h"
#include "engine/compile/regalloc/abstract_machine.h"
#include "engine/compile/regalloc/random_function.h"

namespace brink::compile::regalloc {
namespace {

std::string trouble(const MachineFunction& function, const RegisterFile& registers,
                    const Allocation& allocation) {
  if (auto error = check_allocation(function, registers, allocation); !error.empty()) return error;
  for (uint64_t run = 0; run < 3; ++run) {
    const Execution before = execute(function, registers, nullptr, run, 2000);
    const Execution after = execute(function, registers, &allocation, run, 2000);
    if (!(before == after)) return "executions differ";
  }
  return {};
}

void try_functions(uint64_t first_seed, uint64_t count, uint32_t per_class,
                   const RandomShape& shape) {
  const RegisterFile registers = test_registers(per_class);
  for (uint64_t seed = first_seed; seed < first_seed + count; ++seed) {
    const MachineFunction function = random_function(seed, registers, shape);
    const std::string invalid = verify(function);
    if (!invalid.empty()) FAIL("seed " << seed << ": " << invalid << "\n" << print(function));
    const Allocation allocation = allocate_registers(function, registers);
    const std::string error = trouble(function, registers, allocation);
    if (!error.empty()) {
      FAIL("seed " << seed << ", " << per_class << " registers: " << error << "\n"
                   << print(function, allocation));
    }
  }
  SUCCEED();
}

TEST_CASE("Small random functions, few registers") {
  try_functions(1, 1500, 7, {.statements = 15, .max_depth = 3});
}
TEST_CASE("Random functions, few registers") {
  try_functions(10000, 800, 7, {.statements = 60});
}
TEST_CASE("Random functions, the registers of a real machine") {
  try_functions(20000, 800, 16, {.statements = 80, .max_depth = 5});
}
TEST_CASE("Random functions, many calls") {
  try_functions(30000, 400, 10, {.statements = 80, .call_percent = 40});
}
TEST_CASE("Large random functions") {
  try_functions(40000, 8, 14, {.statements = 1000, .max_depth = 7});
}

/// Something small, at random: most of it harmful, some harmless.
bool sabotage(Allocation& allocation, uint64_t dice) {
  const auto pick = [&](size_t size) { return static_cast<size_t>(dice >> 8) % size; };
  switch (dice % 4) {
    case 0:
      if (allocation.moves.empty()) return false;
      allocation.moves.erase(allocation.moves.begin() +
                             static_cast<long>(pick(allocation.moves.size())));
      return true;
    case 1: {
      if (allocation.moves.size() < 2) return false;
      const size_t i = pick(allocation.moves.size() - 1);
      std::swap(allocation.moves[i].from, allocation.moves[i + 1].from);
      return true;
    }
    case 2: {
      Location& location = allocation.locations[pick(allocation.locations.size())];
      if (location.kind != Location::Kind::Reg) return false;
      location.reg.number ^= 1;
      return true;
    }
    default: {
      Location& location = allocation.locations[pick(allocation.locations.size())];
      if (location.kind != Location::Kind::Slot) return false;
      location.slot ^= 8;
      return true;
    }
  }
}

// What an execution notices, the checker has to notice too.
TEST_CASE("No sabotage escapes the checker that an execution shows") {
  const RegisterFile registers = test_registers(8);
  uint32_t shown = 0;
  uint64_t dice = 1;
  for (uint64_t seed = 0; seed < 1500; ++seed) {
    const MachineFunction function =
        random_function(50000 + seed, registers, {.statements = 20, .max_depth = 3});
    Allocation allocation = allocate_registers(function, registers);
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    if (!sabotage(allocation, dice >> 16)) continue;
    const bool found = !check_allocation(function, registers, allocation).empty();
    for (uint64_t run = 0; run < 3; ++run) {
      const Execution before = execute(function, registers, nullptr, run, 500);
      const Execution after = execute(function, registers, &allocation, run, 500);
      if (before == after) continue;
      ++shown;
      INFO("seed " << seed << "\n" << print(function, allocation));
      REQUIRE(found);
    }
  }
  CHECK(shown > 300);
}

TEST_CASE("The same function is allocated the same way") {
  const RegisterFile registers = test_registers(10);
  const MachineFunction function = random_function(99, registers, {.statements = 300});
  CHECK(print(function, allocate_registers(function, registers)) ==
        print(function, allocate_registers(function, registers)));
}

}  // namespace
}  // namespace brink::compile::regalloc
