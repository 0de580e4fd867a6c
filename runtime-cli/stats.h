// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What `brink run --stats` says of the compiler.

#ifndef BRINK_RUNTIME_CLI_STATS_H_
#define BRINK_RUNTIME_CLI_STATS_H_

#include <chrono>

#include "brink/engine.h"

namespace brink::cli {

/// Prints to stderr what was compiled and what was refused, with times from `start` on.
void print_compilations(const Module& module, std::chrono::steady_clock::time_point start);

}  // namespace brink::cli

#endif  // BRINK_RUNTIME_CLI_STATS_H_
