// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// clock_res_get, clock_time_get.

#include "wasi/context.h"

namespace brink::wasi {

/// The clock as this guest sees it.
Outcome<uint64_t> Context::now(ClockId id) const {
  if (id == ClockId::Realtime && config_.clocks_.realtime) return config_.clocks_.realtime();
  if (id == ClockId::Monotonic && config_.clocks_.monotonic) return config_.clocks_.monotonic();
  return system_clock_now(id);
}

Outcome<> Context::clock_res_get(const GuestCall& call, uint32_t id, uint32_t resolution_out) {
  return call.memory.store(resolution_out,
                           BRINK_WASI_TRY(system_clock_resolution(static_cast<ClockId>(id))));
}

/// The precision asked for is a hint; the answer is always exact.
Outcome<> Context::clock_time_get(const GuestCall& call, uint32_t id, uint64_t, uint32_t time_out) {
  return call.memory.store(time_out, BRINK_WASI_TRY(now(static_cast<ClockId>(id))));
}

}  // namespace brink::wasi
