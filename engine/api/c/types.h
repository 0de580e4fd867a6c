// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The types of wasm.h, which are values that a program builds and takes apart, and how they are
// made from the engine's. The four or five kinds of wasm_externtype_t are casts of one another.

#ifndef BRINK_API_C_TYPES_H_
#define BRINK_API_C_TYPES_H_

#include "brink/engine.h"
#include "brink/types.h"
#include "engine/wasm/type_registry.h"
#include "wasm.h"

struct wasm_valtype_t {
  brink::ValType type;
  wasm_valkind_t kind;
};

struct wasm_externtype_t {
  explicit wasm_externtype_t(wasm_externkind_enum kind)
      : kind(static_cast<wasm_externkind_t>(kind)) {}
  virtual ~wasm_externtype_t() = default;
  virtual wasm_externtype_t* clone() const = 0;
  wasm_externkind_t kind;
};

struct wasm_functype_t final : wasm_externtype_t {
  wasm_functype_t(wasm_valtype_vec_t* own_params, wasm_valtype_vec_t* own_results);
  wasm_functype_t(const wasm_functype_t& other);
  wasm_functype_t& operator=(const wasm_functype_t&) = delete;
  ~wasm_functype_t() override;
  wasm_externtype_t* clone() const override { return new wasm_functype_t(*this); }
  brink::FuncType get() const;
  wasm_valtype_vec_t params;
  wasm_valtype_vec_t results;
};

struct wasm_globaltype_t final : wasm_externtype_t {
  wasm_globaltype_t(wasm_valtype_t content, bool is_mutable)
      : wasm_externtype_t(WASM_EXTERN_GLOBAL), content(content), is_mutable(is_mutable) {}
  wasm_externtype_t* clone() const override { return new wasm_globaltype_t(*this); }
  brink::GlobalType get() const { return {content.type, is_mutable}; }
  wasm_valtype_t content;
  bool is_mutable;
};

struct wasm_tabletype_t final : wasm_externtype_t {
  wasm_tabletype_t(brink::TableType type, wasm_valtype_t element);
  wasm_externtype_t* clone() const override { return new wasm_tabletype_t(*this); }
  brink::TableType type;
  wasm_valtype_t element;
  wasm_limits_t limits;
};

struct wasm_memorytype_t final : wasm_externtype_t {
  explicit wasm_memorytype_t(brink::MemoryType type);
  wasm_externtype_t* clone() const override { return new wasm_memorytype_t(*this); }
  brink::MemoryType type;
  wasm_limits_t limits;
};

struct wasm_tagtype_t final : wasm_externtype_t {
  explicit wasm_tagtype_t(wasm_functype_t* own_type)
      : wasm_externtype_t(WASM_EXTERN_TAG), type(own_type) {}
  wasm_tagtype_t(const wasm_tagtype_t& other)
      : wasm_externtype_t(other), type(wasm_functype_copy(other.type)) {}
  wasm_tagtype_t& operator=(const wasm_tagtype_t&) = delete;
  ~wasm_tagtype_t() override { delete type; }
  wasm_externtype_t* clone() const override { return new wasm_tagtype_t(*this); }
  wasm_functype_t* type;
};

namespace brink::capi {

wasm_valtype_t to_valtype(const TypeRegistry& types, ValType type);
wasm_functype_t* to_functype(const TypeRegistry& types, const FuncType& type);        ///< own
wasm_externtype_t* to_externtype(const TypeRegistry& types, const ExternType& type);  ///< own
wasm_externkind_t to_externkind(ExternKind kind);

}  // namespace brink::capi

#endif  // BRINK_API_C_TYPES_H_
