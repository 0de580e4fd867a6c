// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/runtime/perf_map.h"

#include <fcntl.h>
#include <unistd.h>

#include <mutex>
#include <string>

#include <fmt/format.h>

namespace brink::compile {
namespace {

/// A file of ours, or -1. Anybody can put a link at that name, so none is followed, and a file that
/// is there already is written to only if it is our own.
int open_map() {
  const std::string path = fmt::format("/tmp/perf-{}.map", ::getpid());
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
}

}  // namespace

void tell_perf(const void* code, uint64_t bytes, std::string_view module, std::string_view name,
               uint32_t function_index) {
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  static const int file = open_map();
  if (file < 0) return;
  std::string line =
      name.empty()
          ? fmt::format("{:x} {:x} {}!function {}", reinterpret_cast<uintptr_t>(code), bytes,
                        module, function_index)
          : fmt::format("{:x} {:x} {}!{}", reinterpret_cast<uintptr_t>(code), bytes, module, name);
  // Names come from the module: one must not pass for several lines.
  for (char& letter : line)
    if (letter == '\n' || letter == '\r') letter = '?';
  line += '\n';
  if (::write(file, line.data(), line.size()) < 0) return;
}

}  // namespace brink::compile
