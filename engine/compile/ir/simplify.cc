// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules for i32 and i64 are written once: an operation's shape is its opcode for i32, as the two
// groups of opcodes have the same order.

#include "engine/compile/ir/simplify.h"

#include <algorithm>
#include <bit>

#include "engine/compile/ir/editor.h"
#include "engine/compile/ir/fold.h"

namespace brink::compile::ir {
namespace {

/// Simplifying the result of a rule leads to another one at most so many times.
constexpr int kMaxSteps = 8;
constexpr uint32_t kMaxLook = 4;

constexpr int distance(Opcode from, Opcode to) {
  return static_cast<int>(to) - static_cast<int>(from);
}
constexpr int kComparisonGap = distance(Opcode::I32Eqz, Opcode::I64Eqz);
constexpr int kArithmeticGap = distance(Opcode::I32Clz, Opcode::I64Clz);
static_assert(distance(Opcode::I32GeU, Opcode::I64GeU) == kComparisonGap);
static_assert(distance(Opcode::I32Rotr, Opcode::I64Rotr) == kArithmeticGap);

constexpr bool is_between(Op op, Opcode first, Opcode last) {
  return op >= to_op(first) && op <= to_op(last);
}
constexpr Opcode plus(Op op, int delta) {
  return static_cast<Opcode>(static_cast<int>(op) + delta);
}

/// The comparison that is true when this one is false.
Opcode inverse(Opcode op) {
  switch (op) {
    case Opcode::I32Eq: return Opcode::I32Ne;
    case Opcode::I32Ne: return Opcode::I32Eq;
    case Opcode::I32LtS: return Opcode::I32GeS;
    case Opcode::I32LtU: return Opcode::I32GeU;
    case Opcode::I32GtS: return Opcode::I32LeS;
    case Opcode::I32GtU: return Opcode::I32LeU;
    case Opcode::I32LeS: return Opcode::I32GtS;
    case Opcode::I32LeU: return Opcode::I32GtU;
    case Opcode::I32GeS: return Opcode::I32LtS;
    default: return Opcode::I32LtU;
  }
}

/// The comparison with its operands exchanged.
Opcode mirrored(Opcode op) {
  switch (op) {
    case Opcode::I32LtS: return Opcode::I32GtS;
    case Opcode::I32LtU: return Opcode::I32GtU;
    case Opcode::I32GtS: return Opcode::I32LtS;
    case Opcode::I32GtU: return Opcode::I32LtU;
    case Opcode::I32LeS: return Opcode::I32GeS;
    case Opcode::I32LeU: return Opcode::I32GeU;
    case Opcode::I32GeS: return Opcode::I32LeS;
    case Opcode::I32GeU: return Opcode::I32LeU;
    default: return op;
  }
}

bool holds_for_equals(Opcode op) {
  return op == Opcode::I32Eq || op == Opcode::I32LeS || op == Opcode::I32LeU ||
         op == Opcode::I32GeS || op == Opcode::I32GeU;
}

bool is_comparison(Opcode op) {
  return is_between(to_op(op), Opcode::I32Eq, Opcode::I32GeU);
}

}  // namespace

// ---- looking ----

Simplifier::Shape Simplifier::shape_of(Op op) {
  if (is_between(op, Opcode::I32Eqz, Opcode::I32GeU)) return {to_opcode(op), false};
  if (is_between(op, Opcode::I64Eqz, Opcode::I64GeU)) return {plus(op, -kComparisonGap), true};
  if (is_between(op, Opcode::I32Clz, Opcode::I32Rotr)) return {to_opcode(op), false};
  if (is_between(op, Opcode::I64Clz, Opcode::I64Rotr)) return {plus(op, -kArithmeticGap), true};
  return {};
}

Opcode Simplifier::widen(Opcode op, bool is_64) {
  if (!is_64) return op;
  return plus(to_op(op), op <= Opcode::I32GeU ? kComparisonGap : kArithmeticGap);
}

std::optional<uint64_t> Simplifier::constant(ValueId value) const {
  const Inst& inst = function_[value];
  if (inst.op != to_op(Opcode::I32Const) && inst.op != to_op(Opcode::I64Const)) return std::nullopt;
  return inst.imm;
}

uint32_t Simplifier::significant_bits(ValueId value) const {
  return significant_bits(value, 0);
}

uint32_t Simplifier::significant_bits(ValueId value, uint32_t depth) const {
  const Inst& inst = function_[value];
  const uint32_t width = inst.type == Type::I64 ? 64 : 32;
  if (!is_wasm(inst.op)) return width;
  if (const auto bits = constant(value)) return static_cast<uint32_t>(std::bit_width(*bits));
  const OpcodeInfo& row = info(to_opcode(inst.op));
  if (row.cls == OpClass::Compare || row.cls == OpClass::Test)
    return inst.type == Type::I32 ? 1 : width;
  if (depth == kMaxLook) return width;
  const auto of = [&](size_t i) { return significant_bits(inst.args[i], depth + 1); };
  switch (to_opcode(inst.op)) {
    case Opcode::I32Load8U:
    case Opcode::I64Load8U: return 8;
    case Opcode::I32Load16U:
    case Opcode::I64Load16U: return 16;
    case Opcode::I64Load32U: return 32;
    case Opcode::I64ExtendI32U: return of(0);
    case Opcode::I32And:
    case Opcode::I64And: return std::min(of(0), of(1));
    case Opcode::I32Or:
    case Opcode::I64Or:
    case Opcode::I32Xor:
    case Opcode::I64Xor: return std::max(of(0), of(1));
    case Opcode::I32ShrU:
    case Opcode::I64ShrU: {
      const auto count = constant(inst.args[1]);
      const uint32_t bits = of(0);
      const uint32_t shifted = count ? static_cast<uint32_t>(*count % width) : 0;
      return bits - std::min(bits, shifted);
    }
    case Opcode::Select: return std::max(of(0), of(1));
    default: return width;
  }
}

// ---- changing ----

ValueId Simplifier::make_constant_of(Type type, uint64_t bits) {
  return sink_.make(make_constant(type, bits));
}

ValueId Simplifier::make_constant_like(const Inst& inst, uint64_t bits) {
  return make_constant_of(inst.type, bits);
}

Simplifier::Outcome Simplifier::become(Inst& inst, Opcode op, std::initializer_list<ValueId> args) {
  const Type type = inst.type;
  inst = make_inst(op, type, args);
  return kChanged;
}

Simplifier::Outcome Simplifier::become_constant(Inst& inst, uint64_t bits) {
  inst = make_constant(inst.type, bits);
  return kChanged;
}

ValueId Simplifier::simplify(Inst& inst) {
  if (!is_wasm(inst.op)) return kNoValue;
  for (int i = 0; i < kMaxSteps; ++i) {
    if (is_constant(inst)) return kNoValue;
    if (fold_constants(inst)) return kNoValue;
    const Outcome outcome = step(inst);
    if (outcome.value != kNoValue) return outcome.value;
    if (!outcome.has_changed) break;
  }
  return kNoValue;
}

bool Simplifier::fold_constants(Inst& inst) {
  const auto folded = fold(function_, inst);
  if (!folded || folded->count != 1) return false;
  inst = inst.type == Type::V128 ? make_vector_constant(function_, folded->results[0])
                                 : make_constant(inst.type, folded->results[0].words[0]);
  return true;
}

Simplifier::Outcome Simplifier::step(Inst& inst) {
  const Opcode op = to_opcode(inst.op);
  if (op == Opcode::Select) return select(inst);
  switch (shape_of(inst.op).op) {
    case Opcode::Nop: break;
    case Opcode::I32Eqz: return test(inst);
    case Opcode::I32Clz:
    case Opcode::I32Ctz:
    case Opcode::I32Popcnt: return kNothing;
    default: return op <= Opcode::I64GeU ? compare(inst) : arithmetic(inst);
  }
  if (op == Opcode::I32WrapI64) return wrap(inst);
  if (is_between(inst.op, Opcode::I64ExtendI32S, Opcode::I64ExtendI32U) ||
      is_between(inst.op, Opcode::I32Extend8S, Opcode::I64Extend32S))
    return convert(inst);
  return undo(inst);
}

// ---- arithmetic ----

Simplifier::Outcome Simplifier::arithmetic(Inst& inst) {
  const Shape shape = shape_of(inst.op);
  const OpcodeInfo& row = info(shape.op);
  if (row.is_commutative() && constant(inst.args[0]) && !constant(inst.args[1]))
    std::swap(inst.args[0], inst.args[1]);
  if (inst.args[0] == inst.args[1]) return with_itself(inst, shape.op);
  if (const auto c = constant(inst.args[1])) return with_constant(inst, shape.op, *c);
  return kNothing;
}

/// x op x
Simplifier::Outcome Simplifier::with_itself(Inst& inst, Opcode op) {
  switch (op) {
    case Opcode::I32And:
    case Opcode::I32Or: return {inst.args[0]};
    case Opcode::I32Sub:
    case Opcode::I32Xor: return become_constant(inst, 0);
    default: return kNothing;
  }
}

/// x op c
Simplifier::Outcome Simplifier::with_constant(Inst& inst, Opcode op, uint64_t c) {
  const bool is_64 = shape_of(inst.op).is_64;
  const ValueId x = inst.args[0];
  switch (op) {
    case Opcode::I32Add:
      // x + 0 = x
      if (c == 0) return {x};
      return join(inst, op, c);
    case Opcode::I32Sub:
      // x - c = x + -c
      return become(inst, widen(Opcode::I32Add, is_64), {x, make_constant_like(inst, -c)});
    case Opcode::I32Mul: return multiply(inst, c);
    case Opcode::I32DivS:
    case Opcode::I32DivU:
    case Opcode::I32RemS:
    case Opcode::I32RemU: return divide(inst, op, c);
    case Opcode::I32And: return mask(inst, c);
    case Opcode::I32Or:
      // x | 0 = x, x | -1 = -1
      if (c == 0) return {x};
      if (c == all_ones(is_64)) return {inst.args[1]};
      return join(inst, op, c);
    case Opcode::I32Xor:
      // x ^ 0 = x; a truth value ^ 1 is the opposite
      if (c == 0) return {x};
      if (c == 1 && !is_64 && is_boolean(x)) return become(inst, Opcode::I32Eqz, {x});
      return join(inst, op, c);
    default: return shift(inst, op, c);
  }
}

/// (x op c1) op c2 = x op (c1 op c2), for what is associative
Simplifier::Outcome Simplifier::join(Inst& inst, Opcode op, uint64_t c) {
  const bool is_64 = shape_of(inst.op).is_64;
  const Inst inner = function_[inst.args[0]];
  if (inner.op != inst.op) return kNothing;
  const auto c1 = constant(inner.args[1]);
  if (!c1) return kNothing;
  uint64_t both = 0;
  switch (op) {
    case Opcode::I32Add: both = *c1 + c; break;
    case Opcode::I32Mul: both = *c1 * c; break;
    case Opcode::I32And: both = *c1 & c; break;
    case Opcode::I32Or: both = *c1 | c; break;
    default: both = *c1 ^ c; break;
  }
  return become(inst, widen(op, is_64), {inner.args[0], make_constant_like(inst, both)});
}

Simplifier::Outcome Simplifier::multiply(Inst& inst, uint64_t c) {
  const bool is_64 = shape_of(inst.op).is_64;
  const ValueId x = inst.args[0];
  // x * 0 = 0, x * 1 = x, x * 2^k = x << k
  if (c == 0) return {inst.args[1]};
  if (c == 1) return {x};
  if (std::has_single_bit(c))
    return become(inst, widen(Opcode::I32Shl, is_64),
                  {x, make_constant_like(inst, static_cast<uint64_t>(std::countr_zero(c)))});
  return join(inst, Opcode::I32Mul, c);
}

Simplifier::Outcome Simplifier::divide(Inst& inst, Opcode op, uint64_t c) {
  const bool is_64 = shape_of(inst.op).is_64;
  const ValueId x = inst.args[0];
  const bool is_quotient = op == Opcode::I32DivS || op == Opcode::I32DivU;
  // x / 1 = x, x % 1 = 0
  if (c == 1) return is_quotient ? Outcome{x} : become_constant(inst, 0);
  // signed: x % -1 = 0
  if (op == Opcode::I32RemS && c == all_ones(is_64)) return become_constant(inst, 0);
  if (!std::has_single_bit(c)) return kNothing;
  // unsigned: x / 2^k = x >> k, x % 2^k = x & (2^k - 1)
  if (op == Opcode::I32DivU)
    return become(inst, widen(Opcode::I32ShrU, is_64),
                  {x, make_constant_like(inst, static_cast<uint64_t>(std::countr_zero(c)))});
  if (op == Opcode::I32RemU)
    return become(inst, widen(Opcode::I32And, is_64), {x, make_constant_like(inst, c - 1)});
  return kNothing;
}

/// x & c
Simplifier::Outcome Simplifier::mask(Inst& inst, uint64_t c) {
  const ValueId x = inst.args[0];
  if (c == 0) return {inst.args[1]};
  // The bits of x that can be set are all kept.
  const uint32_t bits = significant_bits(x);
  const uint64_t possible = bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  if ((possible & ~c) == 0) return {x};
  return join(inst, Opcode::I32And, c);
}

Simplifier::Outcome Simplifier::shift(Inst& inst, Opcode op, uint64_t c) {
  const bool is_64 = shape_of(inst.op).is_64;
  const uint64_t width = is_64 ? 64 : 32;
  const ValueId x = inst.args[0];
  // Only the low bits of the count matter; x << 0 = x
  if (c % width == 0) return {x};
  if (c >= width) return become(inst, to_opcode(inst.op), {x, make_constant_like(inst, c % width)});
  const Inst inner = function_[x];
  const bool is_binary = shape_of(inner.op).op != Opcode::Nop && inner.arg_count == 2;
  const auto c1 = is_binary ? constant(inner.args[1]) : std::nullopt;
  if (!c1 || *c1 >= width || shape_of(inner.op).is_64 != is_64) return kNothing;
  if (inner.op != inst.op) return *c1 == c ? shift_back(inst, op, c, inner) : kNothing;
  // (x << c1) << c2 = x << (c1 + c2)
  uint64_t sum = *c1 + c;
  if (op == Opcode::I32Rotl || op == Opcode::I32Rotr) {
    sum %= width;
  } else if (sum >= width) {
    if (op != Opcode::I32ShrS) return become_constant(inst, 0);
    sum = width - 1;
  }
  return become(inst, to_opcode(inst.op), {inner.args[0], make_constant_like(inst, sum)});
}

/// A shift by c of a shift by c into the other direction.
Simplifier::Outcome Simplifier::shift_back(Inst& inst, Opcode op, uint64_t c, const Inst& inner) {
  const bool is_64 = shape_of(inst.op).is_64;
  const Opcode inner_op = shape_of(inner.op).op;
  const uint64_t ones = all_ones(is_64);
  const ValueId x = inner.args[0];
  // (x >> c) << c = x without the low bits
  if (op == Opcode::I32Shl && (inner_op == Opcode::I32ShrU || inner_op == Opcode::I32ShrS))
    return become(inst, widen(Opcode::I32And, is_64),
                  {x, make_constant_like(inst, ones & (ones << c))});
  if (inner_op != Opcode::I32Shl) return kNothing;
  // (x << c) >> c, unsigned = x without the high bits
  if (op == Opcode::I32ShrU)
    return become(inst, widen(Opcode::I32And, is_64), {x, make_constant_like(inst, ones >> c)});
  // signed = the sign extension of the low bits
  if (op != Opcode::I32ShrS) return kNothing;
  if (!is_64 && c == 24) return become(inst, Opcode::I32Extend8S, {x});
  if (!is_64 && c == 16) return become(inst, Opcode::I32Extend16S, {x});
  if (is_64 && c == 56) return become(inst, Opcode::I64Extend8S, {x});
  if (is_64 && c == 48) return become(inst, Opcode::I64Extend16S, {x});
  if (is_64 && c == 32) return become(inst, Opcode::I64Extend32S, {x});
  return kNothing;
}

// ---- comparisons ----

Simplifier::Outcome Simplifier::compare(Inst& inst) {
  Shape shape = shape_of(inst.op);
  if (constant(inst.args[0]) && !constant(inst.args[1])) {
    std::swap(inst.args[0], inst.args[1]);
    shape.op = mirrored(shape.op);
    inst.op = to_op(widen(shape.op, shape.is_64));
  }
  if (inst.args[0] == inst.args[1]) return become_constant(inst, holds_for_equals(shape.op));
  if (shape.is_64)
    if (const Outcome outcome = compare_extended(inst, shape.op); outcome.has_changed)
      return outcome;
  if (const auto c = constant(inst.args[1])) return compare_constant(inst, shape.op, *c);
  return kNothing;
}

Simplifier::Outcome Simplifier::compare_constant(Inst& inst, Opcode op, uint64_t c) {
  const bool is_64 = shape_of(inst.op).is_64;
  const Type type = is_64 ? Type::I64 : Type::I32;
  const ValueId x = inst.args[0];
  const auto with = [&](Opcode other, uint64_t bits) {
    return become(inst, widen(other, is_64), {x, make_constant_of(type, bits)});
  };
  const auto is_zero = [&] { return become(inst, widen(Opcode::I32Eqz, is_64), {x}); };
  if (op == Opcode::I32Eq || op == Opcode::I32Ne) {
    if (op == Opcode::I32Eq && c == 0) return is_zero();
    if (!is_64 && is_boolean(x)) {
      // A truth value compared with a truth value
      if (c > 1) return become_constant(inst, op == Opcode::I32Ne);
      return (op == Opcode::I32Eq) == (c == 1) ? Outcome{x} : is_zero();
    }
    // x + c1 == c  =  x == c - c1
    const Inst inner = function_[x];
    if (shape_of(inner.op).op != Opcode::I32Add) return kNothing;
    const auto c1 = constant(inner.args[1]);
    if (!c1) return kNothing;
    return become(inst, to_opcode(inst.op), {inner.args[0], make_constant_of(type, c - *c1)});
  }
  const uint64_t ones = all_ones(is_64);
  switch (op) {
    case Opcode::I32LtU:
      if (c == 0) return become_constant(inst, 0);
      return c == 1 ? is_zero() : kNothing;
    case Opcode::I32GeU:
      if (c == 0) return become_constant(inst, 1);
      return c == 1 ? with(Opcode::I32Ne, 0) : kNothing;
    case Opcode::I32GtU:
      if (c == ones) return become_constant(inst, 0);
      return c == 0 ? with(Opcode::I32Ne, 0) : kNothing;
    case Opcode::I32LeU:
      if (c == ones) return become_constant(inst, 1);
      return c == 0 ? is_zero() : kNothing;
    // x > -1  =  x >= 0 and the like: comparing with zero is a test
    case Opcode::I32GtS: return c == ones ? with(Opcode::I32GeS, 0) : kNothing;
    case Opcode::I32LeS: return c == ones ? with(Opcode::I32LtS, 0) : kNothing;
    default: return kNothing;
  }
}

/// 64-bit comparisons of what was 32 bits.
Simplifier::Outcome Simplifier::compare_extended(Inst& inst, Opcode op) {
  const Inst left = function_[inst.args[0]];
  const bool is_unsigned = left.op == to_op(Opcode::I64ExtendI32U);
  if (!is_unsigned && left.op != to_op(Opcode::I64ExtendI32S)) return kNothing;
  ValueId right = kNoValue;
  if (const auto c = constant(inst.args[1])) {
    const auto low = static_cast<uint32_t>(*c);
    const uint64_t extended =
        is_unsigned ? low : static_cast<uint64_t>(int64_t{static_cast<int32_t>(low)});
    if (extended != *c) return kNothing;
    right = make_constant_of(Type::I32, low);
  } else if (function_[inst.args[1]].op == left.op) {
    right = function_[inst.args[1]].args[0];
  } else {
    return kNothing;
  }
  // Zero-extended values are not negative, and their order is the unsigned one.
  if (is_unsigned) {
    switch (op) {
      case Opcode::I32LtS: op = Opcode::I32LtU; break;
      case Opcode::I32GtS: op = Opcode::I32GtU; break;
      case Opcode::I32LeS: op = Opcode::I32LeU; break;
      case Opcode::I32GeS: op = Opcode::I32GeU; break;
      default: break;
    }
  }
  return become(inst, op, {left.args[0], right});
}

/// eqz
Simplifier::Outcome Simplifier::test(Inst& inst) {
  const Inst inner = function_[inst.args[0]];
  const Shape shape = shape_of(inner.op);
  if (inst.op == to_op(Opcode::I64Eqz)) {
    if (inner.op == to_op(Opcode::I64ExtendI32U) || inner.op == to_op(Opcode::I64ExtendI32S))
      return become(inst, Opcode::I32Eqz, {inner.args[0]});
  } else {
    // The opposite of a comparison
    if (is_comparison(shape.op))
      return become(inst, widen(inverse(shape.op), shape.is_64), {inner.args[0], inner.args[1]});
    if (inner.op == to_op(Opcode::F32Eq) || inner.op == to_op(Opcode::F64Eq))
      return become(inst, plus(inner.op, 1), {inner.args[0], inner.args[1]});
    if (inner.op == to_op(Opcode::F32Ne) || inner.op == to_op(Opcode::F64Ne))
      return become(inst, plus(inner.op, -1), {inner.args[0], inner.args[1]});
    // !!x  =  x != 0
    if (shape.op == Opcode::I32Eqz) {
      if (!shape.is_64 && is_boolean(inner.args[0])) return {inner.args[0]};
      const ValueId zero = make_constant_of(shape.is_64 ? Type::I64 : Type::I32, 0);
      return become(inst, widen(Opcode::I32Ne, shape.is_64), {inner.args[0], zero});
    }
  }
  // x - y == 0, x ^ y == 0  =  x == y
  if (shape.op == Opcode::I32Sub || shape.op == Opcode::I32Xor)
    return become(inst, widen(Opcode::I32Eq, shape.is_64), {inner.args[0], inner.args[1]});
  return kNothing;
}

// ---- conversions ----

Simplifier::Outcome Simplifier::wrap(Inst& inst) {
  const Inst inner = function_[inst.args[0]];
  if (inner.op == to_op(Opcode::I64ExtendI32S) || inner.op == to_op(Opcode::I64ExtendI32U))
    return {inner.args[0]};
  const Shape shape = shape_of(inner.op);
  // What is cut off anyway need not be masked.
  if (shape.op == Opcode::I32And)
    if (const auto c = constant(inner.args[1]); c && static_cast<uint32_t>(*c) == 0xffffffffu)
      return become(inst, Opcode::I32WrapI64, {inner.args[0]});
  return kNothing;
}

/// Extensions.
Simplifier::Outcome Simplifier::convert(Inst& inst) {
  const Inst inner = function_[inst.args[0]];
  const ValueId x = inst.args[0];
  const auto is_one_of = [&](std::initializer_list<Opcode> list) {
    return std::ranges::any_of(list, [&](Opcode op) { return inner.op == to_op(op); });
  };
  switch (to_opcode(inst.op)) {
    case Opcode::I32Extend8S:
      if (is_one_of({Opcode::I32Load8S, Opcode::I32Extend8S}) || significant_bits(x) < 8)
        return {x};
      break;
    case Opcode::I32Extend16S:
      if (is_one_of(
              {Opcode::I32Load8S, Opcode::I32Load16S, Opcode::I32Extend8S, Opcode::I32Extend16S}) ||
          significant_bits(x) < 16)
        return {x};
      break;
    case Opcode::I64Extend32S:
      if (is_one_of({Opcode::I64ExtendI32S, Opcode::I64Load32S, Opcode::I64Extend32S}) ||
          significant_bits(x) < 32)
        return {x};
      if (inner.op == to_op(Opcode::I64ExtendI32U))
        return become(inst, Opcode::I64ExtendI32S, {inner.args[0]});
      break;
    case Opcode::I64ExtendI32S:
      // Not negative: the same as zero-extended, which may cost nothing
      if (significant_bits(x) < 32) return become(inst, Opcode::I64ExtendI32U, {x});
      break;
    default: break;
  }
  return kNothing;
}

Simplifier::Outcome Simplifier::select(Inst& inst) {
  if (inst.args[0] == inst.args[1]) return {inst.args[0]};
  const ValueId condition = inst.args[2];
  if (const auto c = constant(condition)) return {inst.args[*c != 0 ? 0 : 1]};
  const Inst test = function_[condition];
  if (test.op == to_op(Opcode::I32Eqz)) {
    inst.args = {inst.args[1], inst.args[0], test.args[0]};
    return kChanged;
  }
  if (test.op == to_op(Opcode::I32Ne) && constant(test.args[1]) == 0) {
    inst.args[2] = test.args[0];
    return kChanged;
  }
  if (inst.type == Type::I32 && is_boolean(condition)) {
    const auto yes = constant(inst.args[0]);
    const auto no = constant(inst.args[1]);
    if (yes == 1 && no == 0) return {condition};
    if (yes == 0 && no == 1) return become(inst, Opcode::I32Eqz, {condition});
  }
  return kNothing;
}

/// Operations that take back what their operand did, bit for bit.
Simplifier::Outcome Simplifier::undo(Inst& inst) {
  struct Pair {
    Opcode outer;
    Opcode inner;
  };
  static constexpr Pair kPairs[] = {
      {Opcode::I32ReinterpretF32, Opcode::F32ReinterpretI32},
      {Opcode::F32ReinterpretI32, Opcode::I32ReinterpretF32},
      {Opcode::I64ReinterpretF64, Opcode::F64ReinterpretI64},
      {Opcode::F64ReinterpretI64, Opcode::I64ReinterpretF64},
      {Opcode::F32Neg, Opcode::F32Neg},
      {Opcode::F64Neg, Opcode::F64Neg},
      {Opcode::V128Not, Opcode::V128Not},
  };
  if (inst.arg_count != 1) return kNothing;
  const Inst& inner = function_[inst.args[0]];
  for (const Pair& pair : kPairs)
    if (inst.op == to_op(pair.outer) && inner.op == to_op(pair.inner)) return {inner.args[0]};
  return kNothing;
}

}  // namespace brink::compile::ir
