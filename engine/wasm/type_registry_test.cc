// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/wasm/type_registry.h"

#include <atomic>
#include <thread>

#include <catch2/catch.hpp>

namespace brink {
namespace {

using enum AbstractHeapType;

ValType ref(uint32_t index) {
  return ValType::ref(HeapType::concrete(index), false);
}
ValType ref_null(uint32_t index) {
  return ValType::ref(HeapType::concrete(index), true);
}
SubType func(std::vector<ValType> params, std::vector<ValType> results = {}) {
  return {.composite = FuncType{std::move(params), std::move(results)}, .supertype = {}};
}
SubType structure(std::vector<FieldType> fields, std::optional<uint32_t> super = {}) {
  return {.composite = StructType{std::move(fields)}, .supertype = super, .is_final = false};
}

/// A module's type section under construction.
struct Types {
  TypeRegistry& registry;
  std::vector<TypeId> ids;

  TypeId add(std::vector<SubType> group) {
    const auto first = static_cast<uint32_t>(ids.size());
    const TypeId base = registry.intern(group, first, ids);
    for (uint32_t i = 0; i < group.size(); ++i) ids.push_back(base + i);
    return base;
  }
};

}  // namespace

TEST_CASE("equal definitions get one id") {
  TypeRegistry registry;
  Types a{registry, {}};
  Types b{registry, {}};
  const TypeId first = a.add({func({kI32}, {kI64})});
  CHECK(b.add({func({kI64}, {kI32})}) != first);
  CHECK(b.add({func({kI32}, {kI64})}) == first);
  CHECK(registry.intern(FuncType{{kI32}, {kI64}}) == first);
  CHECK(registry.size() == 2);
  CHECK(*registry.get(first).func() == FuncType{{kI32}, {kI64}});
}

TEST_CASE("where parameters end and results begin is part of a type") {
  TypeRegistry registry;
  Types types{registry, {}};
  CHECK(types.add({func({kI32, kI32}, {})}) != types.add({func({kI32}, {kI32})}));
  CHECK(types.add({structure({{kI32, true}})}) != types.add({structure({{kI32, false}})}));
  SubType final_type = structure({});
  final_type.is_final = true;
  CHECK(types.add({structure({})}) != types.add({final_type}));
}

TEST_CASE("recursive groups are equal when they look equal from inside") {
  TypeRegistry registry;
  Types a{registry, {}};
  Types b{registry, {}};
  b.add({func({})});  // shifts the indices of b
  const TypeId in_a = a.add({structure({{ref_null(0), true}}), structure({{ref_null(0), true}})});
  const TypeId in_b = b.add({structure({{ref_null(1), true}}), structure({{ref_null(1), true}})});
  CHECK(in_a == in_b);
  CHECK(registry.get(in_a + 1).structure()->fields[0].storage == ref_null(in_a));
  // The same definitions in a group of another size are other types.
  const TypeId alone = b.add({structure({{ref_null(3), true}})});
  CHECK(alone != in_a);
  CHECK(alone != in_a + 1);
  // A reference out of the group differs from one into it.
  const TypeId outside = b.add({structure({{ref_null(3), true}})});
  CHECK(outside != alone);
}

TEST_CASE("subtyping follows declarations at any depth") {
  TypeRegistry registry;
  Types types{registry, {}};
  const TypeId root = types.add({structure({})});
  TypeId last = root;
  std::vector<TypeId> chain = {root};
  for (uint32_t depth = 1; depth < 64; ++depth) {
    last = types.add({structure({{kI32, true}}, static_cast<uint32_t>(types.ids.size() - 1))});
    chain.push_back(last);
  }
  const TypeId other = types.add({structure({{kI64, true}}, 0)});
  for (size_t i = 0; i < chain.size(); ++i)
    for (size_t j = 0; j < chain.size(); ++j)
      REQUIRE(registry.is_subtype(chain[i], chain[j]) == (i >= j));
  CHECK(registry.is_subtype(other, root));
  CHECK_FALSE(registry.is_subtype(other, chain[1]));
  CHECK_FALSE(registry.is_subtype(chain[1], other));
  CHECK(registry.get(last).display == chain);
}

TEST_CASE("abstract heap types match as in the specification") {
  TypeRegistry registry;
  const auto below = [&](AbstractHeapType sub) {
    std::vector<AbstractHeapType> result;
    for (const AbstractHeapType super :
         {Func, NoFunc, Extern, NoExtern, Any, Eq, I31, Struct, Array, None, Exn, NoExn})
      if (registry.matches(HeapType(sub), HeapType(super))) result.push_back(super);
    return result;
  };
  using List = std::vector<AbstractHeapType>;
  CHECK(below(Func) == List{Func});
  CHECK(below(NoFunc) == List{Func, NoFunc});
  CHECK(below(Extern) == List{Extern});
  CHECK(below(NoExtern) == List{Extern, NoExtern});
  CHECK(below(Any) == List{Any});
  CHECK(below(Eq) == List{Any, Eq});
  CHECK(below(I31) == List{Any, Eq, I31});
  CHECK(below(Struct) == List{Any, Eq, Struct});
  CHECK(below(Array) == List{Any, Eq, Array});
  CHECK(below(None) == List{Any, Eq, I31, Struct, Array, None});
  CHECK(below(Exn) == List{Exn});
  CHECK(below(NoExn) == List{Exn, NoExn});
  CHECK(below(Bottom).size() == 12);
}

TEST_CASE("concrete types lie between the abstract ones of their kind") {
  TypeRegistry registry;
  Types types{registry, {}};
  const HeapType f = HeapType::concrete(types.add({func({})}));
  const HeapType s = HeapType::concrete(types.add({structure({})}));
  const HeapType a = HeapType::concrete(
      types.add({{.composite = ArrayType{{ValKind::I8, true}}, .supertype = {}}}));
  CHECK(registry.matches(f, Func));
  CHECK_FALSE(registry.matches(f, Any));
  CHECK(registry.matches(s, Struct));
  CHECK(registry.matches(s, Eq));
  CHECK(registry.matches(s, Any));
  CHECK_FALSE(registry.matches(s, Array));
  CHECK_FALSE(registry.matches(s, I31));
  CHECK(registry.matches(a, Array));
  CHECK_FALSE(registry.matches(a, Struct));
  CHECK(registry.matches(HeapType(NoFunc), f));
  CHECK_FALSE(registry.matches(HeapType(None), f));
  CHECK(registry.matches(HeapType(None), s));
  CHECK(registry.matches(HeapType(None), a));
  CHECK_FALSE(registry.matches(HeapType(Struct), s));
  CHECK(registry.matches(HeapType(Bottom), s));
  CHECK_FALSE(registry.matches(s, a));
  CHECK(registry.top(f) == Func);
  CHECK(registry.top(a) == Any);
  CHECK(registry.top(HeapType(NoExtern)) == Extern);
  CHECK(registry.top(HeapType(NoExn)) == Exn);
}

TEST_CASE("value types match by kind, nullability and heap type") {
  TypeRegistry registry;
  Types types{registry, {}};
  const TypeId s = types.add({structure({})});
  CHECK(registry.matches(kI32, kI32));
  CHECK_FALSE(registry.matches(kI32, kI64));
  CHECK(registry.matches(kBottom, kI64));
  CHECK(registry.matches(kBottom, ref(s)));
  CHECK(registry.matches(ref(s), ref_null(s)));
  CHECK_FALSE(registry.matches(ref_null(s), ref(s)));
  CHECK(registry.matches(ref_null(s), kAnyRef));
  CHECK_FALSE(registry.matches(ref_null(s), kFuncRef));
  CHECK_FALSE(registry.matches(kI32, kAnyRef));
  CHECK_FALSE(registry.matches(kAnyRef, kI32));
  CHECK_FALSE(registry.matches(ValType(ValKind::I8), ValType(ValKind::I16)));
}

TEST_CASE("types know whether they have a default value") {
  TypeRegistry registry;
  Types types{registry, {}};
  const TypeId s = types.add({structure({{kI32, true}, {kAnyRef, true}})});
  CHECK(registry.get(s).is_defaultable);
  CHECK_FALSE(registry.get(types.add({structure({{kI32, true}, {ref(0), true}})})).is_defaultable);
  const auto array = [](ValType element) {
    return SubType{.composite = ArrayType{{element, true}}, .supertype = {}};
  };
  CHECK(registry.get(types.add({array(ref_null(0))})).is_defaultable);
  CHECK_FALSE(registry.get(types.add({array(ref(0))})).is_defaultable);
}

TEST_CASE("threads that intern the same types agree, and readers see whole types") {
  TypeRegistry registry;
  static constexpr uint32_t kThreads = 4;
  static constexpr uint32_t kTypes = 3000;
  std::vector<std::vector<TypeId>> ids(kThreads);
  std::atomic<uint32_t> failures = 0;
  const auto work = [&](uint32_t thread) {
    Types types{registry, {}};
    for (uint32_t i = 0; i < kTypes; ++i) {
      const std::vector<ValType> params(i % 700, i % 2 ? kI32 : kI64);
      const TypeId id = types.add({func(params, {i < 700 ? kF32 : kF64}), structure({})});
      const CanonicalType& type = registry.get(id);
      if (type.func() == nullptr || type.func()->params != params || type.display.back() != id ||
          !registry.is_subtype(id, id))
        ++failures;
    }
    ids[thread] = types.ids;
  };
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  for (const std::vector<TypeId>& other : ids) CHECK(other == ids[0]);
  CHECK(registry.size() == 2 * (700 + 700));
}

}  // namespace brink
