// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The types of WebAssembly (spec: structure, types), as small values.
//
// A concrete heap type is a number. Whose number it is depends on the owner of the type:
//   - inside a decoded Module it is an index into that module's type section, as written;
//   - everywhere else (public API, runtime, operand stack of the validator) it is the TypeId that
//     the engine's TypeRegistry gave to the type, so that equality of types is equality of values.

#ifndef BRINK_TYPES_H_
#define BRINK_TYPES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace brink {

/// Abstract heap types (spec: heap types). The four hierarchies and their bottoms.
enum class AbstractHeapType : uint8_t {
  Func,
  NoFunc,
  Extern,
  NoExtern,
  Any,
  Eq,
  I31,
  Struct,
  Array,
  None,
  Exn,
  NoExn,
  Bottom,  ///< below everything: the type of a reference popped in unreachable code
};

/// A heap type: abstract, or the number of a defined type.
class HeapType {
 public:
  static constexpr uint32_t kMaxIndex = (1u << 26) - 1;

  constexpr HeapType(AbstractHeapType abstract)  // NOLINT: implicit by design
      : code_(kAbstractBit | static_cast<uint32_t>(abstract)) {}
  static constexpr HeapType concrete(uint32_t index) { return HeapType(index); }
  static constexpr HeapType from_code(uint32_t code) { return HeapType(code); }

  constexpr bool is_abstract() const { return (code_ & kAbstractBit) != 0; }
  constexpr bool is_concrete() const { return !is_abstract(); }
  constexpr AbstractHeapType abstract() const {
    return static_cast<AbstractHeapType>(code_ & ~kAbstractBit);
  }
  constexpr uint32_t index() const { return code_; }
  constexpr bool is(AbstractHeapType other) const { return *this == HeapType(other); }
  /// 27 bits, for packing into a ValType.
  constexpr uint32_t code() const { return code_; }

  friend constexpr bool operator==(HeapType, HeapType) = default;

 private:
  static constexpr uint32_t kAbstractBit = 1u << 26;
  constexpr explicit HeapType(uint32_t code) : code_(code) {}
  uint32_t code_;
};

/// The kind of a value or storage type. I8 and I16 occur only as the storage type of a field.
enum class ValKind : uint8_t { I32, I64, F32, F64, V128, Ref, Bottom, I8, I16 };

/// A value type (spec: value types), or the storage type of a field. 32 bits:
///
///     31                        5    4     3      0
///     [ heap type code, 27 bits ][ null ][  kind  ]
class ValType {
 public:
  constexpr ValType() : ValType(ValKind::Bottom) {}
  constexpr ValType(ValKind kind) : bits_(static_cast<uint32_t>(kind)) {}  // NOLINT: implicit
  static constexpr ValType ref(HeapType heap, bool nullable) {
    ValType type(ValKind::Ref);
    type.bits_ |= (nullable ? kNullable : 0) | heap.code() << kHeapShift;
    return type;
  }

  constexpr ValKind kind() const { return static_cast<ValKind>(bits_ & kKindMask); }
  constexpr bool is_ref() const { return kind() == ValKind::Ref; }
  constexpr bool is_bottom() const { return kind() == ValKind::Bottom; }
  constexpr bool is_numeric() const { return kind() <= ValKind::F64; }
  constexpr bool is_vector() const { return kind() == ValKind::V128; }
  constexpr bool is_packed() const { return kind() == ValKind::I8 || kind() == ValKind::I16; }
  constexpr bool nullable() const { return (bits_ & kNullable) != 0; }
  constexpr HeapType heap() const { return HeapType::from_code(bits_ >> kHeapShift); }
  /// A type that has a default value (spec: defaultable).
  constexpr bool is_defaultable() const { return !is_ref() || nullable(); }
  /// The type of the operand that a field of this storage type is read into.
  constexpr ValType unpacked() const { return is_packed() ? ValType(ValKind::I32) : *this; }
  /// Bytes in linear memory or in a field; 0 for references, whose size is the heap's business.
  constexpr uint32_t size_bytes() const {
    switch (kind()) {
      case ValKind::I8: return 1;
      case ValKind::I16: return 2;
      case ValKind::I32:
      case ValKind::F32: return 4;
      case ValKind::I64:
      case ValKind::F64: return 8;
      case ValKind::V128: return 16;
      default: return 0;
    }
  }
  /// 8-byte slots in a frame.
  constexpr uint32_t slots() const { return kind() == ValKind::V128 ? 2 : 1; }
  constexpr uint32_t bits() const { return bits_; }

  friend constexpr bool operator==(ValType, ValType) = default;

