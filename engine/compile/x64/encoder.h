// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The encoder's headers, and its names shortened. Included by .cc files of this folder only.

#ifndef BRINK_COMPILE_X64_ENCODER_H_
#define BRINK_COMPILE_X64_ENCODER_H_

#include <asmjit/core.h>
#include <asmjit/x86.h>

namespace brink::compile::x64 {

/// Instruction ids: I::kIdAdd.
namespace I = asmjit::x86::Inst;

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_ENCODER_H_
