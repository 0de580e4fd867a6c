// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see stubs.h.

#include "engine/compile/x64/stubs.h"

#include <span>

#include "engine/compile/x64/stub_assembler.h"

namespace brink::compile::x64 {
namespace {

using asmjit::x86::ptr_64;
using runtime::ExecContext;
using runtime::FuncObject;
using runtime::VmContext;

// Offsets within a FuncObject; its members that are named here are plain data.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
constexpr int32_t kFuncInstance = offsetof(FuncObject, instance);
constexpr int32_t kFuncNative = offsetof(FuncObject, native);
#pragma GCC diagnostic pop

class Stubs : public StubAssembler {
 public:
  explicit Stubs(const StubTargets& targets) : targets_(targets) {}

  StubCode run() {
    leave_ = newLabel();
    trap_ = newLabel();
    emit_leave();
    emit_land();
    emit_runtime();
    emit_interrupt();
    emit_resolve();
    emit_switch_instance();
    emit_traps();
    out_.code = take();
    return std::move(out_);
  }

 private:
  uint32_t begin() {
    align(asmjit::AlignMode::kCode, 16);
    return here();
  }
  uint32_t& stub(Stub id) { return out_.stubs[static_cast<size_t>(id)]; }

  void emit_leave() {
    out_.leave = begin();
    bind(leave_);
    load_exec(reg::rax);
    take_host_stack(reg::rax);
    call_cpp(targets_.leave);
    ud2();
  }

  void emit_land() {
    out_.land = begin();
    load_exec(reg::rcx);
    mov(reg::rax, exec(reg::rcx, offsetof(ExecContext, landing_exception)));
    mov(reg::rsp, exec(reg::rcx, offsetof(ExecContext, landing_sp)));
    mov(reg::r15, exec(reg::rcx, offsetof(ExecContext, landing_instance)));
    load_memory_base();
    jmp(exec(reg::rcx, offsetof(ExecContext, landing_pc)));
  }

  // rsi slots, edx and ecx constants, eax the function.
  void emit_runtime() {
    stub(Stub::Runtime) = begin();
    const asmjit::Label failed = newLabel();
    load_exec(reg::r12);
    note_point(reg::r12, reg::r11, 0);
    mov(reg::rbx, reg::rsp);
    take_host_stack(reg::r12);
    mov(reg::rdi, reg::r15);
    mov(reg::eax, reg::eax);
    mov(reg::r11, asmjit::imm(reinterpret_cast<uint64_t>(targets_.runtime_functions)));
    call(ptr_64(reg::r11, reg::rax, 3));
    test(reg::al, reg::al);
    jnz(failed);
    mov(reg::rsp, reg::rbx);
    ret();
    bind(failed);
    mov(reg::rdi, reg::r15);
    movzx(reg::esi, reg::al);
    call_cpp(targets_.runtime_failed);
    jmp(reg::rax);
  }

  // Registers that C++ may change, of those that compiled code may be using.
  static constexpr int kIntegers[] = {0, 1, 2, 3, 6, 7, 8, 9, 10, 11};
  static constexpr int kVectors = 16;
  static constexpr int32_t kSavedBytes = 10 * 8 + kVectors * 16 + 8;

  void save_registers() {
    sub(reg::rsp, kSavedBytes);
    int32_t at = 0;
    for (int i = 0; i < kVectors; ++i, at += 16)
      movups(asmjit::x86::ptr_128(reg::rsp, at), asmjit::x86::xmm(static_cast<uint32_t>(i)));
    for (const int i : kIntegers) {
      mov(ptr_64(reg::rsp, at), asmjit::x86::gpq(static_cast<uint32_t>(i)));
      at += 8;
    }
  }
  void restore_registers() {
    int32_t at = 0;
    for (int i = 0; i < kVectors; ++i, at += 16)
      movups(asmjit::x86::xmm(static_cast<uint32_t>(i)), asmjit::x86::ptr_128(reg::rsp, at));
    for (const int i : kIntegers) {
      // r11 may hold where to go on.
      if (i != 11) mov(asmjit::x86::gpq(static_cast<uint32_t>(i)), ptr_64(reg::rsp, at));
      at += 8;
    }
  }
  static constexpr int32_t kSavedR11 = kVectors * 16 + 9 * 8;

  void emit_interrupt() {
    stub(Stub::Interrupt) = begin();
    const asmjit::Label trapped = newLabel();
    save_registers();
    load_exec(reg::rcx);
    note_point(reg::rcx, reg::rdx, kSavedBytes);
    mov(reg::rbx, reg::rsp);
    take_host_stack(reg::rcx);
    mov(reg::rdi, reg::r15);
    call_cpp(targets_.interrupt);
    mov(reg::rsp, reg::rbx);
    test(reg::rax, reg::rax);
    jnz(trapped);
    restore_registers();
    mov(reg::r11, ptr_64(reg::rsp, kSavedR11));
    add(reg::rsp, kSavedBytes);
    ret();
    bind(trapped);
    jmp(reg::rax);
  }

  void emit_resolve() {
    out_.resolve = begin();
    save_registers();
    load_exec(reg::rcx);
    note_point(reg::rcx, reg::rdx, kSavedBytes);
    mov(reg::rbx, reg::rsp);
    take_host_stack(reg::rcx);
    mov(reg::rdi, reg::r15);
    mov(reg::rsi, reg::r10);
    call_cpp(targets_.resolve);
    mov(reg::rsp, reg::rbx);
    mov(reg::r11, reg::rax);
    restore_registers();
    add(reg::rsp, kSavedBytes);
    jmp(reg::r11);
  }

  //     rsp + 16   return address of the caller
  //     rsp + 8    its r15
  //     rsp        switch_return
  void emit_switch_instance() {
    stub(Stub::SwitchInstance) = begin();
    const asmjit::Label back = newLabel();
    const asmjit::Label has_frame = newLabel();
    const asmjit::Label enter = newLabel();
    mov(reg::r11, ptr_64(reg::r10, kFuncInstance));
    test(reg::r11, reg::r11);
    jz(enter);
    lea(reg::r11, ptr_64(back));
    cmp(ptr_64(reg::rsp), reg::r11);
    je(has_frame);
    push(reg::r15);
    push(reg::r11);
    bind(has_frame);
    mov(reg::r15, ptr_64(reg::r10, kFuncInstance));
    load_memory_base();
    bind(enter);
    mov(reg::r11, ptr_64(reg::r10, kFuncNative));
    jmp(ptr_64(reg::r11));

    out_.switch_return = begin();
    bind(back);
    pop(reg::r15);
    load_memory_base();
    ret();
  }

  // r11 is a detail of some.
  void emit_traps() {
    begin();
    bind(trap_);
    load_exec(reg::rax);
    note_point(reg::rax, reg::rcx, 0);
    take_host_stack(reg::rax);
    mov(reg::rdi, reg::r15);
    mov(reg::rdx, reg::r11);
    call_cpp(targets_.trap);
    jmp(reg::rax);
    for (size_t code = 1; code < kTrapSlotCount; ++code) {
      out_.traps[code] = begin();
      mov(reg::esi, static_cast<int32_t>(code));
      jmp(trap_);
    }
  }

  const StubTargets& targets_;
  StubCode out_;
  asmjit::Label leave_;
  asmjit::Label trap_;
};

}  // namespace

StubCode make_stubs(const StubTargets& targets) {
  return Stubs(targets).run();
}

}  // namespace brink::compile::x64
