// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/pass/straighten.h"

#include <algorithm>

#include "engine/compile/ir/editor.h"
#include "engine/compile/pass/block_merging.h"

namespace brink::compile {
namespace {

using ir::Block;
using ir::BlockId;
using ir::Function;
using ir::Inst;
using ir::kNoBlock;
using ir::Op;
using ir::Target;

/// Does nothing but jump on without arguments.
bool is_detour(const Function& function, BlockId id) {
  const Block& block = function.blocks[id];
  return id != 0 && block.params.empty() && block.insts.size() == 1 &&
         function.terminator(block).op == Op::Jump && function.targets_of(block)[0].arg_count == 0;
}

/// Where each block leads in the end. Blocks that jump in a circle stay as they are.
std::vector<BlockId> find_destinations(const Function& function) {
  std::vector<BlockId> destinations(function.blocks.size(), kNoBlock);
  std::vector<BlockId> path;
  for (BlockId id = 0; id < function.blocks.size(); ++id) {
    BlockId end = id;
    path.clear();
    while (destinations[end] == kNoBlock && is_detour(function, end)) {
      destinations[end] = end;  // until more is known; ends a circle
      path.push_back(end);
      end = function.targets_of(function.blocks[end])[0].block;
    }
    if (destinations[end] != kNoBlock) end = destinations[end];
    destinations[id] = end;
    for (const BlockId block : path) destinations[block] = end;
  }
  return destinations;
}

void make_jump(Function& function, Block& block, uint32_t target) {
  Inst& inst = function[block.insts.back()];
  inst = ir::make_inst(Op::Jump, ir::Type::Void);
  block.first_target += target;
  block.target_count = 1;
}

bool same_way(const Function& function, const Target& a, const Target& b) {
  return a.block == b.block && std::ranges::equal(function.args(a), function.args(b));
}

/// Branches that always go the same way.
void decide_branches(Function& function, Block& block) {
  const Inst& inst = function.terminator(block);
  if (inst.op != Op::Branch && inst.op != Op::Switch) return;
  const std::span<const Target> targets = function.targets_of(block);
  const Inst& condition = function[inst.args[0]];
  if (condition.op == ir::to_op(Opcode::I32Const)) {
    const uint64_t last = targets.size() - 1;
    const uint64_t taken = inst.op == Op::Branch ? condition.imm == 0 : condition.imm;
    return make_jump(function, block, static_cast<uint32_t>(std::min(taken, last)));
  }
  const bool all_same = std::ranges::all_of(
      targets, [&](const Target& target) { return same_way(function, target, targets[0]); });
  if (all_same) make_jump(function, block, 0);
}

void thread_jumps(Function& function) {
  const std::vector<BlockId> destinations = find_destinations(function);
  for (Block& block : function.blocks) {
    // The normal successor of an invoke belongs to it alone.
    const Op op = function.terminator(block).op;
    if (op != Op::Invoke && op != Op::RuntimeInvoke)
      for (Target& target : function.targets_of(block)) target.block = destinations[target.block];
    decide_branches(function, block);
  }
}

}  // namespace

void straighten(Function& function) {
  thread_jumps(function);
  merge_blocks(function);
}

}  // namespace brink::compile
