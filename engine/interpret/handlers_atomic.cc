// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a mistake here lets a guest leave its memory. Changes need a second reader.
//
// Handlers of atomic accesses (spec: threads). Alignment and bounds are always checked, so guarded
// and other memories need no two forms. All operations are sequentially consistent.
//
//     word 1: a result, b address, imm memory    word 2: offset    word 3: lo, hi value operands

#include "engine/interpret/handler_table.h"
#include "engine/interpret/operands.h"
#include "engine/runtime/parking_lot.h"

namespace brink::interpret {
namespace {

constexpr uint32_t kWords = 4;

/// The cell of an access, or null and the trap why there is none.
template <typename Cell, typename Index>
BRINK_INLINE Cell* find_cell(BRINK_STATE, TrapCode& trap) {
  const runtime::MemoryObject& memory = *inst->memories[pc[1].operands.imm];
  const uint64_t index = load_slot<Index>(fp + pc[1].operands.b);
  const uint64_t offset = pc[2].bits;
  if ((index + offset) % sizeof(Cell) != 0) {
    trap = TrapCode::UnalignedAtomic;
    return nullptr;
  }
  const uint64_t size = memory.bytes.load(std::memory_order_acquire);
  // Safety: no term can wrap, as in handlers_access.cc.
  if (size < sizeof(Cell) || offset > size - sizeof(Cell) || index > size - sizeof(Cell) - offset) {
    trap = TrapCode::MemoryOutOfBounds;
    return nullptr;
  }
  return reinterpret_cast<Cell*>(memory.base + offset + index);
}

#define BRINK_FIND_CELL(Cell, Index)                                 \
  TrapCode trap = TrapCode::None;                                    \
  Cell* const cell = find_cell<Cell, Index>(BRINK_STATE_ARGS, trap); \
  if (cell == nullptr) [[unlikely]]                                  \
  BRINK_RAISE(trap)

template <typename Cell, typename Index>
void atomic_load(BRINK_STATE) {
  BRINK_FIND_CELL(Cell, Index);
  fp[pc[1].operands.a] = __atomic_load_n(cell, __ATOMIC_SEQ_CST);
  BRINK_NEXT(kWords);
}

template <typename Cell, typename Index>
void atomic_store(BRINK_STATE) {
  BRINK_FIND_CELL(Cell, Index);
  __atomic_store_n(cell, static_cast<Cell>(fp[pc[3].wide.lo]), __ATOMIC_SEQ_CST);
  BRINK_NEXT(kWords);
}

enum class Rmw : uint8_t { Add, Sub, And, Or, Xor, Xchg };

template <Rmw op, typename Cell, typename Index>
void atomic_rmw(BRINK_STATE) {
  BRINK_FIND_CELL(Cell, Index);
  const Cell value = static_cast<Cell>(fp[pc[3].wide.lo]);
  Cell old;
  if constexpr (op == Rmw::Add)
    old = __atomic_fetch_add(cell, value, __ATOMIC_SEQ_CST);
  else if constexpr (op == Rmw::Sub)
    old = __atomic_fetch_sub(cell, value, __ATOMIC_SEQ_CST);
  else if constexpr (op == Rmw::And)
    old = __atomic_fetch_and(cell, value, __ATOMIC_SEQ_CST);
  else if constexpr (op == Rmw::Or)
    old = __atomic_fetch_or(cell, value, __ATOMIC_SEQ_CST);
  else if constexpr (op == Rmw::Xor)
    old = __atomic_fetch_xor(cell, value, __ATOMIC_SEQ_CST);
  else
    old = __atomic_exchange_n(cell, value, __ATOMIC_SEQ_CST);
  fp[pc[1].operands.a] = old;
  BRINK_NEXT(kWords);
}

/// lo expected, of the instruction's type; hi replacement. A narrow cell never equals an expected
/// value with higher bits set.
template <typename Cell, typename Index, typename Value>
void atomic_cmpxchg(BRINK_STATE) {
  BRINK_FIND_CELL(Cell, Index);
  const Value wanted = static_cast<Value>(fp[pc[3].wide.lo]);
  Cell expected = static_cast<Cell>(wanted);
  const Cell replacement = static_cast<Cell>(fp[pc[3].wide.hi]);
  if (wanted != expected) {
    expected = __atomic_load_n(cell, __ATOMIC_SEQ_CST);
  } else {
    __atomic_compare_exchange_n(cell, &expected, replacement, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
  }
  fp[pc[1].operands.a] = expected;
  BRINK_NEXT(kWords);
}

/// lo expected, hi timeout in nanoseconds (negative: none).
template <typename Cell, typename Index>
void atomic_wait(BRINK_STATE) {
  BRINK_FIND_CELL(Cell, Index);
  if (!inst->memories[pc[1].operands.imm]->type.is_shared)
    BRINK_RAISE(TrapCode::ExpectedSharedMemory);
  const WideOperands values = pc[3].wide;
  const runtime::WaitResult result =
      runtime::wait_on(cell, static_cast<Cell>(fp[values.lo]), sizeof(Cell),
                       static_cast<int64_t>(fp[values.hi]), *rt);
  const TrapCode interrupt = pending_interrupt(rt);
  if (interrupt != TrapCode::None) BRINK_RAISE(interrupt);
  fp[pc[1].operands.a] = static_cast<uint32_t>(result);
  BRINK_NEXT(kWords);
}

/// lo count. Nobody waits on a memory that is not shared.
template <typename Index>
void atomic_notify(BRINK_STATE) {
  BRINK_FIND_CELL(uint32_t, Index);
  const bool is_shared = inst->memories[pc[1].operands.imm]->type.is_shared;
  const auto count = static_cast<uint32_t>(fp[pc[3].wide.lo]);
  fp[pc[1].operands.a] = is_shared ? runtime::notify(cell, count) : 0;
  BRINK_NEXT(kWords);
}

struct Row {
  Opcode opcode;
  AccessHandlers handlers;
};

constexpr AccessHandlers both(Handler with_i32, Handler with_i64) {
  AccessHandlers row;
  row.checked[0] = with_i32;
  row.checked[1] = with_i64;
  return row;
}

#define BRINK_BOTH(...) both(__VA_ARGS__ uint32_t >, __VA_ARGS__ uint64_t >)
#define BRINK_RMW(name, op)                                                       \
  {Opcode::I32AtomicRmw##name, BRINK_BOTH(atomic_rmw < op, uint32_t, )},          \
      {Opcode::I64AtomicRmw##name, BRINK_BOTH(atomic_rmw < op, uint64_t, )},      \
      {Opcode::I32AtomicRmw8##name##U, BRINK_BOTH(atomic_rmw < op, uint8_t, )},   \
      {Opcode::I32AtomicRmw16##name##U, BRINK_BOTH(atomic_rmw < op, uint16_t, )}, \
      {Opcode::I64AtomicRmw8##name##U, BRINK_BOTH(atomic_rmw < op, uint8_t, )},   \
      {Opcode::I64AtomicRmw16##name##U, BRINK_BOTH(atomic_rmw < op, uint16_t, )}, \
      {Opcode::I64AtomicRmw32##name##U, BRINK_BOTH(atomic_rmw < op, uint32_t, )},

// clang-format off
constexpr Row kRows[] = {
    {Opcode::I32AtomicLoad, BRINK_BOTH(atomic_load<uint32_t,)},
    {Opcode::I64AtomicLoad, BRINK_BOTH(atomic_load<uint64_t,)},
    {Opcode::I32AtomicLoad8U, BRINK_BOTH(atomic_load<uint8_t,)},
    {Opcode::I32AtomicLoad16U, BRINK_BOTH(atomic_load<uint16_t,)},
    {Opcode::I64AtomicLoad8U, BRINK_BOTH(atomic_load<uint8_t,)},
    {Opcode::I64AtomicLoad16U, BRINK_BOTH(atomic_load<uint16_t,)},
    {Opcode::I64AtomicLoad32U, BRINK_BOTH(atomic_load<uint32_t,)},
    {Opcode::I32AtomicStore, BRINK_BOTH(atomic_store<uint32_t,)},
    {Opcode::I64AtomicStore, BRINK_BOTH(atomic_store<uint64_t,)},
    {Opcode::I32AtomicStore8, BRINK_BOTH(atomic_store<uint8_t,)},
    {Opcode::I32AtomicStore16, BRINK_BOTH(atomic_store<uint16_t,)},
    {Opcode::I64AtomicStore8, BRINK_BOTH(atomic_store<uint8_t,)},
    {Opcode::I64AtomicStore16, BRINK_BOTH(atomic_store<uint16_t,)},
    {Opcode::I64AtomicStore32, BRINK_BOTH(atomic_store<uint32_t,)},
    BRINK_RMW(Add, Rmw::Add)
    BRINK_RMW(Sub, Rmw::Sub)
    BRINK_RMW(And, Rmw::And)
    BRINK_RMW(Or, Rmw::Or)
    BRINK_RMW(Xor, Rmw::Xor)
    BRINK_RMW(Xchg, Rmw::Xchg)
    {Opcode::I32AtomicRmwCmpxchg, both(atomic_cmpxchg<uint32_t, uint32_t, uint32_t>, atomic_cmpxchg<uint32_t, uint64_t, uint32_t>)},
    {Opcode::I64AtomicRmwCmpxchg, both(atomic_cmpxchg<uint64_t, uint32_t, uint64_t>, atomic_cmpxchg<uint64_t, uint64_t, uint64_t>)},
    {Opcode::I32AtomicRmw8CmpxchgU, both(atomic_cmpxchg<uint8_t, uint32_t, uint32_t>, atomic_cmpxchg<uint8_t, uint64_t, uint32_t>)},
    {Opcode::I32AtomicRmw16CmpxchgU, both(atomic_cmpxchg<uint16_t, uint32_t, uint32_t>, atomic_cmpxchg<uint16_t, uint64_t, uint32_t>)},
    {Opcode::I64AtomicRmw8CmpxchgU, both(atomic_cmpxchg<uint8_t, uint32_t, uint64_t>, atomic_cmpxchg<uint8_t, uint64_t, uint64_t>)},
    {Opcode::I64AtomicRmw16CmpxchgU, both(atomic_cmpxchg<uint16_t, uint32_t, uint64_t>, atomic_cmpxchg<uint16_t, uint64_t, uint64_t>)},
    {Opcode::I64AtomicRmw32CmpxchgU, both(atomic_cmpxchg<uint32_t, uint32_t, uint64_t>, atomic_cmpxchg<uint32_t, uint64_t, uint64_t>)},
    {Opcode::MemoryAtomicWait32, BRINK_BOTH(atomic_wait<uint32_t,)},
    {Opcode::MemoryAtomicWait64, BRINK_BOTH(atomic_wait<uint64_t,)},
    {Opcode::MemoryAtomicNotify, BRINK_BOTH(atomic_notify<)},
};
// clang-format on

}  // namespace

void fill_atomic_rows(std::array<const AccessHandlers*, kOpcodeCount>& rows) {
  for (const Row& row : kRows) rows[static_cast<size_t>(row.opcode)] = &row.handlers;
}

}  // namespace brink::interpret
