// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/pass/loop_conditions.h"

#include <algorithm>

#include "engine/compile/ir/editor.h"

namespace brink::compile {
namespace {

using ir::Block;
using ir::Function;
using ir::Inst;
using ir::Op;
using ir::Target;
using ir::ValueId;

bool is_op(const Inst& inst, Opcode opcode) {
  return inst.op == ir::to_op(opcode);
}

bool is_integer_constant(const Inst& inst) {
  return is_op(inst, Opcode::I32Const) || is_op(inst, Opcode::I64Const);
}

/// What a parameter of the target's block is in the next round if that is it plus a constant.
ValueId next_of(const Function& function, const Target& target, ValueId param) {
  const std::vector<ValueId>& params = function.blocks[target.block].params;
  const auto place = std::ranges::find(params, param);
  if (place == params.end()) return ir::kNoValue;
  const ValueId next = function.args(target)[static_cast<size_t>(place - params.begin())];
  const Inst& sum = function[next];
  if (!is_op(sum, Opcode::I32Add) && !is_op(sum, Opcode::I64Add)) return ir::kNoValue;
  const bool is_step = sum.args[0] == param && is_integer_constant(function[sum.args[1]]);
  return is_step ? next : ir::kNoValue;
}

void rewrite(Function& function, Block& block, const Target& target) {
  const ValueId branch = block.insts.back();
  const Inst condition = function[function[branch].args[0]];
  const bool is_narrow = is_op(condition, Opcode::I32Eq) || is_op(condition, Opcode::I32Ne);
  if (!is_narrow && !is_op(condition, Opcode::I64Eq) && !is_op(condition, Opcode::I64Ne)) return;
  if (!is_integer_constant(function[condition.args[1]])) return;
  const ValueId next = next_of(function, target, condition.args[0]);
  if (next == ir::kNoValue) return;
  const uint64_t step = function[function[next].args[1]].imm;
  uint64_t bound = function[condition.args[1]].imm + step;
  if (is_narrow) bound = static_cast<uint32_t>(bound);
  const ir::Type type = is_narrow ? ir::Type::I32 : ir::Type::I64;
  Inst comparison = condition;
  comparison.args[0] = next;
  comparison.args[1] = ir::add_inst(function, ir::make_constant(type, bound));
  const ValueId decided = ir::add_inst(function, comparison);
  function[branch].args[0] = decided;
  block.insts.insert(block.insts.end() - 1, {comparison.args[1], decided});
}

}  // namespace

void compare_next_rounds(Function& function) {
  for (Block& block : function.blocks) {
    if (block.insts.empty() || function.terminator(block).op != Op::Branch) continue;
    for (uint32_t i = 0; i < block.target_count; ++i) {
      const Target target = function.targets[block.first_target + i];
      if (!function.blocks[target.block].is_loop_header) continue;
      rewrite(function, block, target);
      break;
    }
  }
}

}  // namespace brink::compile
