// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The ends of blocks, except calls, and checks.

#include "engine/compile/x64/encoder.h"
#include "engine/compile/x64/lowering.h"
#include "engine/support/check.h"

namespace brink::compile::x64 {

namespace {

using ir::Op;
using ir::to_op;
using ir::ValueId;

void end_with_jump(Lowering& l) {
  l.add_target(0);
  l.emit_pseudo(Pseudo::Jump, {}).is_terminator = true;
}

void end_with_branch(Lowering& l, Cond cond) {
  l.add_target(0);
  l.add_target(1);
  MachineInst& inst = l.emit_pseudo(Pseudo::JumpIf, {});
  inst.extra = static_cast<uint8_t>(cond);
  inst.is_terminator = true;
}

void lower_jump(Lowering& l, ValueId, const Row&) {
  end_with_jump(l);
}

void lower_branch(Lowering& l, ValueId value, const Row&) {
  end_with_branch(l, l.condition(l.arg(value, 0)));
}

void lower_switch(Lowering& l, ValueId value, const Row&) {
  const uint32_t count = l.target_count();
  std::vector<uint32_t> places;
  for (uint32_t i = 0; i < count; ++i) places.push_back(l.add_target(i));
  if (l.machine_block().targets.size() == 1) {
    l.emit_pseudo(Pseudo::Jump, {}).is_terminator = true;
    return;
  }
  const VReg index = l.use(l.arg(value, 0));
  if (count == 2) {
    l.emit(Form::UU, I::kIdTest, {.width = 4, .a = index, .b = index});
    MachineInst& inst = l.emit_pseudo(Pseudo::JumpIf, {});
    inst.extra = static_cast<uint8_t>(Cond::E);
    inst.is_terminator = true;
    return;
  }
  l.out().switches.push_back(std::move(places));
  l.emit_pseudo(Pseudo::JumpTable, {Operand::use(index), Operand::temp(l.new_int())},
                l.out().switches.size() - 1)
      .is_terminator = true;
}

void lower_trap(Lowering& l, ValueId value, const Row&) {
  MachineInst& inst = l.emit_pseudo(Pseudo::Trap, {}, l.inst(value).imm);
  inst.position = l.inst(value).position;
  inst.is_terminator = true;
}

/// `extra`: whether the condition is that it does not trap.
void lower_trap_if(Lowering& l, ValueId value, const Row& row) {
  const Cond cond = l.condition(l.arg(value, 0));
  l.emit_trap_if(row.extra != 0 ? invert(cond) : cond, static_cast<TrapCode>(l.inst(value).imm),
                 l.inst(value).position);
}

void lower_poll(Lowering& l, ValueId value, const Row&) {
  l.emit_pseudo(Pseudo::Poll, {}).position = l.inst(value).position;
}

void lower_fuel(Lowering& l, ValueId value, const Row&) {
  l.emit_pseudo(Pseudo::Fuel, {}, l.inst(value).imm).position = l.inst(value).position;
}

void lower_landing(Lowering& l, ValueId value, const Row&) {
  l.machine_block().is_landing = true;
  l.emit_pseudo(Pseudo::Landing, {Operand::def_fixed(l.def(value), kRax)});
}

constexpr Row kRows[] = {
    {Op::Jump, lower_jump},       {Op::Branch, lower_branch},
    {Op::Switch, lower_switch},   {Op::Trap, lower_trap},
    {Op::TrapIf, lower_trap_if},  {Op::TrapUnless, lower_trap_if, 0, 0, 0, 1},
    {Op::Poll, lower_poll},       {Op::Fuel, lower_fuel},
    {Op::Landing, lower_landing},
};

}  // namespace

std::span<const Row> control_rows() {
  return kRows;
}

}  // namespace brink::compile::x64
