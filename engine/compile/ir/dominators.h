// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The dominator tree of a function's blocks (Cooper, Harvey and Kennedy's algorithm). Structured
// control gives reducible graphs, for which one round over the blocks in reverse postorder is
// enough; other graphs take more rounds.

#ifndef BRINK_COMPILE_IR_DOMINATORS_H_
#define BRINK_COMPILE_IR_DOMINATORS_H_

#include <vector>

#include "engine/compile/ir/ir.h"

namespace brink::compile::ir {

/// The reachable blocks, each before its successors but for back edges.
std::vector<BlockId> reverse_postorder(const Function& function);

class DominatorTree {
 public:
  explicit DominatorTree(const Function& function);

  /// Reverse postorder.
  const std::vector<BlockId>& order() const { return order_; }
  bool is_reachable(BlockId block) const { return nodes_[block].idom != kNoBlock; }
  /// The immediate dominator; the entry's is itself.
  BlockId idom(BlockId block) const { return nodes_[block].idom; }
  /// Whether every way to b leads through a; both are reachable. A block dominates itself.
  bool dominates(BlockId a, BlockId b) const {
    return nodes_[a].enter <= nodes_[b].enter && nodes_[b].leave <= nodes_[a].leave;
  }

 private:
  struct Node {
    BlockId idom = kNoBlock;
    uint32_t number = 0;  ///< in reverse postorder
    uint32_t enter = 0;   ///< when a walk of the tree enters and leaves it
    uint32_t leave = 0;
  };

  BlockId common(BlockId a, BlockId b) const;
  void number_tree();

  std::vector<BlockId> order_;
  std::vector<Node> nodes_;
};

}  // namespace brink::compile::ir

#endif  // BRINK_COMPILE_IR_DOMINATORS_H_
