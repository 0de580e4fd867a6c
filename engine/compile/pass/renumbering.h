// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Folds, simplifies and numbers values once more, after passes that have brought constants and
// equal computations together. Guarantees: branches with constant conditions are jumps; blocks
// that cannot be reached are gone, the others arranged.

#ifndef BRINK_COMPILE_PASS_RENUMBERING_H_
#define BRINK_COMPILE_PASS_RENUMBERING_H_

#include "engine/compile/ir/ir.h"

namespace brink::compile {

void renumber_values(ir::Function& function);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_PASS_RENUMBERING_H_
