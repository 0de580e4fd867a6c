// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Loops that compare a counter with a constant before they count:
//
//     next = i + 1; if (i != 255) -> again with next      becomes      if (next != 256) -> ...
//
// so that the old value of the counter ends where the new one is made, and both can have the same
// register. Only "equal" and "unequal", which hold of the sums whenever they hold of the counters,
// also where the sums wrap around. Guarantees: the old comparison stays if somebody else uses it.

#ifndef BRINK_COMPILE_PASS_LOOP_CONDITIONS_H_
#define BRINK_COMPILE_PASS_LOOP_CONDITIONS_H_

#include "engine/compile/ir/ir.h"

namespace brink::compile {

void compare_next_rounds(ir::Function& function);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_PASS_LOOP_CONDITIONS_H_
