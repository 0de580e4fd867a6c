// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see operations.h.

#include "engine/runtime/operations.h"

#include <algorithm>
#include <cstring>

namespace brink::runtime::operations {
namespace {

/// An operand that an address type says is 32 or 64 bits wide.
uint64_t address_operand(Slot slot, AddressType type) {
  return type == AddressType::I64 ? slot : static_cast<uint32_t>(slot);
}

/// Of a copy: as wide as the narrower of the two.
uint64_t size_operand(Slot slot, AddressType a, AddressType b) {
  return address_operand(slot, std::min(a, b));
}

}  // namespace

// ---- memories ----

TrapCode memory_grow(InstanceObject& instance, Slot* slots, uint32_t index, uint32_t) {
  MemoryObject& memory = *instance.memories[index];
  const AddressType address = memory.type.address;
  const std::optional<uint64_t> previous = memory.grow(address_operand(slots[0], address));
  slots[0] = address_operand(previous.value_or(~uint64_t{0}), address);
  return TrapCode::None;
}

TrapCode memory_fill(InstanceObject& instance, Slot* slots, uint32_t index, uint32_t) {
  MemoryObject& memory = *instance.memories[index];
  const uint64_t destination = address_operand(slots[0], memory.type.address);
  const uint64_t size = address_operand(slots[2], memory.type.address);
  if (!memory.contains(destination, size)) return TrapCode::MemoryOutOfBounds;
  if (size != 0) std::memset(memory.base + destination, static_cast<uint8_t>(slots[1]), size);
  return TrapCode::None;
}

TrapCode memory_copy(InstanceObject& instance, Slot* slots, uint32_t to_index,
                     uint32_t from_index) {
  MemoryObject& to = *instance.memories[to_index];
  MemoryObject& from = *instance.memories[from_index];
  const uint64_t destination = address_operand(slots[0], to.type.address);
  const uint64_t source = address_operand(slots[1], from.type.address);
  const uint64_t size = size_operand(slots[2], to.type.address, from.type.address);
  if (!to.contains(destination, size) || !from.contains(source, size))
    return TrapCode::MemoryOutOfBounds;
  if (size != 0) std::memmove(to.base + destination, from.base + source, size);
  return TrapCode::None;
}

TrapCode memory_init(InstanceObject& instance, Slot* slots, uint32_t segment, uint32_t memory) {
  const uint64_t destination = address_operand(slots[0], instance.memories[memory]->type.address);
  const bool fits =
      runtime::memory_init(instance, memory, segment, destination, static_cast<uint32_t>(slots[1]),
                           static_cast<uint32_t>(slots[2]));
  return fits ? TrapCode::None : TrapCode::MemoryOutOfBounds;
}

TrapCode data_drop(InstanceObject& instance, Slot*, uint32_t segment, uint32_t) {
  drop_data(instance, segment);
  return TrapCode::None;
}

// ---- tables ----

TrapCode table_grow(InstanceObject& instance, Slot* slots, uint32_t index, uint32_t) {
  TableObject& table = *instance.tables[index];
  const AddressType address = table.type.address;
  const std::optional<uint64_t> previous = table.grow(address_operand(slots[1], address), slots[0]);
  slots[0] = address_operand(previous.value_or(~uint64_t{0}), address);
  return TrapCode::None;
}

TrapCode table_fill(InstanceObject& instance, Slot* slots, uint32_t index, uint32_t) {
  TableObject& table = *instance.tables[index];
  const uint64_t start = address_operand(slots[0], table.type.address);
  const uint64_t count = address_operand(slots[2], table.type.address);
  if (!table.contains(start, count)) return TrapCode::TableOutOfBounds;
  std::fill_n(table.elements + start, count, slots[1]);
  table.is_touched = true;
  return TrapCode::None;
}

TrapCode table_copy(InstanceObject& instance, Slot* slots, uint32_t to_index, uint32_t from_index) {
  TableObject& to = *instance.tables[to_index];
  const TableObject& from = *instance.tables[from_index];
  const uint64_t destination = address_operand(slots[0], to.type.address);
  const uint64_t source = address_operand(slots[1], from.type.address);
  const uint64_t count = size_operand(slots[2], to.type.address, from.type.address);
  if (!to.contains(destination, count) || !from.contains(source, count))
    return TrapCode::TableOutOfBounds;
  if (count != 0)
    std::memmove(to.elements + destination, from.elements + source, count * sizeof(Slot));
  to.is_touched = true;
  return TrapCode::None;
}

TrapCode table_init(InstanceObject& instance, Slot* slots, uint32_t segment, uint32_t table) {
  const uint64_t destination = address_operand(slots[0], instance.tables[table]->type.address);
  const bool fits =
      runtime::table_init(instance, table, segment, destination, static_cast<uint32_t>(slots[1]),
                          static_cast<uint32_t>(slots[2]));
  return fits ? TrapCode::None : TrapCode::TableOutOfBounds;
}

TrapCode elem_drop(InstanceObject& instance, Slot*, uint32_t segment, uint32_t) {
  drop_element(instance, segment);
  return TrapCode::None;
}

}  // namespace brink::runtime::operations
