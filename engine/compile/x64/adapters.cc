// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see stubs.h.
//
// The guest's stack while an entry adapter waits for its callee:
//
//     stack - 16   the slots' address
//     stack - 24   return address into the adapter          <- EntryRecord::native_base
//
// and while an exit adapter waits for C++:
//
//     rsp + frame  return address of the caller
//     rsp          slots                                     <- ExecContext::native_top

#include <algorithm>
#include <span>
#include <utility>

#include "engine/compile/x64/stub_assembler.h"
#include "engine/compile/x64/stubs.h"

namespace brink::compile::x64 {
namespace {

using asmjit::x86::Gp;
using asmjit::x86::ptr_128;
using asmjit::x86::ptr_32;
using asmjit::x86::ptr_64;
using runtime::ExecContext;
using runtime::OverflowValue;

Gp integer(PReg reg) {
  return asmjit::x86::gpq(reg.index());
}
asmjit::x86::Xmm vector(PReg reg) {
  return asmjit::x86::xmm(reg.index());
}

class Adapter : public StubAssembler {
 protected:
  /// Slots to registers and the overflow. `scratch` and `word` hold no argument; `word` may be
  /// `context`, which is read first.
  void load_values(std::span<const ValType> types, const Gp& base, const Gp& context,
                   const Gp& scratch, const Gp& word) {
    const std::vector<AbiLocation> locations = assign_locations(types);
    bool has_array = false;
    int32_t slot = 0;
    for (size_t i = 0; i < types.size(); ++i) {
      const int32_t at = 8 * slot;
      slot += static_cast<int32_t>(types[i].slots());
      const AbiLocation& location = locations[i];
      if (location.reg.is_none()) {
        if (!std::exchange(has_array, true))
          mov(scratch, exec(context, offsetof(ExecContext, overflow)));
        for (uint32_t half = 0; half < types[i].slots(); ++half) {
          mov(word, ptr_64(base, at + 8 * static_cast<int32_t>(half)));
          mov(ptr_64(scratch, overflow_offset(location, half)), word);
        }
      } else if (location.reg.cls() == RegClass::Int) {
        mov(integer(location.reg), ptr_64(base, at));
      } else {
        load_vector(vector(location.reg), types[i], base, at);
      }
    }
  }

  void store_values(std::span<const ValType> types, const Gp& base, const Gp& context,
                    const Gp& scratch, const Gp& word) {
    const std::vector<AbiLocation> locations = assign_locations(types);
    bool has_array = false;
    int32_t slot = 0;
    for (size_t i = 0; i < types.size(); ++i) {
      const int32_t at = 8 * slot;
      slot += static_cast<int32_t>(types[i].slots());
      const AbiLocation& location = locations[i];
      if (location.reg.is_none()) {
        if (!std::exchange(has_array, true))
          mov(scratch, exec(context, offsetof(ExecContext, overflow)));
        store_overflow(types[i], location, base, at, scratch, word);
      } else if (location.reg.cls() == RegClass::Int) {
        mov(ptr_64(base, at), integer(location.reg));
      } else {
        store_vector(vector(location.reg), types[i], base, at, word);
      }
    }
  }

 private:
  static int32_t overflow_offset(const AbiLocation& location, uint32_t half) {
    return static_cast<int32_t>(location.overflow * sizeof(OverflowValue) + 8 * half);
  }
  void load_vector(const asmjit::x86::Xmm& to, ValType type, const Gp& base, int32_t at) {
    switch (type.kind()) {
      case ValKind::F32: movss(to, ptr_32(base, at)); return;
      case ValKind::F64: movsd(to, ptr_64(base, at)); return;
      default: movups(to, ptr_128(base, at)); return;
    }
  }
  // An f32 in a slot is zero-extended.
  void store_vector(const asmjit::x86::Xmm& from, ValType type, const Gp& base, int32_t at,
                    const Gp& word) {
    switch (type.kind()) {
      case ValKind::F32:
        movd(word.r32(), from);
        mov(ptr_64(base, at), word);
        return;
      case ValKind::F64: movsd(ptr_64(base, at), from); return;
      default: movups(ptr_128(base, at), from); return;
    }
  }
  void store_overflow(ValType type, const AbiLocation& location, const Gp& base, int32_t at,
                      const Gp& scratch, const Gp& word) {
    for (uint32_t half = 0; half < type.slots(); ++half) {
      if (type.kind() == ValKind::F32)
        mov(word.r32(), ptr_32(scratch, overflow_offset(location, half)));
      else
        mov(word, ptr_64(scratch, overflow_offset(location, half)));
      mov(ptr_64(base, at + 8 * static_cast<int32_t>(half)), word);
    }
  }
};

class EntryAdapter : public Adapter {
 public:
  std::vector<uint8_t> run(const FuncType& type) {
    // rdi code, rsi instance, rdx slots, rcx stack, r8 callee, r9 context
    mov(exec(reg::r9, offsetof(ExecContext, host_sp)), reg::rsp);
    mov(reg::rsp, reg::rcx);
    sub(reg::rsp, 16);
    mov(ptr_64(reg::rsp), reg::rdx);
    mov(reg::r15, reg::rsi);
    load_memory_base();
    mov(reg::r10, reg::r8);
    mov(reg::r11, reg::rdi);
    mov(reg::rbp, reg::rdx);
    mov(reg::r12, reg::r9);
    load_values(type.params, reg::rbp, reg::r12, reg::r13, reg::r12);
    call(reg::r11);
    mov(reg::rbp, ptr_64(reg::rsp));
    load_exec(reg::r12);
    store_values(type.results, reg::rbp, reg::r12, reg::r13, reg::r11);
    mov(reg::rsp, exec(reg::r12, offsetof(ExecContext, host_sp)));
    ret();
    return take();
  }
};

class ExitAdapter : public Adapter {
 public:
  std::vector<uint8_t> run(const FuncType& type, const StubTargets& targets) {
    uint32_t slots = 0;
    for (const ValType param : type.params) slots += param.slots();
    uint32_t results = 0;
    for (const ValType result : type.results) results += result.slots();
    // The frame and the return address together keep the stack aligned.
    const auto frame = static_cast<int32_t>(((std::max(slots, results) * 8 + 15) & ~15u) + 8);
    const asmjit::Label leave = newLabel();
    sub(reg::rsp, frame);
    load_exec(reg::r12);
    store_values(type.params, reg::rsp, reg::r12, reg::r13, reg::r11);
    note_point(reg::r12, reg::r13, frame);
    mov(reg::rbx, reg::rsp);
    take_host_stack(reg::r12);
    mov(reg::rdi, reg::r15);
    mov(reg::rsi, reg::r10);
    mov(reg::rdx, reg::rbx);
    call_cpp(targets.call_out);
    mov(reg::rsp, reg::rbx);
    test(reg::rax, reg::rax);
    jnz(leave);
    load_values(type.results, reg::rsp, reg::r12, reg::r13, reg::r11);
    add(reg::rsp, frame);
    ret();
    bind(leave);
    jmp(reg::rax);
    return take();
  }
};

}  // namespace

std::vector<uint8_t> make_entry_adapter(const FuncType& type) {
  return EntryAdapter().run(type);
}

std::vector<uint8_t> make_exit_adapter(const FuncType& type, const StubTargets& targets) {
  return ExitAdapter().run(type, targets);
}

}  // namespace brink::compile::x64
