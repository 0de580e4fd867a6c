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
  // In pieces, so that a guest that asks for gigabytes can be stopped.
  constexpr size_t kPiece = size_t{1} << 20;
  while (!to.empty()) {
    size_t size = std::min(to.size(), kPiece);
    if (config_.random_) {
      config_.random_(to.first(size));
    } else {
      const ssize_t got = getrandom(to.data(), size, 0);
      if (got < 0 && errno != EINTR) return fail_from_errno();
      size = static_cast<size_t>(std::max<ssize_t>(got, 0));
    }
    to = to.subspan(size);
    if (!to.empty()) BRINK_WASI_TRY(waiter_.check());
  }
  return {};
}

}  // namespace brink::wasi
