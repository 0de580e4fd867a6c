// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/x64/native_code_for_test.h"

#include <cstddef>
#include <cstring>

#include "engine/compile/x64/encoder.h"
#include "engine/support/check.h"

namespace brink::compile::x64 {

namespace x86 = asmjit::x86;

namespace {

constexpr size_t kAlignment = 16;
size_t round_up(size_t bytes) {
  return (bytes + kAlignment - 1) & ~(kAlignment - 1);
}

void put32(uint8_t* at, int64_t value) {
  const auto narrow = static_cast<int32_t>(value);
  BRINK_CHECK(narrow == value);
  std::memcpy(at, &narrow, sizeof(narrow));
}
void put64(uint8_t* at, const void* value) {
  std::memcpy(at, &value, sizeof(value));
}

}  // namespace

/// (Frame*) in rdi: calls Frame::code. A trap comes back through the stack pointer that was saved.
std::vector<uint8_t> NativeCode::make_thunk(std::vector<uint32_t>& traps) const {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
  const auto field = [](x86::Gp base, size_t offset) {
    return x86::ptr(base, static_cast<int32_t>(offset), 8);
  };
  asmjit::CodeHolder code;
  code.init(asmjit::Environment(asmjit::Arch::kX64));
  x86::Assembler a(&code);
  const asmjit::Label leave = a.newLabel();
  const x86::Gp saved[] = {x86::rbx, x86::rbp, x86::r12, x86::r13, x86::r14, x86::r15};
  for (const x86::Gp& reg : saved) a.push(reg);
  a.sub(x86::rsp, 8);
  a.mov(x86::r15, x86::rdi);
  a.mov(field(x86::r15, offsetof(Frame, saved_sp)), x86::rsp);
  a.mov(x86::r14, field(x86::r15, offsetof(Frame, memory)));
  a.mov(x86::rax, field(x86::r15, offsetof(Frame, args)));
  a.mov(x86::rcx, field(x86::r15, offsetof(Frame, args) + 8));
  a.movq(x86::xmm0, x86::rax);
  a.movq(x86::xmm1, x86::rcx);
  a.call(field(x86::r15, offsetof(Frame, code)));
  a.mov(field(x86::r15, offsetof(Frame, integer)), x86::rax);
  a.movq(x86::rcx, x86::xmm0);
  a.mov(field(x86::r15, offsetof(Frame, vector)), x86::rcx);
  a.xor_(x86::eax, x86::eax);
  a.bind(leave);
  a.mov(field(x86::r15, offsetof(Frame, trap)), x86::rax);
  a.mov(x86::rsp, field(x86::r15, offsetof(Frame, saved_sp)));
  a.add(x86::rsp, 8);
  for (size_t i = std::size(saved); i-- > 0;) a.pop(saved[i]);
  a.ret();
  for (uint32_t trap = 0; trap < kTrapSlotCount; ++trap) {
    traps.push_back(static_cast<uint32_t>(a.offset()));
    a.mov(x86::eax, trap);
    a.jmp(leave);
  }
  const asmjit::CodeBuffer& buffer = code.sectionById(0)->buffer();
  return {buffer.data(), buffer.data() + buffer.size()};
#pragma GCC diagnostic pop
}

NativeCode::NativeCode(DataArea area, std::span<const CodeObject> functions, void* memory)
    : frame_(std::make_unique<Frame>()), exec_(std::make_unique<runtime::ExecContext>()) {
  frame_->memory = memory;
  frame_->context.exec = exec_.get();
  std::vector<uint32_t> traps;
  const std::vector<uint8_t> thunk = make_thunk(traps);
  const size_t thunk_at = round_up(area.size());
  size_t total = thunk_at + round_up(thunk.size());
  for (const CodeObject& function : functions) total += round_up(function.code.size());
  auto allocated = platform::CodeMemory::allocate(total);
  BRINK_CHECK(allocated.has_value());
  memory_ = *std::move(allocated);
  uint8_t* base = memory_.writable().data();
  std::memcpy(base + thunk_at, thunk.data(), thunk.size());
  for (uint32_t trap = 0; trap < kTrapSlotCount; ++trap)
    put64(base + area.trap(static_cast<TrapCode>(trap)), base + thunk_at + traps[trap]);
  size_t at = thunk_at + round_up(thunk.size());
  for (const CodeObject& function : functions) {
    std::memcpy(base + at, function.code.data(), function.code.size());
    entries_.push_back(base + at);
    put64(base + area.entry(function.function_index), base + at);
    for (const Relocation& relocation : function.relocations) {
      const bool is_trap = relocation.kind == RelocationKind::Trap;
      BRINK_CHECK(is_trap || relocation.kind == RelocationKind::Entry);
      const uint64_t slot = is_trap ? area.trap(static_cast<TrapCode>(relocation.index))
                                    : area.entry(relocation.index);
      const size_t field = at + relocation.offset;
      put32(base + field,
            static_cast<int64_t>(slot) - static_cast<int64_t>(field) - 4 + relocation.addend);
    }
    at += round_up(function.code.size());
  }
  thunk_ = memory_.base() + thunk_at;
  BRINK_CHECK(memory_.seal(total).has_value());
}

NativeCode::Outcome NativeCode::call(size_t function, uint64_t a, uint64_t b) {
  frame_->code = entries_[function];
  frame_->args[0] = a;
  frame_->args[1] = b;
  reinterpret_cast<void (*)(Frame*)>(reinterpret_cast<uintptr_t>(thunk_))(frame_.get());
  return {static_cast<TrapCode>(frame_->trap), frame_->integer, frame_->vector};
}

}  // namespace brink::compile::x64
