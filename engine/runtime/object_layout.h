// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// How objects of the garbage-collected heap lie in memory, by type. A layout is computed once for
// an engine and never changes, so that code may point to it.
//
//     0        4        8
//     | type   | length | struct: fields, each at its natural alignment, at most 8
//                       | array: elements
//                       | exception: tag, then the payload as it lay in the frame's slots
//
// References take 8 bytes in objects as they do in frames.

#ifndef BRINK_RUNTIME_OBJECT_LAYOUT_H_
#define BRINK_RUNTIME_OBJECT_LAYOUT_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/wasm/type_registry.h"

namespace brink::runtime {

struct ObjectHeader {
  TypeId type = 0;
  uint32_t length = 0;  ///< elements of an array, slots of an exception's payload, else 0
};

/// Offset of the first field or element.
inline constexpr uint32_t kObjectData = sizeof(ObjectHeader);
/// Offset of an exception's payload, behind its TagObject*.
inline constexpr uint32_t kExceptionPayload = kObjectData + 8;

enum class ObjectKind : uint8_t { Struct, Array, Exception };

/// The type in the header at offset 0 of the heap: compiled code that tests a reference for a type
/// reads the header there instead of asking whether the reference is null.
inline constexpr TypeId kNullType = ~TypeId{0};

/// Ancestors that a layout names itself.
inline constexpr uint32_t kDisplaySize = 8;

struct ObjectLayout {
  struct Field {
    uint32_t offset = 0;
    ValType storage;
  };

  TypeId type = 0;
  ObjectKind kind = ObjectKind::Struct;
  /// The start of the type's display, see CanonicalType; kNullType behind its end.
  std::array<TypeId, kDisplaySize> display;
  uint32_t element_bytes = 0;        ///< of arrays; 8 for an exception's payload
  uint32_t size = kObjectData;       ///< of structs, and what comes before elements
  bool elements_are_traced = false;  ///< arrays of references into the heap
  ValType element;                   ///< of arrays: storage type
  std::vector<Field> fields;         ///< of structs
  std::vector<uint32_t> traced;      ///< offsets of references into the heap; of exceptions too

  uint64_t bytes(uint32_t length) const { return size + uint64_t{length} * element_bytes; }
};

/// Of the object that null leads to: of no type.
extern const ObjectLayout kNullLayout;
/// That object, where there is no heap yet.
extern const ObjectHeader kNullObject;

/// Bytes of a field or element of this storage type.
inline constexpr uint32_t storage_bytes(ValType storage) {
  return storage.is_ref() ? 8 : storage.size_bytes();
}

/// Whether values of a type can be references into the heap, so that a collector must look at them.
/// Functions are not in the heap.
bool is_traced(const TypeRegistry& types, ValType type);

/// All layouts of an engine, made at first use. Thread-safe, without a lock but for the first use;
/// references stay valid.
class ObjectLayouts {
 public:
  explicit ObjectLayouts(const TypeRegistry& types) : types_(types) {}
  ~ObjectLayouts();
  /// Of a struct or array type; for a function type, of the exceptions whose tags have it.
  const ObjectLayout& get(TypeId type) {
    const Place* const chunk = chunks_[chunk_of(type)].load(std::memory_order_acquire);
    if (chunk != nullptr)
      if (const ObjectLayout* known = chunk[index_of(type)].load(std::memory_order_acquire))
        return *known;
    return make(type);
  }

 private:
  using Place = std::atomic<const ObjectLayout*>;

  // Chunk n has 2^n times as many places as the first, so that none ever moves.
  static constexpr uint32_t kFirstChunkLog2 = 8;
  static constexpr uint32_t kChunks = 26 - kFirstChunkLog2 + 1;
  static_assert(TypeRegistry::kMaxTypes < 1u << 26);
  static uint32_t chunk_of(TypeId type) {
    return static_cast<uint32_t>(std::bit_width(type + (1u << kFirstChunkLog2))) - 1 -
           kFirstChunkLog2;
  }
  static uint32_t places_of(uint32_t chunk) { return 1u << (kFirstChunkLog2 + chunk); }
  static uint32_t index_of(TypeId type) {
    return type + (1u << kFirstChunkLog2) - places_of(chunk_of(type));
  }

  const ObjectLayout& make(TypeId type);

  const TypeRegistry& types_;
  std::mutex mutex_;  ///< of those who make one
  std::array<std::atomic<Place*>, kChunks> chunks_ = {};
};

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_OBJECT_LAYOUT_H_
