// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Names of compiled functions for `perf report`: a line per function in a file that perf finds by
// the number of the process.

#ifndef BRINK_COMPILE_RUNTIME_PERF_MAP_H_
#define BRINK_COMPILE_RUNTIME_PERF_MAP_H_

#include <span>

#include "engine/compile/runtime/placed_code.h"

namespace brink::compile {

/// Any thread. Does nothing where the file cannot be written.
void write_perf_map(std::span<const PlacedCode> functions);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_PERF_MAP_H_
