// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Removes loads whose value is known: it was loaded before, or stored, and nothing in between can
// have changed it. Guarantees: control flow and the order of what remains do not change.

#ifndef BRINK_COMPILE_PASS_LOAD_ELIMINATION_H_
#define BRINK_COMPILE_PASS_LOAD_ELIMINATION_H_

#include "engine/compile/ir/ir.h"
#include "engine/wasm/module.h"

namespace brink::compile {

void eliminate_loads(const wasm::Module& module, ir::Function& function);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_PASS_LOAD_ELIMINATION_H_
