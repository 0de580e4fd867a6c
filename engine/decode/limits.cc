// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/decode/limits.h"

#include <fmt/format.h>

namespace brink::decode::limits {

Error exceeded(std::string_view what, uint64_t count, uint64_t limit, uint64_t offset) {
  return Error(ErrorKind::Limit,
               fmt::format("implementation limit exceeded: {} {}, at most {} are allowed", count,
                           what, limit),
               offset);
}

}  // namespace brink::decode::limits
