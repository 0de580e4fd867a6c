// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/pass/block_merging.h"

#include "engine/compile/ir/block_order.h"
#include "engine/compile/ir/dominators.h"
#include "engine/compile/ir/editor.h"

namespace brink::compile {

using ir::Block;
using ir::BlockId;

void merge_blocks(ir::Function& function) {
  const std::vector<BlockId> order = ir::reverse_postorder(function);
  std::vector<uint32_t> ways_in(function.blocks.size(), 0);
  for (const BlockId id : order)
    for (const ir::Target& target : function.targets_of(function.blocks[id]))
      ++ways_in[target.block];
  ir::Replacements replacements(function.insts.size());
  for (const BlockId id : order) {
    Block& block = function.blocks[id];
    while (!block.insts.empty() && function.terminator(block).op == ir::Op::Jump) {
      const ir::Target jump = function.targets_of(block)[0];
      if (ways_in[jump.block] != 1 || jump.block == 0 || jump.block == id) break;
      const Block next = std::move(function.blocks[jump.block]);
      function.blocks[jump.block] = Block();
      block.insts.pop_back();
      for (size_t i = 0; i < next.params.size(); ++i)
        replacements.set(next.params[i], function.args(jump)[i]);
      block.insts.insert(block.insts.end(), next.insts.begin(), next.insts.end());
      block.first_target = next.first_target;
      block.target_count = next.target_count;
      block.is_cold |= next.is_cold;
    }
  }
  replacements.apply(function);
  ir::arrange_blocks(function);
}

}  // namespace brink::compile
