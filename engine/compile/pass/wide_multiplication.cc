// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// With a = a1 * 2^32 + a0, b alike, and A, B the upper words of the factors:
//
//     p = a0 * b0
//     t = (p >> 32) + a1 * b0                           (or a0 * b1)
//     u = (t & mask) + a0 * b1                          (or a1 * b0)
//     low  = (u << 32) | (p & mask)
//     high = a1 * b1 + (t >> 32) + (u >> 32) + A * b + a * B

#include "engine/compile/pass/wide_multiplication.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace brink::compile {

using ir::Function;
using ir::Inst;
using ir::kNoValue;
using ir::Op;
using ir::ValueId;

namespace {

constexpr uint64_t kMask = 0xffffffff;

class Matcher {
 public:
  explicit Matcher(const Function& function) : function_(function) {
    const std::vector<ValueId>& params = function.blocks[0].params;
    a_ = params[1];
    a_upper_ = params[2];
    b_ = params[3];
    b_upper_ = params[4];
  }

  bool match(ValueId low, ValueId high) { return match_low(low) && match_high(high); }

 private:
  const Inst* get(ValueId value, Opcode opcode) const {
    const Inst& inst = function_[value];
    return inst.op == ir::to_op(opcode) ? &inst : nullptr;
  }
  bool is_constant(ValueId value, uint64_t bits) const {
    const Inst* inst = get(value, Opcode::I64Const);
    return inst != nullptr && inst->imm == bits;
  }
  /// x, if value is x & mask.
  ValueId lower_half(ValueId value) const {
    if (const Inst* inst = get(value, Opcode::I64And)) {
      if (is_constant(inst->args[1], kMask)) return inst->args[0];
      if (is_constant(inst->args[0], kMask)) return inst->args[1];
    }
    if (const Inst* inst = get(value, Opcode::I64ExtendI32U))
      if (const Inst* wrap = get(inst->args[0], Opcode::I32WrapI64)) return wrap->args[0];
    return kNoValue;
  }
  /// x, if value is x >> 32.
  ValueId upper_half(ValueId value) const {
    const Inst* inst = get(value, Opcode::I64ShrU);
    return inst != nullptr && is_constant(inst->args[1], 32) ? inst->args[0] : kNoValue;
  }
  std::optional<std::pair<ValueId, ValueId>> operands(ValueId value, Opcode opcode) const {
    const Inst* inst = get(value, opcode);
    if (inst == nullptr) return std::nullopt;
    return std::pair(inst->args[0], inst->args[1]);
  }
  /// value is a product of two things, in any order, that these tests accept.
  template <typename First, typename Second>
  bool is_product(ValueId value, First first, Second second) const {
    const auto both = operands(value, Opcode::I64Mul);
    if (!both) return false;
    return (first(both->first) && second(both->second)) ||
           (first(both->second) && second(both->first));
  }
  auto low_of(ValueId x) const {
    return [this, x](ValueId v) { return lower_half(v) == x; };
  }
  auto high_of(ValueId x) const {
    return [this, x](ValueId v) { return upper_half(v) == x; };
  }
  static auto same(ValueId x) {
    return [x](ValueId v) { return v == x; };
  }
  bool is_cross_product(ValueId value, bool a_is_high) const {
    return a_is_high ? is_product(value, high_of(a_), low_of(b_))
                     : is_product(value, low_of(a_), high_of(b_));
  }

  bool match_low(ValueId low) {
    auto both = operands(low, Opcode::I64Or);
    if (!both) both = operands(low, Opcode::I64Add);
    if (!both) return false;
    if (lower_half(both->first) != kNoValue) std::swap(both->first, both->second);
    const auto shift = operands(both->first, Opcode::I64Shl);
    p_ = lower_half(both->second);
    if (!shift || !is_constant(shift->second, 32) || p_ == kNoValue) return false;
    u_ = shift->first;
    return is_product(p_, low_of(a_), low_of(b_)) && match_middle();
  }

  bool match_middle() {
    auto u = operands(u_, Opcode::I64Add);
    if (!u) return false;
    if (lower_half(u->first) == kNoValue) std::swap(u->first, u->second);
    t_ = lower_half(u->first);
    if (t_ == kNoValue) return false;
    auto t = operands(t_, Opcode::I64Add);
    if (!t) return false;
    if (upper_half(t->first) != p_) std::swap(t->first, t->second);
    if (upper_half(t->first) != p_) return false;
    return (is_cross_product(t->second, true) && is_cross_product(u->second, false)) ||
           (is_cross_product(t->second, false) && is_cross_product(u->second, true));
  }

