// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_RUNTIME_CLI_UNITS_H_
#define BRINK_RUNTIME_CLI_UNITS_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace brink::cli {

/// "1s", "250ms", "10us", "2m", "1h", "1.5s"; a bare number is seconds.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// "65536", "64K", "64KiB", "1M", "2GiB"; powers of 1024.
std::optional<uint64_t> parse_size(std::string_view text);

}  // namespace brink::cli

#endif  // BRINK_RUNTIME_CLI_UNITS_H_
