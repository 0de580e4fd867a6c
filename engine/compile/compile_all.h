// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// All functions of a module at once, on several threads: for artifacts, and for engines that
// compile when a module is made.

#ifndef BRINK_COMPILE_COMPILE_ALL_H_
#define BRINK_COMPILE_COMPILE_ALL_H_

#include <cstdint>
#include <vector>

#include "engine/compile/compiler.h"

namespace brink::compile {

/// By defined function. The result does not depend on the number of threads; 0: one per processor.
std::vector<Result<CodeObject>> compile_all(const ModuleContext& context, uint32_t threads);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_COMPILE_ALL_H_
