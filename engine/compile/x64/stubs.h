// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: the doors between compiled code and C++.
//
// Machine code that is no function of any module: the stubs that compiled code calls for what it
// cannot do itself (stubs.def, a stub per trap code), the places that the runtime sends it to, and
// the adapters between C++'s slots and the registers of a signature. docs/compiler.md says what
// each expects; here is how C++ hangs on to them. All of it is made once for the process or for a
// signature, and position independent but for the addresses of the C++ functions.

#ifndef BRINK_COMPILE_X64_STUBS_H_
#define BRINK_COMPILE_X64_STUBS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "brink/types.h"
#include "engine/compile/data_area.h"

namespace brink::compile::x64 {

/// Addresses of C++ functions. They run on the host's stack, with where the guest stands noted in
/// the ExecContext. What they return as "continue at" is machine code to jump to, or null to go on.
struct StubTargets {
  /// By number, each (InstanceObject*, Slot*, a, b) -> TrapCode.
  const void* runtime_functions = nullptr;
  const void* runtime_failed = nullptr;  ///< (InstanceObject*, TrapCode) -> continue at
  const void* trap = nullptr;            ///< (InstanceObject*, TrapCode, detail) -> continue at
  const void* interrupt = nullptr;       ///< (InstanceObject*) -> continue at or null
  const void* resolve = nullptr;         ///< (InstanceObject*, callee) -> continue at
  const void* call_out = nullptr;  ///< (InstanceObject*, callee, Slot*) -> continue at or null
  const void* leave = nullptr;     ///< leaves the innermost activation
};

/// Offsets of the stubs in their code.
struct StubCode {
  std::vector<uint8_t> code;
  std::array<uint32_t, kStubCount> stubs = {};
  std::array<uint32_t, kTrapSlotCount> traps = {};  ///< by TrapCode; None has none
  /// The entry of every function that nobody has called yet: asks `resolve`, and jumps there with
  /// all arguments in place.
  uint32_t resolve = 0;
  uint32_t leave = 0;          ///< ends the innermost entry
  uint32_t land = 0;           ///< goes on at ExecContext::landing_pc
  uint32_t switch_return = 0;  ///< return address in the frames of SwitchInstance
};

StubCode make_stubs(const StubTargets& targets);

/// Called through platform::enter_guest with (code, InstanceObject*, Slot*, stack, callee,
/// ExecContext*). `stack` is a multiple of 16.
std::vector<uint8_t> make_entry_adapter(const FuncType& type);
/// Where an entry adapter's call leaves its return address, below `stack`.
inline constexpr uint32_t kEntryFrameBytes = 24;

std::vector<uint8_t> make_exit_adapter(const FuncType& type, const StubTargets& targets);

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_STUBS_H_
