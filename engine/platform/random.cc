// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/random.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/platform/system_error.h"

namespace brink::platform {

Status fill_random(std::span<uint8_t> bytes) {
  while (!bytes.empty()) {
#ifdef __linux__
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
#else
    const size_t want = std::min<size_t>(bytes.size(), 256);  // what one call may ask for
    const ssize_t got = ::getentropy(bytes.data(), want) == 0 ? static_cast<ssize_t>(want) : -1;
#endif
    if (got < 0) {
      if (errno == EINTR) continue;
      return make_system_error("cannot get random bytes", errno);
    }
    bytes = bytes.subspan(static_cast<size_t>(got));
  }
  return {};
}

}  // namespace brink::platform
