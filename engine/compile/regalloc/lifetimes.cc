// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/regalloc/lifetimes.h"

#include <algorithm>

namespace brink::compile::regalloc {

namespace {

/// Blocks walked per unit of the function's size before ranges become coarse.
constexpr uint64_t kStepsPerUnit = 24;

}  // namespace

Lifetimes::Lifetimes(const MachineFunction& function, const Flow& flow) {
  find_definitions(function);
  find_uses(function);
  find_ranges(function, flow);
  alive_in_ = {};
  alive_out_ = {};
}

void Lifetimes::find_definitions(const MachineFunction& function) {
  def_point_.assign(function.vregs.size(), 0);
  def_block_.assign(function.vregs.size(), kNoBlock);
  block_of_.resize(function.insts.size());
  const auto define = [this](VReg v, uint32_t block, uint32_t point) {
    def_block_[v] = block;
    def_point_[v] = point;
  };
  for (uint32_t b = 0; b < function.blocks.size(); ++b) {
    const MachineBlock& block = function.blocks[b];
    for (const VReg param : block.params) define(param, b, 2 * block.first_inst);
    for (uint32_t i = block.first_inst; i < block.first_inst + block.inst_count; ++i) {
      block_of_[i] = b;
      const MachineInst& inst = function.insts[i];
      for (const Operand& operand : function.operands_of(inst)) {
        if (operand.role != Operand::Role::Def) continue;
        if (inst.is_terminator && !operand.off_time && !block.targets.empty()) {
          const uint32_t target = block.targets[0].block;
          define(operand.vreg, target, 2 * function.blocks[target].first_inst);
        } else {
          define(operand.vreg, b, 2 * i + (operand.off_time ? 0 : 1));
        }
      }
    }
  }
}

template <typename Visit>
void Lifetimes::visit_uses(const MachineFunction& function, Visit&& visit) {
  for (const MachineBlock& block : function.blocks) {
    const uint32_t cold = block.is_cold ? UseSite::kCold : 0;
    const uint32_t end = block.first_inst + block.inst_count;
    for (uint32_t i = block.first_inst; i < end; ++i) {
      for (const Operand& operand : function.operands_of(function.insts[i])) {
        if (operand.role != Operand::Role::Use) continue;
        visit(operand.vreg,
              i << UseSite::kFlagBits | cold | (operand.off_time ? UseSite::kLate : 0) |
                  (operand.constraint == Operand::Constraint::Any ? UseSite::kAny : 0));
      }
    }
    for (const MachineTarget& target : block.targets) {
      for (const VReg arg : function.args_of(target)) {
        visit(arg, (end - 1) << UseSite::kFlagBits | cold | UseSite::kLate | UseSite::kAny |
                       UseSite::kEdge);
      }
    }
  }
}

// Several uses by one instruction are one site, as late and as demanding as any of them.
void Lifetimes::find_uses(const MachineFunction& function) {
  const size_t vregs = function.vregs.size();
  first_use_.assign(vregs + 1, 0);
  std::vector<uint32_t> last(vregs, kNever);
  visit_uses(function, [&](VReg v, uint32_t bits) {
    if (last[v] == bits >> UseSite::kFlagBits) return;
    last[v] = bits >> UseSite::kFlagBits;
    ++first_use_[v + 1];
  });
  for (size_t v = 0; v < vregs; ++v) first_use_[v + 1] += first_use_[v];
  uses_.resize(first_use_[vregs]);
  std::vector<uint32_t>& next = last;
  std::copy(first_use_.begin(), first_use_.end() - 1, next.begin());
  visit_uses(function, [&](VReg v, uint32_t bits) {
    if (next[v] != first_use_[v] && uses_[next[v] - 1].inst() == bits >> UseSite::kFlagBits) {
      UseSite& site = uses_[next[v] - 1];
      constexpr uint32_t modest = UseSite::kAny | UseSite::kEdge;
      site.bits = ((site.bits | bits) & ~modest) | (site.bits & bits & modest);
      return;
    }
    uses_[next[v]++].bits = bits;
  });
}

void Lifetimes::push_range(VReg v, uint32_t from, uint32_t to) {
  if (ranges_.size() > first_range_[v] && ranges_.back().to == from) {
    ranges_.back().to = to;
  } else {
    ranges_.push_back({from, to});
  }
}

void Lifetimes::find_ranges(const MachineFunction& function, const Flow& flow) {
  const auto vregs = static_cast<uint32_t>(function.vregs.size());
  const uint64_t size = function.insts.size() + function.blocks.size() + vregs;
  alive_in_.assign(function.blocks.size(), kNoVReg);
  alive_out_.assign(function.blocks.size(), kNoVReg);
  first_range_.assign(vregs + 1, 0);
  ranges_.reserve(vregs + vregs / 4);
  for (VReg v = 0; v < vregs; ++v) {
    first_range_[v] = static_cast<uint32_t>(ranges_.size());
    if (!is_defined(v)) continue;
    const auto sites = uses(v);
    if (sites.empty()) {
      // Written all the same: the register is taken for this moment.
      push_range(v, def_point_[v], (def_point_[v] | 1) + 1);
    } else if (block_of_[sites.back().inst()] == def_block_[v]) {
      push_range(v, def_point_[v], sites.back().end());
    } else if (steps_ <= kStepsPerUnit * size) {
      exact_ranges(function, flow, v);
    } else {
      first_inexact_ = std::min(first_inexact_, v);
      hull(flow, v);
    }
  }
  first_range_[vregs] = static_cast<uint32_t>(ranges_.size());
}

void Lifetimes::enter(const MachineFunction& function, VReg v, uint32_t block) {
  if (alive_in_[block] == v || block == def_block_[v]) return;
  alive_in_[block] = v;
  found_.push_back(block);
  work_.push_back(block);
  steps_ += 1 + function.blocks[block].predecessors.size();
}

void Lifetimes::sort_found(VReg v) {
  const auto [first, last] = std::ranges::minmax(found_);
  if (last - first > 8 * found_.size()) {
    std::ranges::sort(found_);
    return;
  }
  found_.clear();
  for (uint32_t block = first; block <= last; ++block) {
    if (alive_in_[block] == v) found_.push_back(block);
  }
}

void Lifetimes::exact_ranges(const MachineFunction& function, const Flow& flow, VReg v) {
  found_.clear();
  work_.clear();
  const auto sites = uses(v);
  for (const UseSite& site : sites) enter(function, v, block_of_[site.inst()]);
  while (!work_.empty()) {
    const uint32_t block = work_.back();
    work_.pop_back();
    for (const uint32_t pred : function.blocks[block].predecessors) {
      alive_out_[pred] = v;
      enter(function, v, pred);
    }
  }
  sort_found(v);
  push_range(v, def_point_[v], 2 * flow.end_inst[def_block_[v]]);
  size_t use = 0;
  for (const uint32_t block : found_) {
    const uint32_t start = 2 * function.blocks[block].first_inst;
    uint32_t to = 2 * flow.end_inst[block];
    if (alive_out_[block] != v) {
      const uint32_t end = flow.end_inst[block];
      while (use + 1 < sites.size() && sites[use + 1].inst() < end) ++use;
      to = sites[use].end();
    }
    push_range(v, start, to);
  }
}

void Lifetimes::hull(const Flow& flow, VReg v) {
  uint32_t to = 0;
  for (const UseSite& site : uses(v)) {
    to = std::max(to, site.end());
    const uint32_t block = block_of_[site.inst()];
    uint32_t loop = flow.loop_of[block];
    // Out to the last loop that does not contain the definition.
    while (loop != kNoLoop && flow.loops[loop].header > def_block_[v]) {
      to = std::max(to, 2 * flow.end_inst[flow.loops[loop].last]);
      loop = flow.loops[loop].parent;
    }
  }
  push_range(v, def_point_[v], to);
}

}  // namespace brink::compile::regalloc
