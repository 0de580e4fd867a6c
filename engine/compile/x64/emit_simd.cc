// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Vector and atomic operations that take more than one instruction.

#include "engine/compile/x64/emitter.h"

namespace brink::compile::x64 {

namespace x86 = asmjit::x86;

void Emitter::emit_vector_ones(const Placed& placed) {
  vector_op(I::kIdPcmpeqd, I::kIdVpcmpeqd, xmm(placed.def(0)), xmm(placed.def(0)));
}

/// vrange tells zeros apart by their signs, but not NaNs; where an operand is one, the sum is what
/// comes out. The immediate of vrange: minimum or maximum, with the sign that it has. Nothing but
/// this uses mask registers.
void Emitter::emit_vector_extreme(const Placed& placed) {
  constexpr uint8_t kUnordered = 3;
  const bool is_max = (placed.inst.extra & 1) != 0;
  const bool is_double = (placed.inst.extra & 2) != 0;
  const Xmm a = xmm(placed.use(0));
  const Xmm b = xmm(placed.use(1));
  const Xmm d = xmm(placed.def(0));
  const asmjit::Imm range(is_max ? 5 : 4);
  a_.emit(is_double ? I::kIdVcmppd : I::kIdVcmpps, x86::k1, a, b, asmjit::Imm(kUnordered));
  a_.emit(is_double ? I::kIdVrangepd : I::kIdVrangeps, d, a, b, range);
  if (is_double)
    a_.k(x86::k1).vaddpd(d, a, b);
  else
    a_.k(x86::k1).vaddps(d, a, b);
}

/// The loop ends when nobody has changed the cell in between. rax holds what was there, with zeros
/// above it.
void Emitter::emit_atomic_logic(const Placed& placed) {
  const uint8_t bytes = placed.inst.width;
  const PReg value = placed.use(Address::operand_count(placed.inst.extra));
  const PReg changed = placed.def(1);
  const Mem cell = memory(placed, bytes);
  const uint8_t width = bytes == 8 ? 8 : 4;
  const Label again = a_.newLabel();
  add_site(here(), placed.inst.position);
  if (bytes < 4)
    a_.movzx(x86::eax, cell);
  else
    a_.mov(gp(kRax, bytes), cell);
  a_.bind(again);
  a_.mov(gp(changed, width), gp(kRax, width));
  a_.emit(static_cast<uint32_t>(placed.inst.imm), gp(changed, width), gp(value, width));
  a_.lock().cmpxchg(cell, gp(changed, bytes), gp(kRax, bytes));
  jump_if(Cond::NE, again);
}

}  // namespace brink::compile::x64
