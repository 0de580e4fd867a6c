// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Executes an allocation symbolically: for each register and slot, the set of virtual registers
// whose value it holds, forwards through the blocks until nothing changes, where blocks meet only
// what all agree on. Then each instruction must find what it asks for. Shares nothing with the
// allocator, not even the notion of who is alive.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/compile/machine/machine.h"
#include "engine/compile/machine/print.h"

namespace brink::compile {

namespace {

using Constraint = Operand::Constraint;
using Role = Operand::Role;

constexpr uint32_t kFirstSlot = 64;
constexpr uint32_t kUnit = 4;

/// A register by its number, or 64 + the first unit of a slot.
using Place = uint32_t;

bool contains(const std::vector<VReg>& values, VReg v) {
  return std::ranges::find(values, v) != values.end();
}

/// What holds what. Flat and sorted, so that meeting is an intersection.
using Holdings = std::vector<std::pair<Place, VReg>>;

/// Holdings to work with: values by place and places by value.
class State {
 public:
  explicit State(const MachineFunction& function) : function_(function) {}

  void load(const Holdings& holdings) {
    values_.clear();
    places_.clear();
    for (const auto& [place, v] : holdings) add(place, v);
  }
  Holdings save() const {
    Holdings holdings;
    for (const auto& [place, values] : values_) {
      for (const VReg v : values) holdings.emplace_back(place, v);
    }
    std::ranges::sort(holdings);
    return holdings;
  }

  const std::vector<VReg>& at(Place place) const {
    static const std::vector<VReg> nothing;
    const auto it = values_.find(place);
    return it == values_.end() ? nothing : it->second;
  }
  bool holds(Place place, VReg v) const { return contains(at(place), v); }
  void add(Place place, VReg v) {
    if (holds(place, v)) return;
    values_[place].push_back(v);
    places_[v].push_back(place);
  }
  void wipe(Place place) {
    const auto it = values_.find(place);
    if (it == values_.end()) return;
    for (const VReg v : it->second) std::erase(places_[v], place);
    values_.erase(it);
  }
  /// Something is written there: whatever overlaps is gone.
  void wipe(Place place, uint32_t bytes) {
    if (place < kFirstSlot) return wipe(place);
    for (uint32_t unit = 0; unit < bytes / kUnit; ++unit) wipe(place + unit);
    for (uint32_t below = 1; below < 16 / kUnit && place - below >= kFirstSlot; ++below) {
      const auto held = at(place - below);
      const bool reaches = std::ranges::any_of(
          held, [&](VReg v) { return function_.vregs[v].bytes > below * kUnit; });
      if (reaches) wipe(place - below);
    }
  }
  /// The value gets a new instance: copies of the old one are copies no more.
  void forget(VReg v) {
    const auto it = places_.find(v);
    if (it == places_.end()) return;
    for (const Place place : it->second) {
      auto& values = values_[place];
      std::erase(values, v);
      if (values.empty()) values_.erase(place);
    }
    places_.erase(it);
  }
  std::vector<Place> places_of(VReg v) const {
    const auto it = places_.find(v);
    return it == places_.end() ? std::vector<Place>{} : it->second;
  }

 private:
  const MachineFunction& function_;
  std::map<Place, std::vector<VReg>> values_;
  std::map<VReg, std::vector<Place>> places_;
};

class Checker {
 public:
  Checker(const MachineFunction& function, const RegisterFile& registers,
          const Allocation& allocation)
      : function_(function), registers_(registers), allocation_(allocation), state_(function) {}

  std::string run() {
    tables();
    if (!error_.empty()) return error_;
    find_live_refs();
    flow();
    report_ = true;
    for (uint32_t b = 0; b < function_.blocks.size() && error_.empty(); ++b) {
      if (!at_start_[b]) continue;
      state_.load(*at_start_[b]);
      block(b);
    }
    return error_;
  }

 private:
  template <typename... Args>
  void expect(bool condition, fmt::format_string<Args...> format, Args&&... args) {
    if (condition || !report_ || !error_.empty()) return;
    error_ = fmt::format(format, std::forward<Args>(args)...);
  }

  static std::optional<Place> place_of(const Location& location) {
    if (location.kind == Location::Kind::Reg) return location.reg.number;
    if (location.kind == Location::Kind::Slot) return kFirstSlot + location.slot / kUnit;
    return std::nullopt;
  }
  bool is_scratch(PReg reg) const {
    return reg == registers_.scratch[0] || reg == registers_.scratch[1];
  }

  // --- What can be said without executing

