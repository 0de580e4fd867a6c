// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Checks the invariants that ir.h lists. Called after the builder and after each pass in debug and
// fuzzing builds, and by tests.

#ifndef BRINK_COMPILE_IR_VERIFIER_H_
#define BRINK_COMPILE_IR_VERIFIER_H_

#include <string>

#include "engine/compile/ir/ir.h"

namespace brink::compile::ir {

/// What is wrong, a line each (at most some dozen); empty if nothing is.
std::string verify(const Function& function, const TypeRegistry& types);

}  // namespace brink::compile::ir

#endif  // BRINK_COMPILE_IR_VERIFIER_H_
