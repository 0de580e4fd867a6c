// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: memory that the processor executes.
//
// Owns memory for machine code, from allocation to the moment it is executable:
//
//     allocate()  --> read-write, fill it through writable() --> seal() --> read-execute, for good
//
// Invariants: no page is ever writable and executable at once, and a sealed one never becomes
// writable again; what lies behind the used bytes traps when executed. Code is placed page by page,
// so small functions are sealed together. A CodeSpace goes through the same states piece by piece.

#ifndef BRINK_PLATFORM_EXECUTABLE_MEMORY_H_
#define BRINK_PLATFORM_EXECUTABLE_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "brink/error.h"
#include "engine/platform/mapped_file.h"
#include "engine/platform/virtual_memory.h"

namespace brink::platform {

class CodeMemory {
 public:
  /// Owns nothing.
  CodeMemory() = default;
  /// Writable memory for `bytes` bytes of code, rounded up to whole pages.
  static Result<CodeMemory> allocate(size_t bytes);

  CodeMemory(CodeMemory&& other) noexcept
      : base_(std::exchange(other.base_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        is_sealed_(std::exchange(other.is_sealed_, false)) {}
  CodeMemory& operator=(CodeMemory&& other) noexcept;
  CodeMemory(const CodeMemory&) = delete;
  CodeMemory& operator=(const CodeMemory&) = delete;
  ~CodeMemory() { release(); }

  const uint8_t* base() const { return base_; }
  size_t size() const { return size_; }
  bool is_sealed() const { return is_sealed_; }
  /// All of the memory before seal(), nothing after it.
  std::span<uint8_t> writable() const {
    return is_sealed_ ? std::span<uint8_t>() : std::span(base_, size_);
  }

  /// Makes the memory executable and gives up the right to write. The first `used` bytes are code;
  /// the rest is filled with trapping instructions.
  Status seal(size_t used);

  void release();

 private:
  CodeMemory(uint8_t* base, size_t size) : base_(base), size_(size) {}

  uint8_t* base_ = nullptr;
  size_t size_ = 0;
  bool is_sealed_ = false;
};

/// Code that comes piece by piece, all of it near one area of data:
///
///     base                data().end() = code begins
///     | data, read-write | sealed pieces, read-execute | reserved, no access ......... |
///
/// Where a piece lies is known before its code is made. One thread adds at a time.
class CodeSpace {
 public:
  CodeSpace() = default;
  /// Room for this much code at most; only what is added costs memory.
  static Result<CodeSpace> reserve(size_t data_bytes, size_t max_code_bytes);

  std::span<uint8_t> data() const { return {memory_.base(), data_bytes_}; }
  const uint8_t* code() const { return memory_.base() + data_bytes_; }
  /// Of sealed code, whole pages.
  size_t code_bytes() const { return used_; }
  size_t max_code_bytes() const { return memory_.size() - data_bytes_; }

  /// Makes pages of a file the next piece, executable as they are: shared by all processes that
  /// map them, loaded when executed. `offset` and `bytes` are whole pages inside of it. Who may
  /// write that file can change what is executed; so it is for files that nobody but us may write,
  /// and that are replaced, not written to. A file that is not open, being a copy, is copied once
  /// more.
  Status append_file(const MappedFile& file, size_t offset, size_t bytes);
  /// Writable memory for the next piece, which begins at code() + code_bytes().
  Result<std::span<uint8_t>> open(size_t bytes);
  /// Makes that piece executable. The first `used` bytes are code; the rest of their last page is
  /// filled with trapping instructions.
  Status seal(size_t used);

 private:
  Status append_copy(std::span<const uint8_t> code);

  Reservation memory_;
  size_t data_bytes_ = 0;
  size_t used_ = 0;
  size_t open_bytes_ = 0;
};

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_EXECUTABLE_MEMORY_H_
