// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The invariants of machine.h, checked one after the other. What comes first is what the rest needs
// to walk the function at all.

#include <fmt/format.h>

#include <algorithm>

#include "engine/compile/machine/flow.h"
#include "engine/compile/machine/machine.h"

namespace brink::compile {

namespace {

class Verifier {
 public:
  explicit Verifier(const MachineFunction& function) : function_(function) {}

  std::string run() {
    blocks();
    if (error_.empty()) edges();
    if (error_.empty()) instructions();
    if (error_.empty()) values();
    return std::move(error_);
  }

 private:
  struct Definition {
    uint32_t block = kNoBlock;
    uint32_t point = 0;  ///< 2 * instruction, + 1 if late
  };

  template <typename... Args>
  void expect(bool condition, fmt::format_string<Args...> format, Args&&... args) {
    if (condition || !error_.empty()) return;
    error_ = fmt::format(format, std::forward<Args>(args)...);
  }
  bool is_vreg(VReg v) const { return v < function_.vregs.size(); }

  void blocks() {
    expect(!function_.blocks.empty(), "no blocks");
    uint32_t next = 0;
    for (uint32_t b = 0; b < function_.blocks.size() && error_.empty(); ++b) {
      const MachineBlock& block = function_.blocks[b];
      expect(block.first_inst == next, "block {} starts at {} rather than {}", b, block.first_inst,
             next);
      expect(block.inst_count != 0, "block {} is empty", b);
      next = block.first_inst + block.inst_count;
      if (next > function_.insts.size()) break;
      for (uint32_t i = block.first_inst; i < next; ++i) {
        expect(function_.insts[i].is_terminator == (i + 1 == next),
               "block {} has a terminator in its midst or none at its end: {}", b, i);
      }
    }
    expect(next == function_.insts.size(), "blocks have {} instructions, the function {}", next,
           function_.insts.size());
  }

  void edges() {
    std::vector<std::vector<uint32_t>> preds(function_.blocks.size());
    for (uint32_t b = 0; b < function_.blocks.size() && error_.empty(); ++b) {
      for (const MachineTarget& target : function_.blocks[b].targets) {
        expect(target.block < function_.blocks.size(), "block {} leads nowhere", b);
        if (!error_.empty()) return;
        preds[target.block].push_back(b);
        this->target(b, target);
      }
    }
    for (uint32_t b = 0; b < function_.blocks.size() && error_.empty(); ++b) {
      const MachineBlock& block = function_.blocks[b];
      auto said = block.predecessors;
      std::ranges::sort(said);
      expect(said == preds[b], "block {}: its predecessors are not those that lead to it", b);
      if (b == 0) {
        expect(said.empty() && block.params.empty(), "the entry has predecessors or parameters");
      } else {
        expect(!said.empty() && said.front() < b, "block {} has no predecessor before it", b);
      }
      if (block.is_landing) landing(b, block);
    }
  }

  void target(uint32_t b, const MachineTarget& target) {
    const MachineBlock& from = function_.blocks[b];
    const MachineBlock& to = function_.blocks[target.block];
    expect(from.targets.size() == 1 || to.predecessors.size() == 1, "edge {} -> {} is critical", b,
           target.block);
    expect(target.block > b || to.is_loop_header, "edge {} -> {} enters no loop header", b,
           target.block);
    expect(target.arg_count == to.params.size(), "edge {} -> {} has {} arguments for {} parameters",
           b, target.block, target.arg_count, to.params.size());
    expect(target.arg_count == 0 || from.targets.size() == 1,
           "edge {} -> {} has arguments beside another edge", b, target.block);
    expect(target.first_arg + uint64_t{target.arg_count} <= function_.args.size(),
           "edge {} -> {}: no such arguments", b, target.block);
    for (uint32_t i = 0; i < target.arg_count && error_.empty(); ++i) {
      const VReg arg = function_.args_of(target)[i];
      const VReg param = to.params[i];
      expect(is_vreg(arg) && is_vreg(param), "edge {} -> {}: no such register", b, target.block);
      if (!error_.empty()) return;
      const VRegInfo& a = function_.vregs[arg];
      const VRegInfo& p = function_.vregs[param];
      expect(a.cls == p.cls && a.bytes == p.bytes && a.is_ref == p.is_ref,
             "edge {} -> {}: argument v{} does not fit v{}", b, target.block, arg, param);
    }
  }

  void landing(uint32_t b, const MachineBlock& block) {
    expect(block.params.empty() && block.predecessors.size() == 1, "landing {} is shared", b);
    if (!error_.empty()) return;
    const MachineBlock& from = function_.blocks[block.predecessors[0]];
    expect(from.targets.size() == 2 && from.targets[1].block == b, "landing {} is no second target",
           b);
    expect(function_.insts[from.first_inst + from.inst_count - 1].is_call,
           "landing {} does not follow a call", b);
  }

  void instructions() {
    for (uint32_t b = 0; b < function_.blocks.size(); ++b) {
      const MachineBlock& block = function_.blocks[b];
      for (uint32_t i = block.first_inst; i < block.first_inst + block.inst_count; ++i) {
        const MachineInst& inst = function_.insts[i];
        expect(inst.first_operand + uint64_t{inst.operand_count} <= function_.operands.size(),
               "instruction {}: no such operands", i);
        if (!error_.empty()) return;
        // Moves for the edge stand before the terminator, where they must not destroy its operands.
        expect(!inst.is_terminator || block.targets.size() != 1 || inst.operand_count == 0,
               "instruction {}: a terminator with one target has operands", i);
        operands(i, function_.operands_of(inst));
        if (inst.is_move) move(i, function_.operands_of(inst));
      }
    }
  }

