// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Functions of hostile size and shape. They are here to end: anything quadratic in the allocator
// would keep the test from it. The hidden test [measure] prints what the allocator costs.

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <ctime>
#include <vector>

#include "engine/compile/machine/builder.h"
#include "engine/compile/regalloc/abstract_machine.h"
#include "engine/compile/regalloc/random_function.h"

namespace brink::compile::regalloc {
namespace {

constexpr uint32_t kRegisters = 14;

double seconds_used() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

MachineInst& add_call(MachineBuilder& b, const RegisterFile& registers,
                      std::initializer_list<Operand> operands) {
  MachineInst& inst = b.inst(5, operands);
  inst.is_call = inst.is_safepoint = true;
  for (const auto& regs : registers.allocatable) {
    for (const PReg reg : regs) inst.clobbers = inst.clobbers.with(reg);
  }
  return inst;
}

/// `values` values, then `blocks` diamonds with a call in one arm, then all values are used.
MachineFunction many_alive(uint32_t values, uint32_t blocks, const RegisterFile& registers) {
  MachineBuilder b;
  b.begin_block();
  std::vector<VReg> all;
  for (uint32_t i = 0; i < values; ++i) {
    all.push_back(b.vreg());
    b.inst(1, {Operand::def(all.back())});
  }
  for (uint32_t i = 0; i < blocks; ++i) {
    const uint32_t here = static_cast<uint32_t>(b.function().blocks.size() - 1);
    b.end(11, {Operand::use(all[i % values])}, {here + 1, here + 2});
    b.begin_block();
    add_call(b, registers, {Operand::use_fixed(all[(i * 7) % values], PReg::integer(0))});
    b.jump(10, here + 3);
    b.begin_block();
    b.jump(10, here + 3);
    b.begin_block();
  }
  for (const VReg v : all) b.inst(2, {Operand::use(v)});
  b.end(12, {});
  return b.finish();
}

/// A loop whose header has `params` parameters, all renewed in each round.
MachineFunction many_params(uint32_t params, const RegisterFile& registers) {
  MachineBuilder b;
  b.begin_block();
  std::vector<VReg> start, param, next;
  for (uint32_t i = 0; i < params; ++i) {
    start.push_back(b.vreg());
    b.inst(1, {Operand::def(start.back())});
    param.push_back(b.vreg());
  }
  b.jump(10, 1, start);
  b.begin_block(param);
  b.block().is_loop_header = true;
  add_call(b, registers, {});
  for (uint32_t i = 0; i < params; ++i) {
    next.push_back(b.vreg());
    b.inst(2, {Operand::use(param[i]), Operand::use_any(param[(i + 1) % params]),
               Operand::def_tied(next.back(), 0)});
  }
  b.end(11, {}, {2, 3});
  b.begin_block();
  // Every parameter becomes its neighbour: one long cycle.
  std::vector<VReg> turned(param.begin() + 1, param.end());
  turned.push_back(param.front());
  for (uint32_t i = 0; i < params; i += 2) turned[i] = next[i];
  b.jump(10, 1, turned);
  b.begin_block();
  b.end(12, {});
  return b.finish();
}

/// A switch over `ways` ways, each to a block of its own, which all meet.
MachineFunction wide_switch(uint32_t ways) {
  MachineBuilder b;
  b.begin_block();
  std::vector<VReg> kept;
  for (uint32_t i = 0; i < 20; ++i) {
    kept.push_back(b.vreg());
    b.inst(1, {Operand::def(kept.back())});
  }
  b.end(11, {Operand::use(kept[0])});
  for (uint32_t i = 0; i < ways; ++i) b.block().targets.push_back({.block = i + 1});
  for (uint32_t i = 0; i < ways; ++i) {
    b.begin_block();
    const VReg v = b.vreg();
    b.inst(2, {Operand::use(kept[i % 20]), Operand::def(v)});
    b.jump(10, ways + 1, {v});
  }
  b.begin_block({b.vreg()});
  for (const VReg v : kept) b.inst(3, {Operand::use(v)});
  b.inst(3, {Operand::use(b.block().params[0])});
  b.end(12, {});
  return b.finish();
}

/// Loops in loops in loops, a value of each used in the innermost.
MachineFunction deep_loops(uint32_t depth) {
  MachineBuilder b;
  b.begin_block();
  std::vector<VReg> values;
  for (uint32_t i = 0; i < depth; ++i) {
    values.push_back(b.vreg());
    b.inst(1, {Operand::def(values.back())});
    b.jump(10, i + 1);
    b.begin_block();
    b.block().is_loop_header = true;
    b.block().loop_depth = static_cast<uint16_t>(i + 1);
  }
  for (const VReg v : values) b.inst(2, {Operand::use(v)});
  // The blocks behind the innermost header: a test, the way back, the way on.
  for (uint32_t i = depth; i-- > 0;) {
    const auto here = static_cast<uint32_t>(b.function().blocks.size());
    b.end(11, {Operand::use(values[i])}, {here, here + 1});
    b.begin_block();
    b.jump(10, i + 1);
    b.begin_block();
  }
  b.end(12, {});
  return b.finish();
}

void allocate(const MachineFunction& function, const RegisterFile& registers, bool check = false) {
  REQUIRE(verify(function).empty());
  const double start = seconds_used();
  const Allocation allocation = allocate_registers(function, registers);
  const double taken = seconds_used() - start;
  INFO(function.insts.size() << " instructions, " << taken << " s");
  CHECK(taken < 30);
  if (check) CHECK(check_allocation(function, registers, allocation).empty());
}

TEST_CASE("A hundred thousand values alive across as many calls") {
  const RegisterFile registers = test_registers(kRegisters);
  allocate(many_alive(300, 300, registers), registers, true);
  allocate(many_alive(100000, 100000, registers), registers);
}

TEST_CASE("Loops with a hundred thousand parameters") {
  const RegisterFile registers = test_registers(kRegisters);
  allocate(many_params(200, registers), registers, true);
  allocate(many_params(100000, registers), registers);
}

TEST_CASE("A switch over a hundred thousand ways") {
  const RegisterFile registers = test_registers(kRegisters);
  allocate(wide_switch(200), registers, true);
  allocate(wide_switch(100000), registers);
}

TEST_CASE("Ten thousand loops in each other") {
  const RegisterFile registers = test_registers(kRegisters);
  allocate(deep_loops(60), registers, true);
  allocate(deep_loops(10000), registers);
}

TEST_CASE("What the allocator costs", "[.][measure]") {
  for (const uint32_t per_class : {10u, 14u, 16u}) {
    const RegisterFile registers = test_registers(per_class);
    for (const uint32_t calls : {0u, 4u, 15u}) {
      uint64_t insts = 0, blocks = 0, moves = 0, slots = 0, steps = 0, loads = 0, stores = 0,
               copies = 0;
      double seconds = 0;
      for (uint64_t seed = 0; seed < 40; ++seed) {
        const RandomShape shape{
            .statements = 8000, .max_depth = 6, .call_percent = calls, .recent_percent = 99};
        const MachineFunction function = random_function(seed + 7, registers, shape);
        const double start = seconds_used();
        const Allocation allocation = allocate_registers(function, registers);
        seconds += seconds_used() - start;
        insts += function.insts.size();
        blocks += function.blocks.size();
        moves += allocation.moves.size();
        slots += allocation.spill_bytes / 8;
        const Execution run = execute(function, registers, &allocation, seed, 20000);
        steps += run.steps;
        loads += run.loads;
        stores += run.stores;
        copies += run.copies;
      }
      fmt::print(
          "{} instructions in {} blocks, {} registers, {} % calls: {:.1f} ns per instruction; "
          "moves per 100: {:.1f}; "
          "executed per 100: {:.1f} loads, {:.1f} stores, {:.1f} copies; {} slots\n",
          insts, blocks, per_class - 1, calls, seconds * 1e9 / insts, 100.0 * moves / insts,
          100.0 * loads / steps, 100.0 * stores / steps, 100.0 * copies / steps, slots);
    }
  }
}

}  // namespace
}  // namespace brink::compile::regalloc
