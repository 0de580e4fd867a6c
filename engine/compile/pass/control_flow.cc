// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/pass/control_flow.h"

#include <algorithm>

namespace brink::compile {

using ir::BlockId;
using ir::kNoBlock;

ControlFlow::ControlFlow(const ir::Function& function)
    : dominators_(function), number_(function.blocks.size(), 0) {
  for (uint32_t i = 0; i < dominators_.order().size(); ++i) number_[dominators_.order()[i]] = i;
  find_predecessors(function);
  find_loops(function);
}

void ControlFlow::find_predecessors(const ir::Function& function) {
  first_predecessor_.assign(function.blocks.size() + 1, 0);
  for (const BlockId block : reverse_postorder())
    for (const ir::Target& target : function.targets_of(function.blocks[block]))
      ++first_predecessor_[target.block + 1];
  for (size_t i = 1; i < first_predecessor_.size(); ++i)
    first_predecessor_[i] += first_predecessor_[i - 1];
  predecessors_.resize(first_predecessor_.back());
  std::vector<uint32_t> next(first_predecessor_.begin(), first_predecessor_.end() - 1);
  for (const BlockId block : reverse_postorder())
    for (const ir::Target& target : function.targets_of(function.blocks[block]))
      predecessors_[next[target.block]++] = block;
}

void ControlFlow::find_loops(const ir::Function& function) {
  loop_of_.assign(number_.size(), Loop::kNone);
  // Inner headers come later in the order.
  const auto order = reverse_postorder();
  for (auto block = order.rbegin(); block != order.rend(); ++block) {
    const auto from = predecessors(*block);
    if (std::ranges::none_of(from, [&](BlockId b) { return is_back_edge(b, *block); })) continue;
    Loop loop;
    loop.header = *block;
    collect(loop, static_cast<uint32_t>(loops_.size()));
    BlockId outside = kNoBlock;
    uint32_t ways_in = 0;
    for (const BlockId b : from) {
      if (is_back_edge(b, *block)) continue;
      outside = b;
      ++ways_in;
    }
    if (ways_in == 1 && function.blocks[outside].target_count == 1) loop.preheader = outside;
    loops_.push_back(std::move(loop));
  }
}

/// Walks backwards from the back edges. Inner loops have been found already and are skipped whole.
void ControlFlow::collect(Loop& loop, uint32_t index) {
  std::vector<BlockId> work;
  const auto outermost_known = [&](uint32_t inner) {
    while (loops_[inner].parent != Loop::kNone && loops_[inner].parent != index)
      inner = loops_[inner].parent;
    return inner;
  };
  const auto add = [&](BlockId block) {
    if (loop_of_[block] == index) return;
    if (loop_of_[block] == Loop::kNone) {
      loop_of_[block] = index;
      loop.blocks.push_back(block);
      work.push_back(block);
      return;
    }
    Loop& inner = loops_[outermost_known(loop_of_[block])];
    if (inner.parent == index) return;
    inner.parent = index;
    work.push_back(inner.header);
  };
  loop_of_[loop.header] = index;
  loop.blocks.push_back(loop.header);
  for (const BlockId block : predecessors(loop.header))
    if (is_back_edge(block, loop.header)) add(block);
  while (!work.empty()) {
    const BlockId block = work.back();
    work.pop_back();
    for (const BlockId from : predecessors(block)) add(from);
  }
}

}  // namespace brink::compile
