// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_PLATFORM_RANDOM_H_
#define BRINK_PLATFORM_RANDOM_H_

#include <cstdint>
#include <span>

#include "brink/error.h"

namespace brink::platform {

/// Fills `bytes` from the system's cryptographic generator.
Status fill_random(std::span<uint8_t> bytes);

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_RANDOM_H_
