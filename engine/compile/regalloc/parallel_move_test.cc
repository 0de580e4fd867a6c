// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/regalloc/parallel_move.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <vector>

#include "engine/compile/regalloc/random_function.h"

namespace brink::compile::regalloc {
namespace {

using Key = std::pair<int, uint32_t>;

Key key(const Location& location) {
  return {static_cast<int>(location.kind),
          location.kind == Location::Kind::Reg ? location.reg.number : location.slot};
}

/// A place of the class by number: the first few are registers.
Location place(RegClass cls, uint32_t n) {
  if (n < 5) return Location::in(cls == RegClass::Int ? PReg::integer(n) : PReg::vector(n));
  return Location::at((cls == RegClass::Int ? 0 : 160) + (n - 5) * 16);
}

TEST_CASE("Any set of transfers is done as if all at once") {
  std::mt19937 random(7);
  const RegisterFile registers = test_registers(8);
  for (int round = 0; round < 3000; ++round) {
    std::vector<Transfer> transfers;
    for (const RegClass cls : {RegClass::Int, RegClass::Vector}) {
      std::vector<uint32_t> targets{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
      std::ranges::shuffle(targets, random);
      targets.resize(random() % 11);
      for (const uint32_t target : targets) {
        transfers.push_back({place(cls, random() % 10), place(cls, target), cls, 8});
      }
    }
    std::map<Key, uint32_t> expected, state;
    uint32_t value = 1;
    for (const RegClass cls : {RegClass::Int, RegClass::Vector}) {
      for (uint32_t n = 0; n < 10; ++n) state[key(place(cls, n))] = value++;
    }
    expected = state;
    for (const Transfer& t : transfers) expected[key(t.to)] = state[key(t.from)];

    ParallelMoves parallel(registers, 320);
    std::vector<AllocatedMove> moves;
    parallel.resolve(3, transfers, moves);
    for (const AllocatedMove& move : moves) {
      REQUIRE(move.before == 3);
      REQUIRE((move.from.kind == Location::Kind::Reg || move.to.kind == Location::Kind::Reg));
      state[key(move.to)] = state[key(move.from)];
    }
    for (const auto& [where, what] : expected) REQUIRE(state[where] == what);
    REQUIRE(parallel.spill_bytes() <= 336);
  }
}

TEST_CASE("A cycle of registers costs one move more than it has members") {
  const RegisterFile registers = test_registers(8);
  ParallelMoves parallel(registers, 0);
  std::vector<Transfer> transfers;
  for (uint32_t i = 0; i < 4; ++i) {
    transfers.push_back({place(RegClass::Int, i), place(RegClass::Int, (i + 1) % 4)});
  }
  std::vector<AllocatedMove> moves;
  parallel.resolve(0, transfers, moves);
  CHECK(moves.size() == 5);
  CHECK(parallel.spill_bytes() == 0);
}

}  // namespace
}  // namespace brink::compile::regalloc
