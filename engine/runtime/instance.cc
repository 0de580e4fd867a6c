// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/runtime/instance.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "engine/runtime/store_state.h"

namespace brink::runtime {

// Globals behind the instance need neither an alignment of their own nor to be destroyed.
static_assert(alignof(InstanceObject) <= alignof(GlobalObject));
static_assert(alignof(GlobalObject) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
static_assert(std::is_trivially_destructible_v<GlobalObject>);

std::unique_ptr<InstanceObject> new_instance(size_t own_globals) {
  void* const memory = ::operator new(kOwnGlobals + own_globals * sizeof(GlobalObject));
  std::unique_ptr<InstanceObject> instance(::new (memory) InstanceObject);
  for (size_t i = 0; i < own_globals; ++i) ::new (instance->own_globals() + i) GlobalObject;
  return instance;
}

FuncObject* InstanceObject::func_ref(uint32_t function_index) {
  FuncObject*& function = function_list[function_index];
  if (function != nullptr) return function;
  FuncObject& made = store->functions.emplace_back();
  const FuncType& type = module->decoded.function_type(function_index);
  made.code = &module->code[function_index];
  made.instance = this;
  made.type_id = module->decoded.function_type_id(function_index);
  if (module->native_entries != nullptr) made.native = &module->native_entries[function_index];
  const SubType& definition =
      module->decoded.types[module->decoded.functions[function_index].type_index];
  if (!definition.is_final || definition.supertype)
    made.display = store->layouts().get(made.type_id).display.data();
  made.function_index = function_index;
  made.param_slots = slots_of(type.params);
  made.result_slots = slots_of(type.results);
  made.store = store;
  function = &made;
  return function;
}

Extern InstanceObject::get(ExternKind kind, uint32_t index) {
  switch (kind) {
    case ExternKind::Func: return Func(func_ref(index));
    case ExternKind::Table: return Table(table_list[index]);
    case ExternKind::Memory: return Memory(memory_list[index]);
    case ExternKind::Global: return Global(global_list[index]);
    case ExternKind::Tag: break;
  }
  return Tag(tag_list[index]);
}

std::optional<Extern> InstanceObject::find_export(std::string_view name) const {
  const auto found = module->exports.find(name);
  if (found == module->exports.end()) return std::nullopt;
  const wasm::Export& item = module->decoded.exports[found->second];
  return const_cast<InstanceObject*>(this)->get(item.kind, item.index);
}

bool memory_init(InstanceObject& instance, uint32_t memory_index, uint32_t segment,
                 uint64_t destination, uint64_t source, uint64_t size) {
  const wasm::Module& module = instance.module->decoded;
  MemoryObject& memory = *instance.memory_list[memory_index];
  const std::span<const uint8_t> bytes = instance.dropped_data[segment]
                                             ? std::span<const uint8_t>()
                                             : module.view(module.data[segment].bytes);
  if (source > bytes.size() || size > bytes.size() - source) return false;
  if (!memory.contains(destination, size)) return false;
  if (size != 0) std::memcpy(memory.base + destination, bytes.data() + source, size);
  return true;
}

bool table_init(InstanceObject& instance, uint32_t table_index, uint32_t segment,
                uint64_t destination, uint64_t source, uint64_t count) {
  TableObject& table = *instance.table_list[table_index];
  const std::vector<Slot>& elements = instance.elements[segment];
  if (source > elements.size() || count > elements.size() - source) return false;
  if (!table.contains(destination, count)) return false;
  std::copy_n(elements.begin() + static_cast<ptrdiff_t>(source), count,
              table.elements + destination);
  table.is_touched = true;
  return true;
}

void drop_data(InstanceObject& instance, uint32_t segment) {
  instance.dropped_data[segment] = true;
  instance.has_dropped_segments = true;
}

void drop_element(InstanceObject& instance, uint32_t segment) {
  std::vector<Slot>().swap(instance.elements[segment]);
  instance.has_dropped_segments = true;
}

}  // namespace brink::runtime
