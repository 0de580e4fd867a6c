// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include "engine/compile/machine/builder.h"
#include "engine/compile/machine/flow.h"
#include "engine/compile/machine/machine.h"
#include "engine/compile/machine/print.h"

namespace brink::compile {
namespace {

/// v0 comes in; a loop counts v1 down; v3 leaves.
MachineFunction counting_loop() {
  MachineBuilder b;
  const VReg start = b.vreg();
  const VReg count = b.vreg();
  const VReg next = b.vreg();
  b.begin_block();
  b.inst(1, {Operand::def_fixed(start, PReg::integer(0))});
  b.jump(2, 1, {start});
  b.begin_block({count});
  b.block().is_loop_header = true;
  b.block().loop_depth = 1;
  b.inst(3, {Operand::use(count), Operand::def_tied(next, 0)});
  b.end(4, {Operand::use(next)}, {2, 3});
  b.begin_block();
  b.jump(2, 1, {next});
  b.begin_block();
  b.end(5, {Operand::use_fixed(next, PReg::integer(0))});
  return b.finish();
}

TEST_CASE("A well-formed machine function passes") {
  REQUIRE(verify(counting_loop()).empty());
}

TEST_CASE("Dominators and loops") {
  const Flow flow(counting_loop());
  CHECK(flow.dominators.parent(1) == 0);
  CHECK(flow.dominators.parent(3) == 1);
  CHECK(flow.dominators.common_ancestor(2, 3) == 1);
  CHECK(flow.dominators.is_ancestor(0, 3));
  CHECK_FALSE(flow.dominators.is_ancestor(2, 3));
  REQUIRE(flow.loops.size() == 1);
  CHECK(flow.loops[0].header == 1);
  CHECK(flow.loops[0].last == 2);
  CHECK(flow.loop_of[3] == kNoLoop);
}

TEST_CASE("Ancestors of a deep tree are found") {
  AncestorTree tree;
  tree.add(0);
  for (uint32_t i = 1; i < 5000; ++i) tree.add(i % 7 == 0 ? i / 2 : i - 1);
  const auto slow_ancestor = [&](uint32_t a, uint32_t b) {
    while (a != b) {
      if (tree.depth(a) < tree.depth(b)) std::swap(a, b);
      a = tree.parent(a);
    }
    return a;
  };
  for (uint32_t i = 1; i < 5000; i += 13) {
    const uint32_t other = (i * 7919) % 5000;
    REQUIRE(tree.common_ancestor(i, other) == slow_ancestor(i, other));
  }
}

TEST_CASE("Broken machine functions are found") {
  MachineFunction function = counting_loop();
  SECTION("two definitions") {
    function.operands[2].vreg = 0;
  }
  SECTION("no definition") {
    function.operands[1].vreg = function.new_vreg({});
  }
  SECTION("a use that is not dominated") {
    function.operands[1].vreg = 2;
  }
  SECTION("an argument too few") {
    function.blocks[2].targets[0].arg_count = 0;
  }
  SECTION("a predecessor too many") {
    function.blocks[3].predecessors.push_back(0);
  }
  SECTION("no terminator") {
    function.insts[1].is_terminator = false;
  }
  SECTION("a back edge to no header") {
    function.blocks[1].is_loop_header = false;
  }
  SECTION("a strange register") {
    function.operands[0].preg = PReg::vector(0);
  }
  SECTION("tied to a def") {
    function.operands[2].tied = 1;
  }
  SECTION("a strange size") {
    function.vregs[1].bytes = 3;
  }
  SECTION("a critical edge") {
    function.blocks[1].targets[0] = function.blocks[2].targets[0];
    function.blocks[1].predecessors = {0, 1, 2};
    function.blocks[2].predecessors = {};
  }
  SECTION("a jump with operands") {
    function.insts[1].operand_count = 1;
    function.insts[1].first_operand = 3;
  }
  SECTION("a landing without a call") {
    function.blocks[3].is_landing = true;
  }
  CHECK_FALSE(verify(function).empty());
}

TEST_CASE("Machine functions are printed") {
  CHECK(print(counting_loop()) ==
        "block 0\n"
        "    0  op1       =v0:r0\n"
        "    1  op2       -> 1 (v0)\n"
        "block 1 (v1) loop depth 1 from 0 2\n"
        "    2  op3       =v2:tied0 v1\n"
        "    3  op4       v2 -> 2 -> 3\n"
        "block 2 from 1\n"
        "    4  op2       -> 1 (v2)\n"
        "block 3 from 1\n"
        "    5  op5       v2:r0\n");
}

}  // namespace
}  // namespace brink::compile
