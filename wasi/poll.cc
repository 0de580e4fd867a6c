// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// poll_oneoff. The subscriptions stay in guest memory and are read twice, once to learn what to
// wait for and once to tell what happened, so that the host's memory grows with the guest's open
// descriptors and not with what the guest claims. All clocks together are one deadline.

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "wasi/context.h"

namespace brink::wasi {
namespace {

/// The subscription at `index` in the form of preview 1.
Outcome<Subscription> load_subscription(const GuestCall& call, uint32_t array, uint32_t index) {
  if (call.abi == Abi::Preview1) {
    return call.memory.load<Subscription>(array + uint64_t{index} * sizeof(Subscription));
  }
  const Subscription0 old = BRINK_WASI_TRY(
      call.memory.load<Subscription0>(array + uint64_t{index} * sizeof(Subscription0)));
  Subscription result;
  result.userdata = old.userdata;
  result.tag = old.tag;
  result.id_or_fd = old.tag == kEventClock ? old.id : static_cast<uint32_t>(old.identifier_or_fd);
  result.timeout = old.timeout;
  result.precision = old.precision;
  result.flags = old.flags;
  return result;
}

bool is_waitable(uint32_t clock) {
  return clock == static_cast<uint32_t>(ClockId::Realtime) ||
         clock == static_cast<uint32_t>(ClockId::Monotonic);
}

uint64_t saturating_add(uint64_t a, uint64_t b) {
  return a > ~uint64_t{0} - b ? ~uint64_t{0} : a + b;
}

short host_events(uint8_t tag) {
  return tag == kEventFdRead ? POLLIN : POLLOUT;
}

/// How much can be read at once; 0 if that is not known.
uint64_t readable_bytes(const Descriptor& descriptor) {
  if (descriptor.kind == Descriptor::Kind::Input) {
    return descriptor.input.size() - descriptor.input_position;
  }
  if (!descriptor.on_host()) return 0;
  if (descriptor.is_regular()) {
    struct stat info;
    const off_t position = lseek(descriptor.handle.fd(), 0, SEEK_CUR);
    if (position < 0 || fstat(descriptor.handle.fd(), &info) != 0) return 0;
    return static_cast<uint64_t>(std::max<off_t>(info.st_size - position, 0));
  }
  int bytes = 0;
  if (ioctl(descriptor.handle.fd(), FIONREAD, &bytes) != 0) return 0;
  return static_cast<uint64_t>(std::max(bytes, 0));
}

/// One poll_oneoff.
class PollCall {
 public:
  PollCall(const GuestCall& call, FdTable& fds, Waiter& waiter, const ClockOverride& clocks,
           uint32_t array, uint32_t count)
      : call_(call), fds_(fds), waiter_(waiter), clocks_(clocks), array_(array), count_(count) {}

  /// Reads the clocks that relative timeouts count from.
  Outcome<> start();
  /// Learns what to wait for from now on.
  Outcome<> collect();
  Outcome<> wait();
  /// Writes the events; how many.
  Outcome<uint32_t> report(uint32_t events_out);

 private:
  Outcome<Subscription> load(uint32_t index);
  Outcome<uint64_t> now(uint32_t clock) const;
  Outcome<> add_clock(const Subscription& subscription);
  void add_descriptor(const Subscription& subscription);
  /// When `subscription`, a clock, is due, on that clock.
  uint64_t due_time(const Subscription& subscription) const;
  bool fill_clock_event(const Subscription& subscription, Event& event) const;
  bool fill_descriptor_event(const Subscription& subscription, Event& event);
  const pollfd* find(uint32_t fd) const;

