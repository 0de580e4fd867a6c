// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Canonical types. Every type definition that any module of an engine contains is given a TypeId
// such that two definitions are equal (spec: iso-recursive type equivalence) exactly when their
// ids are equal. Subtyping between ids is one load and one compare.

#ifndef BRINK_WASM_TYPE_REGISTRY_H_
#define BRINK_WASM_TYPE_REGISTRY_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "brink/types.h"

namespace brink {

/// Number of a canonical type in its TypeRegistry.
using TypeId = uint32_t;

/// A run of consecutive types of a module that may refer to each other (spec: recursive types).
struct RecGroup {
  uint32_t first = 0;
  uint32_t count = 0;
  bool is_explicit = false;  ///< of one type, written as a group (`rec`) all the same
};

/// A canonical type. All types within are in the registry's numbers.
struct CanonicalType {
  SubType definition;
  /// display[d] is the ancestor at depth d; the last entry is the type itself.
  std::vector<TypeId> display;
  /// All fields of a struct, or the elements of an array, have a default value.
  bool is_defaultable = true;

  const FuncType* func() const { return std::get_if<FuncType>(&definition.composite); }
  const StructType* structure() const { return std::get_if<StructType>(&definition.composite); }
  const ArrayType* array() const { return std::get_if<ArrayType>(&definition.composite); }
};

/// Thread-safe; shared by all modules of an engine. Ids and references stay valid as long as the
/// registry lives.
class TypeRegistry {
 public:
  TypeRegistry();
  ~TypeRegistry();
  TypeRegistry(const TypeRegistry&) = delete;
  TypeRegistry& operator=(const TypeRegistry&) = delete;

  /// Interns one recursive group. `types` are the group's definitions; a concrete index in them is
  /// a module type index: below `first_index` it is looked up in `earlier_ids`, from there on it
  /// names a member of the group. All indices must be in range (the caller has checked them).
  /// Returns the ids of the members, consecutive, starting at the returned one.
  TypeId intern(std::span<const SubType> types, uint32_t first_index,
                std::span<const TypeId> earlier_ids);

  /// Interns a function type whose types are already canonical.
  TypeId intern(const FuncType& type);

  /// Lock-free, as all queries are.
  const CanonicalType& get(TypeId id) const;

  /// Number of types; ids are below it. More than kMaxTypes cannot be interned: who interns types
  /// of guests leaves room.
  uint32_t size() const;
  static constexpr uint32_t kMaxTypes = HeapType::kMaxIndex;

  /// Whether `sub` is `super` or declared, directly or not, below it.
  bool is_subtype(TypeId sub, TypeId super) const;

  /// Subtyping of canonical types (spec: matching).
  bool matches(HeapType sub, HeapType super) const;
  bool matches(ValType sub, ValType super) const;

  /// The abstract type directly above a heap type's hierarchy: Func, Extern, Any or Exn; Bottom for
  /// Bottom, which is in all of them.
  AbstractHeapType top(HeapType type) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace brink

#endif  // BRINK_WASM_TYPE_REGISTRY_H_
