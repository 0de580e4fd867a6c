// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see activation.h.
//
// Entering and leaving guest code on x86-64 (System V). Twin of activation_aarch64.cc: the same
// functions in the same order.
//
// The frame of brink_platform_enter_guest:
//
//     CFA + 8    activation          second stack argument
//     CFA        function            first stack argument
//     CFA - 8    return address
//     CFA - 16   rbp                 <- rbp while guest code runs, for walkers of frame pointers
//     CFA - 24   rbx
//     CFA - 32   r12 ... r15 at CFA - 56
//     CFA - 64   (alignment)         <- rsp, Activation::native_sp

#if defined(__x86_64__)

#include <ucontext.h>

#include "engine/platform/machine_context.h"

// A shadow stack, where the kernel gives the thread one, has one entry more per call that is being
// left; they are popped until it is as high as on entry. Without one rdsspq does nothing and leaves
// the 0 in its register.
#if defined(__CET__) && (__CET__ & 2)
#define BRINK_SAVE_SHADOW_STACK \
  "  xorl %eax, %eax\n"         \
  "  rdsspq %rax\n"             \
  "  movq %rax, 8(%r11)\n"
#define BRINK_RESTORE_SHADOW_STACK \
  "  xorl %eax, %eax\n"            \
  "  rdsspq %rax\n"                \
  "  testq %rax, %rax\n"           \
  "  jz 2f\n"                      \
  "  movq 8(%rdi), %rcx\n"         \
  "  subq %rax, %rcx\n"            \
  "  shrq $3, %rcx\n"              \
  "  movl $1, %eax\n"              \
  "1: jrcxz 2f\n"                  \
  "  incsspq %rax\n"               \
  "  decq %rcx\n"                  \
  "  jmp 1b\n"                     \
  "2:\n"
#else
#define BRINK_SAVE_SHADOW_STACK ""
#define BRINK_RESTORE_SHADOW_STACK ""
#endif

asm(R"(
  .text
  .p2align 4
  .globl brink_platform_enter_guest
  .hidden brink_platform_enter_guest
  .type brink_platform_enter_guest, @function
brink_platform_enter_guest:
  .cfi_startproc
  endbr64
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  movq %rsp, %rbp
  pushq %rbx
  .cfi_def_cfa_offset 24
  .cfi_offset %rbx, -24
  pushq %r12
  .cfi_def_cfa_offset 32
  .cfi_offset %r12, -32
  pushq %r13
  .cfi_def_cfa_offset 40
  .cfi_offset %r13, -40
  pushq %r14
  .cfi_def_cfa_offset 48
  .cfi_offset %r14, -48
  pushq %r15
  .cfi_def_cfa_offset 56
  .cfi_offset %r15, -56
  subq $8, %rsp
  .cfi_def_cfa_offset 64
  movq 24(%rbp), %r11
  movq %rsp, (%r11)
)" BRINK_SAVE_SHADOW_STACK R"(
  callq *16(%rbp)
.Lbrink_platform_restore:
  addq $8, %rsp
  .cfi_def_cfa_offset 56
  popq %r15
  .cfi_def_cfa_offset 48
  .cfi_restore %r15
  popq %r14
  .cfi_def_cfa_offset 40
  .cfi_restore %r14
  popq %r13
  .cfi_def_cfa_offset 32
  .cfi_restore %r13
  popq %r12
  .cfi_def_cfa_offset 24
  .cfi_restore %r12
  popq %rbx
  .cfi_def_cfa_offset 16
  .cfi_restore %rbx
  popq %rbp
  .cfi_def_cfa_offset 8
  .cfi_restore %rbp
  retq
  .cfi_endproc
  .size brink_platform_enter_guest, . - brink_platform_enter_guest

  .p2align 4
  .globl brink_platform_leave_guest
  .hidden brink_platform_leave_guest
  .type brink_platform_leave_guest, @function
brink_platform_leave_guest:
  .cfi_startproc
  endbr64
  movq (%rdi), %rsp
  .cfi_def_cfa_offset 64
  .cfi_offset %rbp, -16
  .cfi_offset %rbx, -24
  .cfi_offset %r12, -32
  .cfi_offset %r13, -40
  .cfi_offset %r14, -48
  .cfi_offset %r15, -56
)" BRINK_RESTORE_SHADOW_STACK R"(
  xorl %eax, %eax
  jmp .Lbrink_platform_restore
  .cfi_endproc
  .size brink_platform_leave_guest, . - brink_platform_leave_guest
)");

#undef BRINK_SAVE_SHADOW_STACK
#undef BRINK_RESTORE_SHADOW_STACK

namespace brink::platform {

uintptr_t interrupted_pc(const void* context) {
  return static_cast<uintptr_t>(
      static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
}

bool is_write_fault(const void* context) {
  constexpr greg_t kWrite = 1 << 1;  // of the page fault's error code
  return (static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_ERR] & kWrite) != 0;
}

void resume_at_exit(void* context, Activation& activation) {
  // What the ABI promises to a function and the interrupted code may have broken: string
  // instructions run upwards, alignment checks are off.
  constexpr greg_t kDirectionFlag = 1 << 10;
  constexpr greg_t kAlignmentCheckFlag = 1 << 18;

  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  activation.fault_pc = static_cast<uintptr_t>(registers[REG_RIP]);
  activation.fault_arguments[0] = static_cast<uintptr_t>(registers[REG_RDI]);
  activation.fault_arguments[1] = static_cast<uintptr_t>(registers[REG_RSI]);
  activation.left_sp = static_cast<uintptr_t>(registers[REG_RSP]);
  registers[REG_RDI] = reinterpret_cast<greg_t>(&activation);
  registers[REG_RIP] = reinterpret_cast<greg_t>(&detail::brink_platform_leave_guest);
  registers[REG_EFL] &= ~(kDirectionFlag | kAlignmentCheckFlag);
}

}  // namespace brink::platform

#endif  // defined(__x86_64__)
