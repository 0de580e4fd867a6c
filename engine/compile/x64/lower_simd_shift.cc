// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Lowering of vector shifts. The machine has none for bytes, and before AVX-512 no arithmetic one
// for quad words; counts beyond the lane have to be cut off before.

#include "engine/compile/x64/lower_simd.h"
#include "engine/compile/x64/vectors.h"

namespace brink::compile::x64 {

using ir::ValueId;
using platform::CpuFeature;

namespace {

constexpr VectorInst inst_of(const Row& row) {
  return {row.code, row.vex};
}

/// The count of a shift of lanes of `bits` bits, if it is constant.
std::optional<uint8_t> constant_count(Lowering& l, ValueId count, uint32_t bits) {
  const std::optional<uint64_t> constant = l.constant(count);
  if (!constant) return std::nullopt;
  return static_cast<uint8_t>(*constant & (bits - 1));
}

/// The count modulo `bits` in a general register.
VReg masked_count(Lowering& l, ValueId count, uint32_t bits) {
  // x & k is in range already if k is.
  if (l.is_op(count, Opcode::I32And)) {
    const std::optional<uint64_t> mask = l.constant(l.arg(count, 1));
    if (mask && *mask < bits) return l.use(count);
  }
  const VReg masked = l.new_int(4);
  l.emit(Form::TI, I::kIdAnd, {.width = 4, .d = masked, .a = l.use(count), .imm = bits - 1});
  return masked;
}

/// The count where vector shifts expect it.
VReg vector_count(Vectors& v, Lowering& l, ValueId count, uint32_t bits) {
  return v.from_int(masked_count(l, count, bits));
}

/// The matrix of gf2p8affineqb that shifts bytes. Its row for bit i of the result is byte 7 - i,
/// and has a bit for each bit of the source that goes into it.
uint64_t shift_matrix(ByteShift kind, uint32_t count) {
  uint64_t matrix = 0;
  for (uint32_t to = 0; to < 8; ++to) {
    int from = static_cast<int>(kind == ByteShift::Left ? to - count : to + count);
    if (kind == ByteShift::RightSigned && from > 7) from = 7;
    if (from >= 0 && from < 8) matrix |= uint64_t{1} << from << (8 * (7 - to));
  }
  return matrix;
}

/// What a shift by `count` leaves of a byte of ones.
uint8_t byte_mask(ByteShift kind, uint32_t count) {
  return static_cast<uint8_t>(kind == ByteShift::Left ? 0xff << count : 0xff >> count);
}

void shift_bytes_by(Vectors& v, ByteShift kind, VReg a, uint8_t count, VReg d) {
  if (v.has(CpuFeature::Gfni) && v.has_avx()) {
    constexpr VectorInst kAffine = {I::kIdGf2p8affineqb, I::kIdVgf2p8affineqb};
    v.binary_imm(kAffine, a, splat64(shift_matrix(kind, count)), 0, d);
    return;
  }
  if (kind == ByteShift::Left && count == 1) {
    v.binary(kPaddb, a, a, d);
    return;
  }
  if (kind == ByteShift::RightSigned && count == 7) {
    v.binary(kPcmpgtb, v.zero(), a, d);
    return;
  }
  const VReg shifted = v.shift(kind == ByteShift::Left ? kPsllw : kPsrlw, a, count);
  const V128 mask = splat8(byte_mask(kind, count));
  if (kind != ByteShift::RightSigned) {
    v.binary(kPand, shifted, mask, d);
    return;
  }
  // The sign bit where it arrived is spread by (x ^ s) - s.
  const VReg sign = v.constant(splat8(static_cast<uint8_t>(0x80 >> count)));
  const VReg bits = v.binary(kPand, shifted, mask);
  v.binary(kPsubb, v.binary(kPxor, bits, sign), sign, d);
}

// The bits that stay in their byte are kept before a shift to the left, after one to the right. The
// mask is 0xff >> count either way, made of words that cannot saturate when packed.
void shift_bytes(Vectors& v, ByteShift kind, VReg a, VReg count, VReg d) {
  const VReg words = v.binary(kPsrlw, v.constant(splat16(0xff)), count);
  const VReg mask = v.binary(kPackuswb, words, words);
  if (kind == ByteShift::Left)
    v.binary(kPsllw, v.binary(kPand, mask, a), count, d);
  else
    v.binary(kPand, v.binary(kPsrlw, a, count), mask, d);
}

// Each byte at the top of a word; what is below it is shifted out.
void shift_bytes_signed(Vectors& v, Lowering& l, VReg a, ValueId count, VReg d) {
  const VReg masked = masked_count(l, count, 8);
  const VReg more = l.new_int(4);
  l.emit(Form::TI, I::kIdAdd, {.width = 4, .d = more, .a = masked, .imm = 8});
  const VReg by = v.from_int(more);
  const VReg low = v.binary(kPsraw, v.binary(kPunpcklbw, a, a), by);
  const VReg high = v.binary(kPsraw, v.binary(kPunpckhbw, a, a), by);
  v.binary(kPacksswb, low, high, d);
}

}  // namespace

void lower_shift(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const uint32_t bits = row.width * 8u;
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  if (const auto count = constant_count(l, l.arg(value, 1), bits))
    v.shift(inst_of(row), a, *count, d);
  else
    v.binary(inst_of(row), a, vector_count(v, l, l.arg(value, 1), bits), d);
}

void lower_shift_bytes(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const auto kind = static_cast<ByteShift>(row.extra);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  if (const auto count = constant_count(l, l.arg(value, 1), 8))
    shift_bytes_by(v, kind, a, *count, d);
  else if (kind == ByteShift::RightSigned)
    shift_bytes_signed(v, l, a, l.arg(value, 1), d);
  else
    shift_bytes(v, kind, a, vector_count(v, l, l.arg(value, 1), 8), d);
}

// (x ^ s) - s spreads the bit s, which is where the sign bit has arrived.
void lower_shift_quads_s(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  constexpr VectorInst kPsraq = {I::kIdNone, I::kIdVpsraq};
  constexpr uint64_t kSign = uint64_t{1} << 63;
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const auto constant = constant_count(l, l.arg(value, 1), 64);
  if (constant && v.has_avx512()) {
    v.shift(kPsraq, a, *constant, d);
    return;
  }
  if (constant) {
    if (*constant == 63 && l.has(CpuFeature::Sse42)) {
      v.binary(kPcmpgtq, v.zero(), a, d);
      return;
    }
    const VReg shifted = v.shift(kPsrlq, a, *constant);
    const VReg sign = v.constant(splat64(kSign >> *constant));
    v.binary(kPsubq, v.binary(kPxor, shifted, sign), sign, d);
    return;
  }
  const VReg count = vector_count(v, l, l.arg(value, 1), 64);
  if (v.has_avx512()) {
    v.binary(kPsraq, a, count, d);
    return;
  }
  const VReg shifted = v.binary(kPsrlq, a, count);
  const VReg sign = v.binary(kPsrlq, v.constant(splat64(kSign)), count);
  v.binary(kPsubq, v.binary(kPxor, shifted, sign), sign, d);
}

}  // namespace brink::compile::x64
