// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/ir/block_order.h"

#include <algorithm>
#include <utility>

#include "engine/compile/ir/dominators.h"

namespace brink::compile::ir {
namespace {

constexpr uint32_t kNone = ~uint32_t{0};
constexpr uint16_t kMaxDepth = 0xffff;

/// The natural loops of a function. Its graph is reducible, as structured control always gives, so
/// that an edge to a block that is not later in reverse postorder closes a loop.
class LoopForest {
 public:
  struct Loop {
    BlockId header = kNoBlock;
    uint32_t parent = kNone;
    uint32_t top = kNone;  ///< on the way to the outermost known loop around it
  };

  explicit LoopForest(const Function& function)
      : function_(function),
        order_(reverse_postorder(function)),
        number_(function.blocks.size(), kNone),
        loop_of_(function.blocks.size(), kNone) {
    for (uint32_t i = 0; i < order_.size(); ++i) number_[order_[i]] = i;
    list_predecessors();
    // From the inside out: the header of an inner loop comes behind that of an outer one.
    for (size_t i = order_.size(); i-- > 0;) find_loop(order_[i]);
  }

  const std::vector<BlockId>& order() const { return order_; }
  /// The innermost loop a block is in, or kNone.
  uint32_t loop_of(BlockId block) const { return loop_of_[block]; }
  const std::vector<Loop>& loops() const { return loops_; }

 private:
  void list_predecessors() {
    first_.assign(function_.blocks.size() + 1, 0);
    for (const BlockId block : order())
      for (const Target& target : function_.targets_of(function_.blocks[block]))
        ++first_[target.block + 1];
    for (size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
    predecessors_.resize(first_.back());
    std::vector<uint32_t> next = first_;
    for (const BlockId block : order())
      for (const Target& target : function_.targets_of(function_.blocks[block]))
        predecessors_[next[target.block]++] = block;
  }
  std::span<const BlockId> predecessors(BlockId block) const {
    return {predecessors_.data() + first_[block], first_[block + 1] - first_[block]};
  }

  uint32_t outermost(uint32_t loop) {
    uint32_t root = loop;
    while (loops_[root].top != kNone) root = loops_[root].top;
    while (loops_[loop].top != kNone) loop = std::exchange(loops_[loop].top, root);
    return root;
  }

  /// Makes the loop of a header, if it is one: what leads to its back edges without passing it.
  void find_loop(BlockId header) {
    for (const BlockId block : predecessors(header))
      if (number_[block] >= number_[header]) pending_.push_back(block);
    if (pending_.empty()) return;
    const auto loop = static_cast<uint32_t>(loops_.size());
    loops_.push_back({header, kNone, kNone});
    while (!pending_.empty()) {
      const BlockId block = pending_.back();
      pending_.pop_back();
      if (loop_of_[block] == kNone) {
        loop_of_[block] = loop;
        if (block != header) push(predecessors(block));
        continue;
      }
      const uint32_t inner = outermost(loop_of_[block]);
      if (inner == loop) continue;
      loops_[inner].parent = loop;
      loops_[inner].top = loop;
      push(predecessors(loops_[inner].header));
    }
    loop_of_[header] = loop;
  }
  void push(std::span<const BlockId> blocks) {
    pending_.insert(pending_.end(), blocks.begin(), blocks.end());
  }

  const Function& function_;
  std::vector<BlockId> order_;
  std::vector<uint32_t> number_;  ///< in order_
  std::vector<uint32_t> loop_of_;
  std::vector<Loop> loops_;
  std::vector<uint32_t> first_;  ///< of a block's predecessors
  std::vector<BlockId> predecessors_;
  std::vector<BlockId> pending_;
};

/// Each loop as a list of its own blocks and, where their headers are, the loops in it.
class Layout {
 public:
  Layout(const LoopForest& forest, size_t block_count)
      : items_(forest.loops().size() + 1), depths_(block_count) {
    const auto top = static_cast<uint32_t>(forest.loops().size());
    order_.reserve(forest.order().size());
    for (const BlockId block : forest.order()) {
      const uint32_t loop = forest.loop_of(block);
      if (loop == kNone) {
        items_[top].push_back({block, kNone});
        continue;
      }
      if (const LoopForest::Loop& entry = forest.loops()[loop]; entry.header == block)
        items_[entry.parent == kNone ? top : entry.parent].push_back({block, loop});
      items_[loop].push_back({block, kNone});
    }
    walk(top);
  }

  const std::vector<BlockId>& order() const { return order_; }
  uint16_t depth(BlockId block) const { return depths_[block]; }

 private:
  struct Item {
    BlockId block = kNoBlock;
    uint32_t loop = kNone;
  };
  struct Step {
    uint32_t list = 0;
    size_t next = 0;
  };

  void walk(uint32_t top) {
    std::vector<Step> path = {{top, 0}};
    while (!path.empty()) {
      Step& step = path.back();
      if (step.next == items_[step.list].size()) {
        path.pop_back();
        continue;
      }
      const Item item = items_[step.list][step.next++];
      if (item.loop != kNone) {
        path.push_back({item.loop, 0});
        continue;
      }
      order_.push_back(item.block);
      depths_[item.block] = static_cast<uint16_t>(std::min<size_t>(path.size() - 1, kMaxDepth));
    }
  }

  std::vector<std::vector<Item>> items_;
  std::vector<BlockId> order_;
  std::vector<uint16_t> depths_;
};

void drop_poll(const Function& function, Block& block) {
  if (function[block.insts.front()].op == Op::Poll) block.insts.erase(block.insts.begin());
}

/// A block is cold if all it leads to is. Loops are taken as not cold.
void spread_cold(Function& function) {
  for (size_t i = function.blocks.size(); i-- > 0;) {
    Block& block = function.blocks[i];
    const std::span<const Target> targets = function.targets_of(block);
    const auto is_cold = [&](const Target& target) {
      return target.block > i && function.blocks[target.block].is_cold;
    };
    block.is_cold = block.is_cold || function.terminator(block).op == Op::Trap ||
                    (!targets.empty() && std::ranges::all_of(targets, is_cold));
  }
}

}  // namespace

void arrange_blocks(Function& function) {
  const LoopForest forest(function);
  const Layout layout(forest, function.blocks.size());
  std::vector<BlockId> new_ids(function.blocks.size(), kNoBlock);
  std::vector<Block> blocks;
  std::vector<Target> targets;
  blocks.reserve(layout.order().size());
  targets.reserve(function.targets.size());
  for (const BlockId old : layout.order()) {
    new_ids[old] = static_cast<BlockId>(blocks.size());
    const std::span<const Target> old_targets = function.targets_of(function.blocks[old]);
    Block& block = blocks.emplace_back(std::move(function.blocks[old]));
    block.first_target = static_cast<uint32_t>(targets.size());
    targets.insert(targets.end(), old_targets.begin(), old_targets.end());
    const uint32_t loop = forest.loop_of(old);
    block.is_loop_header = loop != kNone && forest.loops()[loop].header == old;
    block.loop_depth = layout.depth(old);
    if (!block.is_loop_header) drop_poll(function, block);
  }
  for (Target& target : targets) target.block = new_ids[target.block];
  function.blocks = std::move(blocks);
  function.targets = std::move(targets);
  spread_cold(function);
}

}  // namespace brink::compile::ir
