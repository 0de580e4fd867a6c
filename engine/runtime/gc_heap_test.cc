// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/runtime/gc_heap.h"

#include <catch2/catch.hpp>
#include <cstring>

namespace brink::runtime {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr uint32_t kManyNodes = 2'000'000;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr uint32_t kManyNodes = 2'000'000;
#else
constexpr uint32_t kManyNodes = 10'000'000;
#endif
#else
constexpr uint32_t kManyNodes = 10'000'000;
#endif

/// A registry with the types that the tests use.
struct Types {
  TypeRegistry registry;
  TypeId node;   ///< struct { anyref; anyref; i32 }
  TypeId bytes;  ///< array of i8
  TypeId refs;   ///< array of anyref
  ObjectLayouts layouts{registry};

  Types() {
    const FieldType any{kAnyRef, true};
    node = add(StructType{{any, any, {kI32, true}}});
    bytes = add(ArrayType{{ValKind::I8, true}});
    refs = add(ArrayType{any});
  }
  TypeId add(CompositeType type) {
    const SubType definition{std::move(type), std::nullopt, true};
    return registry.intern({&definition, 1}, 0, {});
  }
};

RefWord& field(const GcHeap& heap, RefWord object, uint32_t index) {
  return *reinterpret_cast<RefWord*>(heap.base() + object + kObjectData + index * 8);
}

void collect(GcHeap& heap, std::initializer_list<RefWord> roots) {
  heap.begin_collection();
  for (const RefWord root : roots) heap.mark(root);
  heap.finish_collection();
}

/// A list of `count` nodes, or 0 if the heap is too small.
RefWord make_list(GcHeap& heap, const ObjectLayout& layout, uint32_t count, uint32_t link) {
  RefWord first = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const RefWord node = heap.allocate(layout, 0);
    if (node == 0) return 0;
    field(heap, node, link) = first;
    first = node;
  }
  return first;
}

uint32_t list_length(const GcHeap& heap, RefWord node, uint32_t link) {
  uint32_t length = 0;
  for (; node != 0; node = field(heap, node, link)) ++length;
  return length;
}

}  // namespace

TEST_CASE("words of references are told apart by their low bits", "[gc]") {
  CHECK(is_i31(make_i31(0)));
  CHECK(make_i31(0x40000000u) == make_i31(0xc0000000u));
  CHECK(make_i31(0xffffffffu) <= 0xffffffffu);
  CHECK(is_host_reference(make_host_reference(0)));
  CHECK(!is_heap_object(make_host_reference(6)));
  CHECK(!is_heap_object(make_i31(8)));
  CHECK(!is_heap_object(0));
  CHECK(is_heap_object(65536));
}

TEST_CASE("fields lie at their natural alignment and references take 8 bytes", "[gc]") {
  Types types;
  const TypeId mixed = types.add(StructType{{{ValKind::I8, true},
                                             {kI32, true},
                                             {kFuncRef, true},
                                             {ValKind::I16, true},
                                             {kV128, true},
                                             {kExternRef, true}}});
  const ObjectLayout& layout = types.layouts.get(mixed);
  const uint32_t expected[] = {8, 12, 16, 24, 32, 48};
  REQUIRE(layout.fields.size() == 6);
  for (size_t i = 0; i < 6; ++i) CHECK(layout.fields[i].offset == expected[i]);
  CHECK(layout.size == 56);
  CHECK(layout.traced == std::vector<uint32_t>{48});
}

