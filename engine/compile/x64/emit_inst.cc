// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Single instructions: operands by their form, moves of the allocator, constants.

#include <array>

#include "engine/compile/x64/emit.h"
#include "engine/compile/x64/emitter.h"
#include "engine/support/check.h"

namespace brink::compile::x64 {

namespace x86 = asmjit::x86;

namespace {

asmjit::x86::CondCode to_code(uint32_t cond) {
  return static_cast<x86::CondCode>(cond);
}

/// What reads the flags, and what certainly leaves them alone, by instruction id.
struct FlagTable {
  std::array<bool, I::_kIdCount> reads = {};
  std::array<bool, I::_kIdCount> keeps = {};
  FlagTable() {
    for (uint32_t cond = 0; cond < 16; ++cond) {
      reads[I::setccFromCond(to_code(cond))] = true;
      reads[I::cmovccFromCond(to_code(cond))] = true;
    }
    for (const uint32_t id : {I::kIdAdc, I::kIdSbb}) reads[id] = true;
    for (const uint32_t id : {I::kIdMov, I::kIdMovzx, I::kIdMovsx, I::kIdMovsxd, I::kIdLea,
                              I::kIdMovaps, I::kIdVmovaps})
      keeps[id] = true;
  }
};

bool reads_flags(uint16_t code) {
  static const FlagTable table;
  if (!is_pseudo(code)) return table.reads[code & ~kLocked];
  const auto pseudo = static_cast<Pseudo>(code);
  return pseudo == Pseudo::JumpIf || pseudo == Pseudo::TrapIf || pseudo == Pseudo::VectorSelect;
}

bool keeps_flags(uint16_t code) {
  static const FlagTable table;
  if (!is_pseudo(code)) return table.keeps[code & ~kLocked];
  const auto pseudo = static_cast<Pseudo>(code);
  return pseudo == Pseudo::Move || pseudo == Pseudo::IntConst || pseudo == Pseudo::VectorZero ||
         pseudo == Pseudo::VectorOnes;
}

}  // namespace

/// Whether somebody reads the flags that exist before an instruction.
bool Emitter::are_flags_needed(uint32_t index) const {
  while (index < machine_.insts.size()) {
    const MachineInst& inst = machine_.insts[index++];
    if (reads_flags(inst.code)) return true;
    if (!keeps_flags(inst.code)) return false;
  }
  return false;
}

// --- Operands ---

Emitter::Placed Emitter::place(uint32_t index) const {
  const MachineInst& inst = machine_.insts[index];
  Placed placed{.inst = inst, .index = index, .operands = {}, .use_at = {}, .def_at = {}};
  // Those with many operands have them in registers that are known.
  if (inst.operand_count > std::size(placed.operands)) return placed;
  uint32_t first_use = 0;
  if (!is_pseudo(inst.code) && info(static_cast<Form>(inst.form)).has('m')) {
    placed.has_address = true;
    first_use = Address::operand_count(inst.extra);
  }
  const auto operands = machine_.operands_of(inst);
  for (uint32_t i = 0; i < operands.size(); ++i) {
    placed.operands[i] = allocation_.locations[inst.first_operand + i];
    if (operands[i].role == Operand::Role::Def)
      placed.def_at[placed.def_count++] = static_cast<uint8_t>(i);
    else if (i >= first_use)
      placed.use_at[placed.use_count++] = static_cast<uint8_t>(i);
  }
  return placed;
}

Emitter::Gp Emitter::gp(PReg reg, uint8_t bytes) const {
  switch (bytes) {
    case 1: return x86::gpb_lo(reg.index());
    case 2: return x86::gpw(reg.index());
    case 4: return x86::gpd(reg.index());
    default: return x86::gpq(reg.index());
  }
}

asmjit::Operand Emitter::reg_operand(PReg reg, uint8_t bytes) const {
  BRINK_DCHECK(!reg.is_none());
  if (reg.cls() == RegClass::Vector) return xmm(reg);
  return gp(reg, bytes);
}

/// A register, or a spill slot where lowering allows either. It has the bytes that are read.
asmjit::Operand Emitter::use_operand(const Placed& placed, uint32_t use, uint8_t bytes) const {
  const Location& place = placed.operands[placed.use_at[use]];
  if (place.kind != Location::Kind::Slot) return reg_operand(place.reg, bytes);
  const Operand& operand = machine_.operands[placed.inst.first_operand + placed.use_at[use]];
  const VRegInfo& value = machine_.vregs[operand.vreg];
  return slot(place.slot, value.cls == RegClass::Int ? bytes : value.bytes);
}

Emitter::Mem Emitter::memory(const Placed& placed, uint32_t bytes) {
  const MachineInst& inst = placed.inst;
  const uint8_t mode = inst.extra;
  uint32_t at = 0;
  const auto next = [&] { return gp(placed.operands[at++].reg, 8); };
  Mem mem;
  switch (Address::base_of(mode)) {
    case Address::Base::Constant:
      ++label_uses_;
      return x86::ptr(constant_labels_[static_cast<uint32_t>(inst.disp)], 0, bytes);
    case Address::Base::TypeId: return x86::ptr(x86::rip, 0, bytes);
    case Address::Base::Register: mem = x86::ptr(next(), inst.disp, bytes); break;
    case Address::Base::Instance: mem = x86::ptr(gp(kInstance, 8), inst.disp, bytes); break;
    case Address::Base::MemoryBase: mem = x86::ptr(gp(kMemoryBase, 8), inst.disp, bytes); break;
    case Address::Base::Stack: mem = x86::ptr(x86::rsp, inst.disp, bytes); break;
    case Address::Base::None:
      BRINK_DCHECK(Address::has_index(mode));
      return x86::ptr(static_cast<uint64_t>(int64_t{inst.disp}), next(), Address::scale_of(mode),
                      bytes);
  }
  if (Address::has_index(mode)) mem.setIndex(next(), Address::scale_of(mode));
  return mem;
}

// --- Flags that are there already ---
//
//     add eax, -1 | test eax, eax | jne     the test says what the add has said

namespace {

/// Whether ZF and SF are those of the result, in the width of the instruction.
bool sets_flags_of_result(const MachineInst& inst) {
  switch (inst.code) {
    case I::kIdAdd:
    case I::kIdSub:
    case I::kIdAnd:
    case I::kIdOr:
    case I::kIdXor:
    case I::kIdNeg: return true;
    default: return false;
  }
}

/// Conditions that look at nothing but ZF and SF, as an instruction id or a Cond.
bool asks_for_result(const MachineInst& inst) {
  constexpr Cond kConds[] = {Cond::E, Cond::NE, Cond::S, Cond::NS};
  for (const Cond cond : kConds) {
    const auto code = static_cast<x86::CondCode>(cond);
    if (is_pseudo(inst.code)
            ? inst.extra == static_cast<uint8_t>(cond)
            : inst.code == I::setccFromCond(code) || inst.code == I::cmovccFromCond(code))
      return true;
  }
  return false;
}

}  // namespace

/// After an instruction: what the flags say now.
void Emitter::note_flags(const Placed& placed) {
  const MachineInst& inst = placed.inst;
  if (!is_pseudo(inst.code) && placed.def_count == 1 && sets_flags_of_result(inst)) {
    flags_reg_ = placed.def(0);
    flags_width_ = inst.width;
    return;
  }
  const bool is_zero = inst.code == static_cast<uint16_t>(Pseudo::IntConst) && inst.imm == 0;
  if (!keeps_flags(inst.code) || is_zero) flags_reg_ = {};
  for (uint32_t i = 0; i < placed.def_count; ++i)
    if (placed.operands[placed.def_at[i]].kind == Location::Kind::Reg &&
        placed.def(i) == flags_reg_)
      flags_reg_ = {};
}

/// Whether this is a test of a register with itself whose answer the flags hold for all who ask.
bool Emitter::is_known_test(const Placed& placed) const {
  const MachineInst& inst = placed.inst;
  if (inst.code != I::kIdTest || static_cast<Form>(inst.form) != Form::UU) return false;
  if (flags_reg_.is_none() || placed.use(0) != flags_reg_ || placed.use(1) != flags_reg_ ||
      inst.width != flags_width_)
    return false;
  for (uint32_t i = placed.index + 1; i < machine_.insts.size(); ++i) {
    const MachineInst& next = machine_.insts[i];
    if (reads_flags(next.code) && !asks_for_result(next)) return false;
    if (next.is_terminator || (!reads_flags(next.code) && !keeps_flags(next.code))) return true;
  }
  return true;
}

void Emitter::emit_encoded(const Placed& placed) {
  const MachineInst& inst = placed.inst;
  const FormInfo& form = info(static_cast<Form>(inst.form));
  const bool has_imm = form.has('i');
  bool has_vector = false;
  for (uint32_t i = 0; i < inst.operand_count; ++i)
    has_vector |= placed.operands[i].reg.cls() == RegClass::Vector;
  const uint8_t use_bytes = !form.has('m') && inst.extra != 0 ? inst.extra : inst.width;
  const uint32_t memory_bytes = !has_imm && inst.imm != 0 ? static_cast<uint32_t>(inst.imm)
                                : has_vector              ? 0
                                                          : inst.width;
  asmjit::Operand operands[5];
  uint32_t count = 0;
  for (const char letter : form.pattern) {
    asmjit::Operand& operand = operands[count++];
    switch (letter) {
      case 'd': operand = reg_operand(placed.def(0), inst.width); break;
      case 'e': operand = reg_operand(placed.def(1), inst.width); break;
      case 'm': operand = memory(placed, memory_bytes); break;
      case 'i': operand = asmjit::Imm(static_cast<int64_t>(inst.imm)); break;
      default: operand = use_operand(placed, static_cast<uint32_t>(letter - '0'), use_bytes);
    }
  }
  if (form.has('m') && Address::base_of(inst.extra) == Address::Base::TypeId)
    explain_slot(RelocationKind::TypeId, static_cast<uint32_t>(inst.disp));
  if ((inst.code & kLocked) != 0) a_.lock();
  a_.emitOpArray(inst.code & ~kLocked, operands, count);
  if (form.has('m') && Address::base_of(inst.extra) == Address::Base::TypeId) {
    BRINK_CHECK(!has_imm);
    note_relocation(RelocationKind::TypeId, static_cast<uint32_t>(inst.disp));
  }
}

// --- Moves ---

Emitter::Mem Emitter::slot(uint32_t offset, uint8_t bytes) const {
  return x86::ptr(x86::rsp, static_cast<int32_t>(machine_.outgoing_bytes + offset), bytes);
}

void Emitter::emit_move_between(const AllocatedMove& move) {
  if (move.from.kind == Location::Kind::Rematerialize) {
    Placed placed = place(move.from.slot);
    placed.operands[placed.def_at[0]] = move.to;
    placed.index = move.before - 1;  // the flags that matter are those before `before`
    return is_pseudo(placed.inst.code) ? emit_pseudo(placed) : emit_encoded(placed);
  }
  const bool to_slot = move.to.kind == Location::Kind::Slot;
  const bool from_slot = move.from.kind == Location::Kind::Slot;
  BRINK_DCHECK(!(to_slot && from_slot));
  const uint8_t bytes = move.bytes;
  if (move.cls == RegClass::Int) {
    if (to_slot) return void(a_.mov(slot(move.to.slot, bytes), gp(move.from.reg, bytes)));
    if (from_slot) return void(a_.mov(gp(move.to.reg, bytes), slot(move.from.slot, bytes)));
    return void(a_.mov(gp(move.to.reg, bytes), gp(move.from.reg, bytes)));
  }
  const auto emit = [&](uint32_t sse, uint32_t vex, const asmjit::Operand& to,
                        const asmjit::Operand& from) { a_.emit(has_avx_ ? vex : sse, to, from); };
  if (!to_slot && !from_slot)
    return emit(I::kIdMovaps, I::kIdVmovaps, xmm(move.to.reg), xmm(move.from.reg));
  const asmjit::Operand to =
      to_slot ? asmjit::Operand(slot(move.to.slot, bytes)) : asmjit::Operand(xmm(move.to.reg));
  const asmjit::Operand from = from_slot ? asmjit::Operand(slot(move.from.slot, bytes))
                                         : asmjit::Operand(xmm(move.from.reg));
  switch (bytes) {
    case 4: return emit(I::kIdMovss, I::kIdVmovss, to, from);
    case 8: return emit(I::kIdMovsd, I::kIdVmovsd, to, from);
    default: return emit(I::kIdMovaps, I::kIdVmovaps, to, from);
  }
}

void Emitter::emit_move(const Placed& placed) {
  const Location& from = placed.operands[0];
  const Location& to = placed.operands[1];
  if (from == to) return;
  emit_move_between({.before = placed.index,
                     .cls = to.reg.cls(),
                     .bytes = placed.inst.width,
                     .from = from,
                     .to = to});
}

// --- Constants ---

void Emitter::emit_int_const(const Placed& placed) {
  const PReg to = placed.def(0);
  const uint64_t bits = placed.inst.imm;
  if (bits == 0 && !are_flags_needed(placed.index + 1))
    a_.xor_(gp(to, 4), gp(to, 4));
  else if (bits <= 0xffffffff)
    a_.mov(gp(to, 4), static_cast<uint32_t>(bits));
  else
    a_.mov(gp(to, 8), static_cast<int64_t>(bits));
}

void Emitter::emit_vector_zero(const Placed& placed) {
  vector_op(I::kIdXorps, I::kIdVxorps, xmm(placed.def(0)), xmm(placed.def(0)));
}

void Emitter::vector_op(uint32_t sse, uint32_t vex, const Xmm& d, const asmjit::Operand& b) {
  if (has_avx_)
    a_.emit(vex, d, d, b);
  else
    a_.emit(sse, d, b);
}

// --- Dispatch ---

void Emitter::emit_pseudo(const Placed& placed) {
  using Function = void (Emitter::*)(const Placed&);
  static constexpr Function kFunctions[] = {
#define BRINK_PSEUDO(id, function) &Emitter::emit_##function,
#include "engine/compile/x64/pseudos.def"
  };
  (this->*kFunctions[placed.inst.code - static_cast<uint16_t>(Pseudo::First) - 1])(placed);
}

MachineNames machine_names() {
  MachineNames names;
  names.inst = [](const MachineInst& inst) -> std::string {
    static constexpr const char* kPseudos[] = {
#define BRINK_PSEUDO(id, function) #function,
#include "engine/compile/x64/pseudos.def"
    };
    if (is_pseudo(inst.code)) return kPseudos[inst.code - static_cast<uint16_t>(Pseudo::First) - 1];
    asmjit::String name;
    asmjit::InstAPI::instIdToString(asmjit::Arch::kX64, inst.code & ~kLocked, name);
    return std::string(name.data(), name.size());
  };
  names.reg = [](PReg reg) -> std::string {
    static constexpr const char* kNames[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp",
                                             "rsi", "rdi", "r8",  "r9",  "r10", "r11",
                                             "r12", "r13", "r14", "r15"};
    return reg.cls() == RegClass::Int ? kNames[reg.index()] : "xmm" + std::to_string(reg.index());
  };
  return names;
}

}  // namespace brink::compile::x64
