// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: the guard below each stack is what an overflow runs into.
//
// Owns stacks: those of guests and those of fibers. A pool cuts stacks of one size from chunks of
// address space, each chunk four times the one before, so that a process with one guest has little
// and one with a hundred thousand needs few mappings:
//
//     chunk   [ guard | stack ... ][ guard | stack ... ][ guard | stack ... ]
//
// Invariants:
//   - a stack belongs to one owner at a time; the pool outlives it;
//   - what is on a stack that comes back is not cleared: nothing may read a stack before it wrote
//   it.

#ifndef BRINK_PLATFORM_STACK_POOL_H_
#define BRINK_PLATFORM_STACK_POOL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "brink/error.h"
#include "engine/platform/native_stack.h"
#include "engine/platform/virtual_memory.h"

namespace brink::platform {

class StackPool;

/// One stack, owned; back to its pool at the end.
class Stack {
 public:
  /// Owns nothing: its bounds are empty.
  Stack() = default;
  Stack(Stack&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)), bounds_(std::exchange(other.bounds_, {})) {}
  Stack& operator=(Stack&& other) noexcept;
  ~Stack() { give_back(); }

  const StackBounds& bounds() const { return bounds_; }
  bool is_empty() const { return pool_ == nullptr; }
  void give_back();

 private:
  friend class StackPool;
  Stack(StackPool* pool, StackBounds bounds) : pool_(pool), bounds_(bounds) {}
  StackPool* pool_ = nullptr;
  StackBounds bounds_;
};

/// Stacks of one size. Thread-safe.
class StackPool {
 public:
  /// Stacks of `stack_bytes`, rounded up to pages. Of those that came back the last `kept` keep the
  /// memory they have touched.
  StackPool(size_t stack_bytes, size_t kept) : stack_bytes_(stack_bytes), kept_(kept) {}
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  Result<Stack> allocate();
  size_t stack_bytes() const { return stack_bytes_; }

 private:
  friend class Stack;
  struct Chunk {
    Reservation memory;
    size_t taken = 0;  ///< stacks from its start that were in use before
  };
  /// The most that one chunk takes.
  static constexpr size_t kMaxChunkBytes = size_t{1} << 30;

  Result<Stack> cut(Chunk& chunk, size_t stride);
  Status add_chunk(size_t stride);
  void take_back(StackBounds bounds);

  const size_t stack_bytes_;
  const size_t kept_;
  std::mutex mutex_;
  std::vector<Chunk> chunks_;
  std::vector<StackBounds> cold_;   ///< unused, without memory
  std::deque<StackBounds> unused_;  ///< with the memory they have touched, the latest last
};

/// Pools for every size that is asked for. Thread-safe.
class StackPools {
 public:
  explicit StackPools(size_t kept) : kept_(kept) {}
  Result<Stack> allocate(size_t stack_bytes);

 private:
  const size_t kept_;
  std::mutex mutex_;
  std::deque<StackPool> pools_;  ///< a handful: who embeds decides on sizes
};

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_STACK_POOL_H_
