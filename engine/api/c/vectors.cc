// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The vectors of wasm.h. A vector owns its elements; making one from an array moves them.

#include <algorithm>
#include <cstdlib>

#include "engine/support/check.h"
#include "wasm.h"

namespace {

/// Zeroed, so that a vector may be deleted before all elements are set.
template <typename Vec>
void make_vector(Vec* out, size_t size) {
  using Element = std::remove_pointer_t<decltype(out->data)>;
  out->size = size;
  out->data = nullptr;
  if (size == 0) return;
  out->data = static_cast<Element*>(std::calloc(size, sizeof(Element)));
  BRINK_CHECK(out->data != nullptr);
}

template <typename Vec>
void release(Vec* vec) {
  std::free(vec->data);
  vec->data = nullptr;
  vec->size = 0;
}

}  // namespace

// What all vectors have, given COPY(from, to) and DELETE(element) of an element.
#define BRINK_VECTOR(name, element, COPY, DELETE)                                           \
  void wasm_##name##_vec_new_empty(wasm_##name##_vec_t* out) {                              \
    make_vector(out, 0);                                                                    \
  }                                                                                         \
  void wasm_##name##_vec_new_uninitialized(wasm_##name##_vec_t* out, size_t size) {         \
    make_vector(out, size);                                                                 \
  }                                                                                         \
  void wasm_##name##_vec_new(wasm_##name##_vec_t* out, size_t size, element const data[]) { \
    make_vector(out, size);                                                                 \
    if (size != 0) std::copy_n(data, size, out->data);                                      \
  }                                                                                         \
  void wasm_##name##_vec_copy(wasm_##name##_vec_t* out, const wasm_##name##_vec_t* from) {  \
    make_vector(out, from->size);                                                           \
    for (size_t i = 0; i < from->size; ++i) COPY(from->data[i], out->data[i]);              \
  }                                                                                         \
  void wasm_##name##_vec_delete(wasm_##name##_vec_t* vec) {                                 \
    for (size_t i = 0; vec->data != nullptr && i < vec->size; ++i) DELETE(vec->data[i]);    \
    release(vec);                                                                           \
  }

#define BRINK_ASSIGN(from, to) to = from
#define BRINK_NOTHING(element) static_cast<void>(element)
#define BRINK_COPY_VALUE(from, to) wasm_val_copy(&to, &from)
#define BRINK_DELETE_VALUE(element) wasm_val_delete(&element)

BRINK_VECTOR(byte, wasm_byte_t, BRINK_ASSIGN, BRINK_NOTHING)
BRINK_VECTOR(val, wasm_val_t, BRINK_COPY_VALUE, BRINK_DELETE_VALUE)

#define BRINK_POINTER_VECTOR(name)                                       \
  static void copy_##name(wasm_##name##_t* from, wasm_##name##_t*& to) { \
    to = from == nullptr ? nullptr : wasm_##name##_copy(from);           \
  }                                                                      \
  static void delete_##name(wasm_##name##_t* element) {                  \
    if (element != nullptr) wasm_##name##_delete(element);               \
  }                                                                      \
  BRINK_VECTOR(name, wasm_##name##_t*, copy_##name, delete_##name)

BRINK_POINTER_VECTOR(valtype)
BRINK_POINTER_VECTOR(functype)
BRINK_POINTER_VECTOR(globaltype)
BRINK_POINTER_VECTOR(tabletype)
BRINK_POINTER_VECTOR(memorytype)
BRINK_POINTER_VECTOR(tagtype)
BRINK_POINTER_VECTOR(externtype)
BRINK_POINTER_VECTOR(importtype)
BRINK_POINTER_VECTOR(exporttype)
BRINK_POINTER_VECTOR(frame)
BRINK_POINTER_VECTOR(extern)

#undef BRINK_POINTER_VECTOR
#undef BRINK_DELETE_VALUE
#undef BRINK_COPY_VALUE
#undef BRINK_NOTHING
#undef BRINK_ASSIGN
#undef BRINK_VECTOR
