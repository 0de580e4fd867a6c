// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Memory, Table, Global, Tag and Extern: handles to a store's objects.

#include <fmt/format.h>

#include "brink/store.h"
#include "engine/runtime/store_state.h"
#include "engine/support/try.h"

namespace brink {

using runtime::StoreState;

// ---- Memory ----

Result<Memory> Memory::create(Store& store, const MemoryType& type) {
  StoreState& state = *store.state();
  std::shared_ptr<runtime::MemoryObject> memory =
      BRINK_TRY(runtime::MemoryObject::create(state, type));
  state.memories.push_back(std::move(memory));
  return Memory(state.memories.back().get());
}

Result<Memory> Memory::from_shared(Store& store, const SharedMemory& memory) {
  // Safety: code of this store's engine leaves out checks where it expects guards.
  if (memory.object()->is_guarded !=
      runtime::is_guarded_memory(memory.object()->type, store.engine().config()))
    return make_error(ErrorKind::Usage, "the engines guard memories in different ways");
  store.state()->memories.push_back(memory.object());
  return Memory(memory.object().get());
}

std::optional<SharedMemory> Memory::share() const {
  if (!object_->type.is_shared) return std::nullopt;
  return SharedMemory(object_->shared_from_this());
}

MemoryType Memory::type() const {
  MemoryType type = object_->type;
  type.limits.min = object_->pages();
  return type;
}
uint64_t Memory::size_pages() const {
  return object_->pages();
}
uint64_t Memory::size_bytes() const {
  return object_->bytes.load(std::memory_order_acquire);
}
std::span<uint8_t> Memory::data() const {
  return {object_->base, size_bytes()};
}

std::optional<std::span<uint8_t>> Memory::slice(uint64_t offset, uint64_t size) const {
  if (!object_->contains(offset, size)) return std::nullopt;
  return std::span<uint8_t>(object_->base + offset, size);
}

std::optional<std::string_view> Memory::text(uint64_t offset, uint64_t size) const {
  if (!object_->contains(offset, size)) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(object_->base + offset), size);
}

Status Memory::make_writable(uint64_t offset, uint64_t size) const {
  if (!object_->contains(offset, size))
    return make_error(ErrorKind::Usage,
                      fmt::format("out of bounds memory access: {} bytes at {}", size, offset));
  return object_->make_writable(offset, size);
}

bool Memory::tracks_writes() const {
  return object_->tracker != nullptr;
}

std::optional<uint64_t> Memory::grow(uint64_t delta_pages) const {
  return object_->grow(delta_pages);
}

// ---- values that go into tables and globals ----

namespace {

Status check_type(const StoreState& store, const Value& value, ValType expected) {
  if (value.is_null() && expected.is_ref() && expected.nullable()) return {};
  if (store.types().matches(value.type(), expected)) return {};
  return make_error(ErrorKind::Usage, fmt::format("the value must be {}, not {}",
                                                  to_string(expected), to_string(value.type())));
}

}  // namespace

// ---- Table ----

Result<Table> Table::create(Store& store, const TableType& type, const Value& init) {
  StoreState& state = *store.state();
  BRINK_TRY(check_type(state, init, type.element));
  std::unique_ptr<runtime::TableObject> table =
      BRINK_TRY(runtime::TableObject::create(state, type, init.ref_word()));
  state.tables.push_back(std::move(table));
  return Table(state.tables.back().get());
}

TableType Table::type() const {
  TableType type = object_->type;
  type.limits.min = object_->size;
  return type;
}
uint64_t Table::size() const {
  return object_->size;
}

std::optional<Value> Table::get(uint64_t index) const {
  if (index >= object_->size) return std::nullopt;
  return Value::ref(object_->type.element, object_->elements[index]);
}

Status Table::set(uint64_t index, const Value& value) const {
  if (index >= object_->size)
    return make_error(ErrorKind::Usage, fmt::format("out of bounds table access: index {}, size {}",
                                                    index, object_->size));
  BRINK_TRY(check_type(*object_->store, value, object_->type.element));
  object_->elements[index] = value.ref_word();
  object_->is_touched = true;
  return {};
}

std::optional<uint64_t> Table::grow(uint64_t delta, const Value& init) const {
  if (!check_type(*object_->store, init, object_->type.element).has_value()) return std::nullopt;
  return object_->grow(delta, init.ref_word());
}

// ---- Global ----

Result<Global> Global::create(Store& store, const GlobalType& type, const Value& init) {
  StoreState& state = *store.state();
  BRINK_TRY(check_type(state, init, type.value));
  runtime::GlobalObject& global = state.globals.emplace_back();
  global.type = type;
  global.store = &state;
  global.value[0] = init.words().words[0];
  global.value[1] = init.words().words[1];
  return Global(&global);
}

GlobalType Global::type() const {
  return object_->type;
}

Value Global::get() const {
  return Value::from_words(object_->type.value, V128{{object_->value[0], object_->value[1]}});
}

Status Global::set(const Value& value) const {
  if (!object_->type.is_mutable)
    return make_error(ErrorKind::Usage, "immutable global: it cannot be set");
  BRINK_TRY(check_type(*object_->store, value, object_->type.value));
  object_->value[0] = value.words().words[0];
  object_->value[1] = value.words().words[1];
  return {};
}

// ---- Tag ----

Tag Tag::create(Store& store, const TagType& type) {
  StoreState& state = *store.state();
  runtime::TagObject& tag = state.tags.emplace_back();
  tag.type_id = state.engine.state()->registry->intern(type.type);
  tag.store = &state;
  return Tag(&tag);
}

TagType Tag::type() const {
  return TagType{*object_->store->types().get(object_->type_id).func()};
}

// ---- Extern ----

FuncType Func::type() const {
  return *object_->store->types().get(object_->type_id).func();
}

ExternType Extern::type() const {
  switch (kind()) {
    case ExternKind::Func: return func()->type();
    case ExternKind::Table: return table()->type();
    case ExternKind::Memory: return memory()->type();
    case ExternKind::Global: return global()->type();
    case ExternKind::Tag: break;
  }
  return tag()->type();
}

std::string to_string(ExternKind kind, const ExternType& type) {
  const std::string text = std::visit(
      [](const auto& t) {
        if constexpr (std::is_same_v<std::decay_t<decltype(t)>, TagType>)
          return to_string(t.type);
        else
          return to_string(t);
      },
      type);
  return fmt::format("{} {}", to_string(kind), text);
}

}  // namespace brink
