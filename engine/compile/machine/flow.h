// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the control flow of a machine function implies: who dominates whom, and the nest of loops.
// Relies on the order of the blocks: reverse postorder, the blocks of a loop together, reducible.
// Then one pass finds the dominators, and a loop is an interval of blocks.
//
// Both trees carry a second link beside the parent, which leads to an ancestor further up, so that
// walks to an ancestor take logarithmic time however deep a hostile function is nested.

#ifndef BRINK_COMPILE_MACHINE_FLOW_H_
#define BRINK_COMPILE_MACHINE_FLOW_H_

#include <cstdint>
#include <vector>

#include "engine/compile/machine/machine.h"

namespace brink::compile {

inline constexpr uint32_t kNoBlock = ~uint32_t{0};
inline constexpr uint32_t kNoLoop = ~uint32_t{0};

/// Parents and far ancestors. Nodes are added after their parents; roots are their own parents.
class AncestorTree {
 public:
  void reserve(uint32_t nodes);
  /// `parent` may be the node itself: a root.
  void add(uint32_t parent);
  uint32_t size() const { return static_cast<uint32_t>(parent_.size()); }
  uint32_t parent(uint32_t node) const { return parent_[node]; }
  uint32_t depth(uint32_t node) const { return depth_[node]; }
  uint32_t common_ancestor(uint32_t a, uint32_t b) const;
  /// The ancestor (or the node itself) at this depth.
  uint32_t at_depth(uint32_t node, uint32_t depth) const;
  bool is_ancestor(uint32_t a, uint32_t b) const {
    return depth_[a] <= depth_[b] && at_depth(b, depth_[a]) == a;
  }

 private:
  std::vector<uint32_t> parent_;
  std::vector<uint32_t> jump_;
  std::vector<uint32_t> depth_;
};

struct MachineLoop {
  uint32_t header = 0;
  uint32_t last = 0;  ///< the last block of the loop
  uint32_t parent = kNoLoop;
  uint32_t depth = 1;
  bool is_innermost = true;
};

struct Flow {
  explicit Flow(const MachineFunction& function);

  AncestorTree dominators;         ///< nodes are blocks
  std::vector<MachineLoop> loops;  ///< by header; an outer loop before its inner ones
  std::vector<uint32_t> loop_of;   ///< by block: the innermost loop, or kNoLoop
  /// By block: how often it runs per call of the function, guessed from the shape alone.
  std::vector<float> frequency;
  std::vector<uint32_t> end_inst;  ///< by block: one past its last instruction

 private:
  void find_dominators(const MachineFunction& function);
  void find_loops(const MachineFunction& function);
  void guess_frequencies(const MachineFunction& function);
  float share(const MachineFunction& function, uint32_t from, uint32_t to) const;
};

}  // namespace brink::compile

#endif  // BRINK_COMPILE_MACHINE_FLOW_H_
