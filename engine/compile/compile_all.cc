// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/compile_all.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace brink::compile {

std::vector<Result<CodeObject>> compile_all(const ModuleContext& context, uint32_t threads) {
  const uint32_t first = context.module.imported_functions;
  std::vector<Result<CodeObject>> results(context.module.functions.size() - first);
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < results.size(); i = next++)
      results[i] = compile_function(context, first + static_cast<uint32_t>(i));
  };
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::jthread> others;
  for (size_t i = 1; i < std::min<size_t>(threads, results.size()); ++i) others.emplace_back(work);
  work();
  others.clear();  // waits for them
  return results;
}

}  // namespace brink::compile
