// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Removes detours in the flow of control: branches to blocks that only jump on, branches whose ways
// are the same or whose condition is a constant, and jumps to blocks that have no other predecessor
// (which become one block). Guarantees that blocks are in order (ir/block_order.h).

#ifndef BRINK_COMPILE_PASS_STRAIGHTEN_H_
#define BRINK_COMPILE_PASS_STRAIGHTEN_H_

#include "engine/compile/ir/ir.h"

namespace brink::compile {

void straighten(ir::Function& function);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_PASS_STRAIGHTEN_H_