  void tables() {
    report_ = true;
    expect(allocation_.locations.size() == function_.operands.size(), "locations are missing");
    expect(allocation_.spill_bytes % 16 == 0, "the spill area is not a multiple of 16");
    expect(std::ranges::is_sorted(allocation_.moves, {}, &AllocatedMove::before),
           "moves are not in order");
    first_move_.assign(function_.insts.size() + 1, 0);
    for (const AllocatedMove& move : allocation_.moves) {
      expect(move.before < function_.insts.size(), "a move before no instruction");
      if (!error_.empty()) return;
      ++first_move_[move.before + 1];
    }
    for (size_t i = 0; i < function_.insts.size(); ++i) first_move_[i + 1] += first_move_[i];
    auto map = allocation_.stack_maps.begin();
    for (uint32_t i = 0; i < function_.insts.size(); ++i) {
      if (!function_.insts[i].is_safepoint) continue;
      expect(map != allocation_.stack_maps.end() && map->inst == i, "{}: no stack map", i);
      if (!error_.empty()) return;
      expect(map->first_slot + uint64_t{map->slot_count} <= allocation_.map_slots.size(),
             "{}: its stack map lies outside of the table", i);
      ++map;
    }
    expect(map == allocation_.stack_maps.end(), "a stack map for no safepoint");
    report_ = false;
  }

  bool is_traced(VReg v) const {
    return function_.vregs[v].is_ref && function_.vregs[v].rematerialize == kNoInst;
  }

  /// By block: references alive at its end. Backwards until nothing changes.
  void find_live_refs() {
    const size_t blocks = function_.blocks.size();
    refs_out_.assign(blocks, {});
    std::vector<std::vector<VReg>> refs_in(blocks);
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t b = blocks; b-- > 0;) {
        const MachineBlock& block = function_.blocks[b];
        std::vector<VReg> out;
        for (const MachineTarget& target : block.targets) {
          const auto& in = refs_in[target.block];
          out.insert(out.end(), in.begin(), in.end());
        }
        remove_defs(out, block.first_inst + block.inst_count - 1);
        for (const MachineTarget& target : block.targets) {
          for (const VReg arg : function_.args_of(target)) {
            if (is_traced(arg)) out.push_back(arg);
          }
        }
        normalize(out);
        std::vector<VReg> in = out;
        for (uint32_t i = block.inst_count; i-- > 0;) step_back(in, block.first_inst + i);
        for (const VReg param : block.params) std::erase(in, param);
        normalize(in);
        refs_out_[b] = std::move(out);
        if (in != refs_in[b]) {
          refs_in[b] = std::move(in);
          changed = true;
        }
      }
    }
  }
  static void normalize(std::vector<VReg>& refs) {
    std::ranges::sort(refs);
    const auto duplicates = std::ranges::unique(refs);
    refs.erase(duplicates.begin(), duplicates.end());
  }
  void remove_defs(std::vector<VReg>& refs, uint32_t inst) const {
    for (const Operand& operand : function_.operands_of(function_.insts[inst])) {
      if (operand.role == Role::Def && is_traced(operand.vreg)) std::erase(refs, operand.vreg);
    }
  }
  void step_back(std::vector<VReg>& refs, uint32_t inst) const {
    remove_defs(refs, inst);
    for (const Operand& operand : function_.operands_of(function_.insts[inst])) {
      if (operand.role == Role::Use && is_traced(operand.vreg) && !contains(refs, operand.vreg)) {
        refs.push_back(operand.vreg);
      }
    }
  }

  // --- Execution

  void flow() {
    at_start_.assign(function_.blocks.size(), std::nullopt);
    at_start_[0] = Holdings{};
    std::vector<uint32_t> work{0};
    while (!work.empty()) {
      const uint32_t b = work.back();
      work.pop_back();
      state_.load(*at_start_[b]);
      block(b);
      const Holdings end = state_.save();
      const auto& targets = function_.blocks[b].targets;
      for (uint32_t t = 0; t < targets.size(); ++t) {
        Holdings arriving = cross(end, b, t);
        auto& known = at_start_[targets[t].block];
        if (!known) {
          known = std::move(arriving);
        } else {
          Holdings common;
          std::ranges::set_intersection(*known, arriving, std::back_inserter(common));
          if (common == *known) continue;
          known = std::move(common);
        }
        work.push_back(targets[t].block);
      }
    }
  }

