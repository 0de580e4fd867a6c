// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Compiled functions for debuggers: the JIT interface of GDB, which LLDB speaks too. A debugger
// stops at `__jit_debug_register_code` and reads the list that `__jit_debug_descriptor` leads to,
// of ELF files in our memory; so breakpoints and backtraces know the names of functions.

#ifndef BRINK_COMPILE_RUNTIME_DEBUGGER_H_
#define BRINK_COMPILE_RUNTIME_DEBUGGER_H_

#include <memory>
#include <span>

#include "engine/compile/runtime/placed_code.h"

namespace brink::compile {

/// Functions that debuggers know of as long as this lives.
class DebuggerSymbols {
 public:
  /// By address, all in one piece of memory. Any thread.
  explicit DebuggerSymbols(std::span<const PlacedCode> functions);
  DebuggerSymbols(DebuggerSymbols&&) noexcept;
  ~DebuggerSymbols();

 private:
  struct Entry;
  std::unique_ptr<Entry> entry_;
};

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_DEBUGGER_H_
