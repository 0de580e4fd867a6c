// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Names of WASI error numbers and their translation from the host's.

#include <array>
#include <cerrno>

#include "wasi/types.h"

namespace brink::wasi {
namespace {

struct Row {
  std::string_view name;
  int host;
};
constexpr Row kRows[] = {
#define BRINK_WASI_ERRNO(id, name, host) {name, host},
#include "wasi/errno.def"
};

/// By host error number; Io where WASI has none.
constexpr auto kFromHost = [] {
  std::array<Errno, 256> table{};
  table.fill(Errno::Io);
  table[0] = Errno::Success;
  for (size_t i = 0; i < std::size(kRows); i++) {
    if (kRows[i].host != 0) table[kRows[i].host] = static_cast<Errno>(i);
  }
  return table;
}();

}  // namespace

std::string_view to_string(Errno error) {
  const auto index = static_cast<size_t>(error);
  return index < std::size(kRows) ? kRows[index].name : "stopped";
}

Errno from_host_errno(int host) {
  return host >= 0 && static_cast<size_t>(host) < kFromHost.size() ? kFromHost[host] : Errno::Io;
}

std::unexpected<Errno> fail_from_errno() {
  return fail(from_host_errno(errno));
}

}  // namespace brink::wasi
