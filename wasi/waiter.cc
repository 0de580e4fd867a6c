// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// See waiter.h.

#include "wasi/waiter.h"

#include <time.h>

#include <algorithm>
#include <cerrno>

namespace brink::wasi {
namespace {

/// How long a request to stop can go unnoticed.
constexpr uint64_t kSliceNanoseconds = 10'000'000;

Outcome<clockid_t> host_clock(ClockId id) {
  switch (id) {
    case ClockId::Realtime: return CLOCK_REALTIME;
    case ClockId::Monotonic: return CLOCK_MONOTONIC;
    case ClockId::ProcessCputime: return CLOCK_PROCESS_CPUTIME_ID;
    case ClockId::ThreadCputime: return CLOCK_THREAD_CPUTIME_ID;
  }
  return fail(Errno::Inval);
}

uint64_t to_nanoseconds(const timespec& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace

Outcome<uint64_t> system_clock_now(ClockId id) {
  timespec time;
  if (clock_gettime(BRINK_WASI_TRY(host_clock(id)), &time) != 0) return fail_from_errno();
  return to_nanoseconds(time);
}

Outcome<uint64_t> system_clock_resolution(ClockId id) {
  timespec time;
  if (clock_getres(BRINK_WASI_TRY(host_clock(id)), &time) != 0) return fail_from_errno();
  return std::max<uint64_t>(to_nanoseconds(time), 1);
}

Outcome<> Waiter::check() {
  if (!interruption_.requested) return {};
  stop_code_ = interruption_.requested();
  if (stop_code_ != TrapCode::None) return fail(Errno::HostStop);
  return {};
}

Outcome<int> Waiter::poll(std::vector<pollfd>& fds, uint64_t deadline) {
  const size_t count = fds.size();
  fds.push_back(pollfd{interruption_.wake_fd, POLLIN, 0});  // ignored by poll(2) if negative
  Outcome<int> result = 0;
  for (;;) {
    if (const auto status = check(); !status) {
      result = fail(status.error());
      break;
    }
    const uint64_t now = BRINK_WASI_TRY(system_clock_now(ClockId::Monotonic));
    uint64_t wait = deadline == kForever ? kForever : deadline - std::min(deadline, now);
    const bool to_the_end = !interruption_.requested || wait <= kSliceNanoseconds;
    if (!to_the_end) wait = kSliceNanoseconds;
    const timespec timeout{static_cast<time_t>(wait / 1'000'000'000),
                           static_cast<long>(wait % 1'000'000'000)};
    const int ready = ppoll(fds.data(), fds.size(), wait == kForever ? nullptr : &timeout, nullptr);
    if (ready < 0 && errno != EINTR) {
      result = fail_from_errno();
      break;
    }
    const bool woken = ready > 0 && fds[count].revents != 0;
    if (ready > (woken ? 1 : 0)) {
      result = ready - (woken ? 1 : 0);
      break;
    }
    if (ready == 0 && to_the_end && wait != kForever) break;
    // Why no busy loop: a wake without a request to stop is an old one; do not look at it again.
    if (woken) fds[count].fd = check().has_value() ? -1 : fds[count].fd;
  }
  fds.resize(count);
  return result;
}

Outcome<> Waiter::wait_for(int fd, short events) {
  one_.assign(1, pollfd{fd, events, 0});
  BRINK_WASI_TRY(poll(one_, kForever));
  return {};
}

}  // namespace brink::wasi
