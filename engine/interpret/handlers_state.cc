// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Handlers of globals, references, tables and bulk memory, and of 128-bit arithmetic. All operands
// are in slots. Instructions with several operands find them in consecutive slots from `lo` on and
// leave their result in the first.

#include <cstring>

#include "engine/interpret/handler_table.h"
#include "engine/interpret/operands.h"
#include "engine/runtime/instance.h"
#include "engine/semantics/wide.h"

namespace brink::interpret {
namespace {

using runtime::MemoryObject;
using runtime::TableObject;

/// lo slot, hi global.
void global_get(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  fp[op.lo] = inst->globals[op.hi]->value[0];
  BRINK_NEXT(2);
}
void global_get_vector(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  store_slot(fp + op.lo, load_slot<V128>(inst->globals[op.hi]->value));
  BRINK_NEXT(2);
}
void global_set(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  inst->globals[op.hi]->value[0] = fp[op.lo];
  BRINK_NEXT(2);
}
void global_set_vector(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  store_slot(inst->globals[op.hi]->value, load_slot<V128>(fp + op.lo));
  BRINK_NEXT(2);
}

/// lo result, hi function.
void ref_func(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  fp[op.lo] = reinterpret_cast<Slot>(inst->func_ref(op.hi));
  BRINK_NEXT(2);
}

/// lo operand.
void ref_as_non_null(BRINK_STATE) {
  if (fp[pc[1].wide.lo] == 0) [[unlikely]]
    BRINK_RAISE(TrapCode::NullReference);
  BRINK_NEXT(2);
}

/// An operand that an address type says is 32 or 64 bits wide.
BRINK_INLINE uint64_t address_operand(Slot slot, AddressType type) {
  return type == AddressType::I64 ? slot : static_cast<uint32_t>(slot);
}

/// lo result, hi memory.
void memory_size(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  fp[op.lo] = inst->memories[op.hi]->pages();
  BRINK_NEXT(2);
}

/// lo operand and result, hi memory.
void memory_grow(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  MemoryObject& memory = *inst->memories[op.hi];
  const AddressType address = memory.type.address;
  const std::optional<uint64_t> previous = memory.grow(address_operand(fp[op.lo], address));
  fp[op.lo] = address_operand(previous.value_or(~uint64_t{0}), address);
  BRINK_NEXT(2);
}

/// lo destination, value, size; hi memory.
void memory_fill(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  MemoryObject& memory = *inst->memories[op.hi];
  const Slot* args = fp + op.lo;
  const uint64_t destination = address_operand(args[0], memory.type.address);
  const uint64_t size = address_operand(args[2], memory.type.address);
  if (!memory.contains(destination, size)) BRINK_RAISE(TrapCode::MemoryOutOfBounds);
  if (size != 0) std::memset(memory.base + destination, static_cast<uint8_t>(args[1]), size);
  BRINK_NEXT(2);
}

/// lo destination, source, size; word 2: lo destination memory, hi source memory.
void memory_copy(BRINK_STATE) {
  const WideOperands memories = pc[2].wide;
  MemoryObject& to = *inst->memories[memories.lo];
  MemoryObject& from = *inst->memories[memories.hi];
  const Slot* args = fp + pc[1].wide.lo;
  const uint64_t destination = address_operand(args[0], to.type.address);
  const uint64_t source = address_operand(args[1], from.type.address);
  const AddressType size_type = std::min(to.type.address, from.type.address);
  const uint64_t size = address_operand(args[2], size_type);
  if (!to.contains(destination, size) || !from.contains(source, size))
    BRINK_RAISE(TrapCode::MemoryOutOfBounds);
  if (size != 0) std::memmove(to.base + destination, from.base + source, size);
  BRINK_NEXT(3);
}

/// lo destination, source, size; word 2: lo segment, hi memory.
void memory_init(BRINK_STATE) {
  const WideOperands what = pc[2].wide;
  const Slot* args = fp + pc[1].wide.lo;
  const uint64_t destination = address_operand(args[0], inst->memories[what.hi]->type.address);
  if (!runtime::memory_init(*inst, what.hi, what.lo, destination, static_cast<uint32_t>(args[1]),
                            static_cast<uint32_t>(args[2])))
    BRINK_RAISE(TrapCode::MemoryOutOfBounds);
  BRINK_NEXT(3);
}

/// hi segment.
void data_drop(BRINK_STATE) {
  runtime::drop_data(*inst, pc[1].wide.hi);
  BRINK_NEXT(2);
}

/// lo index and result, hi table.
void table_get(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  const TableObject& table = *inst->tables[op.hi];
  const uint64_t index = address_operand(fp[op.lo], table.type.address);
  if (index >= table.size) [[unlikely]]
    BRINK_RAISE(TrapCode::TableOutOfBounds);
  fp[op.lo] = table.elements[index];
  BRINK_NEXT(2);
}

/// lo index, value; hi table.
void table_set(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  const TableObject& table = *inst->tables[op.hi];
  const uint64_t index = address_operand(fp[op.lo], table.type.address);
  if (index >= table.size) [[unlikely]]
    BRINK_RAISE(TrapCode::TableOutOfBounds);
  table.elements[index] = fp[op.lo + 1];
  BRINK_NEXT(2);
}

/// lo result, hi table.
void table_size(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  fp[op.lo] = inst->tables[op.hi]->size;
  BRINK_NEXT(2);
}

/// lo value, delta; result in lo; hi table.
void table_grow(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  TableObject& table = *inst->tables[op.hi];
  const AddressType address = table.type.address;
  const std::optional<uint64_t> previous =
      table.grow(address_operand(fp[op.lo + 1], address), fp[op.lo]);
  fp[op.lo] = address_operand(previous.value_or(~uint64_t{0}), address);
  BRINK_NEXT(2);
}

/// lo start, value, count; hi table.
void table_fill(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  const TableObject& table = *inst->tables[op.hi];
  const Slot* args = fp + op.lo;
  const uint64_t start = address_operand(args[0], table.type.address);
  const uint64_t count = address_operand(args[2], table.type.address);
  if (!table.contains(start, count)) BRINK_RAISE(TrapCode::TableOutOfBounds);
  std::fill_n(table.elements + start, count, args[1]);
  BRINK_NEXT(2);
}

/// lo destination, source, count; word 2: lo destination table, hi source table.
void table_copy(BRINK_STATE) {
  const WideOperands tables = pc[2].wide;
  const TableObject& to = *inst->tables[tables.lo];
  const TableObject& from = *inst->tables[tables.hi];
  const Slot* args = fp + pc[1].wide.lo;
  const uint64_t destination = address_operand(args[0], to.type.address);
  const uint64_t source = address_operand(args[1], from.type.address);
  const AddressType count_type = std::min(to.type.address, from.type.address);
  const uint64_t count = address_operand(args[2], count_type);
  if (!to.contains(destination, count) || !from.contains(source, count))
    BRINK_RAISE(TrapCode::TableOutOfBounds);
  if (count != 0)
    std::memmove(to.elements + destination, from.elements + source, count * sizeof(Slot));
  BRINK_NEXT(3);
}

/// lo destination, source, count; word 2: lo segment, hi table.
void table_init(BRINK_STATE) {
  const WideOperands what = pc[2].wide;
  const Slot* args = fp + pc[1].wide.lo;
  const uint64_t destination = address_operand(args[0], inst->tables[what.hi]->type.address);
  if (!runtime::table_init(*inst, what.hi, what.lo, destination, static_cast<uint32_t>(args[1]),
                           static_cast<uint32_t>(args[2])))
    BRINK_RAISE(TrapCode::TableOutOfBounds);
  BRINK_NEXT(3);
}

/// hi segment.
void elem_drop(BRINK_STATE) {
  runtime::drop_element(*inst, pc[1].wide.hi);
  BRINK_NEXT(2);
}

/// lo four operands; the two results replace the first two.
template <auto fn>
void wide_sum(BRINK_STATE) {
  Slot* args = fp + pc[1].wide.lo;
  const semantics::Wide result = fn(args[0], args[1], args[2], args[3]);
  args[0] = result.low;
  args[1] = result.high;
  BRINK_NEXT(2);
}

/// lo two operands, replaced by the two results.
template <auto fn>
void wide_product(BRINK_STATE) {
  Slot* args = fp + pc[1].wide.lo;
  const semantics::Wide result = fn(args[0], args[1]);
  args[0] = result.low;
  args[1] = result.high;
  BRINK_NEXT(2);
}

}  // namespace

void fill_state_handlers(std::array<Handler, kInternalOpCount>& handlers) {
  const auto set = [&](InternalOp op, Handler handler) {
    handlers[static_cast<size_t>(op)] = handler;
  };
  set(InternalOp::GlobalGet, global_get);
  set(InternalOp::GlobalGetVector, global_get_vector);
  set(InternalOp::GlobalSet, global_set);
  set(InternalOp::GlobalSetVector, global_set_vector);
  set(InternalOp::RefFunc, ref_func);
  set(InternalOp::RefAsNonNull, ref_as_non_null);
  set(InternalOp::MemorySize, memory_size);
  set(InternalOp::MemoryGrow, memory_grow);
  set(InternalOp::MemoryFill, memory_fill);
  set(InternalOp::MemoryCopy, memory_copy);
  set(InternalOp::MemoryInit, memory_init);
  set(InternalOp::DataDrop, data_drop);
  set(InternalOp::TableGet, table_get);
  set(InternalOp::TableSet, table_set);
  set(InternalOp::TableSize, table_size);
  set(InternalOp::TableGrow, table_grow);
  set(InternalOp::TableFill, table_fill);
  set(InternalOp::TableCopy, table_copy);
  set(InternalOp::TableInit, table_init);
  set(InternalOp::ElemDrop, elem_drop);
  set(InternalOp::WideAdd, wide_sum<&semantics::i64_add128>);
  set(InternalOp::WideSub, wide_sum<&semantics::i64_sub128>);
  set(InternalOp::WideMulS, wide_product<&semantics::i64_mul_wide_s>);
  set(InternalOp::WideMulU, wide_product<&semantics::i64_mul_wide_u>);
}

}  // namespace brink::interpret
