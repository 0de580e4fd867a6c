// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Makes instructions of the plans of shuffle.h.

#ifndef BRINK_COMPILE_X64_LOWER_SHUFFLE_H_
#define BRINK_COMPILE_X64_LOWER_SHUFFLE_H_

#include "engine/compile/x64/lowering.h"
#include "engine/compile/x64/shuffle.h"

namespace brink::compile::x64 {

/// d = bytes of a and b by lane numbers.
void emit_shuffle(Lowering& lowering, const Lanes& lanes, VReg a, VReg b, VReg d);

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_LOWER_SHUFFLE_H_