  /// What holds what on the other side of an edge.
  Holdings cross(const Holdings& end, uint32_t from, uint32_t t) {
    const MachineBlock& block = function_.blocks[from];
    const MachineTarget& target = block.targets[t];
    const MachineBlock& to = function_.blocks[target.block];
    const auto args = function_.args_of(target);
    state_.load(end);
    if (t != 0) {
      const MachineInst& last = function_.insts[block.first_inst + block.inst_count - 1];
      for (const Operand& operand : function_.operands_of(last)) {
        if (operand.role == Role::Def) state_.forget(operand.vreg);
      }
    }
    if (to.is_landing) {
      for (Place place = 0; place < kFirstSlot; ++place) state_.wipe(place);
    }
    std::vector<std::vector<Place>> arriving;
    for (const VReg arg : args) arriving.push_back(state_.places_of(arg));
    for (const VReg param : to.params) state_.forget(param);
    for (size_t k = 0; k < args.size(); ++k) {
      for (const Place place : arriving[k]) state_.add(place, to.params[k]);
    }
    return state_.save();
  }

  void block(uint32_t b) {
    const MachineBlock& block = function_.blocks[b];
    const bool check_refs = report_;
    std::vector<std::vector<VReg>> refs_across;
    if (check_refs) {
      // After each instruction, the last one first.
      std::vector<VReg> refs = refs_out_[b];
      for (uint32_t i = block.inst_count; i-- > 0;) {
        refs_across.push_back(refs);
        remove_defs(refs_across.back(), block.first_inst + i);
        step_back(refs, block.first_inst + i);
      }
    }
    for (uint32_t i = 0; i < block.inst_count; ++i) {
      const uint32_t inst = block.first_inst + i;
      for (uint32_t m = first_move_[inst]; m < first_move_[inst + 1]; ++m) {
        move(allocation_.moves[m]);
      }
      if (check_refs && function_.insts[inst].is_safepoint) {
        safepoint(inst, refs_across[block.inst_count - 1 - i]);
      }
      instruction(inst);
    }
  }

  void move(const AllocatedMove& move) {
    check_location(move.before, move.from, move.cls, move.bytes);
    check_location(move.before, move.to, move.cls, move.bytes);
    const auto to = place_of(move.to);
    expect(to.has_value(), "{}: a move to nowhere", move.before);
    if (!to) return;
    std::vector<VReg> values;
    if (move.from.kind == Location::Kind::Rematerialize) {
      expect(move.to.kind == Location::Kind::Reg, "{}: a value is made again in memory",
             move.before);
      expect(move.from.slot < function_.insts.size(), "{}: made again by what?", move.before);
      if (move.from.slot >= function_.insts.size()) return;
      const auto operands = function_.operands_of(function_.insts[move.from.slot]);
      const bool repeats =
          operands.size() == 1 && function_.vregs[operands[0].vreg].rematerialize == move.from.slot;
      expect(repeats, "{}: repeats an instruction that cannot be repeated", move.before);
      if (repeats) values.push_back(operands[0].vreg);
    } else if (const auto from = place_of(move.from)) {
      expect(move.from.kind == Location::Kind::Reg || move.to.kind == Location::Kind::Reg,
             "{}: a move from memory to memory", move.before);
      values = state_.at(*from);
    } else {
      expect(false, "{}: a move from nowhere", move.before);
    }
    state_.wipe(*to, move.bytes);
    for (const VReg v : values) {
      const VRegInfo& info = function_.vregs[v];
      if (info.cls == move.cls && info.bytes <= move.bytes) state_.add(*to, v);
    }
  }

  void check_location(uint32_t inst, const Location& location, RegClass cls, uint32_t bytes) {
    if (location.kind == Location::Kind::Reg) {
      expect(location.reg.number < 64 && location.reg.cls() == cls, "{}: a register of no use",
             inst);
      expect(location.reg.number >= 64 || allocation_.used.contains(location.reg),
             "{}: uses a register that is not noted as used", inst);
    } else if (location.kind == Location::Kind::Slot) {
      expect(location.slot % bytes == 0 && location.slot + bytes <= allocation_.spill_bytes,
             "{}: slot {} of {} bytes is not aligned or not there", inst, location.slot, bytes);
    }
  }

  void operand_location(uint32_t i, const Operand& operand, const Location& location) {
    const VRegInfo& info = function_.vregs[operand.vreg];
    check_location(i, location, info.cls, info.bytes);
    switch (operand.constraint) {
      case Constraint::Any:
        expect(place_of(location).has_value(), "{}: v{} is nowhere", i, operand.vreg);
        break;
      case Constraint::Fixed:
        expect(location == Location::in(operand.preg), "{}: v{} is not where it must be", i,
               operand.vreg);
        break;
      case Constraint::Reg:
      case Constraint::Tied:
        expect(location.kind == Location::Kind::Reg, "{}: v{} is in no register", i, operand.vreg);
        break;
    }
    if (location.kind == Location::Kind::Reg && operand.constraint != Constraint::Fixed) {
      expect(!is_scratch(location.reg), "{}: v{} is in a scratch register", i, operand.vreg);
    }
  }

