// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// poll_oneoff: clocks, descriptors, mixes of them; and that a waiting guest can be stopped.

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "wasi/test_guest.h"

namespace brink::wasi {
namespace {

using G = TestGuest;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
constexpr uint64_t kMillisecond = 1'000'000;
constexpr uint32_t kEvents = G::kData;

struct Pipe {
  Pipe() { REQUIRE(pipe2(fds, O_CLOEXEC) == 0); }
  ~Pipe() {
    for (const int fd : fds) {
      if (fd >= 0) close(fd);
    }
  }
  void close_end(int end) {
    close(fds[end]);
    fds[end] = -1;
  }
  int fds[2];
};

Subscription clock(uint64_t timeout, uint32_t id = 1, uint16_t flags = 0) {
  Subscription result;
  result.userdata = 1000 + timeout;
  result.tag = kEventClock;
  result.id_or_fd = id;
  result.timeout = timeout;
  result.flags = flags;
  return result;
}

Subscription descriptor(uint32_t fd, uint8_t tag) {
  Subscription result;
  result.userdata = 10 * fd + tag;
  result.tag = tag;
  result.id_or_fd = fd;
  return result;
}

Errno try_poll(G& guest, const std::vector<Subscription>& subscriptions) {
  for (size_t i = 0; i < subscriptions.size(); i++) {
    guest.put(G::kIovecs + static_cast<uint32_t>(i * sizeof(Subscription)), subscriptions[i]);
  }
  return guest(&Context::poll_oneoff, G::kIovecs, kEvents, subscriptions.size(), G::kResult);
}

std::vector<Event> poll(G& guest, const std::vector<Subscription>& subscriptions) {
  REQUIRE(try_poll(guest, subscriptions) == Errno::Success);
  std::vector<Event> events;
  for (uint32_t i = 0; i < guest.result(); i++) {
    events.push_back(guest.at<Event>(kEvents + i * static_cast<uint32_t>(sizeof(Event))));
  }
  return events;
}

uint64_t now(ClockId id) {
  return *system_clock_now(id);
}

template <typename F>
milliseconds duration_of(F&& function) {
  const auto start = steady_clock::now();
  function();
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
}

}  // namespace

TEST_CASE("poll_oneoff sleeps, by both clocks, relative and absolute") {
  G guest{WasiConfig()};
  for (const uint32_t id : {0u, 1u}) {
    for (const bool absolute : {false, true}) {
      CAPTURE(id, absolute);
      const uint64_t start = now(static_cast<ClockId>(id));
      const uint64_t timeout = 30 * kMillisecond + (absolute ? start : 0);
      const auto events = poll(guest, {clock(timeout, id, absolute ? kClockAbstime : 0)});
      const uint64_t slept = now(static_cast<ClockId>(id)) - start;
      REQUIRE(events.size() == 1);
      CHECK(events[0].userdata == 1000 + timeout);
      CHECK(events[0].type == kEventClock);
      CHECK(events[0].error == Errno::Success);
      CHECK(slept >= 30 * kMillisecond);
      CHECK(slept < 2000 * kMillisecond);
    }
  }
}

TEST_CASE("poll_oneoff: the first of several clocks ends it") {
  G guest{WasiConfig()};
  const auto time = duration_of([&] {
    const auto events = poll(guest, {clock(60'000 * kMillisecond), clock(10 * kMillisecond),
                                     clock(0), clock(~uint64_t{0})});
    REQUIRE(events.size() == 1);
    CHECK(events[0].userdata == 1000);
  });
  CHECK(time < milliseconds(2000));
  CHECK(poll(guest, {clock(1, 1, kClockAbstime), clock(1, 0, kClockAbstime)}).size() == 2);
}

TEST_CASE("poll_oneoff: errors of one subscription are its event") {
  G guest{WasiConfig()};
  const auto events = poll(guest, {clock(60'000 * kMillisecond), clock(1, 2), clock(1, 77),
                                   descriptor(99, kEventFdRead)});
  REQUIRE(events.size() == 3);
  CHECK(events[0].error == Errno::Inval);
  CHECK(events[1].error == Errno::Inval);
  CHECK(events[2].error == Errno::Badf);
  CHECK(events[2].type == kEventFdRead);
}

TEST_CASE("poll_oneoff: errors of the call") {
  G guest{WasiConfig()};
  CHECK(try_poll(guest, {}) == Errno::Inval);
  Subscription bad = clock(0);
  bad.tag = 3;
  CHECK(try_poll(guest, {bad}) == Errno::Inval);
  CHECK(try_poll(guest, {clock(0, 1, 2)}) == Errno::Inval);
  CHECK(guest(&Context::poll_oneoff, G::kSize - 8, kEvents, 1, G::kResult) == Errno::Fault);
  CHECK(guest(&Context::poll_oneoff, G::kIovecs, G::kSize - 8, 1, G::kResult) == Errno::Fault);
  CHECK(guest(&Context::poll_oneoff, G::kIovecs, kEvents, 0xffffffff, G::kResult) == Errno::Fault);
}

TEST_CASE("poll_oneoff: pipes") {
  Pipe in, out;
  G guest(WasiConfig().stdin_from(HostFd{in.fds[0]}).stdout_to(HostFd{out.fds[1]}));
  auto events = poll(guest, {descriptor(0, kEventFdRead), clock(20 * kMillisecond)});
  REQUIRE(events.size() == 1);
  CHECK(events[0].type == kEventClock);
  REQUIRE(write(in.fds[1], "12345", 5) == 5);
  events = poll(guest, {descriptor(0, kEventFdRead), clock(60'000 * kMillisecond)});
  REQUIRE(events.size() == 1);
  CHECK(events[0].type == kEventFdRead);
  CHECK(events[0].nbytes == 5);
  CHECK(events[0].flags == 0);
  events = poll(guest, {descriptor(1, kEventFdWrite), descriptor(0, kEventFdRead)});
  CHECK(events.size() == 2);
  in.close_end(1);
  events = poll(guest, {descriptor(0, kEventFdRead)});
  REQUIRE(events.size() == 1);
  CHECK(events[0].flags == kEventHangup);
}

TEST_CASE("poll_oneoff: a writer in another thread wakes a reader") {
  Pipe in;
  G guest(WasiConfig().stdin_from(HostFd{in.fds[0]}));
  std::thread writer([&] {
    std::this_thread::sleep_for(milliseconds(30));
    CHECK(write(in.fds[1], "x", 1) == 1);
  });
  const auto time =
      duration_of([&] { CHECK(poll(guest, {descriptor(0, kEventFdRead)}).size() == 1); });
  writer.join();
  CHECK(time >= milliseconds(25));
}

TEST_CASE("poll_oneoff: files are always ready") {
  TempDir dir;
  dir.write("file", "0123456789");
  G guest(WasiConfig().preopen_dir(dir.path().string(), "/").stdin_from(std::string("abc")));
  const uint32_t fd = guest.must_open(3, "file", 0, kFileRights);
  guest.must_read(fd, 4);
  const auto events = poll(guest, {descriptor(fd, kEventFdRead), descriptor(fd, kEventFdWrite),
                                   descriptor(0, kEventFdRead), descriptor(1, kEventFdWrite),
                                   clock(60'000 * kMillisecond)});
  REQUIRE(events.size() == 4);
  CHECK(events[0].nbytes == 6);
  CHECK(events[2].nbytes == 3);
}

TEST_CASE("poll_oneoff in snapshot 0 has another layout") {
  G guest(WasiConfig(), Abi::Snapshot0);
  Subscription0 sleep;
  sleep.userdata = 7;
  sleep.tag = kEventClock;
  sleep.identifier_or_fd = 12345;
  sleep.id = 1;
  sleep.timeout = kMillisecond;
  Subscription0 reads;
  reads.userdata = 8;
  reads.tag = kEventFdRead;
  reads.identifier_or_fd = 55;
  guest.put(G::kIovecs, sleep);
  guest.put(G::kIovecs + sizeof(Subscription0), reads);
  REQUIRE(guest(&Context::poll_oneoff, G::kIovecs, kEvents, 1, G::kResult) == Errno::Success);
  CHECK(guest.at<Event>(kEvents).userdata == 7);
  REQUIRE(guest(&Context::poll_oneoff, G::kIovecs, kEvents, 2, G::kResult) == Errno::Success);
  CHECK(guest.result() == 1);
  CHECK(guest.at<Event>(kEvents).userdata == 8);
  CHECK(guest.at<Event>(kEvents).error == Errno::Badf);
}

TEST_CASE("poll_oneoff with the embedder's clocks does not really wait") {
  uint64_t time = 1000;
  G guest(WasiConfig().clocks(
      {[&] { return time; }, [&] { return time; }, [&](uint64_t wait) { time += wait; }}));
  const auto took = duration_of([&] {
    CHECK(poll(guest, {clock(3'600'000 * kMillisecond), clock(7'200'000 * kMillisecond)}).size() ==
          1);
  });
  CHECK(took < milliseconds(1000));
  CHECK(time == 1000 + 3'600'000 * kMillisecond);
}

TEST_CASE("a sleeping guest can be stopped") {
  const auto start = steady_clock::now();
  G guest(WasiConfig().interruption(Interruption::at(start + milliseconds(50))));
  CHECK(try_poll(guest, {clock(60'000 * kMillisecond)}) == Errno::HostStop);
  CHECK(steady_clock::now() - start >= milliseconds(50));
  CHECK(steady_clock::now() - start < milliseconds(2000));
  CHECK(guest.context->stop_code() == TrapCode::DeadlineExceeded);
  CHECK_FALSE(guest.context->exit_status().has_value());
}

TEST_CASE("a guest that reads from a silent pipe can be stopped, at once by a wake descriptor") {
  Pipe in;
  const int wake = eventfd(0, EFD_CLOEXEC);
  std::atomic<bool> stop = false;
  G guest(WasiConfig()
              .stdin_from(HostFd{in.fds[0]})
              .interruption({[&] { return stop ? TrapCode::Interrupted : TrapCode::None; }, wake}));
  std::thread canceller([&] {
    std::this_thread::sleep_for(milliseconds(30));
    stop = true;
    CHECK(eventfd_write(wake, 1) == 0);
  });
  const auto time = duration_of([&] { CHECK(guest.read(0, 10) == Errno::HostStop); });
  canceller.join();
  CHECK(time < milliseconds(2000));
  CHECK(guest.context->stop_code() == TrapCode::Interrupted);
  // An old wake does not keep a later wait from waiting.
  stop = false;
  const auto slept =
      duration_of([&] { CHECK(try_poll(guest, {clock(30 * kMillisecond)}) == Errno::Success); });
  CHECK(slept >= milliseconds(30));
  close(wake);
}

TEST_CASE("a guest that writes to a full pipe can be stopped") {
  Pipe out;
  const auto start = steady_clock::now();
  G guest(WasiConfig()
              .stdout_to(HostFd{out.fds[1]})
              .interruption(Interruption::at(start + milliseconds(50))));
  CHECK(guest.write(1, std::string(800'000, 'x')) == Errno::HostStop);
  CHECK(steady_clock::now() - start < milliseconds(2000));
}

}  // namespace brink::wasi
