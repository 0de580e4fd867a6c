// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "brink/compilation.h"

#if BRINK_COMPILER
#include "engine/compile/runtime/tier.h"
#endif
#include "engine/runtime/module_state.h"

namespace brink {

std::vector<Compilation> compilations([[maybe_unused]] const Module& module) {
#if BRINK_COMPILER
  return compile::compilations(*module.state());
#else
  return {};
#endif
}

std::string function_name(const Module& module, uint32_t function_index) {
  return module.state()->function_name(function_index);
}

}  // namespace brink
