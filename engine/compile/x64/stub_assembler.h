// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What stubs and adapters have in common: leaving the guest's stack for C++, and reaching the
// runtime's structures. Included by .cc files of this folder only.

#ifndef BRINK_COMPILE_X64_STUB_ASSEMBLER_H_
#define BRINK_COMPILE_X64_STUB_ASSEMBLER_H_

#include <cstddef>
#include <cstring>
#include <vector>

#include "engine/compile/x64/abi.h"
#include "engine/compile/x64/encoder.h"
#include "engine/runtime/layout.h"
#include "engine/support/check.h"

namespace brink::compile::x64 {

namespace reg = asmjit::x86;

/// The encoder with a buffer of its own. Errors are our bugs.
class StubAssembler : public asmjit::x86::Assembler {
 public:
  StubAssembler() {
    BRINK_CHECK(holder_.init(asmjit::Environment(asmjit::Arch::kX64)) == asmjit::kErrorOk);
    BRINK_CHECK(holder_.attach(this) == asmjit::kErrorOk);
    holder_.setErrorHandler(&handler_);
  }

  std::vector<uint8_t> take() {
    BRINK_CHECK(holder_.flatten() == asmjit::kErrorOk);
    BRINK_CHECK(holder_.resolveUnresolvedLinks() == asmjit::kErrorOk);
    const asmjit::CodeBuffer& buffer = holder_.textSection()->buffer();
    return std::vector<uint8_t>(buffer.data(), buffer.data() + buffer.size());
  }
  uint32_t here() const { return static_cast<uint32_t>(offset()); }

  static asmjit::x86::Mem exec(const asmjit::x86::Gp& base, size_t field) {
    return asmjit::x86::ptr_64(base, static_cast<int32_t>(field));
  }
  /// Loads the address of the ExecContext.
  void load_exec(const asmjit::x86::Gp& to) {
    mov(to, asmjit::x86::ptr_64(reg::r15, offsetof(runtime::VmContext, exec)));
  }
  void load_memory_base() {
    mov(reg::r14, asmjit::x86::ptr_64(reg::r15, offsetof(runtime::VmContext, memory0_base)));
  }

  /// Notes where the guest stands: its return address lies `frame` bytes above rsp.
  void note_point(const asmjit::x86::Gp& context, const asmjit::x86::Gp& scratch, int32_t frame) {
    mov(scratch, asmjit::x86::ptr_64(reg::rsp, frame));
    mov(exec(context, offsetof(runtime::ExecContext, native_pc)), scratch);
    lea(scratch, asmjit::x86::ptr_64(reg::rsp, frame + 8));
    mov(exec(context, offsetof(runtime::ExecContext, native_sp)), scratch);
    mov(exec(context, offsetof(runtime::ExecContext, caller_instance)), reg::r15);
    mov(exec(context, offsetof(runtime::ExecContext, native_top)), reg::rsp);
  }
  /// Goes over to the host's stack, aligned for a call.
  void take_host_stack(const asmjit::x86::Gp& context) {
    mov(reg::rsp, exec(context, offsetof(runtime::ExecContext, host_sp)));
    sub(reg::rsp, 8);
  }
  void call_cpp(const void* function) {
    mov(reg::rax, asmjit::imm(reinterpret_cast<uint64_t>(function)));
    call(reg::rax);
  }

 private:
  struct Handler : asmjit::ErrorHandler {
    void handleError(asmjit::Error, const char*, asmjit::BaseEmitter*) override {
      BRINK_CHECK(!"an instruction that the encoder refuses");
    }
  };
  asmjit::CodeHolder holder_;
  Handler handler_;
};

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_STUB_ASSEMBLER_H_
