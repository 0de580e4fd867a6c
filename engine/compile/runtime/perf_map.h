// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Names of compiled functions for `perf report`: a line per function in a file that perf finds by
// the number of the process.

#ifndef BRINK_COMPILE_RUNTIME_PERF_MAP_H_
#define BRINK_COMPILE_RUNTIME_PERF_MAP_H_

#include <cstdint>
#include <string_view>

namespace brink::compile {

/// Any thread. Does nothing where the file cannot be written.
void tell_perf(const void* code, uint64_t bytes, std::string_view module, std::string_view name,
               uint32_t function_index);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_PERF_MAP_H_
