// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Lowering of wide arithmetic: integers of 128 bits in two registers, low word first.

#include "engine/compile/x64/encoder.h"
#include "engine/compile/x64/lowering.h"

namespace brink::compile::x64 {

using ir::ValueId;

namespace {

/// Of result `index`: its register, or one that is thrown away.
VReg result_register(Lowering& l, ValueId value, uint32_t index) {
  const ValueId result = l.result(value, index);
  return result == ir::kNoValue ? l.new_int() : l.def(result);
}

void emit_sum(Lowering& l, uint32_t code, VReg d, ValueId a, ValueId b) {
  if (const auto immediate = l.immediate(b, 8)) {
    l.emit(Form::TI, code,
           {.d = d, .a = l.use(a), .imm = static_cast<uint64_t>(int64_t{*immediate})});
  } else {
    const VReg first = l.use(a);
    l.emit(Form::TU, code, {.d = d, .a = first, .b = l.use(b)});
  }
}

/// code: of the low words; vex: of the high words, with the carry.
void lower_add128(Lowering& l, ValueId value, const Row& row) {
  const VReg low = result_register(l, value, 0);
  emit_sum(l, row.code, low, l.arg(value, 0), l.arg(value, 2));
  const ValueId high = l.result(value, 1);
  if (high == ir::kNoValue || !l.is_used_later(high)) return;
  // Nothing comes between the two that writes flags: moves and constants do not.
  emit_sum(l, row.vex, l.def(high), l.arg(value, 1), l.arg(value, 3));
}

/// code: the multiplication of rax into rdx:rax.
void lower_mul_wide(Lowering& l, ValueId value, const Row& row) {
  const VReg low = result_register(l, value, 0);
  const VReg high = result_register(l, value, 1);
  const VReg a = l.use(l.arg(value, 0));
  const VReg b = l.use(l.arg(value, 1));
  if (row.code == I::kIdMul && l.has(platform::CpuFeature::Bmi2)) {
    l.emit_operands(
        Form::DEU, I::kIdMulx, 8,
        {Operand::use(b), Operand::use_fixed(a, kRdx), Operand::def(high), Operand::def(low)});
    return;
  }
  l.emit_operands(Form::U, row.code, 8,
                  {Operand::use(b), Operand::use_fixed(a, kRax), Operand::def_fixed(low, kRax),
                   Operand::def_fixed(high, kRdx)});
}

constexpr Row kWideRows[] = {
    {ir::to_op(Opcode::I64Add128), lower_add128, I::kIdAdd, I::kIdAdc},
    {ir::to_op(Opcode::I64Sub128), lower_add128, I::kIdSub, I::kIdSbb},
    {ir::to_op(Opcode::I64MulWideS), lower_mul_wide, I::kIdImul},
    {ir::to_op(Opcode::I64MulWideU), lower_mul_wide, I::kIdMul},
};

}  // namespace

std::span<const Row> wide_rows() {
  return kWideRows;
}

}  // namespace brink::compile::x64
