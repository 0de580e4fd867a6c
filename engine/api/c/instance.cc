// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Externs, instances and linkers.

#include <algorithm>

#include "brink/snapshot.h"
#include "engine/api/c/handles.h"
#include "engine/api/c/types.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/store_state.h"

using brink::Extern;
using brink::Status;
using brink::capi::RefKind;
using brink::capi::StoreBox;

// ---- externs ----

Extern wasm_extern_t::get() const {
  switch (kind) {
    case RefKind::Func: return static_cast<const wasm_func_t*>(this)->get();
    case RefKind::Global: return static_cast<const wasm_global_t*>(this)->get();
    case RefKind::Table: return static_cast<const wasm_table_t*>(this)->get();
    case RefKind::Memory: return static_cast<const wasm_memory_t*>(this)->get();
    default: return static_cast<const brink_tag_t*>(this)->get();
  }
}

namespace brink::capi {

wasm_extern_t* to_extern(StoreBox& box, const Extern& item) {
  std::shared_ptr<StoreBox> store = box.shared_from_this();
  switch (item.kind()) {
    case ExternKind::Func: return new wasm_func_t(std::move(store), *item.func());
    case ExternKind::Table: return new wasm_table_t(std::move(store), *item.table());
    case ExternKind::Memory: return new wasm_memory_t(std::move(store), *item.memory());
    case ExternKind::Global: return new wasm_global_t(std::move(store), *item.global());
    case ExternKind::Tag: break;
  }
  return new brink_tag_t(std::move(store), *item.tag());
}

wasm_trap_t* to_trap(StoreBox& box, InstantiateError error) {
  if (auto* trap = std::get_if<Trap>(&error)) {
    set_last_error(trap->to_string());
    return new wasm_trap_t(box.shared_from_this(), std::move(*trap));
  }
  std::string message = std::get<Error>(error).to_string();
  set_last_error(message);
  return new wasm_trap_t(box.shared_from_this(), make_trap(std::move(message)).error());
}

}  // namespace brink::capi

wasm_externkind_t wasm_extern_kind(const wasm_extern_t* item) {
  return brink::capi::to_externkind(item->get().kind());
}

wasm_externtype_t* wasm_extern_type(const wasm_extern_t* item) {
  return brink::capi::to_externtype(item->store->store.state()->types(), item->get().type());
}

#define BRINK_EXTERN_CASTS(name, ref_kind)                                          \
  wasm_extern_t* wasm_##name##_as_extern(wasm_##name##_t* item) {                   \
    return item;                                                                    \
  }                                                                                 \
  const wasm_extern_t* wasm_##name##_as_extern_const(const wasm_##name##_t* item) { \
    return item;                                                                    \
  }                                                                                 \
  wasm_##name##_t* wasm_extern_as_##name(wasm_extern_t* item) {                     \
    return item != nullptr && item->kind == RefKind::ref_kind                       \
               ? static_cast<wasm_##name##_t*>(item)                                \
               : nullptr;                                                           \
  }                                                                                 \
  const wasm_##name##_t* wasm_extern_as_##name##_const(const wasm_extern_t* item) { \
    return wasm_extern_as_##name(const_cast<wasm_extern_t*>(item));                 \
  }
BRINK_EXTERN_CASTS(func, Func)
BRINK_EXTERN_CASTS(global, Global)
BRINK_EXTERN_CASTS(table, Table)
BRINK_EXTERN_CASTS(memory, Memory)
#undef BRINK_EXTERN_CASTS

// ---- instances ----

namespace {

wasm_instance_t* finish(StoreBox& box,
                        std::expected<brink::Instance, brink::InstantiateError> instance,
                        wasm_trap_t** trap) {
  if (trap != nullptr) *trap = nullptr;
  if (instance.has_value()) return new wasm_instance_t(box.shared_from_this(), *instance);
  wasm_trap_t* const reason = brink::capi::to_trap(box, std::move(instance).error());
  if (trap != nullptr)
    *trap = reason;
  else
    wasm_trap_delete(reason);
  return nullptr;
}

}  // namespace

