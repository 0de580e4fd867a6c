// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/api/c/types.h"

#include <algorithm>

#include "brink.h"

using brink::AbstractHeapType;
using brink::ExternKind;
using brink::Limits;
using brink::ValType;

namespace {

/// Bounds that do not fit into 32 bits become the largest that do.
wasm_limits_t to_limits(const Limits& limits) {
  constexpr uint64_t kMost = 0xffffffffu;
  return {static_cast<uint32_t>(std::min(limits.min, kMost)),
          static_cast<uint32_t>(std::min(limits.max.value_or(kMost), kMost))};
}

Limits from_limits(const wasm_limits_t& limits) {
  Limits result{limits.min, std::nullopt};
  if (limits.max != wasm_limits_max_default) result.max = limits.max;
  return result;
}

ValType from_kind(wasm_valkind_t kind) {
  switch (kind) {
    case WASM_I32: return brink::kI32;
    case WASM_I64: return brink::kI64;
    case WASM_F32: return brink::kF32;
    case WASM_F64: return brink::kF64;
    case BRINK_V128: return brink::kV128;
    case WASM_FUNCREF: return brink::kFuncRef;
    case BRINK_ANYREF: return brink::kAnyRef;
    case BRINK_EXNREF: return brink::kExnRef;
    default: return brink::kExternRef;
  }
}

}  // namespace

namespace brink::capi {

wasm_valtype_t to_valtype(const TypeRegistry& types, ValType type) {
  switch (type.kind()) {
    case ValKind::I32: return {type, WASM_I32};
    case ValKind::I64: return {type, WASM_I64};
    case ValKind::F32: return {type, WASM_F32};
    case ValKind::F64: return {type, WASM_F64};
    case ValKind::V128: return {type, BRINK_V128};
    default: break;
  }
  switch (types.top(type.heap())) {
    case AbstractHeapType::Func: return {type, WASM_FUNCREF};
    case AbstractHeapType::Extern: return {type, WASM_EXTERNREF};
    case AbstractHeapType::Exn: return {type, BRINK_EXNREF};
    default: return {type, BRINK_ANYREF};
  }
}

namespace {

wasm_valtype_vec_t to_valtypes(const TypeRegistry& types, const std::vector<ValType>& list) {
  wasm_valtype_vec_t vec;
  wasm_valtype_vec_new_uninitialized(&vec, list.size());
  for (size_t i = 0; i < list.size(); ++i)
    vec.data[i] = new wasm_valtype_t(to_valtype(types, list[i]));
  return vec;
}

}  // namespace

wasm_functype_t* to_functype(const TypeRegistry& types, const FuncType& type) {
  wasm_valtype_vec_t params = to_valtypes(types, type.params);
  wasm_valtype_vec_t results = to_valtypes(types, type.results);
  return new wasm_functype_t(&params, &results);
}

wasm_externtype_t* to_externtype(const TypeRegistry& types, const ExternType& type) {
  struct Visitor {
    const TypeRegistry& types;
    wasm_externtype_t* operator()(const FuncType& type) const { return to_functype(types, type); }
    wasm_externtype_t* operator()(const TableType& type) const {
      return new wasm_tabletype_t(type, to_valtype(types, type.element));
    }
    wasm_externtype_t* operator()(const MemoryType& type) const {
      return new wasm_memorytype_t(type);
    }
    wasm_externtype_t* operator()(const GlobalType& type) const {
      return new wasm_globaltype_t(to_valtype(types, type.value), type.is_mutable);
    }
    wasm_externtype_t* operator()(const TagType& type) const {
      return new wasm_tagtype_t(to_functype(types, type.type));
    }
  };
  return std::visit(Visitor{types}, type);
}

wasm_externkind_t to_externkind(ExternKind kind) {
  switch (kind) {
    case ExternKind::Func: return WASM_EXTERN_FUNC;
    case ExternKind::Table: return WASM_EXTERN_TABLE;
    case ExternKind::Memory: return WASM_EXTERN_MEMORY;
    case ExternKind::Global: return WASM_EXTERN_GLOBAL;
    case ExternKind::Tag: break;
  }
  return WASM_EXTERN_TAG;
}

}  // namespace brink::capi

