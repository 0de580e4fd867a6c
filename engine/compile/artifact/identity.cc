// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/artifact/identity.h"

#include "engine/compile/artifact/checksum.h"
#include "engine/compile/artifact/fingerprint.h"

namespace brink::compile::artifact {

std::string_view engine_version() {
  return BRINK_VERSION;
}

uint64_t engine_fingerprint(std::span<const uint64_t> layout) {
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(layout.data()),
                                       layout.size_bytes());
  return kSourceFingerprint ^ checksum_of(bytes).low;
}

}  // namespace brink::compile::artifact
