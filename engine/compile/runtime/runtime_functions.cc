// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a mistake here lets a guest reach outside of an object or a memory. Changes
// need a second reader.
//
// What runtime_functions.def says, one function each; those on memories and tables are shared with
// the interpreter. While one that allocates runs, the contents of the new object are in slots that
// no map names: StoreState::pending does.

#include "engine/compile/runtime/runtime_functions.h"

#include <cstring>

#include "engine/compile/runtime/compiled_module.h"
#include "engine/runtime/gc_objects.h"
#include "engine/runtime/operations.h"
#include "engine/runtime/parking_lot.h"
#include "engine/runtime/store_state.h"
#include "engine/support/check.h"

namespace brink::compile {
namespace {

using runtime::InstanceObject;
using runtime::ObjectLayout;
using runtime::PendingObject;
using runtime::RefWord;
using runtime::Slot;
using runtime::StoreState;

// By the names of runtime_functions.def.
namespace table {

using runtime::operations::data_drop;
using runtime::operations::elem_drop;

constexpr auto MemoryGrow = &runtime::operations::memory_grow;
constexpr auto MemoryFill = &runtime::operations::memory_fill;
constexpr auto MemoryCopy = &runtime::operations::memory_copy;
constexpr auto MemoryInit = &runtime::operations::memory_init;
constexpr auto DataDrop = &data_drop;
constexpr auto TableGrow = &runtime::operations::table_grow;
constexpr auto TableFill = &runtime::operations::table_fill;
constexpr auto TableCopy = &runtime::operations::table_copy;
constexpr auto TableInit = &runtime::operations::table_init;
constexpr auto ElemDrop = &elem_drop;

// ---- types and functions ----

TrapCode RefFunc(InstanceObject& instance, Slot* slots, uint32_t function, uint32_t) {
  slots[0] = reinterpret_cast<Slot>(instance.func_ref(function));
  return TrapCode::None;
}

TypeId type_id(const InstanceObject& instance, uint32_t type) {
  return instance.module->decoded.type_ids[type];
}

TrapCode HasFunctionType(InstanceObject& instance, Slot* slots, uint32_t type, uint32_t) {
  const auto* function = reinterpret_cast<const runtime::FuncObject*>(slots[0]);
  const TypeId wanted = type_id(instance, type);
  slots[0] =
      function->type_id == wanted || instance.store->types().is_subtype(function->type_id, wanted);
  return TrapCode::None;
}

TrapCode RefTest(InstanceObject& instance, Slot* slots, uint32_t heap_code, uint32_t nullable) {
  const ValType type = ValType::ref(HeapType::from_code(heap_code), nullable != 0);
  slots[0] =
      runtime::is_instance(*instance.store, slots[0], instance.module->decoded.canonical(type));
  return TrapCode::None;
}

TrapCode LoopCode(InstanceObject& instance, Slot* slots, uint32_t function, uint32_t offset) {
  runtime::FuncObject* code =
      compiled_module(*instance.module).loop_function(instance, function, offset);
  BRINK_CHECK(code != nullptr);  // an inner loop is asked for when those around it have code
  slots[0] = reinterpret_cast<Slot>(code);
  return TrapCode::None;
}

// ---- allocation ----

const ObjectLayout& layout_of(const InstanceObject& instance, uint32_t type) {
  return instance.store->layouts().get(type_id(instance, type));
}

/// Calls `make` with `pending` known to the collector.
template <typename Make>
TrapCode allocate(InstanceObject& instance, Slot* slots, const PendingObject& pending, Make make) {
  StoreState& store = *instance.store;
  store.pending = &pending;
  const RefWord word = make(store, pending.layout);
  store.pending = nullptr;
  if (word == 0) return TrapCode::HeapExhausted;
  slots[0] = word;
  return TrapCode::None;
}

template <typename Make>
TrapCode allocate_zeroed(InstanceObject& instance, Slot* slots, const ObjectLayout& layout,
                         uint32_t length, Make fill) {
  StoreState& store = *instance.store;
  const RefWord word = runtime::new_object(store, layout, length);
  if (word == 0) return TrapCode::HeapExhausted;
  fill(word);
  slots[0] = word;
  return TrapCode::None;
}

TrapCode StructNew(InstanceObject& instance, Slot* slots, uint32_t type, uint32_t) {
  return allocate(instance, slots, {layout_of(instance, type), slots},
                  [=](StoreState& store, const ObjectLayout& layout) {
                    return runtime::new_struct(store, layout, slots);
                  });
}

TrapCode StructNewDefault(InstanceObject& instance, Slot* slots, uint32_t type, uint32_t) {
  return allocate_zeroed(instance, slots, layout_of(instance, type), 0, [](RefWord) {});
}

TrapCode ArrayNew(InstanceObject& instance, Slot* slots, uint32_t type, uint32_t) {
  return allocate(instance, slots, {layout_of(instance, type), slots},
                  [=](StoreState& store, const ObjectLayout& layout) {
                    const auto length = static_cast<uint32_t>(slots[layout.element.slots()]);
                    return runtime::new_array(store, layout, length, slots);
                  });
}

TrapCode ArrayNewDefault(InstanceObject& instance, Slot* slots, uint32_t type, uint32_t) {
  return allocate_zeroed(instance, slots, layout_of(instance, type),
                         static_cast<uint32_t>(slots[0]), [](RefWord) {});
}

TrapCode ArrayNewFixed(InstanceObject& instance, Slot* slots, uint32_t type, uint32_t length) {
  return allocate(instance, slots, {layout_of(instance, type), slots, length},
                  [=](StoreState& store, const ObjectLayout& layout) {
                    return runtime::new_fixed_array(store, layout, length, slots);
                  });
}

TrapCode ArrayNewData(InstanceObject& instance, Slot* slots, uint32_t type, uint32_t segment) {
  const auto start = static_cast<uint32_t>(slots[0]);
  const auto count = static_cast<uint32_t>(slots[1]);
  const ObjectLayout& layout = layout_of(instance, type);
  const TrapCode trap = runtime::check_data(instance, layout, segment, start, count);
  if (trap != TrapCode::None) return trap;
  return allocate_zeroed(instance, slots, layout, count, [&](RefWord word) {
    runtime::init_from_data(instance, word, 0, segment, start, count);
  });
}

TrapCode ArrayNewElem(InstanceObject& instance, Slot* slots, uint32_t type, uint32_t segment) {
  const auto start = static_cast<uint32_t>(slots[0]);
  const auto count = static_cast<uint32_t>(slots[1]);
  const TrapCode trap = runtime::check_elements(instance, segment, start, count);
  if (trap != TrapCode::None) return trap;
  return allocate_zeroed(instance, slots, layout_of(instance, type), count, [&](RefWord word) {
    runtime::init_from_elements(instance, word, 0, segment, start, count);
  });
}

// ---- many elements at once ----

bool contains(const InstanceObject& instance, RefWord array, uint32_t start, uint32_t count) {
  return uint64_t{start} + count <= instance.store->heap.header(array)->length;
}

TrapCode ArrayFill(InstanceObject& instance, Slot* slots, uint32_t type, uint32_t) {
  const RefWord array = slots[0];
  if (array == 0) return TrapCode::NullArrayReference;
  const auto start = static_cast<uint32_t>(slots[1]);
  const auto count = static_cast<uint32_t>(slots[2 + layout_of(instance, type).element.slots()]);
  if (!contains(instance, array, start, count)) return TrapCode::ArrayOutOfBounds;
  runtime::fill_elements(instance.store->heap, array, start, count, slots + 2);
  return TrapCode::None;
}

TrapCode ArrayCopy(InstanceObject& instance, Slot* slots, uint32_t type, uint32_t) {
  const RefWord to = slots[0];
  const RefWord from = slots[2];
  if (to == 0 || from == 0) return TrapCode::NullArrayReference;
  const auto to_start = static_cast<uint32_t>(slots[1]);
  const auto from_start = static_cast<uint32_t>(slots[3]);
  const auto count = static_cast<uint32_t>(slots[4]);
  if (!contains(instance, to, to_start, count) || !contains(instance, from, from_start, count))
    return TrapCode::ArrayOutOfBounds;
  const uint64_t bytes = layout_of(instance, type).element_bytes;
  uint8_t* const heap = instance.store->heap.base() + runtime::kObjectData;
  std::memmove(heap + to + to_start * bytes, heap + from + from_start * bytes, count * bytes);
  return TrapCode::None;
}

template <auto init>
TrapCode init_elements(InstanceObject& instance, Slot* slots, uint32_t segment) {
  const RefWord array = slots[0];
  if (array == 0) return TrapCode::NullArrayReference;
  const auto start = static_cast<uint32_t>(slots[1]);
  const auto source = static_cast<uint32_t>(slots[2]);
  const auto count = static_cast<uint32_t>(slots[3]);
  if (!contains(instance, array, start, count)) return TrapCode::ArrayOutOfBounds;
  return init(instance, array, start, segment, source, count);
}

TrapCode ArrayInitData(InstanceObject& instance, Slot* slots, uint32_t, uint32_t segment) {
  return init_elements<&runtime::init_from_data>(instance, slots, segment);
}
TrapCode ArrayInitElem(InstanceObject& instance, Slot* slots, uint32_t, uint32_t segment) {
  return init_elements<&runtime::init_from_elements>(instance, slots, segment);
}

// ---- exceptions ----

TrapCode Throw(InstanceObject& instance, Slot* slots, uint32_t index, uint32_t) {
  const runtime::TagObject& tag = *instance.tags[index];
  Slot exception = 0;
  const TrapCode trap =
      allocate(instance, &exception, {instance.store->layouts().get(tag.type_id), slots},
               [&](StoreState& store, const ObjectLayout&) {
                 return runtime::new_exception(store, tag, slots);
               });
  if (trap != TrapCode::None) return trap;
  instance.exec->landing_exception = exception;
  return TrapCode::UncaughtException;
}

TrapCode ThrowRef(InstanceObject& instance, Slot* slots, uint32_t, uint32_t) {
  if (slots[0] == 0) return TrapCode::NullExceptionReference;
  instance.exec->landing_exception = slots[0];
  return TrapCode::UncaughtException;
}

// ---- waiting ----

/// The cell of bytes that `operands` slots and then a static offset say; else the trap.
TrapCode find_cell(const InstanceObject& instance, const Slot* slots, uint32_t index,
                   uint32_t operands, uint64_t bytes, uint8_t*& cell) {
  const runtime::MemoryObject& memory = *instance.memories[index];
  const uint64_t address =
      memory.type.address == AddressType::I64 ? slots[0] : static_cast<uint32_t>(slots[0]);
  const uint64_t offset = slots[operands];
  if ((address + offset) % bytes != 0) return TrapCode::UnalignedAtomic;
  const uint64_t size = memory.bytes.load(std::memory_order_acquire);
  // Safety: no term can wrap.
  if (size < bytes || offset > size - bytes || address > size - bytes - offset)
    return TrapCode::MemoryOutOfBounds;
  cell = memory.base + offset + address;
  return TrapCode::None;
}

TrapCode wait(InstanceObject& instance, Slot* slots, uint32_t memory, uint32_t bytes) {
  uint8_t* cell = nullptr;
  const TrapCode trap = find_cell(instance, slots, memory, 3, bytes, cell);
  if (trap != TrapCode::None) return trap;
  if (!instance.memories[memory]->type.is_shared) return TrapCode::ExpectedSharedMemory;
  const uint64_t expected = bytes == 8 ? slots[1] : static_cast<uint32_t>(slots[1]);
  const runtime::WaitResult result =
      runtime::wait_on(cell, expected, bytes, static_cast<int64_t>(slots[2]), *instance.exec);
  slots[0] = static_cast<uint32_t>(result);
  return instance.exec->stack_limit.load() == nullptr ? instance.store->take_interrupt()
                                                      : TrapCode::None;
}

TrapCode Wait32(InstanceObject& instance, Slot* slots, uint32_t memory, uint32_t) {
  return wait(instance, slots, memory, 4);
}
TrapCode Wait64(InstanceObject& instance, Slot* slots, uint32_t memory, uint32_t) {
  return wait(instance, slots, memory, 8);
}

/// Nobody waits on a memory that is not shared.
TrapCode Notify(InstanceObject& instance, Slot* slots, uint32_t memory, uint32_t) {
  uint8_t* cell = nullptr;
  const TrapCode trap = find_cell(instance, slots, memory, 2, 4, cell);
  if (trap != TrapCode::None) return trap;
  const bool is_shared = instance.memories[memory]->type.is_shared;
  slots[0] = is_shared ? runtime::notify(cell, static_cast<uint32_t>(slots[1])) : 0;
  return TrapCode::None;
}

}  // namespace table

constexpr runtime::Operation kTable[] = {
#define BRINK_RUNTIME_FUNCTION(id, name, collects) table::id,
#include "engine/compile/runtime_functions.def"
};

}  // namespace

const void* runtime_function_table() {
  return kTable;
}

}  // namespace brink::compile
