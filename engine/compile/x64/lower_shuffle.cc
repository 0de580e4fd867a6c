// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
#include "engine/compile/x64/lower_shuffle.h"

#include <algorithm>
#include <bit>

#include "engine/compile/x64/lower_simd.h"
#include "engine/compile/x64/vectors.h"

namespace brink::compile::x64 {

using ir::ValueId;
using platform::CpuFeature;

namespace {

/// What a step is made of, in the order of ShuffleInst.
enum class StepForm : uint8_t {
  Unary,
  UnaryImm,
  Shift,
  Binary,
  BinaryImm,
  BinaryConstant,
  Special
};

struct StepInst {
  ShuffleInst inst;
  StepForm form;
  VectorInst code;
};

constexpr VectorInst kVpbroadcastb = {I::kIdNone, I::kIdVpbroadcastb};
constexpr VectorInst kVpbroadcastw = {I::kIdNone, I::kIdVpbroadcastw};
constexpr VectorInst kVpblendd = {I::kIdNone, I::kIdVpblendd};

// clang-format off
constexpr StepInst kSteps[] = {
    {ShuffleInst::Pshufd,       StepForm::UnaryImm,       kPshufd},
    {ShuffleInst::Pshuflw,      StepForm::UnaryImm,       kPshuflw},
    {ShuffleInst::Pshufhw,      StepForm::UnaryImm,       kPshufhw},
    {ShuffleInst::Movq,         StepForm::Unary,          kMovq},
    {ShuffleInst::Pslldq,       StepForm::Shift,          kPslldq},
    {ShuffleInst::Psrldq,       StepForm::Shift,          kPsrldq},
    {ShuffleInst::Pmovzxbw,     StepForm::Unary,          kPmovzxbw},
    {ShuffleInst::Pmovzxbd,     StepForm::Unary,          kPmovzxbd},
    {ShuffleInst::Pmovzxbq,     StepForm::Unary,          kPmovzxbq},
    {ShuffleInst::Pmovzxwd,     StepForm::Unary,          kPmovzxwd},
    {ShuffleInst::Pmovzxwq,     StepForm::Unary,          kPmovzxwq},
    {ShuffleInst::Pmovzxdq,     StepForm::Unary,          kPmovzxdq},
    {ShuffleInst::Pand,         StepForm::BinaryConstant, kPand},
    {ShuffleInst::Pshufb,       StepForm::BinaryConstant, kPshufb},
    {ShuffleInst::Vpbroadcastb, StepForm::Unary,          kVpbroadcastb},
    {ShuffleInst::Vpbroadcastw, StepForm::Unary,          kVpbroadcastw},
    {ShuffleInst::Punpcklbw,    StepForm::Binary,         kPunpcklbw},
    {ShuffleInst::Punpckhbw,    StepForm::Binary,         kPunpckhbw},
    {ShuffleInst::Punpcklwd,    StepForm::Binary,         kPunpcklwd},
    {ShuffleInst::Punpckhwd,    StepForm::Binary,         kPunpckhwd},
    {ShuffleInst::Punpckldq,    StepForm::Binary,         kPunpckldq},
    {ShuffleInst::Punpckhdq,    StepForm::Binary,         kPunpckhdq},
    {ShuffleInst::Punpcklqdq,   StepForm::Binary,         kPunpcklqdq},
    {ShuffleInst::Punpckhqdq,   StepForm::Binary,         kPunpckhqdq},
    {ShuffleInst::Palignr,      StepForm::BinaryImm,      kPalignr},
    {ShuffleInst::Shufps,       StepForm::BinaryImm,      kShufps},
    {ShuffleInst::Shufpd,       StepForm::BinaryImm,      kShufpd},
    {ShuffleInst::Insertps,     StepForm::BinaryImm,      kInsertps},
    {ShuffleInst::Pblendw,      StepForm::BinaryImm,      kPblendw},
    {ShuffleInst::Vpblendd,     StepForm::BinaryImm,      kVpblendd},
    {ShuffleInst::Vpternlog,    StepForm::Special,        {}},
    {ShuffleInst::Vpermi2b,     StepForm::Special,        {}},
    {ShuffleInst::Por,          StepForm::Binary,         kPor},
};
// clang-format on

constexpr bool is_in_order() {
  for (size_t i = 0; i < std::size(kSteps); ++i)
    if (kSteps[i].inst != static_cast<ShuffleInst>(i)) return false;
  return true;
}
static_assert(is_in_order());

V128 to_vector(const Lanes& lanes) {
  return std::bit_cast<V128>(lanes);
}

void emit_special(Lowering& l, const ShuffleStep& step, VReg first, VReg second, VReg d) {
  Vectors v(l);
  if (step.inst == ShuffleInst::Vpternlog) {
    constexpr uint8_t kTruth =
        (ternary::kThird & ternary::kSecond) | (~ternary::kThird & ternary::kFirst);
    v.ternary512(kTruth, first, second, v.pool(to_vector(step.constant)), d);
    return;
  }
  const VReg numbers = v.constant(to_vector(step.constant));
  l.emit(Form::TUU, I::kIdVpermi2b, {.width = 16, .d = d, .a = numbers, .b = first, .c = second});
}

void emit_step(Lowering& l, const ShuffleStep& step, VReg first, VReg second, VReg d) {
  Vectors v(l);
  const StepInst& row = kSteps[static_cast<size_t>(step.inst)];
  switch (row.form) {
    case StepForm::Unary: v.unary(row.code, first, d); break;
    case StepForm::UnaryImm: v.unary_imm(row.code, first, step.imm, d); break;
    case StepForm::Shift: v.shift(row.code, first, step.imm, d); break;
    case StepForm::Binary: v.binary(row.code, first, second, d); break;
    case StepForm::BinaryImm: v.binary_imm(row.code, first, second, step.imm, d); break;
    case StepForm::BinaryConstant: v.binary(row.code, first, to_vector(step.constant), d); break;
    case StepForm::Special: emit_special(l, step, first, second, d); break;
  }
}

ShuffleLevel level_of(Lowering& l) {
  const bool has_avx512 = Vectors(l).has_avx512();
  return {.avx2 = l.has(CpuFeature::Avx2),
          .avx512 = has_avx512,
          .vbmi = has_avx512 && l.has(CpuFeature::Avx512vbmi)};
}

void emit_plan(Lowering& l, const ShufflePlan& plan, VReg a, VReg b, VReg d) {
  if (plan.is_zero) {
    Vectors(l).zero(d);
    return;
  }
  if (plan.count == 0) {
    l.emit_move(d, plan.result == 0 ? a : b);
    return;
  }
  std::array<VReg, 2 + ShufflePlan::kMaxSteps> values = {a, b};
  for (uint8_t i = 0; i < plan.count; ++i) {
    const ShuffleStep& step = plan.steps[i];
    values[2 + i] = i + 1 == plan.count ? d : l.new_vector();
    emit_step(l, step, values[step.first], values[step.second], values[2 + i]);
  }
}

bool is_zero_vector(Lowering& l, ValueId value) {
  return l.is_op(value, Opcode::V128Const) && l.function().vectors[l.inst(value).imm] == V128{};
}

}  // namespace

void emit_shuffle(Lowering& l, const Lanes& lanes, VReg a, VReg b, VReg d) {
  emit_plan(l, plan_shuffle(lanes, level_of(l)), a, b, d);
}

void lower_shuffle(Lowering& l, ValueId value, const Row&) {
  const ValueId a = l.arg(value, 0);
  const ValueId b = l.arg(value, 1);
  Lanes lanes = std::bit_cast<Lanes>(l.function().vectors[l.inst(value).imm]);
  const bool is_zero[] = {is_zero_vector(l, a), is_zero_vector(l, b)};
  for (uint8_t& lane : lanes) {
    if (is_zero[lane / 16])
      lane = kZeroLane;
    else if (a == b)
      lane %= 16;
  }
  const ShufflePlan plan = plan_shuffle(lanes, level_of(l));
  // An operand that gives nothing needs no register.
  const auto gives = [&](uint8_t operand) {
    return std::ranges::any_of(
        lanes, [&](uint8_t lane) { return lane != kZeroLane && lane / 16 == operand; });
  };
  const VReg d = l.def(value);
  const VReg first = gives(0) ? l.use(a) : kNoVReg;
  const VReg second = gives(1) ? l.use(b) : kNoVReg;
  emit_plan(l, plan, first, second, d);
}

}  // namespace brink::compile::x64
