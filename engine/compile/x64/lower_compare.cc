// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Comparisons: as flags for whoever branches, traps or selects by them, else as 0 or 1 in a
// register; and select. In a Row `extra` is the Cond that `code` (cmp, ucomis) leaves; `vex` is the
// AVX form.

#include <utility>

#include "engine/compile/x64/encoder.h"
#include "engine/compile/x64/lowering.h"
#include "engine/compile/x64/vectors.h"
#include "engine/support/check.h"

namespace brink::compile::x64 {

namespace {

using ir::Op;
using ir::to_op;
using ir::ValueId;

void lower_compare(Lowering& l, ValueId value, const Row&);

// clang-format off
#define BRINK_COMPARES(type, code, width)                                      \
  {to_op(Opcode::type##Eq), lower_compare, code, 0, width, uint8_t(Cond::E)},    \
  {to_op(Opcode::type##Ne), lower_compare, code, 0, width, uint8_t(Cond::NE)},   \
  {to_op(Opcode::type##LtS), lower_compare, code, 0, width, uint8_t(Cond::L)},   \
  {to_op(Opcode::type##LtU), lower_compare, code, 0, width, uint8_t(Cond::B)},   \
  {to_op(Opcode::type##GtS), lower_compare, code, 0, width, uint8_t(Cond::G)},   \
  {to_op(Opcode::type##GtU), lower_compare, code, 0, width, uint8_t(Cond::A)},   \
  {to_op(Opcode::type##LeS), lower_compare, code, 0, width, uint8_t(Cond::LE)},  \
  {to_op(Opcode::type##LeU), lower_compare, code, 0, width, uint8_t(Cond::BE)},  \
  {to_op(Opcode::type##GeS), lower_compare, code, 0, width, uint8_t(Cond::GE)},  \
  {to_op(Opcode::type##GeU), lower_compare, code, 0, width, uint8_t(Cond::AE)},  \
  {to_op(Opcode::type##Eqz), lower_compare, I::kIdTest, 0, width, uint8_t(Cond::E)}
// ucomis says "above" only of floats that are ordered: less is greater with exchanged operands.
#define BRINK_FLOAT_COMPARES(type, code, vex, width)                                \
  {to_op(Opcode::type##Eq), lower_compare, code, vex, width, uint8_t(Cond::FloatEq)}, \
  {to_op(Opcode::type##Ne), lower_compare, code, vex, width, uint8_t(Cond::FloatNe)}, \
  {to_op(Opcode::type##Lt), lower_compare, code, vex, width, uint8_t(Cond::B)},       \
  {to_op(Opcode::type##Gt), lower_compare, code, vex, width, uint8_t(Cond::A)},       \
  {to_op(Opcode::type##Le), lower_compare, code, vex, width, uint8_t(Cond::BE)},      \
  {to_op(Opcode::type##Ge), lower_compare, code, vex, width, uint8_t(Cond::AE)}

constexpr Row kCompares[] = {
    BRINK_COMPARES(I32, I::kIdCmp, 4),
    BRINK_COMPARES(I64, I::kIdCmp, 8),
    BRINK_FLOAT_COMPARES(F32, I::kIdUcomiss, I::kIdVucomiss, 4),
    BRINK_FLOAT_COMPARES(F64, I::kIdUcomisd, I::kIdVucomisd, 8),
    {to_op(Opcode::RefIsNull), lower_compare, I::kIdTest, 0, 8, uint8_t(Cond::E)},
    {to_op(Opcode::RefEq), lower_compare, I::kIdCmp, 0, 8, uint8_t(Cond::E)},
};
#undef BRINK_COMPARES
#undef BRINK_FLOAT_COMPARES
// clang-format on

const Row* find_compare(Op op) {
  for (const Row& row : kCompares)
    if (row.op == op) return &row;
  return nullptr;
}

/// and as a test, if the result is compared with zero.
bool emit_test_of_and(Lowering& l, ValueId value, uint8_t width) {
  if (!l.is_op(value, width == 4 ? Opcode::I32And : Opcode::I64And) || !l.can_fold(value))
    return false;
  ValueId a = l.arg(value, 0);
  ValueId b = l.arg(value, 1);
  if (l.constant(a)) std::swap(a, b);
  if (const auto imm = l.immediate(b, width)) {
    const VReg from = l.use_low(a, width);
    const bool is_byte = *imm >= 0 && *imm < 0x80;
    // The same flags from fewer bytes: none of the higher bits is in the mask.
    const uint8_t bytes = is_byte ? 1 : *imm >= 0 ? 4 : width;
    l.emit(Form::UI, I::kIdTest,
           {.width = bytes, .a = from, .imm = static_cast<uint64_t>(int64_t{*imm})});
    return true;
  }
  if (l.can_fold_load(a)) std::swap(a, b);
  const VReg from = l.use_low(a, width);
  const Source second = l.int_source(b, width);
  if (second.is_memory())
    l.emit(Form::MU, I::kIdTest,
           {.width = width, .a = from, .mem = &second.mem, .position = second.position});
  else
    l.emit(Form::UU, I::kIdTest, {.width = width, .a = from, .b = second.reg});
  return true;
}

/// A load that is only compared with zero: in memory, with the bytes it reads.
bool emit_test_of_load(Lowering& l, ValueId value) {
  if (!l.can_fold_load(value)) return false;
  const ir::Type type = l.inst(value).type;
  if (type != ir::Type::I32 && type != ir::Type::I64) return false;
  l.fold_load(value);
  const Address address = l.address(value);
  l.emit(Form::MI, I::kIdCmp,
         {.width = info(ir::to_opcode(l.inst(value).op)).access_bytes,
          .imm = 0,
          .mem = &address,
          .position = l.inst(value).position});
  return true;
}

/// Sets the flags E and NE, and if `value` is no load that can be folded those of a signed
/// comparison with zero.
void emit_test(Lowering& l, ValueId value, uint8_t width) {
  if (emit_test_of_and(l, value, width)) return;
  if (emit_test_of_load(l, value)) return;
  const VReg reg = l.use_low(value, width);
  l.emit(Form::UU, I::kIdTest, {.width = width, .a = reg, .b = reg});
}

/// A byte or halfword of memory compared with a constant that it can hold, without loading it.
bool emit_narrow_compare(Lowering& l, ValueId a, int32_t imm, Cond cond) {
  const bool is_byte = l.is_op(a, Opcode::I32Load8U);
  const bool is_equality = cond == Cond::E || cond == Cond::NE;
  if (!is_byte || imm < 0 || imm > 0xff || !l.can_fold_load(a)) return false;
  if (!is_equality && cond != Cond::B && cond != Cond::A && cond != Cond::AE && cond != Cond::BE)
    return false;
  l.fold_load(a);
  const Address address = l.address(a);
  const auto byte = static_cast<uint64_t>(static_cast<int64_t>(static_cast<int8_t>(imm)));
  l.emit(Form::MI, I::kIdCmp,
         {.width = 1, .imm = byte, .mem = &address, .position = l.inst(a).position});
  return true;
}

Cond emit_int_compare(Lowering& l, ValueId a, ValueId b, uint8_t width, Cond cond) {
  if (l.constant(a) || (l.can_fold_load(a) && !l.immediate(b, width) && !l.can_fold_load(b))) {
    std::swap(a, b);
    cond = exchange(cond);
  }
  const auto imm = l.immediate(b, width);
  if (!imm) {
    const Source second = l.int_source(b, width);
    l.emit_source(Form::UU, I::kIdCmp, {.width = width, .a = l.use_low(a, width)}, second);
    return cond;
  }
  if (*imm == 0 && cond != Cond::B && cond != Cond::AE && cond != Cond::A && cond != Cond::BE &&
      !l.can_fold_load(a)) {
    emit_test(l, a, width);
    return cond;
  }
  if (emit_narrow_compare(l, a, *imm, cond)) return cond;
  const Source first = l.int_source(a, width);
  l.emit_source(Form::UI, I::kIdCmp, {.width = width, .imm = static_cast<uint64_t>(int64_t{*imm})},
                first);
  return cond;
}

Cond emit_float_compare(Lowering& l, ValueId a, ValueId b, const Row& row) {
  Cond cond = static_cast<Cond>(row.extra);
  if (cond == Cond::B || cond == Cond::BE) {
    std::swap(a, b);
    cond = exchange(cond);
  }
  const Source second = l.source(b, row.width);
  l.emit_source(Form::UU, l.has_avx() ? row.vex : row.code, {.a = l.use(a)}, second);
  return cond;
}

Cond emit_compare(Lowering& l, ValueId value, const Row& row) {
  const Cond cond = static_cast<Cond>(row.extra);
  const ValueId a = l.arg(value, 0);
  if (row.vex != 0) return emit_float_compare(l, a, l.arg(value, 1), row);
  if (row.code == I::kIdCmp) return emit_int_compare(l, a, l.arg(value, 1), row.width, cond);
  if (l.is_op(value, Opcode::I32Eqz)) return invert(l.condition(a));
  emit_test(l, a, row.width);
  return cond;
}

/// The flags as 0 or 1. The register is cleared first: setcc writes a byte of it only.
void lower_compare(Lowering& l, ValueId value, const Row& row) {
  const VReg zero = l.emit_constant(0, 4);
  const Cond cond = emit_compare(l, value, row);
  const auto set = [&](Cond one, VReg from, VReg to) {
    l.emit(Form::T, I::setccFromCond(static_cast<asmjit::x86::CondCode>(one)),
           {.width = 1, .d = to, .a = from});
  };
  if (!is_compound(cond)) return set(cond, zero, l.def(value));
  const bool is_eq = cond == Cond::FloatEq;
  const VReg ordered = l.new_int(4);
  const VReg equal = l.new_int(4);
  set(is_eq ? Cond::E : Cond::NE, zero, equal);
  l.emit(Form::D, I::setccFromCond(static_cast<asmjit::x86::CondCode>(is_eq ? Cond::NP : Cond::P)),
         {.width = 1, .d = ordered});
  l.emit(Form::TU, is_eq ? I::kIdAnd : I::kIdOr,
         {.width = 1, .d = l.def(value), .a = equal, .b = ordered});
}

uint32_t cmov(Cond cond) {
  return I::cmovccFromCond(static_cast<asmjit::x86::CondCode>(cond));
}

void lower_int_select(Lowering& l, ValueId value, uint8_t width) {
  ValueId a = l.arg(value, 0);
  ValueId b = l.arg(value, 1);
  Cond cond = l.condition(l.arg(value, 2));
  if (cond == Cond::FloatEq ||
      (!is_compound(cond) && l.is_needed_later(b) && !l.is_needed_later(a))) {
    std::swap(a, b);
    cond = invert(cond);
  }
  const VReg otherwise = l.use(b);
  const VReg chosen = l.use(a);
  if (cond != Cond::FloatNe) {
    l.emit(Form::TU, cmov(cond), {.width = width, .d = l.def(value), .a = otherwise, .b = chosen});
    return;
  }
  const VReg if_unequal = l.new_int(width);
  l.emit(Form::TU, cmov(Cond::NE), {.width = width, .d = if_unequal, .a = otherwise, .b = chosen});
  l.emit(Form::TU, cmov(Cond::P),
         {.width = width, .d = l.def(value), .a = if_unequal, .b = chosen});
}

void lower_select(Lowering& l, ValueId value, const Row&) {
  switch (l.inst(value).type) {
    case ir::Type::I32: return lower_int_select(l, value, 4);
    case ir::Type::I64:
    case ir::Type::Ref: return lower_int_select(l, value, 8);
    default: break;
  }
  const Cond cond = l.condition(l.arg(value, 2));
  const VReg otherwise = l.use(l.arg(value, 1));
  const VReg chosen = l.use(l.arg(value, 0));
  l.emit_pseudo(Pseudo::VectorSelect,
                {Operand::use(otherwise), Operand::use(chosen), Operand::def_tied(l.def(value), 0)})
      .extra = static_cast<uint8_t>(cond);
}

constexpr Row kSelects[] = {
    {to_op(Opcode::Select), lower_select},
    {to_op(Opcode::SelectTyped), lower_select},
};

}  // namespace

Cond Lowering::condition(ValueId value) {
  if (can_fold(value)) {
    if (const Row* row = find_compare(inst(value).op)) return emit_compare(*this, value, *row);
    if (const auto cond = vector_condition(*this, value)) return *cond;
  } else if (vregs_[value] == kNoVReg && block_of_[value] == block_of_[current_]) {
    // Others use it too, but so far nobody needs it in a register: comparing twice costs less. Loads
    // that it compares have to be in registers for that.
    if (const Row* row = find_compare(inst(value).op)) {
      const bool before = std::exchange(may_fold_loads_, false);
      const Cond cond = emit_compare(*this, value, *row);
      may_fold_loads_ = before;
      return cond;
    }
  }
  emit_test(*this, value, 4);
  return Cond::NE;
}

std::span<const Row> compare_rows() {
  return kCompares;
}

std::span<const Row> select_rows() {
  return kSelects;
}

}  // namespace brink::compile::x64
