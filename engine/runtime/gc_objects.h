// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Objects of the garbage-collected heap as instructions see them: making, testing, filling. Shared
// by executing code and by constant expressions.

#ifndef BRINK_RUNTIME_GC_OBJECTS_H_
#define BRINK_RUNTIME_GC_OBJECTS_H_

#include <cstring>

#include "brink/trap.h"
#include "engine/runtime/gc_heap.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/layout.h"

namespace brink::runtime {

/// Whether a null or non-null reference is of a canonical type, which must be in the hierarchy that
/// the reference is known to be in.
bool is_instance(const StoreState& store, RefWord word, ValType type);

/// The most precise heap type of a non-null reference in a hierarchy.
HeapType dynamic_type(const StoreState& store, RefWord word, AbstractHeapType hierarchy);

/// Reads a field or element into slots; packed ones zero-extended.
inline void load_field(const uint8_t* at, ValType storage, Slot* slots) {
  slots[0] = 0;
  std::memcpy(slots, at, storage_bytes(storage));
}
/// The low bytes of the slots are the value.
inline void store_field(uint8_t* at, ValType storage, const Slot* slots) {
  std::memcpy(at, slots, storage_bytes(storage));
}

// Making objects; 0 when the heap is exhausted also after a collection.

RefWord new_object(StoreState& store, const ObjectLayout& layout, uint32_t length);
/// Fields from consecutive slots.
RefWord new_struct(StoreState& store, const ObjectLayout& layout, const Slot* values);
/// All elements the same value; null: zero.
RefWord new_array(StoreState& store, const ObjectLayout& layout, uint32_t length,
                  const Slot* value);
/// Elements from consecutive slots.
RefWord new_fixed_array(StoreState& store, const ObjectLayout& layout, uint32_t length,
                        const Slot* values);
/// An exception with its payload.
RefWord new_exception(StoreState& store, const TagObject& tag, const Slot* payload);

inline const TagObject* exception_tag(const GcHeap& heap, RefWord exception) {
  const TagObject* tag = nullptr;
  std::memcpy(&tag, heap.base() + exception + kObjectData, sizeof tag);
  return tag;
}
inline const Slot* exception_payload(const GcHeap& heap, RefWord exception) {
  return reinterpret_cast<const Slot*>(heap.base() + exception + kExceptionPayload);
}

/// Sets elements [start, start + count), which exist, to one value.
void fill_elements(GcHeap& heap, RefWord array, uint32_t start, uint32_t count, const Slot* value);

// From segments (spec: array.new_data, array.init_data and so on). A trap if the segment is too
// short; the elements must exist.
TrapCode init_from_data(InstanceObject& instance, RefWord array, uint32_t start, uint32_t segment,
                        uint32_t source, uint32_t count);
TrapCode init_from_elements(InstanceObject& instance, RefWord array, uint32_t start,
                            uint32_t segment, uint32_t source, uint32_t count);
/// The checks of the above alone.
TrapCode check_data(const InstanceObject& instance, const ObjectLayout& layout, uint32_t segment,
                    uint32_t source, uint32_t count);
TrapCode check_elements(const InstanceObject& instance, uint32_t segment, uint32_t source,
                        uint32_t count);

/// Collects now. Everything that is needed must be reachable from the store or its frames.
void collect_garbage(StoreState& store);

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_GC_OBJECTS_H_
