// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "runtime-cli/stats.h"

#include <algorithm>
#include <cstdio>
#include <ranges>

#include <fmt/format.h>

#include "brink/compilation.h"

namespace brink::cli {
namespace {

/// Of those that took longest.
constexpr size_t kShown = 10;

double milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

std::string describe(const Module& module, const Compilation& item) {
  std::string text = fmt::format("func {}", item.function_index);
  const std::string name = function_name(module, item.function_index);
  if (!name.empty()) text += " " + name;
  if (item.loop_offset) text += fmt::format(", from the loop at {:#x} on", *item.loop_offset);
  return text;
}

}  // namespace

void print_compilations(const Module& module, std::chrono::steady_clock::time_point start) {
  std::vector<Compilation> items = compilations(module);
  const auto refused = std::ranges::stable_partition(
      items, [](const Compilation& item) { return item.refusal.empty(); });
  const auto made = std::ranges::subrange(items.begin(), refused.begin());
  uint64_t body_bytes = 0;
  uint64_t code_bytes = 0;
  std::chrono::nanoseconds time{0};
  for (const Compilation& item : items) time += item.duration;
  for (const Compilation& item : made) {
    body_bytes += item.body_bytes;
    code_bytes += item.code_bytes;
  }
  fmt::print(stderr, "compile            {:10.3f} ms, {} functions and loops, {} bytes to {}\n",
             milliseconds(time), made.size(), body_bytes, code_bytes);
  std::ranges::stable_sort(made, std::ranges::greater(), &Compilation::duration);
  for (const Compilation& item : made | std::views::take(kShown))
    fmt::print(stderr, "  {:7.3f} ms at {:9.3f} ms: {}, {} bytes to {}\n",
               milliseconds(item.duration), milliseconds(item.start - start),
               describe(module, item), item.body_bytes, item.code_bytes);
  for (const Compilation& item : refused)
    fmt::print(stderr, "  {:7.3f} ms at {:9.3f} ms: {} stays in the interpreter: {}\n",
               milliseconds(item.duration), milliseconds(item.start - start),
               describe(module, item), item.refusal);
}

}  // namespace brink::cli
