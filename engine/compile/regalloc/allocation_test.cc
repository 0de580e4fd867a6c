// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the allocator promises, a small function each.

#include <algorithm>
#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>
#include <vector>

#include "engine/compile/machine/builder.h"
#include "engine/compile/machine/print.h"
#include "engine/compile/regalloc/abstract_machine.h"
#include "engine/compile/regalloc/random_function.h"

namespace brink::compile::regalloc {
namespace {

constexpr uint16_t kOp = 1;
constexpr uint16_t kJump = 10;
constexpr uint16_t kBranch = 11;
constexpr uint16_t kReturn = 12;

PReg reg(uint32_t n) {
  return PReg::integer(n);
}

class Fixture {
 public:
  explicit Fixture(uint32_t registers = 8) : registers(test_registers(registers)) {}

  VReg define() {
    const VReg v = b.vreg();
    b.inst(kOp, {Operand::def(v)});
    return v;
  }
  std::vector<VReg> define(uint32_t count) {
    std::vector<VReg> result;
    for (uint32_t i = 0; i < count; ++i) result.push_back(define());
    return result;
  }
  void use(VReg v) { b.inst(kOp, {Operand::use(v)}); }
  MachineInst& call(std::initializer_list<Operand> operands = {}) {
    MachineInst& inst = b.inst(5, operands);
    inst.is_call = true;
    for (const auto& regs : registers.allocatable) {
      for (const PReg each : regs) inst.clobbers = inst.clobbers.with(each);
    }
    return inst;
  }
  void loop_header(std::vector<VReg> params = {}) {
    b.begin_block(std::move(params));
    b.block().is_loop_header = true;
    b.block().loop_depth = 1;
  }

  /// Allocates, and checks in both ways.
  void run() {
    function = b.finish();
    REQUIRE(verify(function) == "");
    allocation = allocate_registers(function, registers);
    INFO(print(function, allocation));
    REQUIRE(check_allocation(function, registers, allocation) == "");
    for (uint64_t seed = 0; seed < 5; ++seed) {
      REQUIRE(execute(function, registers, nullptr, seed, 500) ==
              execute(function, registers, &allocation, seed, 500));
    }
    text = print(function, allocation);
  }
  /// Moves inserted in a block, all or those of a kind.
  size_t moves_in(uint32_t block, bool from_slot = false, bool to_slot = false) const {
    const uint32_t first = function.blocks[block].first_inst;
    const uint32_t end = first + function.blocks[block].inst_count;
    return static_cast<size_t>(std::ranges::count_if(allocation.moves, [&](const auto& move) {
      return move.before >= first && move.before < end &&
             (!from_slot || move.from.kind == Location::Kind::Slot) &&
             (!to_slot || move.to.kind == Location::Kind::Slot);
    }));
  }
  Location location(uint32_t inst, uint32_t operand) const {
    return allocation.locations[function.insts[inst].first_operand + operand];
  }

