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

struct ObjectLayout {
  struct Field {
    uint32_t offset = 0;
    ValType storage;
  };

  TypeId type = 0;
  ObjectKind kind = ObjectKind::Struct;
  uint32_t element_bytes = 0;        ///< of arrays; 8 for an exception's payload
  uint32_t size = kObjectData;       ///< of structs, and what comes before elements
  bool elements_are_traced = false;  ///< arrays of references into the heap
  ValType element;                   ///< of arrays: storage type
  std::vector<Field> fields;         ///< of structs
  std::vector<uint32_t> traced;      ///< offsets of references into the heap; of exceptions too

  uint64_t bytes(uint32_t length) const { return size + uint64_t{length} * element_bytes; }
};

/// Bytes of a field or element of this storage type.
inline constexpr uint32_t storage_bytes(ValType storage) {
  return storage.is_ref() ? 8 : storage.size_bytes();
}

/// Whether values of a type can be references into the heap, so that a collector must look at them.
/// Functions are not in the heap.
bool is_traced(const TypeRegistry& types, ValType type);

/// All layouts of an engine, made at first use. Thread-safe; references stay valid.
class ObjectLayouts {
 public:
  explicit ObjectLayouts(const TypeRegistry& types) : types_(types) {}
  /// Of a struct or array type; for a function type, of the exceptions whose tags have it.
  const ObjectLayout& get(TypeId type);

 private:
  const TypeRegistry& types_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ObjectLayout>> layouts_;  ///< by type
};

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_OBJECT_LAYOUT_H_
