// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Constant folding: what the functions of engine/semantics say, for all instructions that only
// compute. What would trap stays, so that it traps; relaxed vector instructions stay because only
// the target knows which of the allowed results it gives.

#ifndef BRINK_COMPILE_IR_FOLD_H_
#define BRINK_COMPILE_IR_FOLD_H_

#include <array>
#include <optional>

#include "engine/compile/ir/ir.h"

namespace brink::compile::ir {

/// The bits of a constant; for those of up to 64 bits in word 0. References: null is zero.
std::optional<V128> constant_bits(const Function& function, ValueId value);

/// The result of an instruction whose arguments are constants, as a constant. Wide arithmetic has
/// two results, all others one.
struct Folded {
  uint32_t count = 0;
  std::array<V128, 2> results;
};
std::optional<Folded> fold(const Function& function, const Inst& inst);

}  // namespace brink::compile::ir

#endif  // BRINK_COMPILE_IR_FOLD_H_