wasm_instance_t* wasm_instance_new(wasm_store_t* store, const wasm_module_t* module,
                                   const wasm_extern_vec_t* imports, wasm_trap_t** trap) {
  std::vector<Extern> externs;
  // Programs may hand over more than the module asks for, or null where there is nothing to import.
  const size_t wanted = module->get().decoded().imports.size();
  for (size_t i = 0; imports != nullptr && i < std::min(imports->size, wanted); ++i)
    if (imports->data[i] != nullptr) externs.push_back(imports->data[i]->get());
  return finish(*store->box, brink::Instance::create(store->get(), module->get(), externs), trap);
}

void wasm_instance_exports(const wasm_instance_t* instance, wasm_extern_vec_t* out) {
  brink::runtime::InstanceObject& object = *instance->get().object();
  const auto& exports = object.module->decoded.exports;
  wasm_extern_vec_new_uninitialized(out, exports.size());
  for (size_t i = 0; i < exports.size(); ++i)
    out->data[i] =
        brink::capi::to_extern(*instance->store, object.get(exports[i].kind, exports[i].index));
}

wasm_extern_t* brink_instance_export(const wasm_instance_t* instance, const char* name) {
  const std::optional<Extern> item = instance->get().find_export(name);
  if (item.has_value()) return brink::capi::to_extern(*instance->store, *item);
  brink::capi::set_last_error("the instance exports nothing of the name \"" + std::string(name) +
                              "\"");
  return nullptr;
}

wasm_func_t* brink_instance_func(const wasm_instance_t* instance, const char* name) {
  const std::optional<brink::Func> func = instance->get().func(name);
  if (func.has_value()) return new wasm_func_t(instance->store, *func);
  brink::capi::set_last_error("the instance exports no function \"" + std::string(name) + "\"");
  return nullptr;
}

bool brink_instance_snapshot(const wasm_instance_t* instance, size_t removed_count,
                             const char* const removed_exports[], wasm_byte_vec_t* out) {
  brink::SnapshotOptions options;
  options.removed_exports.assign(removed_exports, removed_exports + removed_count);
  const brink::Result<std::vector<uint8_t>> bytes =
      brink::take_snapshot(instance->get(), options);
  if (!bytes.has_value()) {
    brink::capi::set_last_error(bytes.error().to_string());
    return false;
  }
  wasm_byte_vec_new_uninitialized(out, bytes->size());
  std::copy(bytes->begin(), bytes->end(), out->data);
  return true;
}

// ---- linkers ----

namespace {

bool note(const Status& status) {
  if (!status.has_value()) brink::capi::set_last_error(status.error().to_string());
  return status.has_value();
}

}  // namespace

brink_linker_t* brink_linker_new(wasm_store_t* store) {
  return new brink_linker_t{store->box, brink::Linker(store->get())};
}
void brink_linker_delete(brink_linker_t* linker) {
  delete linker;
}
void brink_linker_allow_shadowing(brink_linker_t* linker, bool allow) {
  linker->linker.allow_shadowing(allow);
}
bool brink_linker_define(brink_linker_t* linker, const char* module, const char* name,
                         const wasm_extern_t* item) {
  return note(linker->linker.define(module, name, item->get()));
}

bool brink_linker_define_func(brink_linker_t* linker, const char* module, const char* name,
                              const wasm_functype_t* type, brink_func_callback_t callback,
                              void* env, void (*finalizer)(void*)) {
  wasm_store_t store{linker->box};
  const std::unique_ptr<wasm_func_t> func(brink_func_new(&store, type, callback, env, finalizer));
  return brink_linker_define(linker, module, name, func.get());
}

bool brink_linker_define_instance(brink_linker_t* linker, const char* module,
                                  const wasm_instance_t* instance) {
  return note(linker->linker.define_instance(module, instance->get()));
}

wasm_instance_t* brink_linker_instantiate(brink_linker_t* linker, const wasm_module_t* module,
                                          wasm_trap_t** trap) {
  return finish(*linker->box, linker->linker.instantiate(module->get()), trap);
}
