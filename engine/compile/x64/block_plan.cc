// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/x64/block_plan.h"

#include <algorithm>
#include <map>
#include <utility>

namespace brink::compile::x64 {

BlockPlan::BlockPlan(const ir::Function& function) : function_(function) {
  number_blocks();
  find_loops();
  order();
  plan_edges();
}

void BlockPlan::number_blocks() {
  struct Visit {
    ir::BlockId block;
    uint32_t next = 0;
  };
  const auto& blocks = function_.blocks;
  number_.assign(blocks.size(), kNone);
  predecessors_.resize(blocks.size());
  std::vector<bool> seen(blocks.size());
  std::vector<Visit> stack = {{0}};
  seen[0] = true;
  while (!stack.empty()) {
    Visit& visit = stack.back();
    const ir::BlockId block = visit.block;
    if (visit.next == blocks[block].target_count) {
      postorder_reversed_.push_back(block);
      stack.pop_back();
      continue;
    }
    // Why the first target first: it ends up farther away, and the last one, where execution goes
    // on when a condition is zero, comes next.
    const ir::BlockId to = function_.targets[blocks[block].first_target + visit.next++].block;
    predecessors_[to].push_back(block);
    if (!seen[to]) {
      seen[to] = true;
      stack.push_back({to});
    }
  }
  std::reverse(postorder_reversed_.begin(), postorder_reversed_.end());
  for (uint32_t i = 0; i < postorder_reversed_.size(); ++i) number_[postorder_reversed_[i]] = i;
}

uint32_t BlockPlan::outermost_known(uint32_t loop) {
  while (group_[loop] != loop) {
    group_[loop] = group_[group_[loop]];
    loop = group_[loop];
  }
  return loop;
}

// Inner loops before outer ones; a loop that is met while an outer one is collected is skipped to
// its header, so that each block is looked at once.
void BlockPlan::find_loops() {
  loop_of_.assign(function_.blocks.size(), kNone);
  header_loop_.assign(function_.blocks.size(), kNone);
  std::vector<ir::BlockId> headers;  // by loop
  for (size_t i = postorder_reversed_.size(); i-- > 0;) {
    const ir::BlockId header = postorder_reversed_[i];
    std::vector<ir::BlockId> work;
    for (const ir::BlockId from : predecessors_[header])
      if (number_[from] >= number_[header]) work.push_back(from);
    if (work.empty()) continue;
    const auto loop = static_cast<uint32_t>(loops_.size());
    loops_.emplace_back();
    group_.push_back(loop);
    headers.push_back(header);
    header_loop_[header] = loop;
    loop_of_[header] = loop;
    while (!work.empty()) {
      ir::BlockId block = work.back();
      work.pop_back();
      if (loop_of_[block] != kNone) {
        const uint32_t inner = outermost_known(loop_of_[block]);
        if (inner == loop) continue;
        loops_[inner].parent = loop;
        group_[inner] = loop;
        block = headers[inner];
      } else {
        loop_of_[block] = loop;
      }
      for (const ir::BlockId from : predecessors_[block])
        if (number_[from] > number_[header]) work.push_back(from);
    }
  }
  for (size_t i = loops_.size(); i-- > 0;)
    if (loops_[i].parent != kNone)
      loops_[i].depth = static_cast<uint16_t>(std::min(loops_[loops_[i].parent].depth + 1, 0xffff));
}

void BlockPlan::order() {
  std::vector<uint32_t> outside;  // items that are in no loop
  const auto items_of = [&](uint32_t loop) -> std::vector<uint32_t>& {
    return loop == kNone ? outside : loops_[loop].items;
  };
  for (const ir::BlockId block : postorder_reversed_) {
    const uint32_t loop = header_loop_[block];
    if (loop != kNone) items_of(loops_[loop].parent).push_back(kLoopBit | loop);
    items_of(loop_of_[block]).push_back(block);
  }
  struct Visit {
    uint32_t loop;
    size_t next = 0;
  };
  std::vector<Visit> stack = {{kNone}};
  while (!stack.empty()) {
    Visit& visit = stack.back();
    const auto& items = items_of(visit.loop);
    if (visit.next == items.size()) {
      if (visit.loop != kNone) loops_[visit.loop].last = static_cast<uint32_t>(order_.size() - 1);
      stack.pop_back();
      continue;
    }
    const uint32_t item = items[visit.next++];
    if ((item & kLoopBit) != 0)
      stack.push_back({item & ~kLoopBit});
    else
      order_.push_back(item);
  }
}

bool BlockPlan::contains(uint32_t loop, ir::BlockId block) const {
  uint32_t at = loop_of_[block];
  while (at != kNone && at != loop && loops_[at].depth > loops_[loop].depth) at = loops_[at].parent;
  return at == loop;
}

// Behind which block of order_ the edge block goes.
uint32_t BlockPlan::place_of_edge(ir::BlockId from, ir::BlockId to, uint16_t& depth) const {
  uint32_t place = kNone;
  uint32_t loop = loop_of_[from];
  for (; loop != kNone && !contains(loop, to); loop = loops_[loop].parent)
    place = loops_[loop].last;
  depth = loop == kNone ? 0 : loops_[loop].depth;
  return place;
}

void BlockPlan::plan_edges() {
  struct Edge {
    uint32_t index;
    ir::BlockId from;
    uint16_t depth;
  };
  std::vector<std::vector<Edge>> behind(order_.size());
  edge_block_.assign(function_.targets.size(), kNone);
  edge_of_.assign(function_.targets.size(), kNone);
  for (uint32_t i = 0; i < order_.size(); ++i) {
    const ir::Block& block = function_.blocks[order_[i]];
    if (block.target_count < 2) continue;
    std::map<std::vector<uint32_t>, uint32_t> known;  // target and arguments to edge
    for (uint32_t k = 0; k < block.target_count; ++k) {
      const ir::Target& target = function_.targets[block.first_target + k];
      if (target.arg_count == 0 && predecessors_[target.block].size() == 1) continue;
      Edge edge = {block.first_target + k, order_[i], 0};
      std::vector<uint32_t> key = {target.block};
      const auto args = function_.args(target);
      key.insert(key.end(), args.begin(), args.end());
      const auto [same, is_new] = known.try_emplace(std::move(key), edge.index);
      // A branch keeps two ways even if they lead to the same place; a switch has few for many
      // indices.
      edge_of_[edge.index] = block.target_count > 2 ? same->second : edge.index;
      if (!is_new && block.target_count > 2) continue;
      const uint32_t place = place_of_edge(order_[i], target.block, edge.depth);
      behind[place == kNone ? i : place].push_back(edge);
    }
  }
  machine_block_.assign(function_.blocks.size(), kNone);
  for (uint32_t i = 0; i < order_.size(); ++i) {
    const uint32_t loop = loop_of_[order_[i]];
    machine_block_[order_[i]] = static_cast<uint32_t>(planned_.size());
    planned_.push_back({order_[i], kNone, loop == kNone ? uint16_t{0} : loops_[loop].depth});
    for (const Edge& edge : behind[i]) {
      edge_block_[edge.index] = static_cast<uint32_t>(planned_.size());
      planned_.push_back({edge.from, edge.index, edge.depth});
    }
  }
}

}  // namespace brink::compile::x64