  const GuestCall& call_;
  FdTable& fds_;
  Waiter& waiter_;
  const ClockOverride& clocks_;
  uint32_t array_;
  uint32_t count_;
  std::vector<pollfd> polled_;
  std::vector<int32_t> entry_of_fd_;     ///< guest descriptor -> index in polled_, or -1
  uint64_t start_[2] = {};               ///< realtime and monotonic when the call began
  uint64_t now_[2] = {};                 ///< the same at the last collect()
  uint64_t wait_ns_ = Waiter::kForever;  ///< until the first clock is due
  bool immediate_ = false;               ///< something is known already
};

/// Looks now and then whether a guest with millions of them is to stop.
Outcome<Subscription> PollCall::load(uint32_t index) {
  if (index % 65536 == 65535) BRINK_WASI_TRY(waiter_.check());
  return load_subscription(call_, array_, index);
}

Outcome<uint64_t> PollCall::now(uint32_t clock) const {
  const auto id = static_cast<ClockId>(clock);
  if (id == ClockId::Realtime && clocks_.realtime) return clocks_.realtime();
  if (id == ClockId::Monotonic && clocks_.monotonic) return clocks_.monotonic();
  return system_clock_now(id);
}

Outcome<> PollCall::start() {
  for (uint32_t clock = 0; clock < 2; clock++) start_[clock] = BRINK_WASI_TRY(now(clock));
  return {};
}

Outcome<> PollCall::collect() {
  for (uint32_t clock = 0; clock < 2; clock++) now_[clock] = BRINK_WASI_TRY(now(clock));
  wait_ns_ = Waiter::kForever;
  for (uint32_t i = 0; i < count_; i++) {
    const Subscription subscription = BRINK_WASI_TRY(load(i));
    switch (subscription.tag) {
      case kEventClock: BRINK_WASI_TRY(add_clock(subscription)); break;
      case kEventFdRead:
      case kEventFdWrite: add_descriptor(subscription); break;
      default: return fail(Errno::Inval);
    }
  }
  return {};
}

uint64_t PollCall::due_time(const Subscription& subscription) const {
  if ((subscription.flags & kClockAbstime) != 0) return subscription.timeout;
  return saturating_add(start_[subscription.id_or_fd], subscription.timeout);
}

Outcome<> PollCall::add_clock(const Subscription& subscription) {
  if ((subscription.flags & ~kClockAbstime) != 0) return fail(Errno::Inval);
  if (!is_waitable(subscription.id_or_fd)) {
    immediate_ = true;  // its event is an error
    return {};
  }
  const uint64_t due = due_time(subscription);
  wait_ns_ = std::min(wait_ns_, due - std::min(due, now_[subscription.id_or_fd]));
  return {};
}

const pollfd* PollCall::find(uint32_t fd) const {
  if (fd >= entry_of_fd_.size() || entry_of_fd_[fd] < 0) return nullptr;
  return &polled_[static_cast<size_t>(entry_of_fd_[fd])];
}

void PollCall::add_descriptor(const Subscription& subscription) {
  const auto descriptor = fds_.get(subscription.id_or_fd);
  if (!descriptor || !(*descriptor)->on_host() || (*descriptor)->is_regular() ||
      (*descriptor)->kind == Descriptor::Kind::Directory) {
    immediate_ = true;  // an error, or always ready
    return;
  }
  const uint32_t fd = subscription.id_or_fd;
  if (fd >= entry_of_fd_.size()) entry_of_fd_.resize(fd + 1, -1);
  if (entry_of_fd_[fd] < 0) {
    entry_of_fd_[fd] = static_cast<int32_t>(polled_.size());
    polled_.push_back(pollfd{(*descriptor)->handle.fd(), 0, 0});
  }
  polled_[static_cast<size_t>(entry_of_fd_[fd])].events |= host_events(subscription.tag);
}

Outcome<> PollCall::wait() {
  if (immediate_) wait_ns_ = 0;
  if (clocks_.sleep && wait_ns_ != Waiter::kForever) {
    // The embedder's time: the system's clock says nothing about it.
    const int ready = BRINK_WASI_TRY(waiter_.poll(polled_, 0));
    if (ready == 0 && wait_ns_ != 0) clocks_.sleep(wait_ns_);
    return {};
  }
  const uint64_t start = BRINK_WASI_TRY(system_clock_now(ClockId::Monotonic));
  const uint64_t deadline =
      wait_ns_ == Waiter::kForever ? wait_ns_ : saturating_add(start, wait_ns_);
  BRINK_WASI_TRY(waiter_.poll(polled_, deadline));
  return {};
}

bool PollCall::fill_clock_event(const Subscription& subscription, Event& event) const {
  if (!is_waitable(subscription.id_or_fd)) {
    event.error = Errno::Inval;
    return true;
  }
  const auto time = now(subscription.id_or_fd);
  return time && *time >= due_time(subscription);
}

bool PollCall::fill_descriptor_event(const Subscription& subscription, Event& event) {
  const auto found = fds_.get(subscription.id_or_fd);
  if (!found) {
    event.error = found.error();
    return true;
  }
  const Descriptor& descriptor = **found;
  const bool reads = subscription.tag == kEventFdRead;
  if (descriptor.kind == Descriptor::Kind::Directory) {
    event.error = Errno::Badf;
    return true;
  }
  if (descriptor.on_host() && !descriptor.is_regular()) {
    const pollfd* entry = find(subscription.id_or_fd);
    if (entry == nullptr) return false;
    if ((entry->revents & POLLNVAL) != 0) {
      event.error = Errno::Badf;
      return true;
    }
    if ((entry->revents & (host_events(subscription.tag) | POLLHUP | POLLERR)) == 0) return false;
    if ((entry->revents & POLLHUP) != 0) event.flags |= kEventHangup;
  }
  if (reads) event.nbytes = readable_bytes(descriptor);
  return true;
}

Outcome<uint32_t> PollCall::report(uint32_t events_out) {
  uint32_t written = 0;
  for (uint32_t i = 0; i < count_; i++) {
    const Subscription subscription = BRINK_WASI_TRY(load(i));
    Event event;
    event.userdata = subscription.userdata;
    event.type = subscription.tag;
    const bool happened = subscription.tag == kEventClock
                              ? fill_clock_event(subscription, event)
                              : fill_descriptor_event(subscription, event);
    if (!happened) continue;
    BRINK_WASI_TRY(call_.memory.store(events_out + uint64_t{written} * sizeof(Event), event));
    written++;
  }
  return written;
}

}  // namespace

Outcome<> Context::poll_oneoff(const GuestCall& call, uint32_t subscriptions, uint32_t events_out,
                               uint32_t count, uint32_t nevents_out) {
  if (count == 0) return fail(Errno::Inval);
  BRINK_WASI_TRY(call.memory.writable(events_out, uint64_t{count} * sizeof(Event)));
  BRINK_WASI_TRY(call.memory.writable(nevents_out, sizeof(uint32_t)));
  PollCall poll(call, fds_, waiter_, config_.clocks_, subscriptions, count);
  BRINK_WASI_TRY(poll.start());
  for (;;) {
    BRINK_WASI_TRY(poll.collect());
    BRINK_WASI_TRY(poll.wait());
    const uint32_t events = BRINK_WASI_TRY(poll.report(events_out));
    if (events != 0) return call.memory.store(nevents_out, events);
  }
}

}  // namespace brink::wasi
