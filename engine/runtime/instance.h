// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// An instance (spec: module instances): the index spaces of a module, resolved. Executing code
// reaches everything through the arrays here.

#ifndef BRINK_RUNTIME_INSTANCE_H_
#define BRINK_RUNTIME_INSTANCE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "brink/store.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/memory.h"
#include "engine/runtime/module_state.h"
#include "engine/runtime/table.h"

namespace brink::runtime {

struct InstanceObject : VmContext {
  // Made by new_instance().
  InstanceObject() = default;
  InstanceObject(const InstanceObject&) = delete;
  InstanceObject& operator=(const InstanceObject&) = delete;

  // Owned by the instance; the arrays above are their data.
  std::shared_ptr<ModuleState> module_owner;
  StoreState* store = nullptr;
  std::vector<GlobalObject*> global_list;
  std::vector<MemoryObject*> memory_list;
  std::vector<TableObject*> table_list;
  std::vector<FuncObject*> function_list;
  std::vector<TagObject*> tag_list;
  std::vector<bool> dropped_data;           ///< a bit per data segment (spec: data.drop)
  std::vector<std::vector<Slot>> elements;  ///< evaluated element segments; empty when dropped
  bool has_dropped_segments = false;        ///< by data.drop or elem.drop
  InstanceObject* next_instance = nullptr;  ///< in StoreState::first_instance; set before it is in

  /// The reference to a function of this instance, made at its first use.
  FuncObject* func_ref(uint32_t function_index);
  std::optional<Extern> find_export(std::string_view name) const;
  Extern get(ExternKind kind, uint32_t index);
  GlobalObject* own_globals();

  static void operator delete(void* memory) { ::operator delete(memory); }
};

/// Where the globals that an instance defines itself lie, relative to it, one after the other: own
/// global i (not counting imports) at kOwnGlobals + i * sizeof(GlobalObject). So compiled code
/// needs one load for them.
inline constexpr uint32_t kOwnGlobals =
    (sizeof(InstanceObject) + alignof(GlobalObject) - 1) & ~(alignof(GlobalObject) - 1);

inline GlobalObject* InstanceObject::own_globals() {
  return reinterpret_cast<GlobalObject*>(reinterpret_cast<uint8_t*>(this) + kOwnGlobals);
}

/// An instance with room for its own globals, which are there already and zero.
std::unique_ptr<InstanceObject> new_instance(size_t own_globals);

/// Links imports, allocates, initializes and runs the start function (spec: instantiation). The
/// instance belongs to the store from then on, also when a segment or the start function traps.
std::expected<InstanceObject*, InstantiateError> instantiate(StoreState& store,
                                                             std::shared_ptr<ModuleState> module,
                                                             std::span<const Extern> imports);

// Operations shared by instantiation and executing code; false is out of bounds.
bool memory_init(InstanceObject& instance, uint32_t memory, uint32_t segment, uint64_t destination,
                 uint64_t source, uint64_t size);
bool table_init(InstanceObject& instance, uint32_t table, uint32_t segment, uint64_t destination,
                uint64_t source, uint64_t count);
void drop_data(InstanceObject& instance, uint32_t segment);
void drop_element(InstanceObject& instance, uint32_t segment);

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_INSTANCE_H_
