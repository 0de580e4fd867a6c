// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see fiber.h.
//
// Switching stacks on x86-64 (System V). Twin of fiber_aarch64.cc: the same functions in the same
// order.
//
// A stack that is not running:
//
//     sp + 56    where it goes on
//     sp + 48    rbp
//     sp + 40    rbx
//     sp + 8     r12 ... r15
//     sp + 4     x87 control word
//     sp         mxcsr

#if defined(__x86_64__)

#include "engine/platform/fiber.h"

asm(R"(
  .text
  .p2align 4
  .globl brink_platform_switch_stack
  .hidden brink_platform_switch_stack
  .type brink_platform_switch_stack, @function
brink_platform_switch_stack:
  .cfi_startproc
  endbr64
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
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
  stmxcsr (%rsp)
  fnstcw 4(%rsp)
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  ldmxcsr (%rsp)
  fldcw 4(%rsp)
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
  .size brink_platform_switch_stack, . - brink_platform_switch_stack

  .p2align 4
  .globl brink_platform_begin_fiber
  .hidden brink_platform_begin_fiber
  .type brink_platform_begin_fiber, @function
brink_platform_begin_fiber:
  .cfi_startproc
  .cfi_undefined %rip
  endbr64
  movq %r12, %rdi
  xorl %ebp, %ebp
  callq *%r13
  ud2
  .cfi_endproc
  .size brink_platform_begin_fiber, . - brink_platform_begin_fiber
)");

extern "C" [[gnu::visibility("hidden")]] void brink_platform_begin_fiber();

namespace brink::platform::detail {

uintptr_t prepare_stack(uintptr_t high, void (*main)(Fiber*), Fiber* fiber) {
  constexpr size_t kSavedWords = 8;
  uint32_t mxcsr;
  uint16_t x87_control;
  asm volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(x87_control));
  // Where the return address of a call would lie, so that main() finds the alignment it expects.
  auto* const saved = reinterpret_cast<uint64_t*>((high & ~uintptr_t{15}) - 24) - (kSavedWords - 1);
  saved[0] = mxcsr | uint64_t{x87_control} << 32;
  saved[1] = 0;                                  // r15
  saved[2] = 0;                                  // r14
  saved[3] = reinterpret_cast<uint64_t>(main);   // r13
  saved[4] = reinterpret_cast<uint64_t>(fiber);  // r12
  saved[5] = 0;                                  // rbx
  saved[6] = 0;                                  // rbp
  saved[7] = reinterpret_cast<uint64_t>(&brink_platform_begin_fiber);
  return reinterpret_cast<uintptr_t>(saved);
}

uintptr_t shadow_stack_pointer() {
  uintptr_t pointer = 0;
  asm volatile("rdsspq %0" : "+r"(pointer));
  return pointer;
}

}  // namespace brink::platform::detail

#endif  // defined(__x86_64__)
