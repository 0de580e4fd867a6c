// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/ir/dominators.h"

#include <algorithm>
#include <utility>

namespace brink::compile::ir {

std::vector<BlockId> reverse_postorder(const Function& function) {
  std::vector<BlockId> order;
  std::vector<bool> is_seen(function.blocks.size());
  std::vector<std::pair<BlockId, uint32_t>> path;  // block, successors left
  path.emplace_back(0, function.blocks[0].target_count);
  is_seen[0] = true;
  while (!path.empty()) {
    auto& [block, left] = path.back();
    if (left == 0) {
      order.push_back(block);
      path.pop_back();
      continue;
    }
    // The last successor first, so that the first one comes first in the reversed order.
    const BlockId next = function.targets_of(function.blocks[block])[--left].block;
    if (is_seen[next]) continue;
    is_seen[next] = true;
    path.emplace_back(next, function.blocks[next].target_count);
  }
  std::ranges::reverse(order);
  return order;
}

DominatorTree::DominatorTree(const Function& function)
    : order_(reverse_postorder(function)), nodes_(function.blocks.size()) {
  for (uint32_t i = 0; i < order_.size(); ++i) nodes_[order_[i]].number = i;
  nodes_[order_[0]].idom = order_[0];
  // A successor's dominator is what all of its predecessors that are known so far have in common.
  for (bool changed = true; std::exchange(changed, false);) {
    for (const BlockId block : order_) {
      for (const Target& target : function.targets_of(function.blocks[block])) {
        Node& node = nodes_[target.block];
        if (target.block == order_[0]) continue;
        const BlockId idom = node.idom == kNoBlock ? block : common(node.idom, block);
        if (idom == node.idom) continue;
        // The first predecessor in the order is no news, a correction of what others used is.
        changed |= node.idom != kNoBlock;
        node.idom = idom;
      }
    }
  }
  number_tree();
}

BlockId DominatorTree::common(BlockId a, BlockId b) const {
  while (a != b) {
    while (nodes_[a].number > nodes_[b].number) a = nodes_[a].idom;
    while (nodes_[b].number > nodes_[a].number) b = nodes_[b].idom;
  }
  return a;
}

/// Children of a block as lists through the blocks: first child, next sibling.
void DominatorTree::number_tree() {
  std::vector<BlockId> first_child(nodes_.size(), kNoBlock);
  std::vector<BlockId> sibling(nodes_.size(), kNoBlock);
  for (size_t i = order_.size(); i-- > 1;) {
    const BlockId parent = nodes_[order_[i]].idom;
    sibling[order_[i]] = std::exchange(first_child[parent], order_[i]);
  }
  uint32_t clock = 0;
  BlockId block = order_[0];
  nodes_[block].enter = clock++;
  while (true) {
    if (const BlockId child = first_child[block]; child != kNoBlock) {
      first_child[block] = sibling[child];
      block = child;
      nodes_[block].enter = clock++;
      continue;
    }
    nodes_[block].leave = clock++;
    if (block == order_[0]) return;
    block = nodes_[block].idom;
  }
}

}  // namespace brink::compile::ir
