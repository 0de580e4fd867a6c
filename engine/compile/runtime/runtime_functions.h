// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The functions of runtime_functions.def, as compiled code calls them: by number.

#ifndef BRINK_COMPILE_RUNTIME_RUNTIME_FUNCTIONS_H_
#define BRINK_COMPILE_RUNTIME_RUNTIME_FUNCTIONS_H_

namespace brink::compile {

/// Of functions (InstanceObject*, Slot*, uint32_t a, uint32_t b) -> TrapCode. UncaughtException:
/// ExecContext::landing_exception is thrown.
const void* runtime_function_table();

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_RUNTIME_FUNCTIONS_H_
