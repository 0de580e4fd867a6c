// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see activation.h.
//
// Entering and leaving guest code on AArch64 (AAPCS64). Twin of activation_x64.cc: the same
// functions in the same order.
//
// The frame of brink_platform_enter_guest, which has all its arguments in registers:
//
//     CFA - 16    d14, d15
//     CFA - 64    d8 ... d13
//     CFA - 144   x19 ... x28
//     CFA - 160   x29, x30           <- x29, sp, Activation::native_sp

#if defined(__aarch64__)

#include <ucontext.h>

#include <cstring>

#include "engine/platform/machine_context.h"

// The landing pads are written as hints, which older processors skip: 34 is `bti c`, 38 `bti jc`.
asm(R"(
  .text
  .p2align 4
  .globl brink_platform_enter_guest
  .hidden brink_platform_enter_guest
  .type brink_platform_enter_guest, %function
brink_platform_enter_guest:
  .cfi_startproc
  hint #34
  stp x29, x30, [sp, #-160]!
  .cfi_def_cfa_offset 160
  .cfi_offset x29, -160
  .cfi_offset x30, -152
  mov x29, sp
  stp x19, x20, [sp, #16]
  .cfi_offset x19, -144
  .cfi_offset x20, -136
  stp x21, x22, [sp, #32]
  .cfi_offset x21, -128
  .cfi_offset x22, -120
  stp x23, x24, [sp, #48]
  .cfi_offset x23, -112
  .cfi_offset x24, -104
  stp x25, x26, [sp, #64]
  .cfi_offset x25, -96
  .cfi_offset x26, -88
  stp x27, x28, [sp, #80]
  .cfi_offset x27, -80
  .cfi_offset x28, -72
  stp d8, d9, [sp, #96]
  .cfi_offset d8, -64
  .cfi_offset d9, -56
  stp d10, d11, [sp, #112]
  .cfi_offset d10, -48
  .cfi_offset d11, -40
  stp d12, d13, [sp, #128]
  .cfi_offset d12, -32
  .cfi_offset d13, -24
  stp d14, d15, [sp, #144]
  .cfi_offset d14, -16
  .cfi_offset d15, -8
  mov x9, sp
  str x9, [x7]
  blr x6
.Lbrink_platform_restore:
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
  .cfi_restore x19
  .cfi_restore x20
  .cfi_restore x21
  .cfi_restore x22
  .cfi_restore x23
  .cfi_restore x24
  .cfi_restore x25
  .cfi_restore x26
  .cfi_restore x27
  .cfi_restore x28
  .cfi_restore d8
  .cfi_restore d9
  .cfi_restore d10
  .cfi_restore d11
  .cfi_restore d12
  .cfi_restore d13
  .cfi_restore d14
  .cfi_restore d15
  ret
  .cfi_endproc
  .size brink_platform_enter_guest, . - brink_platform_enter_guest

  .p2align 4
  .globl brink_platform_leave_guest
  .hidden brink_platform_leave_guest
  .type brink_platform_leave_guest, %function
brink_platform_leave_guest:
  .cfi_startproc
  hint #38
  ldr x9, [x0]
  mov sp, x9
  .cfi_def_cfa_offset 160
  .cfi_offset x29, -160
  .cfi_offset x30, -152
  .cfi_offset x19, -144
  .cfi_offset x20, -136
  .cfi_offset x21, -128
  .cfi_offset x22, -120
  .cfi_offset x23, -112
  .cfi_offset x24, -104
  .cfi_offset x25, -96
  .cfi_offset x26, -88
  .cfi_offset x27, -80
  .cfi_offset x28, -72
  .cfi_offset d8, -64
  .cfi_offset d9, -56
  .cfi_offset d10, -48
  .cfi_offset d11, -40
  .cfi_offset d12, -32
  .cfi_offset d13, -24
  .cfi_offset d14, -16
  .cfi_offset d15, -8
  mov x0, #0
  b .Lbrink_platform_restore
  .cfi_endproc
  .size brink_platform_leave_guest, . - brink_platform_leave_guest
)");

namespace brink::platform {

uintptr_t interrupted_pc(const void* context) {
  return static_cast<uintptr_t>(static_cast<const ucontext_t*>(context)->uc_mcontext.pc);
}

bool is_write_fault(const void* context) {
  // The kernel adds records {magic, bytes, ...} to the registers, up to one of magic 0. That of the
  // exception's syndrome has it as a 64-bit word.
  constexpr uint32_t kSyndrome = 0x45535201;
  constexpr uint64_t kWriteNotRead = 1 << 6;
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
  const auto* record = reinterpret_cast<const uint8_t*>(machine.__reserved);
  const uint8_t* const end = record + sizeof machine.__reserved;
  while (end - record >= 16) {
    uint32_t head[2];
    uint64_t word = 0;
    std::memcpy(head, record, sizeof head);
    std::memcpy(&word, record + sizeof head, sizeof word);
    if (head[0] == kSyndrome) return (word & kWriteNotRead) != 0;
    if (head[0] == 0 || head[1] < sizeof head) break;
    record += head[1];
  }
  return true;  // emulators leave the record out
}

void resume_at_exit(void* context, Activation& activation) {
  // A branch target type left over from the branch to the interrupted instruction would be checked
  // against the first instruction of the exit.
  constexpr uint64_t kBranchType = uint64_t{3} << 10;

  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext;
  activation.fault_pc = static_cast<uintptr_t>(registers.pc);
  activation.fault_arguments[0] = static_cast<uintptr_t>(registers.regs[0]);
  activation.fault_arguments[1] = static_cast<uintptr_t>(registers.regs[1]);
  activation.left_sp = static_cast<uintptr_t>(registers.sp);
  registers.regs[0] = reinterpret_cast<uintptr_t>(&activation);
  registers.pc = reinterpret_cast<uintptr_t>(&detail::brink_platform_leave_guest);
  registers.pstate &= ~kBranchType;
}

}  // namespace brink::platform

#endif  // defined(__aarch64__)
