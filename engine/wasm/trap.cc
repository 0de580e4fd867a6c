// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "brink/trap.h"

#include <array>

namespace brink {
namespace {

constexpr auto kMessages = std::to_array<std::string_view>({
    "no trap",
#define BRINK_TRAP(id, message) message,
#include "brink/trap.def"
});

}  // namespace

std::string_view to_string(TrapCode code) {
  return kMessages[static_cast<size_t>(code)];
}

}  // namespace brink
