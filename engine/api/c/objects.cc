// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Globals, tables, memories and tags.

#include <limits>

#include "engine/api/c/handles.h"
#include "engine/api/c/types.h"
#include "engine/runtime/store_state.h"

using brink::Result;
using brink::Status;
using brink::ValType;
using brink::Value;
using brink::capi::StoreBox;

namespace {

/// A handle to what was made, or null and the reason.
template <typename Handle, typename T>
Handle* to_handle(wasm_store_t* store, const Result<T>& made) {
  if (made.has_value()) return new Handle(store->box, *made);
  brink::capi::set_last_error(made.error().to_string());
  return nullptr;
}

bool note(const Status& status) {
  if (!status.has_value()) brink::capi::set_last_error(status.error().to_string());
  return status.has_value();
}

/// A copy of the type as C sees it, with the engine's numbers in it.
template <typename Type>
Type* type_of(const wasm_extern_t& item) {
  return static_cast<Type*>(
      brink::capi::to_externtype(item.store->store.state()->types(), item.get().type()));
}

/// The value for a table slot.
std::optional<Value> element_of(StoreBox& box, const wasm_ref_t* ref, ValType type) {
  std::optional<Value> value = brink::capi::to_value(box, ref, type);
  if (!value.has_value()) brink::capi::set_last_error("the reference has not the table's type");
  return value;
}

}  // namespace

// ---- globals ----

wasm_global_t* wasm_global_new(wasm_store_t* store, const wasm_globaltype_t* type,
                               const wasm_val_t* init) {
  const brink::GlobalType global_type = type->get();
  const std::optional<Value> value = brink::capi::to_value(*store->box, *init, global_type.value);
  if (!value.has_value()) {
    brink::capi::set_last_error("the value has not the global's type");
    return nullptr;
  }
  return to_handle<wasm_global_t>(store, brink::Global::create(store->get(), global_type, *value));
}

wasm_globaltype_t* wasm_global_type(const wasm_global_t* global) {
  return type_of<wasm_globaltype_t>(*global);
}

void wasm_global_get(const wasm_global_t* global, wasm_val_t* out) {
  *out = {};
  if (!brink::capi::to_val(*global->store, global->get().get(), out)) out->kind = BRINK_V128;
}

void wasm_global_set(wasm_global_t* global, const wasm_val_t* value) {
  const std::optional<Value> converted =
      brink::capi::to_value(*global->store, *value, global->get().type().value);
  if (converted.has_value())
    note(global->get().set(*converted));
  else
    brink::capi::set_last_error("the value has not the global's type");
}

// ---- tables ----

wasm_table_t* wasm_table_new(wasm_store_t* store, const wasm_tabletype_t* type, wasm_ref_t* init) {
  const std::optional<Value> value = element_of(*store->box, init, type->type.element);
  if (!value.has_value()) return nullptr;
  return to_handle<wasm_table_t>(store, brink::Table::create(store->get(), type->type, *value));
}

wasm_tabletype_t* wasm_table_type(const wasm_table_t* table) {
  return type_of<wasm_tabletype_t>(*table);
}

wasm_ref_t* wasm_table_get(const wasm_table_t* table, wasm_table_size_t index) {
  const std::optional<Value> value = table->get().get(index);
  return value.has_value() ? brink::capi::to_ref(*table->store, *value) : nullptr;
}

bool wasm_table_set(wasm_table_t* table, wasm_table_size_t index, wasm_ref_t* ref) {
  const std::optional<Value> value = element_of(*table->store, ref, table->get().type().element);
  return value.has_value() && note(table->get().set(index, *value));
}

wasm_table_size_t wasm_table_size(const wasm_table_t* table) {
  return static_cast<wasm_table_size_t>(table->get().size());
}

bool wasm_table_grow(wasm_table_t* table, wasm_table_size_t delta, wasm_ref_t* init) {
  const std::optional<Value> value = element_of(*table->store, init, table->get().type().element);
  return value.has_value() && table->get().grow(delta, *value).has_value();
}

