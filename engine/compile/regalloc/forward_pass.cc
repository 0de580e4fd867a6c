// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The state of the registers, and what an instruction does to it.

#include "engine/compile/regalloc/forward_pass.h"

#include <algorithm>
#include <bit>

#include "engine/support/check.h"

namespace brink::compile::regalloc {

using Constraint = Operand::Constraint;
using Role = Operand::Role;

namespace {

/// A value that is loaded for a use which destroys it is kept beside if it is used that soon again.
constexpr uint32_t kKeepWithin = 6;

}  // namespace

ForwardPass::ForwardPass(const MachineFunction& function, const RegisterFile& registers,
                         const Flow& flow, const Lifetimes& lifetimes, const Outlook& outlook)
    : function_(function),
      registers_(registers),
      flow_(flow),
      lifetimes_(lifetimes),
      outlook_(outlook) {
  const size_t vregs = function.vregs.size();
  const size_t blocks = function.blocks.size();
  in_reg_.fill(kNoVReg);
  where_.assign(vregs, 0);
  home_.assign(vregs, {});
  use_cursor_.assign(vregs, 0);
  range_cursor_.assign(vregs, 0);
  at_pred_.assign(vregs, 0);
  param_index_.assign(vregs, kNever);
  counted_in_.assign(vregs, kNever);
  counted_pred_.assign(vregs, kNever);
  count_.assign(vregs, 0);
  at_end_.resize(blocks);
  for (const MachineBlock& block : function.blocks) {
    for (uint32_t k = 0; k < block.params.size(); ++k) param_index_[block.params[k]] = k;
  }
  plan_.locations.resize(function.operands.size());
  plan_.edge_groups.resize(blocks);
  plan_.at_start.resize(blocks);
  plan_.demand.assign(vregs, kNoBlock);
  plan_.starts_in_slot.assign(vregs, 0);
}

Plan ForwardPass::run() {
  for (uint32_t b = 0; b < function_.blocks.size(); ++b) {
    enter_block(b);
    const MachineBlock& block = function_.blocks[b];
    for (uint32_t i = 0; i < block.inst_count; ++i) instruction(block.first_inst + i);
    leave_block(b);
  }
  return std::move(plan_);
}

PReg ForwardPass::lowest(RegBits bits) {
  return PReg{static_cast<uint8_t>(std::countr_zero(bits))};
}

/// Of several registers that hold the value the one that it is to stay in.
PReg ForwardPass::nearest_home(VReg v, RegBits places) const {
  const PReg home = home_[v];
  return !home.is_none() && (places & bit(home)) != 0 ? home : lowest(places);
}

void ForwardPass::put(VReg v, PReg reg) {
  in_reg_[reg.number] = v;
  occupied_ |= bit(reg);
  where_[v] |= bit(reg);
  home_[v] = reg;
}

void ForwardPass::drop(PReg reg) {
  const VReg v = in_reg_[reg.number];
  if (v == kNoVReg) return;
  in_reg_[reg.number] = kNoVReg;
  occupied_ &= ~bit(reg);
  where_[v] &= ~bit(reg);
}

void ForwardPass::drop_all(VReg v) {
  for (RegBits bits = where_[v]; bits != 0; bits &= bits - 1) {
    in_reg_[lowest(bits).number] = kNoVReg;
  }
  occupied_ &= ~where_[v];
  where_[v] = 0;
}

void ForwardPass::clear() {
  for (RegBits bits = occupied_; bits != 0; bits &= bits - 1) drop(lowest(bits));
}

ResidentSpan ForwardPass::snapshot() {
  ResidentSpan span{static_cast<uint32_t>(plan_.residents.size()), 0};
  for (RegBits bits = occupied_; bits != 0; bits &= bits - 1) {
    const PReg reg = lowest(bits);
    plan_.residents.push_back({in_reg_[reg.number], reg});
    ++span.count;
  }
  return span;
}

void ForwardPass::read_slot(VReg v, uint32_t block) {
  if (!can_repeat(v)) plan_.read_slot(flow_, v, block);
}

void ForwardPass::instruction(uint32_t index) {
  const MachineInst& inst = function_.insts[index];
  const auto operands = function_.operands_of(inst);
  inst_ = index;
  from_ = index + 1;
  first_operand_ = inst.first_operand;
  first_move_ = static_cast<uint32_t>(plan_.moves.size());
  begin(inst, operands);
  fixed_operands(operands);
  register_uses(operands);
  tied_uses(operands);
  early_defs(operands);
  any_uses(operands);
  save_survivors();
  const auto moves = static_cast<uint32_t>(plan_.moves.size()) - first_move_;
  if (moves != 0) plan_.groups.push_back({index, first_move_, moves});
  release(operands);
  late_defs(inst, operands);
  end(inst, operands);
}

void ForwardPass::begin(const MachineInst& inst, std::span<const Operand> operands) {
  early_claim_ = late_claim_ = 0;
  pinned_early_ = pinned_late_ = busy_ = fresh_ = consumed_ = 0;
  removed_.clear();
  displaced_.clear();
  for (const Operand& operand : operands) {
    const bool is_use = operand.role == Role::Use;
    if (is_use) busy_ |= where_[operand.vreg];
    if (operand.constraint != Constraint::Fixed) continue;
    if (is_use || operand.off_time) early_claim_ |= bit(operand.preg);
    if (!is_use || operand.off_time) late_claim_ |= bit(operand.preg);
  }
  lost_ = inst.clobbers.bits | late_claim_;
}

// Whoever is in a register that the instruction wants for something else moves out; all these moves
// happen at once, so the order does not matter.
void ForwardPass::fixed_operands(std::span<const Operand> operands) {
  if (early_claim_ == 0) return;
  for (const Operand& operand : operands) {
    if (operand.constraint != Constraint::Fixed) continue;
    const bool is_use = operand.role == Role::Use;
    if (!is_use && !operand.off_time) continue;
    const VReg holder = in_reg_[operand.preg.number];
    if (holder != kNoVReg && !(is_use && holder == operand.vreg)) displace(operand.preg);
  }
  for (uint32_t k = 0; k < operands.size(); ++k) {
    const Operand& operand = operands[k];
    if (operand.constraint != Constraint::Fixed || operand.role != Role::Use) continue;
    if (in_reg_[operand.preg.number] != operand.vreg) {
      // A copy for this instruction; the value's place is where it was.
      const PReg home = home_[operand.vreg];
      const bool is_copy = where_[operand.vreg] != 0;
      move_to(operand.vreg, operand.preg);
      if (is_copy) home_[operand.vreg] = home;
    }
    plan_.locations[first_operand_ + k] = Location::in(operand.preg);
  }
  pinned_early_ |= early_claim_;
  pinned_late_ |= early_claim_ & late_claim_;
}

void ForwardPass::displace(PReg reg) {
  const VReg v = in_reg_[reg.number];
  removed_.push_back({v, reg});
  displaced_.push_back(v);
  drop(reg);
}

// Adds a move of the group before the instruction: from where the value was before the group.
void ForwardPass::move_to(VReg v, PReg reg) {
  PReg source;
  const RegBits places = where_[v] & ~fresh_;
  if (places != 0) {
    source = lowest(places);
  } else {
    const auto it = std::ranges::find(removed_, v, &Resident::vreg);
    if (it != removed_.end()) source = it->reg;
  }
  if (source.is_none()) read_slot(v, block_);
  plan_.moves.push_back({v, v, source, reg});
  put(v, reg);
  fresh_ |= bit(reg);
}

void ForwardPass::register_uses(std::span<const Operand> operands) {
  // Those that last first: they have fewer registers to choose from.
  for (const bool late : {true, false}) {
    for (uint32_t k = 0; k < operands.size(); ++k) {
      const Operand& use = operands[k];
      if (use.role != Role::Use || use.constraint != Constraint::Reg || use.off_time != late) {
        continue;
      }
      use_in_register(k, use);
    }
  }
}

void ForwardPass::use_in_register(uint32_t operand, const Operand& use) {
  RegBits forbidden = early_claim_;
  if (use.off_time) forbidden |= lost_;
  // A claimed register is allowed if it is this value that it was claimed for.
  const RegBits places = where_[use.vreg] & ~(use.off_time ? lost_ : 0);
  PReg reg;
  if (places != 0) {
    reg = nearest_home(use.vreg, places);
  } else {
    reg = take(use.vreg, forbidden | pinned_early_, busy_);
    move_to(use.vreg, reg);
  }
  pinned_early_ |= bit(reg);
  if (use.off_time) pinned_late_ |= bit(reg);
  plan_.locations[first_operand_ + operand] = Location::in(reg);
}

// The def overwrites the register of the use: if the value lives on, it must be elsewhere too.
void ForwardPass::tied_uses(std::span<const Operand> operands) {
  for (const Operand& def : operands) {
    if (def.constraint != Constraint::Tied) continue;
    const Operand& use = operands[def.tied];
    Location& place = plan_.locations[first_operand_ + def.tied];
    const RegBits forbidden = late_claim_ | pinned_late_ | consumed_;
    if (place.kind != Location::Kind::Reg ||
        (use.constraint != Constraint::Fixed && (bit(place.reg) & forbidden) != 0)) {
      const RegBits places = where_[use.vreg] & ~forbidden;
      if (places != 0) {
        place = Location::in(nearest_home(use.vreg, places));
      } else {
        place = Location::in(take(use.vreg, forbidden | early_claim_ | pinned_early_, busy_));
        move_to(use.vreg, place.reg);
      }
      pinned_early_ |= bit(place.reg);
    }
    const bool survives = (where_[use.vreg] & ~(bit(place.reg) | lost_ | consumed_)) != 0;
    if (!survives && use.constraint != Constraint::Fixed && lives_after(use.vreg)) {
      keep_beside(use.vreg, def.vreg, def.tied, place.reg);
    }
    consumed_ |= bit(place.reg);
    pinned_late_ |= bit(place.reg);
  }
}

// One of two registers goes to the def. If the def is wanted where the value is, the value moves.
void ForwardPass::keep_beside(VReg v, VReg def, uint32_t operand, PReg reg) {
  // Loaded for this use alone: then it is in its slot for those to come.
  const bool is_loaded = (where_[v] & ~fresh_) == 0 &&
                         std::ranges::find(removed_, v, &Resident::vreg) == removed_.end();
  if ((is_loaded && distance(v) > kKeepWithin) || is_lost_in_block(v)) return;
  const RegBits taken = early_claim_ | lost_ | pinned_early_ | pinned_late_ | consumed_;
  RegBits free = free_registers(cls(v)) & ~taken;
  if (free == 0) {
    // Worth it if something else is needed later than this value.
    const RegBits candidates = outlook_.allocatable(cls(v)) & occupied_ & ~taken & ~busy_;
    if (candidates == 0 || lost_before_use(v)) return;
    const PReg other = victim(candidates);
    if (eviction_score(in_reg_[other.number]) <= eviction_score(v)) return;
    removed_.push_back({in_reg_[other.number], other});
    drop(other);
    free = bit(other);
  }
  const VReg relative = outlook_.affinity(def);
  const bool def_stays =
      (relative != kNoVReg && home_[relative] == reg) || outlook_.desire(def).reg == reg;
  const PReg second = choose(def_stays ? v : def, free);
  const PReg home = home_[v];
  move_to(v, second);
  pinned_early_ |= bit(second);
  if (def_stays) return;
  // The operand takes the copy.
  home_[v] = home;
  Location& place = plan_.locations[first_operand_ + operand];
  place = Location::in(second);
  consumed_ |= bit(second);
  pinned_late_ |= bit(second);
}

void ForwardPass::any_uses(std::span<const Operand> operands) {
  for (uint32_t k = 0; k < operands.size(); ++k) {
    const Operand& use = operands[k];
    Location& place = plan_.locations[first_operand_ + k];
    if (use.role != Role::Use || use.constraint != Constraint::Any ||
        place.kind != Location::Kind::None) {
      continue;
    }
    const RegBits places = where_[use.vreg] & ~(use.off_time ? lost_ | consumed_ : 0);
    const RegBits forbidden =
        early_claim_ | pinned_early_ | (use.off_time ? lost_ | pinned_late_ : 0);
    if (places != 0) {
      place = Location::in(nearest_home(use.vreg, places));
    } else {
      // A register if another use follows soon, and one is free; displaced values still have
      // theirs.
      const auto removed = std::ranges::find(removed_, use.vreg, &Resident::vreg);
      const RegBits free = free_registers(cls(use.vreg)) & ~forbidden;
      const bool soon = lives_after(use.vreg) && !lost_before_use(use.vreg);
      if (can_repeat(use.vreg) || removed != removed_.end() || (soon && free != 0)) {
        place = Location::in(take(use.vreg, forbidden, busy_));
        move_to(use.vreg, place.reg);
      } else {
        place = Location{Location::Kind::Slot, {}, use.vreg};
        read_slot(use.vreg, block_);
        continue;
      }
    }
    pinned_early_ |= bit(place.reg);
    if (use.off_time) pinned_late_ |= bit(place.reg);
  }
}

void ForwardPass::early_defs(std::span<const Operand> operands) {
  for (uint32_t k = 0; k < operands.size(); ++k) {
    const Operand& def = operands[k];
    if (def.role != Role::Def || !def.off_time) continue;
    PReg reg = def.preg;
    if (def.constraint != Constraint::Fixed) {
      reg = take(def.vreg, early_claim_ | lost_ | pinned_early_ | pinned_late_, busy_);
      pinned_early_ |= bit(reg);
      pinned_late_ |= bit(reg);
    }
    plan_.locations[first_operand_ + k] = Location::in(reg);
  }
}

// Values that live on and are only in registers that the instruction overwrites.
void ForwardPass::save_survivors() {
  for (size_t i = 0; i < displaced_.size(); ++i) save(displaced_[i]);
  RegBits endangered = occupied_ & (lost_ | consumed_);
  const RegBits refuge =
      (outlook_.allocatable(RegClass::Int) | outlook_.allocatable(RegClass::Vector)) & ~lost_;
  if (refuge == 0) return;
  for (; endangered != 0; endangered &= endangered - 1) {
    save(in_reg_[lowest(endangered).number]);
  }
}

void ForwardPass::save(VReg v) {
  if ((where_[v] & ~(lost_ | consumed_)) != 0 || !lives_after(v)) return;
  const RegBits taken = early_claim_ | lost_ | pinned_early_ | pinned_late_;
  const RegBits all = outlook_.allocatable(cls(v)) & ~taken;
  if (all == 0 || lost_before_use(v)) return;
  if ((all & ~occupied_) != 0) {
    move_to(v, choose(v, all & ~occupied_));
    return;
  }
  const RegBits candidates = all & ~busy_ & ~fresh_;
  if (candidates == 0) return;
  const PReg other = victim(candidates);
  if (eviction_score(in_reg_[other.number]) <= eviction_score(v)) return;
  removed_.push_back({in_reg_[other.number], other});
  drop(other);
  move_to(v, other);
}

bool ForwardPass::lives_after(VReg v) {
  const auto ranges = lifetimes_.ranges(v);
  uint32_t& cursor = range_cursor_[v];
  const uint32_t point = 2 * inst_ + 1;
  while (cursor < ranges.size() && ranges[cursor].to <= point) ++cursor;
  return cursor < ranges.size() && ranges[cursor].from <= point;
}

void ForwardPass::release(std::span<const Operand> operands) {
  for (const Operand& use : operands) {
    if (use.role == Role::Use && where_[use.vreg] != 0 && !lives_after(use.vreg)) {
      drop_all(use.vreg);
    }
  }
  RegBits gone = occupied_ & (lost_ | consumed_);
  for (; gone != 0; gone &= gone - 1) drop(lowest(gone));
}

void ForwardPass::late_defs(const MachineInst& inst, std::span<const Operand> operands) {
  for (uint32_t k = 0; k < operands.size(); ++k) {
    const Operand& def = operands[k];
    if (def.role != Role::Def) continue;
    if (def.constraint == Constraint::Fixed) {
      define(k, def.vreg, def.preg);
    } else if (def.constraint == Constraint::Tied) {
      define(k, def.vreg, plan_.locations[first_operand_ + def.tied].reg);
    } else if (def.off_time) {
      define(k, def.vreg, plan_.locations[first_operand_ + k].reg);
    }
  }
  for (uint32_t k = 0; k < operands.size(); ++k) {
    const Operand& def = operands[k];
    if (def.role != Role::Def || def.off_time) continue;
    if (def.constraint != Constraint::Reg && def.constraint != Constraint::Any) continue;
    const RegBits taken = late_claim_ | pinned_late_;
    const RegBits free = free_registers(cls(def.vreg)) & ~taken;
    const bool far = free == 0 || lost_before_use(def.vreg);
    if (def.constraint == Constraint::Any && far && !can_repeat(def.vreg) && !inst.is_terminator &&
        !lifetimes_.uses(def.vreg).empty()) {
      plan_.locations[first_operand_ + k] = Location{Location::Kind::Slot, {}, def.vreg};
      plan_.starts_in_slot[def.vreg] = 1;
      read_slot(def.vreg, block_);
      continue;
    }
    PReg reg;
    if (inst.is_move && plan_.locations[first_operand_].kind == Location::Kind::Reg) {
      reg = plan_.locations[first_operand_].reg;
    }
    if (reg.is_none() || (bit(reg) & free) == 0 || !suits(def.vreg, reg, limit_of(def.vreg))) {
      reg = take(def.vreg, taken, 0);
    }
    pinned_late_ |= bit(reg);
    define(k, def.vreg, reg);
  }
}

void ForwardPass::define(uint32_t operand, VReg v, PReg reg) {
  drop(reg);
  put(v, reg);
  plan_.locations[first_operand_ + operand] = Location::in(reg);
}

// What ends with the instruction's late: temporaries, uses that lasted, results nobody wants. At a
// block's end it makes no difference.
void ForwardPass::end(const MachineInst& inst, std::span<const Operand> operands) {
  if (inst.is_terminator) return;
  for (const Operand& operand : operands) {
    if (where_[operand.vreg] != 0 && lifetimes_.end(operand.vreg) <= 2 * inst_ + 2) {
      drop_all(operand.vreg);
    }
  }
}

}  // namespace brink::compile::regalloc
