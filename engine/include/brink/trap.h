// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_TRAP_H_
#define BRINK_TRAP_H_

#include <cstdint>
#include <string_view>

namespace brink {

/// Why execution stopped (spec: traps), plus the host's reasons to stop it. `None` is no trap.
enum class TrapCode : uint8_t {
  None,
#define BRINK_TRAP(id, message) id,
#include "brink/trap.def"
};

/// The message of a trap; begins with the official suite's words.
std::string_view to_string(TrapCode code);

}  // namespace brink

#endif  // BRINK_TRAP_H_
