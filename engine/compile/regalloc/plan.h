// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the forward pass decides, before values have slots: a slot is still named by the value in
// it. Moves of a group happen at once. Stores are not among them: who needs a slot is only known
// in the end, and then spills.cc finds the best place for the one store of each value.

#ifndef BRINK_COMPILE_REGALLOC_PLAN_H_
#define BRINK_COMPILE_REGALLOC_PLAN_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/compile/machine/flow.h"
#include "engine/compile/machine/machine.h"

namespace brink::compile::regalloc {

/// A register that is none: the slot of the value, or the value made again.
struct PlannedMove {
  VReg from_vreg = kNoVReg;
  VReg to_vreg = kNoVReg;  ///< differs from `from_vreg` when an argument becomes a parameter
  PReg from;
  PReg to;
};

struct MoveGroup {
  uint32_t before = 0;
  uint32_t first = 0;
  uint32_t count = 0;
};

struct Resident {
  VReg vreg = kNoVReg;
  PReg reg;
};

struct ResidentSpan {
  uint32_t first = 0;
  uint32_t count = 0;
};

struct Plan {
  std::vector<Location> locations;      ///< by operand; Slot: `slot` is the value
  std::vector<PlannedMove> moves;       ///< those of a group together
  std::vector<MoveGroup> groups;        ///< before instructions, in order
  std::vector<MoveGroup> edge_groups;   ///< by block: at its end, for its only edge
  std::vector<Resident> residents;      ///< of all blocks
  std::vector<ResidentSpan> at_start;   ///< by block: what is in registers at its start
  std::vector<uint32_t> demand;         ///< by value: dominates all that read its slot, or kNoBlock
  std::vector<uint8_t> starts_in_slot;  ///< by value: whoever defines it writes the slot

  std::span<const Resident> residents_of(ResidentSpan span) const {
    return {residents.data() + span.first, span.count};
  }
  /// The register that holds the value at the start of the block, or none.
  PReg reg_at_start(uint32_t block, VReg v) const {
    for (const Resident& resident : residents_of(at_start[block])) {
      if (resident.vreg == v) return resident.reg;
    }
    return {};
  }
  /// Somebody in this block reads the value's slot.
  void read_slot(const Flow& flow, VReg v, uint32_t block) {
    demand[v] = demand[v] == kNoBlock ? block : flow.dominators.common_ancestor(demand[v], block);
  }
};

}  // namespace brink::compile::regalloc

#endif  // BRINK_COMPILE_REGALLOC_PLAN_H_
