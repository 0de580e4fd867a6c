// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/decode/type_writer.h"

#include <algorithm>
#include <variant>

#include "engine/decode/format.h"
#include "engine/decode/type_reader.h"
#include "engine/support/check.h"

namespace brink::decode {

using support::ByteWriter;

namespace {

/// The one-byte form, if the type has one.
const TypeByte* find_row(ValType type) {
  const auto row = std::ranges::find(kTypeBytes, type, &TypeByte::type);
  return row == kTypeBytes.end() ? nullptr : &*row;
}

void write_val_types(ByteWriter& out, const std::vector<ValType>& types) {
  out.write_u32(static_cast<uint32_t>(types.size()));
  for (const ValType type : types) write_val_type(out, type);
}

struct CompositeWriter {
  ByteWriter& out;

  void operator()(const FuncType& type) const {
    out.write_u8(kFuncTypeByte);
    write_val_types(out, type.params);
    write_val_types(out, type.results);
  }
  void operator()(const StructType& type) const {
    out.write_u8(kStructTypeByte);
    out.write_u32(static_cast<uint32_t>(type.fields.size()));
    for (const FieldType& field : type.fields) write_field_type(out, field);
  }
  void operator()(const ArrayType& type) const {
    out.write_u8(kArrayTypeByte);
    write_field_type(out, type.element);
  }
};

void write_limits(ByteWriter& out, const Limits& limits, uint8_t other_flags) {
  out.write_u8(limits.max ? other_flags | limits_flags::kHasMax : other_flags);
  out.write_u64(limits.min);
  if (limits.max) out.write_u64(*limits.max);
}

uint8_t address_flag(AddressType address) {
  return address == AddressType::I64 ? limits_flags::kAddress64 : 0;
}

}  // namespace

void write_heap_type(ByteWriter& out, HeapType type) {
  if (type.is_concrete()) {
    out.write_s33(type.index());
    return;
  }
  const TypeByte* row = find_row(ValType::ref(type, true));
  BRINK_CHECK(row != nullptr);
  out.write_u8(row->byte);
}

void write_val_type(ByteWriter& out, ValType type) {
  if (const TypeByte* row = find_row(type)) {
    out.write_u8(row->byte);
    return;
  }
  BRINK_CHECK(type.is_ref());
  out.write_u8(type.nullable() ? kRefNullByte : kRefByte);
  write_heap_type(out, type.heap());
}

void write_field_type(ByteWriter& out, const FieldType& type) {
  write_val_type(out, type.storage);
  out.write_u8(type.is_mutable);
}

void write_sub_type(ByteWriter& out, const SubType& type) {
  if (!type.is_final || type.supertype) {
    out.write_u8(type.is_final ? kSubFinalTypeByte : kSubTypeByte);
    out.write_u32(type.supertype ? 1 : 0);
    if (type.supertype) out.write_u32(*type.supertype);
  }
  std::visit(CompositeWriter{out}, type.composite);
}

void write_memory_type(ByteWriter& out, const MemoryType& type) {
  const bool has_page_size = type.page_size_log2 != MemoryType::kDefaultPageSizeLog2;
  uint8_t flags = address_flag(type.address);
  if (type.is_shared) flags |= limits_flags::kShared;
  if (has_page_size) flags |= limits_flags::kHasPageSize;
  write_limits(out, type.limits, flags);
  if (has_page_size) out.write_u32(type.page_size_log2);
}

void write_table_type(ByteWriter& out, const TableType& type) {
  write_val_type(out, type.element);
  write_limits(out, type.limits, address_flag(type.address));
}

void write_global_type(ByteWriter& out, const GlobalType& type) {
  write_val_type(out, type.value);
  out.write_u8(type.is_mutable);
}

void write_tag_type(ByteWriter& out, uint32_t type_index) {
  out.write_u8(0);
  out.write_u32(type_index);
}

}  // namespace brink::decode
