// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The ways into each block: indices of Function::targets, in the order of the blocks they are of.
// Valid as long as no targets are added or retargeted.

#ifndef BRINK_COMPILE_PASS_INCOMING_H_
#define BRINK_COMPILE_PASS_INCOMING_H_

#include <span>
#include <vector>

#include "engine/compile/ir/ir.h"

namespace brink::compile {

class Incoming {
 public:
  explicit Incoming(const ir::Function& function) : first_(function.blocks.size() + 1) {
    for (const ir::Block& block : function.blocks)
      for (const ir::Target& target : function.targets_of(block)) ++first_[target.block + 1];
    for (size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
    targets_.resize(first_.back());
    std::vector<uint32_t> next(first_);
    for (const ir::Block& block : function.blocks)
      for (uint32_t i = 0; i < block.target_count; ++i) {
        const uint32_t target = block.first_target + i;
        targets_[next[function.targets[target].block]++] = target;
      }
  }

  std::span<const uint32_t> targets(ir::BlockId block) const {
    return {targets_.data() + first_[block], first_[block + 1] - first_[block]};
  }
  uint32_t count(ir::BlockId block) const { return first_[block + 1] - first_[block]; }

 private:
  std::vector<uint32_t> first_;
  std::vector<uint32_t> targets_;
};

}  // namespace brink::compile

#endif  // BRINK_COMPILE_PASS_INCOMING_H_
