// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Removes what nobody needs. Guarantees afterwards: every value is used or has an effect, every
// block parameter is used by something other than itself and parameters, and no parameter always
// has one and the same value. Blocks are in order (ir/block_order.h).

#ifndef BRINK_COMPILE_PASS_DEAD_CODE_H_
#define BRINK_COMPILE_PASS_DEAD_CODE_H_

#include "engine/compile/ir/ir.h"

namespace brink::compile {

void remove_dead_code(ir::Function& function);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_PASS_DEAD_CODE_H_
