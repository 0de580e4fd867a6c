// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/machine/print.h"

#include <fmt/format.h>

#include <iterator>

namespace brink::compile {

namespace {

std::string reg_name(PReg reg, const MachineNames& names) {
  if (names.reg) return names.reg(reg);
  return fmt::format("{}{}", reg.cls() == RegClass::Int ? 'r' : 'x', reg.index());
}

std::string constraint_text(const Operand& operand, const MachineNames& names) {
  std::string text;
  switch (operand.constraint) {
    case Operand::Constraint::Any: text = ":any"; break;
    case Operand::Constraint::Reg: break;
    case Operand::Constraint::Fixed: text = ":" + reg_name(operand.preg, names); break;
    case Operand::Constraint::Tied: text = fmt::format(":tied{}", operand.tied); break;
  }
  if (operand.off_time) text += operand.role == Operand::Role::Use ? ":late" : ":early";
  return text;
}

class Printer {
 public:
  Printer(const MachineFunction& function, const Allocation* allocation, const MachineNames& names)
      : function_(function), allocation_(allocation), names_(names) {}

  std::string run() {
    for (uint32_t b = 0; b < function_.blocks.size(); ++b) block(b);
    if (allocation_ != nullptr) add("spill bytes {}\n", allocation_->spill_bytes);
    return std::move(text_);
  }

 private:
  template <typename... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }

  void block(uint32_t b) {
    const MachineBlock& block = function_.blocks[b];
    add("block {}", b);
    if (!block.params.empty()) list(block.params);
    if (block.is_loop_header) add(" loop");
    if (block.loop_depth != 0) add(" depth {}", block.loop_depth);
    if (block.is_cold) add(" cold");
    if (block.is_landing) add(" landing");
    if (!block.predecessors.empty()) add(" from");
    for (const uint32_t pred : block.predecessors) add(" {}", pred);
    add("\n");
    for (uint32_t i = 0; i < block.inst_count; ++i) inst(block, block.first_inst + i);
  }

  void list(std::span<const VReg> vregs) {
    add(" (");
    for (size_t i = 0; i < vregs.size(); ++i) add("{}v{}", i == 0 ? "" : ", ", vregs[i]);
    add(")");
  }

  void inst(const MachineBlock& block, uint32_t index) {
    const MachineInst& inst = function_.insts[index];
    moves_before(index);
    add("{:5}  {:<9}", index, names_.inst ? names_.inst(inst) : fmt::format("op{}", inst.code));
    operands(inst, Operand::Role::Def);
    operands(inst, Operand::Role::Use);
    if (inst.is_call) add(" call");
    if (inst.is_safepoint) add(" safepoint");
    if (inst.is_terminator) {
      for (const MachineTarget& target : block.targets) {
        add(" -> {}", target.block);
        if (target.arg_count != 0) list(function_.args_of(target));
      }
    }
    stack_map(index);
    add("\n");
  }

  void operands(const MachineInst& inst, Operand::Role role) {
    const auto operands = function_.operands_of(inst);
    for (size_t i = 0; i < operands.size(); ++i) {
      const Operand& operand = operands[i];
      if (operand.role != role) continue;
      add(" {}v{}{}", role == Operand::Role::Def ? "=" : "", operand.vreg,
          constraint_text(operand, names_));
      if (allocation_ != nullptr) {
        add("@{}", to_string(allocation_->locations[inst.first_operand + i], names_));
      }
    }
  }

  void moves_before(uint32_t index) {
    if (allocation_ == nullptr) return;
    const auto& moves = allocation_->moves;
    for (; next_move_ < moves.size() && moves[next_move_].before <= index; ++next_move_) {
      const AllocatedMove& move = moves[next_move_];
      add("       {} <- {}", to_string(move.to, names_), to_string(move.from, names_));
      add(" ({})\n", move.bytes);
    }
  }

  void stack_map(uint32_t index) {
    if (allocation_ == nullptr) return;
    const auto& maps = allocation_->stack_maps;
    while (next_map_ < maps.size() && maps[next_map_].inst < index) ++next_map_;
    if (next_map_ == maps.size() || maps[next_map_].inst != index) return;
    add(" refs");
    for (uint32_t i = 0; i < maps[next_map_].slot_count; ++i) {
      add(" [{}]", allocation_->map_slots[maps[next_map_].first_slot + i]);
    }
  }

  const MachineFunction& function_;
  const Allocation* allocation_;
  const MachineNames& names_;
  std::string text_;
  size_t next_move_ = 0;
  size_t next_map_ = 0;
};

}  // namespace

std::string to_string(const Location& location, const MachineNames& names) {
  switch (location.kind) {
    case Location::Kind::None: return "nowhere";
    case Location::Kind::Reg: return reg_name(location.reg, names);
    case Location::Kind::Slot: return fmt::format("[{}]", location.slot);
    case Location::Kind::Rematerialize: return fmt::format("again {}", location.slot);
  }
  return {};
}

std::string print(const MachineFunction& function, const MachineNames& names) {
  return Printer(function, nullptr, names).run();
}

std::string print(const MachineFunction& function, const Allocation& allocation,
                  const MachineNames& names) {
  return Printer(function, &allocation, names).run();
}

}  // namespace brink::compile
