// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The parameters and locals of one function body: their types, and which of those without a default
// value have been set.
//
// A few bytes of a body can declare many locals, therefore types are kept as runs, as they are
// declared. The first locals, as many as the body has bytes to pay for, are also expanded into an
// array; so time and memory stay proportional to the bytes of the body.

#ifndef BRINK_VALIDATE_LOCALS_H_
#define BRINK_VALIDATE_LOCALS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "brink/types.h"

namespace brink::validate {

class LocalTypes {
 public:
  /// Locals of one type; the run begins where the one before ends.
  struct Run {
    uint32_t end = 0;
    ValType type;
  };

  /// Forgets everything; from now on at most `max_expanded` locals are expanded.
  void reset(uint32_t max_expanded);
  void add(uint32_t count, ValType type);

  uint32_t size() const { return runs_.empty() ? 0 : runs_.back().end; }
  ValType operator[](uint32_t index) const {
    return index < expanded_.size() ? expanded_[index] : find(index);
  }
  /// The first locals, as many as are expanded.
  std::span<const ValType> expanded() const { return expanded_; }
  std::span<const Run> runs() const { return runs_; }

 private:
  ValType find(uint32_t index) const;

  std::vector<Run> runs_;
  std::vector<ValType> expanded_;
  uint32_t max_expanded_ = 0;
};

/// Which locals without a default value have been set on every path to the current instruction
/// (spec: local types with their initialization status). Undone at the end of each block.
class InitializedLocals {
 public:
  void reset(uint32_t local_count);

  bool contains(uint32_t local) const {
    return local < marks_.size() && marks_[local] == generation_;
  }
  void add(uint32_t local);

  /// A point to return to.
  uint32_t mark() const { return static_cast<uint32_t>(added_.size()); }
  void restore(uint32_t mark) {
    while (added_.size() > mark) {
      marks_[added_.back()] = 0;
      added_.pop_back();
    }
  }

 private:
  uint32_t local_count_ = 0;
  uint32_t generation_ = 0;      // of the current body; a local is set if its mark equals it
  std::vector<uint32_t> marks_;  // grows at the first need, is never cleared
  std::vector<uint32_t> added_;  // in order
};

}  // namespace brink::validate

#endif  // BRINK_VALIDATE_LOCALS_H_
