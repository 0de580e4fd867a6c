// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the allocator wants to know of the values before it starts: where each is defined, used and
// alive. All in flat arrays, sorted, so that a pass in the order of the instructions only moves
// cursors forward.
//
// Points: 2 * i is instruction i's early, 2 * i + 1 its late. A value is alive in half-open ranges
// of points, from its definition to just past its last use; a value that leaves a block is alive to
// the block's end.
//
//     v1 = ...     i = 4   early 8
//                          late  9   v1 [9,
//     use v1       i = 5   early 10      11)
//
// Exact as long as the sum of all ranges, counted in blocks, stays near the size of the function.
// Hostile functions (everything alive everywhere) would make that quadratic: then the remaining
// values get one range from the definition to the end of the outermost loop that uses it, which in
// this order of blocks contains all points where it is alive. Asked with contains(), such a value
// is still only alive where its definition dominates.

#ifndef BRINK_COMPILE_REGALLOC_LIFETIMES_H_
#define BRINK_COMPILE_REGALLOC_LIFETIMES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/compile/machine/flow.h"
#include "engine/compile/machine/machine.h"

namespace brink::compile::regalloc {

inline constexpr uint32_t kNever = ~uint32_t{0};

struct Range {
  uint32_t from = 0;
  uint32_t to = 0;
};

/// An instruction that uses a value. Arguments of edges count as late uses of the terminator.
struct UseSite {
  static constexpr uint32_t kAny = 1;   ///< a spill slot is as good
  static constexpr uint32_t kCold = 2;  ///< in a cold block
  static constexpr uint32_t kLate = 4;
  static constexpr uint32_t kEdge = 8;  ///< only as the argument of an edge
  static constexpr uint32_t kFlagBits = 4;
  uint32_t bits = 0;
  uint32_t inst() const { return bits >> kFlagBits; }
  bool is_edge() const { return (bits & kEdge) != 0; }
  bool is_any() const { return (bits & kAny) != 0; }
  bool is_cold() const { return (bits & kCold) != 0; }
  /// The point just past the use.
  uint32_t end() const { return 2 * inst() + ((bits & kLate) != 0 ? 2 : 1); }
};

class Lifetimes {
 public:
  Lifetimes(const MachineFunction& function, const Flow& flow);

  std::span<const Range> ranges(VReg v) const {
    return {ranges_.data() + first_range_[v], first_range_[v + 1] - first_range_[v]};
  }
  std::span<const UseSite> uses(VReg v) const {
    return {uses_.data() + first_use_[v], first_use_[v + 1] - first_use_[v]};
  }
  /// Where the value begins; for results of a terminator, the start of its first target.
  uint32_t def_point(VReg v) const { return def_point_[v]; }
  uint32_t def_block(VReg v) const { return def_block_[v]; }
  bool is_defined(VReg v) const { return def_block_[v] != kNoBlock; }
  /// The end of the last range.
  uint32_t end(VReg v) const {
    return first_range_[v + 1] == first_range_[v] ? 0 : ranges_[first_range_[v + 1] - 1].to;
  }
  uint32_t block_of(uint32_t inst) const { return block_of_[inst]; }
  /// Whether ranges are all exact.
  bool is_exact() const { return first_inexact_ == kNever; }
  bool is_exact(VReg v) const { return v < first_inexact_; }

 private:
  void find_definitions(const MachineFunction& function);
  void find_uses(const MachineFunction& function);
  template <typename Visit>
  void visit_uses(const MachineFunction& function, Visit&& visit);
  void find_ranges(const MachineFunction& function, const Flow& flow);
  void exact_ranges(const MachineFunction& function, const Flow& flow, VReg v);
  void sort_found(VReg v);
  void hull(const Flow& flow, VReg v);
  void push_range(VReg v, uint32_t from, uint32_t to);
  void enter(const MachineFunction& function, VReg v, uint32_t block);

  std::vector<uint32_t> def_point_;
  std::vector<uint32_t> def_block_;
  std::vector<uint32_t> block_of_;
  std::vector<uint32_t> first_use_;
  std::vector<UseSite> uses_;
  std::vector<uint32_t> first_range_;
  std::vector<Range> ranges_;
  VReg first_inexact_ = kNever;

  // Of the walk against the edges, for one value at a time.
  std::vector<VReg> alive_in_;   ///< by block: the value last found alive at its start
  std::vector<VReg> alive_out_;  ///< by block: at its end
  std::vector<uint32_t> found_;  ///< blocks where it is alive at the start
  std::vector<uint32_t> work_;
  uint64_t steps_ = 0;
};

}  // namespace brink::compile::regalloc

#endif  // BRINK_COMPILE_REGALLOC_LIFETIMES_H_
