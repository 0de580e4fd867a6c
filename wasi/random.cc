// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// random_get.

#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "wasi/context.h"

namespace brink::wasi {

Outcome<> Context::random_get(const GuestCall& call, uint32_t buf_out, uint32_t buf_len) {
  std::span<uint8_t> to = BRINK_WASI_TRY(call.memory.writable(buf_out, buf_len));
  if (config_.random_) {
    config_.random_(to);
    return {};
  }
  // In pieces, so that a guest that asks for gigabytes can be stopped.
  constexpr size_t kPiece = size_t{1} << 20;
  while (!to.empty()) {
    const ssize_t size = getrandom(to.data(), std::min(to.size(), kPiece), 0);
    if (size < 0 && errno != EINTR) return fail_from_errno();
    if (size > 0) to = to.subspan(static_cast<size_t>(size));
    BRINK_WASI_TRY(waiter_.check());
  }
  return {};
}

}  // namespace brink::wasi
