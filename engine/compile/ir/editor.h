// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Small tools for whoever makes or changes IR: instructions with any number of arguments, blocks,
// parameters, targets, and replacing values by others everywhere.

#ifndef BRINK_COMPILE_IR_EDITOR_H_
#define BRINK_COMPILE_IR_EDITOR_H_

#include <algorithm>
#include <initializer_list>
#include <span>

#include "engine/compile/ir/ir.h"
#include "engine/support/check.h"

namespace brink::compile::ir {

/// With at most three arguments; longer ones get theirs by set_args.
inline Inst make_inst(Op op, Type type, std::initializer_list<ValueId> args = {}, uint64_t imm = 0,
                      uint64_t imm2 = 0) {
  Inst inst;
  inst.op = op;
  inst.type = type;
  BRINK_DCHECK(args.size() <= inst.args.size());
  std::copy(args.begin(), args.end(), inst.args.begin());
  inst.arg_count = static_cast<uint16_t>(args.size());
  inst.imm = imm;
  inst.imm2 = imm2;
  return inst;
}
inline Inst make_inst(Opcode opcode, Type type, std::initializer_list<ValueId> args = {},
                      uint64_t imm = 0) {
  return make_inst(to_op(opcode), type, args, imm);
}

/// Gives an instruction arguments, in the pool if they are many.
void set_args(Function& function, Inst& inst, std::span<const ValueId> args);

/// Adds an instruction to the function, not yet to a block.
inline ValueId add_inst(Function& function, const Inst& inst) {
  function.insts.push_back(inst);
  return static_cast<ValueId>(function.insts.size() - 1);
}
/// Adds it to the end of a block.
inline ValueId append(Function& function, BlockId block, const Inst& inst) {
  const ValueId id = add_inst(function, inst);
  function.blocks[block].insts.push_back(id);
  return id;
}

BlockId add_block(Function& function);
ValueId add_param(Function& function, BlockId block, Type type);
/// Gives a block that has none yet its ways out, with `count` targets without arguments.
void add_targets(Function& function, BlockId block, std::initializer_list<BlockId> targets);
void set_target_args(Function& function, Target& target, std::span<const ValueId> args);

/// Calls use(ValueId&) for all arguments of instructions and targets in all blocks.
template <typename Use>
void for_each_use(Function& function, Use use) {
  for (Block& block : function.blocks) {
    for (const ValueId id : block.insts)
      for (ValueId& arg : function.args(function.insts[id])) use(arg);
    for (Target& target : function.targets_of(block))
      for (ValueId& arg : function.args(target)) use(arg);
  }
}

/// What stands for each value after a pass: itself, or another one, over any number of steps.
class Replacements {
 public:
  explicit Replacements(size_t value_count) : map_(value_count, kNoValue) {}
  bool empty() const { return empty_; }
  void set(ValueId from, ValueId to) {
    BRINK_DCHECK(find(to) != from);
    map_[from] = to;
    empty_ = false;
  }
  /// Values made since then stand for themselves.
  ValueId find(ValueId id) {
    ValueId root = id;
    while (is_replaced(root)) root = map_[root];
    while (is_replaced(id)) {
      const ValueId next = map_[id];
      map_[id] = root;
      id = next;
    }
    return root;
  }
  /// Replaces all uses.
  void apply(Function& function) {
    if (!empty_) for_each_use(function, [this](ValueId& id) { id = find(id); });
  }

 private:
  bool is_replaced(ValueId id) const { return id < map_.size() && map_[id] != kNoValue; }

  std::vector<ValueId> map_;
  bool empty_ = true;
};

/// The bits of a constant of up to 64 bits (references: null), if it is one.
inline bool is_constant(const Inst& inst) {
  return is_wasm(inst.op) && info(to_opcode(inst.op)).cls == OpClass::Const;
}
Inst make_constant(Type type, uint64_t bits);
Inst make_vector_constant(Function& function, const V128& bits);

}  // namespace brink::compile::ir

#endif  // BRINK_COMPILE_IR_EDITOR_H_
