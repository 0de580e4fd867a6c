// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/wasm/module.h"

#include <array>

namespace brink::wasm {

std::string_view to_string(SectionId id) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"custom", "type", "import", "function", "table", "memory", "global", "export", "start",
       "element", "code", "data", "data count", "tag"});
  return kNames[static_cast<size_t>(id)];
}

}  // namespace brink::wasm
