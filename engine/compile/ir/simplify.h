// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Algebraic simplification of single instructions, looking at what computes their arguments. The
// result is never more work than the instruction was. Constants come to stand on the right.

#ifndef BRINK_COMPILE_IR_SIMPLIFY_H_
#define BRINK_COMPILE_IR_SIMPLIFY_H_

#include <optional>

#include "engine/compile/ir/ir.h"

namespace brink::compile::ir {

/// Where instructions go that a simplification needs: right before the simplified one.
class InstSink {
 public:
  /// Simplified themselves, and found again if they exist.
  virtual ValueId make(const Inst& inst) = 0;

 protected:
  ~InstSink() = default;
};

/// What a rule did: found a value, or changed the instruction, or neither.
struct Simplification {
  ValueId value = kNoValue;
  bool has_changed = false;
};

class Simplifier {
 public:
  Simplifier(Function& function, InstSink& sink) : function_(function), sink_(sink) {}

  /// The value that does what the instruction would do; or kNoValue, and the instruction may have
  /// become another one of the same type, which is to be made in its stead.
  ValueId simplify(Inst& inst);

 private:
  using Outcome = Simplification;
  static constexpr Outcome kNothing = {};
  static constexpr Outcome kChanged = {kNoValue, true};

  /// An integer operation without its width: the opcode for i32.
  struct Shape {
    Opcode op = Opcode::Nop;
    bool is_64 = false;
  };

  Outcome step(Inst& inst);
  bool fold_constants(Inst& inst);
  Outcome arithmetic(Inst& inst);
  Outcome with_constant(Inst& inst, Opcode op, uint64_t c);
  Outcome multiply(Inst& inst, uint64_t c);
  Outcome divide(Inst& inst, Opcode op, uint64_t c);
  Outcome mask(Inst& inst, uint64_t c);
  Outcome shift(Inst& inst, Opcode op, uint64_t c);
  Outcome shift_back(Inst& inst, Opcode op, uint64_t c, const Inst& inner);
  Outcome with_itself(Inst& inst, Opcode op);
  Outcome join(Inst& inst, Opcode op, uint64_t c);
  Outcome compare(Inst& inst);
  Outcome compare_constant(Inst& inst, Opcode op, uint64_t c);
  Outcome compare_extended(Inst& inst, Opcode op);
  Outcome test(Inst& inst);
  Outcome convert(Inst& inst);
  Outcome wrap(Inst& inst);
  Outcome select(Inst& inst);
  Outcome undo(Inst& inst);

  static Shape shape_of(Op op);
  static Opcode widen(Opcode op, bool is_64);
  Shape shape(ValueId value) const { return shape_of(function_[value].op); }
  static uint64_t all_ones(bool is_64) { return is_64 ? ~uint64_t{0} : 0xffffffffu; }
  std::optional<uint64_t> constant(ValueId value) const;
  /// A value is below 2 to the power of this, as an unsigned number.
  uint32_t significant_bits(ValueId value) const;
  uint32_t significant_bits(ValueId value, uint32_t depth) const;
  bool is_boolean(ValueId value) const { return significant_bits(value) <= 1; }

  ValueId make_constant_like(const Inst& inst, uint64_t bits);
  ValueId make_constant_of(Type type, uint64_t bits);
  /// The instruction becomes this one; its type stays.
  Outcome become(Inst& inst, Opcode op, std::initializer_list<ValueId> args);
  Outcome become_constant(Inst& inst, uint64_t bits);

  Function& function_;
  InstSink& sink_;
};

}  // namespace brink::compile::ir

#endif  // BRINK_COMPILE_IR_SIMPLIFY_H_
