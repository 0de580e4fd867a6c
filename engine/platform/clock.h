// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The system's clocks, in nanoseconds.

#ifndef BRINK_PLATFORM_CLOCK_H_
#define BRINK_PLATFORM_CLOCK_H_

#include <cstdint>

namespace brink::platform {

enum class Clock : uint8_t {
  Realtime,    ///< since 1970-01-01 00:00 UTC; may be set, may jump
  Monotonic,   ///< since some moment; never goes back
  ProcessCpu,  ///< processor time that this process has used
  ThreadCpu,   ///< processor time that this thread has used
};

/// 0 where the system does not have the clock.
uint64_t clock_now(Clock clock);
/// The smallest step; at least 1.
uint64_t clock_resolution(Clock clock);

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_CLOCK_H_
