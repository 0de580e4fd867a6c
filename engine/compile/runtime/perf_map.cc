// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/runtime/perf_map.h"

#include <mutex>

#include <fmt/format.h>

#include "engine/platform/own_file.h"

namespace brink::compile {

void write_perf_map(std::span<const PlacedCode> functions) {
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  static platform::OwnFile file =
      platform::OwnFile::create(fmt::format("/tmp/perf-{}.map", platform::process_number()))
          .value_or(platform::OwnFile());
  std::string lines;
  for (const PlacedCode& function : functions) {
    const size_t start = lines.size();
    lines += fmt::format("{:x} {:x} {}", reinterpret_cast<uintptr_t>(function.code.data()),
                         function.code.size(), function.name);
    // Names come from the module: one must not pass for several lines.
    for (size_t i = start; i < lines.size(); ++i)
      if (lines[i] == '\n' || lines[i] == '\r') lines[i] = '?';
    lines += '\n';
  }
  file.write({reinterpret_cast<const uint8_t*>(lines.data()), lines.size()});
}

}  // namespace brink::compile
