// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a mistake here lets a guest leave its memory. Changes need a second reader.
//
// Addresses, loads, stores, globals. How an access becomes base + index * scale + disp:
//
//   guarded memory 0   r14 + index + offset. The index is 32 bits, zero-extended; arithmetic on it
//   is
//                      folded only where it cannot wrap, because the sum of 64 bits would be
//                      another. So is the offset if it is beyond what a displacement holds: it is
//                      added first.
//   raw                an address of 64 bits: its sums are folded, all arithmetic is modulo 2^64
//
// In a Row of a load or store, `extra` is how many bytes are accessed.

#include <cstddef>
#include <limits>

#include "engine/compile/ir/vm_layout.h"
#include "engine/compile/x64/encoder.h"
#include "engine/compile/x64/lowering.h"
#include "engine/runtime/instance.h"
#include "engine/support/check.h"

namespace brink::compile::x64 {

namespace {

using ir::Inst;
using ir::Op;
using ir::to_op;
using ir::ValueId;

constexpr int64_t kMaxDisp = std::numeric_limits<int32_t>::max();

bool fits_disp(int64_t value) {
  return value == static_cast<int32_t>(value);
}

/// i64 value << 1, 2 or 3.
bool is_scaled(const Lowering& l, ValueId value, uint8_t& scale) {
  if (!l.is_op(value, Opcode::I64Shl) || !l.can_fold(value)) return false;
  const auto count = l.constant(l.arg(value, 1));
  if (!count || *count == 0 || *count > 3) return false;
  scale = static_cast<uint8_t>(*count);
  return true;
}

/// An i64 as index or base: the zero extension of an i32 is the i32's register.
VReg use_wide(Lowering& l, ValueId value) {
  while (l.is_op(value, Opcode::I64ExtendI32U) && l.can_fold(value)) value = l.arg(value, 0);
  return l.use(value);
}

void set_base(Lowering& l, Address& address, ValueId value) {
  switch (l.inst(value).op) {
    case Op::Instance: address.base = Address::Base::Instance; return;
    case Op::MemoryBase0: address.base = Address::Base::MemoryBase; return;
    default: break;
  }
  address.base = Address::Base::Register;
  address.base_reg = use_wide(l, value);
}

Address raw_address(Lowering& l, ValueId value, int64_t disp) {
  while (l.is_op(value, Opcode::I64Add) && l.can_fold(value)) {
    const auto imm = l.immediate(l.arg(value, 1), 8);
    if (!imm || !fits_disp(disp + *imm)) break;
    disp += *imm;
    value = l.arg(value, 0);
  }
  Address address;
  if (!fits_disp(disp)) {
    address.base = Address::Base::Register;
    address.base_reg = l.emit_constant(static_cast<uint64_t>(disp));
    address.index = use_wide(l, value);
    return address;
  }
  address.disp = static_cast<int32_t>(disp);
  if (!l.is_op(value, Opcode::I64Add) || !l.can_fold(value)) {
    set_base(l, address, value);
    return address;
  }
  ValueId base = l.arg(value, 0);
  ValueId index = l.arg(value, 1);
  if (is_scaled(l, base, address.scale)) std::swap(base, index);
  if (is_scaled(l, index, address.scale)) index = l.arg(index, 0);
  set_base(l, address, base);
  address.index = use_wide(l, index);
  return address;
}

/// Folds into the address what an i32 index is made of, as long as no part of it can wrap.
Address guarded_address(Lowering& l, ValueId index, int64_t offset) {
  Address address;
  address.base = Address::Base::MemoryBase;
  constexpr uint64_t kLimit = uint64_t{1} << 32;
  while (l.is_op(index, Opcode::I32Add) && l.can_fold(index)) {
    const auto more = l.constant(l.arg(index, 1));
    if (!more || offset + static_cast<int64_t>(*more) > kMaxDisp) break;
    if (l.upper_bound(l.arg(index, 0)) + *more >= kLimit) break;
    offset += static_cast<int64_t>(*more);
    index = l.arg(index, 0);
  }
  if (const auto fixed = l.constant(index); fixed && offset + int64_t(*fixed) <= kMaxDisp) {
    address.disp = static_cast<int32_t>(offset + static_cast<int64_t>(*fixed));
    return address;
  }
  if (l.is_op(index, Opcode::I32Shl) && l.can_fold(index)) {
    const auto count = l.constant(l.arg(index, 1));
    if (count && *count <= 3 && l.upper_bound(l.arg(index, 0)) << *count < kLimit) {
      address.scale = static_cast<uint8_t>(*count);
      index = l.arg(index, 0);
    }
  }
  address.index = l.use(index);
  if (offset <= kMaxDisp) {
    address.disp = static_cast<int32_t>(offset);
    return address;
  }
  Address sum = Address::at(l.emit_constant(static_cast<uint64_t>(offset)));
  sum.index = address.index;
  sum.scale = address.scale;
  address.index = l.new_int();
  address.scale = 0;
  l.emit(Form::DM, I::kIdLea, {.d = address.index, .mem = &sum});
  return address;
}

// --- Loads ---

/// `code` and `vex`: both encodings of a load whose register operand is the result.
void lower_load(Lowering& l, ValueId value, const Row& row) {
  const Address address = l.address(value);
  const uint32_t code = row.vex != 0 && l.has_avx() ? row.vex : row.code;
  l.emit(Form::DM, code,
         {.width = row.width,
          .d = l.def(value),
          .source_bytes = row.extra,
          .mem = &address,
          .position = l.inst(value).position});
}

// --- Stores ---

/// The value of a narrow store, without masks that change no byte of it.
ValueId strip_mask(const Lowering& l, ValueId value, uint8_t bytes) {
  if (bytes > 2) return value;
  const uint64_t needed = bytes == 1 ? 0xff : 0xffff;
  while ((l.is_op(value, Opcode::I32And) || l.is_op(value, Opcode::I64And)) && l.can_fold(value)) {
    const auto mask = l.constant(l.arg(value, 1));
    if (!mask || (*mask & needed) != needed) break;
    value = l.arg(value, 0);
  }
  return value;
}

struct UpdateRow {
  Opcode narrow;
  Opcode wide;
  uint32_t code;
  bool commutes;
};
constexpr UpdateRow kUpdates[] = {
    {Opcode::I32Add, Opcode::I64Add, I::kIdAdd, true},
    {Opcode::I32Sub, Opcode::I64Sub, I::kIdSub, false},
    {Opcode::I32And, Opcode::I64And, I::kIdAnd, true},
    {Opcode::I32Or, Opcode::I64Or, I::kIdOr, true},
    {Opcode::I32Xor, Opcode::I64Xor, I::kIdXor, true},
};

bool loads_what_is_stored(const Lowering& l, ValueId load, ValueId store) {
  const Inst& from = l.inst(load);
  const Inst& to = l.inst(store);
  if (!l.is_op(load, Opcode::I32Load) && !l.is_op(load, Opcode::I64Load)) return false;
  return from.args[0] == to.args[0] && from.imm == to.imm && from.is_raw() == to.is_raw() &&
         l.can_fold_load(load);
}

/// store(p, load(p) op x): one instruction on memory.
bool lower_update(Lowering& l, ValueId store, ValueId value, uint8_t width) {
  if (!l.can_fold(value)) return false;
  for (const UpdateRow& update : kUpdates) {
    if (!l.is_op(value, width == 4 ? update.narrow : update.wide)) continue;
    ValueId load = l.arg(value, 0);
    ValueId other = l.arg(value, 1);
    if (!loads_what_is_stored(l, load, store)) {
      if (!update.commutes || !loads_what_is_stored(l, other, store)) return false;
      std::swap(load, other);
    }
    l.fold_load(load);
    const Address address = l.address(store);
    Args args = {.width = width, .mem = &address, .position = l.inst(load).position};
    if (const auto imm = l.immediate(other, width)) {
      args.imm = static_cast<uint64_t>(int64_t{*imm});
      l.emit(Form::MI, update.code, args);
    } else {
      args.a = l.use_low(other, width);
      l.emit(Form::MU, update.code, args);
    }
    return true;
  }
  return false;
}

void lower_store(Lowering& l, ValueId store, const Row& row) {
  const uint8_t bytes = row.width;
  const ValueId value = strip_mask(l, l.arg(store, 1), bytes);
  if (bytes >= 4 && lower_update(l, store, value, bytes)) return;
  const Address address = l.address(store);
  Args args = {.width = bytes, .mem = &address, .position = l.inst(store).position};
  if (const auto imm = l.immediate(value, bytes)) {
    args.imm = static_cast<uint64_t>(int64_t{*imm});
    if (bytes == 1) args.imm = static_cast<uint64_t>(int64_t{static_cast<int8_t>(*imm)});
    if (bytes == 2) args.imm = static_cast<uint64_t>(int64_t{static_cast<int16_t>(*imm)});
    l.emit(Form::MI, I::kIdMov, args);
    return;
  }
  args.a = l.use_low(value, bytes);
  l.emit(Form::MU, I::kIdMov, args);
}

void lower_float_store(Lowering& l, ValueId store, const Row& row) {
  const Address address = l.address(store);
  l.emit(Form::MU, l.has_avx() ? row.vex : row.code,
         {.a = l.use(l.arg(store, 1)),
          .source_bytes = row.extra,
          .mem = &address,
          .position = l.inst(store).position});
}

// --- Globals ---

Address global_address(Lowering& l, uint64_t index) {
  const uint32_t imported = l.context().module.imported_globals;
  if (index < imported) {
    const VReg list = l.emit_load(Address::instance(vm_layout::kGlobals));
    const VReg global = l.emit_load(Address::at(list, static_cast<int32_t>(8 * index)));
    return Address::at(global, vm_layout::kGlobalValue);
  }
  const int64_t offset = int64_t{runtime::kOwnGlobals} +
                         static_cast<int64_t>((index - imported) * sizeof(runtime::GlobalObject)) +
                         vm_layout::kGlobalValue;
  BRINK_CHECK(offset <= kMaxDisp);
  return Address::instance(static_cast<int32_t>(offset));
}

void lower_global_get(Lowering& l, ValueId value, const Row&) {
  l.load_value(value, global_address(l, l.inst(value).imm));
}

void lower_global_set(Lowering& l, ValueId value, const Row&) {
  l.store_value(global_address(l, l.inst(value).imm), l.arg(value, 0));
}

// --- Addresses as values ---

/// The native address of an access to a memory that is not guarded. `end` is where the access ends,
/// from the memory's base: index + offset + bytes, which must not exceed the size.
void lower_checked_address(Lowering& l, ValueId value, const Row&) {
  const Inst& inst = l.inst(value);
  const uint64_t bytes = inst.offset();
  const uint64_t distance = inst.imm2 + bytes;
  const bool is_wide = l.inst(inst.args[0]).type == ir::Type::I64;
  const VReg index = l.use(inst.args[0]);
  const VReg end = l.new_int();
  if (distance < bytes) {
    // No index is small enough.
    l.emit(Form::UU, I::kIdCmp, {.a = index, .b = index});
    l.emit_trap_if(Cond::E, TrapCode::MemoryOutOfBounds, inst.position);
    l.emit_move(end, index);
  } else if (!is_wide && distance <= static_cast<uint64_t>(kMaxDisp)) {
    const Address sum = Address::at(index, static_cast<int32_t>(distance));
    l.emit(Form::DM, I::kIdLea, {.d = end, .mem = &sum});
  } else {
    if (distance <= static_cast<uint64_t>(kMaxDisp))
      l.emit(Form::TI, I::kIdAdd, {.d = end, .a = index, .imm = distance});
    else
      l.emit(Form::TU, I::kIdAdd, {.d = end, .a = index, .b = l.emit_constant(distance)});
    if (is_wide) l.emit_trap_if(Cond::B, TrapCode::MemoryOutOfBounds, inst.position);
  }
  l.emit_source(Form::UU, I::kIdCmp, {.a = end}, l.int_source(inst.args[1], 8));
  l.emit_trap_if(Cond::A, TrapCode::MemoryOutOfBounds, inst.position);
  Address native = Address::at(l.use(inst.args[2]), -static_cast<int32_t>(bytes));
  native.index = end;
  l.emit(Form::DM, I::kIdLea, {.d = l.def(value), .mem = &native});
}

void lower_pinned(Lowering& l, ValueId value, const Row&) {
  Address address;
  set_base(l, address, value);
  l.emit(Form::DM, I::kIdLea, {.d = l.def(value), .mem = &address});
}

void lower_type_id(Lowering& l, ValueId value, const Row&) {
  const Address address = Address::type_id(static_cast<uint32_t>(l.inst(value).imm));
  l.emit(Form::DM, I::kIdMov, {.width = 4, .d = l.def(value), .mem = &address});
}

void lower_copy(Lowering& l, ValueId value, const Row&) {
  l.emit_move(l.def(value), l.use(l.arg(value, 0)));
}

// clang-format off
constexpr Row kRows[] = {
    {to_op(Opcode::I32Load), lower_load, I::kIdMov, 0, 4, 4},
    {to_op(Opcode::I32Load8S), lower_load, I::kIdMovsx, 0, 4, 1},
    {to_op(Opcode::I32Load8U), lower_load, I::kIdMovzx, 0, 4, 1},
    {to_op(Opcode::I32Load16S), lower_load, I::kIdMovsx, 0, 4, 2},
    {to_op(Opcode::I32Load16U), lower_load, I::kIdMovzx, 0, 4, 2},
    {to_op(Opcode::I64Load), lower_load, I::kIdMov, 0, 8, 8},
    {to_op(Opcode::I64Load8S), lower_load, I::kIdMovsx, 0, 8, 1},
    {to_op(Opcode::I64Load8U), lower_load, I::kIdMovzx, 0, 4, 1},
    {to_op(Opcode::I64Load16S), lower_load, I::kIdMovsx, 0, 8, 2},
    {to_op(Opcode::I64Load16U), lower_load, I::kIdMovzx, 0, 4, 2},
    {to_op(Opcode::I64Load32S), lower_load, I::kIdMovsxd, 0, 8, 4},
    {to_op(Opcode::I64Load32U), lower_load, I::kIdMov, 0, 4, 4},
    {to_op(Opcode::F32Load), lower_load, I::kIdMovss, I::kIdVmovss, 0, 4},
    {to_op(Opcode::F64Load), lower_load, I::kIdMovsd, I::kIdVmovsd, 0, 8},
    {to_op(Opcode::V128Load), lower_load, I::kIdMovups, I::kIdVmovups, 0, 16},
    {to_op(Opcode::I32Store), lower_store, 0, 0, 4},
    {to_op(Opcode::I32Store8), lower_store, 0, 0, 1},
    {to_op(Opcode::I32Store16), lower_store, 0, 0, 2},
    {to_op(Opcode::I64Store), lower_store, 0, 0, 8},
    {to_op(Opcode::I64Store8), lower_store, 0, 0, 1},
    {to_op(Opcode::I64Store16), lower_store, 0, 0, 2},
    {to_op(Opcode::I64Store32), lower_store, 0, 0, 4},
    {to_op(Opcode::F32Store), lower_float_store, I::kIdMovss, I::kIdVmovss, 0, 4},
    {to_op(Opcode::F64Store), lower_float_store, I::kIdMovsd, I::kIdVmovsd, 0, 8},
    {to_op(Opcode::V128Store), lower_float_store, I::kIdMovups, I::kIdVmovups, 0, 16},
    {to_op(Opcode::GlobalGet), lower_global_get},
    {to_op(Opcode::GlobalSet), lower_global_set},
    {Op::CheckedAddress, lower_checked_address},
    {Op::Instance, lower_pinned},
    {Op::MemoryBase0, lower_pinned},
    {Op::TypeId, lower_type_id},
    {Op::RefToInt, lower_copy},
    {Op::IntToRef, lower_copy},
    {Op::Copy, lower_copy},
};
// clang-format on

struct Access {
  uint32_t code;
  uint32_t vex;
  uint8_t bytes;
};
Access access_of(ir::Type type) {
  switch (type) {
    case ir::Type::I32: return {I::kIdMov, I::kIdMov, 4};
    case ir::Type::F32: return {I::kIdMovss, I::kIdVmovss, 4};
    case ir::Type::F64: return {I::kIdMovsd, I::kIdVmovsd, 8};
    case ir::Type::V128: return {I::kIdMovups, I::kIdVmovups, 16};
    default: return {I::kIdMov, I::kIdMov, 8};
  }
}

}  // namespace

void Lowering::load_value(ValueId value, const Address& address) {
  const Access access = access_of(inst(value).type);
  emit(Form::DM, has_avx_ ? access.vex : access.code,
       {.width = access.bytes, .d = def(value), .source_bytes = access.bytes, .mem = &address});
}

void Lowering::store_value(const Address& address, ValueId value) {
  const Access access = access_of(inst(value).type);
  Args args = {.width = access.bytes, .mem = &address};
  if (const auto imm = immediate(value, access.bytes)) {
    args.imm = static_cast<uint64_t>(int64_t{*imm});
    emit(Form::MI, I::kIdMov, args);
    return;
  }
  args.a = use(value);
  args.source_bytes = access.bytes;
  emit(Form::MU, has_avx_ ? access.vex : access.code, args);
}

Address Lowering::address(ValueId access) {
  const Inst& inst = function_[access];
  if (inst.is_raw()) return raw_address(*this, inst.args[0], inst.offset());
  BRINK_CHECK(inst.region() == 0 && context_.memory_is_guarded[0]);
  return guarded_address(*this, inst.args[0], inst.offset());
}

std::span<const Row> memory_rows() {
  return kRows;
}

}  // namespace brink::compile::x64
