// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Joins blocks that can only follow one another, and arranges what remains.

#ifndef BRINK_COMPILE_PASS_BLOCK_MERGING_H_
#define BRINK_COMPILE_PASS_BLOCK_MERGING_H_

#include "engine/compile/ir/ir.h"

namespace brink::compile {

void merge_blocks(ir::Function& function);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_PASS_BLOCK_MERGING_H_
