// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Turns transfers that happen all at once into moves one after the other. No register is assumed
// free but the scratch of the class; what does not fit through it (a cycle in which slots follow
// slots) takes a spare slot of the frame.

#ifndef BRINK_COMPILE_REGALLOC_PARALLEL_MOVE_H_
#define BRINK_COMPILE_REGALLOC_PARALLEL_MOVE_H_

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/compile/machine/machine.h"

namespace brink::compile::regalloc {

struct Transfer {
  Location from;
  Location to;  ///< no two transfers of a group write the same place
  RegClass cls = RegClass::Int;
  uint8_t bytes = 8;
};

class ParallelMoves {
 public:
  /// Slots up to `spill_bytes` belong to values; a spare slot is put behind them.
  ParallelMoves(const RegisterFile& registers, uint32_t spill_bytes);

  /// Appends the moves of one group. Reorders `transfers`.
  void resolve(uint32_t before, std::vector<Transfer>& transfers, std::vector<AllocatedMove>& out);
  /// With the spare slot, if one was needed.
  uint32_t spill_bytes() const { return spill_bytes_; }

 private:
  uint32_t writer_of(const Location& place) const;
  void find_writers(std::span<const Transfer> transfers);
  void break_cycle(std::span<const Transfer> transfers, uint32_t first);
  bool fits_scratch(std::span<const Transfer> transfers, uint32_t first) const;
  Location spare_slot();
  void emit(const Location& from, const Location& to, const Transfer& kind);

  const RegisterFile& registers_;
  uint32_t spill_bytes_;
  uint32_t spare_ = ~uint32_t{0};

  // Of the group at hand.
  uint32_t before_ = 0;
  std::vector<AllocatedMove>* out_ = nullptr;
  std::array<uint32_t, 64> register_writer_;
  std::vector<std::pair<uint32_t, uint32_t>> slot_writers_;  ///< slot, transfer; sorted
  std::vector<uint32_t> readers_;  ///< by transfer: who still needs what it overwrites
  std::vector<uint32_t> ready_;
};

}  // namespace brink::compile::regalloc

#endif  // BRINK_COMPILE_REGALLOC_PARALLEL_MOVE_H_