// ---- value types ----

wasm_valtype_t* wasm_valtype_new(wasm_valkind_t kind) {
  return new wasm_valtype_t{from_kind(kind), kind};
}
wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t* type) {
  return type->kind;
}

// ---- function types ----

wasm_functype_t::wasm_functype_t(wasm_valtype_vec_t* own_params, wasm_valtype_vec_t* own_results)
    : wasm_externtype_t(WASM_EXTERN_FUNC), params(*own_params), results(*own_results) {}

wasm_functype_t::wasm_functype_t(const wasm_functype_t& other) : wasm_externtype_t(other) {
  wasm_valtype_vec_copy(&params, &other.params);
  wasm_valtype_vec_copy(&results, &other.results);
}

wasm_functype_t::~wasm_functype_t() {
  wasm_valtype_vec_delete(&params);
  wasm_valtype_vec_delete(&results);
}

brink::FuncType wasm_functype_t::get() const {
  brink::FuncType type;
  for (size_t i = 0; i < params.size; ++i) type.params.push_back(params.data[i]->type);
  for (size_t i = 0; i < results.size; ++i) type.results.push_back(results.data[i]->type);
  return type;
}

wasm_functype_t* wasm_functype_new(wasm_valtype_vec_t* params, wasm_valtype_vec_t* results) {
  return new wasm_functype_t(params, results);
}
const wasm_valtype_vec_t* wasm_functype_params(const wasm_functype_t* type) {
  return &type->params;
}
const wasm_valtype_vec_t* wasm_functype_results(const wasm_functype_t* type) {
  return &type->results;
}

// ---- globals, tables, memories, tags ----

wasm_globaltype_t* wasm_globaltype_new(wasm_valtype_t* content, wasm_mutability_t mutability) {
  auto* type = new wasm_globaltype_t(*content, mutability == WASM_VAR);
  delete content;
  return type;
}
const wasm_valtype_t* wasm_globaltype_content(const wasm_globaltype_t* type) {
  return &type->content;
}
wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t* type) {
  return type->is_mutable ? WASM_VAR : WASM_CONST;
}

wasm_tabletype_t::wasm_tabletype_t(brink::TableType type, wasm_valtype_t element)
    : wasm_externtype_t(WASM_EXTERN_TABLE),
      type(type),
      element(element),
      limits(to_limits(type.limits)) {}

wasm_tabletype_t* wasm_tabletype_new(wasm_valtype_t* element, const wasm_limits_t* limits) {
  brink::TableType type;
  type.element = element->type;
  type.limits = from_limits(*limits);
  auto* made = new wasm_tabletype_t(type, *element);
  delete element;
  return made;
}
const wasm_valtype_t* wasm_tabletype_element(const wasm_tabletype_t* type) {
  return &type->element;
}
const wasm_limits_t* wasm_tabletype_limits(const wasm_tabletype_t* type) {
  return &type->limits;
}

wasm_memorytype_t::wasm_memorytype_t(brink::MemoryType type)
    : wasm_externtype_t(WASM_EXTERN_MEMORY), type(type), limits(to_limits(type.limits)) {}

wasm_memorytype_t* wasm_memorytype_new(const wasm_limits_t* limits) {
  brink::MemoryType type;
  type.limits = from_limits(*limits);
  return new wasm_memorytype_t(type);
}
const wasm_limits_t* wasm_memorytype_limits(const wasm_memorytype_t* type) {
  return &type->limits;
}

wasm_tagtype_t* wasm_tagtype_new(wasm_functype_t* type) {
  return new wasm_tagtype_t(type);
}
const wasm_functype_t* wasm_tagtype_functype(const wasm_tagtype_t* type) {
  return type->type;
}

// ---- extern types ----

wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t* type) {
  return type->kind;
}

