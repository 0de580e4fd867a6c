// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Streams: partial writes, broken pipes, non-blocking descriptors.

#include "wasi/stream_io.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "wasi/test_guest.h"

namespace brink::wasi {
namespace {

using G = TestGuest;

std::string drain(int fd) {
  std::string text;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t size = read(fd, buffer, sizeof(buffer));
    if (size <= 0) return text;
    text.append(buffer, static_cast<size_t>(size));
  }
}

}  // namespace

TEST_CASE("drop_bytes drops bytes across buffers") {
  char bytes[10];
  iovec buffers[] = {{bytes, 3}, {bytes + 3, 3}, {bytes + 6, 4}};
  auto rest = drop_bytes(buffers, 4);
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].iov_base == bytes + 4);
  CHECK(rest[0].iov_len == 2);
  rest = drop_bytes(rest, 2);
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].iov_len == 4);
  CHECK(drop_bytes(rest, 4).empty());
}

TEST_CASE("a large write to a pipe or socket arrives whole") {
  const bool socket = GENERATE(false, true);
  const bool nonblocking = GENERATE(false, true);
  CAPTURE(socket, nonblocking);
  int fds[2];
  if (socket) {
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
  } else {
    REQUIRE(pipe2(fds, O_CLOEXEC) == 0);
  }
  if (nonblocking) fcntl(fds[1], F_SETFL, O_NONBLOCK);
  std::string expected, received;
  std::thread reader([&] { received = drain(fds[0]); });
  {
    G guest(WasiConfig().stdout_to(HostFd{fds[1], true}));
    // Buffers of many sizes, so that the kernel takes parts of them.
    uint32_t at = G::kData, count = 0;
    for (uint32_t size = 1; at + size < G::kSize; size = size * 3 + 1) {
      const std::string text(size, static_cast<char>('a' + count));
      guest.put(G::kIovecs + 8 * count++, GuestIovec{at, guest.text(at, text)});
      expected += text;
      at += size;
    }
    REQUIRE(guest(&Context::fd_write, 1, G::kIovecs, count, G::kResult) == Errno::Success);
    CHECK(guest.result() == expected.size());
  }
  reader.join();
  CHECK(received == expected);
  close(fds[0]);
}

TEST_CASE("a broken pipe is an error and no signal") {
  int fds[2];
  REQUIRE(pipe2(fds, O_CLOEXEC) == 0);
  close(fds[0]);
  G guest(WasiConfig().stdout_to(HostFd{fds[1], true}));
  REQUIRE(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
  CHECK(guest.write(1, "x") == Errno::Pipe);
  CHECK(guest.write(1, "x") == Errno::Pipe);
  sigset_t pending;
  sigpending(&pending);
  CHECK(sigismember(&pending, SIGPIPE) == 0);
}

TEST_CASE("reading gives what is there, waits when nothing is, and ends") {
  int fds[2];
  REQUIRE(pipe2(fds, O_CLOEXEC) == 0);
  G guest(WasiConfig().stdin_from(HostFd{fds[0], true}));
  REQUIRE(write(fds[1], "ab", 2) == 2);
  CHECK(guest.must_read(0, 100) == "ab");
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(write(fds[1], "late", 4) == 4);
    close(fds[1]);
  });
  CHECK(guest.must_read(0, 100) == "late");
  CHECK(guest.must_read(0, 100).empty());
  writer.join();
}

TEST_CASE("a guest's non-blocking flag concerns the guest only") {
  int fds[2];
  REQUIRE(pipe2(fds, O_CLOEXEC) == 0);
  G guest(WasiConfig().stdin_from(HostFd{fds[0], true}));
  CHECK(guest(&Context::fd_fdstat_set_flags, 0, kFdNonblock) == Errno::Success);
  CHECK(guest.read(0, 1) == Errno::Again);
  CHECK((fcntl(fds[0], F_GETFL) & O_NONBLOCK) == 0);
  REQUIRE(write(fds[1], "x", 1) == 1);
  CHECK(guest.must_read(0, 1) == "x");
  close(fds[1]);
}

TEST_CASE("a write that does not wait takes what fits") {
  int fds[2];
  REQUIRE(pipe2(fds, O_CLOEXEC) == 0);
  G guest(WasiConfig().stdout_to(HostFd{fds[1], true}));
  CHECK(guest(&Context::fd_fdstat_set_flags, 1, kFdNonblock) == Errno::Success);
  CHECK(guest.write(1, std::string(800'000, 'x')) == Errno::Success);
  CHECK(guest.result() > 0);
  CHECK(guest.result() < 800'000);
  CHECK(guest.write(1, std::string(100'000, 'x')) == Errno::Again);
  close(fds[0]);
}

TEST_CASE("devices and named pipes below a directory") {
  G guest(WasiConfig().preopen_dir("/dev", "/dev"));
  const uint32_t zero = guest.must_open(3, "zero", 0, kFileRights);
  CHECK(guest.must_read(zero, 4) == std::string(4, '\0'));
  const uint32_t null = guest.must_open(3, "null", 0, kFileRights);
  CHECK(guest.write(null, "x") == Errno::Success);
  CHECK(guest.must_read(null, 4).empty());
  REQUIRE(guest(&Context::fd_fdstat_get, null, G::kResult) == Errno::Success);
  CHECK(guest.at<Fdstat>(G::kResult).filetype == Filetype::CharacterDevice);
}

}  // namespace brink::wasi
