// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the compiler has done with a module so far, for people who wonder where time goes.

#ifndef BRINK_COMPILATION_H_
#define BRINK_COMPILATION_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "brink/engine.h"

namespace brink {

/// One function, or what is left of one from a loop on, that was compiled or refused.
struct Compilation {
  uint32_t function_index = 0;
  /// Of a guest that was in a loop: the offset of its `loop` in the module.
  std::optional<uint32_t> loop_offset;
  std::chrono::steady_clock::time_point start;
  std::chrono::nanoseconds duration{0};
  uint32_t body_bytes = 0;
  uint32_t code_bytes = 0;
  /// Why it stays in the interpreter; empty if it does not.
  std::string refusal;
};

/// In the order in which they ended. Empty where there is no compiler.
std::vector<Compilation> compilations(const Module& module);

/// Name of a function: from the name section, else its export name, else empty.
std::string function_name(const Module& module, uint32_t function_index);

}  // namespace brink

#endif  // BRINK_COMPILATION_H_
