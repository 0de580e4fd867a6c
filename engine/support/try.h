// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// BRINK_TRY is the only macro in Brink that hides a return.

#ifndef BRINK_SUPPORT_TRY_H_
#define BRINK_SUPPORT_TRY_H_

#include <utility>

#include "brink/error.h"

/// The value of a Result, or an early return of its Error:
///     const uint32_t count = BRINK_TRY(reader.read_u32());
///     BRINK_TRY(check_limits(limits));
#define BRINK_TRY(expression)                                      \
  __extension__({                                                  \
    auto brink_try_result = (expression);                          \
    if (!brink_try_result.has_value()) [[unlikely]]                \
      return std::unexpected(std::move(brink_try_result).error()); \
    ::brink::support::unwrap(std::move(brink_try_result));         \
  })

namespace brink::support {

template <typename T>
inline T unwrap(Result<T>&& result) {
  return *std::move(result);
}
inline void unwrap(Status&&) {}

}  // namespace brink::support

#endif  // BRINK_SUPPORT_TRY_H_
