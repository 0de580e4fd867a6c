// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Puts the bodies of small functions in the place of calls to them. Guarantees: the same results,
// traps, fuel and backtraces; a bounded growth of the caller.

#ifndef BRINK_COMPILE_PASS_INLINING_H_
#define BRINK_COMPILE_PASS_INLINING_H_

#include <functional>

#include "engine/compile/ir/ir.h"

namespace brink::compile {

/// The body of a function of the same module, before any inlining; null if it is too large, or
/// cannot be had. Valid until the next call.
using CalleeSource = std::function<const ir::Function*(uint32_t function_index)>;

/// Bodies with more bytes are not worth asking for.
inline constexpr uint32_t kMaxInlinedBytes = 48;

/// True if something was inlined.
bool inline_calls(ir::Function& function, const CalleeSource& callee_of);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_PASS_INLINING_H_
