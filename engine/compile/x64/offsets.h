// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Offsets in the runtime's structures that only the conventions of compiled code need; the others
// are in compile/ir/vm_layout.h.

#ifndef BRINK_COMPILE_X64_OFFSETS_H_
#define BRINK_COMPILE_X64_OFFSETS_H_

#include <cstddef>
#include <cstdint>

#include "engine/runtime/layout.h"

namespace brink::compile::x64::offsets {

// From the instance.
inline constexpr int32_t kNativeLimit = offsetof(runtime::VmContext, native_limit);
inline constexpr int32_t kExec = offsetof(runtime::VmContext, exec);

// From the execution context.
inline constexpr int32_t kOverflow = offsetof(runtime::ExecContext, overflow);
inline constexpr int32_t kFuel = offsetof(runtime::ExecContext, fuel);

// From a FuncObject.
inline constexpr int32_t kFuncInstance = offsetof(runtime::FuncObject, instance);
inline constexpr int32_t kFuncNative = offsetof(runtime::FuncObject, native);

}  // namespace brink::compile::x64::offsets

#endif  // BRINK_COMPILE_X64_OFFSETS_H_
