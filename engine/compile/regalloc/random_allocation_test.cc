// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Random functions: allocated, checked symbolically, and executed before and after.

#include <catch2/catch.hpp>

#include <string>

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

}  // namespace
}  // namespace brink::compile::regalloc
