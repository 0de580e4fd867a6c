// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/runtime/gc_objects.h"

#include <algorithm>
#include <chrono>

#include "engine/runtime/store_state.h"
#include "engine/runtime/tiers.h"
#include "engine/support/trace.h"

namespace brink::runtime {

// ---- types of references ----

namespace {

/// The heap type that is known of a reference in the `any` hierarchy.
HeapType type_of_any(const StoreState& store, RefWord word) {
  if (is_i31(word)) return AbstractHeapType::I31;
  if (is_host_reference(word)) return AbstractHeapType::Any;
  return HeapType::concrete(store.heap.header(word)->type);
}

}  // namespace

HeapType dynamic_type(const StoreState& store, RefWord word, AbstractHeapType hierarchy) {
  switch (hierarchy) {
    case AbstractHeapType::Any: return type_of_any(store, word);
    case AbstractHeapType::Func:
      return HeapType::concrete(reinterpret_cast<const FuncObject*>(word)->type_id);
    default: return hierarchy;
  }
}

bool is_instance(const StoreState& store, RefWord word, ValType type) {
  if (word == 0) return type.nullable();
  const TypeRegistry& types = store.types();
  return types.matches(dynamic_type(store, word, types.top(type.heap())), type.heap());
}

// ---- making objects ----

RefWord new_object(StoreState& store, const ObjectLayout& layout, uint32_t length) {
  const bool may_collect = store.collection_bans == 0;
  bool has_collected = false;
  if (may_collect && (store.gc_stress || store.heap.wants_collection(layout.bytes(length)))) {
    collect_garbage(store);
    has_collected = true;
  }
  RefWord word = store.heap.allocate(layout, length);
  if (word == 0 && may_collect && !has_collected) {
    collect_garbage(store);
    word = store.heap.allocate(layout, length);
  }
  if (store.heap.base() != nullptr) store.exec.heap_base = store.heap.base();
  return word;
}

RefWord new_struct(StoreState& store, const ObjectLayout& layout, const Slot* values) {
  const RefWord word = new_object(store, layout, 0);
  if (word == 0) return 0;
  uint8_t* const object = store.heap.base() + word;
  for (const ObjectLayout::Field& field : layout.fields) {
    store_field(object + field.offset, field.storage, values);
    values += field.storage.slots();
  }
  return word;
}

RefWord new_array(StoreState& store, const ObjectLayout& layout, uint32_t length,
                  const Slot* value) {
  const RefWord word = new_object(store, layout, length);
  if (word != 0 && value != nullptr) fill_elements(store.heap, word, 0, length, value);
  return word;
}

RefWord new_fixed_array(StoreState& store, const ObjectLayout& layout, uint32_t length,
                        const Slot* values) {
  const RefWord word = new_object(store, layout, length);
  if (word == 0) return 0;
  uint8_t* element = store.heap.base() + word + kObjectData;
  for (uint32_t i = 0; i < length; ++i) {
    store_field(element, layout.element, values);
    element += layout.element_bytes;
    values += layout.element.slots();
  }
  return word;
}

RefWord new_exception(StoreState& store, const TagObject& tag, const Slot* payload) {
  const ObjectLayout& layout = store.layouts().get(tag.type_id);
  uint32_t slots = 0;
  for (const ValType param : store.types().get(tag.type_id).func()->params) slots += param.slots();
  const RefWord word = new_object(store, layout, slots);
  if (word == 0) return 0;
  uint8_t* const object = store.heap.base() + word;
  const TagObject* const address = &tag;
  std::memcpy(object + kObjectData, &address, sizeof address);
  if (slots != 0) std::memcpy(object + kExceptionPayload, payload, slots * sizeof(Slot));
  return word;
}

void fill_elements(GcHeap& heap, RefWord array, uint32_t start, uint32_t count, const Slot* value) {
  const ObjectLayout& layout = heap.layout(array);
  const uint64_t bytes = layout.element_bytes;
  uint8_t* const first = heap.base() + array + kObjectData + start * bytes;
  if (bytes == 1) {
    std::memset(first, static_cast<uint8_t>(value[0]), count);
    return;
  }
  for (uint64_t i = 0; i < count; ++i) std::memcpy(first + i * bytes, value, bytes);
}

// ---- segments ----

namespace {

std::span<const uint8_t> data_of(const InstanceObject& instance, uint32_t segment) {
  const wasm::Module& module = instance.module->decoded;
  if (instance.dropped_data[segment]) return {};
  return module.view(module.data[segment].bytes);
}

}  // namespace

TrapCode check_data(const InstanceObject& instance, const ObjectLayout& layout, uint32_t segment,
                    uint32_t source, uint32_t count) {
  const uint64_t end = source + uint64_t{count} * layout.element_bytes;
  return end <= data_of(instance, segment).size() ? TrapCode::None : TrapCode::MemoryOutOfBounds;
}

TrapCode check_elements(const InstanceObject& instance, uint32_t segment, uint32_t source,
                        uint32_t count) {
  return uint64_t{source} + count <= instance.elements[segment].size() ? TrapCode::None
                                                                       : TrapCode::TableOutOfBounds;
}

TrapCode init_from_data(InstanceObject& instance, RefWord array, uint32_t start, uint32_t segment,
                        uint32_t source, uint32_t count) {
  GcHeap& heap = instance.store->heap;
  const ObjectLayout& layout = heap.layout(array);
  const TrapCode trap = check_data(instance, layout, segment, source, count);
  if (trap != TrapCode::None || count == 0) return trap;
  const uint64_t bytes = layout.element_bytes;
  std::memcpy(heap.base() + array + kObjectData + start * bytes,
              data_of(instance, segment).data() + source, count * bytes);
  return TrapCode::None;
}

TrapCode init_from_elements(InstanceObject& instance, RefWord array, uint32_t start,
                            uint32_t segment, uint32_t source, uint32_t count) {
  const TrapCode trap = check_elements(instance, segment, source, count);
  if (trap != TrapCode::None || count == 0) return trap;
  std::memcpy(instance.store->heap.base() + array + kObjectData + uint64_t{start} * sizeof(Slot),
              instance.elements[segment].data() + source, count * sizeof(Slot));
  return TrapCode::None;
}

// ---- collection ----

namespace {

void mark_all(GcHeap& heap, const Slot* words, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) heap.mark(words[i]);
}

void mark_instances(StoreState& store) {
  const TypeRegistry& types = store.types();
  for (const auto& instance : store.instances) {
    const wasm::Module& module = instance->module->decoded;
    // Of an instance in the making only some globals are there yet.
    for (size_t i = module.imported_globals; i < instance->global_list.size(); ++i)
      if (const GlobalObject& global = *instance->global_list[i];
          is_traced(types, global.type.value))
        store.heap.mark(global.value[0]);
    for (size_t i = 0; i < instance->elements.size(); ++i)
      if (is_traced(types, module.canonical(module.elements[i].type)))
        mark_all(store.heap, instance->elements[i].data(), instance->elements[i].size());
  }
}

void mark_pending(GcHeap& heap, const TypeRegistry& types, const PendingObject& object) {
  const Slot* slot = object.slots;
  const ObjectLayout& layout = object.layout;
  const auto mark = [&](ValType type) {
    if (is_traced(types, type)) heap.mark(*slot);
    slot += type.slots();
  };
  switch (layout.kind) {
    case ObjectKind::Struct:
      for (const ObjectLayout::Field& field : layout.fields) mark(field.storage);
      return;
    case ObjectKind::Array:
      for (uint32_t i = 0; i < object.count; ++i) mark(layout.element);
      return;
    case ObjectKind::Exception:
      for (const ValType param : types.get(layout.type).func()->params) mark(param);
      return;
  }
}

}  // namespace

