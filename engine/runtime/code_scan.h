// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a pool of instances leaves out work that these functions say is not needed.
//
// What can be told about a module's code by reading it once.

#ifndef BRINK_RUNTIME_CODE_SCAN_H_
#define BRINK_RUNTIME_CODE_SCAN_H_

#include <cstdint>
#include <vector>

#include "engine/wasm/module.h"

namespace brink::runtime {

/// By table: whether any function has a table.set for it.
std::vector<bool> tables_set_by_code(const wasm::Module& module);

/// Whether the function and all that it can call, directly or by reference, are the module's own.
/// So what it does depends on nothing but the instance.
bool calls_no_imports(const wasm::Module& module, uint32_t function_index);

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_CODE_SCAN_H_