  bool match_high(ValueId high) const {
    std::vector<ValueId> terms;
    add_terms(high, terms, 0);
    if (terms.size() != 5) return false;
    const auto take = [&](auto test) {
      const auto found = std::ranges::find_if(terms, test);
      if (found == terms.end()) return false;
      terms.erase(found);
      return true;
    };
    return take([&](ValueId v) { return is_product(v, high_of(a_), high_of(b_)); }) &&
           take(high_of(t_)) && take(high_of(u_)) &&
           take([&](ValueId v) { return is_product(v, same(a_upper_), same(b_)); }) &&
           take([&](ValueId v) { return is_product(v, same(a_), same(b_upper_)); });
  }
  void add_terms(ValueId value, std::vector<ValueId>& terms, uint32_t depth) const {
    const Inst* inst = get(value, Opcode::I64Add);
    // Five terms need no deeper tree. The sums t and u are below shifts, hence no terms.
    if (inst == nullptr || depth == 4) return terms.push_back(value);
    add_terms(inst->args[0], terms, depth + 1);
    add_terms(inst->args[1], terms, depth + 1);
  }

  const Function& function_;
  ValueId a_, a_upper_, b_, b_upper_;
  ValueId p_ = kNoValue;
  ValueId t_ = kNoValue;
  ValueId u_ = kNoValue;
};

}  // namespace

bool is_wide_multiplication_type(const FuncType& type) {
  const std::vector<ValType>& params = type.params;
  return type.results.empty() && params.size() == 5 && (params[0] == kI32 || params[0] == kI64) &&
         std::ranges::all_of(params.begin() + 1, params.end(),
                             [](ValType param) { return param == kI64; });
}

bool simplify_wide_multiplication(Function& function) {
  if (function.blocks.size() != 1 || !is_wide_multiplication_type(*function.type)) return false;
  ir::Block& block = function.blocks[0];
  std::vector<ValueId> stores;
  for (const ValueId id : block.insts) {
    const Inst& inst = function[id];
    if (inst.op == ir::to_op(Opcode::I64Store))
      stores.push_back(id);
    else if (inst.op != Op::Return && !ir::is_pure(inst.op))
      return false;
  }
  if (stores.size() != 2 || function[stores[0]].args[0] != function[stores[1]].args[0] ||
      function[stores[0]].args[0] != block.params[0])
    return false;
  const bool high_is_first = function[stores[0]].offset() > function[stores[1]].offset();
  const ValueId high_store = stores[high_is_first ? 0 : 1];
  const ValueId low_store = stores[high_is_first ? 1 : 0];
  if (function[high_store].offset() != uint64_t{function[low_store].offset()} + 8) return false;
  if (!Matcher(function).match(function[low_store].args[1], function[high_store].args[1]))
    return false;

  const ValueId end = block.insts.back();
  block.insts.clear();
  const auto add = [&](Op op, ir::Type type, ValueId left, ValueId right, uint64_t imm = 0) {
    Inst inst{.op = op, .type = type, .imm = imm};
    inst.args = {left, right, kNoValue};
    inst.arg_count = right == kNoValue ? 1 : 2;
    function.insts.push_back(inst);
    block.insts.push_back(static_cast<ValueId>(function.insts.size() - 1));
    return block.insts.back();
  };
  const std::vector<ValueId>& params = block.params;
  const Op multiply = ir::to_op(Opcode::I64Mul);
  const Op sum = ir::to_op(Opcode::I64Add);
  const ValueId wide = add(ir::to_op(Opcode::I64MulWideU), ir::Type::Void, params[1], params[3]);
  const ValueId low = add(Op::Result, ir::Type::I64, wide, kNoValue, 0);
  const ValueId carried = add(Op::Result, ir::Type::I64, wide, kNoValue, 1);
  const ValueId left = add(multiply, ir::Type::I64, params[2], params[3]);
  const ValueId right = add(multiply, ir::Type::I64, params[1], params[4]);
  const ValueId high = add(sum, ir::Type::I64, add(sum, ir::Type::I64, carried, left), right);
  function[low_store].args[1] = low;
  function[high_store].args[1] = high;
  block.insts.insert(block.insts.end(), {stores[0], stores[1], end});
  return true;
}

}  // namespace brink::compile
