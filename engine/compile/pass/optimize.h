// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The optimizations on SSA, in their order.

#ifndef BRINK_COMPILE_PASS_OPTIMIZE_H_
#define BRINK_COMPILE_PASS_OPTIMIZE_H_

#include "engine/compile/compiler.h"
#include "engine/compile/ir/ir.h"

namespace brink::compile {

void optimize(const ModuleContext& context, ir::Function& function);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_PASS_OPTIMIZE_H_
