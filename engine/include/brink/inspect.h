// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Looking inside: what the stages make of a module. For tools; the texts are for people and change.

#ifndef BRINK_INSPECT_H_
#define BRINK_INSPECT_H_

#include <string>

#include "brink/engine.h"

namespace brink {

/// The interpreter's code of a function that the module defines (not an import).
Result<std::string> list_bytecode(const Module& module, uint32_t function_index);
/// What the compiler makes of it, for the processor it runs on: SSA as it is built and as it is
/// after the passes.
Result<std::string> list_ir(const Module& module, uint32_t function_index);
/// Its machine code. Lines "; @ 0x7b" follow what may trap or call, with its place in the module.
Result<std::string> list_assembly(const Module& module, uint32_t function_index);

}  // namespace brink

#endif  // BRINK_INSPECT_H_
