// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a mistake here lets a guest reach outside of an object. Changes need a second
// reader.
//
// Handlers of structs, arrays, i31 and casts. Offsets of fields and the widths of elements are part
// of the instruction. Instructions that allocate are safepoints: a collection reads the operands
// from their slots, see FrameMap.

#include <cstring>

#include "engine/interpret/handler_table.h"
#include "engine/interpret/operands.h"
#include "engine/runtime/gc_objects.h"
#include "engine/runtime/store_state.h"

namespace brink::interpret {
namespace {

using runtime::kObjectData;
using runtime::ObjectHeader;
using runtime::ObjectLayout;
using runtime::RefWord;

// ---- fields and elements: Memory as stored, Value as in a slot ----

template <typename Memory, typename Value>
BRINK_INLINE void load(Slot* slot, const uint8_t* at) {
  if constexpr (std::is_same_v<Memory, V128>) {
    __builtin_memcpy(slot, at, sizeof(V128));
  } else {
    Memory value;
    __builtin_memcpy(&value, at, sizeof value);
    *slot = static_cast<Value>(value);
  }
}
template <typename Memory>
BRINK_INLINE void store(uint8_t* at, const Slot* slot) {
  __builtin_memcpy(at, slot, sizeof(Memory));
}

/// lo result, hi object; word 2: offset.
template <typename Memory, typename Value>
void struct_get(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  const RefWord object = fp[op.hi];
  if (object == 0) [[unlikely]]
    BRINK_RAISE(TrapCode::NullStructReference);
  load<Memory, Value>(fp + op.lo, rt->heap_base + object + pc[2].wide.lo);
  BRINK_NEXT(3);
}
/// lo object, hi value; word 2: offset.
template <typename Memory>
void struct_set(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  const RefWord object = fp[op.lo];
  if (object == 0) [[unlikely]]
    BRINK_RAISE(TrapCode::NullStructReference);
  store<Memory>(rt->heap_base + object + pc[2].wide.lo, fp + op.hi);
  BRINK_NEXT(3);
}

BRINK_INLINE uint32_t length_of(const ExecContext* rt, RefWord array) {
  ObjectHeader header;
  __builtin_memcpy(&header, rt->heap_base + array, sizeof header);
  return header.length;
}

/// lo result, hi array; word 2: lo index.
template <typename Memory, typename Value>
void array_get(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  const RefWord array = fp[op.hi];
  if (array == 0) [[unlikely]]
    BRINK_RAISE(TrapCode::NullArrayReference);
  const auto index = static_cast<uint32_t>(fp[pc[2].wide.lo]);
  if (index >= length_of(rt, array)) [[unlikely]]
    BRINK_RAISE(TrapCode::ArrayOutOfBounds);
  load<Memory, Value>(fp + op.lo,
                      rt->heap_base + array + kObjectData + uint64_t{index} * sizeof(Memory));
  BRINK_NEXT(3);
}
/// lo array, hi index; word 2: lo value.
template <typename Memory>
void array_set(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  const RefWord array = fp[op.lo];
  if (array == 0) [[unlikely]]
    BRINK_RAISE(TrapCode::NullArrayReference);
  const auto index = static_cast<uint32_t>(fp[op.hi]);
  if (index >= length_of(rt, array)) [[unlikely]]
    BRINK_RAISE(TrapCode::ArrayOutOfBounds);
  store<Memory>(rt->heap_base + array + kObjectData + uint64_t{index} * sizeof(Memory),
                fp + pc[2].wide.lo);
  BRINK_NEXT(3);
}

/// lo result, hi array.
void array_len(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  const RefWord array = fp[op.hi];
  if (array == 0) [[unlikely]]
    BRINK_RAISE(TrapCode::NullArrayReference);
  fp[op.lo] = length_of(rt, array);
  BRINK_NEXT(2);
}

// ---- allocation: lo first operand and result, hi as said; word 2: layout ----

/// What the handlers have in common: the collector must find the frame while `make` runs.
template <typename Make>
BRINK_INLINE RefWord at_safepoint(const CodeWord* pc, Slot* fp, ExecContext* rt, Make make) {
  rt->safepoint_pc = pc;
  rt->safepoint_fp = fp;
  const RefWord word = make(*rt->store, *static_cast<const ObjectLayout*>(pc[2].pointer));
  rt->safepoint_pc = nullptr;
  return word;
}

#define BRINK_ALLOCATE(expression)                                                           \
  do {                                                                                       \
    Slot* const args = fp + pc[1].wide.lo;                                                   \
    const RefWord word = at_safepoint(                                                       \
        pc, fp, rt, [=](runtime::StoreState& store, const ObjectLayout& layout) -> RefWord { \
          return runtime::expression;                                                        \
        });                                                                                  \
    if (word == 0) [[unlikely]]                                                              \
      BRINK_RAISE(TrapCode::HeapExhausted);                                                  \
    args[0] = word;                                                                          \
    BRINK_NEXT(3);                                                                           \
  } while (0)

void struct_new(BRINK_STATE) {
  BRINK_ALLOCATE(new_struct(store, layout, args));
}
void struct_new_default(BRINK_STATE) {
  BRINK_ALLOCATE(new_object(store, layout, 0));
}
/// Operands: value, length.
void array_new(BRINK_STATE) {
  BRINK_ALLOCATE(
      new_array(store, layout, static_cast<uint32_t>(args[layout.element.slots()]), args));
}
void array_new_default(BRINK_STATE) {
  BRINK_ALLOCATE(new_object(store, layout, static_cast<uint32_t>(args[0])));
}
/// hi: length.
void array_new_fixed(BRINK_STATE) {
  BRINK_ALLOCATE(new_fixed_array(store, layout, pc[1].wide.hi, args));
}
/// Operands: source, length; hi: segment.
void array_new_data(BRINK_STATE) {
  const Slot* source = fp + pc[1].wide.lo;
  const TrapCode trap =
      runtime::check_data(*inst, *static_cast<const ObjectLayout*>(pc[2].pointer), pc[1].wide.hi,
                          static_cast<uint32_t>(source[0]), static_cast<uint32_t>(source[1]));
  if (trap != TrapCode::None) [[unlikely]]
    BRINK_RAISE(trap);
  const auto start = static_cast<uint32_t>(source[0]);
  const auto count = static_cast<uint32_t>(source[1]);
  const RefWord word =
      at_safepoint(pc, fp, rt, [=](runtime::StoreState& store, const ObjectLayout& layout) {
        return runtime::new_object(store, layout, count);
      });
  if (word == 0) [[unlikely]]
    BRINK_RAISE(TrapCode::HeapExhausted);
  runtime::init_from_data(*inst, word, 0, pc[1].wide.hi, start, count);
  fp[pc[1].wide.lo] = word;
  BRINK_NEXT(3);
}
void array_new_elem(BRINK_STATE) {
  const Slot* source = fp + pc[1].wide.lo;
  const auto start = static_cast<uint32_t>(source[0]);
  const auto count = static_cast<uint32_t>(source[1]);
  const TrapCode trap = runtime::check_elements(*inst, pc[1].wide.hi, start, count);
  if (trap != TrapCode::None) [[unlikely]]
    BRINK_RAISE(trap);
  const RefWord word =
      at_safepoint(pc, fp, rt, [=](runtime::StoreState& store, const ObjectLayout& layout) {
        return runtime::new_object(store, layout, count);
      });
  if (word == 0) [[unlikely]]
    BRINK_RAISE(TrapCode::HeapExhausted);
  runtime::init_from_elements(*inst, word, 0, pc[1].wide.hi, start, count);
  fp[pc[1].wide.lo] = word;
  BRINK_NEXT(3);
}

// ---- many elements at once ----

BRINK_INLINE bool contains(const ExecContext* rt, RefWord array, uint32_t start, uint32_t count) {
  return uint64_t{start} + count <= length_of(rt, array);
}

/// lo array, start, value, count.
void array_fill(BRINK_STATE) {
  const Slot* args = fp + pc[1].wide.lo;
  const RefWord array = args[0];
  if (array == 0) BRINK_RAISE(TrapCode::NullArrayReference);
  const uint32_t value_slots = pc[1].wide.hi;
  const auto start = static_cast<uint32_t>(args[1]);
  const auto count = static_cast<uint32_t>(args[2 + value_slots]);
  if (!contains(rt, array, start, count)) BRINK_RAISE(TrapCode::ArrayOutOfBounds);
  runtime::fill_elements(rt->store->heap, array, start, count, args + 2);
  BRINK_NEXT(2);
}

/// lo destination, start, source, start, count; hi bytes of an element.
void array_copy(BRINK_STATE) {
  const Slot* args = fp + pc[1].wide.lo;
  const RefWord to = args[0];
  const RefWord from = args[2];
  if (to == 0 || from == 0) BRINK_RAISE(TrapCode::NullArrayReference);
  const auto to_start = static_cast<uint32_t>(args[1]);
  const auto from_start = static_cast<uint32_t>(args[3]);
  const auto count = static_cast<uint32_t>(args[4]);
  if (!contains(rt, to, to_start, count) || !contains(rt, from, from_start, count))
    BRINK_RAISE(TrapCode::ArrayOutOfBounds);
  const uint64_t bytes = pc[1].wide.hi;
  std::memmove(rt->heap_base + to + kObjectData + to_start * bytes,
               rt->heap_base + from + kObjectData + from_start * bytes, count * bytes);
  BRINK_NEXT(2);
}

/// lo array, start, source, count; hi segment.
template <auto init>
void array_init(BRINK_STATE) {
  const Slot* args = fp + pc[1].wide.lo;
  const RefWord array = args[0];
  if (array == 0) BRINK_RAISE(TrapCode::NullArrayReference);
  const auto start = static_cast<uint32_t>(args[1]);
  const auto source = static_cast<uint32_t>(args[2]);
  const auto count = static_cast<uint32_t>(args[3]);
  if (!contains(rt, array, start, count)) BRINK_RAISE(TrapCode::ArrayOutOfBounds);
  const TrapCode trap = init(*inst, array, start, pc[1].wide.hi, source, count);
  if (trap != TrapCode::None) BRINK_RAISE(trap);
  BRINK_NEXT(2);
}

// ---- i31: lo result, hi operand ----

void ref_i31(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  fp[op.lo] = runtime::make_i31(static_cast<uint32_t>(fp[op.hi]));
  BRINK_NEXT(2);
}
template <typename T>
void i31_get(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  const RefWord word = fp[op.hi];
  if (word == 0) [[unlikely]]
    BRINK_RAISE(TrapCode::NullI31Reference);
  // The shift keeps the sign of a signed T.
  fp[op.lo] = static_cast<uint32_t>(static_cast<T>(static_cast<uint32_t>(word)) >> 1);
  BRINK_NEXT(2);
}

// ---- casts: word 2: a type in a ValType's bits ----

bool has_cast_type(const ExecContext* rt, RefWord word, uint32_t bits) {
  const HeapType heap = HeapType::from_code(bits & ~kNullableCast);
  return runtime::is_instance(*rt->store, word, ValType::ref(heap, (bits & kNullableCast) != 0));
}

/// lo result, hi operand.
void ref_test(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  fp[op.lo] = has_cast_type(rt, fp[op.hi], pc[2].wide.lo);
  BRINK_NEXT(3);
}
/// lo operand, which stays where it is.
void ref_cast(BRINK_STATE) {
  if (!has_cast_type(rt, fp[pc[1].wide.lo], pc[2].wide.lo)) [[unlikely]]
    BRINK_RAISE(TrapCode::CastFailure);
  BRINK_NEXT(3);
}
/// a operand, imm target: for forward branches only.
template <bool if_instance>
void br_cast(BRINK_STATE) {
  const Operands op = pc[1].operands;
  if (has_cast_type(rt, fp[op.a], pc[2].wide.lo) == if_instance) BRINK_DISPATCH(pc + op.imm);
  BRINK_NEXT(3);
}

}  // namespace

void fill_gc_handlers(std::array<Handler, kInternalOpCount>& handlers) {
  const auto set = [&](InternalOp op, Handler handler) {
    handlers[static_cast<size_t>(op)] = handler;
  };
  set(InternalOp::StructGet8S, struct_get<int8_t, uint32_t>);
  set(InternalOp::StructGet8U, struct_get<uint8_t, uint32_t>);
  set(InternalOp::StructGet16S, struct_get<int16_t, uint32_t>);
  set(InternalOp::StructGet16U, struct_get<uint16_t, uint32_t>);
  set(InternalOp::StructGet32, struct_get<uint32_t, uint32_t>);
  set(InternalOp::StructGet64, struct_get<uint64_t, uint64_t>);
  set(InternalOp::StructGetVector, struct_get<V128, V128>);
  set(InternalOp::StructSet8, struct_set<uint8_t>);
  set(InternalOp::StructSet16, struct_set<uint16_t>);
  set(InternalOp::StructSet32, struct_set<uint32_t>);
  set(InternalOp::StructSet64, struct_set<uint64_t>);
  set(InternalOp::StructSetVector, struct_set<V128>);
  set(InternalOp::ArrayGet8S, array_get<int8_t, uint32_t>);
  set(InternalOp::ArrayGet8U, array_get<uint8_t, uint32_t>);
  set(InternalOp::ArrayGet16S, array_get<int16_t, uint32_t>);
  set(InternalOp::ArrayGet16U, array_get<uint16_t, uint32_t>);
  set(InternalOp::ArrayGet32, array_get<uint32_t, uint32_t>);
  set(InternalOp::ArrayGet64, array_get<uint64_t, uint64_t>);
  set(InternalOp::ArrayGetVector, array_get<V128, V128>);
  set(InternalOp::ArraySet8, array_set<uint8_t>);
  set(InternalOp::ArraySet16, array_set<uint16_t>);
  set(InternalOp::ArraySet32, array_set<uint32_t>);
  set(InternalOp::ArraySet64, array_set<uint64_t>);
  set(InternalOp::ArraySetVector, array_set<V128>);
  set(InternalOp::ArrayLen, array_len);
  set(InternalOp::StructNew, struct_new);
  set(InternalOp::StructNewDefault, struct_new_default);
  set(InternalOp::ArrayNew, array_new);
  set(InternalOp::ArrayNewDefault, array_new_default);
  set(InternalOp::ArrayNewFixed, array_new_fixed);
  set(InternalOp::ArrayNewData, array_new_data);
  set(InternalOp::ArrayNewElem, array_new_elem);
  set(InternalOp::ArrayFill, array_fill);
  set(InternalOp::ArrayCopy, array_copy);
  set(InternalOp::ArrayInitData, array_init<&runtime::init_from_data>);
  set(InternalOp::ArrayInitElem, array_init<&runtime::init_from_elements>);
  set(InternalOp::RefI31, ref_i31);
  set(InternalOp::I31GetS, i31_get<int32_t>);
  set(InternalOp::I31GetU, i31_get<uint32_t>);
  set(InternalOp::RefTest, ref_test);
  set(InternalOp::RefCast, ref_cast);
  set(InternalOp::BrIfInstance, br_cast<true>);
  set(InternalOp::BrUnlessInstance, br_cast<false>);
}

}  // namespace brink::interpret
