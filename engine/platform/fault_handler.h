// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a mistake here lets a host's bug pass for a guest's trap, kills the process for
// a guest's trap, or breaks the host's own signal handling. Changes need a second reader.
//
// Owns the process's SIGSEGV and SIGBUS handler, which turns an access of a guest past its memory
// into a trap. A fault is a guest's if and only if
//
//     1. the kernel raised it for an instruction (it was not sent by somebody), and
//     2. that instruction may fault: its address is a fault site of guest_access.h, or lies in a
//        range registered with register_guest_code(), and
//     3. the address it accessed lies in a range registered with register_guest_memory(), and
//     4. the thread is in guest code (current_activation() is not null).
//
// Then the thread leaves the guest, see activation.h. The first write to a page whose writes are
// tracked is nobody's mistake: it is noted, and the instruction runs again, see write_tracker.h.
// Any other fault goes to the host:
//
//     the host had before    what happens
//     SIG_DFL                SIG_DFL is restored and the instruction runs again: the process dies
//                            of the same signal at the same place, with a core if it makes cores
//     SIG_IGN                the same for an instruction's fault, as the kernel does it; a signal
//                            that was sent is ignored
//     a handler              it is called with the same siginfo and context, under the signal mask
//                            that its sa_mask and SA_NODEFER ask for; SA_RESETHAND works once
//
// A handler that the host installs later is in front of ours. If it does as every handler should,
// and calls the one it found for faults that are not its own, both work.
//
// The handler runs on the thread's alternate signal stack if it has one and on its ordinary stack
// otherwise. Guest faults need no alternate stack: guest code checks its stack limit, which leaves
// room for a signal frame. A thread that wants a native stack overflow (a bug of the host's) to be
// seen by a handler needs one; see signal_stack.h.
//
// The handler stays for the life of the process, so the code must not be unloaded.

#ifndef BRINK_PLATFORM_FAULT_HANDLER_H_
#define BRINK_PLATFORM_FAULT_HANDLER_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "brink/error.h"
#include "brink/trap.h"

namespace brink::platform {

class RangeRegistry;

/// Installs the handler if that has not been done, or if the host has put back the handler that it
/// had before. Any thread may call it at any time; costs two system calls.
Status install_fault_handler();

/// A range that the fault handler knows, for as long as this object lives. The owner of the memory
/// gives this up before it unmaps the memory.
class [[nodiscard]] FaultRange {
 public:
  FaultRange() = default;
  FaultRange(FaultRange&& other) noexcept
      : kind_(other.kind_),
        base_(std::exchange(other.base_, 0)),
        size_(std::exchange(other.size_, 0)) {}
  FaultRange& operator=(FaultRange&& other) noexcept;
  FaultRange(const FaultRange&) = delete;
  FaultRange& operator=(const FaultRange&) = delete;
  ~FaultRange() { release(); }

  bool is_registered() const { return size_ != 0; }
  void release();

 private:
  enum class Kind : uint8_t { Memory, Code };
  static RangeRegistry& registry(Kind kind);
  static Result<FaultRange> add(Kind kind, const void* base, size_t bytes, TrapCode trap);
  friend Result<FaultRange> register_guest_memory(const void* base, size_t bytes, TrapCode trap);
  friend Result<FaultRange> register_guest_code(const void* base, size_t bytes);

  Kind kind_ = Kind::Memory;
  uintptr_t base_ = 0;
  size_t size_ = 0;
};

/// Faults of guest code in [base, base + bytes) are traps `trap` from now on (an access that the
/// hardware refuses for its alignment is TrapCode::UnalignedAtomic). Ranges must not overlap.
/// Any thread; cheap with tens of thousands of ranges. Large pools register once for all slots.
Result<FaultRange> register_guest_memory(const void* base, size_t bytes,
                                         TrapCode trap = TrapCode::MemoryOutOfBounds);

/// Machine code in [base, base + bytes) is guest code, any instruction of which may fault.
Result<FaultRange> register_guest_code(const void* base, size_t bytes);

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_FAULT_HANDLER_H_
