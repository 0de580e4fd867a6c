// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Lowering of atomic accesses. All are sequentially consistent, which on x86-64 loads and locked
// instructions are by themselves; a store is an exchange. Alignment has been checked before.
//
// Results of narrow accesses are zero-extended, as is the expected value of a compare-exchange: one
// that does not fit the cell equals nothing.

#include <limits>

#include "engine/compile/x64/encoder.h"
#include "engine/compile/x64/lowering.h"

namespace brink::compile::x64 {

using ir::ValueId;

namespace {

uint8_t access_bytes(const Row& row) {
  return info(ir::to_opcode(row.op)).access_bytes;
}

/// The operands and the addressing mode of an access that reads and writes memory.
class LockedAccess {
 public:
  LockedAccess(Lowering& l, ValueId value) : address_(l.address(value)) {}

  /// The address's registers, needed for as long as the instruction takes if it is several.
  std::vector<Operand> operands(bool to_the_end) const {
    std::vector<Operand> result;
    const auto add = [&](VReg reg) {
      result.push_back(to_the_end ? Operand::use_late(reg) : Operand::use(reg));
    };
    if (address_.base == Address::Base::Register) add(address_.base_reg);
    if (address_.index != kNoVReg) add(address_.index);
    return result;
  }
  void complete(Lowering& l, ValueId value, MachineInst& inst) const {
    inst.extra = address_.mode();
    inst.disp = address_.disp;
    inst.position = l.inst(value).position;
  }
  const Address& address() const { return address_; }

