// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Puts blocks into the order in which they are to lie: reverse postorder, with the blocks of a loop
// together, which includes only those from which its header can be reached again.

#ifndef BRINK_COMPILE_IR_BLOCK_ORDER_H_
#define BRINK_COMPILE_IR_BLOCK_ORDER_H_

#include "engine/compile/ir/ir.h"

namespace brink::compile::ir {

/// Drops unreachable blocks, orders and numbers the others anew, and sets loop_depth,
/// is_loop_header and is_cold (which spreads to blocks that only lead to cold ones). A Poll in a
/// block that heads no loop goes.
void arrange_blocks(Function& function);

}  // namespace brink::compile::ir

#endif  // BRINK_COMPILE_IR_BLOCK_ORDER_H_
