// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/clock.h"

#include <time.h>

namespace brink::platform {
namespace {

clockid_t system_clock(Clock clock) {
  switch (clock) {
    case Clock::Realtime: return CLOCK_REALTIME;
    case Clock::Monotonic: return CLOCK_MONOTONIC;
    case Clock::ProcessCpu: return CLOCK_PROCESS_CPUTIME_ID;
    case Clock::ThreadCpu: return CLOCK_THREAD_CPUTIME_ID;
  }
  return CLOCK_MONOTONIC;
}

uint64_t nanoseconds(const timespec& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace

uint64_t clock_now(Clock clock) {
  timespec time = {};
  if (::clock_gettime(system_clock(clock), &time) != 0) return 0;
  return nanoseconds(time);
}

uint64_t clock_resolution(Clock clock) {
  timespec time = {};
  if (::clock_getres(system_clock(clock), &time) != 0 || nanoseconds(time) == 0) return 1;
  return nanoseconds(time);
}

}  // namespace brink::platform
