// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The compiler's front door: one function of a validated module in, one CodeObject out. Thread-safe
// as long as each call has its own arguments; deterministic, so that the same input gives the same
// bytes on any thread in any order.

#ifndef BRINK_COMPILE_COMPILER_H_
#define BRINK_COMPILE_COMPILER_H_

#include <string>
#include <vector>

#include "brink/engine.h"
#include "brink/error.h"
#include "engine/compile/code_object.h"
#include "engine/platform/cpu_features.h"
#include "engine/runtime/object_layout.h"
#include "engine/wasm/module.h"

namespace brink::compile {

/// What all functions of a module have in common.
struct ModuleContext {
  const wasm::Module& module;
  const EngineConfig& config;
  runtime::ObjectLayouts& layouts;
  platform::CpuFeatures cpu;
  /// By memory: whether accesses need no check (see runtime/memory.h).
  std::vector<bool> memory_is_guarded;
};

/// The stages of a function as text, for `brink inspect` and golden files. Filled where asked for.
struct Listing {
  bool wants_ir = false;       ///< after the builder and after the passes
  bool wants_machine = false;  ///< before and after allocation
  bool wants_assembly = false;
  std::string text;
};

/// Where a function that the interpreter has begun goes on in compiled code: at a loop. The code has
/// no parameters; it finds the interpreter's frame through ExecContext::loop_frame. Loops around
/// this one are not part of it: where it branches to one, it calls, in its own place, the code that
/// goes on there.
struct LoopEntry {
  uint32_t offset = 0;      ///< of the `loop` in the module
  uint32_t stack_base = 0;  ///< slot of the function's first operand in the frame
};

/// ErrorKind::Limit: the function is beyond a budget of the compiler and stays in the interpreter.
Result<CodeObject> compile_function(const ModuleContext& context, uint32_t function_index,
                                    Listing* listing = nullptr,
                                    const LoopEntry* entry = nullptr);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_COMPILER_H_
