// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/regalloc/spill_slots.h"

#include <algorithm>
#include <array>
#include <queue>
#include <utility>

namespace brink::compile::regalloc {

namespace {

/// Dominators between a definition and the readers of the slot that are tried for the store.
constexpr uint32_t kMaxStoreWalk = 64;

struct RefRange {
  Range range;
  VReg vreg = kNoVReg;
};

std::vector<RefRange> ref_ranges(const MachineFunction& function, const Lifetimes& lifetimes) {
  std::vector<RefRange> result;
  for (VReg v = 0; v < function.vregs.size(); ++v) {
    const VRegInfo& info = function.vregs[v];
    if (!info.is_ref || info.rematerialize != kNoInst || lifetimes.uses(v).empty()) continue;
    for (const Range& range : lifetimes.ranges(v)) result.push_back({range, v});
  }
  std::ranges::sort(result, {}, [](const RefRange& r) { return std::pair(r.range.from, r.vreg); });
  return result;
}

bool defines(const MachineFunction& function, const MachineInst& inst, VReg v) {
  return std::ranges::any_of(function.operands_of(inst), [v](const Operand& operand) {
    return operand.vreg == v && operand.role == Operand::Role::Def;
  });
}

/// How often a block runs, roughly and as an order.
uint32_t frequency(const MachineFunction& function, const Flow& flow, uint32_t block) {
  if (function.blocks[block].is_cold) return 0;
  const uint32_t loop = flow.loop_of[block];
  return loop == kNoLoop ? 1 : 1 + flow.loops[loop].depth;
}

}  // namespace

// A sweep: ranges in order of their starts join, and leave when a safepoint finds them over.
LiveRefs find_live_refs(const MachineFunction& function, const Flow& flow,
                        const Lifetimes& lifetimes, Plan& plan) {
  LiveRefs result;
  const std::vector<RefRange> ranges = ref_ranges(function, lifetimes);
  std::vector<RefRange> alive;
  size_t next = 0;
  for (uint32_t i = 0; i < function.insts.size(); ++i) {
    const MachineInst& inst = function.insts[i];
    if (!inst.is_safepoint) continue;
    for (; next < ranges.size() && ranges[next].range.from <= 2 * i; ++next) {
      alive.push_back(ranges[next]);
    }
    const uint32_t until = 2 * i + (inst.is_terminator ? 1 : 2);
    std::erase_if(alive, [until](const RefRange& ref) { return ref.range.to <= until; });
    const uint32_t block = lifetimes.block_of(i);
    const auto first = static_cast<uint32_t>(result.values.size());
    for (const RefRange& ref : alive) {
      const VReg v = ref.vreg;
      if (ref.range.from == 2 * i && defines(function, inst, v)) continue;
      if (!lifetimes.is_exact(v) && lifetimes.def_block(v) != block &&
          !flow.dominators.is_ancestor(lifetimes.def_block(v), block)) {
        continue;
      }
      result.values.push_back(v);
      plan.read_slot(flow, v, block);
    }
    const auto count = static_cast<uint32_t>(result.values.size()) - first;
    result.maps.push_back({i, first, count});
  }
  return result;
}

// Right after the definition, unless the readers are all in places that run less often: then at the
// start of a block that dominates them and has the value in a register.
std::vector<Store> place_stores(const MachineFunction& function, const Flow& flow,
                                const Lifetimes& lifetimes, const Plan& plan) {
  std::vector<Store> stores(function.vregs.size());
  const auto needs_store = [&](VReg v) {
    return plan.demand[v] != kNoBlock && plan.starts_in_slot[v] == 0;
  };
  for (uint32_t b = 0; b < function.blocks.size(); ++b) {
    const MachineBlock& block = function.blocks[b];
    for (const VReg param : block.params) {
      stores[param] = {block.first_inst, param, plan.reg_at_start(b, param)};
    }
    for (uint32_t i = block.first_inst; i < flow.end_inst[b]; ++i) {
      const MachineInst& inst = function.insts[i];
      for (uint32_t k = 0; k < inst.operand_count; ++k) {
        const Operand& def = function.operands[inst.first_operand + k];
        if (def.role != Operand::Role::Def || !needs_store(def.vreg)) continue;
        const bool at_end = inst.is_terminator && !block.targets.empty();
        const uint32_t before = at_end ? function.blocks[block.targets[0].block].first_inst : i + 1;
        stores[def.vreg] = {before, def.vreg, plan.locations[inst.first_operand + k].reg};
      }
    }
  }
  std::vector<Store> result;
  for (VReg v = 0; v < stores.size(); ++v) {
    if (!needs_store(v) || !lifetimes.is_defined(v)) continue;
    const uint32_t home = lifetimes.def_block(v);
    uint32_t lowest = frequency(function, flow, home);
    uint32_t block = plan.demand[v];
    Store store = stores[v];
    for (uint32_t i = 0; i < kMaxStoreWalk && block != home && lowest > 0; ++i) {
      if (frequency(function, flow, block) < lowest) {
        const PReg reg = plan.reg_at_start(block, v);
        if (!reg.is_none()) {
          lowest = frequency(function, flow, block);
          store = {function.blocks[block].first_inst, v, reg};
        }
      }
      block = flow.dominators.parent(block);
    }
    result.push_back(store);
  }
  std::ranges::stable_sort(result, {}, &Store::before);
  return result;
}

SpillSlots assign_slots(const MachineFunction& function, const Lifetimes& lifetimes,
                        const Plan& plan) {
  struct Life {
    uint32_t from;
    uint32_t to;
    VReg vreg;
  };
  std::vector<Life> lives;
  for (VReg v = 0; v < function.vregs.size(); ++v) {
    if (plan.demand[v] == kNoBlock || !lifetimes.is_defined(v)) continue;
    lives.push_back({lifetimes.ranges(v)[0].from, lifetimes.end(v), v});
  }
  std::ranges::sort(lives, {}, [](const Life& life) { return std::pair(life.from, life.vreg); });

  // Per size: slots (counted in that size) that are free, and those in use by their ends.
  using End = std::pair<uint32_t, uint32_t>;
  struct Pool {
    std::vector<uint32_t> free;
    std::priority_queue<End, std::vector<End>, std::greater<>> used;
    uint32_t count = 0;
  };
  std::array<Pool, 3> pools;
  const auto pool_of = [&function](VReg v) {
    const uint8_t bytes = function.vregs[v].bytes;
    return bytes == 16 ? 0 : bytes == 8 ? 1 : 2;
  };
  SpillSlots result;
  result.slot.assign(function.vregs.size(), kNever);
  for (const Life& life : lives) {
    Pool& pool = pools[static_cast<size_t>(pool_of(life.vreg))];
    while (!pool.used.empty() && pool.used.top().first <= life.from) {
      pool.free.push_back(pool.used.top().second);
      pool.used.pop();
    }
    uint32_t slot = pool.count;
    if (pool.free.empty()) {
      ++pool.count;
    } else {
      slot = pool.free.back();
      pool.free.pop_back();
    }
    pool.used.emplace(life.to, slot);
    result.slot[life.vreg] = slot;
  }
  // The largest lowest, so that all are aligned.
  std::array<uint32_t, 3> base = {};
  uint32_t bytes = 0;
  for (size_t i = 0; i < pools.size(); ++i) {
    base[i] = bytes;
    bytes += pools[i].count * (16u >> i);
  }
  for (const Life& life : lives) {
    const auto pool = static_cast<size_t>(pool_of(life.vreg));
    uint32_t& slot = result.slot[life.vreg];
    slot = base[pool] + slot * (16u >> pool);
  }
  result.bytes = bytes;
  return result;
}

}  // namespace brink::compile::regalloc
