// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// For the tests of the compiler: IR of functions in text format.

#ifndef BRINK_COMPILE_IR_TEST_FUNCTION_H_
#define BRINK_COMPILE_IR_TEST_FUNCTION_H_

#include <string>
#include <string_view>

#include "brink/engine.h"
#include "engine/compile/compiler.h"
#include "engine/compile/ir/ir.h"

namespace brink::compile::ir::testing {

/// A validated module with what compiling it needs.
class TestModule {
 public:
  /// The test ends if the module is invalid.
  explicit TestModule(std::string_view wat, EngineConfig config = {}, bool guarded = true);

  const wasm::Module& module() const { return module_; }
  const ModuleContext& context() const { return context_; }
  /// Verified. The test ends if it cannot be built.
  Function build(uint32_t function_index) const;
  /// Verifies a function after a pass.
  void check(const Function& function) const;

 private:
  wasm::Module module_;
  EngineConfig config_;
  runtime::ObjectLayouts layouts_;
  ModuleContext context_;
};

/// The text of a module's first own function: the lines behind the first one.
std::string ir_of(std::string_view wat, EngineConfig config = {}, bool guarded = true);

/// Removes the indentation of a raw string, and empty lines at its ends.
std::string lines(std::string_view text);

}  // namespace brink::compile::ir::testing

#endif  // BRINK_COMPILE_IR_TEST_FUNCTION_H_
