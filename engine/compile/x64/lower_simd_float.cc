// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Lowering of vector operations on floats that are not one instruction: minimum and maximum, and
// the conversions that the machine has for signed integers in range only.

#include <bit>

#include "engine/compile/x64/lower_simd.h"
#include "engine/compile/x64/vectors.h"

namespace brink::compile::x64 {

using ir::ValueId;

namespace {

constexpr V128 splat(float lane) {
  return splat32(std::bit_cast<uint32_t>(lane));
}
constexpr V128 splat(double lane) {
  return splat64(std::bit_cast<uint64_t>(lane));
}

/// Lanes of a >= limit.
VReg at_least(Vectors& v, VReg a, float limit) {
  return v.has_avx() ? v.binary_imm(kCmpps, a, splat(limit), compare::kGe)
                     : v.binary_imm(kCmpps, v.constant(splat(limit)), a, compare::kLe);
}

}  // namespace

// The machine's minimum is its second operand if one is a NaN, or if both are zeros. In both orders
// the results differ in these cases only; for zeros, `or` gives the minimum and `and` the maximum.
// Where there is a NaN, the sum is the NaN that comes out.
void lower_vector_extreme(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const bool is_double = row.width == 8;
  const bool is_max = row.extra != 0;
  const VectorInst extreme = {row.code, row.vex};
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const VReg b = l.use(l.arg(value, 1));
  if (v.has_avx512()) {
    l.emit_pseudo(Pseudo::VectorExtreme, {Operand::use(a), Operand::use(b), Operand::def_early(d)})
        .extra = static_cast<uint8_t>((is_max ? 1 : 0) | (is_double ? 2 : 0));
    return;
  }
  const VReg is_nan = v.binary_imm(is_double ? kCmppd : kCmpps, a, b, compare::kUnordered);
  const VReg one = v.binary(extreme, a, b);
  const VReg other = v.binary(extreme, b, a);
  const VReg both = is_max ? v.binary(is_double ? kAndpd : kAndps, other, one)
                           : v.binary(is_double ? kOrpd : kOrps, other, one);
  v.blend(both, v.binary(is_double ? kAddpd : kAddps, a, b), is_nan, d);
}

void lower_vector_madd(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const VReg product = v.binary(row.width == 8 ? kMulpd : kMulps, a, l.source(l.arg(value, 1), 16));
  v.binary({row.code, row.vex}, product, l.source(l.arg(value, 2), 16), d);
}

// (-a * b) + c
void lower_vector_nmadd(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const bool is_double = row.width == 8;
  const V128 sign = is_double ? splat64(uint64_t{1} << 63) : splat32(0x8000'0000);
  const VReg d = l.def(value);
  const VReg negative = v.binary({row.code, row.vex}, l.use(l.arg(value, 0)), sign);
  const VReg product =
      v.binary(is_double ? kMulpd : kMulps, negative, l.source(l.arg(value, 1), 16));
  v.binary(is_double ? kAddpd : kAddps, product, l.source(l.arg(value, 2), 16), d);
}

// Halves of 16 bits under exponents that give them their weight:
//     0x4b00'llll is 2^23 + low,  0x5300'hhhh is 2^39 + high * 2^16
// What is subtracted from the latter is exact, so the sum is the only rounding.
void lower_f32x4_convert_u(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  if (v.has_avx512()) {
    v.unary512(I::kIdVcvtudq2ps, a, d);
    return;
  }
  const VReg low = v.binary_imm(kPblendw, a, splat32(0x4b00'0000), 0xaa);
  const VReg high_bits = v.shift(kPsrld, a, 16);
  const VReg high = v.binary_imm(kPblendw, high_bits, splat32(0x5300'0000), 0xaa);
  const VReg rest = v.binary(kSubps, high, splat(0x1p39f + 0x1p23f));
  v.binary(kAddps, rest, low, d);
}

// Under the exponent of 2^52 an integer is the double 2^52 + integer.
void lower_f64x2_convert_u(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  if (v.has_avx512()) {
    v.unary512(I::kIdVcvtudq2pd, a, d);
    return;
  }
  const VReg biased = v.binary(kUnpcklps, a, splat32(0x4330'0000));
  v.binary(kSubpd, biased, splat(0x1p52), d);
}

// The machine gives 0x80000000 for what is out of range: one too much above it, wrong for a NaN.
void lower_trunc_f32x4_s(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  if (v.has_avx512()) {
    constexpr uint8_t kTruth = (ternary::kFirst & ternary::kSecond) ^ ternary::kThird;
    const VReg number = v.unary(kCvttps2dq, a);
    const VReg ordered = v.binary_imm(kCmpps, a, a, compare::kOrdered);
    const VReg above = at_least(v, a, 0x1p31f);
    v.ternary512(kTruth, number, ordered, above, d);
    return;
  }
  const VReg ordered = v.binary_imm(kCmpps, a, a, compare::kOrdered);
  const VReg number = v.binary(kAndps, ordered, a);
  const VReg above = at_least(v, number, 0x1p31f);
  v.binary(kPxor, above, v.unary(kCvttps2dq, number), d);
}

// The signed conversion of a plus that of what a has above 2^31, if anything:
//     a < 2^31      a           + 0
//     a < 2^32      0x80000000  + (a - 2^31)
//     above         0x80000000  + 0x7fffffff
void lower_trunc_f32x4_u(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg zero = v.zero();
  const VReg a = l.use(l.arg(value, 0));
  const VReg positive = v.binary(kMaxps, a, zero);  // a NaN becomes the second operand
  if (v.has_avx512()) {
    v.unary512(I::kIdVcvttps2udq, positive, d);  // all ones for what is above the range
    return;
  }
  const VReg rest = v.binary(kSubps, positive, splat(0x1p31f));
  const VReg above = at_least(v, rest, 0x1p31f);
  const VReg bits = v.binary(kPxor, above, v.unary(kCvttps2dq, rest));
  const VReg high = v.binary(kPmaxsd, bits, zero);
  v.binary(kPaddd, high, v.unary(kCvttps2dq, positive), d);
}

// The smaller of a and the upper limit; a NaN becomes the second operand, which is then 0. Below
// the range the machine's 0x80000000 is right.
void lower_trunc_f64x2_s(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const VReg ordered = v.binary_imm(kCmppd, a, a, compare::kOrdered);
  const VReg limit = v.binary(kAndpd, ordered, splat(2147483647.0));
  v.unary(kCvttpd2dq, v.binary(kMinpd, a, limit), d);
}

// As a whole number from 0 to 2^32 - 1, plus 2^52, a double has that number in its low bits.
void lower_trunc_f64x2_u(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  constexpr uint8_t kTowardsZero = 11;  // without an inexact exception
  const VReg d = l.def(value);
  const VReg zero = v.zero();
  const VReg positive = v.binary(kMaxpd, l.use(l.arg(value, 0)), zero);
  if (v.has_avx512()) {
    v.unary512(I::kIdVcvttpd2udq, positive, d);
    return;
  }
  const VReg bounded = v.binary(kMinpd, positive, splat(4294967295.0));
  const VReg whole = v.unary_imm(kRoundpd, bounded, kTowardsZero);
  const VReg number = v.binary(kAddpd, whole, splat(0x1p52));
  v.binary_imm(kShufps, number, zero, 0x88, d);
}

}  // namespace brink::compile::x64
