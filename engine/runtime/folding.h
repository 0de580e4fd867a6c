// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Instances that nobody runs, as what they differ in from their image. A folded instance has no
// slot: no mapping, no page table, no stack; only these bytes, one after the other:
//
//     fuel
//     per memory   bytes | per changed unit of 4 KiB: its number, a bit per line of 64 bytes, these
//                  lines | kNoUnit
//     globals      per changed one: its position, two words | kEnd
//     tables       per changed one: its position, size, elements | kEnd
//     segments     per instance: a byte per dropped one, if any is
//
// Functions are named by numbers, see StoreImage::fold_word. The bytes are the process's own and
// are trusted.

#ifndef BRINK_RUNTIME_FOLDING_H_
#define BRINK_RUNTIME_FOLDING_H_

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "engine/support/check.h"

namespace brink::runtime {

class FoldWriter {
 public:
  explicit FoldWriter(std::vector<uint8_t>& bytes) : bytes_(bytes) {}
  template <typename T>
  void write(const T& value) {
    append(&value, sizeof value);
  }
  void append(const void* data, size_t size) {
    const auto* const from = static_cast<const uint8_t*>(data);
    bytes_.insert(bytes_.end(), from, from + size);
  }

 private:
  std::vector<uint8_t>& bytes_;
};

class FoldReader {
 public:
  explicit FoldReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  template <typename T>
  T read() {
    T value;
    std::memcpy(&value, take(sizeof value), sizeof value);
    return value;
  }
  const uint8_t* take(size_t size) {
    BRINK_CHECK(size <= bytes_.size());
    const uint8_t* const data = bytes_.data();
    bytes_ = bytes_.subspan(size);
    return data;
  }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_FOLDING_H_
