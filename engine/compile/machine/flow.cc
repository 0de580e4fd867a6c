// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/machine/flow.h"

#include <algorithm>

namespace brink::compile {

namespace {

constexpr float kRoundsOfLoop = 8;
constexpr float kMostFrequent = 1e9f;
/// How much less likely a way is than another from the same block.
constexpr float kCold = 0.01f;

}  // namespace

void AncestorTree::reserve(uint32_t nodes) {
  parent_.reserve(nodes);
  jump_.reserve(nodes);
  depth_.reserve(nodes);
}

// The jumps have the lengths of a skew binary number system: two jumps of one length are joined to
// one of twice the length and one. From any node, every ancestor is O(log depth) steps away.
void AncestorTree::add(uint32_t parent) {
  const uint32_t node = size();
  parent_.push_back(parent);
  if (parent == node) {
    jump_.push_back(node);
    depth_.push_back(0);
    return;
  }
  depth_.push_back(depth_[parent] + 1);
  const uint32_t jump = jump_[parent];
  const bool join = depth_[parent] - depth_[jump] == depth_[jump] - depth_[jump_[jump]];
  jump_.push_back(join ? jump_[jump] : parent);
}

uint32_t AncestorTree::at_depth(uint32_t node, uint32_t depth) const {
  while (depth_[node] > depth) {
    node = depth_[jump_[node]] >= depth ? jump_[node] : parent_[node];
  }
  return node;
}

uint32_t AncestorTree::common_ancestor(uint32_t a, uint32_t b) const {
  if (depth_[a] > depth_[b]) std::swap(a, b);
  b = at_depth(b, depth_[a]);
  while (a != b) {
    const bool far = jump_[a] != jump_[b];
    a = far ? jump_[a] : parent_[a];
    b = far ? jump_[b] : parent_[b];
  }
  return a;
}

Flow::Flow(const MachineFunction& function) {
  end_inst.reserve(function.blocks.size());
  for (const MachineBlock& block : function.blocks) {
    end_inst.push_back(block.first_inst + block.inst_count);
  }
  find_dominators(function);
  find_loops(function);
  guess_frequencies(function);
}

// In a reducible function a loop's header dominates the starts of its back edges, so that only the
// forward edges matter, whose starts are done before.
void Flow::find_dominators(const MachineFunction& function) {
  const auto count = static_cast<uint32_t>(function.blocks.size());
  dominators.reserve(count);
  for (uint32_t b = 0; b < count; ++b) {
    uint32_t dominator = kNoBlock;
    for (const uint32_t pred : function.blocks[b].predecessors) {
      if (pred >= b) continue;
      dominator = dominator == kNoBlock ? pred : dominators.common_ancestor(dominator, pred);
    }
    dominators.add(dominator == kNoBlock ? b : dominator);
  }
}

void Flow::find_loops(const MachineFunction& function) {
  const auto count = static_cast<uint32_t>(function.blocks.size());
  loop_of.assign(count, kNoLoop);
  uint32_t current = kNoLoop;
  for (uint32_t b = 0; b < count; ++b) {
    while (current != kNoLoop && loops[current].last < b) current = loops[current].parent;
    uint32_t last = kNoBlock;
    for (const uint32_t pred : function.blocks[b].predecessors) {
      if (pred >= b) last = last == kNoBlock ? pred : std::max(last, pred);
    }
    if (last != kNoBlock) {
      // The loops around contain this one, also when their own back edges come earlier.
      for (uint32_t outer = current; outer != kNoLoop && loops[outer].last < last;
           outer = loops[outer].parent) {
        loops[outer].last = last;
      }
      if (current != kNoLoop) loops[current].is_innermost = false;
      const uint32_t depth = current == kNoLoop ? 1 : loops[current].depth + 1;
      loops.push_back({.header = b, .last = last, .parent = current, .depth = depth});
      current = static_cast<uint32_t>(loops.size() - 1);
    }
    loop_of[b] = current;
  }
}

/// The weight of one way out of a block.
float Flow::share(const MachineFunction& function, uint32_t from, uint32_t to) const {
  if (function.blocks[to].is_cold || function.blocks[to].is_landing) return kCold;
  const uint32_t loop = loop_of[from];
  const bool leaves = loop != kNoLoop && (to < loops[loop].header || to > loops[loop].last);
  return leaves ? 1 / kRoundsOfLoop : 1;
}

// Every block hands on what it gets, in shares; a loop multiplies.
void Flow::guess_frequencies(const MachineFunction& function) {
  const auto count = static_cast<uint32_t>(function.blocks.size());
  frequency.assign(count, 0);
  frequency[0] = 1;
  for (uint32_t b = 0; b < count; ++b) {
    const uint32_t loop = loop_of[b];
    if (loop != kNoLoop && loops[loop].header == b) {
      frequency[b] = std::min(frequency[b] * kRoundsOfLoop, kMostFrequent);
    }
    float all = 0;
    for (const MachineTarget& target : function.blocks[b].targets) {
      all += share(function, b, target.block);
    }
    for (const MachineTarget& target : function.blocks[b].targets) {
      if (target.block <= b) continue;
      frequency[target.block] += frequency[b] * share(function, b, target.block) / all;
    }
  }
}

}  // namespace brink::compile
