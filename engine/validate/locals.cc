// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/validate/locals.h"

#include <algorithm>

namespace brink::validate {

void LocalTypes::reset(uint32_t max_expanded) {
  runs_.clear();
  expanded_.clear();
  max_expanded_ = max_expanded;
}

void LocalTypes::add(uint32_t count, ValType type) {
  if (count == 0) return;
  const uint32_t end = size() + count;
  if (!runs_.empty() && runs_.back().type == type) {
    runs_.back().end = end;
  } else {
    runs_.push_back({end, type});
  }
  expanded_.resize(std::min(end, max_expanded_), type);
}

ValType LocalTypes::find(uint32_t index) const {
  return std::ranges::upper_bound(runs_, index, {}, &Run::end)->type;
}

void InitializedLocals::reset(uint32_t local_count) {
  local_count_ = local_count;
  added_.clear();
  if (++generation_ == 0) {
    std::ranges::fill(marks_, 0);
    generation_ = 1;
  }
}

void InitializedLocals::add(uint32_t local) {
  if (contains(local)) return;
  if (marks_.size() < local_count_) marks_.resize(local_count_);
  marks_[local] = generation_;
  added_.push_back(local);
}

}  // namespace brink::validate
