// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// References: what all handles have in common, and how they become values and come back.

#include "engine/api/c/handles.h"
#include "engine/api/c/types.h"
#include "engine/runtime/store_state.h"

using brink::AbstractHeapType;
using brink::ValType;
using brink::Value;
using brink::capi::HostInfo;
using brink::capi::Payload;
using brink::capi::RefKind;
using brink::capi::StoreBox;

wasm_module_t::wasm_module_t(brink::Module module) : wasm_ref_t(RefKind::Module, nullptr, nullptr) {
  object = module.state().get();
  payload = std::make_shared<brink::capi::ModulePayload>(std::move(module));
}

wasm_trap_t::wasm_trap_t(std::shared_ptr<StoreBox> store, brink::Trap trap)
    : wasm_ref_t(RefKind::Trap, std::move(store), nullptr) {
  payload = std::make_shared<brink::capi::TrapPayload>(std::move(trap));
  object = payload.get();
}

wasm_foreign_t::wasm_foreign_t() : wasm_ref_t(RefKind::Foreign, nullptr, nullptr) {
  payload = std::make_shared<Payload>();
  object = payload.get();
}

namespace brink::capi {

OtherRef::OtherRef(std::shared_ptr<StoreBox> box, const Value& value)
    : wasm_ref_t(RefKind::Other, std::move(box), reinterpret_cast<const void*>(value.ref_word())) {
  payload = std::make_shared<OtherPayload>(store->store.root(value));
}

namespace {

/// A store's own externs and the like are held without the store, see the invariant in handles.h.
struct HeldRef {
  std::unique_ptr<wasm_ref_t> ref;
  bool is_of_this_store = false;
};

Value externalize(StoreBox& box, const wasm_ref_t& ref) {
  const auto known = box.foreign_values.find(ref.object);
  if (known != box.foreign_values.end()) return known->second;
  auto held = std::make_shared<HeldRef>();
  held->ref.reset(ref.clone());
  held->is_of_this_store = ref.store.get() == &box;
  if (held->is_of_this_store) held->ref->store.reset();
  const Value value = box.store.extern_ref(std::move(held));
  box.foreign_values.emplace(ref.object, value);
  return value;
}

}  // namespace

std::optional<Value> to_value(StoreBox& box, const wasm_ref_t* ref, ValType type) {
  if (!type.is_ref()) return std::nullopt;
  if (ref == nullptr) return Value::null(type.heap());
  const TypeRegistry& types = box.store.state()->types();
  const AbstractHeapType top = types.top(type.heap());
  if (ref->kind == RefKind::Other) {
    const Value& value = static_cast<const OtherRef*>(ref)->get();
    if (ref->store.get() == &box && types.top(value.type().heap()) == top) return value;
    return std::nullopt;
  }
  if (top == AbstractHeapType::Extern) return externalize(box, *ref);
  if (top == AbstractHeapType::Func && ref->kind == RefKind::Func && ref->store.get() == &box)
    return static_cast<const wasm_func_t*>(ref)->get().to_value();
  return std::nullopt;
}

std::optional<Value> to_value(StoreBox& box, const wasm_val_t& value, ValType type) {
  switch (type.kind()) {
    case ValKind::I32:
      if (value.kind == WASM_I32) return Value::i32(value.of.i32);
      return std::nullopt;
    case ValKind::I64:
      if (value.kind == WASM_I64) return Value::i64(value.of.i64);
      return std::nullopt;
    // By their bits: a float in a register may lose the payload of a NaN.
    case ValKind::F32:
      if (value.kind == WASM_F32) return Value::f32_bits(static_cast<uint32_t>(value.of.i32));
      return std::nullopt;
    case ValKind::F64:
      if (value.kind == WASM_F64) return Value::f64_bits(static_cast<uint64_t>(value.of.i64));
      return std::nullopt;
    case ValKind::Ref:
      if (wasm_valkind_is_ref(value.kind)) return to_value(box, value.of.ref, type);
      return std::nullopt;
    default: return std::nullopt;
  }
}

wasm_ref_t* to_ref(StoreBox& box, const Value& value) {
  if (value.is_null()) return nullptr;
  const AbstractHeapType top = box.store.state()->types().top(value.type().heap());
  if (top == AbstractHeapType::Func)
    return new wasm_func_t(box.shared_from_this(), *Func::from_value(value));
  if (top == AbstractHeapType::Extern) {
    if (const auto held = std::static_pointer_cast<HeldRef>(box.store.extern_data(value))) {
      wasm_ref_t* ref = held->ref->clone();
      if (held->is_of_this_store) ref->store = box.shared_from_this();
      return ref;
    }
  }
  return new OtherRef(box.shared_from_this(), value);
}

bool to_val(StoreBox& box, const Value& value, wasm_val_t* out) {
  switch (value.type().kind()) {
    case ValKind::I32: out->kind = WASM_I32; break;
    case ValKind::I64: out->kind = WASM_I64; break;
    case ValKind::F32: out->kind = WASM_F32; break;
    case ValKind::F64: out->kind = WASM_F64; break;
    case ValKind::Ref:
      out->kind = to_valtype(box.store.state()->types(), value.type()).kind;
      out->of.ref = to_ref(box, value);
      return true;
    default: return false;
  }
  out->of.i64 = value.i64();
  return true;
}

}  // namespace brink::capi