#define BRINK_EXTERNTYPE(name, KIND)                                                        \
  wasm_externtype_t* wasm_##name##_as_externtype(wasm_##name##_t* type) {                   \
    return type;                                                                            \
  }                                                                                         \
  const wasm_externtype_t* wasm_##name##_as_externtype_const(const wasm_##name##_t* type) { \
    return type;                                                                            \
  }                                                                                         \
  wasm_##name##_t* wasm_externtype_as_##name(wasm_externtype_t* type) {                     \
    return type->kind == KIND ? static_cast<wasm_##name##_t*>(type) : nullptr;              \
  }                                                                                         \
  const wasm_##name##_t* wasm_externtype_as_##name##_const(const wasm_externtype_t* type) { \
    return type->kind == KIND ? static_cast<const wasm_##name##_t*>(type) : nullptr;        \
  }                                                                                         \
  void wasm_##name##_delete(wasm_##name##_t* type) {                                        \
    delete type;                                                                            \
  }                                                                                         \
  wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t* type) {                        \
    return new wasm_##name##_t(*type);                                                      \
  }
BRINK_EXTERNTYPE(functype, WASM_EXTERN_FUNC)
BRINK_EXTERNTYPE(globaltype, WASM_EXTERN_GLOBAL)
BRINK_EXTERNTYPE(tabletype, WASM_EXTERN_TABLE)
BRINK_EXTERNTYPE(memorytype, WASM_EXTERN_MEMORY)
BRINK_EXTERNTYPE(tagtype, WASM_EXTERN_TAG)
#undef BRINK_EXTERNTYPE

void wasm_externtype_delete(wasm_externtype_t* type) {
  delete type;
}
wasm_externtype_t* wasm_externtype_copy(const wasm_externtype_t* type) {
  return type->clone();
}
void wasm_valtype_delete(wasm_valtype_t* type) {
  delete type;
}
wasm_valtype_t* wasm_valtype_copy(const wasm_valtype_t* type) {
  return new wasm_valtype_t(*type);
}

// ---- import and export types ----

struct wasm_importtype_t {
  wasm_name_t module;
  wasm_name_t name;
  wasm_externtype_t* type;
};
struct wasm_exporttype_t {
  wasm_name_t name;
  wasm_externtype_t* type;
};

wasm_importtype_t* wasm_importtype_new(wasm_name_t* module, wasm_name_t* name,
                                       wasm_externtype_t* type) {
  return new wasm_importtype_t{*module, *name, type};
}
void wasm_importtype_delete(wasm_importtype_t* type) {
  if (type == nullptr) return;
  wasm_name_delete(&type->module);
  wasm_name_delete(&type->name);
  delete type->type;
  delete type;
}
wasm_importtype_t* wasm_importtype_copy(const wasm_importtype_t* type) {
  auto* copy = new wasm_importtype_t{{}, {}, type->type->clone()};
  wasm_name_copy(&copy->module, &type->module);
  wasm_name_copy(&copy->name, &type->name);
  return copy;
}
const wasm_name_t* wasm_importtype_module(const wasm_importtype_t* type) {
  return &type->module;
}
const wasm_name_t* wasm_importtype_name(const wasm_importtype_t* type) {
  return &type->name;
}
const wasm_externtype_t* wasm_importtype_type(const wasm_importtype_t* type) {
  return type->type;
}

wasm_exporttype_t* wasm_exporttype_new(wasm_name_t* name, wasm_externtype_t* type) {
  return new wasm_exporttype_t{*name, type};
}
void wasm_exporttype_delete(wasm_exporttype_t* type) {
  if (type == nullptr) return;
  wasm_name_delete(&type->name);
  delete type->type;
  delete type;
}
wasm_exporttype_t* wasm_exporttype_copy(const wasm_exporttype_t* type) {
  auto* copy = new wasm_exporttype_t{{}, type->type->clone()};
  wasm_name_copy(&copy->name, &type->name);
  return copy;
}
const wasm_name_t* wasm_exporttype_name(const wasm_exporttype_t* type) {
  return &type->name;
}
const wasm_externtype_t* wasm_exporttype_type(const wasm_exporttype_t* type) {
  return type->type;
}