  void instruction(uint32_t i) {
    const MachineInst& inst = function_.insts[i];
    const auto operands = function_.operands_of(inst);
    const Location* locations = allocation_.locations.data() + inst.first_operand;
    for (size_t k = 0; k < operands.size(); ++k) {
      const Operand& operand = operands[k];
      operand_location(i, operand, locations[k]);
      const auto place = place_of(locations[k]);
      if (operand.role == Role::Use && place) {
        expect(state_.holds(*place, operand.vreg), "{}: {} does not hold v{}", i,
               to_string(locations[k]), operand.vreg);
      }
      if (operand.constraint == Constraint::Tied) {
        expect(locations[k] == locations[operand.tied], "{}: v{} is not tied", i, operand.vreg);
      }
      conflicts(i, k);
    }
    for (Place reg = 0; reg < kFirstSlot; ++reg) {
      if (inst.clobbers.contains(PReg{static_cast<uint8_t>(reg)})) state_.wipe(reg);
    }
    for (const Operand& operand : operands) {
      if (operand.role == Role::Def) state_.forget(operand.vreg);
    }
    for (size_t k = 0; k < operands.size(); ++k) {
      const auto place = place_of(locations[k]);
      if (operands[k].role != Role::Def || !place) continue;
      state_.wipe(*place, function_.vregs[operands[k].vreg].bytes);
    }
    for (size_t k = 0; k < operands.size(); ++k) {
      const auto place = place_of(locations[k]);
      if (operands[k].role == Role::Def && place) state_.add(*place, operands[k].vreg);
    }
  }

  /// Operand k against what is written while it must keep its value.
  void conflicts(uint32_t i, size_t k) {
    const MachineInst& inst = function_.insts[i];
    const auto operands = function_.operands_of(inst);
    const Location* locations = allocation_.locations.data() + inst.first_operand;
    const Operand& operand = operands[k];
    const auto place = place_of(locations[k]);
    if (!place) return;
    const bool is_def = operand.role == Role::Def;
    if (operand.off_time && *place < kFirstSlot) {
      expect(!inst.clobbers.contains(PReg{static_cast<uint8_t>(*place)}),
             "{}: v{} is in a register that is clobbered", i, operand.vreg);
    }
    for (size_t other = 0; other < operands.size(); ++other) {
      if (other == k || operands[other].role != Role::Def) continue;
      if (!overlap(locations[k], operand.vreg, locations[other], operands[other].vreg)) continue;
      const bool meet = is_def || operand.off_time || operands[other].off_time;
      expect(!meet, "{}: v{} and v{} are in the same place", i, operand.vreg, operands[other].vreg);
    }
  }

  bool overlap(const Location& a, VReg v, const Location& b, VReg w) const {
    if (a.kind != b.kind) return false;
    if (a.kind == Location::Kind::Reg) return a.reg == b.reg;
    return a.slot < b.slot + function_.vregs[w].bytes && b.slot < a.slot + function_.vregs[v].bytes;
  }

  void safepoint(uint32_t i, const std::vector<VReg>& across) {
    const auto map = std::ranges::lower_bound(allocation_.stack_maps, i, {}, &StackMap::inst);
    std::vector<VReg> found;
    for (uint32_t k = 0; k < map->slot_count; ++k) {
      const uint32_t slot = allocation_.map_slots[map->first_slot + k];
      const auto& held = state_.at(kFirstSlot + slot / kUnit);
      bool is_ref = false;
      for (const VReg v : held) {
        is_ref |= function_.vregs[v].is_ref;
        found.push_back(v);
      }
      expect(is_ref, "{}: slot {} of its stack map holds no reference", i, slot);
      const MachineInst& inst = function_.insts[i];
      for (uint32_t operand = 0; operand < inst.operand_count; ++operand) {
        if (function_.operands_of(inst)[operand].role != Role::Def) continue;
        expect(allocation_.locations[inst.first_operand + operand] != Location::at(slot),
               "{}: slot {} of its stack map is its result", i, slot);
      }
    }
    for (const VReg v : across) {
      expect(contains(found, v), "{}: v{} is missing in the stack map", i, v);
    }
  }

  const MachineFunction& function_;
  const RegisterFile& registers_;
  const Allocation& allocation_;
  State state_;
  bool report_ = false;
  std::string error_;
  std::vector<uint32_t> first_move_;  ///< by instruction
  std::vector<std::vector<VReg>> refs_out_;
  std::vector<std::optional<Holdings>> at_start_;
};

}  // namespace

std::string check_allocation(const MachineFunction& function, const RegisterFile& registers,
                             const Allocation& allocation) {
  return Checker(function, registers, allocation).run();
}

}  // namespace brink::compile
