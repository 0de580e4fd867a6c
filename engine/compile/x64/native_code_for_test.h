// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// For tests: compiled functions of a module in executable memory, called without a runtime.

#ifndef BRINK_COMPILE_X64_NATIVE_CODE_FOR_TEST_H_
#define BRINK_COMPILE_X64_NATIVE_CODE_FOR_TEST_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "brink/trap.h"
#include "engine/compile/code_object.h"
#include "engine/compile/data_area.h"
#include "engine/platform/executable_memory.h"
#include "engine/runtime/layout.h"

namespace brink::compile::x64 {

class NativeCode {
 public:
  /// `memory`: what r14 points to.
  NativeCode(DataArea area, std::span<const CodeObject> functions, void* memory);

  struct Outcome {
    TrapCode trap = TrapCode::None;
    uint64_t integer = 0;  ///< rax
    uint64_t vector = 0;   ///< low lane of xmm0
  };
  /// The arguments are in the first registers of both classes.
  Outcome call(size_t function, uint64_t a, uint64_t b);

 private:
  /// What the thunk and the trap stubs agree upon. Behind a VmContext, so that r15 leads to it.
  struct Frame {
    runtime::VmContext context;
    uint64_t saved_sp = 0;
    const void* code = nullptr;
    uint64_t args[2] = {};
    uint64_t integer = 0;
    uint64_t vector = 0;
    uint64_t trap = 0;
    void* memory = nullptr;
  };
  std::vector<uint8_t> make_thunk(std::vector<uint32_t>& traps) const;

  std::unique_ptr<Frame> frame_;
  std::unique_ptr<runtime::ExecContext> exec_;
  platform::CodeMemory memory_;
  const uint8_t* thunk_ = nullptr;
  std::vector<const uint8_t*> entries_;
};

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_NATIVE_CODE_FOR_TEST_H_
