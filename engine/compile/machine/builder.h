// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Writes machine functions block by block. Blocks get their numbers in the order in which they are
// begun; targets may name blocks that are still to come. finish() fills in the predecessors.

#ifndef BRINK_COMPILE_MACHINE_BUILDER_H_
#define BRINK_COMPILE_MACHINE_BUILDER_H_

#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include "engine/compile/machine/machine.h"

namespace brink::compile {

class MachineBuilder {
 public:
  VReg vreg(RegClass cls = RegClass::Int, uint8_t bytes = 8) {
    return function_.new_vreg({.cls = cls, .bytes = bytes});
  }
  VReg ref() { return function_.new_vreg({.is_ref = true}); }

  uint32_t begin_block(std::vector<VReg> params = {}) {
    MachineBlock& block = function_.blocks.emplace_back();
    block.first_inst = static_cast<uint32_t>(function_.insts.size());
    block.params = std::move(params);
    return static_cast<uint32_t>(function_.blocks.size() - 1);
  }
  /// The block that was begun last.
  MachineBlock& block() { return function_.blocks.back(); }

  MachineInst& inst(uint16_t code, std::span<const Operand> operands) {
    MachineInst inst;
    inst.code = code;
    inst.operand_count = static_cast<uint16_t>(operands.size());
    inst.first_operand = static_cast<uint32_t>(function_.operands.size());
    function_.operands.insert(function_.operands.end(), operands.begin(), operands.end());
    function_.insts.push_back(inst);
    ++block().inst_count;
    return function_.insts.back();
  }
  MachineInst& inst(uint16_t code, std::initializer_list<Operand> operands) {
    return inst(code, std::span(operands.begin(), operands.size()));
  }

  /// Defines a new register, which may be defined again wherever it is needed.
  VReg constant(uint16_t code, uint64_t imm, VRegInfo info = {}) {
    info.rematerialize = static_cast<uint32_t>(function_.insts.size());
    const VReg v = function_.new_vreg(info);
    inst(code, {Operand::def(v)}).imm = imm;
    return v;
  }

  MachineInst& move(uint16_t code, VReg to, VReg from) {
    MachineInst& result = inst(code, {Operand::use_any(from), Operand::def(to)});
    result.is_move = true;
    return result;
  }

  /// Ends the block.
  MachineInst& end(uint16_t code, std::initializer_list<Operand> operands,
                   std::initializer_list<uint32_t> targets = {}) {
    MachineInst& result = inst(code, operands);
    result.is_terminator = true;
    for (const uint32_t target : targets) block().targets.push_back({.block = target});
    return result;
  }
  void jump(uint16_t code, uint32_t target, std::span<const VReg> args = {}) {
    end(code, {}, {target});
    MachineTarget& edge = block().targets.back();
    edge.first_arg = static_cast<uint32_t>(function_.args.size());
    edge.arg_count = static_cast<uint32_t>(args.size());
    function_.args.insert(function_.args.end(), args.begin(), args.end());
  }
  void jump(uint16_t code, uint32_t target, std::initializer_list<VReg> args) {
    jump(code, target, std::span(args.begin(), args.size()));
  }

  MachineFunction& function() { return function_; }

  MachineFunction finish() {
    for (MachineBlock& block : function_.blocks) block.predecessors.clear();
    for (uint32_t b = 0; b < function_.blocks.size(); ++b) {
      for (const MachineTarget& target : function_.blocks[b].targets) {
        function_.blocks[target.block].predecessors.push_back(b);
      }
    }
    return std::move(function_);
  }

 private:
  MachineFunction function_;
};

}  // namespace brink::compile

#endif  // BRINK_COMPILE_MACHINE_BUILDER_H_
