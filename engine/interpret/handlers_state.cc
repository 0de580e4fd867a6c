// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Handlers of globals, references, tables and bulk memory, and of 128-bit arithmetic. All operands
// are in slots. Instructions with several operands find them in consecutive slots from `lo` on and
// leave their result in the first.

#include "engine/interpret/handler_table.h"
#include "engine/interpret/operands.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/operations.h"
#include "engine/semantics/wide.h"

namespace brink::interpret {
namespace {

namespace operations = runtime::operations;
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

/// lo first operand and result, hi index.
template <runtime::Operation operation>
void operate(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  const TrapCode trap = operation(*inst, fp + op.lo, op.hi, 0);
  if (trap != TrapCode::None) [[unlikely]]
    BRINK_RAISE(trap);
  BRINK_NEXT(2);
}
/// lo first operand; word 2: two indices.
template <runtime::Operation operation>
void operate_on_two(BRINK_STATE) {
  const WideOperands what = pc[2].wide;
  const TrapCode trap = operation(*inst, fp + pc[1].wide.lo, what.lo, what.hi);
  if (trap != TrapCode::None) [[unlikely]]
    BRINK_RAISE(trap);
  BRINK_NEXT(3);
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
  set(InternalOp::MemoryGrow, operate<&operations::memory_grow>);
  set(InternalOp::MemoryFill, operate<&operations::memory_fill>);
  set(InternalOp::MemoryCopy, operate_on_two<&operations::memory_copy>);
  set(InternalOp::MemoryInit, operate_on_two<&operations::memory_init>);
  set(InternalOp::DataDrop, operate<&operations::data_drop>);
  set(InternalOp::TableGet, table_get);
  set(InternalOp::TableSet, table_set);
  set(InternalOp::TableSize, table_size);
  set(InternalOp::TableGrow, operate<&operations::table_grow>);
  set(InternalOp::TableFill, operate<&operations::table_fill>);
  set(InternalOp::TableCopy, operate_on_two<&operations::table_copy>);
  set(InternalOp::TableInit, operate_on_two<&operations::table_init>);
  set(InternalOp::ElemDrop, operate<&operations::elem_drop>);
  set(InternalOp::WideAdd, wide_sum<&semantics::i64_add128>);
  set(InternalOp::WideSub, wide_sum<&semantics::i64_sub128>);
  set(InternalOp::WideMulS, wide_product<&semantics::i64_mul_wide_s>);
  set(InternalOp::WideMulU, wide_product<&semantics::i64_mul_wide_u>);
}

}  // namespace brink::interpret
