// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The memory side of an allocation: which references safepoints need in slots, which slot each
// spilled value gets, and where it is stored into it.

#ifndef BRINK_COMPILE_REGALLOC_SPILL_SLOTS_H_
#define BRINK_COMPILE_REGALLOC_SPILL_SLOTS_H_

#include <cstdint>
#include <vector>

#include "engine/compile/machine/flow.h"
#include "engine/compile/machine/machine.h"
#include "engine/compile/regalloc/lifetimes.h"
#include "engine/compile/regalloc/plan.h"

namespace brink::compile::regalloc {

/// The store of a value into its slot: before the moves for instruction `before`.
struct Store {
  uint32_t before = 0;
  VReg vreg = kNoVReg;
  PReg reg;
};

/// References alive across each safepoint, as values; demands their slots in `plan`.
struct LiveRefs {
  std::vector<StackMap> maps;  ///< first_slot, slot_count: in `values`
  std::vector<VReg> values;
};
LiveRefs find_live_refs(const MachineFunction& function, const Flow& flow,
                        const Lifetimes& lifetimes, Plan& plan);

struct Stores {
  /// In order. One per value whose slot is demanded and which is not defined there.
  std::vector<Store> list;
  /// By value: the block at whose start it is stored, kNoBlock if where it is defined.
  std::vector<uint32_t> block;
};
Stores place_stores(const MachineFunction& function, const Flow& flow, const Lifetimes& lifetimes,
                    const Plan& plan);

struct SpillSlots {
  std::vector<uint32_t> slot;  ///< by value: its slot, or kNever
  uint32_t bytes = 0;
};
/// Values share a slot if their lives do not overlap. Arguments and the parameters they become are
/// put together where possible, hot edges first: then nothing has to be moved.
SpillSlots assign_slots(const MachineFunction& function, const Flow& flow,
                        const Lifetimes& lifetimes, const Plan& plan);

}  // namespace brink::compile::regalloc

#endif  // BRINK_COMPILE_REGALLOC_SPILL_SLOTS_H_
