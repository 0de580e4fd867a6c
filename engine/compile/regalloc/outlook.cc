// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/regalloc/outlook.h"

#include <algorithm>
#include <bit>

namespace brink::compile::regalloc {

Outlook::Outlook(const MachineFunction& function, const Flow& flow, const Lifetimes& lifetimes,
                 const RegisterFile& registers) {
  for (size_t cls = 0; cls < kRegClasses; ++cls) {
    for (const PReg reg : registers.allocatable[cls]) {
      allocatable_[cls] |= uint64_t{1} << reg.number;
    }
  }
  find_wanted(function);
  find_wishes(function, lifetimes);
  loops_.resize(flow.loops.size());
  alive_at_start_.assign(function.blocks.size() * kRegClasses, 0);
  if (flow.loops.empty()) return;
  find_pressure(function, flow, lifetimes);
  find_loop_facts(function, flow, lifetimes);
}

// Registers of a class that goes as a whole are not counted one by one.
uint64_t Outlook::wants(const MachineFunction& function, const MachineInst& inst) const {
  uint64_t wants = inst.clobbers.bits;
  for (const uint64_t all : allocatable_) {
    if ((wants & all) == all) wants &= ~all;
  }
  for (const Operand& operand : function.operands_of(inst)) {
    if (operand.constraint == Operand::Constraint::Fixed) {
      wants |= uint64_t{1} << operand.preg.number;
    }
  }
  return wants;
}

void Outlook::find_wanted(const MachineFunction& function) {
  wants_.reserve(function.insts.size());
  for (const MachineInst& inst : function.insts) wants_.push_back(wants(function, inst));
  const auto visit = [&](auto&& action) {
    for (uint32_t i = 0; i < wants_.size(); ++i) {
      for (uint64_t bits = wants_[i]; bits != 0; bits &= bits - 1) {
        action(i, static_cast<uint32_t>(std::countr_zero(bits)));
      }
    }
  };
  visit([this](uint32_t, uint32_t reg) { ++first_wanted_[reg + 1]; });
  for (uint32_t reg = 0; reg < kRegs; ++reg) first_wanted_[reg + 1] += first_wanted_[reg];
  wanted_.resize(first_wanted_[kRegs]);
  auto next = first_wanted_;
  visit([&](uint32_t inst, uint32_t reg) { wanted_[next[reg]++] = inst; });

  for (const MachineBlock& block : function.blocks) {
    for (uint32_t i = block.first_inst; i < block.first_inst + block.inst_count; ++i) {
      if (function.insts[i].clobbers.bits == 0) continue;
      for (size_t cls = 0; cls < kRegClasses; ++cls) {
        if ((function.insts[i].clobbers.bits & allocatable_[cls]) != allocatable_[cls]) continue;
        calls_[cls][1].push_back(i);
        if (!block.is_cold) calls_[cls][0].push_back(i);
      }
    }
  }
}

void Outlook::find_wishes(const MachineFunction& function, const Lifetimes& lifetimes) {
  desires_.assign(function.vregs.size(), {});
  affinities_.assign(function.vregs.size(), kNoVReg);
  for (size_t b = function.blocks.size(); b-- > 0;) {
    const MachineBlock& block = function.blocks[b];
    for (const MachineTarget& target : block.targets) {
      const auto args = function.args_of(target);
      const auto& params = function.blocks[target.block].params;
      for (size_t k = 0; k < args.size(); ++k) {
        affinities_[args[k]] = params[k];
        // A loop's parameters are not visited yet: what they desire, nobody knows.
        if (target.block > b) desires_[args[k]] = desires_[params[k]];
      }
    }
    for (uint32_t i = block.inst_count; i-- > 0;) {
      wishes_of(function, lifetimes, block.first_inst + i);
    }
  }
}

// Backwards, so that what is noted last is the wish nearest to the definition.
void Outlook::wishes_of(const MachineFunction& function, const Lifetimes& lifetimes,
                        uint32_t inst) {
  const auto operands = function.operands_of(function.insts[inst]);
  if (function.insts[inst].is_move) {
    inherit(lifetimes, operands[0].vreg, operands[1].vreg, inst);
    if (affinities_[operands[1].vreg] == kNoVReg) {
      affinities_[operands[1].vreg] = operands[0].vreg;
    }
  }
  for (const Operand& operand : operands) {
    if (operand.constraint == Operand::Constraint::Tied) {
      inherit(lifetimes, operands[operand.tied].vreg, operand.vreg, inst);
    }
  }
  for (const Operand& operand : operands) {
    if (operand.constraint == Operand::Constraint::Fixed && operand.role == Operand::Role::Use) {
      desires_[operand.vreg] = {operand.preg, inst};
    }
  }
}

// `from` ends where `to` begins, in the same register if possible.
void Outlook::inherit(const Lifetimes& lifetimes, VReg from, VReg to, uint32_t inst) {
  const auto sites = lifetimes.uses(from);
  if (sites.empty() || sites.back().inst() != inst) return;
  if (!desires_[to].reg.is_none()) desires_[from] = desires_[to];
  affinities_[from] = affinities_[to] == kNoVReg ? to : affinities_[to];
}

void Outlook::find_pressure(const MachineFunction& function, const Flow& flow,
                            const Lifetimes& lifetimes) {
  const size_t insts = function.insts.size();
  const size_t blocks = function.blocks.size();
  std::vector<int32_t> change(insts + 1);
  std::vector<int32_t> start_change(blocks + 1);
  for (size_t cls = 0; cls < kRegClasses; ++cls) {
    std::ranges::fill(change, 0);
    std::ranges::fill(start_change, 0);
    for (VReg v = 0; v < function.vregs.size(); ++v) {
      if (static_cast<size_t>(function.vregs[v].cls) != cls) continue;
      for (const Range& range : lifetimes.ranges(v)) {
        ++change[range.from / 2];
        --change[range.to / 2];
        const uint32_t block = lifetimes.block_of(range.from / 2);
        const bool at_start = range.from == 2 * function.blocks[block].first_inst;
        ++start_change[block + (at_start ? 0 : 1)];
        --start_change[lifetimes.block_of((range.to - 1) / 2) + 1];
      }
    }
    int32_t alive = 0;
    int32_t alive_at_start = 0;
    for (size_t b = 0; b < blocks; ++b) {
      const MachineBlock& block = function.blocks[b];
      alive_at_start += start_change[b];
      alive_at_start_[b * kRegClasses + cls] = static_cast<uint32_t>(alive_at_start);
      int32_t most = 0;
      for (uint32_t i = block.first_inst; i < block.first_inst + block.inst_count; ++i) {
        alive += change[i];
        most = std::max(most, alive);
      }
      if (flow.loop_of[b] == kNoLoop || block.is_cold) continue;
      uint32_t& pressure = loops_[flow.loop_of[b]].pressure[cls];
      pressure = std::max(pressure, static_cast<uint32_t>(most));
    }
  }
}

void Outlook::find_loop_facts(const MachineFunction& function, const Flow& flow,
                              const Lifetimes& lifetimes) {
  for (uint32_t b = 0; b < function.blocks.size(); ++b) {
    const MachineBlock& block = function.blocks[b];
    if (flow.loop_of[b] == kNoLoop || block.is_cold) continue;
    for (uint32_t i = block.first_inst; i < block.first_inst + block.inst_count; ++i) {
      loops_[flow.loop_of[b]].wanted |= wants_[i];
    }
  }
  for (size_t cls = 0; cls < kRegClasses; ++cls) {
    for (const uint32_t call : calls_[cls][0]) {
      const uint32_t block = lifetimes.block_of(call);
      if (flow.loop_of[block] == kNoLoop) continue;
      loops_[flow.loop_of[block]].calls[cls] += flow.frequency[block];
    }
  }
  for (size_t l = loops_.size(); l-- > 0;) {
    for (float& calls : loops_[l].calls) {
      calls = std::min(calls, flow.frequency[flow.loops[l].header]);
    }
    if (flow.loops[l].parent == kNoLoop) continue;
    LoopFacts& outer = loops_[flow.loops[l].parent];
    outer.wanted |= loops_[l].wanted;
    for (size_t cls = 0; cls < kRegClasses; ++cls) {
      outer.calls[cls] += loops_[l].calls[cls];
      outer.pressure[cls] = std::max(outer.pressure[cls], loops_[l].pressure[cls]);
    }
  }
}

}  // namespace brink::compile::regalloc
