// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What passes want to know of a function's control flow: predecessors, dominators, loops. Computed
// at once, in linear time. Void as soon as blocks or targets change.

#ifndef BRINK_COMPILE_PASS_CONTROL_FLOW_H_
#define BRINK_COMPILE_PASS_CONTROL_FLOW_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/compile/ir/dominators.h"
#include "engine/compile/ir/ir.h"

namespace brink::compile {

struct Loop {
  ir::BlockId header = ir::kNoBlock;
  uint32_t parent = kNone;  ///< the loop around it
  /// The block outside that every way into the loop passes last, if it has no other way out.
  ir::BlockId preheader = ir::kNoBlock;
  std::vector<ir::BlockId> blocks;  ///< the header first, without those of inner loops

  static constexpr uint32_t kNone = ~uint32_t{0};
};

class ControlFlow {
 public:
  explicit ControlFlow(const ir::Function& function);

  const ir::DominatorTree& dominators() const { return dominators_; }
  /// Blocks that can be reached, each after its dominators.
  std::span<const ir::BlockId> reverse_postorder() const { return dominators_.order(); }
  std::span<const ir::BlockId> predecessors(ir::BlockId block) const {
    return {predecessors_.data() + first_predecessor_[block],
            first_predecessor_[block + 1] - first_predecessor_[block]};
  }
  /// Whether this edge closes a loop.
  bool is_back_edge(ir::BlockId from, ir::BlockId to) const { return number_[from] >= number_[to]; }

  /// Inner loops before the loops around them.
  std::span<const Loop> loops() const { return loops_; }
  /// The innermost loop that a block is in, or Loop::kNone.
  uint32_t loop_of(ir::BlockId block) const { return loop_of_[block]; }

 private:
  void find_predecessors(const ir::Function& function);
  void find_loops(const ir::Function& function);
  void collect(Loop& loop, uint32_t index);

  ir::DominatorTree dominators_;
  std::vector<uint32_t> number_;  ///< of a block in reverse postorder
  std::vector<uint32_t> first_predecessor_;
  std::vector<ir::BlockId> predecessors_;
  std::vector<Loop> loops_;
  std::vector<uint32_t> loop_of_;
};

}  // namespace brink::compile

#endif  // BRINK_COMPILE_PASS_CONTROL_FLOW_H_
