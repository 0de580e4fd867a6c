// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_INTERPRET_LISTING_H_
#define BRINK_INTERPRET_LISTING_H_

#include <string>

#include "brink/error.h"
#include "engine/runtime/module_state.h"

namespace brink::interpret {

/// Threaded code of a defined function as text, an instruction a line:
///
///        6  i32.add       s5 = s0, acc
///        8  i32.lt_s+br   s5, 100 -> 2
///
/// sN is a frame slot, acc the accumulator of the operand's class; the first number and branch
/// targets count words.
Result<std::string> list_code(const runtime::ModuleState& module, uint32_t function_index);

}  // namespace brink::interpret

#endif  // BRINK_INTERPRET_LISTING_H_
