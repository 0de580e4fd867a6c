// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_COMPILE_ARTIFACT_CHECKSUM_H_
#define BRINK_COMPILE_ARTIFACT_CHECKSUM_H_

#include <cstdint>
#include <span>

#include "engine/compile/artifact/format.h"

namespace brink::compile::artifact {

/// Of a whole file, except the bytes where the checksum is. `file` has at least a whole Info.
Checksum checksum_of_file(std::span<const uint8_t> file);

/// Of any bytes.
Checksum checksum_of(std::span<const uint8_t> bytes);

}  // namespace brink::compile::artifact

#endif  // BRINK_COMPILE_ARTIFACT_CHECKSUM_H_
