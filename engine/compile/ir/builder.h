// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// From a function body to SSA, in the body decoder's single pass. What the IR looks like is said in
// ir.h, how it is made in function_builder.h.

#ifndef BRINK_COMPILE_IR_BUILDER_H_
#define BRINK_COMPILE_IR_BUILDER_H_

#include "brink/error.h"
#include "engine/compile/compiler.h"
#include "engine/compile/ir/ir.h"

namespace brink::compile::ir {

/// The type of code that goes on in the middle of a function of this type.
const FuncType& continuation_type(TypeRegistry& types, const FuncType& type);

/// A defined function of a validated module. ErrorKind::Limit: the function is too large, or made
/// so that its SSA form would be out of proportion to its bytes:
///
///   - more than 4 million instructions, or 1 million blocks;
///   - loops nested more than 200 deep;
///   - more than 64 arguments of branches, entries of handler tables and the like per byte of the
///     body, plus 65,536: branches that carry many changed locals to many places;
///   - more than 8 locals per byte of the body, plus 1024.
/// With `entry`: what is left to do of a function from a loop on. It fails besides if the loop is in
/// an arm of a legacy try, or its frame is too large for the way to loops around it.
Result<Function> build(const ModuleContext& context, uint32_t function_index,
                       const LoopEntry* entry = nullptr);

}  // namespace brink::compile::ir

#endif  // BRINK_COMPILE_IR_BUILDER_H_
