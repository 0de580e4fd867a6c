// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/decode/type_reader.h"

#include <limits>
#include <string>

#include <fmt/format.h>

namespace brink::decode {

namespace {

using namespace limits_flags;

/// A one-byte type is a negative s33 of one byte.
bool is_type_byte(uint8_t byte) {
  return (byte & 0xc0) == 0x40;
}

bool require(ByteReader& reader, Features features, Feature feature, std::string_view phrase,
             std::string_view what, uint32_t offset) {
  if (features.has(feature)) [[likely]]
    return true;
  fail_feature(reader, feature, phrase, what, offset);
  return false;
}

/// The heap type of a type index. Indices that HeapType cannot hold are far above the limit on the
/// number of types, so they are unknown for sure.
HeapType make_concrete(ByteReader& reader, int64_t index, uint32_t offset) {
  if (index > HeapType::kMaxIndex) {
    reader.fail(fmt::format("unknown type {}", index), offset, ErrorKind::Invalid);
    return AbstractHeapType::Bottom;
  }
  return HeapType::concrete(static_cast<uint32_t>(index));
}

ValType read_type(ByteReader& reader, Features features, std::string_view phrase,
                  bool allow_packed) {
  const uint32_t offset = reader.offset();
  const uint8_t byte = reader.read_u8();
  if (!reader.ok()) return {};
  if (byte == kRefByte || byte == kRefNullByte) {
    if (!allows_typed_references(features)) {
      fail_feature(reader, Feature::FunctionReferences, phrase, "(ref ...)", offset);
      return {};
    }
    return ValType::ref(read_heap_type(reader, features), byte == kRefNullByte);
  }
  const TypeByte* row = find_type_byte(byte);
  if (row == nullptr || (row->type.is_packed() && !allow_packed)) {
    reader.fail(fmt::format("{}: byte {:#04x}", phrase, byte), offset);
    return {};
  }
  if (!require(reader, features, row->feature, phrase, to_string(row->type), offset)) return {};
  return row->type;
}

struct LimitsBits {
  Limits limits;
  uint8_t flags = 0;
};

/// Flags, minimum, and maximum if there is one.
LimitsBits read_limits(ByteReader& reader, Features features, uint8_t allowed_flags) {
  const uint32_t offset = reader.offset();
  LimitsBits result;
  result.flags = reader.read_u8();
  if (!reader.ok()) return result;
  if (result.flags & ~allowed_flags) {
    reader.fail(fmt::format("malformed limits flags: {:#04x}", result.flags), offset);
    return result;
  }
  struct FlagFeature {
    uint8_t flag;
    Feature feature;
    std::string_view what;
  };
  static constexpr FlagFeature kFlagFeatures[] = {
      {kShared, Feature::Threads, "a shared memory"},
      {kAddress64, Feature::Memory64, "a 64-bit address type"},
      {kHasPageSize, Feature::CustomPageSizes, "a page size"},
  };
  for (const FlagFeature& row : kFlagFeatures)
    if ((result.flags & row.flag) &&
        !require(reader, features, row.feature, "malformed limits flags", row.what, offset))
      return result;
  // Both versions of the suite, with and without page sizes, agree on a lone flags byte.
  if ((result.flags & kHasPageSize) && reader.at_end()) {
    reader.fail("malformed limits flags: a page size, but no limits", offset);
    return result;
  }
  // With memory64 all limits are 64 bits wide, and validation compares them with the address type.
  const bool is_wide = features.has(Feature::Memory64);
  const auto read_bound = [&] { return is_wide ? reader.read_u64() : reader.read_u32(); };
  result.limits.min = read_bound();
  if (result.flags & kHasMax) result.limits.max = read_bound();
  return result;
}

AddressType address_type(uint8_t flags) {
  return (flags & kAddress64) ? AddressType::I64 : AddressType::I32;
}

}  // namespace

void fail_feature(ByteReader& reader, Feature feature, std::string_view phrase,
                  std::string_view what, uint32_t offset) {
  reader.fail(
      fmt::format("{}: {} needs the feature '{}', which is off", phrase, what, to_string(feature)),
      offset);
}

ValType type_detail::read_other_val_type(ByteReader& reader, Features features) {
  return read_type(reader, features, "malformed value type", false);
}

ValType read_storage_type(ByteReader& reader, Features features) {
  return read_type(reader, features, "malformed storage type", true);
}

FieldType read_field_type(ByteReader& reader, Features features) {
  FieldType field;
  field.storage = read_storage_type(reader, features);
  field.is_mutable = read_mutability(reader);
  return field;
}

ValType read_ref_type(ByteReader& reader, Features features) {
  const uint32_t offset = reader.offset();
  if (reader.peek_u8() == 0x70) {
    reader.read_u8();
    return kFuncRef;
  }
  const uint8_t byte = reader.peek_u8();
  const ValType type = read_type(reader, features, "malformed reference type", false);
  if (reader.ok() && !type.is_ref())
    reader.fail(fmt::format("malformed reference type: byte {:#04x}", byte), offset);
  return type;
}

HeapType read_heap_type(ByteReader& reader, Features features) {
  constexpr std::string_view kPhrase = "malformed heap type";
  const uint32_t offset = reader.offset();
  const uint8_t byte = reader.peek_u8();
  if (is_type_byte(byte)) {
    reader.read_u8();
    const TypeByte* row = find_type_byte(byte);
    if (row == nullptr || !row->type.is_ref()) {
      reader.fail(fmt::format("{}: byte {:#04x}", kPhrase, byte), offset);
    } else if (require(reader, features, row->feature, kPhrase, to_string(row->type.heap()),
                       offset)) {
      return row->type.heap();
    }
    return AbstractHeapType::Bottom;
  }
  const int64_t index = reader.read_s33();
  if (!reader.ok()) return AbstractHeapType::Bottom;
  if (index < 0) {
    reader.fail(std::string(kPhrase), offset);
    return AbstractHeapType::Bottom;
  }
  if (!allows_typed_references(features)) {
    fail_feature(reader, Feature::FunctionReferences, kPhrase, "a type index", offset);
    return AbstractHeapType::Bottom;
  }
  return make_concrete(reader, index, offset);
}

BlockType read_block_type(ByteReader& reader, Features features) {
  const uint32_t offset = reader.offset();
  const uint8_t byte = reader.peek_u8();
  if (byte == kEmptyBlockByte) {
    reader.read_u8();
    return {};
  }
  if (is_type_byte(byte))
    return {.kind = BlockType::Kind::Value, .value = read_val_type(reader, features)};
  const int64_t index = reader.read_s33();
  if (!reader.ok()) return {};
  if (index < 0) {
    reader.fail("malformed block type", offset);
    return {};
  }
  if (!require(reader, features, Feature::MultiValue, "malformed block type", "a type index",
               offset))
    return {};
  return {.kind = BlockType::Kind::Type, .value = {}, .type_index = static_cast<uint32_t>(index)};
}

MemArg read_memarg(ByteReader& reader, Features features) {
  using namespace memarg_flags;
  const uint32_t offset = reader.offset();
  const uint32_t flags = reader.read_u32();
  MemArg memarg;
  if (flags >= 2 * kHasMemoryIndex) {
    reader.fail(fmt::format("malformed memop flags: {:#x}", flags), offset);
    return memarg;
  }
  memarg.align_log2 = flags & kAlignMask;
  if (flags & kHasMemoryIndex) {
    if (!require(reader, features, Feature::MultiMemory, "malformed memop flags", "a memory index",
                 offset))
      return memarg;
    memarg.memory_index = reader.read_u32();
  }
  memarg.offset = features.has(Feature::Memory64) ? reader.read_u64() : reader.read_u32();
  return memarg;
}

bool read_mutability(ByteReader& reader) {
  const uint32_t offset = reader.offset();
  const uint8_t byte = reader.read_u8();
  if (byte > 1) reader.fail(fmt::format("malformed mutability: {:#04x}", byte), offset);
  return byte == 1;
}

MemoryType read_memory_type(ByteReader& reader, Features features) {
  const auto [limits, flags] =
      read_limits(reader, features, kHasMax | kShared | kAddress64 | kHasPageSize);
  MemoryType type;
  type.limits = limits;
  type.address = address_type(flags);
  type.is_shared = (flags & kShared) != 0;
  if (flags & kHasPageSize) {
    const uint32_t offset = reader.offset();
    const uint32_t page_size_log2 = reader.read_u32();
    // Which sizes there are is validation's to say, but a power of two must fit a number.
    if (page_size_log2 > 64) {
      reader.fail(fmt::format("invalid custom page size: 2^{} bytes", page_size_log2), offset);
      return type;
    }
    type.page_size_log2 = static_cast<uint8_t>(page_size_log2);
  }
  return type;
}

TableType read_table_type(ByteReader& reader, Features features) {
  TableType type;
  type.element = read_ref_type(reader, features);
  const auto [limits, flags] = read_limits(reader, features, kHasMax | kAddress64);
  type.limits = limits;
  type.address = address_type(flags);
  return type;
}

GlobalType read_global_type(ByteReader& reader, Features features) {
  GlobalType type;
  type.value = read_val_type(reader, features);
  type.is_mutable = read_mutability(reader);
  return type;
}

uint32_t read_tag_type(ByteReader& reader) {
  const uint32_t offset = reader.offset();
  const uint8_t attribute = reader.read_u8();
  if (attribute != 0)
    reader.fail(fmt::format("malformed tag attribute: {:#04x}", attribute), offset);
  return reader.read_u32();
}

}  // namespace brink::decode