TEST_CASE("new objects are zero, also where garbage lay", "[gc]") {
  Types types;
  GcHeap heap(1 << 20, true);
  const ObjectLayout& bytes = types.layouts.get(types.bytes);
  for (int round = 0; round < 3; ++round) {
    for (const uint32_t length : {0u, 1u, 100u, 5000u, 16376u, 16377u, 200'000u}) {
      const RefWord array = heap.allocate(bytes, length);
      REQUIRE(array != 0);
      CHECK(heap.header(array)->length == length);
      uint8_t* const data = heap.base() + array + kObjectData;
      CHECK(std::all_of(data, data + length, [](uint8_t byte) { return byte == 0; }));
      std::memset(data, 0x55, length);
    }
    collect(heap, {});
    CHECK(heap.live_bytes() == 0);
  }
}

TEST_CASE("runs of cells end at the next object that lives, and are zero", "[gc]") {
  Types types;
  HeapView view;
  GcHeap heap(1 << 20, false, &view);
  const ObjectLayout& node = types.layouts.get(types.node);
  const RefWord first = heap.allocate(node, 0);
  const CellRun& run = view.runs[1];
  CHECK(run.next == first + 32);
  CHECK(run.end == first + GcHeap::kBlockBytes);
  CHECK(view.layouts[types.node] == &node);
  CHECK(view.layouts[-1] == &kNullLayout);
  CHECK(heap.header(0)->type == kNullType);
  for (int i = 1; i < 10; ++i) heap.allocate(node, 0);
  const RefWord kept = first + 5 * 32;
  std::memset(heap.base() + first, 0x55, 10 * 32);
  *heap.header(kept) = {types.node, 0};
  field(heap, kept, 0) = field(heap, kept, 1) = 0;
  CHECK(heap.used_bytes() == 10 * 32);
  collect(heap, {kept});
  CHECK(run.next == run.end);
  CHECK(heap.used_bytes() == 32);
  CHECK(heap.allocate(node, 0) == first);
  CHECK(run.end == kept);
  for (RefWord at = first + sizeof(ObjectHeader); at < kept; ++at) REQUIRE(heap.base()[at] == 0);
  for (int i = 1; i < 5; ++i) CHECK(heap.allocate(node, 0) == first + i * 32);
  CHECK(heap.allocate(node, 0) == kept + 32);
  CHECK(heap.used_bytes() == 7 * 32);
}

TEST_CASE("a heap that poisons sees every allocation", "[gc]") {
  Types types;
  HeapView view;
  GcHeap heap(1 << 20, true, &view);
  heap.allocate(types.layouts.get(types.node), 0);
  CHECK(view.runs[1].next == view.runs[1].end);
}

TEST_CASE("a hundred times the limit in garbage fits the limit", "[gc]") {
  Types types;
  constexpr uint64_t kLimit = 4 << 20;
  GcHeap heap(kLimit, false);
  const ObjectLayout& node = types.layouts.get(types.node);
  const ObjectLayout& bytes = types.layouts.get(types.bytes);
  const RefWord kept = heap.allocate(node, 0);
  field(heap, kept, 0) = make_i31(7);
  uint64_t allocated = 0;
  for (uint32_t i = 0; allocated < 100 * kLimit; ++i) {
    const bool is_array = i % 64 == 0;
    const uint32_t length = is_array ? i % 100'000 : 0;
    const ObjectLayout& layout = is_array ? bytes : node;
    RefWord word = heap.allocate(layout, length);
    if (word == 0) {
      collect(heap, {kept});
      word = heap.allocate(layout, length);
    }
    REQUIRE(word != 0);
    allocated += layout.bytes(length);
  }
  CHECK(heap.block_bytes() <= kLimit + GcHeap::kBlockBytes);
  CHECK(heap.collections() >= 50);
  CHECK(field(heap, kept, 0) == make_i31(7));
}

TEST_CASE("a long list survives and is then freed", "[gc]") {
  Types types;
  GcHeap heap(uint64_t{1} << 30, false);
  const ObjectLayout& node = types.layouts.get(types.node);
  const uint32_t link = GENERATE(0u, 1u);
  const RefWord list = make_list(heap, node, kManyNodes, link);
  REQUIRE(list != 0);
  collect(heap, {list});
  CHECK(heap.live_bytes() == uint64_t{kManyNodes} * 32);
  CHECK(list_length(heap, list, link) == kManyNodes);
  collect(heap, {});
  CHECK(heap.live_bytes() == 0);
  const uint64_t before = heap.block_bytes();
  REQUIRE(make_list(heap, node, 1000, link) != 0);
  CHECK(heap.block_bytes() == before);
}

TEST_CASE("deep and wide structures and cycles are marked", "[gc]") {
  Types types;
  GcHeap heap(uint64_t{1} << 28, true);
  const ObjectLayout& node = types.layouts.get(types.node);
  const ObjectLayout& refs = types.layouts.get(types.refs);
  constexpr uint32_t kWidth = 100'000;
  const RefWord wide = heap.allocate(refs, kWidth);
  for (uint32_t i = 0; i < kWidth; ++i) {
    const RefWord leaf = heap.allocate(node, 0);
    field(heap, leaf, 0) = wide;
    field(heap, leaf, 1) = leaf;
    field(heap, wide, i) = leaf;
  }
  const RefWord list = make_list(heap, node, 1'000'000, 0);
  field(heap, wide, 5) = list;
  heap.allocate(refs, kWidth);
  collect(heap, {wide, wide});
  CHECK(list_length(heap, list, 0) == 1'000'000);
  for (uint32_t i = 0; i < kWidth; ++i) {
    if (i == 5) continue;
    const RefWord leaf = field(heap, wide, i);
    REQUIRE(field(heap, leaf, 0) == wide);
    REQUIRE(field(heap, leaf, 1) == leaf);
  }
}

TEST_CASE("a reference into garbage is found out when poisoning", "[gc]") {
  Types types;
  GcHeap heap(1 << 20, true);
  const ObjectLayout& node = types.layouts.get(types.node);
  const RefWord kept = heap.allocate(node, 0);
  const RefWord lost = heap.allocate(node, 0);
  field(heap, kept, 0) = lost;
  collect(heap, {kept});
  CHECK(heap.header(lost)->type == types.node);
  field(heap, kept, 0) = 0;
  collect(heap, {kept});
  CHECK(heap.header(lost)->type == 0xdbdbdbdbu);
  CHECK(heap.header(kept)->type == types.node);
}

TEST_CASE("what cannot fit is refused", "[gc]") {
  Types types;
  GcHeap heap(1 << 20, false);
  const ObjectLayout& refs = types.layouts.get(types.refs);
  CHECK(heap.allocate(refs, 0xffffffffu) == 0);
  CHECK(heap.allocate(refs, (1 << 20) / 8) == 0);
  CHECK(heap.allocate(refs, 1000) != 0);
}

}  // namespace brink::runtime