void collect_garbage(StoreState& store) {
  GcHeap& heap = store.heap;
  const TypeRegistry& types = store.types();
  const uint64_t used = heap.used_bytes();
  const auto start = is_tracing(TraceChannel::Gc) ? std::chrono::steady_clock::now()
                                                  : std::chrono::steady_clock::time_point();
  heap.begin_collection();
  for (const GlobalObject& global : store.globals)
    if (is_traced(types, global.type.value)) heap.mark(global.value[0]);
  for (const auto& table : store.tables)
    if (is_traced(types, table->type.element)) mark_all(heap, table->elements, table->size);
  mark_instances(store);
  heap.mark(store.exception);
  mark_all(heap, store.latest_results.data(), store.latest_results.size());
  mark_all(heap, store.roots.data(), store.roots.size());
  mark_all(heap, store.host_arguments.data(), store.host_arguments.size());
  if (store.pending != nullptr) mark_pending(heap, types, *store.pending);
  mark_frames(store);
  heap.finish_collection();
  BRINK_TRACE(Gc, "collection {}: {} of {} bytes are alive, {} us", heap.collections(),
              heap.live_bytes(), used,
              std::chrono::duration_cast<std::chrono::microseconds>(
                  std::chrono::steady_clock::now() - start)
                  .count());
}

}  // namespace brink::runtime
