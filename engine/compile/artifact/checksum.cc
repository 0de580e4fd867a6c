// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/artifact/checksum.h"

#include <cstddef>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace brink::compile::artifact {
namespace {

Checksum to_checksum(XXH128_hash_t hash) {
  return {hash.low64, hash.high64};
}

}  // namespace

Checksum checksum_of(std::span<const uint8_t> bytes) {
  return to_checksum(XXH3_128bits(bytes.data(), bytes.size()));
}

// Bulk hashing of what follows, seeded by the hash of what comes before: one pass, no copy.
Checksum checksum_of_file(std::span<const uint8_t> file) {
  constexpr size_t kPlace = kInfoOffset + offsetof(Info, checksum);
  const uint64_t seed = XXH3_64bits(file.data(), kPlace);
  const std::span<const uint8_t> rest = file.subspan(kPlace + sizeof(Checksum));
  return to_checksum(XXH3_128bits_withSeed(rest.data(), rest.size(), seed));
}

}  // namespace brink::compile::artifact
