// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/runtime/code_registry.h"

#include <iterator>
#include <mutex>

namespace brink::compile {

void CodeRegistry::add(const void* begin, uint64_t bytes, CompiledModule& module) {
  const std::unique_lock lock(mutex_);
  ranges_[begin] = {bytes, &module};
}

void CodeRegistry::remove(const void* begin) {
  const std::unique_lock lock(mutex_);
  ranges_.erase(begin);
}

CompiledModule* CodeRegistry::find(const void* address) const {
  const std::shared_lock lock(mutex_);
  const auto after = ranges_.upper_bound(address);
  if (after == ranges_.begin()) return nullptr;
  const auto& [begin, range] = *std::prev(after);
  const auto offset = static_cast<const uint8_t*>(address) - static_cast<const uint8_t*>(begin);
  return static_cast<uint64_t>(offset) < range.bytes ? range.module : nullptr;
}

}  // namespace brink::compile
