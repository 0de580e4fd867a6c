// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/type_writer.h"

#include <array>
#include <cstdint>
#include <variant>

namespace brink::text {

namespace {

using support::ByteWriter;

/// By AbstractHeapType; Bottom has no code.
constexpr std::array<uint8_t, 12> kHeapCodes = {0x70, 0x73, 0x6f, 0x72, 0x6e, 0x6d,
                                                0x6c, 0x6b, 0x6a, 0x71, 0x69, 0x74};
/// By ValKind; Ref and Bottom have none.
constexpr std::array<uint8_t, 9> kValCodes = {0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0, 0, 0x78, 0x77};

enum TypeCode : uint8_t {
  kRef = 0x64,
  kRefNull = 0x63,
  kFunc = 0x60,
  kStruct = 0x5f,
  kArray = 0x5e,
  kSub = 0x50,
  kSubFinal = 0x4f,
};

enum LimitsFlag : uint8_t { kHasMax = 1, kShared = 2, kAddress64 = 4, kHasPageSize = 8 };

void write_field(ByteWriter& out, const FieldType& field) {
  write_val_type(out, field.storage);
  out.write_u8(field.is_mutable ? 1 : 0);
}

void write_composite(ByteWriter& out, const CompositeType& type) {
  if (const auto* func = std::get_if<FuncType>(&type)) {
    out.write_u8(kFunc);
    write_signature(out, *func);
  } else if (const auto* structure = std::get_if<StructType>(&type)) {
    out.write_u8(kStruct);
    out.write_u32(static_cast<uint32_t>(structure->fields.size()));
    for (const FieldType& field : structure->fields) write_field(out, field);
  } else {
    out.write_u8(kArray);
    write_field(out, std::get<ArrayType>(type).element);
  }
}

void write_val_types(ByteWriter& out, const std::vector<ValType>& types) {
  out.write_u32(static_cast<uint32_t>(types.size()));
  for (const ValType type : types) write_val_type(out, type);
}

void write_limits(ByteWriter& out, const Limits& limits, AddressType address, uint8_t flags) {
  out.write_u8(static_cast<uint8_t>(flags | (limits.max ? kHasMax : 0) |
                                    (address == AddressType::I64 ? kAddress64 : 0)));
  out.write_u64(limits.min);
  if (limits.max) out.write_u64(*limits.max);
}

}  // namespace

void write_heap_type(ByteWriter& out, HeapType type) {
  if (type.is_concrete()) {
    out.write_s33(type.index());
  } else {
    out.write_u8(kHeapCodes[static_cast<size_t>(type.abstract())]);
  }
}

void write_val_type(ByteWriter& out, ValType type) {
  if (!type.is_ref()) {
    out.write_u8(kValCodes[static_cast<size_t>(type.kind())]);
    return;
  }
  if (!type.nullable()) {
    out.write_u8(kRef);
  } else if (type.heap().is_concrete()) {
    out.write_u8(kRefNull);
  }
  write_heap_type(out, type.heap());
}

void write_signature(ByteWriter& out, const FuncType& type) {
  write_val_types(out, type.params);
  write_val_types(out, type.results);
}

void write_sub_type(ByteWriter& out, const SubType& type) {
  if (type.supertype || !type.is_final) {
    out.write_u8(type.is_final ? kSubFinal : kSub);
    out.write_u32(type.supertype ? 1 : 0);
    if (type.supertype) out.write_u32(*type.supertype);
  }
  write_composite(out, type.composite);
}

void write_table_type(ByteWriter& out, const TableType& type) {
  write_val_type(out, type.element);
  write_limits(out, type.limits, type.address, 0);
}

void write_memory_type(ByteWriter& out, const MemoryType& type, bool has_page_size) {
  const int flags = (type.is_shared ? kShared : 0) | (has_page_size ? kHasPageSize : 0);
  write_limits(out, type.limits, type.address, static_cast<uint8_t>(flags));
  if (has_page_size) out.write_u32(type.page_size_log2);
}

void write_global_type(ByteWriter& out, const GlobalType& type) {
  write_val_type(out, type.value);
  out.write_u8(type.is_mutable ? 1 : 0);
}

}  // namespace brink::text
