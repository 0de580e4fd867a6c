// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Reads the types of the binary format (spec: binary format, types), and the immediates that are
// made of them. Shared by the module decoder, the instruction reader and the body decoder. All of
// them only check syntax: concrete heap types are type indices that validation has yet to check.
//
// On failure the reader keeps the error and the result is a harmless default; see ByteReader.

#ifndef BRINK_DECODE_TYPE_READER_H_
#define BRINK_DECODE_TYPE_READER_H_

#include <array>
#include <cstdint>
#include <optional>

#include "brink/features.h"
#include "brink/types.h"
#include "engine/decode/format.h"
#include "engine/decode/instruction.h"
#include "engine/support/byte_reader.h"

namespace brink::decode {

using support::ByteReader;

/// A type that the binary format writes as one byte: numbers, v128, packed types, and abstract heap
/// types, which as a value type mean the nullable reference.
struct TypeByte {
  uint8_t byte;
  ValType type;
  Feature feature;
};
inline constexpr std::array<TypeByte, 19> kTypeBytes = {{
    {0x7f, ValKind::I32, Feature::Mvp},
    {0x7e, ValKind::I64, Feature::Mvp},
    {0x7d, ValKind::F32, Feature::Mvp},
    {0x7c, ValKind::F64, Feature::Mvp},
    {0x7b, ValKind::V128, Feature::Simd},
    {0x78, ValKind::I8, Feature::Gc},
    {0x77, ValKind::I16, Feature::Gc},
    {0x74, ValType::ref(AbstractHeapType::NoExn, true), Feature::Exceptions},
    {0x73, ValType::ref(AbstractHeapType::NoFunc, true), Feature::Gc},
    {0x72, ValType::ref(AbstractHeapType::NoExtern, true), Feature::Gc},
    {0x71, ValType::ref(AbstractHeapType::None, true), Feature::Gc},
    {0x70, kFuncRef, Feature::ReferenceTypes},
    {0x6f, kExternRef, Feature::ReferenceTypes},
    {0x6e, kAnyRef, Feature::Gc},
    {0x6d, kEqRef, Feature::Gc},
    {0x6c, kI31Ref, Feature::Gc},
    {0x6b, kStructRef, Feature::Gc},
    {0x6a, kArrayRef, Feature::Gc},
    {0x69, kExnRef, Feature::Exceptions},
}};

namespace type_detail {

/// Position in kTypeBytes of each byte below 0x80, or -1.
consteval std::array<int8_t, 128> index_type_bytes() {
  std::array<int8_t, 128> index;
  index.fill(-1);
  for (size_t i = 0; i < kTypeBytes.size(); ++i) index[kTypeBytes[i].byte] = static_cast<int8_t>(i);
  return index;
}
inline constexpr std::array<int8_t, 128> kTypeByteIndex = index_type_bytes();

ValType read_other_val_type(ByteReader& reader, Features features);

}  // namespace type_detail

/// The row of a byte, if it is a type on its own.
constexpr const TypeByte* find_type_byte(uint8_t byte) {
  if (byte >= 0x80 || type_detail::kTypeByteIndex[byte] < 0) return nullptr;
  return &kTypeBytes[static_cast<size_t>(type_detail::kTypeByteIndex[byte])];
}

/// Fails with "<phrase>: <what> needs the feature '<name>', which is off".
void fail_feature(ByteReader& reader, Feature feature, std::string_view phrase,
                  std::string_view what, uint32_t offset);

/// Whether references to defined types may be used; both features bring them.
constexpr bool allows_typed_references(Features features) {
  return features.has(Feature::FunctionReferences) || features.has(Feature::Gc);
}

inline ValType read_val_type(ByteReader& reader, Features features) {
  const uint8_t byte = reader.peek_u8();
  if (byte >= 0x7c && byte <= 0x7f) [[likely]] {
    reader.read_u8();
    return static_cast<ValKind>(0x7f - byte);
  }
  return type_detail::read_other_val_type(reader, features);
}
static_assert(ValType(static_cast<ValKind>(0x7f - 0x7c)) == kF64);

/// A value type or i8, i16.
ValType read_storage_type(ByteReader& reader, Features features);
FieldType read_field_type(ByteReader& reader, Features features);

/// A reference type where nothing else can stand (table elements, element segments). funcref needs
/// no feature there.
ValType read_ref_type(ByteReader& reader, Features features);

HeapType read_heap_type(ByteReader& reader, Features features);
BlockType read_block_type(ByteReader& reader, Features features);

/// Alignment, memory index, offset. The offset is read as 64 bits wide with memory64; whether it
/// fits the memory is for validation to say.
MemArg read_memarg(ByteReader& reader, Features features);

/// 0 or 1 for constant and variable.
bool read_mutability(ByteReader& reader);

MemoryType read_memory_type(ByteReader& reader, Features features);
TableType read_table_type(ByteReader& reader, Features features);
GlobalType read_global_type(ByteReader& reader, Features features);
/// Attribute and type index.
uint32_t read_tag_type(ByteReader& reader);

}  // namespace brink::decode

#endif  // BRINK_DECODE_TYPE_READER_H_
