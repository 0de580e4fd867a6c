// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: what a guest finds in its memory before it runs.
//
// Owns the contents that many memories start with: captured once, then mapped privately into any
// number of them, so that pages nobody changes exist once.
//
//     the file      |x| |x|x| | |      pages of zeros are holes
//     bytes()       one shared read-only view, to copy back from
//     map_at()      a private view over part of a Reservation
//
// Invariant: the contents never change after capture(). Thread-safe.

#ifndef BRINK_PLATFORM_MEMORY_IMAGE_H_
#define BRINK_PLATFORM_MEMORY_IMAGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "brink/error.h"

namespace brink::platform {

class MemoryImage {
 public:
  /// Of whole pages, at least one. An error where the system has no files in memory.
  static Result<std::shared_ptr<const MemoryImage>> capture(const uint8_t* bytes, size_t size);

  MemoryImage(const MemoryImage&) = delete;
  MemoryImage& operator=(const MemoryImage&) = delete;
  ~MemoryImage();

  const uint8_t* bytes() const { return view_; }
  size_t size() const { return size_; }

  /// Replaces what is mapped at [at, at + size()), which the caller owns, by a private view. Pages
  /// in it are readable, and writable if asked for. When it fails nothing has changed.
  Status map_at(uint8_t* at, bool writable) const;

 private:
  MemoryImage() = default;
  int fd_ = -1;
  const uint8_t* view_ = nullptr;
  size_t size_ = 0;
};

/// Allocates the memory of pages of a private view ahead of the first write to each. A hint.
void populate_for_writing(uint8_t* base, size_t bytes);

/// Makes [base, base + bytes) of a private view equal to its image again, by forgetting what was
/// written.
Status forget_writes(uint8_t* base, size_t bytes);

/// Calls `visit(context, page offset, bytes)` for each run of pages of a private view that have
/// been written since they were mapped or forgotten. False where the kernel cannot tell.
bool for_each_written_run(const uint8_t* base, size_t bytes,
                          void (*visit)(void* context, size_t offset, size_t bytes), void* context);

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_MEMORY_IMAGE_H_
