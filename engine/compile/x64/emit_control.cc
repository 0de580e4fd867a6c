// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Jumps, traps, polls, calls and returns.

#include "engine/compile/x64/emitter.h"
#include "engine/compile/x64/offsets.h"
#include "engine/support/check.h"

namespace brink::compile::x64 {

namespace x86 = asmjit::x86;

void Emitter::emit_jump_to(uint32_t code, const Label& label) {
  const size_t number = jumps_.size();
  // Backward jumps are as short as they can be by themselves.
  if (number < short_jumps_.size() && short_jumps_[number]) a_.short_();
  a_.emit(code, label);
  jumps_.push_back({here(), label});
}

void Emitter::jump_to(uint32_t block) {
  if (!falls_into(block)) emit_jump_to(I::kIdJmp, block_label(block));
}

void Emitter::jump_if(Cond cond, const Label& label) {
  const auto jump = [this](Cond flag, const Label& to) {
    emit_jump_to(I::jccFromCond(static_cast<x86::CondCode>(flag)), to);
  };
  if (cond == Cond::FloatNe) {
    jump(Cond::NE, label);
    jump(Cond::P, label);
  } else if (cond == Cond::FloatEq) {
    const Label unordered = a_.newLabel();
    jump(Cond::P, unordered);
    jump(Cond::E, label);
    a_.bind(unordered);
  } else {
    jump(cond, label);
  }
}

void Emitter::emit_params(const Placed&) {}

void Emitter::emit_landing(const Placed&) {}

void Emitter::emit_jump(const Placed&) {
  jump_to(machine_.blocks[block_].targets[0].block);
}

void Emitter::emit_jump_if(const Placed& placed) {
  const auto& targets = machine_.blocks[block_].targets;
  Cond cond = static_cast<Cond>(placed.inst.extra);
  uint32_t yes = targets[0].block;
  uint32_t no = targets[1].block;
  if (falls_into(yes)) {
    std::swap(yes, no);
    cond = invert(cond);
  }
  jump_if(cond, block_label(yes));
  jump_to(no);
}

void Emitter::emit_jump_table(const Placed& placed) {
  const auto index = static_cast<uint32_t>(placed.inst.imm);
  const auto& places = lowered_.switches[index];
  const auto& targets = machine_.blocks[block_].targets;
  const PReg value = placed.use(0);
  const Gp entry = gp(placed.def(0), 8);
  const Gp table = gp(kScratch, 8);
  const Label label = a_.newLabel();
  a_.cmp(gp(value, 4), static_cast<uint32_t>(places.size() - 1));
  jump_if(Cond::AE, block_label(targets[places.back()].block));
  a_.lea(table, x86::ptr(label));
  a_.movsxd(entry, x86::ptr(table, gp(value, 8), 2, 0, 4));
  a_.add(entry, table);
  a_.jmp(entry);
  tables_.push_back({.label = label, .index = index, .block = block_});
}

// --- Traps ---

void Emitter::emit_trap(const Placed& placed) {
  emit_trap_call(static_cast<TrapCode>(placed.inst.imm), placed.inst.position);
}

void Emitter::emit_trap_if(const Placed& placed) {
  const auto code = static_cast<TrapCode>(placed.inst.imm);
  const auto cond = static_cast<Cond>(placed.inst.extra);
  const ir::PositionId position = placed.inst.position;
  if (placed.use_count == 0) return jump_if(cond, trap_label(code, position));
  const PReg index = placed.use(0);
  jump_if(cond, slow_path([this, code, position, index] {
            a_.mov(gp(kScratch, 8), gp(index, 8));
            emit_trap_call(code, position);
          }));
}

/// Out of line, all registers kept: asks whether the guest has to stop.
void Emitter::look_up_if(Cond cond, ir::PositionId position) {
  const Label back = a_.newLabel();
  jump_if(cond, slow_path([this, back, position] {
            call_data_area(RelocationKind::Stub, static_cast<uint32_t>(Stub::Interrupt));
            add_site(here(), position);
            a_.jmp(back);
          }));
  a_.bind(back);
}

void Emitter::emit_poll(const Placed& placed) {
  a_.cmp(x86::rsp, x86::ptr(gp(kInstance, 8), offsets::kNativeLimit, 8));
  look_up_if(Cond::B, placed.inst.position);
}

void Emitter::emit_fuel(const Placed& placed) {
  const Gp exec = gp(kScratch, 8);
  a_.mov(exec, x86::ptr(gp(kInstance, 8), offsets::kExec, 8));
  a_.sub(x86::ptr(exec, offsets::kFuel, 8), static_cast<int32_t>(placed.inst.imm));
  look_up_if(Cond::S, placed.inst.position);
}

// --- Calls ---

void Emitter::emit_call(const Placed& placed) {
  const CallSite& site = lowered_.calls[placed.inst.imm];
  const Gp scratch = gp(kScratch, 8);
  const Gp callee = gp(kCallee, 8);
  switch (site.kind) {
    case CallSite::Kind::Entry:
      if (site.index == machine_.function_index && !function_.is_loop_entry) {
        // Compiled already, and what the entry slot leads to will do the same.
        a_.call(entry_);
        break;
      }
      a_.mov(gp(kCallee, 4), 2 * site.index + 1);
      call_data_area(RelocationKind::Entry, site.index);
      break;
    case CallSite::Kind::FuncRef: {
      const Label back = a_.newLabel();
      a_.cmp(x86::ptr(callee, offsets::kFuncInstance, 8), gp(kInstance, 8));
      jump_if(Cond::NE, slow_path([this, placed, back, block = block_] {
                call_data_area(RelocationKind::Stub, static_cast<uint32_t>(Stub::SwitchInstance));
                block_ = block;
                note_return(placed);
                a_.jmp(back);
              }));
      a_.mov(scratch, x86::ptr(callee, offsets::kFuncNative, 8));
      a_.call(x86::ptr(scratch, 0, 8));
      note_return(placed);
      a_.bind(back);
      break;
    }
    case CallSite::Kind::Runtime:
      a_.mov(x86::rsi, x86::rsp);
      a_.mov(x86::edx, site.a);
      a_.mov(x86::ecx, site.b);
      a_.mov(x86::eax, site.index);
      call_data_area(RelocationKind::Stub, static_cast<uint32_t>(Stub::Runtime));
      break;
  }
  if (site.kind != CallSite::Kind::FuncRef) note_return(placed);
  if (placed.inst.is_terminator) jump_to(machine_.blocks[block_].targets[0].block);
}

void Emitter::emit_tail_call(const Placed& placed) {
  const CallSite& site = lowered_.calls[placed.inst.imm];
  if (frame_ != 0) a_.add(x86::rsp, frame_);
  if (site.kind == CallSite::Kind::Entry) {
    a_.mov(gp(kCallee, 4), 2 * site.index + 1);
    return jump_data_area(RelocationKind::Entry, site.index);
  }
  const Gp callee = gp(kCallee, 8);
  a_.cmp(x86::ptr(callee, offsets::kFuncInstance, 8), gp(kInstance, 8));
  jump_if(Cond::NE, slow_path([this] {
            jump_data_area(RelocationKind::Stub, static_cast<uint32_t>(Stub::SwitchInstance));
          }));
  a_.mov(gp(kScratch, 8), x86::ptr(callee, offsets::kFuncNative, 8));
  a_.jmp(x86::ptr(gp(kScratch, 8), 0, 8));
}

void Emitter::emit_return(const Placed&) {
  if (frame_ != 0) a_.add(x86::rsp, frame_);
  a_.ret();
}

// --- Divisions ---

/// Of signed ones the machine faults for the smallest number by -1, and -1 is rare: that case goes
/// out of line, where neg says by its overflow whether it was the smallest number.
void Emitter::emit_divide(const Placed& placed) {
  const uint8_t width = placed.inst.width;
  const Gp divisor = gp(placed.use(1), width);
  const Gp low = gp(kRax, width);
  const Gp high = gp(kRdx, width);
  if ((placed.inst.extra & division::kSigned) == 0) {
    a_.xor_(x86::edx, x86::edx);
    a_.div(divisor);
    return;
  }
  const bool is_remainder = (placed.inst.extra & division::kRemainder) != 0;
  const ir::PositionId position = placed.inst.position;
  const Label done = a_.newLabel();
  a_.cmp(divisor, -1);
  jump_if(Cond::E, slow_path([this, is_remainder, position, done, low, high] {
            if (is_remainder) {
              a_.xor_(x86::edx, x86::edx);
            } else {
              a_.neg(low);
              jump_if(Cond::O, trap_label(TrapCode::IntegerOverflow, position));
            }
            a_.jmp(done);
          }));
  if (width == 4)
    a_.cdq();
  else
    a_.cqo();
  a_.idiv(divisor);
  a_.bind(done);
}

}  // namespace brink::compile::x64
