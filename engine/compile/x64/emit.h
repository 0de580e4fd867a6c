// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The last stage: machine code with places to bytes and tables.

#ifndef BRINK_COMPILE_X64_EMIT_H_
#define BRINK_COMPILE_X64_EMIT_H_

#include <string>

#include "engine/compile/code_object.h"
#include "engine/compile/machine/machine.h"
#include "engine/compile/machine/print.h"
#include "engine/compile/x64/machine_code.h"

namespace brink::compile::x64 {

/// `assembly`: what has been encoded, as text, if somebody wants it.
CodeObject emit_code(const ir::Function& function, const LoweredFunction& lowered,
                     const Allocation& allocation, std::string* assembly = nullptr);

/// For listings of machine functions.
MachineNames machine_names();

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_EMIT_H_
