// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Moves computations whose arguments come from outside of a loop in front of it. Guarantees: only
// what cannot trap is moved, so nothing happens that would not have happened; constants stay where
// they are used, as making them anew is cheaper than keeping them.

#ifndef BRINK_COMPILE_PASS_LOOP_INVARIANTS_H_
#define BRINK_COMPILE_PASS_LOOP_INVARIANTS_H_

#include "engine/compile/ir/ir.h"
#include "engine/wasm/module.h"

namespace brink::compile {

/// True if something was moved: values from different loops may be equal now.
bool hoist_loop_invariants(const wasm::Module& module, ir::Function& function);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_PASS_LOOP_INVARIANTS_H_
