// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Where threads wait for each other (spec: threads, memory.atomic.wait and notify): queues keyed by
// the address of the cell. One for the process, as shared memories belong to no store alone.

#ifndef BRINK_RUNTIME_PARKING_LOT_H_
#define BRINK_RUNTIME_PARKING_LOT_H_

#include <cstdint>

#include "engine/runtime/layout.h"

namespace brink::runtime {

enum class WaitResult : uint32_t { Woken = 0, NotEqual = 1, TimedOut = 2 };

/// Sleeps while the cell holds `expected`, until notified or for `timeout_ns` (negative: for ever).
/// Returns early, with TimedOut, when the guest of `rt` is to stop; the caller looks at that.
WaitResult wait_on(const void* address, uint64_t expected, uint32_t bytes, int64_t timeout_ns,
                   ExecContext& rt);

/// Wakes up to `count` sleepers, the longest waiting first; returns how many.
uint32_t notify(const void* address, uint32_t count);

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_PARKING_LOT_H_
