// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/pass/renumbering.h"

#include <algorithm>

#include "engine/compile/ir/block_order.h"
#include "engine/compile/ir/dominators.h"
#include "engine/compile/ir/editor.h"
#include "engine/compile/ir/simplify.h"
#include "engine/compile/ir/value_numbering.h"

namespace brink::compile {

using ir::Block;
using ir::BlockId;
using ir::Inst;
using ir::kNoBlock;
using ir::kNoValue;
using ir::Op;
using ir::ValueId;

namespace {

class Renumbering final : private ir::InstSink {
 public:
  explicit Renumbering(ir::Function& function)
      : function_(function),
        simplifier_(function, *this),
        values_(function),
        replacements_(function.insts.size()) {}

  /// Walks the dominator tree, so that what is known is what dominates.
  void run() {
    const ir::DominatorTree tree(function_);
    std::vector<BlockId> child(function_.blocks.size(), kNoBlock);
    std::vector<BlockId> sibling(function_.blocks.size(), kNoBlock);
    for (auto block = tree.order().rbegin(); block != tree.order().rend(); ++block) {
      if (*block == 0) continue;
      sibling[*block] = child[tree.idom(*block)];
      child[tree.idom(*block)] = *block;
    }
    struct Visit {
      BlockId block;
      uint32_t mark;
    };
    std::vector<Visit> stack = {{0, values_.mark()}};
    visit(function_.blocks[0]);
    while (!stack.empty()) {
      const Visit top = stack.back();
      const BlockId next = child[top.block];
      if (next == kNoBlock) {
        values_.reset(top.mark);
        stack.pop_back();
        continue;
      }
      child[top.block] = sibling[next];
      stack.push_back({next, values_.mark()});
      visit(function_.blocks[next]);
    }
    replacements_.apply(function_);
    ir::arrange_blocks(function_);
  }

 private:
  void visit(Block& block) {
    insts_.clear();
    for (const ValueId id : block.insts) {
      Inst inst = function_[id];
      for (ValueId& arg : function_.args(inst)) arg = replacements_.find(arg);
      if (ir::is_terminator(inst.op)) {
        fold_branch(block, inst);
        function_[id] = inst;
        insts_.push_back(id);
      } else if (const ValueId other = number(inst); other != kNoValue) {
        replacements_.set(id, other);
      } else {
        function_[id] = inst;
        insts_.push_back(id);
        if (ir::can_be_numbered(inst)) values_.add(id);
      }
    }
    block.insts = insts_;
  }

  /// The value that does what the instruction would do, or kNoValue.
  ValueId number(Inst& inst) {
    if (inst.op == Op::Param || inst.op == Op::Result) return kNoValue;
    if (const ValueId simpler = simplifier_.simplify(inst); simpler != kNoValue) return simpler;
    return ir::can_be_numbered(inst) ? values_.find(inst) : kNoValue;
  }

  ValueId make(const Inst& from) override {
    Inst inst = from;
    if (const ValueId known = number(inst); known != kNoValue) return known;
    const ValueId id = ir::add_inst(function_, inst);
    insts_.push_back(id);
    if (ir::can_be_numbered(inst)) values_.add(id);
    return id;
  }

  void fold_branch(Block& block, Inst& inst) {
    if (inst.op != Op::Branch && inst.op != Op::Switch) return;
    const Inst& decider = function_[inst.args[0]];
    if (!ir::is_constant(decider)) return;
    const auto targets = function_.targets_of(block);
    const auto index = static_cast<uint32_t>(decider.imm);
    const size_t chosen =
        inst.op == Op::Branch ? (index != 0 ? 0 : 1) : std::min<size_t>(index, targets.size() - 1);
    targets[0] = targets[chosen];
    block.target_count = 1;
    inst.op = Op::Jump;
    inst.arg_count = 0;
  }

  ir::Function& function_;
  ir::Simplifier simplifier_;
  ir::ValueTable values_;
  ir::Replacements replacements_;
  std::vector<ValueId> insts_;  ///< of the block being visited
};

}  // namespace

void renumber_values(ir::Function& function) {
  Renumbering(function).run();
}

}  // namespace brink::compile
