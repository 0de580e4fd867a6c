// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// runtime_functions.def as an enumeration.

#ifndef BRINK_COMPILE_RUNTIME_FUNCTION_H_
#define BRINK_COMPILE_RUNTIME_FUNCTION_H_

#include <cstddef>
#include <cstdint>

namespace brink::compile {

enum class RuntimeFunction : uint32_t {
#define BRINK_RUNTIME_FUNCTION(id, name, collects) id,
#include "engine/compile/runtime_functions.def"
};

/// Whether garbage may be collected meanwhile.
constexpr bool may_collect(RuntimeFunction function) {
  constexpr bool kCollects[] = {
#define BRINK_RUNTIME_FUNCTION(id, name, collects) (collects) != 0,
#include "engine/compile/runtime_functions.def"
  };
  return kCollects[static_cast<size_t>(function)];
}

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_FUNCTION_H_