// ---- values ----

void wasm_val_delete(wasm_val_t* value) {
  if (wasm_valkind_is_ref(value->kind)) delete std::exchange(value->of.ref, nullptr);
}

void wasm_val_copy(wasm_val_t* out, const wasm_val_t* value) {
  *out = *value;
  if (wasm_valkind_is_ref(value->kind) && value->of.ref != nullptr)
    out->of.ref = value->of.ref->clone();
}

// ---- what every sort of reference has ----

#define BRINK_REF_BASE(name)                                                        \
  void wasm_##name##_delete(wasm_##name##_t* ref) {                                 \
    delete ref;                                                                     \
  }                                                                                 \
  wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t* ref) {                 \
    return ref == nullptr ? nullptr : static_cast<wasm_##name##_t*>(ref->clone());  \
  }                                                                                 \
  bool wasm_##name##_same(const wasm_##name##_t* a, const wasm_##name##_t* b) {     \
    if (a == nullptr || b == nullptr) return a == b;                                \
    return a->kind == b->kind && a->object == b->object;                            \
  }                                                                                 \
  void* wasm_##name##_get_host_info(const wasm_##name##_t* ref) {                   \
    return ref->host_info().get();                                                  \
  }                                                                                 \
  void wasm_##name##_set_host_info(wasm_##name##_t* ref, void* info) {              \
    ref->host_info().set(info, nullptr);                                            \
  }                                                                                 \
  void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t* ref, void* info, \
                                                  void (*finalizer)(void*)) {       \
    ref->host_info().set(info, finalizer);                                          \
  }

#define BRINK_REF(name, IS_ONE)                                                                \
  BRINK_REF_BASE(name)                                                                         \
  wasm_ref_t* wasm_##name##_as_ref(wasm_##name##_t* ref) {                                     \
    return ref;                                                                                \
  }                                                                                            \
  const wasm_ref_t* wasm_##name##_as_ref_const(const wasm_##name##_t* ref) {                   \
    return ref;                                                                                \
  }                                                                                            \
  wasm_##name##_t* wasm_ref_as_##name(wasm_ref_t* ref) {                                       \
    return ref != nullptr && IS_ONE(ref->kind) ? static_cast<wasm_##name##_t*>(ref) : nullptr; \
  }                                                                                            \
  const wasm_##name##_t* wasm_ref_as_##name##_const(const wasm_ref_t* ref) {                   \
    return wasm_ref_as_##name(const_cast<wasm_ref_t*>(ref));                                   \
  }

#define BRINK_IS_FUNC(kind) ((kind) == RefKind::Func)
#define BRINK_IS_GLOBAL(kind) ((kind) == RefKind::Global)
#define BRINK_IS_TABLE(kind) ((kind) == RefKind::Table)
#define BRINK_IS_MEMORY(kind) ((kind) == RefKind::Memory)
#define BRINK_IS_EXTERN(kind) ((kind) <= RefKind::Tag)
#define BRINK_IS_INSTANCE(kind) ((kind) == RefKind::Instance)
#define BRINK_IS_MODULE(kind) ((kind) == RefKind::Module)
#define BRINK_IS_TRAP(kind) ((kind) == RefKind::Trap)
#define BRINK_IS_FOREIGN(kind) ((kind) == RefKind::Foreign)

BRINK_REF_BASE(ref)
BRINK_REF(func, BRINK_IS_FUNC)
BRINK_REF(global, BRINK_IS_GLOBAL)
BRINK_REF(table, BRINK_IS_TABLE)
BRINK_REF(memory, BRINK_IS_MEMORY)
BRINK_REF(extern, BRINK_IS_EXTERN)
BRINK_REF(instance, BRINK_IS_INSTANCE)
BRINK_REF(module, BRINK_IS_MODULE)
BRINK_REF(trap, BRINK_IS_TRAP)
BRINK_REF(foreign, BRINK_IS_FOREIGN)

#undef BRINK_IS_FOREIGN
#undef BRINK_IS_TRAP
#undef BRINK_IS_MODULE
#undef BRINK_IS_INSTANCE
#undef BRINK_IS_EXTERN
#undef BRINK_IS_MEMORY
#undef BRINK_IS_TABLE
#undef BRINK_IS_GLOBAL
#undef BRINK_IS_FUNC
#undef BRINK_REF
#undef BRINK_REF_BASE

// ---- foreign objects ----

wasm_foreign_t* wasm_foreign_new(wasm_store_t*) {
  return new wasm_foreign_t;
}
