// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic on f32 and f64, and conversions from and to them. Operands keep their order, because
// it decides which NaN comes out. In a Row `code` and `vex` are the two encodings, `width` the
// bytes of the float, `extra` what is said at the function.

#include "engine/compile/x64/encoder.h"
#include "engine/compile/x64/lowering.h"

namespace brink::compile::x64 {

namespace {

using ir::to_op;
using ir::ValueId;
using platform::CpuFeature;

void lower_binary(Lowering& l, ValueId value, const Row& row) {
  const Source second = l.source(l.arg(value, 1), row.width);
  l.emit_vector(row.code, row.vex, l.def(value), l.use(l.arg(value, 0)), second);
}

/// sqrt and conversions between floats. Three operands say where the upper lanes come from.
void lower_unary(Lowering& l, ValueId value, const Row& row) {
  const VReg from = l.use(l.arg(value, 0));
  if (l.has_avx())
    l.emit(Form::DUU, row.vex, {.d = l.def(value), .a = from, .b = from});
  else
    l.emit(Form::DU, row.code, {.d = l.def(value), .a = from});
}

/// `extra`: the rounding mode.
void lower_round(Lowering& l, ValueId value, const Row& row) {
  const VReg from = l.use(l.arg(value, 0));
  if (l.has_avx())
    l.emit(Form::DUUI, row.vex, {.d = l.def(value), .a = from, .b = from, .imm = row.extra});
  else
    l.emit(Form::DUI, row.code, {.d = l.def(value), .a = from, .imm = row.extra});
}

/// The sign bit in each lane of `width` bytes, or all others.
Source sign_mask(Lowering& l, uint8_t width, bool is_inverted) {
  const uint64_t sign = width == 4 ? 0x80000000'80000000u : 0x80000000'00000000u;
  const uint64_t mask = is_inverted ? ~sign : sign;
  return {.mem = l.pool(V128{{mask, mask}}, 16)};
}

/// abs and neg. `extra`: whether the mask is everything but the sign.
void lower_sign(Lowering& l, ValueId value, const Row& row) {
  l.emit_vector(row.code, row.vex, l.def(value), l.use(l.arg(value, 0)),
                sign_mask(l, row.width, row.extra != 0));
}

void lower_copysign(Lowering& l, ValueId value, const Row& row) {
  const VReg magnitude = l.new_vector(row.width);
  const VReg sign = l.new_vector(row.width);
  l.emit_vector(I::kIdAndps, I::kIdVandps, magnitude, l.use(l.arg(value, 0)),
                sign_mask(l, row.width, true));
  l.emit_vector(I::kIdAndps, I::kIdVandps, sign, l.use(l.arg(value, 1)),
                sign_mask(l, row.width, false));
  l.emit_vector(I::kIdOrps, I::kIdVorps, l.def(value), magnitude, {.reg = sign});
}

void lower_extreme(Lowering& l, ValueId value, const Row& row) {
  MachineInst& inst = l.emit_pseudo(Pseudo::FloatExtreme, {Operand::use(l.use(l.arg(value, 0))),
                                                           Operand::use(l.use(l.arg(value, 1))),
                                                           Operand::def_tied(l.def(value), 0)});
  inst.width = row.width;
  inst.extra = row.extra;
}

// --- Conversions ---

/// `extra`: bytes of the integer. The instruction leaves the upper lanes as they are; a cleared
/// register keeps it from waiting for whatever was in its destination.
void emit_from_int(Lowering& l, const Row& row, VReg d, VReg from) {
  const VReg zero = l.new_vector();
  l.emit_zero(zero);
  const Args args = {.width = row.extra, .d = d, .a = zero, .b = from};
  if (l.has_avx())
    l.emit(Form::DUU, row.vex, args);
  else
    l.emit(Form::TU, row.code, args);
}

void lower_from_int(Lowering& l, ValueId value, const Row& row) {
  const VReg from = l.use(l.arg(value, 0));
  emit_from_int(l, row, l.def(value), from);
}

void lower_from_unsigned(Lowering& l, ValueId value, const Row& row) {
  if (l.has(CpuFeature::Avx512f) && l.has_avx()) {
    Row wide = row;
    wide.vex = row.width == 4 ? I::kIdVcvtusi2ss : I::kIdVcvtusi2sd;
    return emit_from_int(l, wide, l.def(value), l.use(l.arg(value, 0)));
  }
  const VReg from = l.use(l.arg(value, 0));
  l.emit_pseudo(Pseudo::ConvertUnsigned, {Operand::use(from), Operand::def(l.def(value))}).width =
      row.width;
}

/// Between the register classes; `width` bytes.
void lower_reinterpret(Lowering& l, ValueId value, const Row& row) {
  l.emit(Form::DU, l.has_avx() ? row.vex : row.code,
         {.width = row.width, .d = l.def(value), .a = l.use(l.arg(value, 0))});
}

/// `extra`: a Truncation.
void lower_truncation(Lowering& l, ValueId value, const Row& row) {
  MachineInst& inst = l.emit_pseudo(
      Pseudo::Truncate, {Operand::use(l.use(l.arg(value, 0))), Operand::def(l.def(value))});
  inst.extra = row.extra;
  inst.position = l.inst(value).position;
}

#define BRINK_BOTH(name, lower, id, low, extra)                                           \
  Row{to_op(Opcode::F32##name), lower, I::kId##id##ss, I::kIdV##low##ss, 4, extra}, Row { \
    to_op(Opcode::F64##name), lower, I::kId##id##sd, I::kIdV##low##sd, 8, extra           \
  }
#define BRINK_TRUNCATIONS(to, int_bytes, sign, is_signed)                     \
  BRINK_TRUNCATION(to##TruncF32##sign, 4, int_bytes, is_signed, false),       \
      BRINK_TRUNCATION(to##TruncF64##sign, 8, int_bytes, is_signed, false),   \
      BRINK_TRUNCATION(to##TruncSatF32##sign, 4, int_bytes, is_signed, true), \
      BRINK_TRUNCATION(to##TruncSatF64##sign, 8, int_bytes, is_signed, true)
#define BRINK_TRUNCATION(id, float_bytes, int_bytes, is_signed, saturates) \
  Row {                                                                    \
    to_op(Opcode::id), lower_truncation, 0, 0, int_bytes,                  \
        Truncation{float_bytes, int_bytes, is_signed, saturates}.pack()    \
  }

// clang-format off
constexpr Row kFloatRows[] = {
    BRINK_BOTH(Add, lower_binary, Add, add, 0),
    BRINK_BOTH(Sub, lower_binary, Sub, sub, 0),
    BRINK_BOTH(Mul, lower_binary, Mul, mul, 0),
    BRINK_BOTH(Div, lower_binary, Div, div, 0),
    BRINK_BOTH(Sqrt, lower_unary, Sqrt, sqrt, 0),
    BRINK_BOTH(Nearest, lower_round, Round, round, 8 | 0),
    BRINK_BOTH(Floor, lower_round, Round, round, 8 | 1),
    BRINK_BOTH(Ceil, lower_round, Round, round, 8 | 2),
    BRINK_BOTH(Trunc, lower_round, Round, round, 8 | 3),
    {to_op(Opcode::F32Abs), lower_sign, I::kIdAndps, I::kIdVandps, 4, 1},
    {to_op(Opcode::F64Abs), lower_sign, I::kIdAndpd, I::kIdVandpd, 8, 1},
    {to_op(Opcode::F32Neg), lower_sign, I::kIdXorps, I::kIdVxorps, 4, 0},
    {to_op(Opcode::F64Neg), lower_sign, I::kIdXorpd, I::kIdVxorpd, 8, 0},
    {to_op(Opcode::F32Copysign), lower_copysign, 0, 0, 4},
    {to_op(Opcode::F64Copysign), lower_copysign, 0, 0, 8},
    {to_op(Opcode::F32Min), lower_extreme, 0, 0, 4, uint8_t(FloatExtreme::Min)},
    {to_op(Opcode::F64Min), lower_extreme, 0, 0, 8, uint8_t(FloatExtreme::Min)},
    {to_op(Opcode::F32Max), lower_extreme, 0, 0, 4, uint8_t(FloatExtreme::Max)},
    {to_op(Opcode::F64Max), lower_extreme, 0, 0, 8, uint8_t(FloatExtreme::Max)},
};

constexpr Row kConversionRows[] = {
    {to_op(Opcode::F32DemoteF64), lower_unary, I::kIdCvtsd2ss, I::kIdVcvtsd2ss},
    {to_op(Opcode::F64PromoteF32), lower_unary, I::kIdCvtss2sd, I::kIdVcvtss2sd},
    {to_op(Opcode::F32ConvertI32S), lower_from_int, I::kIdCvtsi2ss, I::kIdVcvtsi2ss, 4, 4},
    {to_op(Opcode::F32ConvertI32U), lower_from_int, I::kIdCvtsi2ss, I::kIdVcvtsi2ss, 4, 8},
    {to_op(Opcode::F32ConvertI64S), lower_from_int, I::kIdCvtsi2ss, I::kIdVcvtsi2ss, 4, 8},
    {to_op(Opcode::F64ConvertI32S), lower_from_int, I::kIdCvtsi2sd, I::kIdVcvtsi2sd, 8, 4},
    {to_op(Opcode::F64ConvertI32U), lower_from_int, I::kIdCvtsi2sd, I::kIdVcvtsi2sd, 8, 8},
    {to_op(Opcode::F64ConvertI64S), lower_from_int, I::kIdCvtsi2sd, I::kIdVcvtsi2sd, 8, 8},
    {to_op(Opcode::F32ConvertI64U), lower_from_unsigned, 0, 0, 4, 8},
    {to_op(Opcode::F64ConvertI64U), lower_from_unsigned, 0, 0, 8, 8},
    {to_op(Opcode::I32ReinterpretF32), lower_reinterpret, I::kIdMovd, I::kIdVmovd, 4},
    {to_op(Opcode::I64ReinterpretF64), lower_reinterpret, I::kIdMovq, I::kIdVmovq, 8},
    {to_op(Opcode::F32ReinterpretI32), lower_reinterpret, I::kIdMovd, I::kIdVmovd, 4},
    {to_op(Opcode::F64ReinterpretI64), lower_reinterpret, I::kIdMovq, I::kIdVmovq, 8},
    BRINK_TRUNCATIONS(I32, 4, S, true),
    BRINK_TRUNCATIONS(I32, 4, U, false),
    BRINK_TRUNCATIONS(I64, 8, S, true),
    BRINK_TRUNCATIONS(I64, 8, U, false),
};
// clang-format on

#undef BRINK_BOTH
#undef BRINK_TRUNCATIONS
#undef BRINK_TRUNCATION

}  // namespace

std::span<const Row> float_rows() {
  return kFloatRows;
}

std::span<const Row> conversion_rows() {
  return kConversionRows;
}

}  // namespace brink::compile::x64
