// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: memory that the processor executes.
//
// Code that needs no relocations, with the writable words that it reaches by fixed distances in
// front of it, in one piece of address space:
//
//     data()                        code()
//     |<- read-write, zero at first ->|<- read-execute ->|
//
// Both parts are whole pages. The code comes from memory (copied) or from an open file, whose own
// pages it then is: shared by all processes that map it, loaded when executed. Who may write that
// file can change what is executed; so it is for files that nobody but us may write, and that are
// replaced, not written to.
//
// Invariant: no page is ever writable and executable at once.

#ifndef BRINK_PLATFORM_CODE_IMAGE_H_
#define BRINK_PLATFORM_CODE_IMAGE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "brink/error.h"
#include "engine/platform/mapped_file.h"
#include "engine/platform/virtual_memory.h"

namespace brink::platform {

class CodeImage {
 public:
  /// Owns nothing.
  CodeImage() = default;
  /// `data_bytes` and the size of the code are whole pages, and not both 0.
  static Result<CodeImage> copy(size_t data_bytes, std::span<const uint8_t> code);
  /// `bytes` of the file from `offset`, both whole pages and inside of it. A file that is not open,
  /// being a copy, is copied once more.
  static Result<CodeImage> map(size_t data_bytes, const MappedFile& file, size_t offset,
                               size_t bytes);

  uint8_t* data() const { return memory_.base(); }
  size_t data_bytes() const { return data_bytes_; }
  std::span<const uint8_t> code() const {
    return {memory_.base() + data_bytes_, memory_.size() - data_bytes_};
  }

 private:
  CodeImage(Reservation memory, size_t data_bytes)
      : memory_(std::move(memory)), data_bytes_(data_bytes) {}
  static Result<CodeImage> reserve(size_t data_bytes, size_t code_bytes);

  Reservation memory_;
  size_t data_bytes_ = 0;
};

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_CODE_IMAGE_H_
