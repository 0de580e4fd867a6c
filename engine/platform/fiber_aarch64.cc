// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see fiber.h.
//
// Switching stacks on AArch64 (AAPCS64). Twin of fiber_x64.cc: the same functions in the same
// order.
//
// A stack that is not running:
//
//     sp + 96    d8 ... d15
//     sp + 16    x19 ... x28
//     sp         x29, x30: where it goes on

#if defined(__aarch64__)

#include "engine/platform/fiber.h"

// The landing pads are written as hints, which older processors skip: 34 is `bti c`, 38 `bti jc`.
asm(R"(
  .text
  .p2align 4
  .globl brink_platform_switch_stack
  .hidden brink_platform_switch_stack
  .type brink_platform_switch_stack, %function
brink_platform_switch_stack:
  .cfi_startproc
  hint #34
  stp x29, x30, [sp, #-160]!
  .cfi_def_cfa_offset 160
  .cfi_offset x29, -160
  .cfi_offset x30, -152
  stp x19, x20, [sp, #16]
  stp x21, x22, [sp, #32]
  stp x23, x24, [sp, #48]
  stp x25, x26, [sp, #64]
  stp x27, x28, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp d14, d15, [sp, #144]
  ldp d12, d13, [sp, #128]
  ldp d10, d11, [sp, #112]
  ldp d8, d9, [sp, #96]
  ldp x27, x28, [sp, #80]
  ldp x25, x26, [sp, #64]
  ldp x23, x24, [sp, #48]
  ldp x21, x22, [sp, #32]
  ldp x19, x20, [sp, #16]
  ldp x29, x30, [sp], #160
  .cfi_def_cfa_offset 0
  .cfi_restore x29
  .cfi_restore x30
  ret
  .cfi_endproc
  .size brink_platform_switch_stack, . - brink_platform_switch_stack

  .p2align 4
  .globl brink_platform_begin_fiber
  .hidden brink_platform_begin_fiber
  .type brink_platform_begin_fiber, %function
brink_platform_begin_fiber:
  .cfi_startproc
  .cfi_undefined x30
  hint #38
  mov x0, x19
  mov x29, #0
  mov x30, #0
  blr x20
  brk #1
  .cfi_endproc
  .size brink_platform_begin_fiber, . - brink_platform_begin_fiber
)");

extern "C" [[gnu::visibility("hidden")]] void brink_platform_begin_fiber();

namespace brink::platform::detail {

uintptr_t prepare_stack(uintptr_t high, void (*main)(Fiber*), Fiber* fiber) {
  constexpr size_t kSavedWords = 20;
  auto* const saved = reinterpret_cast<uint64_t*>(high & ~uintptr_t{15}) - kSavedWords;
  for (size_t i = 0; i < kSavedWords; ++i) saved[i] = 0;
  saved[1] = reinterpret_cast<uint64_t>(&brink_platform_begin_fiber);  // x30
  saved[2] = reinterpret_cast<uint64_t>(fiber);                        // x19
  saved[3] = reinterpret_cast<uint64_t>(main);                         // x20
  return reinterpret_cast<uintptr_t>(saved);
}

uintptr_t shadow_stack_pointer() {
  return 0;
}

}  // namespace brink::platform::detail

#endif  // defined(__aarch64__)
