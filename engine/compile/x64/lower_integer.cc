// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic on integers, except divisions (lower_division.cc) and comparisons (lower_compare.cc).
// A Row's `code` is the two-operand instruction, `vex` the one of BMI2 where there is one.

#include <bit>
#include <optional>
#include <utility>

#include "engine/compile/x64/encoder.h"
#include "engine/compile/x64/lowering.h"

namespace brink::compile::x64 {

namespace {

using ir::ValueId;
using platform::CpuFeature;

/// For x << 1, 2 or 3 that can be part of an address: log2 of the factor.
std::optional<uint8_t> scale_of(const Lowering& l, ValueId value, uint8_t width) {
  if (!l.is_op(value, width == 4 ? Opcode::I32Shl : Opcode::I64Shl) || !l.can_fold(value))
    return std::nullopt;
  const auto count = l.constant(l.arg(value, 1));
  if (!count || *count == 0 || *count > 3) return std::nullopt;
  return static_cast<uint8_t>(*count);
}

void emit_lea(Lowering& l, uint8_t width, VReg d, const Address& address) {
  l.emit(Form::DM, I::kIdLea, {.width = width, .d = d, .mem = &address});
}

/// Whether exchanging the operands of a commutative instruction makes it cheaper: the first one is
/// overwritten, the second one may be memory or an immediate.
bool wants_exchange(const Lowering& l, ValueId a, ValueId b) {
  if (l.constant(a)) return true;
  if (l.constant(b)) return false;
  if (l.can_fold_load(b)) return false;
  if (l.can_fold_load(a)) return true;
  return l.is_needed_later(a) && !l.is_needed_later(b);
}

/// x + c, a + (b << s), (a + b) + c, and sums whose operands are both needed later: one lea.
bool lower_sum_as_address(Lowering& l, ValueId value, ValueId a, ValueId b, uint8_t width) {
  const Opcode add = width == 4 ? Opcode::I32Add : Opcode::I64Add;
  Address address;
  address.base = Address::Base::Register;
  ValueId base = a;
  if (const auto imm = l.immediate(b, width)) {
    address.disp = *imm;
    if (l.is_op(a, add) && l.can_fold(a)) {
      ValueId x = l.arg(a, 0);
      ValueId y = l.arg(a, 1);
      if (scale_of(l, x, width)) std::swap(x, y);
      if (!l.constant(x) && !l.constant(y)) {
        base = x;
        b = y;
      }
    }
    if (base == a) {
      if (const auto scale = scale_of(l, a, width)) {
        address.base = Address::Base::None;
        address.scale = *scale;
        address.index = l.use_low(l.arg(a, 0), width);
      } else if (!l.is_needed_later(a)) {
        return false;
      } else {
        address.base_reg = l.use_low(a, width);
      }
      emit_lea(l, width, l.def(value), address);
      return true;
    }
  } else {
    if (scale_of(l, base, width)) std::swap(base, b);
    if (!scale_of(l, b, width) && !(l.is_needed_later(base) && l.is_needed_later(b))) return false;
  }
  if (const auto scale = scale_of(l, b, width)) {
    address.scale = *scale;
    b = l.arg(b, 0);
  }
  address.base_reg = l.use_low(base, width);
  address.index = l.use_low(b, width);
  emit_lea(l, width, l.def(value), address);
  return true;
}

/// and with a mask that is a zero extension, or the instructions of BMI1.
bool lower_special_and(Lowering& l, ValueId value, ValueId a, ValueId b, uint8_t width) {
  if (const auto mask = l.constant(b)) {
    if (*mask == 0xff || *mask == 0xffff) {
      const uint8_t bytes = *mask == 0xff ? 1 : 2;
      l.emit(Form::DU, I::kIdMovzx,
             {.width = 4, .d = l.def(value), .a = l.use_low(a, 4), .source_bytes = bytes});
      return true;
    }
    if (width == 8 && *mask == 0xffffffff) {
      l.emit(Form::DU, I::kIdMov, {.width = 4, .d = l.def(value), .a = l.use(a)});
      return true;
    }
    return false;
  }
  if (!l.has(CpuFeature::Bmi1)) return false;
  for (int i = 0; i < 2; ++i, std::swap(a, b)) {
    if (!l.is_op(b, width == 4 ? Opcode::I32Xor : Opcode::I64Xor) || !l.can_fold(b)) continue;
    const auto ones = l.immediate(l.arg(b, 1), width);
    if (!ones || *ones != -1) continue;
    const Source plain = l.int_source(a, width);
    const VReg inverted = l.use_low(l.arg(b, 0), width);
    l.emit_source(Form::DUU, I::kIdAndn, {.width = width, .d = l.def(value), .a = inverted}, plain);
    return true;
  }
  return false;
}

/// add, and, or, xor.
void lower_commutative(Lowering& l, ValueId value, const Row& row) {
  ValueId a = l.arg(value, 0);
  ValueId b = l.arg(value, 1);
  if (wants_exchange(l, a, b)) std::swap(a, b);
  if (row.code == I::kIdAdd && lower_sum_as_address(l, value, a, b, row.width)) return;
  if (row.code == I::kIdAnd && lower_special_and(l, value, a, b, row.width)) return;
  if (const auto imm = l.immediate(b, row.width)) {
    const VReg from = l.use_low(a, row.width);
    if (row.code == I::kIdXor && *imm == -1)
      l.emit(Form::T, I::kIdNot, {.width = row.width, .d = l.def(value), .a = from});
    else
      l.emit(Form::TI, row.code,
             {.width = row.width, .d = l.def(value), .a = from, .imm = uint64_t(int64_t{*imm})});
    return;
  }
  const Source second = l.int_source(b, row.width);
  l.emit_source(Form::TU, row.code,
                {.width = row.width, .d = l.def(value), .a = l.use_low(a, row.width)}, second);
}

void lower_sub(Lowering& l, ValueId value, const Row& row) {
  const ValueId a = l.arg(value, 0);
  const ValueId b = l.arg(value, 1);
  const uint8_t width = row.width;
  if (const auto zero = l.constant(a); zero && *zero == 0) {
    l.emit(Form::T, I::kIdNeg, {.width = width, .d = l.def(value), .a = l.use_low(b, width)});
    return;
  }
  if (const auto imm = l.immediate(b, width)) {
    const VReg from = l.use_low(a, width);
    if (l.is_needed_later(a) && *imm != INT32_MIN)
      emit_lea(l, width, l.def(value), Address::at(from, -*imm));
    else
      l.emit(Form::TI, I::kIdSub,
             {.width = width, .d = l.def(value), .a = from, .imm = uint64_t(int64_t{*imm})});
    return;
  }
  const Source second = l.int_source(b, width);
  l.emit_source(Form::TU, I::kIdSub, {.width = width, .d = l.def(value), .a = l.use_low(a, width)},
                second);
}

void lower_mul(Lowering& l, ValueId value, const Row& row) {
  ValueId a = l.arg(value, 0);
  ValueId b = l.arg(value, 1);
  const uint8_t width = row.width;
  if (wants_exchange(l, a, b)) std::swap(a, b);
  if (const auto imm = l.immediate(b, width)) {
    if (*imm == 3 || *imm == 5 || *imm == 9) {
      const VReg from = l.use_low(a, width);
      Address address = Address::at(from);
      address.index = from;
      address.scale = static_cast<uint8_t>(std::countr_zero(static_cast<uint32_t>(*imm - 1)));
      return emit_lea(l, width, l.def(value), address);
    }
    const Source from = l.int_source(a, width);
    l.emit_source(Form::DUI, I::kIdImul,
                  {.width = width, .d = l.def(value), .imm = uint64_t(int64_t{*imm})}, from);
    return;
  }
  const Source second = l.int_source(b, width);
  l.emit_source(Form::TU, I::kIdImul, {.width = width, .d = l.def(value), .a = l.use_low(a, width)},
                second);
}

/// The shift count, without the mask that the machine applies anyway.
ValueId strip_mask(const Lowering& l, ValueId count, uint8_t width) {
  if (!l.is_op(count, width == 4 ? Opcode::I32And : Opcode::I64And) || !l.can_fold(count))
    return count;
  const auto mask = l.constant(l.arg(count, 1));
  const uint64_t needed = width * 8u - 1;
  return mask && (*mask & needed) == needed ? l.arg(count, 0) : count;
}

void lower_shift(Lowering& l, ValueId value, const Row& row) {
  const uint8_t width = row.width;
  const ValueId a = l.arg(value, 0);
  if (const auto bits = l.constant(l.arg(value, 1))) {
    const uint64_t count = *bits & (width * 8u - 1);
    const bool is_rotation = row.code == I::kIdRol || row.code == I::kIdRor;
    if (count == 1 && row.code == I::kIdShl && l.is_needed_later(a)) {
      Address twice;
      twice.index = l.use_low(a, width);
      twice.base = Address::Base::Register;
      twice.base_reg = twice.index;
      return emit_lea(l, width, l.def(value), twice);
    }
    if (is_rotation && l.is_needed_later(a) && l.has(CpuFeature::Bmi2)) {
      const uint64_t right = row.code == I::kIdRor ? count : (width * 8u - count) % (width * 8u);
      l.emit(Form::DUI, I::kIdRorx,
             {.width = width, .d = l.def(value), .a = l.use_low(a, width), .imm = right});
      return;
    }
    l.emit(Form::TI, row.code,
           {.width = width, .d = l.def(value), .a = l.use_low(a, width), .imm = count});
    return;
  }
  const VReg count = l.use_low(strip_mask(l, l.arg(value, 1), width), 4);
  if (row.vex != 0 && l.has(CpuFeature::Bmi2)) {
    const VReg from = l.use_low(a, width);
    l.emit(Form::DUU, row.vex, {.width = width, .d = l.def(value), .a = from, .b = count});
    return;
  }
  l.emit_operands(Form::TU, row.code, width,
                  {Operand::use(l.use_low(a, width)), Operand::use_fixed(count, kRcx),
                   Operand::def_tied(l.def(value), 0)})
      .extra = 1;
}

/// Bit counts by one instruction; `vex` is what to use without it (clz, ctz).
void lower_bit_count(Lowering& l, ValueId value, const Row& row) {
  const uint8_t width = row.width;
  const bool is_native = row.code == I::kIdPopcnt ||
                         l.has(row.code == I::kIdLzcnt ? CpuFeature::Lzcnt : CpuFeature::Bmi1);
  if (is_native) {
    const Source from = l.int_source(l.arg(value, 0), width);
    l.emit_source(Form::DU, row.code, {.width = width, .d = l.def(value)}, from);
    return;
  }
  // bsr and bsf leave the zero flag for zero, and a useless register. bsr counts from below: the
  // count from above is its complement within the width, as 2 * width - 1 is that of -1 mod 2^n.
  const bool is_clz = row.code == I::kIdLzcnt;
  const VReg none = l.emit_constant(is_clz ? width * 16u - 1 : width * 8u, width);
  const VReg found = l.new_int(width);
  const VReg chosen = is_clz ? l.new_int(width) : l.def(value);
  l.emit(Form::DU, row.vex, {.width = width, .d = found, .a = l.use_low(l.arg(value, 0), width)});
  l.emit(Form::TU, I::kIdCmovz, {.width = width, .d = chosen, .a = found, .b = none});
  if (is_clz)
    l.emit(Form::TI, I::kIdXor,
           {.width = width, .d = l.def(value), .a = chosen, .imm = width * 8u - 1});
}

/// Sign extension from `extra` bytes.
void lower_extend(Lowering& l, ValueId value, const Row& row) {
  l.emit(Form::DU, row.code,
         {.width = row.width,
          .d = l.def(value),
          .a = l.use_low(l.arg(value, 0), 4),
          .source_bytes = row.extra});
}

void lower_wrap(Lowering& l, ValueId value, const Row&) {
  const ValueId from = l.arg(value, 0);
  l.emit(Form::DU, I::kIdMov, {.width = 4, .d = l.def(value), .a = l.use(from)});
}

/// An i32 is zero-extended already.
void lower_extend_unsigned(Lowering& l, ValueId value, const Row&) {
  l.emit_move(l.def(value), l.use(l.arg(value, 0)));
}

#define BRINK_BOTH(name, lower, code, vex)                \
  Row{ir::to_op(Opcode::I32##name), lower, code, vex, 4}, \
      Row{ir::to_op(Opcode::I64##name), lower, code, vex, 8}

// clang-format off
constexpr Row kRows[] = {
    BRINK_BOTH(Add, lower_commutative, I::kIdAdd, 0),
    BRINK_BOTH(And, lower_commutative, I::kIdAnd, 0),
    BRINK_BOTH(Or, lower_commutative, I::kIdOr, 0),
    BRINK_BOTH(Xor, lower_commutative, I::kIdXor, 0),
    BRINK_BOTH(Sub, lower_sub, I::kIdSub, 0),
    BRINK_BOTH(Mul, lower_mul, I::kIdImul, 0),
    BRINK_BOTH(Shl, lower_shift, I::kIdShl, I::kIdShlx),
    BRINK_BOTH(ShrS, lower_shift, I::kIdSar, I::kIdSarx),
    BRINK_BOTH(ShrU, lower_shift, I::kIdShr, I::kIdShrx),
    BRINK_BOTH(Rotl, lower_shift, I::kIdRol, 0),
    BRINK_BOTH(Rotr, lower_shift, I::kIdRor, 0),
    BRINK_BOTH(Clz, lower_bit_count, I::kIdLzcnt, I::kIdBsr),
    BRINK_BOTH(Ctz, lower_bit_count, I::kIdTzcnt, I::kIdBsf),
    BRINK_BOTH(Popcnt, lower_bit_count, I::kIdPopcnt, 0),
    {ir::to_op(Opcode::I32Extend8S), lower_extend, I::kIdMovsx, 0, 4, 1},
    {ir::to_op(Opcode::I32Extend16S), lower_extend, I::kIdMovsx, 0, 4, 2},
    {ir::to_op(Opcode::I64Extend8S), lower_extend, I::kIdMovsx, 0, 8, 1},
    {ir::to_op(Opcode::I64Extend16S), lower_extend, I::kIdMovsx, 0, 8, 2},
    {ir::to_op(Opcode::I64Extend32S), lower_extend, I::kIdMovsxd, 0, 8, 4},
    {ir::to_op(Opcode::I64ExtendI32S), lower_extend, I::kIdMovsxd, 0, 8, 4},
    {ir::to_op(Opcode::I64ExtendI32U), lower_extend_unsigned},
    {ir::to_op(Opcode::I32WrapI64), lower_wrap},
};
// clang-format on

#undef BRINK_BOTH

}  // namespace

std::span<const Row> integer_rows() {
  return kRows;
}

}  // namespace brink::compile::x64
