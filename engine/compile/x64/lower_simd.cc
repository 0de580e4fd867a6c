// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The table of vector operations. Most are one instruction: a row with its number in both
// encodings. What takes more is a function of one of the other lower_simd_*.cc.

#include "engine/compile/x64/lower_simd.h"

#include "engine/compile/x64/vectors.h"

namespace brink::compile::x64 {

using ir::ValueId;

namespace {

constexpr VectorInst inst_of(const Row& row) {
  return {row.code, row.vex};
}

/// The second operand of an instruction may be in memory, the first may be overwritten.
bool wants_exchange(Lowering& l, ValueId a, ValueId b) {
  const auto may_be_memory = [&](ValueId value) {
    return l.is_op(value, Opcode::V128Const) ||
           (l.is_op(value, Opcode::V128Load) && l.can_fold_load(value));
  };
  if (may_be_memory(a) != may_be_memory(b)) return may_be_memory(a);
  return !l.has_avx() && l.is_needed_later(a) && !l.is_needed_later(b);
}

/// d = a op b
void binary(Lowering& l, ValueId value, const Row& row) {
  ValueId a = l.arg(value, 0);
  ValueId b = l.arg(value, 1);
  if (info(ir::to_opcode(row.op)).is_commutative() && wants_exchange(l, a, b)) std::swap(a, b);
  const VReg d = l.def(value);
  const VReg first = l.use(a);
  Vectors(l).binary(inst_of(row), first, l.source(b, 16), d);
}

/// The same for floats, whose order decides which of two NaNs comes out.
void ordered(Lowering& l, ValueId value, const Row& row) {
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  Vectors(l).binary(inst_of(row), a, l.source(l.arg(value, 1), 16), d);
}

/// d = b op a
void exchanged(Lowering& l, ValueId value, const Row& row) {
  const VReg d = l.def(value);
  const VReg first = l.use(l.arg(value, 1));
  Vectors(l).binary(inst_of(row), first, l.source(l.arg(value, 0), 16), d);
}

/// d = op a
void unary(Lowering& l, ValueId value, const Row& row) {
  const VReg d = l.def(value);
  Vectors(l).unary(inst_of(row), l.source(l.arg(value, 0), 16), d);
}

/// d = op a, where memory would be read as less than a vector, or as more.
void unary_reg(Lowering& l, ValueId value, const Row& row) {
  const VReg d = l.def(value);
  Vectors(l).unary(inst_of(row), l.use(l.arg(value, 0)), d);
}

/// d = op a, extra
void unary_imm(Lowering& l, ValueId value, const Row& row) {
  const VReg d = l.def(value);
  Vectors(l).unary_imm(inst_of(row), l.source(l.arg(value, 0), 16), row.extra, d);
}

/// d = a op b, extra
void binary_imm(Lowering& l, ValueId value, const Row& row) {
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  Vectors(l).binary_imm(inst_of(row), a, l.source(l.arg(value, 1), 16), row.extra, d);
}

/// d = b op a, extra
void exchanged_imm(Lowering& l, ValueId value, const Row& row) {
  const VReg d = l.def(value);
  const VReg b = l.use(l.arg(value, 1));
  Vectors(l).binary_imm(inst_of(row), b, l.source(l.arg(value, 0), 16), row.extra, d);
}

/// d = a op the sign bits (extra 1) of lanes of `width` bytes, or all other bits (extra 0).
void with_signs(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const uint64_t sign = row.width == 8 ? uint64_t{1} << 63 : 0x8000'0000'8000'0000;
  const V128 constant = splat64(row.extra == 0 ? ~sign : sign);
  const VReg d = l.def(value);
  v.binary(inst_of(row), l.use(l.arg(value, 0)), constant, d);
}

/// d = a op ones in all lanes of `width` bytes.
void with_ones(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const VReg d = l.def(value);
  v.binary(inst_of(row), l.use(l.arg(value, 0)), row.width == 2 ? splat16(1) : splat8(1), d);
}

// Immediates of round.
constexpr uint8_t kFloor = 9;  // all without an inexact exception
constexpr uint8_t kCeil = 10;
constexpr uint8_t kTrunc = 11;
constexpr uint8_t kNearest = 8;

#define BRINK_ROW(id, function, sse, vex, ...) \
  {ir::to_op(Opcode::id), function, I::kId##sse, I::kId##vex __VA_OPT__(, ) __VA_ARGS__},
#define BRINK_SEQUENCE(id, function, ...) \
  {ir::to_op(Opcode::id), function, 0, 0 __VA_OPT__(, ) __VA_ARGS__},

constexpr uint8_t extra(auto value) {
  return static_cast<uint8_t>(value);
}

// clang-format off
constexpr Row kSimdRows[] = {
    // Integer arithmetic
    BRINK_ROW(I8x16Add, binary, Paddb, Vpaddb)
    BRINK_ROW(I16x8Add, binary, Paddw, Vpaddw)
    BRINK_ROW(I32x4Add, binary, Paddd, Vpaddd)
    BRINK_ROW(I64x2Add, binary, Paddq, Vpaddq)
    BRINK_ROW(I8x16Sub, binary, Psubb, Vpsubb)
    BRINK_ROW(I16x8Sub, binary, Psubw, Vpsubw)
    BRINK_ROW(I32x4Sub, binary, Psubd, Vpsubd)
    BRINK_ROW(I64x2Sub, binary, Psubq, Vpsubq)
    BRINK_ROW(I8x16AddSatS, binary, Paddsb, Vpaddsb)
    BRINK_ROW(I8x16AddSatU, binary, Paddusb, Vpaddusb)
    BRINK_ROW(I16x8AddSatS, binary, Paddsw, Vpaddsw)
    BRINK_ROW(I16x8AddSatU, binary, Paddusw, Vpaddusw)
    BRINK_ROW(I8x16SubSatS, binary, Psubsb, Vpsubsb)
    BRINK_ROW(I8x16SubSatU, binary, Psubusb, Vpsubusb)
    BRINK_ROW(I16x8SubSatS, binary, Psubsw, Vpsubsw)
    BRINK_ROW(I16x8SubSatU, binary, Psubusw, Vpsubusw)
    BRINK_ROW(I16x8Mul, binary, Pmullw, Vpmullw)
    BRINK_ROW(I32x4Mul, binary, Pmulld, Vpmulld)
    BRINK_SEQUENCE(I64x2Mul, lower_i64x2_mul)
    BRINK_ROW(I8x16MinS, binary, Pminsb, Vpminsb)
    BRINK_ROW(I8x16MinU, binary, Pminub, Vpminub)
    BRINK_ROW(I8x16MaxS, binary, Pmaxsb, Vpmaxsb)
    BRINK_ROW(I8x16MaxU, binary, Pmaxub, Vpmaxub)
    BRINK_ROW(I16x8MinS, binary, Pminsw, Vpminsw)
    BRINK_ROW(I16x8MinU, binary, Pminuw, Vpminuw)
    BRINK_ROW(I16x8MaxS, binary, Pmaxsw, Vpmaxsw)
    BRINK_ROW(I16x8MaxU, binary, Pmaxuw, Vpmaxuw)
    BRINK_ROW(I32x4MinS, binary, Pminsd, Vpminsd)
    BRINK_ROW(I32x4MinU, binary, Pminud, Vpminud)
    BRINK_ROW(I32x4MaxS, binary, Pmaxsd, Vpmaxsd)
    BRINK_ROW(I32x4MaxU, binary, Pmaxud, Vpmaxud)
    BRINK_ROW(I8x16AvgrU, binary, Pavgb, Vpavgb)
    BRINK_ROW(I16x8AvgrU, binary, Pavgw, Vpavgw)
    BRINK_ROW(I8x16Abs, unary, Pabsb, Vpabsb)
    BRINK_ROW(I16x8Abs, unary, Pabsw, Vpabsw)
    BRINK_ROW(I32x4Abs, unary, Pabsd, Vpabsd)
    BRINK_SEQUENCE(I64x2Abs, lower_i64x2_abs)
    BRINK_ROW(I8x16Neg, lower_vector_neg, Psubb, Vpsubb)
    BRINK_ROW(I16x8Neg, lower_vector_neg, Psubw, Vpsubw)
    BRINK_ROW(I32x4Neg, lower_vector_neg, Psubd, Vpsubd)
    BRINK_ROW(I64x2Neg, lower_vector_neg, Psubq, Vpsubq)
    BRINK_SEQUENCE(I8x16Popcnt, lower_popcnt)
    BRINK_SEQUENCE(I16x8Q15mulrSatS, lower_q15mulr)
    BRINK_SEQUENCE(I16x8RelaxedQ15mulrS, lower_q15mulr)

    // Integer comparison
    BRINK_ROW(I8x16Eq, binary, Pcmpeqb, Vpcmpeqb)
    BRINK_ROW(I16x8Eq, binary, Pcmpeqw, Vpcmpeqw)
    BRINK_ROW(I32x4Eq, binary, Pcmpeqd, Vpcmpeqd)
    BRINK_ROW(I64x2Eq, binary, Pcmpeqq, Vpcmpeqq)
    BRINK_ROW(I8x16Ne, lower_not_of, Pcmpeqb, Vpcmpeqb)
    BRINK_ROW(I16x8Ne, lower_not_of, Pcmpeqw, Vpcmpeqw)
    BRINK_ROW(I32x4Ne, lower_not_of, Pcmpeqd, Vpcmpeqd)
    BRINK_ROW(I64x2Ne, lower_not_of, Pcmpeqq, Vpcmpeqq)
    BRINK_ROW(I8x16GtS, binary, Pcmpgtb, Vpcmpgtb)
    BRINK_ROW(I16x8GtS, binary, Pcmpgtw, Vpcmpgtw)
    BRINK_ROW(I32x4GtS, binary, Pcmpgtd, Vpcmpgtd)
    BRINK_ROW(I8x16LtS, exchanged, Pcmpgtb, Vpcmpgtb)
    BRINK_ROW(I16x8LtS, exchanged, Pcmpgtw, Vpcmpgtw)
    BRINK_ROW(I32x4LtS, exchanged, Pcmpgtd, Vpcmpgtd)
    BRINK_ROW(I8x16LeS, lower_bound_compare, Pminsb, Vpminsb, 1)
    BRINK_ROW(I8x16LeU, lower_bound_compare, Pminub, Vpminub, 1)
    BRINK_ROW(I8x16GeS, lower_bound_compare, Pmaxsb, Vpmaxsb, 1)
    BRINK_ROW(I8x16GeU, lower_bound_compare, Pmaxub, Vpmaxub, 1)
    BRINK_ROW(I16x8LeS, lower_bound_compare, Pminsw, Vpminsw, 2)
    BRINK_ROW(I16x8LeU, lower_bound_compare, Pminuw, Vpminuw, 2)
    BRINK_ROW(I16x8GeS, lower_bound_compare, Pmaxsw, Vpmaxsw, 2)
    BRINK_ROW(I16x8GeU, lower_bound_compare, Pmaxuw, Vpmaxuw, 2)
    BRINK_ROW(I32x4LeS, lower_bound_compare, Pminsd, Vpminsd, 4)
    BRINK_ROW(I32x4LeU, lower_bound_compare, Pminud, Vpminud, 4)
    BRINK_ROW(I32x4GeS, lower_bound_compare, Pmaxsd, Vpmaxsd, 4)
    BRINK_ROW(I32x4GeU, lower_bound_compare, Pmaxud, Vpmaxud, 4)
    BRINK_ROW(I8x16GtU, lower_not_bound_compare, Pminub, Vpminub, 1)
    BRINK_ROW(I8x16LtU, lower_not_bound_compare, Pmaxub, Vpmaxub, 1)
    BRINK_ROW(I16x8GtU, lower_not_bound_compare, Pminuw, Vpminuw, 2)
    BRINK_ROW(I16x8LtU, lower_not_bound_compare, Pmaxuw, Vpmaxuw, 2)
    BRINK_ROW(I32x4GtU, lower_not_bound_compare, Pminud, Vpminud, 4)
    BRINK_ROW(I32x4LtU, lower_not_bound_compare, Pmaxud, Vpmaxud, 4)
    BRINK_SEQUENCE(I64x2GtS, lower_i64x2_greater, 8, extra(Comparison64::Gt))
    BRINK_SEQUENCE(I64x2LtS, lower_i64x2_greater, 8, extra(Comparison64::Lt))
    BRINK_SEQUENCE(I64x2GeS, lower_i64x2_greater, 8, extra(Comparison64::Ge))
    BRINK_SEQUENCE(I64x2LeS, lower_i64x2_greater, 8, extra(Comparison64::Le))

    // Between widths
    BRINK_ROW(I8x16NarrowI16x8S, binary, Packsswb, Vpacksswb)
    BRINK_ROW(I8x16NarrowI16x8U, binary, Packuswb, Vpackuswb)
    BRINK_ROW(I16x8NarrowI32x4S, binary, Packssdw, Vpackssdw)
    BRINK_ROW(I16x8NarrowI32x4U, binary, Packusdw, Vpackusdw)
    BRINK_ROW(I16x8ExtendLowI8x16S, unary_reg, Pmovsxbw, Vpmovsxbw)
    BRINK_ROW(I16x8ExtendLowI8x16U, unary_reg, Pmovzxbw, Vpmovzxbw)
    BRINK_ROW(I32x4ExtendLowI16x8S, unary_reg, Pmovsxwd, Vpmovsxwd)
    BRINK_ROW(I32x4ExtendLowI16x8U, unary_reg, Pmovzxwd, Vpmovzxwd)
    BRINK_ROW(I64x2ExtendLowI32x4S, unary_reg, Pmovsxdq, Vpmovsxdq)
    BRINK_ROW(I64x2ExtendLowI32x4U, unary_reg, Pmovzxdq, Vpmovzxdq)
    BRINK_ROW(I16x8ExtendHighI8x16S, lower_extend_high, Pmovsxbw, Vpmovsxbw)
    BRINK_ROW(I32x4ExtendHighI16x8S, lower_extend_high, Pmovsxwd, Vpmovsxwd)
    BRINK_ROW(I64x2ExtendHighI32x4S, lower_extend_high, Pmovsxdq, Vpmovsxdq)
    BRINK_ROW(I16x8ExtendHighI8x16U, lower_extend_high_zero, Punpckhbw, Vpunpckhbw)
    BRINK_ROW(I32x4ExtendHighI16x8U, lower_extend_high_zero, Punpckhwd, Vpunpckhwd)
    BRINK_ROW(I64x2ExtendHighI32x4U, lower_extend_high_zero, Punpckhdq, Vpunpckhdq)
    BRINK_ROW(I16x8ExtmulLowI8x16S, lower_extmul_bytes, Pmulhw, Vpmulhw, 1, 0)
    BRINK_ROW(I16x8ExtmulHighI8x16S, lower_extmul_bytes, Pmulhw, Vpmulhw, 1, 1)
    BRINK_ROW(I16x8ExtmulLowI8x16U, lower_extmul_bytes, Pmulhuw, Vpmulhuw, 1, 0)
    BRINK_ROW(I16x8ExtmulHighI8x16U, lower_extmul_bytes, Pmulhuw, Vpmulhuw, 1, 1)
    BRINK_ROW(I32x4ExtmulLowI16x8S, lower_extmul_words, Pmulhw, Vpmulhw, 2, 0)
    BRINK_ROW(I32x4ExtmulHighI16x8S, lower_extmul_words, Pmulhw, Vpmulhw, 2, 1)
    BRINK_ROW(I32x4ExtmulLowI16x8U, lower_extmul_words, Pmulhuw, Vpmulhuw, 2, 0)
    BRINK_ROW(I32x4ExtmulHighI16x8U, lower_extmul_words, Pmulhuw, Vpmulhuw, 2, 1)
    BRINK_ROW(I64x2ExtmulLowI32x4S, lower_extmul_dwords, Pmuldq, Vpmuldq, 4, 0)
    BRINK_ROW(I64x2ExtmulHighI32x4S, lower_extmul_dwords, Pmuldq, Vpmuldq, 4, 1)
    BRINK_ROW(I64x2ExtmulLowI32x4U, lower_extmul_dwords, Pmuludq, Vpmuludq, 4, 0)
    BRINK_ROW(I64x2ExtmulHighI32x4U, lower_extmul_dwords, Pmuludq, Vpmuludq, 4, 1)
    BRINK_SEQUENCE(I16x8ExtaddPairwiseI8x16S, lower_extadd_bytes_s)
    BRINK_ROW(I16x8ExtaddPairwiseI8x16U, with_ones, Pmaddubsw, Vpmaddubsw, 1)
    BRINK_ROW(I32x4ExtaddPairwiseI16x8S, with_ones, Pmaddwd, Vpmaddwd, 2)
    BRINK_SEQUENCE(I32x4ExtaddPairwiseI16x8U, lower_extadd_words_u)
    BRINK_ROW(I32x4DotI16x8S, binary, Pmaddwd, Vpmaddwd)
    BRINK_SEQUENCE(I16x8RelaxedDotI8x16I7x16S, lower_dot_bytes)
    BRINK_SEQUENCE(I32x4RelaxedDotI8x16I7x16AddS, lower_dot_bytes_add)

    // Shifts
    BRINK_SEQUENCE(I8x16Shl, lower_shift_bytes, 1, extra(ByteShift::Left))
    BRINK_SEQUENCE(I8x16ShrS, lower_shift_bytes, 1, extra(ByteShift::RightSigned))
    BRINK_SEQUENCE(I8x16ShrU, lower_shift_bytes, 1, extra(ByteShift::Right))
    BRINK_ROW(I16x8Shl, lower_shift, Psllw, Vpsllw, 2)
    BRINK_ROW(I16x8ShrS, lower_shift, Psraw, Vpsraw, 2)
    BRINK_ROW(I16x8ShrU, lower_shift, Psrlw, Vpsrlw, 2)
    BRINK_ROW(I32x4Shl, lower_shift, Pslld, Vpslld, 4)
    BRINK_ROW(I32x4ShrS, lower_shift, Psrad, Vpsrad, 4)
    BRINK_ROW(I32x4ShrU, lower_shift, Psrld, Vpsrld, 4)
    BRINK_ROW(I64x2Shl, lower_shift, Psllq, Vpsllq, 8)
    BRINK_SEQUENCE(I64x2ShrS, lower_shift_quads_s, 8)
    BRINK_ROW(I64x2ShrU, lower_shift, Psrlq, Vpsrlq, 8)

    // Floats
    BRINK_ROW(F32x4Add, ordered, Addps, Vaddps)
    BRINK_ROW(F64x2Add, ordered, Addpd, Vaddpd)
    BRINK_ROW(F32x4Sub, ordered, Subps, Vsubps)
    BRINK_ROW(F64x2Sub, ordered, Subpd, Vsubpd)
    BRINK_ROW(F32x4Mul, ordered, Mulps, Vmulps)
    BRINK_ROW(F64x2Mul, ordered, Mulpd, Vmulpd)
    BRINK_ROW(F32x4Div, ordered, Divps, Vdivps)
    BRINK_ROW(F64x2Div, ordered, Divpd, Vdivpd)
    BRINK_ROW(F32x4Sqrt, unary, Sqrtps, Vsqrtps)
    BRINK_ROW(F64x2Sqrt, unary, Sqrtpd, Vsqrtpd)
    BRINK_ROW(F32x4Abs, with_signs, Andps, Vandps, 4, 0)
    BRINK_ROW(F64x2Abs, with_signs, Andpd, Vandpd, 8, 0)
    BRINK_ROW(F32x4Neg, with_signs, Xorps, Vxorps, 4, 1)
    BRINK_ROW(F64x2Neg, with_signs, Xorpd, Vxorpd, 8, 1)
    BRINK_ROW(F32x4Ceil, unary_imm, Roundps, Vroundps, 4, kCeil)
    BRINK_ROW(F32x4Floor, unary_imm, Roundps, Vroundps, 4, kFloor)
    BRINK_ROW(F32x4Trunc, unary_imm, Roundps, Vroundps, 4, kTrunc)
    BRINK_ROW(F32x4Nearest, unary_imm, Roundps, Vroundps, 4, kNearest)
    BRINK_ROW(F64x2Ceil, unary_imm, Roundpd, Vroundpd, 8, kCeil)
    BRINK_ROW(F64x2Floor, unary_imm, Roundpd, Vroundpd, 8, kFloor)
    BRINK_ROW(F64x2Trunc, unary_imm, Roundpd, Vroundpd, 8, kTrunc)
    BRINK_ROW(F64x2Nearest, unary_imm, Roundpd, Vroundpd, 8, kNearest)
    BRINK_ROW(F32x4Min, lower_vector_extreme, Minps, Vminps, 4, 0)
    BRINK_ROW(F32x4Max, lower_vector_extreme, Maxps, Vmaxps, 4, 1)
    BRINK_ROW(F64x2Min, lower_vector_extreme, Minpd, Vminpd, 8, 0)
    BRINK_ROW(F64x2Max, lower_vector_extreme, Maxpd, Vmaxpd, 8, 1)
    BRINK_ROW(F32x4RelaxedMin, lower_vector_extreme, Minps, Vminps, 4, 0)
    BRINK_ROW(F32x4RelaxedMax, lower_vector_extreme, Maxps, Vmaxps, 4, 1)
    BRINK_ROW(F64x2RelaxedMin, lower_vector_extreme, Minpd, Vminpd, 8, 0)
    BRINK_ROW(F64x2RelaxedMax, lower_vector_extreme, Maxpd, Vmaxpd, 8, 1)
    // b < a ? b : a is what the machine's minimum does, in this order.
    BRINK_ROW(F32x4Pmin, exchanged, Minps, Vminps)
    BRINK_ROW(F32x4Pmax, exchanged, Maxps, Vmaxps)
    BRINK_ROW(F64x2Pmin, exchanged, Minpd, Vminpd)
    BRINK_ROW(F64x2Pmax, exchanged, Maxpd, Vmaxpd)
    BRINK_ROW(F32x4Eq, binary_imm, Cmpps, Vcmpps, 4, compare::kEq)
    BRINK_ROW(F32x4Ne, binary_imm, Cmpps, Vcmpps, 4, compare::kNe)
    BRINK_ROW(F32x4Lt, binary_imm, Cmpps, Vcmpps, 4, compare::kLt)
    BRINK_ROW(F32x4Le, binary_imm, Cmpps, Vcmpps, 4, compare::kLe)
    BRINK_ROW(F32x4Gt, exchanged_imm, Cmpps, Vcmpps, 4, compare::kLt)
    BRINK_ROW(F32x4Ge, exchanged_imm, Cmpps, Vcmpps, 4, compare::kLe)
    BRINK_ROW(F64x2Eq, binary_imm, Cmppd, Vcmppd, 8, compare::kEq)
    BRINK_ROW(F64x2Ne, binary_imm, Cmppd, Vcmppd, 8, compare::kNe)
    BRINK_ROW(F64x2Lt, binary_imm, Cmppd, Vcmppd, 8, compare::kLt)
    BRINK_ROW(F64x2Le, binary_imm, Cmppd, Vcmppd, 8, compare::kLe)
    BRINK_ROW(F64x2Gt, exchanged_imm, Cmppd, Vcmppd, 8, compare::kLt)
    BRINK_ROW(F64x2Ge, exchanged_imm, Cmppd, Vcmppd, 8, compare::kLe)
    BRINK_ROW(F32x4RelaxedMadd, lower_vector_madd, Addps, Vaddps, 4)
    BRINK_ROW(F64x2RelaxedMadd, lower_vector_madd, Addpd, Vaddpd, 8)
    BRINK_ROW(F32x4RelaxedNmadd, lower_vector_nmadd, Xorps, Vxorps, 4)
    BRINK_ROW(F64x2RelaxedNmadd, lower_vector_nmadd, Xorpd, Vxorpd, 8)

    // Conversion
    BRINK_ROW(F32x4ConvertI32x4S, unary, Cvtdq2ps, Vcvtdq2ps)
    BRINK_SEQUENCE(F32x4ConvertI32x4U, lower_f32x4_convert_u)
    BRINK_ROW(F64x2ConvertLowI32x4S, unary_reg, Cvtdq2pd, Vcvtdq2pd)
    BRINK_SEQUENCE(F64x2ConvertLowI32x4U, lower_f64x2_convert_u)
    BRINK_ROW(F32x4DemoteF64x2Zero, unary_reg, Cvtpd2ps, Vcvtpd2ps)
    BRINK_ROW(F64x2PromoteLowF32x4, unary_reg, Cvtps2pd, Vcvtps2pd)
    BRINK_SEQUENCE(I32x4TruncSatF32x4S, lower_trunc_f32x4_s)
    BRINK_SEQUENCE(I32x4TruncSatF32x4U, lower_trunc_f32x4_u)
    BRINK_SEQUENCE(I32x4TruncSatF64x2SZero, lower_trunc_f64x2_s)
    BRINK_SEQUENCE(I32x4TruncSatF64x2UZero, lower_trunc_f64x2_u)
    BRINK_SEQUENCE(I32x4RelaxedTruncF32x4S, lower_trunc_f32x4_s)
    BRINK_SEQUENCE(I32x4RelaxedTruncF32x4U, lower_trunc_f32x4_u)
    BRINK_SEQUENCE(I32x4RelaxedTruncF64x2SZero, lower_trunc_f64x2_s)
    BRINK_SEQUENCE(I32x4RelaxedTruncF64x2UZero, lower_trunc_f64x2_u)

    // Bits
    BRINK_SEQUENCE(V128Not, lower_bitwise)
    BRINK_ROW(V128And, lower_bitwise, Pand, Vpand)
    BRINK_ROW(V128Andnot, lower_bitwise, Pandn, Vpandn)
    BRINK_ROW(V128Or, lower_bitwise, Por, Vpor)
    BRINK_ROW(V128Xor, lower_bitwise, Pxor, Vpxor)
    BRINK_SEQUENCE(V128Bitselect, lower_bitselect)
    BRINK_SEQUENCE(I8x16RelaxedLaneselect, lower_bitselect)
    BRINK_SEQUENCE(I16x8RelaxedLaneselect, lower_bitselect)
    BRINK_SEQUENCE(I32x4RelaxedLaneselect, lower_bitselect)
    BRINK_SEQUENCE(I64x2RelaxedLaneselect, lower_bitselect)
    BRINK_SEQUENCE(V128AnyTrue, lower_any_true)
    BRINK_SEQUENCE(I8x16AllTrue, lower_all_true, 1)
    BRINK_SEQUENCE(I16x8AllTrue, lower_all_true, 2)
    BRINK_SEQUENCE(I32x4AllTrue, lower_all_true, 4)
    BRINK_SEQUENCE(I64x2AllTrue, lower_all_true, 8)
    BRINK_ROW(I8x16Bitmask, lower_bitmask, Pmovmskb, Vpmovmskb)
    BRINK_SEQUENCE(I16x8Bitmask, lower_bitmask_words)
    BRINK_ROW(I32x4Bitmask, lower_bitmask, Movmskps, Vmovmskps)
    BRINK_ROW(I64x2Bitmask, lower_bitmask, Movmskpd, Vmovmskpd)

    // Lanes
    BRINK_SEQUENCE(I8x16Splat, lower_splat, 1)
    BRINK_SEQUENCE(I16x8Splat, lower_splat, 2)
    BRINK_SEQUENCE(I32x4Splat, lower_splat, 4)
    BRINK_SEQUENCE(I64x2Splat, lower_splat, 8)
    BRINK_SEQUENCE(F32x4Splat, lower_splat_f32)
    BRINK_ROW(F64x2Splat, unary_reg, Movddup, Vmovddup)
    BRINK_ROW(I8x16ExtractLaneS, lower_extract, Pextrb, Vpextrb, 1, 1)
    BRINK_ROW(I8x16ExtractLaneU, lower_extract, Pextrb, Vpextrb, 1)
    BRINK_ROW(I16x8ExtractLaneS, lower_extract, Pextrw, Vpextrw, 2, 2)
    BRINK_ROW(I16x8ExtractLaneU, lower_extract, Pextrw, Vpextrw, 2)
    BRINK_ROW(I32x4ExtractLane, lower_extract, Pextrd, Vpextrd, 4)
    BRINK_ROW(I64x2ExtractLane, lower_extract, Pextrq, Vpextrq, 8)
    BRINK_SEQUENCE(F32x4ExtractLane, lower_extract_f32)
    BRINK_SEQUENCE(F64x2ExtractLane, lower_extract_f64)
    BRINK_ROW(I8x16ReplaceLane, lower_replace, Pinsrb, Vpinsrb, 1)
    BRINK_ROW(I16x8ReplaceLane, lower_replace, Pinsrw, Vpinsrw, 2)
    BRINK_ROW(I32x4ReplaceLane, lower_replace, Pinsrd, Vpinsrd, 4)
    BRINK_ROW(I64x2ReplaceLane, lower_replace, Pinsrq, Vpinsrq, 8)
    BRINK_SEQUENCE(F32x4ReplaceLane, lower_replace_f32)
    BRINK_SEQUENCE(F64x2ReplaceLane, lower_replace_f64)
    BRINK_SEQUENCE(I8x16Shuffle, lower_shuffle)
    BRINK_SEQUENCE(I8x16Swizzle, lower_swizzle)
    BRINK_SEQUENCE(I8x16RelaxedSwizzle, lower_swizzle)

    // Memory
    BRINK_ROW(V128Load, lower_vector_load, Movups, Vmovups, 16)
    BRINK_ROW(V128Load8x8S, lower_vector_load, Pmovsxbw, Vpmovsxbw, 8)
    BRINK_ROW(V128Load8x8U, lower_vector_load, Pmovzxbw, Vpmovzxbw, 8)
    BRINK_ROW(V128Load16x4S, lower_vector_load, Pmovsxwd, Vpmovsxwd, 8)
    BRINK_ROW(V128Load16x4U, lower_vector_load, Pmovzxwd, Vpmovzxwd, 8)
    BRINK_ROW(V128Load32x2S, lower_vector_load, Pmovsxdq, Vpmovsxdq, 8)
    BRINK_ROW(V128Load32x2U, lower_vector_load, Pmovzxdq, Vpmovzxdq, 8)
    BRINK_ROW(V128Load32Zero, lower_vector_load, Movss, Vmovss, 4)
    BRINK_ROW(V128Load64Zero, lower_vector_load, Movsd, Vmovsd, 8)
    BRINK_SEQUENCE(V128Load8Splat, lower_load_splat, 1)
    BRINK_SEQUENCE(V128Load16Splat, lower_load_splat, 2)
    BRINK_SEQUENCE(V128Load32Splat, lower_load_splat, 4)
    BRINK_SEQUENCE(V128Load64Splat, lower_load_splat, 8)
    BRINK_ROW(V128Load8Lane, lower_load_lane, Pinsrb, Vpinsrb, 1)
    BRINK_ROW(V128Load16Lane, lower_load_lane, Pinsrw, Vpinsrw, 2)
    BRINK_ROW(V128Load32Lane, lower_load_lane, Pinsrd, Vpinsrd, 4)
    BRINK_SEQUENCE(V128Load64Lane, lower_load_lane, 8)
    BRINK_ROW(V128Store, lower_vector_store, Movups, Vmovups, 16)
    BRINK_ROW(V128Store8Lane, lower_store_lane, Pextrb, Vpextrb, 1)
    BRINK_ROW(V128Store16Lane, lower_store_lane, Pextrw, Vpextrw, 2)
    BRINK_ROW(V128Store32Lane, lower_store_lane, Pextrd, Vpextrd, 4)
    BRINK_SEQUENCE(V128Store64Lane, lower_store_lane, 8)
};
// clang-format on

#undef BRINK_SEQUENCE
#undef BRINK_ROW

}  // namespace

std::span<const Row> simd_rows() {
  return kSimdRows;
}

}  // namespace brink::compile::x64