 private:
  static constexpr uint32_t kKindMask = 0xF;
  static constexpr uint32_t kNullable = 1u << 4;
  static constexpr uint32_t kHeapShift = 5;
  uint32_t bits_;
};

/// 8-byte slots that values of these types take in a frame, one after the other.
constexpr uint32_t slots_of(std::span<const ValType> types) {
  uint32_t slots = 0;
  for (const ValType type : types) slots += type.slots();
  return slots;
}

inline constexpr ValType kI32 = ValKind::I32;
inline constexpr ValType kI64 = ValKind::I64;
inline constexpr ValType kF32 = ValKind::F32;
inline constexpr ValType kF64 = ValKind::F64;
inline constexpr ValType kV128 = ValKind::V128;
inline constexpr ValType kBottom = ValKind::Bottom;
inline constexpr ValType kFuncRef = ValType::ref(AbstractHeapType::Func, true);
inline constexpr ValType kExternRef = ValType::ref(AbstractHeapType::Extern, true);
inline constexpr ValType kAnyRef = ValType::ref(AbstractHeapType::Any, true);
inline constexpr ValType kEqRef = ValType::ref(AbstractHeapType::Eq, true);
inline constexpr ValType kI31Ref = ValType::ref(AbstractHeapType::I31, true);
inline constexpr ValType kStructRef = ValType::ref(AbstractHeapType::Struct, true);
inline constexpr ValType kArrayRef = ValType::ref(AbstractHeapType::Array, true);
inline constexpr ValType kExnRef = ValType::ref(AbstractHeapType::Exn, true);

/// A field of a struct, or the element of an array (spec: field types).
struct FieldType {
  ValType storage;
  bool is_mutable = false;
  friend bool operator==(const FieldType&, const FieldType&) = default;
};

struct FuncType {
  std::vector<ValType> params;
  std::vector<ValType> results;
  friend bool operator==(const FuncType&, const FuncType&) = default;
};

struct StructType {
  std::vector<FieldType> fields;
  friend bool operator==(const StructType&, const StructType&) = default;
};

struct ArrayType {
  FieldType element;
  friend bool operator==(const ArrayType&, const ArrayType&) = default;
};

using CompositeType = std::variant<FuncType, StructType, ArrayType>;

/// A type definition (spec: sub types). `supertype` is numbered as the owner numbers types.
struct SubType {
  CompositeType composite;
  std::optional<uint32_t> supertype;
  bool is_final = true;
  friend bool operator==(const SubType&, const SubType&) = default;
};

/// Bounds of a table (in elements) or of a memory (in pages of the memory's page size).
struct Limits {
  uint64_t min = 0;
  std::optional<uint64_t> max;
  friend bool operator==(const Limits&, const Limits&) = default;
};

/// What indexes a memory or table (spec: address types).
enum class AddressType : uint8_t { I32, I64 };
constexpr ValType to_val_type(AddressType address) {
  return address == AddressType::I64 ? kI64 : kI32;
}

struct MemoryType {
  static constexpr uint8_t kDefaultPageSizeLog2 = 16;
  Limits limits;
  AddressType address = AddressType::I32;
  bool is_shared = false;
  uint8_t page_size_log2 = kDefaultPageSizeLog2;  ///< 16, or 0 with custom page sizes
  uint64_t page_bytes() const { return uint64_t{1} << page_size_log2; }
  friend bool operator==(const MemoryType&, const MemoryType&) = default;
};

struct TableType {
  ValType element = kFuncRef;
  Limits limits;
  AddressType address = AddressType::I32;
  friend bool operator==(const TableType&, const TableType&) = default;
};

struct GlobalType {
  ValType value;
  bool is_mutable = false;
  friend bool operator==(const GlobalType&, const GlobalType&) = default;
};

/// The type of an exception (spec: tag types); results are always empty.
struct TagType {
  FuncType type;
  friend bool operator==(const TagType&, const TagType&) = default;
};

/// What can be imported or exported (spec: external types); the values are the binary format's.
enum class ExternKind : uint8_t { Func = 0, Table = 1, Memory = 2, Global = 3, Tag = 4 };
std::string_view to_string(ExternKind kind);  ///< "function", "table", "memory", "global", "tag"

/// In the text format's words: "i32", "(ref null 3)", "funcref". Concrete types print as numbers.
std::string to_string(ValType type);
std::string to_string(HeapType type);
std::string to_string(AbstractHeapType type);
/// "[i32 i64] -> [f32]".
std::string to_string(const FuncType& type);
std::string to_string(const Limits& limits);
std::string to_string(const MemoryType& type);
std::string to_string(const TableType& type);
std::string to_string(const GlobalType& type);

}  // namespace brink

#endif  // BRINK_TYPES_H_