  RegisterFile registers;
  MachineBuilder b;
  MachineFunction function;
  Allocation allocation;
  std::string text;
};

TEST_CASE("Straight code with enough registers needs no moves") {
  Fixture f;
  f.b.begin_block();
  const auto values = f.define(6);
  for (const VReg v : values) f.use(v);
  f.b.end(kReturn, {});
  f.run();
  CHECK(f.allocation.moves.empty());
  CHECK(f.allocation.spill_bytes == 0);
}

TEST_CASE("Arguments are computed where the call wants them") {
  Fixture f;
  f.b.begin_block();
  const auto values = f.define(3);
  f.call({Operand::use_fixed(values[0], reg(5)), Operand::use_fixed(values[1], reg(2)),
          Operand::use_fixed(values[2], reg(0))});
  f.b.end(kReturn, {});
  f.run();
  CHECK(f.allocation.moves.empty());
}

TEST_CASE("Fixed operands that change places go through the scratch register") {
  Fixture f;
  f.b.begin_block();
  const VReg a = f.b.vreg();
  const VReg c = f.b.vreg();
  f.b.inst(kOp, {Operand::def_fixed(a, reg(0)), Operand::def_fixed(c, reg(1))});
  f.call({Operand::use_fixed(c, reg(0)), Operand::use_fixed(a, reg(1))});
  f.b.end(kReturn, {});
  f.run();
  CHECK(f.allocation.moves.size() == 3);
}

TEST_CASE("A value across calls is stored once and read where it is needed") {
  Fixture f;
  f.b.begin_block();
  const VReg v = f.define();
  for (int i = 0; i < 3; ++i) f.call();
  f.use(v);
  f.use(v);
  for (int i = 0; i < 3; ++i) f.call();
  f.use(v);
  f.b.end(kReturn, {});
  f.run();
  CHECK(f.moves_in(0, false, true) == 1);
  CHECK(f.moves_in(0, true, false) == 2);
  CHECK(f.allocation.spill_bytes == 16);
}

TEST_CASE("An operand that may be in memory stays there") {
  Fixture f;
  f.b.begin_block();
  const VReg v = f.define();
  f.call();
  f.b.inst(kOp, {Operand::use_any(v)});
  f.b.end(kReturn, {});
  f.run();
  CHECK(f.location(2, 0).kind == Location::Kind::Slot);
  CHECK(f.allocation.moves.size() == 1);
}

TEST_CASE("A constant is made again rather than spilled") {
  Fixture f;
  f.b.begin_block();
  const VReg v = f.b.constant(2, 77);
  f.call({Operand::use_fixed(v, reg(0))});
  f.use(v);
  f.b.end(kReturn, {});
  f.run();
  CHECK(f.allocation.spill_bytes == 0);
  REQUIRE(f.allocation.moves.size() == 1);
  CHECK(f.allocation.moves[0].from.kind == Location::Kind::Rematerialize);
}

TEST_CASE("Values that do not overlap share a slot") {
  Fixture f;
  f.b.begin_block();
  for (int i = 0; i < 5; ++i) {
    const VReg v = f.define();
    f.call();
    f.use(v);
  }
  f.b.end(kReturn, {});
  f.run();
  CHECK(f.allocation.spill_bytes == 16);
}

TEST_CASE("Slots of all sizes are aligned") {
  Fixture f;
  f.b.begin_block();
  std::vector<VReg> values;
  for (const uint8_t bytes : {4, 8, 16, 4}) {
    values.push_back(f.b.vreg(bytes == 16 ? RegClass::Vector : RegClass::Int, bytes));
    f.b.inst(kOp, {Operand::def(values.back())});
  }
  f.call();
  for (const VReg v : values) f.use(v);
  f.b.end(kReturn, {});
  f.run();
  CHECK(f.allocation.spill_bytes == 32);
}

TEST_CASE("A loop keeps its variables in registers") {
  Fixture f;
  f.b.begin_block();
  const auto start = f.define(3);
  const auto outside = f.define(3);
  f.b.jump(kJump, 1, {start[0], start[1], start[2]});
  const std::vector<VReg> params{f.b.vreg(), f.b.vreg(), f.b.vreg()};
  f.loop_header(params);
  std::vector<VReg> next;
  for (int i = 0; i < 3; ++i) {
    next.push_back(f.b.vreg());
    f.b.inst(kOp,
             {Operand::use(params[i]), Operand::use(outside[i]), Operand::def_tied(next[i], 0)});
  }
  f.b.end(kBranch, {Operand::use(next[0])}, {2, 3});
  f.b.begin_block();
  f.b.jump(kJump, 1, {next[0], next[1], next[2]});
  f.b.begin_block();
  f.use(next[2]);
  f.b.end(kReturn, {});
  f.run();
  INFO(f.text);
  CHECK(f.allocation.moves.empty());
}

TEST_CASE("A shift in a loop moves nobody but its operands") {
  Fixture f;
  f.b.begin_block();
  const auto outside = f.define(4);
  const VReg count = f.b.vreg();
  f.b.inst(kOp, {Operand::def(count)});
  const VReg start = f.define();
  f.b.jump(kJump, 1, {start});
  const VReg p = f.b.vreg();
  f.loop_header({p});
  const VReg shifted = f.b.vreg();
  f.b.inst(kOp,
           {Operand::use(p), Operand::use_fixed(count, reg(1)), Operand::def_tied(shifted, 0)});
  const VReg next = f.b.vreg();
  f.b.inst(kOp, {Operand::use(shifted), Operand::use(outside[0]), Operand::use(outside[1]),
                 Operand::use(outside[2]), Operand::use(outside[3]), Operand::def_tied(next, 0)});
  f.b.end(kBranch, {Operand::use(next)}, {2, 3});
  f.b.begin_block();
  f.b.jump(kJump, 1, {next});
  f.b.begin_block();
  f.b.end(kReturn, {});
  f.run();
  INFO(f.text);
  CHECK(f.moves_in(1) == 0);
  CHECK(f.moves_in(2) == 0);
}

TEST_CASE("Values that a loop does not use make room outside of it") {
  Fixture f(6);
  f.b.begin_block();
  const auto idle = f.define(5);
  const auto busy = f.define(3);
  f.b.jump(kJump, 1);
  f.loop_header();
  const VReg t = f.b.vreg();
  f.b.inst(kOp,
           {Operand::use(busy[0]), Operand::use(busy[1]), Operand::use(busy[2]), Operand::def(t)});
  f.b.end(kBranch, {Operand::use(t)}, {2, 3});
  f.b.begin_block();
  f.b.jump(kJump, 1);
  f.b.begin_block();
  for (const VReg v : idle) f.use(v);
  f.b.end(kReturn, {});
  f.run();
  INFO(f.text);
  CHECK(f.moves_in(1) == 0);
  CHECK(f.moves_in(2) == 0);
}

TEST_CASE("A call on a cold path costs the hot path nothing") {
  Fixture f;
  f.b.begin_block();
  const auto values = f.define(4);
  f.b.jump(kJump, 1);
  f.loop_header();
  f.b.end(kBranch, {Operand::use(values[0])}, {2, 3});
  f.b.begin_block();
  f.b.block().is_cold = true;
  f.call();
  f.b.jump(kJump, 4);
  f.b.begin_block();
  f.b.jump(kJump, 4);
  f.b.begin_block();
  const VReg t = f.b.vreg();
  f.b.inst(kOp, {Operand::use(values[1]), Operand::use(values[2]), Operand::def(t)});
  f.b.end(kBranch, {Operand::use(t)}, {5, 6});
  f.b.begin_block();
  f.b.jump(kJump, 1);
  f.b.begin_block();
  f.use(values[3]);
  f.b.end(kReturn, {});
  f.run();
  INFO(f.text);
  for (const uint32_t block : {0, 1, 3, 4, 5, 6}) CHECK(f.moves_in(block) == 0);
}

TEST_CASE("A loop's result is stored behind the loop") {
  Fixture f;
  f.b.begin_block();
  const VReg start = f.define();
  f.b.jump(kJump, 1, {start});
  const VReg p = f.b.vreg();
  f.loop_header({p});
  const VReg next = f.b.vreg();
  f.b.inst(kOp, {Operand::use(p), Operand::def_tied(next, 0)});
  f.b.end(kBranch, {Operand::use(next)}, {2, 3});
  f.b.begin_block();
  f.b.jump(kJump, 1, {next});
  f.b.begin_block();
  f.call();
  f.use(next);
  f.b.end(kReturn, {});
  f.run();
  INFO(f.text);
  CHECK(f.moves_in(1) == 0);
  CHECK(f.moves_in(2) == 0);
  CHECK(f.moves_in(3, false, true) == 1);
}

TEST_CASE("A loop's variables that live across its call stay in their slots") {
  Fixture f;
  f.b.begin_block();
  const VReg start = f.define();
  f.b.jump(kJump, 1, {start});
  const VReg p = f.b.vreg();
  f.loop_header({p});
  const VReg next = f.b.vreg();
  f.b.inst(kOp, {Operand::use(p), Operand::def_tied(next, 0)});
  f.call();
  const VReg t = f.define();
  f.b.end(kBranch, {Operand::use(t)}, {2, 3});
  f.b.begin_block();
  f.b.jump(kJump, 1, {next});
  f.b.begin_block();
  f.use(next);
  f.b.end(kReturn, {});
  f.run();
  INFO(f.text);
  // One load and one store in each round.
  CHECK(f.moves_in(1) + f.moves_in(2) == 2);
}

TEST_CASE("A landing finds everything in slots") {
  Fixture f;
  f.b.begin_block();
  const VReg v = f.define();
  const VReg constant = f.b.constant(2, 5);
  const VReg result = f.b.vreg();
  f.call({Operand::use_fixed(v, reg(2)), Operand::def_fixed(result, reg(0))}).is_terminator = true;
  f.b.block().targets = {{.block = 1}, {.block = 2}};
  f.b.begin_block();
  f.call();
  f.use(result);
  f.b.jump(kJump, 3);
  f.b.begin_block();
  f.b.block().is_landing = true;
  const VReg exception = f.b.ref();
  f.b.inst(4, {Operand::def_fixed(exception, reg(0))});
  f.b.inst(kOp, {Operand::use(v), Operand::use(constant), Operand::use(exception)});
  f.b.jump(kJump, 3);
  f.b.begin_block();
  f.b.end(kReturn, {});
  f.run();
  INFO(f.text);
  CHECK(f.moves_in(1, false, true) == 1);  // the result, in the first target
}

TEST_CASE("Safepoints list the references that live on") {
  Fixture f;
  f.b.begin_block();
  const VReg kept = f.b.ref();
  const VReg passed = f.b.ref();
  const VReg number = f.define();
  f.b.inst(kOp, {Operand::def(kept)});
  f.b.inst(kOp, {Operand::def(passed)});
  f.call({Operand::use_fixed(passed, reg(1))}).is_safepoint = true;
  f.call().is_safepoint = true;
  f.b.inst(kOp, {Operand::use(kept), Operand::use(number)});
  f.call().is_safepoint = true;
  f.b.end(kReturn, {});
  f.run();
  REQUIRE(f.allocation.stack_maps.size() == 3);
  CHECK(f.allocation.stack_maps[0].slot_count == 1);
  CHECK(f.allocation.stack_maps[1].slot_count == 1);
  CHECK(f.allocation.stack_maps[2].slot_count == 0);
}

TEST_CASE("Sabotaged allocations are found") {
  Fixture f;
  f.b.begin_block();
  const VReg a = f.define();
  const VReg r = f.b.ref();
  f.b.inst(kOp, {Operand::def(r)});
  f.call({Operand::use_fixed(a, reg(3))}).is_safepoint = true;
  const VReg t = f.b.vreg();
  f.b.inst(kOp, {Operand::use(a), Operand::use(r), Operand::def_tied(t, 0)});
  f.b.inst(kOp, {Operand::use_late(t), Operand::temp(f.b.vreg()), Operand::def(f.b.vreg())});
  f.b.end(kReturn, {});
  f.run();
  Allocation& allocation = f.allocation;
  const uint32_t tied = f.function.insts[3].first_operand;
  const uint32_t last = f.function.insts[4].first_operand;
  SECTION("a move is missing") {
    allocation.moves.pop_back();
  }
  SECTION("a move reads something else") {
    allocation.moves.back().from = Location::at(0);
  }
  SECTION("a move is too narrow") {
    allocation.moves.back().bytes = 4;
  }
  SECTION("a move is too late") {
    allocation.moves.back().before = 5;
  }
  SECTION("moves are out of order") {
    std::swap(allocation.moves.front(), allocation.moves.back());
  }
  SECTION("a fixed operand is elsewhere") {
    allocation.locations[f.function.insts[2].first_operand] = Location::in(reg(4));
  }
  SECTION("a def is not tied") {
    allocation.locations[tied + 2] = Location::in(reg(6));
  }
  SECTION("a use is in another register") {
    allocation.locations[tied] = Location::in(reg(6));
  }
  SECTION("a temporary shares") {
    allocation.locations[last + 1] = allocation.locations[last];
  }
  SECTION("a late use shares") {
    allocation.locations[last + 2] = allocation.locations[last];
  }
  SECTION("a scratch register") {
    allocation.locations[last + 2] = Location::in(reg(7));
  }
  SECTION("a location is missing") {
    allocation.locations[last + 2] = {};
  }
  SECTION("a reference is missing") {
    allocation.stack_maps[0].slot_count = 0;
  }
  SECTION("the map names another slot") {
    allocation.map_slots[0] ^= 8;
  }
  SECTION("a map is missing") {
    allocation.stack_maps.clear();
  }
  SECTION("the frame is too small") {
    allocation.spill_bytes = 0;
  }
  SECTION("the frame is not aligned") {
    allocation.spill_bytes += 8;
  }
  SECTION("a slot is not aligned") {
    for (AllocatedMove& move : allocation.moves) {
      if (move.to.kind == Location::Kind::Slot) move.to.slot ^= 4;
      if (move.from.kind == Location::Kind::Slot) move.from.slot ^= 4;
    }
    for (uint32_t& slot : allocation.map_slots) slot ^= 4;
  }
  SECTION("a register is not noted as used") {
    allocation.used = allocation.used.without(allocation.locations[last].reg);
  }
  INFO(print(f.function, allocation));
  CHECK_FALSE(check_allocation(f.function, f.registers, allocation).empty());
}

}  // namespace
}  // namespace brink::compile::regalloc
