// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/runtime/table.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/runtime/store_state.h"

namespace brink::runtime {

Result<std::unique_ptr<TableObject>> TableObject::create(StoreState& store, const TableType& type,
                                                         Slot init) {
  const uint64_t max_size =
      std::min(type.limits.max.value_or(~uint64_t{0}), store.limits.max_table_elements);
  if (type.limits.min > max_size)
    return make_error(ErrorKind::Limit,
                      fmt::format("table minimum size of {} elements exceeds the limit of {}",
                                  type.limits.min, max_size));
  if (store.tables.size() >= store.limits.max_tables)
    return make_error(ErrorKind::Limit, fmt::format("the store's limit of {} tables is reached",
                                                    store.limits.max_tables));
  auto table = std::make_unique<TableObject>();
  table->type = type;
  table->store = &store;
  table->max_size = max_size;
  table->storage.assign(type.limits.min, init);
  table->elements = table->storage.data();
  table->size = type.limits.min;
  return table;
}

std::optional<uint64_t> TableObject::grow(uint64_t delta, Slot init) {
  if (is_pinned) return std::nullopt;
  const uint64_t previous = size;
  if (delta > max_size - size) return std::nullopt;
  is_touched = true;
  storage.resize(size + delta, init);
  elements = storage.data();
  size += delta;
  return previous;
}

}  // namespace brink::runtime
