// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Waiting inside host functions, so that a waiting guest can be stopped: every wait goes through
// poll(2) here and asks the embedder's Interruption again and again.

#ifndef BRINK_WASI_WAITER_H_
#define BRINK_WASI_WAITER_H_

#include <poll.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "brink/wasi.h"
#include "wasi/types.h"

namespace brink::wasi {

/// The system's clock in nanoseconds. Inval for a clock it does not know.
Outcome<uint64_t> system_clock_now(ClockId id);
Outcome<uint64_t> system_clock_resolution(ClockId id);

class Waiter {
 public:
  static constexpr uint64_t kForever = ~uint64_t{0};

  explicit Waiter(Interruption interruption) : interruption_(std::move(interruption)) {}

  /// HostStop once the embedder wants the guest to end.
  Outcome<> check();
  /// As poll(2) until system_clock_now(Monotonic) reaches `deadline`; how many are ready, 0 when
  /// the time is up. `fds` gets an entry more for the time of the call.
  Outcome<int> poll(std::vector<pollfd>& fds, uint64_t deadline);
  /// Until `fd` is ready for `events`.
  Outcome<> wait_for(int fd, short events);

  /// Why check() said HostStop.
  TrapCode stop_code() const { return stop_code_; }

 private:
  Interruption interruption_;
  TrapCode stop_code_ = TrapCode::None;
  std::vector<pollfd> one_;
};

}  // namespace brink::wasi

#endif  // BRINK_WASI_WAITER_H_
