// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Lowering of integer vector arithmetic and comparisons that are not one instruction.
//
// Why operands are in the order they are: without AVX an instruction overwrites its first operand,
// so that is a value nobody else needs wherever there is a choice.

#include "engine/compile/x64/lower_simd.h"
#include "engine/compile/x64/vectors.h"

namespace brink::compile::x64 {

using ir::ValueId;
using platform::CpuFeature;

namespace {

constexpr VectorInst inst_of(const Row& row) {
  return {row.code, row.vex};
}

VectorInst equal_of(uint8_t lane_bytes) {
  switch (lane_bytes) {
    case 1: return kPcmpeqb;
    case 2: return kPcmpeqw;
    case 4: return kPcmpeqd;
    default: return kPcmpeqq;
  }
}

/// Each odd double word at the place of the even one before it; what is above it is arbitrary.
VReg high_dwords(Vectors& v, VReg a) {
  return v.has_avx() ? v.shift(kPsrlq, a, 32) : v.unary_imm(kPshufd, a, 0xf5);
}

/// The upper half as the lower one.
VReg high_half(Vectors& v, VReg a) {
  return v.unary_imm(kPshufd, a, 0xee);
}

/// a == min(a, b), a <= b; the same with max.
VReg bound_compare(Vectors& v, Lowering& l, ValueId value, const Row& row, VReg d) {
  const VReg a = l.use(l.arg(value, 0));
  // The bound may overwrite b, since a is compared with it.
  const VReg bound = v.has_avx() ? v.binary(inst_of(row), a, l.source(l.arg(value, 1), 16))
                                 : v.binary(inst_of(row), l.use(l.arg(value, 1)), a);
  return v.binary(equal_of(row.width), bound, a, d);
}

// a > b without pcmpgtq: where the high halves differ, they decide; where they are equal, b - a has
// the borrow of the low halves in its high half.
VReg greater64_sse41(Vectors& v, VReg a, VReg b, VReg d) {
  const VReg difference = v.binary(kPsubq, b, a);
  const VReg equal = v.binary(kPcmpeqd, b, a);
  const VReg borrow = v.binary(kPand, difference, equal);
  const VReg greater = v.binary(kPcmpgtd, a, b);
  const VReg either = v.binary(kPor, greater, borrow);
  return v.unary_imm(kPshufd, either, 0xf5, d);
}

/// The sums of two products of neighbouring bytes, saturated.
VReg dot_bytes(Vectors& v, VReg a, VReg b, VReg d) {
  // Bytes at the top of a word, so that the high half of the product is their product.
  const V128 odd_bytes = splat16(0xff00);
  const VReg even_a = v.shift(kPsllw, a, 8);
  const VReg even_b = v.shift(kPsllw, b, 8);
  const VReg even = v.binary(kPmulhw, even_a, even_b);
  const VReg odd_a = v.masked(a, odd_bytes);
  const VReg odd_b = v.masked(b, odd_bytes);
  const VReg odd = v.binary(kPmulhw, odd_a, odd_b);
  return v.binary(kPaddsw, odd, even, d);
}

}  // namespace

void lower_not_of(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  v.invert(v.binary(inst_of(row), a, l.source(l.arg(value, 1), 16)), d);
}

void lower_bound_compare(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  bound_compare(v, l, value, row, l.def(value));
}

void lower_not_bound_compare(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const VReg d = l.def(value);
  v.invert(bound_compare(v, l, value, row, kNoVReg), d);
}

void lower_i64x2_greater(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const auto kind = static_cast<Comparison64>(row.extra);
  const bool exchange = kind == Comparison64::Lt || kind == Comparison64::Ge;
  const bool negate = kind == Comparison64::Le || kind == Comparison64::Ge;
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, exchange ? 1 : 0));
  const VReg b = l.use(l.arg(value, exchange ? 0 : 1));
  const VReg greater = negate ? kNoVReg : d;
  const VReg result = l.has(CpuFeature::Sse42) ? v.binary(kPcmpgtq, a, b, greater)
                                               : greater64_sse41(v, a, b, greater);
  if (negate) v.invert(result, d);
}

void lower_vector_neg(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const VReg d = l.def(value);
  v.binary(inst_of(row), v.zero(), l.source(l.arg(value, 0), 16), d);
}

void lower_i64x2_abs(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  if (v.has_avx512()) {
    v.unary512(I::kIdVpabsq, a, d);
    return;
  }
  if (v.has_avx()) {
    // What a blend of double words looks at is the sign.
    const VReg negative = v.binary(kPsubq, v.zero(), a);
    l.emit(Form::DUUU, I::kIdVblendvpd, {.width = 16, .d = d, .a = a, .b = negative, .c = a});
    return;
  }
  const VReg high = v.unary_imm(kPshufd, a, 0xf5);
  const VReg sign = v.shift(kPsrad, high, 31);
  v.binary(kPsubq, v.binary(kPxor, a, sign), sign, d);
}

