// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/regalloc/spill_slots.h"

#include <algorithm>
#include <array>
#include <functional>
#include <queue>
#include <span>
#include <unordered_map>
#include <utility>

namespace brink::compile::regalloc {

namespace {

/// Dominators between a definition and the readers of the slot that are tried for the store.
constexpr uint32_t kMaxStoreWalk = 64;
/// A place for a store must be that much rarer than the definition.
constexpr float kRarer = 0.7f;

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
Stores place_stores(const MachineFunction& function, const Flow& flow, const Lifetimes& lifetimes,
                    const Plan& plan) {
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
  Stores result;
  result.block.assign(stores.size(), kNoBlock);
  for (VReg v = 0; v < stores.size(); ++v) {
    if (!needs_store(v) || !lifetimes.is_defined(v)) continue;
    const uint32_t home = lifetimes.def_block(v);
    float lowest = flow.frequency[home] * kRarer;
    uint32_t block = plan.demand[v];
    Store store = stores[v];
    for (uint32_t i = 0; i < kMaxStoreWalk && block != home; ++i) {
      if (flow.frequency[block] < lowest) {
        const PReg reg = plan.reg_at_start(block, v);
        if (!reg.is_none()) {
          lowest = flow.frequency[block];
          store = {function.blocks[block].first_inst, v, reg};
          result.block[v] = block;
        }
      }
      block = flow.dominators.parent(block);
    }
    result.list.push_back(store);
  }
  std::ranges::stable_sort(result.list, {}, &Store::before);
  return result;
}

namespace {

/// Values that will have one slot.
class SlotGroups {
 public:
  SlotGroups(const MachineFunction& function, const Lifetimes& lifetimes, const Plan& plan)
      : lifetimes_(lifetimes), leader_(function.vregs.size()) {
    for (VReg v = 0; v < leader_.size(); ++v) {
      const bool spilled = plan.demand[v] != kNoBlock && lifetimes.is_defined(v);
      leader_[v] = spilled ? v : kNoVReg;
    }
  }

  VReg leader(VReg v) {
    if (leader_[v] == kNoVReg) return kNoVReg;
    while (leader_[v] != v) {
      leader_[v] = leader_[leader_[v]];
      v = leader_[v];
    }
    return v;
  }

  void join(VReg a, VReg b) {
    a = leader(a);
    b = leader(b);
    if (a == kNoVReg || b == kNoVReg || a == b) return;
    const auto left = ranges(a);
    const auto right = ranges(b);
    if (left.size() + right.size() > kMaxRanges) return;
    std::vector<Range> joined(left.size() + right.size());
    std::ranges::merge(left, right, joined.begin(), {}, &Range::from, &Range::from);
    for (size_t i = 1; i < joined.size(); ++i) {
      if (joined[i].from < joined[i - 1].to) return;
    }
    leader_[b] = a;
    joined_[a] = std::move(joined);
    joined_.erase(b);
  }

  std::span<const Range> ranges(VReg leader) const {
    const auto it = joined_.find(leader);
    return it == joined_.end() ? lifetimes_.ranges(leader) : std::span<const Range>(it->second);
  }

 private:
  /// Groups do not grow beyond that, so that joining stays cheap.
  static constexpr size_t kMaxRanges = 256;
  const Lifetimes& lifetimes_;
  std::vector<VReg> leader_;
  std::unordered_map<VReg, std::vector<Range>> joined_;
};

void join_arguments(const MachineFunction& function, const Flow& flow, const Plan& plan,
                    SlotGroups& groups) {
  std::vector<uint32_t> edges;
  for (uint32_t b = 0; b < function.blocks.size(); ++b) {
    const auto& targets = function.blocks[b].targets;
    if (targets.size() == 1 && targets[0].arg_count != 0) edges.push_back(b);
  }
  std::ranges::stable_sort(edges, std::greater<>(), [&](uint32_t b) { return flow.frequency[b]; });
  for (const uint32_t b : edges) {
    const MachineTarget& target = function.blocks[b].targets[0];
    const auto args = function.args_of(target);
    for (size_t k = 0; k < args.size(); ++k) {
      const VReg param = function.blocks[target.block].params[k];
      if (plan.starts_in_slot[param] != 0) groups.join(args[k], param);
    }
  }
}

/// Slots of one size, counted in that size.
struct Pool {
  using End = std::pair<uint32_t, uint32_t>;
  std::vector<uint32_t> free;
  std::priority_queue<End, std::vector<End>, std::greater<>> used;  ///< by the end of their use
  uint32_t count = 0;

  uint32_t take(uint32_t from, uint32_t to) {
    while (!used.empty() && used.top().first <= from) {
      free.push_back(used.top().second);
      used.pop();
    }
    uint32_t slot = count;
    if (free.empty()) {
      ++count;
    } else {
      slot = free.back();
      free.pop_back();
    }
    used.emplace(to, slot);
    return slot;
  }
};

}  // namespace

SpillSlots assign_slots(const MachineFunction& function, const Flow& flow,
                        const Lifetimes& lifetimes, const Plan& plan) {
  struct Life {
    uint32_t from;
    uint32_t to;
    VReg vreg;
  };
  SlotGroups groups(function, lifetimes, plan);
  join_arguments(function, flow, plan, groups);
  std::vector<Life> lives;
  for (VReg v = 0; v < function.vregs.size(); ++v) {
    if (groups.leader(v) != v) continue;
    const auto ranges = groups.ranges(v);
    lives.push_back({ranges.front().from, ranges.back().to, v});
  }
  std::ranges::sort(lives, {}, [](const Life& life) { return std::pair(life.from, life.vreg); });

  std::array<Pool, 3> pools;
  const auto pool_of = [&function](VReg v) -> size_t {
    const uint8_t bytes = function.vregs[v].bytes;
    return bytes == 16 ? 0 : bytes == 8 ? 1 : 2;
  };
  SpillSlots result;
  result.slot.assign(function.vregs.size(), kNever);
  for (const Life& life : lives) {
    result.slot[life.vreg] = pools[pool_of(life.vreg)].take(life.from, life.to);
  }
  // The largest lowest, so that all are aligned.
  std::array<uint32_t, 3> base = {};
  for (size_t i = 0; i < pools.size(); ++i) {
    base[i] = result.bytes;
    result.bytes += pools[i].count * (16u >> i);
  }
  for (const Life& life : lives) {
    const size_t pool = pool_of(life.vreg);
    uint32_t& slot = result.slot[life.vreg];
    slot = base[pool] + slot * (16u >> pool);
  }
  for (VReg v = 0; v < function.vregs.size(); ++v) {
    if (groups.leader(v) != kNoVReg) result.slot[v] = result.slot[groups.leader(v)];
  }
  return result;
}

}  // namespace brink::compile::regalloc
