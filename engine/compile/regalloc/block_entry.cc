// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What is in registers at the start of a block, and the moves on the edges that arrive otherwise.
//
// Where predecessors meet, a value keeps a register if those that are not cold have it in one, or
// most of them and it is needed soon. A loop's header is stricter: what it holds, each back edge
// must bring again. So it takes what the loop uses, as long as the loop's temporaries leave room,
// and nothing that calls take away more often than it is used.

#include <algorithm>
#include <bit>

#include "engine/compile/regalloc/forward_pass.h"

namespace brink::compile::regalloc {

namespace {

constexpr uint32_t kUnused = ~uint32_t{0} - 1;
/// Predecessors that are asked where they have arguments and values.
constexpr size_t kMaxAsked = 16;
/// A merge reloads on an edge what is used that soon after it.
constexpr uint32_t kSoon = 40;
/// Use sites that are looked at to weigh a value in a loop.
constexpr size_t kMaxWeighed = 400;
/// Registers that copies of values for fixed operands take in a loop, about.
constexpr uint32_t kRoomForCopies = 2;
/// Uses per round from which on a value is loaded into a register before a loop.
constexpr float kWorthHoisting = 0.4f;

/// A number of uses as a whole number, to rank by.
uint32_t weight_of(float uses) {
  return static_cast<uint32_t>(std::min(uses * 64, 1e9f));
}

}  // namespace

void ForwardPass::enter_block(uint32_t b) {
  const MachineBlock& block = function_.blocks[b];
  clear();
  block_ = b;
  from_ = block.first_inst;
  if (block.is_landing || block.predecessors.empty()) {
    plan_.at_start[b] = {};
    return;
  }
  if (block.predecessors.size() == 1 && block.params.empty()) {
    inherit(b, block.predecessors[0]);
    plan_.at_start[b] = snapshot();
    return;
  }
  merge(b);
  plan_.at_start[b] = snapshot();
  for (const uint32_t pred : block.predecessors) {
    if (pred < b) edge_moves(pred, b);
  }
}

void ForwardPass::leave_block(uint32_t b) {
  at_end_[b] = snapshot();
  for (const MachineTarget& target : function_.blocks[b].targets) {
    if (target.block <= b) {
      edge_moves(b, target.block);
      continue;
    }
    // Other predecessors of the target do well to bring their arguments to the same registers.
    const auto args = function_.args_of(target);
    for (size_t k = 0; k < args.size(); ++k) {
      const VReg param = function_.blocks[target.block].params[k];
      if (home_[param].is_none() && where_[args[k]] != 0) home_[param] = lowest(where_[args[k]]);
    }
  }
}

void ForwardPass::inherit(uint32_t block, uint32_t pred) {
  for (const Resident& resident : plan_.residents_of(at_end_[pred])) {
    if (!alive_at_start(resident.vreg, block)) continue;
    const PReg home = home_[resident.vreg];
    put(resident.vreg, resident.reg);
    home_[resident.vreg] = home;
  }
}

bool ForwardPass::alive_at_start(VReg v, uint32_t block) {
  const auto ranges = lifetimes_.ranges(v);
  uint32_t& cursor = range_cursor_[v];
  const uint32_t point = 2 * function_.blocks[block].first_inst;
  while (cursor < ranges.size() && ranges[cursor].to <= point) ++cursor;
  if (cursor == ranges.size() || ranges[cursor].from > point) return false;
  return lifetimes_.is_exact(v) || flow_.dominators.is_ancestor(lifetimes_.def_block(v), block);
}

void ForwardPass::merge(uint32_t b) {
  find_entrants(b);
  add_params(b);
  seat_entrants(b);
}

void ForwardPass::find_entrants(uint32_t b) {
  const MachineBlock& block = function_.blocks[b];
  entrants_.clear();
  preds_.clear();
  for (const bool cold : {false, true}) {
    for (const uint32_t pred : block.predecessors) {
      if (pred < b && function_.blocks[pred].is_cold == cold) preds_.push_back(pred);
    }
    if (!preds_.empty()) break;
  }
  count_residents(b);
  const uint32_t loop = flow_.loop_of[b];
  if (loop != kNoLoop && flow_.loops[loop].header == b) {
    choose_for_loop(b);
  } else {
    choose_for_merge(b);
  }
}

void ForwardPass::count_residents(uint32_t b) {
  for (const uint32_t pred : preds_) {
    for (const Resident& resident : plan_.residents_of(at_end_[pred])) {
      const VReg v = resident.vreg;
      if (counted_in_[v] != b) {
        if (!alive_at_start(v, b)) continue;
        counted_in_[v] = b;
        counted_pred_[v] = pred;
        count_[v] = 1;
        entrants_.push_back({.vreg = v, .regs = bit(resident.reg)});
      } else if (counted_pred_[v] != pred) {
        counted_pred_[v] = pred;
        ++count_[v];
      } else if (count_[v] == 1) {
        // A second register of the first predecessor that has it.
        const auto it = std::ranges::find(entrants_, v, &Entrant::vreg);
        it->regs |= bit(resident.reg);
      }
    }
  }
}

void ForwardPass::choose_for_merge(uint32_t b) {
  const auto all = static_cast<uint32_t>(preds_.size());
  const uint32_t loop = flow_.loop_of[b];
  std::erase_if(entrants_, [&](Entrant& entrant) {
    const VReg v = entrant.vreg;
    entrant.rank = distance(v);
    if (count_[v] == all) return false;
    if (!lifetimes_.is_exact(v) || 2 * count_[v] < all || lost_before_use(v)) return true;
    // The loop's header wants it back in any case.
    if (loop != kNoLoop && !plan_.reg_at_start(flow_.loops[loop].header, v).is_none()) return false;
    return entrant.rank > kSoon;
  });
}

void ForwardPass::choose_for_loop(uint32_t b) {
  const uint32_t loop = flow_.loop_of[b];
  std::erase_if(entrants_, [&](Entrant& entrant) {
    const float uses = uses_in_loop(entrant.vreg, loop);
    const float calls = calls_in_loop(entrant.vreg, loop);
    if (calls > 0 && uses <= calls) return true;
    if (!lifetimes_.is_exact(entrant.vreg) && count_[entrant.vreg] < preds_.size()) return true;
    const uint32_t weight = weight_of(uses);
    // Reloading before the loop must pay.
    if (weight == 0 && count_[entrant.vreg] < preds_.size()) return true;
    entrant.rank = kUnused - weight;
    return false;
  });
  std::ranges::stable_sort(entrants_, {}, &Entrant::rank);
  for (const RegClass cls : {RegClass::Int, RegClass::Vector}) {
    uint32_t params = 0;
    for (const VReg param : function_.blocks[b].params) {
      if (this->cls(param) == cls) ++params;
    }
    const auto all = static_cast<uint32_t>(std::popcount(outlook_.allocatable(cls)));
    const uint32_t invariants = outlook_.alive_at_start(b, cls) - params;
    const uint32_t pressure = outlook_.loop(loop).pressure[static_cast<size_t>(cls)];
    const uint32_t others = pressure > invariants ? pressure - invariants : 0;
    const uint32_t room = std::max(all > others ? all - others : 0, all / 4);
    // Who is not used needs more room than that: fixed operands take registers for copies.
    const bool has_fixed = (outlook_.loop(loop).wanted & outlook_.allocatable(cls)) != 0;
    const uint32_t idle_room = room - std::min(room, has_fixed ? kRoomForCopies : 0);
    uint32_t count = 0;
    std::erase_if(entrants_, [&](const Entrant& entrant) {
      if (this->cls(entrant.vreg) != cls) return false;
      return ++count > (entrant.rank == kUnused ? idle_room : room);
    });
    if (count < room) hoist_into_loop(b, cls, room - count);
  }
}

// How often the loop reads the value, per round.
float ForwardPass::uses_in_loop(VReg v, uint32_t loop) const {
  const auto sites = lifetimes_.uses(v);
  const uint32_t header = flow_.loops[loop].header;
  const uint32_t start = function_.blocks[header].first_inst;
  const uint32_t end = flow_.end_inst[flow_.loops[loop].last];
  auto site = std::ranges::lower_bound(sites, start, {}, &UseSite::inst);
  float uses = 0;
  for (size_t i = 0; i < kMaxWeighed && site != sites.end() && site->inst() < end; ++i, ++site) {
    if (site->is_edge()) continue;
    const float frequency = flow_.frequency[lifetimes_.block_of(site->inst())];
    uses += site->is_any() ? frequency / 2 : frequency;
  }
  return uses / flow_.frequency[header];
}

/// How often a call takes its register, per round.
float ForwardPass::calls_in_loop(VReg v, uint32_t loop) const {
  return outlook_.loop(loop).calls[static_cast<size_t>(cls(v))] /
         flow_.frequency[flow_.loops[loop].header];
}

bool ForwardPass::lives_across_call(VReg v) const {
  const auto calls = outlook_.calls(cls(v), false);
  const auto ranges = lifetimes_.ranges(v);
  for (size_t i = 0; i < std::min(ranges.size(), kMaxWeighed); ++i) {
    const auto call = std::ranges::lower_bound(calls, (ranges[i].from + 1) / 2);
    if (call != calls.end() && 2 * *call + 1 < ranges[i].to) return true;
  }
  return false;
}

// Values in slots that an innermost loop reads: once before it is better than in each round. Each
// instruction belongs to one innermost loop, so this stays linear.
void ForwardPass::hoist_into_loop(uint32_t b, RegClass cls, uint32_t room) {
  const MachineLoop& loop = flow_.loops[flow_.loop_of[b]];
  if (!loop.is_innermost) return;
  const uint32_t start = function_.blocks[b].first_inst;
  for (uint32_t inner = b; inner <= loop.last && room != 0; ++inner) {
    const MachineBlock& block = function_.blocks[inner];
    if (block.is_cold) continue;
    for (uint32_t i = block.first_inst; i < flow_.end_inst[inner] && room != 0; ++i) {
      for (const Operand& use : function_.operands_of(function_.insts[i])) {
        const VReg v = use.vreg;
        if (use.role != Operand::Role::Use || this->cls(v) != cls || counted_in_[v] == b) continue;
        if (lifetimes_.def_point(v) >= 2 * start || !lifetimes_.is_exact(v) || room == 0) continue;
        counted_in_[v] = b;
        count_[v] = 0;
        const float uses = uses_in_loop(v, flow_.loop_of[b]);
        if (uses <= calls_in_loop(v, flow_.loop_of[b]) + kWorthHoisting) continue;
        entrants_.push_back({.vreg = v, .rank = kUnused - weight_of(uses)});
        --room;
      }
    }
  }
}

void ForwardPass::add_params(uint32_t b) {
  const MachineBlock& block = function_.blocks[b];
  if (block.params.empty()) return;
  const auto first = entrants_.size();
  const bool is_loop = flow_.loop_of[b] != kNoLoop && flow_.loops[flow_.loop_of[b]].header == b;
  for (const VReg param : block.params) {
    const bool wants = !lifetimes_.uses(param).empty() && param_wants_register(param, b);
    const uint32_t rank = is_loop ? 0 : distance(param);
    entrants_.push_back({.vreg = param, .rank = wants ? rank : kNever, .is_param = true});
  }
  for (size_t i = 0; i < std::min(preds_.size(), kMaxAsked); ++i) {
    note_residents(at_end_[preds_[i]]);
    const MachineTarget& edge = function_.blocks[preds_[i]].targets[0];
    const auto args = function_.args_of(edge);
    for (size_t k = 0; k < args.size(); ++k) {
      if (entrants_[first + k].regs == 0) entrants_[first + k].regs = at_pred_[args[k]];
    }
    forget_residents(at_end_[preds_[i]]);
  }
}

bool ForwardPass::param_wants_register(VReg v, uint32_t b) {
  const uint32_t loop = flow_.loop_of[b];
  if (loop == kNoLoop || flow_.loops[loop].header != b) return !lost_before_use(v);
  const float calls = calls_in_loop(v, loop);
  if (calls == 0 || !lives_across_call(v)) return true;
  // In a register: stored in each round, and brought back after calls. In its slot: read by who
  // uses it, written by who changes it.
  float in_slot = uses_in_loop(v, loop);
  for (const uint32_t pred : function_.blocks[b].predecessors) {
    if (pred < b) continue;
    const VReg arg = function_.args_of(function_.blocks[pred].targets[0])[param_index_[v]];
    if (arg != v) in_slot += flow_.frequency[pred] / flow_.frequency[b];
  }
  return in_slot > 1 + calls;
}

// First those who can stay where they are, then the parameters, then the rest.
void ForwardPass::seat_entrants(uint32_t b) {
  std::ranges::stable_sort(entrants_, {}, &Entrant::rank);
  std::array<uint32_t, kRegClasses> room = {};
  for (size_t c = 0; c < kRegClasses; ++c) {
    room[c] = static_cast<uint32_t>(std::popcount(outlook_.allocatable(static_cast<RegClass>(c))));
  }
  for (Entrant& entrant : entrants_) {
    uint32_t& left = room[static_cast<size_t>(cls(entrant.vreg))];
    if (left == 0) entrant.rank = kNever;
    if (entrant.rank != kNever) --left;
  }
  RegBits taken = 0;
  for (const bool params : {false, true}) {
    for (Entrant& entrant : entrants_) {
      if (entrant.rank == kNever || entrant.is_param != params) continue;
      const uint32_t limit = limit_of(entrant.vreg);
      for (RegBits bits = entrant.regs & ~taken; bits != 0; bits &= bits - 1) {
        const PReg reg = lowest(bits);
        if (suits(entrant.vreg, reg, limit) || fulfils_desire(entrant.vreg, reg)) {
          seat(entrant, reg, taken);
          break;
        }
      }
    }
  }
  for (Entrant& entrant : entrants_) {
    if (entrant.rank == kNever || !entrant.reg.is_none()) continue;
    const RegBits free = outlook_.allocatable(cls(entrant.vreg)) & ~taken;
    if (free == 0) continue;
    PReg reg = choose(entrant.vreg, free);
    // Moving only pays if it is the last time.
    if ((entrant.regs & free) != 0 && !suits(entrant.vreg, reg, limit_of(entrant.vreg))) {
      reg = lowest(entrant.regs & free);
    }
    seat(entrant, reg, taken);
  }
  for (const Entrant& entrant : entrants_) {
    if (!entrant.reg.is_none()) {
      put(entrant.vreg, entrant.reg);
    } else if (entrant.is_param && !lifetimes_.uses(entrant.vreg).empty()) {
      plan_.starts_in_slot[entrant.vreg] = 1;
      plan_.read_slot(flow_, entrant.vreg, b);
    }
  }
}

void ForwardPass::seat(Entrant& entrant, PReg reg, RegBits& taken) {
  entrant.reg = reg;
  taken |= bit(reg);
}

void ForwardPass::note_residents(ResidentSpan span) {
  for (const Resident& resident : plan_.residents_of(span)) {
    at_pred_[resident.vreg] |= bit(resident.reg);
  }
}

void ForwardPass::forget_residents(ResidentSpan span) {
  for (const Resident& resident : plan_.residents_of(span)) at_pred_[resident.vreg] = 0;
}

// Everything that `to` expects, brought there at the end of `from`, whose only target it is.
void ForwardPass::edge_moves(uint32_t from, uint32_t to) {
  const auto first = static_cast<uint32_t>(plan_.moves.size());
  const auto args = function_.args_of(function_.blocks[from].targets[0]);
  note_residents(at_end_[from]);
  const ResidentSpan expected = plan_.at_start[to];
  for (uint32_t i = 0; i < expected.count; ++i) {
    const Resident resident = plan_.residents[expected.first + i];
    const VReg v = resident.vreg;
    edge_move(is_param_of(v, to) ? args[param_index_[v]] : v, v, resident.reg, from);
  }
  const auto& params = function_.blocks[to].params;
  for (size_t k = 0; k < params.size(); ++k) {
    if (plan_.starts_in_slot[params[k]] != 0) edge_move(args[k], params[k], {}, from);
  }
  forget_residents(at_end_[from]);
  plan_.edge_groups[from] = {flow_.end_inst[from] - 1, first,
                             static_cast<uint32_t>(plan_.moves.size()) - first};
}

/// `reg`: none for the slot of `v`.
void ForwardPass::edge_move(VReg source, VReg v, PReg reg, uint32_t from) {
  const RegBits places = at_pred_[source];
  if (!reg.is_none() && (places & bit(reg)) != 0) return;
  if (places == 0) read_slot(source, from);
  plan_.moves.push_back({source, v, places == 0 ? PReg{} : lowest(places), reg});
}

}  // namespace brink::compile::regalloc