// (a1 * 2^32 + a0) * (b1 * 2^32 + b0) = a0 * b0 + (a1 * b0 + a0 * b1) * 2^32 (modulo 2^64)
void lower_i64x2_mul(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const VReg b = l.use(l.arg(value, 1));
  if (v.has_avx512()) {
    v.binary512(I::kIdVpmullq, a, b, d);
    return;
  }
  const VReg a1_b0 = v.binary(kPmuludq, high_dwords(v, a), b);
  const VReg b1_a0 = v.binary(kPmuludq, high_dwords(v, b), a);
  const VReg middle = v.binary(kPaddq, a1_b0, b1_a0);
  const VReg high = v.shift(kPsllq, middle, 32);
  v.binary(kPaddq, v.binary(kPmuludq, a, b), high, d);
}

void lower_popcnt(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  if (v.has_avx512() && l.has(CpuFeature::Avx512bitalg)) {
    v.unary512(I::kIdVpopcntb, a, d);
    return;
  }
  // The counts of both nibbles, from a table of 16.
  const V128 counts = {{0x0302'0201'0201'0100, 0x0403'0302'0302'0201}};
  const VReg nibble = v.constant(splat8(0x0f));
  const VReg low = v.binary(kPand, nibble, a);
  const VReg high = v.binary(kPand, v.shift(kPsrlw, a, 4), nibble);
  const VReg table = v.constant(counts);
  const VReg low_count = v.binary(kPshufb, table, low);
  const VReg high_count = v.binary(kPshufb, table, high);
  v.binary(kPaddb, high_count, low_count, d);
}

// Rounded to 0x8000 only by -1 * -1, in Q15; that becomes 0x7fff.
void lower_q15mulr(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const VReg product = v.binary(kPmulhrsw, a, l.source(l.arg(value, 1), 16));
  if (v.has_avx()) {
    v.binary(kPxor, product, v.binary(kPcmpeqw, product, splat16(0x8000)), d);
    return;
  }
  const VReg excess = v.binary(kPcmpeqw, v.constant(splat16(0x8000)), product);
  v.binary(kPxor, excess, product, d);
}

void lower_extend_high(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const VReg d = l.def(value);
  v.unary(inst_of(row), high_half(v, l.use(l.arg(value, 0))), d);
}

void lower_extend_high_zero(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  v.binary(inst_of(row), a, v.zero(), d);
}

// Bytes at the top of words: (a * 2^8) * (b * 2^8) has a * b in its high half.
void lower_extmul_bytes(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const VReg b = l.use(l.arg(value, 1));
  const VectorInst unpack = row.extra == 0 ? kPunpcklbw : kPunpckhbw;
  const VReg zero = v.zero();
  const VReg wide_a = v.binary(unpack, zero, a);
  const VReg wide_b = a == b ? wide_a : v.binary(unpack, v.has_avx() ? zero : v.zero(), b);
  v.binary(inst_of(row), wide_a, wide_b, d);
}

void lower_extmul_words(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const VReg b = l.use(l.arg(value, 1));
  const VReg low = v.binary(kPmullw, a, b);
  const VReg high = v.binary(inst_of(row), a, b);
  v.binary(row.extra == 0 ? kPunpcklwd : kPunpckhwd, low, high, d);
}

void lower_extmul_dwords(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const VReg b = l.use(l.arg(value, 1));
  const uint8_t twice = row.extra == 0 ? 0x50 : 0xfa;  // each of two lanes
  const VReg wide_a = v.unary_imm(kPshufd, a, twice);
  const VReg wide_b = a == b ? wide_a : v.unary_imm(kPshufd, b, twice);
  v.binary(inst_of(row), wide_a, wide_b, d);
}

// pmaddubsw takes bytes of its first operand as unsigned: the ones.
void lower_extadd_bytes_s(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  v.binary(kPmaddubsw, v.constant(splat8(1)), l.source(l.arg(value, 0), 16), d);
}

void lower_extadd_words_u(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const VReg odd = v.shift(kPsrld, a, 16);
  const VReg even = v.masked(a, splat32(0xffff));
  v.binary(kPaddd, odd, even, d);
}

void lower_dot_bytes(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  dot_bytes(v, a, l.use(l.arg(value, 1)), d);
}

void lower_dot_bytes_add(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const VReg b = l.use(l.arg(value, 1));
  const VReg c = l.use(l.arg(value, 2));
  const VReg sums = dot_bytes(v, a, b, kNoVReg);
  if (v.has_avx512() && l.has(CpuFeature::Avx512vnni)) {
    const Address ones = l.pool(splat16(1), 16);
    l.emit(Form::TUM, I::kIdVpdpwssd, {.width = 16, .d = d, .a = c, .b = sums, .mem = &ones});
    return;
  }
  v.binary(kPaddd, v.binary(kPmaddwd, sums, splat16(1)), c, d);
}

}  // namespace brink::compile::x64