 private:
  Address address_;
};

void lower_load(Lowering& l, ValueId value, const Row& row) {
  const uint8_t bytes = access_bytes(row);
  const Address address = l.address(value);
  l.emit(Form::DM, bytes < 4 ? I::kIdMovzx : I::kIdMov,
         {.width = bytes < 4 ? uint8_t{4} : bytes,
          .d = l.def(value),
          .source_bytes = bytes,
          .mem = &address,
          .position = l.inst(value).position});
}

/// Zero-extends what an instruction of `bytes` left in a register, into d.
void zero_extend(Lowering& l, VReg d, VReg old, uint8_t bytes) {
  l.emit(Form::DU, I::kIdMovzx, {.width = 4, .d = d, .a = old, .source_bytes = bytes});
}

/// Exchanges a register with memory, by xchg or xadd. kNoVReg: nobody wants to know.
void emit_exchange(Lowering& l, ValueId value, uint32_t code, uint8_t bytes, VReg a, VReg d) {
  const Address address = l.address(value);
  const bool extend = d != kNoVReg && bytes < 4;
  const VReg old = d == kNoVReg || extend ? l.new_int() : d;
  l.emit(Form::MT, code,
         {.width = bytes, .d = old, .a = a, .mem = &address, .position = l.inst(value).position});
  if (extend) zero_extend(l, d, old, bytes);
}

void lower_store(Lowering& l, ValueId value, const Row& row) {
  emit_exchange(l, value, I::kIdXchg, access_bytes(row), l.use(l.arg(value, 1)), kNoVReg);
}

/// Of a read-modify-write whose result nobody asks for: op [m], value.
void emit_in_place(Lowering& l, ValueId value, uint32_t code, uint8_t bytes) {
  const Address address = l.address(value);
  const ValueId operand = l.arg(value, 1);
  Args args = {.width = bytes, .mem = &address, .position = l.inst(value).position};
  if (const auto immediate = l.immediate(operand, bytes)) {
    // The operation sees no more of it than the access is wide; the encoder wants no more either.
    const int unused = bytes < 4 ? 32 - 8 * bytes : 0;
    const int32_t seen =
        static_cast<int32_t>(static_cast<uint32_t>(*immediate) << unused) >> unused;
    args.imm = static_cast<uint64_t>(int64_t{seen});
    l.emit(Form::MI, code | kLocked, args);
  } else {
    args.a = l.use(operand);
    l.emit(Form::MU, code | kLocked, args);
  }
}

VReg negated(Lowering& l, ValueId value, uint8_t width) {
  if (const auto bits = l.constant(value)) return l.emit_constant(0 - *bits, width);
  const VReg d = l.new_int(width);
  l.emit(Form::T, I::kIdNeg, {.width = width, .d = d, .a = l.use(value)});
  return d;
}

void lower_add(Lowering& l, ValueId value, const Row& row) {
  const uint8_t bytes = access_bytes(row);
  if (!l.is_used_later(value)) return emit_in_place(l, value, row.code, bytes);
  const uint8_t width = bytes == 8 ? 8 : 4;
  const ValueId operand = l.arg(value, 1);
  const VReg a = row.code == I::kIdSub ? negated(l, operand, width) : l.use(operand);
  emit_exchange(l, value, I::kIdXadd | kLocked, bytes, a, l.def(value));
}

/// and, or, xor: with a result a loop around cmpxchg.
void lower_logic(Lowering& l, ValueId value, const Row& row) {
  const uint8_t bytes = access_bytes(row);
  if (!l.is_used_later(value)) return emit_in_place(l, value, row.code, bytes);
  const LockedAccess access(l, value);
  std::vector<Operand> operands = access.operands(true);
  operands.push_back(Operand::use_late(l.use(l.arg(value, 1))));
  Operand old = Operand::def_fixed(l.def(value), kRax);
  old.off_time = true;
  operands.push_back(old);
  operands.push_back(Operand::temp(l.new_int()));
  MachineInst& loop = l.emit_pseudo(Pseudo::AtomicLogic, operands, row.code);
  loop.width = bytes;
  access.complete(l, value, loop);
}

void lower_exchange(Lowering& l, ValueId value, const Row& row) {
  const bool is_used = l.is_used_later(value);
  emit_exchange(l, value, I::kIdXchg, access_bytes(row), l.use(l.arg(value, 1)),
                is_used ? l.def(value) : kNoVReg);
}

struct Exchange {
  VReg expected;
  VReg replacement;
};

// An expected value that does not fit must not be found. Then what is expected is its low part, and
// what replaces it is the same: whether the cell has it or not, it stays as it is.
Exchange narrow_exchange(Lowering& l, ValueId value, uint8_t bytes) {
  const bool is_i64 = l.inst(value).type == ir::Type::I64;
  const uint64_t limit = std::numeric_limits<uint64_t>::max() >> (64 - 8 * bytes);
  const ValueId wanted = l.arg(value, 1);
  const VReg expected = l.use(wanted);
  const VReg replacement = l.use(l.arg(value, 2));
  const bool fits =
      is_i64 ? l.constant(wanted).value_or(limit + 1) <= limit : l.upper_bound(wanted) <= limit;
  if (fits) return {expected, replacement};
  const VReg low = l.new_int();
  if (bytes == 4)
    l.emit(Form::DU, I::kIdMov, {.width = 4, .d = low, .a = expected});
  else
    zero_extend(l, low, expected, bytes);
  const VReg chosen = l.new_int();
  l.emit(Form::UU, I::kIdCmp, {.width = is_i64 ? uint8_t{8} : uint8_t{4}, .a = low, .b = expected});
  l.emit(Form::TU, I::kIdCmovne, {.width = 4, .d = chosen, .a = replacement, .b = low});
  return {low, chosen};
}

// What was there arrives in rax, whose upper part stays zero.
void lower_cmpxchg(Lowering& l, ValueId value, const Row& row) {
  const uint8_t bytes = access_bytes(row);
  const bool is_whole = bytes == (l.inst(value).type == ir::Type::I64 ? 8 : 4);
  const LockedAccess access(l, value);
  const Exchange exchange = is_whole ? Exchange{l.use(l.arg(value, 1)), l.use(l.arg(value, 2))}
                                     : narrow_exchange(l, value, bytes);
  std::vector<Operand> operands = access.operands(false);
  operands.push_back(Operand::use(exchange.replacement));
  operands.push_back(Operand::use_fixed(exchange.expected, kRax));
  operands.push_back(Operand::def_fixed(l.def(value), kRax));
  MachineInst& inst = l.emit_operands(Form::MU, I::kIdCmpxchg | kLocked, bytes, operands);
  access.complete(l, value, inst);
}

// Any locked instruction is a fence, and cheaper than mfence.
void lower_fence(Lowering& l, ValueId, const Row&) {
  const Address top = Address::stack(0);
  l.emit(Form::MI, I::kIdOr | kLocked, {.width = 4, .imm = 0, .mem = &top});
}

#define BRINK_ATOMIC(id, function, code) {ir::to_op(Opcode::id), function, code},
#define BRINK_RMW(name, function, code)                 \
  BRINK_ATOMIC(I32AtomicRmw##name, function, code)      \
  BRINK_ATOMIC(I64AtomicRmw##name, function, code)      \
  BRINK_ATOMIC(I32AtomicRmw8##name##U, function, code)  \
  BRINK_ATOMIC(I32AtomicRmw16##name##U, function, code) \
  BRINK_ATOMIC(I64AtomicRmw8##name##U, function, code)  \
  BRINK_ATOMIC(I64AtomicRmw16##name##U, function, code) \
  BRINK_ATOMIC(I64AtomicRmw32##name##U, function, code)

constexpr Row kAtomicRows[] = {
    BRINK_ATOMIC(AtomicFence, lower_fence, 0) BRINK_ATOMIC(
        I32AtomicLoad, lower_load, 0) BRINK_ATOMIC(I64AtomicLoad, lower_load,
                                                   0) BRINK_ATOMIC(I32AtomicLoad8U, lower_load, 0)
        BRINK_ATOMIC(I32AtomicLoad16U, lower_load, 0) BRINK_ATOMIC(
            I64AtomicLoad8U, lower_load, 0) BRINK_ATOMIC(I64AtomicLoad16U, lower_load, 0)
            BRINK_ATOMIC(I64AtomicLoad32U, lower_load, 0) BRINK_ATOMIC(
                I32AtomicStore, lower_store, 0) BRINK_ATOMIC(I64AtomicStore, lower_store, 0)
                BRINK_ATOMIC(I32AtomicStore8, lower_store, 0) BRINK_ATOMIC(
                    I32AtomicStore16, lower_store, 0) BRINK_ATOMIC(I64AtomicStore8, lower_store, 0)
                    BRINK_ATOMIC(I64AtomicStore16, lower_store, 0) BRINK_ATOMIC(
                        I64AtomicStore32, lower_store, 0) BRINK_RMW(Add, lower_add, I::kIdAdd)
                        BRINK_RMW(Sub, lower_add, I::kIdSub) BRINK_RMW(And, lower_logic, I::kIdAnd)
                            BRINK_RMW(Or, lower_logic, I::kIdOr)
                                BRINK_RMW(Xor, lower_logic, I::kIdXor)
                                    BRINK_RMW(Xchg, lower_exchange, I::kIdXchg)
                                        BRINK_RMW(Cmpxchg, lower_cmpxchg, I::kIdCmpxchg)};

#undef BRINK_RMW
#undef BRINK_ATOMIC

}  // namespace

std::span<const Row> atomic_rows() {
  return kAtomicRows;
}

}  // namespace brink::compile::x64
