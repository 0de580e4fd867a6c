// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/runtime/object_layout.h"

#include <algorithm>

namespace brink::runtime {

bool is_traced(const TypeRegistry& types, ValType type) {
  if (!type.is_ref()) return false;
  switch (types.top(type.heap())) {
    case AbstractHeapType::Any:
    case AbstractHeapType::Extern:
    case AbstractHeapType::Exn: return true;
    default: return false;  // functions; the bottom of everything, whose only value is null
  }
}

namespace {

ObjectLayout make_struct(const TypeRegistry& types, const StructType& type) {
  ObjectLayout layout;
  layout.kind = ObjectKind::Struct;
  uint32_t offset = kObjectData;
  for (const FieldType& field : type.fields) {
    const uint32_t bytes = storage_bytes(field.storage);
    const uint32_t alignment = std::min<uint32_t>(bytes, 8);
    offset = (offset + alignment - 1) & ~(alignment - 1);
    layout.fields.push_back({offset, field.storage});
    if (is_traced(types, field.storage)) layout.traced.push_back(offset);
    offset += bytes;
  }
  layout.size = offset;
  return layout;
}

ObjectLayout make_array(const TypeRegistry& types, const ArrayType& type) {
  ObjectLayout layout;
  layout.kind = ObjectKind::Array;
  layout.element = type.element.storage;
  layout.element_bytes = storage_bytes(layout.element);
  layout.elements_are_traced = is_traced(types, layout.element);
  return layout;
}

ObjectLayout make_exception(const TypeRegistry& types, const FuncType& type) {
  ObjectLayout layout;
  layout.kind = ObjectKind::Exception;
  layout.element_bytes = 8;
  layout.size = kExceptionPayload;
  uint32_t offset = kExceptionPayload;
  for (const ValType param : type.params) {
    if (is_traced(types, param)) layout.traced.push_back(offset);
    offset += param.slots() * 8;
  }
  return layout;
}

}  // namespace

const ObjectLayout kNullLayout = [] {
  ObjectLayout layout;
  layout.type = kNullType;
  layout.kind = ObjectKind::Exception;
  layout.display.fill(kNullType);
  return layout;
}();

alignas(16) const ObjectHeader kNullObject = {kNullType, 0};

ObjectLayouts::~ObjectLayouts() {
  for (uint32_t chunk = 0; chunk < kChunks; ++chunk) {
    const Place* const places = chunks_[chunk].load();
    if (places == nullptr) continue;
    for (uint32_t i = 0; i < places_of(chunk); ++i) delete places[i].load();
    delete[] places;
  }
}

const ObjectLayout& ObjectLayouts::make(TypeId id) {
  const std::scoped_lock lock(mutex_);
  std::atomic<Place*>& chunk = chunks_[chunk_of(id)];
  if (chunk.load() == nullptr)
    chunk.store(new Place[places_of(chunk_of(id))](), std::memory_order_release);
  Place& place = chunk.load()[index_of(id)];
  if (const ObjectLayout* known = place.load()) return *known;
  const CanonicalType& type = types_.get(id);
  auto layout = std::make_unique<ObjectLayout>();
  if (type.structure() != nullptr)
    *layout = make_struct(types_, *type.structure());
  else if (type.array() != nullptr)
    *layout = make_array(types_, *type.array());
  else
    *layout = make_exception(types_, *type.func());
  layout->type = id;
  layout->display.fill(kNullType);
  std::copy_n(type.display.begin(), std::min<size_t>(type.display.size(), kDisplaySize),
              layout->display.begin());
  place.store(layout.get(), std::memory_order_release);
  return *layout.release();
}

}  // namespace brink::runtime
