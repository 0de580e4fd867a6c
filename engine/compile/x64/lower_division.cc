// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Divisions and remainders. By constants they are multiplications with a reciprocal (Granlund and
// Montgomery, "Division by Invariant Integers using Multiplication"); 32-bit ones use 64-bit
// products, where the reciprocal has room for all its bits. In a Row `extra` is of namespace
// division.

#include <bit>
#include <cstdint>

#include "engine/compile/x64/encoder.h"
#include "engine/compile/x64/lowering.h"

namespace brink::compile::x64 {

namespace {

using ir::to_op;
using ir::ValueId;
__extension__ typedef unsigned __int128 Wide;

VReg shift(Lowering& l, uint32_t code, uint8_t width, VReg from, uint32_t count) {
  if (count == 0) return from;
  const VReg d = l.new_int(width);
  l.emit(Form::TI, code, {.width = width, .d = d, .a = from, .imm = count});
  return d;
}

VReg binary(Lowering& l, uint32_t code, uint8_t width, VReg a, VReg b) {
  const VReg d = l.new_int(width);
  l.emit(Form::TU, code, {.width = width, .d = d, .a = a, .b = b});
  return d;
}

/// The upper half of a 128-bit product; code: mul or imul.
VReg high_product(Lowering& l, uint32_t code, VReg a, uint64_t factor) {
  const VReg high = l.new_int();
  const VReg low = l.new_int();
  const VReg b = l.emit_constant(factor);
  l.emit_operands(Form::U, code, 8,
                  {Operand::use(a), Operand::use_fixed(b, kRax), Operand::def_fixed(low, kRax),
                   Operand::def_fixed(high, kRdx)});
  return high;
}

/// a / d for 32 bits: a times the reciprocal with 32 + s bits behind the point, rounded up, where
/// 2^s is the power of two not below d. That has 33 bits; where the last one is zero, a shorter one
/// does, else the product is taken from 128 bits.
VReg unsigned_quotient_32(Lowering& l, VReg a, uint32_t d) {
  const auto bits = static_cast<uint32_t>(std::bit_width(d - 1));
  const auto reciprocal = static_cast<uint64_t>(((Wide{1} << (32 + bits)) + d - 1) / d);
  // Exact because the error, reciprocal * d - 2^(32 + bits), is below d and so at most 2^bits.
  if ((reciprocal & 1) == 0) {
    const VReg product = binary(l, I::kIdImul, 8, a, l.emit_constant(reciprocal >> 1));
    return shift(l, I::kIdShr, 8, product, 31 + bits);
  }
  return high_product(l, I::kIdMul, a, static_cast<uint64_t>(((Wide{1} << 64) + d - 1) / d));
}

/// The same for 64 bits, where the 65-bit reciprocal is 2^64 + m: the sum of a and the high product
/// may have 65 bits too, so that its half is taken by way of the difference.
VReg unsigned_quotient_64(Lowering& l, VReg a, uint64_t d) {
  const auto bits = static_cast<uint32_t>(std::bit_width(d - 1));
  const Wide power = (Wide{1} << (bits - 1)) * 2 - d;  // 2^bits - d, below 2^64
  const uint64_t m = static_cast<uint64_t>((power << 64) / d) + 1;
  const VReg high = high_product(l, I::kIdMul, a, m);
  const VReg difference = binary(l, I::kIdSub, 8, a, high);
  const VReg half = shift(l, I::kIdShr, 8, difference, 1);
  const VReg sum = binary(l, I::kIdAdd, 8, half, high);
  return shift(l, I::kIdShr, 8, sum, bits - 1);
}

/// a / |d| rounded to zero. The reciprocal has 31 (63) + bits bits behind the point; the quotient
/// of a negative a comes out one too low, which its sign corrects.
VReg signed_quotient(Lowering& l, VReg a, uint64_t d, uint8_t width) {
  const auto bits = static_cast<uint32_t>(std::bit_width(d - 1));
  if (width == 4) {
    const auto reciprocal = static_cast<uint64_t>((uint64_t{1} << (31 + bits)) / d + 1);
    const VReg wide = l.new_int();
    l.emit(Form::DU, I::kIdMovsxd, {.width = 8, .d = wide, .a = a, .source_bytes = 4});
    const VReg product = binary(l, I::kIdImul, 8, wide, l.emit_constant(reciprocal));
    const VReg quotient = shift(l, I::kIdSar, 8, product, 31 + bits);
    return binary(l, I::kIdSub, 4, quotient, shift(l, I::kIdSar, 4, a, 31));
  }
  // 2^63 < reciprocal < 2^64: as a signed factor it is 2^64 too small, which adding a repairs.
  const auto reciprocal = static_cast<uint64_t>((Wide{1} << (63 + bits)) / d + 1);
  const VReg high = high_product(l, I::kIdImul, a, reciprocal);
  const VReg sum = binary(l, I::kIdAdd, 8, high, a);
  const VReg quotient = shift(l, I::kIdSar, 8, sum, bits - 1);
  return binary(l, I::kIdSub, 8, quotient, shift(l, I::kIdSar, 8, a, 63));
}

/// a / 2^bits rounded to zero: negative numbers are moved up first.
VReg signed_power_quotient(Lowering& l, VReg a, uint32_t bits, uint8_t width) {
  const VReg sign = shift(l, I::kIdSar, width, a, width * 8u - 1);
  const VReg bias = shift(l, I::kIdShr, width, sign, width * 8u - bits);
  return shift(l, I::kIdSar, width, binary(l, I::kIdAdd, width, a, bias), bits);
}

/// Of an i32 the upper half is zero: all end with an instruction on 32 bits, or with a logical
/// shift that leaves no more.
VReg quotient_by(Lowering& l, VReg a, uint64_t d, bool is_signed, uint8_t width) {
  const bool is_power = std::has_single_bit(d);
  const auto bits = static_cast<uint32_t>(std::countr_zero(d));
  if (is_signed)
    return is_power ? signed_power_quotient(l, a, bits, width) : signed_quotient(l, a, d, width);
  if (is_power) return shift(l, I::kIdShr, width, a, bits);
  return width == 4 ? unsigned_quotient_32(l, a, static_cast<uint32_t>(d))
                    : unsigned_quotient_64(l, a, d);
}

/// Divisors whose magnitude is neither 0 nor 1 nor the smallest number's.
bool lower_constant_division(Lowering& l, ValueId value, const Row& row, uint64_t bits) {
  const bool is_signed = (row.extra & division::kSigned) != 0;
  const uint8_t width = row.width;
  const int64_t number = width == 4 ? static_cast<int32_t>(bits) : static_cast<int64_t>(bits);
  const bool is_negative = is_signed && number < 0;
  const uint64_t d = is_negative ? uint64_t{0} - static_cast<uint64_t>(number) : bits;
  if (d < 2 || (is_signed && d >> (width * 8 - 1) != 0)) return false;
  const VReg a = l.use(l.arg(value, 0));
  const VReg quotient = quotient_by(l, a, d, is_signed, width);
  if ((row.extra & division::kRemainder) == 0) {
    if (is_negative)
      l.emit(Form::T, I::kIdNeg, {.width = width, .d = l.def(value), .a = quotient});
    else
      l.emit_move(l.def(value), quotient);
    return true;
  }
  // The remainder does not depend on the divisor's sign.
  VReg product = l.new_int(width);
  if (std::has_single_bit(d))
    product = shift(l, I::kIdShl, width, quotient, static_cast<uint32_t>(std::countr_zero(d)));
  else if (d == static_cast<uint64_t>(static_cast<int32_t>(d)))
    l.emit(Form::DUI, I::kIdImul, {.width = width, .d = product, .a = quotient, .imm = d});
  else
    product = binary(l, I::kIdImul, width, quotient, l.emit_constant(d, width));
  l.emit(Form::TU, I::kIdSub, {.width = width, .d = l.def(value), .a = a, .b = product});
  return true;
}

void lower_division(Lowering& l, ValueId value, const Row& row) {
  const auto bits = l.constant(l.arg(value, 1));
  if (bits && lower_constant_division(l, value, row, *bits)) return;
  const VReg divisor = l.use(l.arg(value, 1));
  const VReg dividend = l.use(l.arg(value, 0));
  const bool is_remainder = (row.extra & division::kRemainder) != 0;
  const ir::PositionId position = l.inst(value).position;
  if (!bits || *bits == 0) {
    l.emit(Form::UU, I::kIdTest, {.width = row.width, .a = divisor, .b = divisor});
    l.emit_trap_if(Cond::E, TrapCode::IntegerDivideByZero, position);
  }
  const VReg other = l.new_int();
  const VReg quotient = is_remainder ? other : l.def(value);
  const VReg remainder = is_remainder ? l.def(value) : other;
  MachineInst& inst = l.emit_pseudo(
      Pseudo::Divide, {Operand::use_fixed(dividend, kRax), Operand::use_late(divisor),
                       Operand::def_fixed(quotient, kRax), Operand::def_fixed(remainder, kRdx)});
  inst.width = row.width;
  inst.extra = row.extra;
  inst.position = position;
}

constexpr uint8_t kSigned = division::kSigned;
constexpr uint8_t kRemainder = division::kRemainder;

constexpr Row kRows[] = {
    {to_op(Opcode::I32DivS), lower_division, 0, 0, 4, kSigned},
    {to_op(Opcode::I32DivU), lower_division, 0, 0, 4, 0},
    {to_op(Opcode::I32RemS), lower_division, 0, 0, 4, kSigned | kRemainder},
    {to_op(Opcode::I32RemU), lower_division, 0, 0, 4, kRemainder},
    {to_op(Opcode::I64DivS), lower_division, 0, 0, 8, kSigned},
    {to_op(Opcode::I64DivU), lower_division, 0, 0, 8, 0},
    {to_op(Opcode::I64RemS), lower_division, 0, 0, 8, kSigned | kRemainder},
    {to_op(Opcode::I64RemU), lower_division, 0, 0, 8, kRemainder},
};

}  // namespace

std::span<const Row> division_rows() {
  return kRows;
}

}  // namespace brink::compile::x64
