// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see stack_pool.h.

#include "engine/platform/stack_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <string>

#include "engine/support/try.h"

namespace brink::platform {

Stack& Stack::operator=(Stack&& other) noexcept {
  if (this != &other) {
    give_back();
    pool_ = std::exchange(other.pool_, nullptr);
    bounds_ = std::exchange(other.bounds_, {});
  }
  return *this;
}

void Stack::give_back() {
  if (pool_ != nullptr) std::exchange(pool_, nullptr)->take_back(std::exchange(bounds_, {}));
}

Result<Stack> StackPool::allocate() {
  size_t stride;
  if (stack_bytes_ == 0 || stack_bytes_ > ~size_t{0} / 2 ||
      __builtin_add_overflow(*round_up_to_page(stack_bytes_), page_size(), &stride))
    return make_error(ErrorKind::Limit, "a stack of " + std::to_string(stack_bytes_) + " bytes");
  const std::lock_guard lock(mutex_);
  if (!unused_.empty()) {
    const StackBounds bounds = unused_.back();
    unused_.pop_back();
    return Stack(this, bounds);
  }
  if (!cold_.empty()) {
    const StackBounds bounds = cold_.back();
    cold_.pop_back();
    return Stack(this, bounds);
  }
  if (chunks_.empty() || (chunks_.back().taken + 1) * stride > chunks_.back().memory.size())
    BRINK_TRY(add_chunk(stride));
  return cut(chunks_.back(), stride);
}

Result<Stack> StackPool::cut(Chunk& chunk, size_t stride) {
  const size_t offset = chunk.taken * stride;
  BRINK_TRY(chunk.memory.guard(offset, page_size()));
  ++chunk.taken;
  const auto base = reinterpret_cast<uintptr_t>(chunk.memory.base()) + offset;
  return Stack(this, {base + page_size(), base + stride});
}

Status StackPool::add_chunk(size_t stride) {
  constexpr size_t kGrowth = 4;
  size_t bytes = stride;
  if (!chunks_.empty() && chunks_.back().memory.size() < kMaxChunkBytes / kGrowth)
    bytes = chunks_.back().memory.size() * kGrowth;
  else if (!chunks_.empty())
    bytes = std::max(stride, kMaxChunkBytes / stride * stride);
  Result<Reservation> memory = Reservation::reserve(bytes);
  // Where address space is short, one stack may fit where many do not.
  if (!memory.has_value() && bytes > stride) memory = Reservation::reserve(bytes = stride);
  if (!memory.has_value()) return std::unexpected(std::move(memory).error());
  BRINK_TRY(memory->commit(0, bytes));
  chunks_.push_back({std::move(*memory), 0});
  return {};
}

void StackPool::take_back(StackBounds bounds) {
  const std::lock_guard lock(mutex_);
  unused_.push_back(bounds);
  if (unused_.size() <= kept_) return;
  const StackBounds coldest = unused_.front();
  unused_.pop_front();
  // If that fails the memory stays, which harms nobody.
  ::madvise(reinterpret_cast<void*>(coldest.low), coldest.high - coldest.low, MADV_DONTNEED);
  cold_.push_back(coldest);
}

Result<Stack> StackPools::allocate(size_t stack_bytes) {
  StackPool* pool = nullptr;
  {
    const std::lock_guard lock(mutex_);
    for (StackPool& candidate : pools_)
      if (candidate.stack_bytes() == stack_bytes) pool = &candidate;
    if (pool == nullptr) pool = &pools_.emplace_back(stack_bytes, kept_);
  }
  return pool->allocate();
}

}  // namespace brink::platform
