// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Repeats the bodies of small innermost loops:
//
//     before:  header, body -> header | exit      after:  header, body -> header', body' -> header
//                                                                     | exit           | exit
//
// Every copy keeps its ways out, so nothing has to be known of how often the loop runs. What is
// won: one look for interruptions per round of the new loop, no moves between the copies, and
// values of one round that the next one can use.
//
// Guarantees: what happens, happens in the same order. Values of the loop that are used behind it
// are parameters of the exits. Needs and keeps no order of blocks: renumber_values is to follow.

#ifndef BRINK_COMPILE_PASS_LOOP_UNROLLING_H_
#define BRINK_COMPILE_PASS_LOOP_UNROLLING_H_

#include "engine/compile/ir/ir.h"

namespace brink::compile {

/// True if something was repeated.
bool unroll_loops(ir::Function& function);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_PASS_LOOP_UNROLLING_H_