// ---- memories ----

wasm_memory_t* wasm_memory_new(wasm_store_t* store, const wasm_memorytype_t* type) {
  return to_handle<wasm_memory_t>(store, brink::Memory::create(store->get(), type->type));
}

wasm_memorytype_t* wasm_memory_type(const wasm_memory_t* memory) {
  return type_of<wasm_memorytype_t>(*memory);
}

byte_t* wasm_memory_data(wasm_memory_t* memory) {
  return reinterpret_cast<byte_t*>(memory->get().data().data());
}
size_t wasm_memory_data_size(const wasm_memory_t* memory) {
  return memory->get().size_bytes();
}
wasm_memory_pages_t wasm_memory_size(const wasm_memory_t* memory) {
  return static_cast<wasm_memory_pages_t>(memory->get().size_pages());
}
bool wasm_memory_grow(wasm_memory_t* memory, wasm_memory_pages_t delta) {
  return memory->get().grow(delta).has_value();
}

wasm_memorytype_t* brink_memorytype_new(uint64_t min, uint64_t max, bool is_64, bool is_shared) {
  brink::MemoryType type;
  type.limits.min = min;
  if (max != std::numeric_limits<uint64_t>::max()) type.limits.max = max;
  type.address = is_64 ? brink::AddressType::I64 : brink::AddressType::I32;
  type.is_shared = is_shared;
  return new wasm_memorytype_t(type);
}
uint64_t brink_memory_size(const wasm_memory_t* memory) {
  return memory->get().size_pages();
}
bool brink_memory_grow(wasm_memory_t* memory, uint64_t delta, uint64_t* previous_size) {
  const std::optional<uint64_t> previous = memory->get().grow(delta);
  if (previous.has_value() && previous_size != nullptr) *previous_size = *previous;
  if (!previous.has_value()) brink::capi::set_last_error("the memory cannot grow so far");
  return previous.has_value();
}
uint8_t* brink_memory_slice(const wasm_memory_t* memory, uint64_t offset, uint64_t size) {
  const auto bytes = memory->get().slice(offset, size);
  return bytes.has_value() ? bytes->data() : nullptr;
}

struct brink_shared_memory_t {
  brink::SharedMemory memory;
};
brink_shared_memory_t* brink_memory_share(const wasm_memory_t* memory) {
  std::optional<brink::SharedMemory> shared = memory->get().share();
  if (shared.has_value()) return new brink_shared_memory_t{*std::move(shared)};
  brink::capi::set_last_error("the memory's type is not shared");
  return nullptr;
}
wasm_memory_t* brink_memory_obtain(wasm_store_t* store, const brink_shared_memory_t* shared) {
  return to_handle<wasm_memory_t>(store, brink::Memory::from_shared(store->get(), shared->memory));
}
void brink_shared_memory_delete(brink_shared_memory_t* shared) {
  delete shared;
}

// ---- tags ----

brink_tag_t* brink_tag_new(wasm_store_t* store, const wasm_tagtype_t* type) {
  return new brink_tag_t(store->box,
                         brink::Tag::create(store->get(), brink::TagType{type->type->get()}));
}
void brink_tag_delete(brink_tag_t* tag) {
  delete tag;
}
wasm_tagtype_t* brink_tag_type(const brink_tag_t* tag) {
  return type_of<wasm_tagtype_t>(*tag);
}
bool brink_tag_same(const brink_tag_t* a, const brink_tag_t* b) {
  return a->object == b->object;
}
wasm_extern_t* brink_tag_as_extern(brink_tag_t* tag) {
  return tag;
}
brink_tag_t* brink_extern_as_tag(wasm_extern_t* item) {
  return item->kind == brink::capi::RefKind::Tag ? static_cast<brink_tag_t*>(item) : nullptr;
}
