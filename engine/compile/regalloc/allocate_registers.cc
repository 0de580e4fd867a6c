// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The allocator from end to end: look at the function, decide in one pass forward, give slots to
// those who turned out to need them, and write the moves down in an order that can be executed.

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/compile/machine/flow.h"
#include "engine/compile/machine/machine.h"
#include "engine/compile/regalloc/forward_pass.h"
#include "engine/compile/regalloc/lifetimes.h"
#include "engine/compile/regalloc/outlook.h"
#include "engine/compile/regalloc/parallel_move.h"
#include "engine/compile/regalloc/plan.h"
#include "engine/compile/regalloc/spill_slots.h"

namespace brink::compile {

namespace {

using namespace regalloc;

class Assembler {
 public:
  Assembler(const MachineFunction& function, const RegisterFile& registers, const Flow& flow,
            Plan& plan, const Stores& stores, const SpillSlots& slots)
      : function_(function),
        flow_(flow),
        plan_(plan),
        stores_(stores),
        slots_(slots),
        parallel_(registers, slots.bytes) {}

  Allocation run(const LiveRefs& refs) {
    moves();
    result_.locations = std::move(plan_.locations);
    for (Location& location : result_.locations) {
      if (location.kind == Location::Kind::Slot) location.slot = slots_.slot[location.slot];
    }
    stack_maps(refs);
    result_.spill_bytes = (parallel_.spill_bytes() + 15) & ~15u;
    note_used();
    return std::move(result_);
  }

 private:
  // At one place: first the stores, which read registers as they are there, then the moves for the
  // instruction, then those of the edge that the block ends with.
  void moves() {
    const std::vector<Store>& stores = stores_.list;
    auto store = stores.begin();
    auto group = plan_.groups.begin();
    const auto up_to = [&](uint32_t inst) {
      while (true) {
        const bool has_store = store != stores.end() && store->before <= inst;
        const bool has_group = group != plan_.groups.end() && group->before <= inst;
        if (has_store && (!has_group || store->before <= group->before)) {
          add_store(*store++);
        } else if (has_group) {
          add_group(*group++);
        } else {
          return;
        }
      }
    };
    for (uint32_t b = 0; b < function_.blocks.size(); ++b) {
      const MachineBlock& block = function_.blocks[b];
      up_to(block.first_inst + block.inst_count - 1);
      if (plan_.edge_groups[b].count != 0) add_group(plan_.edge_groups[b], b);
    }
  }

  void add_store(const Store& store) {
    const VRegInfo& info = function_.vregs[store.vreg];
    result_.moves.push_back({store.before, info.cls, info.bytes, Location::in(store.reg),
                             Location::at(slots_.slot[store.vreg])});
  }

  void add_group(const MoveGroup& group, uint32_t edge_from = kNoBlock) {
    transfers_.clear();
    for (uint32_t i = 0; i < group.count; ++i) {
      const PlannedMove& move = plan_.moves[group.first + i];
      const VRegInfo& info = function_.vregs[move.to_vreg];
      if (edge_from != kNoBlock && is_stored_already(move, edge_from)) continue;
      transfers_.push_back(
          {place(move.from, move.from_vreg), place(move.to, move.to_vreg), info.cls, info.bytes});
    }
    parallel_.resolve(group.before, transfers_, result_.moves);
  }

  // An argument in a register becomes a parameter in a slot which is the argument's own, and the
  // argument was stored on every way to this edge.
  bool is_stored_already(const PlannedMove& move, uint32_t edge_from) const {
    if (move.from.is_none() || !move.to.is_none()) return false;
    const uint32_t slot = slots_.slot[move.from_vreg];
    if (slot == kNever || slot != slots_.slot[move.to_vreg]) return false;
    const uint32_t store = stores_.block[move.from_vreg];
    return store == kNoBlock || flow_.dominators.is_ancestor(store, edge_from);
  }

  Location place(PReg reg, VReg v) const {
    if (!reg.is_none()) return Location::in(reg);
    const uint32_t again = function_.vregs[v].rematerialize;
    if (again != kNoInst) return {Location::Kind::Rematerialize, {}, again};
    return Location::at(slots_.slot[v]);
  }

  void stack_maps(const LiveRefs& refs) {
    result_.stack_maps = refs.maps;
    result_.map_slots.reserve(refs.values.size());
    for (const VReg v : refs.values) result_.map_slots.push_back(slots_.slot[v]);
    for (const StackMap& map : refs.maps) {
      std::sort(result_.map_slots.begin() + map.first_slot,
                result_.map_slots.begin() + map.first_slot + map.slot_count);
    }
  }

  void note_used() {
    const auto note = [this](const Location& location) {
      if (location.kind == Location::Kind::Reg) result_.used = result_.used.with(location.reg);
    };
    for (const Location& location : result_.locations) note(location);
    for (const AllocatedMove& move : result_.moves) {
      note(move.from);
      note(move.to);
    }
  }

  const MachineFunction& function_;
  const Flow& flow_;
  Plan& plan_;
  const Stores& stores_;
  const SpillSlots& slots_;
  ParallelMoves parallel_;
  std::vector<Transfer> transfers_;
  Allocation result_;
};

}  // namespace

Allocation allocate_registers(const MachineFunction& function, const RegisterFile& registers) {
  const Flow flow(function);
  const Lifetimes lifetimes(function, flow);
  Plan plan;
  {
    const Outlook outlook(function, flow, lifetimes, registers);
    plan = ForwardPass(function, registers, flow, lifetimes, outlook).run();
  }
  const LiveRefs refs = find_live_refs(function, flow, lifetimes, plan);
  const Stores stores = place_stores(function, flow, lifetimes, plan);
  const SpillSlots slots = assign_slots(function, flow, lifetimes, plan);
  return Assembler(function, registers, flow, plan, stores, slots).run(refs);
}

}  // namespace brink::compile
