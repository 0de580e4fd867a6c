// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_V128_H_
#define BRINK_V128_H_

#include <bit>
#include <cstdint>
#include <cstring>

namespace brink {

/// A 128-bit vector, little endian: byte 0 is lane 0 of i8x16. Alignment 8, as it lives in two
/// frame slots.
struct V128 {
  uint64_t words[2] = {0, 0};
  friend bool operator==(const V128&, const V128&) = default;
};
static_assert(sizeof(V128) == 16);
static_assert(std::endian::native == std::endian::little, "frames and memories share byte order");

}  // namespace brink

#endif  // BRINK_V128_H_
