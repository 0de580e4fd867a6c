// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/regalloc/abstract_machine.h"

#include <algorithm>
#include <array>
#include <vector>

namespace brink::compile::regalloc {

namespace {

uint64_t mix(uint64_t a, uint64_t b) {
  uint64_t x = (a ^ (b + 0x9e3779b97f4a7c15u)) * 0xff51afd7ed558ccdu;
  x ^= x >> 32;
  return x * 0xc4ceb9fe1a85ec53u ^ a >> 7;
}

class Machine {
 public:
  Machine(const MachineFunction& function, const RegisterFile& registers,
          const Allocation* allocation, uint64_t seed)
      : function_(function), registers_(registers), allocation_(allocation), choice_(seed) {
    vregs_.assign(function.vregs.size(), 0);
    if (allocation == nullptr) return;
    slots_.assign(allocation->spill_bytes / 4 + 16, 0xdead);
    first_move_.assign(function.insts.size() + 1, 0);
    for (const AllocatedMove& move : allocation->moves) ++first_move_[move.before + 1];
    for (size_t i = 0; i < function.insts.size(); ++i) first_move_[i + 1] += first_move_[i];
    garbage_all();
  }

  Execution run(uint32_t max_steps) {
    uint32_t b = 0;
    while (true) {
      const MachineBlock& block = function_.blocks[b];
      for (uint32_t i = 0; i < block.inst_count; ++i) {
        if (++result_.steps > max_steps) return result_;
        step(block.first_inst + i);
      }
      if (block.targets.empty()) return result_;
      choice_ = mix(choice_, result_.trace);
      const auto& target = block.targets[(choice_ >> 20) % block.targets.size()];
      if (allocation_ == nullptr) {
        std::vector<uint64_t> values;
        for (const VReg arg : function_.args_of(target)) values.push_back(vregs_[arg]);
        const auto& params = function_.blocks[target.block].params;
        for (size_t k = 0; k < params.size(); ++k) vregs_[params[k]] = values[k];
      } else if (function_.blocks[target.block].is_landing) {
        garbage_all();
      }
      b = target.block;
    }
  }

 private:
  uint64_t garbage() { return garbage_ = mix(garbage_, 77); }
  void garbage_all() {
    for (uint64_t& reg : regs_) reg = garbage();
  }

  uint64_t& at(const Location& location) {
    return location.kind == Location::Kind::Reg ? regs_[location.reg.number & 63]
                                                : slots_[location.slot / 4];
  }
  uint64_t& at(const MachineInst& inst, size_t k) {
    if (allocation_ == nullptr) return vregs_[function_.operands_of(inst)[k].vreg];
    return at(allocation_->locations[inst.first_operand + k]);
  }

  static uint64_t result(const MachineInst& inst, uint64_t inputs, size_t k) {
    return mix(mix(inputs, inst.imm + inst.code), k);
  }

  void moves(uint32_t i) {
    for (uint32_t m = first_move_[i]; m < first_move_[i + 1]; ++m) {
      const AllocatedMove& move = allocation_->moves[m];
      if (move.from.kind == Location::Kind::Rematerialize) {
        at(move.to) = result(function_.insts[move.from.slot], 0, 0);
        ++result_.loads;
        continue;
      }
      at(move.to) = at(move.from);
      const bool loads = move.from.kind == Location::Kind::Slot;
      const bool stores = move.to.kind == Location::Kind::Slot;
      ++(loads ? result_.loads : stores ? result_.stores : result_.copies);
    }
  }

  void step(uint32_t i) {
    const MachineInst& inst = function_.insts[i];
    const auto operands = function_.operands_of(inst);
    if (allocation_ != nullptr) {
      moves(i);
      for (size_t k = 0; k < operands.size(); ++k) {
        if (operands[k].role == Operand::Role::Def && operands[k].off_time) at(inst, k) = garbage();
      }
    }
    std::array<uint64_t, 64> read{};
    for (size_t k = 0; k < operands.size() && k < read.size(); ++k) {
      if (operands[k].role == Operand::Role::Use) read[k] = at(inst, k);
    }
    if (allocation_ != nullptr) clobber(inst);
    uint64_t inputs = 0;
    for (size_t k = 0; k < operands.size() && k < read.size(); ++k) {
      if (operands[k].role != Operand::Role::Use) continue;
      inputs = mix(inputs, operands[k].off_time ? at(inst, k) : read[k]);
    }
    result_.trace = mix(result_.trace, inputs + i);
    for (size_t k = 0; k < operands.size(); ++k) {
      if (operands[k].role != Operand::Role::Def) continue;
      at(inst, k) = inst.is_move ? read[0] : result(inst, inputs, operands.size() == 1 ? 0 : k);
    }
  }

  void clobber(const MachineInst& inst) {
    for (uint8_t reg = 0; reg < 64; ++reg) {
      if (inst.clobbers.contains(PReg{reg})) regs_[reg] = garbage();
    }
    for (const PReg scratch : registers_.scratch) regs_[scratch.number & 63] = garbage();
  }

  const MachineFunction& function_;
  const RegisterFile& registers_;
  const Allocation* allocation_;
  uint64_t choice_;
  uint64_t garbage_ = 12345;
  std::array<uint64_t, 64> regs_{};
  std::vector<uint64_t> slots_;
  std::vector<uint64_t> vregs_;
  std::vector<uint32_t> first_move_;
  Execution result_;
};

}  // namespace

Execution execute(const MachineFunction& function, const RegisterFile& registers,
                  const Allocation* allocation, uint64_t seed, uint32_t max_steps) {
  return Machine(function, registers, allocation, seed).run(max_steps);
}

}  // namespace brink::compile::regalloc
