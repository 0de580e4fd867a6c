// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Inner loops first: what leaves them lands in a block of the loop around them, and may leave that
// too. Each instruction is looked at once per loop that it leaves.

#include "engine/compile/pass/loop_invariants.h"

#include <algorithm>

#include "engine/compile/pass/aliasing.h"
#include "engine/compile/pass/control_flow.h"
#include "engine/compile/pass/loop_writes.h"

namespace brink::compile {

using ir::BlockId;
using ir::Inst;
using ir::Op;
using ir::ValueId;

namespace {

class LoopInvariants {
 public:
  LoopInvariants(const wasm::Module& module, ir::Function& function)
      : module_(module), function_(function), flow_(function) {}

  bool run() {
    if (flow_.loops().empty()) return false;
    writes_ = find_loop_writes(module_, function_, flow_);
    block_of_.assign(function_.insts.size(), ir::kNoBlock);
    for (const BlockId block : flow_.reverse_postorder()) {
      for (const ValueId id : function_.blocks[block].params) block_of_[id] = block;
      for (const ValueId id : function_.blocks[block].insts) block_of_[id] = block;
    }
    // The blocks of each loop in the order in which definitions come before uses.
    std::vector<std::vector<BlockId>> blocks(flow_.loops().size());
    for (const BlockId block : flow_.reverse_postorder())
      if (const uint32_t loop = flow_.loop_of(block); loop != Loop::kNone)
        blocks[loop].push_back(block);
    for (uint32_t i = 0; i < blocks.size(); ++i)
      if (flow_.loops()[i].preheader != ir::kNoBlock)
        for (const BlockId block : blocks[i]) hoist(i, block);
    return has_moved_;
  }

 private:
  void hoist(uint32_t loop_index, BlockId block) {
    const Loop& loop = flow_.loops()[loop_index];
    moved_.clear();
    std::erase_if(function_.blocks[block].insts, [&](ValueId id) {
      if (!is_movable(loop_index, function_[id]) || !is_invariant(loop, function_[id]))
        return false;
      moved_.push_back(id);
      block_of_[id] = loop.preheader;
      return true;
    });
    has_moved_ |= !moved_.empty();
    std::vector<ValueId>& before = function_.blocks[loop.preheader].insts;
    before.insert(before.end() - 1, moved_.begin(), moved_.end());
  }

  bool is_invariant(const Loop& loop, const Inst& inst) const {
    return std::ranges::all_of(function_.args(inst), [&](ValueId arg) {
      const BlockId block = block_of_[arg];
      return block != loop.header && flow_.dominators().dominates(block, loop.header);
    });
  }

  bool is_movable(uint32_t loop, const Inst& inst) const {
    switch (inst.op) {
      case Op::Param:
      case Op::Result:
      case Op::Copy:
      case Op::RefNull:
      case Op::Instance:
      case Op::MemoryBase0: return false;
      default: break;
    }
    const Access access = access_of(module_, function_, inst);
    if (access.kind == Access::Kind::Load)
      return is_safe_load(inst, access) && !writes_[loop].may_write(access.place);
    if (access.kind != Access::Kind::None || access.may_trap || !ir::is_pure(inst.op)) return false;
    return inst.arg_count != 0;
  }

  /// Loads of globals, and of the engine's structures where pointers are never null.
  bool is_safe_load(const Inst& inst, const Access& access) const {
    if (access.may_trap) return false;
    if (!inst.is_raw()) return true;
    const Inst& base = function_[inst.args[0]];
    return base.op == Op::Instance ||
           (ir::is_wasm(base.op) && info(ir::to_opcode(base.op)).cls == OpClass::Load &&
            base.region() == ir::region::kConstant);
  }

  const wasm::Module& module_;
  ir::Function& function_;
  ControlFlow flow_;
  std::vector<LoopWrites> writes_;  ///< by loop
  std::vector<BlockId> block_of_;   ///< where a value is defined
  std::vector<ValueId> moved_;
  bool has_moved_ = false;
};

}  // namespace

bool hoist_loop_invariants(const wasm::Module& module, ir::Function& function) {
  return LoopInvariants(module, function).run();
}

}  // namespace brink::compile
