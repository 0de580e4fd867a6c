// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Compiled functions that have got their place in memory, as profilers and debuggers are told of
// them.

#ifndef BRINK_COMPILE_RUNTIME_PLACED_CODE_H_
#define BRINK_COMPILE_RUNTIME_PLACED_CODE_H_

#include <cstdint>
#include <span>
#include <string>

namespace brink::compile {

struct PlacedCode {
  std::span<const uint8_t> code;  ///< where it runs, without its constants
  uint32_t frame_bytes = 0;
  std::string name;  ///< "module!function"
};

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_PLACED_CODE_H_
