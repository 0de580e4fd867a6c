// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_RUNTIME_TABLE_H_
#define BRINK_RUNTIME_TABLE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "brink/error.h"
#include "brink/types.h"
#include "engine/runtime/layout.h"

namespace brink::runtime {

/// A table instance (spec): references as words, null is zero.
struct TableObject {
  Slot* elements = nullptr;  ///< storage.data(), for executing code
  uint64_t size = 0;
  TableType type;  ///< canonical
  uint64_t max_size = 0;
  StoreState* store = nullptr;
  std::vector<Slot> storage;
  /// Changed by anything but a table.set, which writes to `elements` itself.
  bool is_touched = false;
  /// A guest has stopped with the address of its elements in a register.
  bool is_pinned = false;

  static Result<std::unique_ptr<TableObject>> create(StoreState& store, const TableType& type,
                                                     Slot init);
  /// Previous size, or nullopt when a limit forbids it.
  std::optional<uint64_t> grow(uint64_t delta, Slot init);
  bool contains(uint64_t index, uint64_t count) const {
    return index <= size && count <= size - index;
  }
};

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_TABLE_H_