  void move(uint32_t i, std::span<const Operand> operands) {
    expect(operands.size() == 2 && operands[0].role == Operand::Role::Use &&
               operands[1].role == Operand::Role::Def,
           "instruction {}: a move from operand 0 to operand 1 it is not", i);
    if (!error_.empty()) return;
    expect(function_.vregs[operands[0].vreg].cls == function_.vregs[operands[1].vreg].cls,
           "instruction {}: a move between classes", i);
  }

  void operands(uint32_t i, std::span<const Operand> operands) {
    VReg early[64];
    VReg late[64];
    std::ranges::fill(early, kNoVReg);
    std::ranges::fill(late, kNoVReg);
    for (const Operand& operand : operands) {
      expect(is_vreg(operand.vreg), "instruction {}: no such register", i);
      if (!error_.empty()) return;
      const RegClass cls = function_.vregs[operand.vreg].cls;
      const bool is_use = operand.role == Operand::Role::Use;
      if (operand.constraint == Operand::Constraint::Tied) {
        expect(!is_use && operand.tied < operands.size() &&
                   operands[operand.tied].role == Operand::Role::Use,
               "instruction {}: only defs are tied, and only to uses", i);
        if (!error_.empty()) return;
        expect(function_.vregs[operands[operand.tied].vreg].cls == cls,
               "instruction {}: tied operands of two classes", i);
      }
      if (operand.constraint != Operand::Constraint::Fixed) continue;
      expect(operand.preg.number < 64 && operand.preg.cls() == cls,
             "instruction {}: v{} cannot be in that register", i, operand.vreg);
      if (!error_.empty()) return;
      const uint8_t reg = operand.preg.number;
      if (is_use || operand.off_time) claim(i, early[reg], operand.vreg);
      if (!is_use || operand.off_time) claim(i, late[reg], operand.vreg);
    }
  }

  void claim(uint32_t i, VReg& holder, VReg v) {
    expect(holder == kNoVReg || holder == v, "instruction {}: v{} and v{} in one register", i,
           holder, v);
    holder = v;
  }

  void define(VReg v, Definition definition) {
    expect(definitions_[v].block == kNoBlock, "v{} is defined twice", v);
    definitions_[v] = definition;
  }

  void values() {
    definitions_.resize(function_.vregs.size());
    for (uint32_t b = 0; b < function_.blocks.size(); ++b) {
      const MachineBlock& block = function_.blocks[b];
      for (const VReg param : block.params) define(param, {b, 2 * block.first_inst});
      for (uint32_t i = block.first_inst; i < block.first_inst + block.inst_count; ++i) {
        for (const Operand& operand : function_.operands_of(function_.insts[i])) {
          if (operand.role != Operand::Role::Def) continue;
          const bool at_end = function_.insts[i].is_terminator && !block.targets.empty();
          if (at_end && !operand.off_time) {
            const uint32_t target = block.targets[0].block;
            expect(function_.blocks[target].predecessors.size() == 1,
                   "instruction {}: its results reach a block with other predecessors", i);
            define(operand.vreg, {target, 2 * function_.blocks[target].first_inst});
          } else {
            define(operand.vreg, {b, 2 * i + (operand.off_time ? 0 : 1)});
          }
        }
      }
    }
    const Flow flow(function_);
    for (uint32_t b = 0; b < function_.blocks.size() && error_.empty(); ++b) uses(flow, b);
    for (VReg v = 0; v < function_.vregs.size() && error_.empty(); ++v) info(v);
  }

  void uses(const Flow& flow, uint32_t b) {
    const MachineBlock& block = function_.blocks[b];
    const uint32_t end = block.first_inst + block.inst_count;
    for (uint32_t i = block.first_inst; i < end; ++i) {
      for (const Operand& operand : function_.operands_of(function_.insts[i])) {
        if (operand.role == Operand::Role::Use) use(flow, b, 2 * i, operand.vreg);
      }
    }
    for (const MachineTarget& target : block.targets) {
      for (const VReg arg : function_.args_of(target)) use(flow, b, 2 * (end - 1) + 1, arg);
    }
  }

  void use(const Flow& flow, uint32_t b, uint32_t point, VReg v) {
    const Definition& definition = definitions_[v];
    expect(definition.block != kNoBlock, "v{} is used but not defined", v);
    if (!error_.empty()) return;
    const bool is_dominated = definition.block == b
                                  ? definition.point <= point
                                  : flow.dominators.is_ancestor(definition.block, b);
    expect(is_dominated, "v{}: its definition does not dominate the use at {}", v, point / 2);
  }

  void info(VReg v) {
    const VRegInfo& info = function_.vregs[v];
    expect(info.bytes == 4 || info.bytes == 8 || info.bytes == 16, "v{} has {} bytes", v,
           info.bytes);
    expect(!info.is_ref || (info.cls == RegClass::Int && info.bytes == 8),
           "v{} is a reference of a strange kind", v);
    if (info.rematerialize == kNoInst) return;
    expect(info.rematerialize < function_.insts.size(), "v{}: cannot be made again", v);
    if (!error_.empty()) return;
    const auto operands = function_.operands_of(function_.insts[info.rematerialize]);
    expect(operands.size() == 1 && operands[0].vreg == v && operands[0].role == Operand::Role::Def,
           "v{}: an instruction with more operands makes it", v);
  }

  const MachineFunction& function_;
  std::vector<Definition> definitions_;
  std::string error_;
};

}  // namespace

std::string verify(const MachineFunction& function) {
  return Verifier(function).run();
}

}  // namespace brink::compile
