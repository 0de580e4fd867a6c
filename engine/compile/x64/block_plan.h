// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Which blocks the MachineFunction has and in which order: those of the IR in reverse postorder
// with the blocks of each loop together, and blocks of their own for edges that would be critical
// or that pass arguments from a block with several targets:
//
//     block 3: branch v1, block 3 (v7), block 4 ()      block 4 has another predecessor
//
//     block 3 --> edge block: jump block 3 (v7)         inside the loop
//             \-> edge block: jump block 4 ()           right behind the loop
//
// Invariant: an edge block lies in the innermost loop that has both its ends.

#ifndef BRINK_COMPILE_X64_BLOCK_PLAN_H_
#define BRINK_COMPILE_X64_BLOCK_PLAN_H_

#include <cstdint>
#include <vector>

#include "engine/compile/ir/ir.h"
#include "engine/compile/machine/machine.h"

namespace brink::compile::x64 {

class BlockPlan {
 public:
  /// A block of the MachineFunction.
  struct Planned {
    ir::BlockId block = ir::kNoBlock;  ///< where it comes from; of an edge: where the edge starts
    uint32_t edge = kNone;             ///< index into ir::Function::targets
    uint16_t loop_depth = 0;
  };
  static constexpr uint32_t kNone = ~uint32_t{0};

  explicit BlockPlan(const ir::Function& function);

  /// In the order of MachineFunction::blocks.
  const std::vector<Planned>& blocks() const { return planned_; }
  bool is_reachable(ir::BlockId block) const { return number_[block] != kNone; }
  /// Whether a block starts a loop.
  bool is_loop_header(ir::BlockId block) const { return header_loop_[block] != kNone; }
  uint32_t machine_block(ir::BlockId block) const { return machine_block_[block]; }
  /// Where the edge with this index in ir::Function::targets leads: a block or an edge block.
  uint32_t machine_target(uint32_t edge) const {
    return is_split(edge) ? edge_block_[edge_of_[edge]]
                          : machine_block_[function_.targets[edge].block];
  }
  bool is_split(uint32_t edge) const { return edge_of_[edge] != kNone; }

 private:
  struct Loop {
    uint32_t parent = kNone;
    uint16_t depth = 1;
    std::vector<uint32_t> items;  ///< blocks, and loops as kLoopBit | index, in their order
    uint32_t last = 0;            ///< the place of its last block in order_
  };
  static constexpr uint32_t kLoopBit = uint32_t{1} << 31;

  void number_blocks();
  void find_loops();
  void order();
  void plan_edges();
  uint32_t outermost_known(uint32_t loop);
  uint32_t place_of_edge(ir::BlockId from, ir::BlockId to, uint16_t& depth) const;
  bool contains(uint32_t loop, ir::BlockId block) const;

  const ir::Function& function_;
  std::vector<ir::BlockId> postorder_reversed_;
  std::vector<uint32_t> number_;  ///< in reverse postorder, by block
  std::vector<std::vector<ir::BlockId>> predecessors_;
  std::vector<Loop> loops_;
  std::vector<uint32_t> loop_of_;      ///< innermost, by block
  std::vector<uint32_t> header_loop_;  ///< the loop that a block is the header of
  std::vector<uint32_t> group_;        ///< of loops: the outermost one known so far, with shortcuts
  std::vector<ir::BlockId> order_;
  std::vector<Planned> planned_;
  std::vector<uint32_t> machine_block_;
  std::vector<uint32_t> edge_block_;  ///< by edge
  /// Equal edges of one block share an edge block: the first of them, by edge; kNone if not split.
  std::vector<uint32_t> edge_of_;
};

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_BLOCK_PLAN_H_
