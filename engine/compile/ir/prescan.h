// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the builder must know of a body before it comes there: which locals a loop assigns (they
// become parameters of its header), and how a legacy `try` ends. One quick pass over the bytes of a
// validated body.

#ifndef BRINK_COMPILE_IR_PRESCAN_H_
#define BRINK_COMPILE_IR_PRESCAN_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/wasm/module.h"

namespace brink::compile::ir {

class Prescan {
 public:
  struct Loop {
    uint32_t offset = 0;  ///< of the instruction, in the module
    uint32_t first_local = 0;
    uint32_t local_count = 0;
  };
  struct LegacyTry {
    static constexpr uint32_t kNoDelegate = ~uint32_t{0};
    static constexpr uint32_t kCatchAll = ~uint32_t{0};
    uint32_t offset = 0;
    uint32_t delegate_depth = kNoDelegate;  ///< as in the instruction
    std::vector<uint32_t> tags;             ///< in order; kCatchAll is the last if there
  };

  /// `max_entries` bounds the locals of all loops together; false if it is exceeded.
  bool scan(const wasm::Module& module, uint32_t function_index, uint32_t local_count,
            size_t max_entries);

  /// By offset; must be asked in ascending order.
  const Loop& loop_at(uint32_t offset);
  const LegacyTry& try_at(uint32_t offset);
  std::span<const uint32_t> locals(const Loop& loop) const {
    return {locals_.data() + loop.first_local, loop.local_count};
  }

 private:
  struct Assigned {
    uint32_t local = 0;
    uint32_t outer_owner = 0;
  };
  /// A construct that is open: a loop's number + 1, a try's, or neither.
  struct Open {
    uint32_t loop = 0;
    uint32_t legacy_try = 0;
    uint32_t outer_loop = 0;  ///< of a loop
    uint32_t first_assigned = 0;
  };

  void assign(uint32_t local);
  void close_loop(const Open& open);

  std::vector<Loop> loops_;
  std::vector<LegacyTry> tries_;
  std::vector<uint32_t> locals_;
  size_t next_loop_ = 0;
  size_t next_try_ = 0;

  // While scanning. The locals that open loops assign, outer loops first; for each local the
  // innermost open loop (number + 1) that has it.
  std::vector<Assigned> assigned_;
  std::vector<uint32_t> owner_;
  uint32_t current_loop_ = 0;
};

}  // namespace brink::compile::ir

#endif  // BRINK_COMPILE_IR_PRESCAN_H_
