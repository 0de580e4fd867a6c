// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_COMPILE_X64_LOWER_H_
#define BRINK_COMPILE_X64_LOWER_H_

#include "engine/compile/compiler.h"
#include "engine/compile/ir/ir.h"
#include "engine/compile/x64/machine_code.h"

namespace brink::compile::x64 {

/// Selects instructions for a whole function; see lowering.h.
LoweredFunction lower(const ModuleContext& context, const ir::Function& function);

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_LOWER_H_
