// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "runtime-cli/units.h"

#include <charconv>
#include <limits>

namespace brink::cli {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

/// A number and one of the units; nullopt if it is anything else, negative or too large.
template <size_t count>
std::optional<double> parse_with_unit(std::string_view text, const Unit (&units)[count]) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !(number >= 0)) return std::nullopt;
  const std::string_view suffix(end, static_cast<size_t>(text.data() + text.size() - end));
  for (const Unit& unit : units)
    if (unit.name == suffix) return number * unit.factor;
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  static constexpr Unit kUnits[] = {{"", 1e9}, {"s", 1e9},  {"ms", 1e6},  {"us", 1e3},
                                    {"ns", 1}, {"m", 60e9}, {"h", 3600e9}};
  const std::optional<double> value = parse_with_unit(text, kUnits);
  if (!value || *value > 9e18) return std::nullopt;
  return std::chrono::nanoseconds(static_cast<int64_t>(*value));
}

std::optional<uint64_t> parse_size(std::string_view text) {
  constexpr double kKi = 1024;
  static constexpr Unit kUnits[] = {{"", 1},
                                    {"B", 1},
                                    {"K", kKi},
                                    {"KiB", kKi},
                                    {"k", kKi},
                                    {"M", kKi * kKi},
                                    {"MiB", kKi * kKi},
                                    {"G", kKi * kKi * kKi},
                                    {"GiB", kKi * kKi * kKi}};
  const std::optional<double> value = parse_with_unit(text, kUnits);
  if (!value || *value > 9e18) return std::nullopt;
  return static_cast<uint64_t>(*value);
}

}  // namespace brink::cli
