// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Sockets: listeners that were granted, connections accepted on them.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "wasi/test_guest.h"

namespace brink::wasi {
namespace {

using G = TestGuest;
constexpr uint32_t kListener = 3;

/// A listener at a free port, and clients of it.
struct Server {
  Server() {
    listener = Handle::own(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(listener.fd(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(listen(listener.fd(), 8) == 0);
  }
  Handle connect_client() const {
    sockaddr_in address;
    socklen_t size = sizeof(address);
    REQUIRE(getsockname(listener.fd(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    Handle client = Handle::own(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(connect(client.fd(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    return client;
  }
  Handle listener;
};

struct Fixture {
  Fixture() : guest(WasiConfig().listen_fd(server.listener.fd())) {}
  Errno accept(uint32_t fdflags = 0) {
    return guest(&Context::sock_accept, kListener, fdflags, G::kResult);
  }
  Errno recv(uint32_t fd, uint32_t size, uint32_t flags) {
    guest.put(G::kIovecs, GuestIovec{G::kData, size});
    return guest(&Context::sock_recv, fd, G::kIovecs, 1, flags, G::kResult, G::kResult2);
  }
  std::string must_recv(uint32_t fd, uint32_t size, uint32_t flags = 0) {
    REQUIRE(recv(fd, size, flags) == Errno::Success);
    return guest.text_at(G::kData, guest.result());
  }
  Errno send(uint32_t fd, std::string_view text, uint32_t flags = 0) {
    guest.put(G::kIovecs, GuestIovec{G::kData, guest.text(G::kData, text)});
    return guest(&Context::sock_send, fd, G::kIovecs, 1, flags, G::kResult);
  }
  Server server;
  TestGuest guest;
};

std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t size = read(fd, buffer, sizeof(buffer));
    if (size <= 0) return text;
    text.append(buffer, static_cast<size_t>(size));
  }
}

}  // namespace

TEST_CASE("a connection: accept, receive, send, shut down") {
  Fixture f;
  const Handle client = f.server.connect_client();
  REQUIRE(f.accept() == Errno::Success);
  const uint32_t fd = f.guest.result();
  CHECK(fd == 4);
  REQUIRE(f.guest(&Context::fd_fdstat_get, fd, G::kResult) == Errno::Success);
  CHECK(f.guest.at<Fdstat>(G::kResult).filetype == Filetype::SocketStream);
  REQUIRE(write(client.fd(), "hello", 5) == 5);
  CHECK(f.must_recv(fd, 3, kRecvPeek) == "hel");
  CHECK(f.must_recv(fd, 3) == "hel");
  CHECK(f.guest.at<uint16_t>(G::kResult2) == 0);
  CHECK(f.guest.must_read(fd, 10) == "lo");  // fd_read works as well
  CHECK(f.send(fd, "one ") == Errno::Success);
  CHECK(f.guest.write(fd, "two") == Errno::Success);
  CHECK(f.guest(&Context::sock_shutdown, fd, kShutdownWrite) == Errno::Success);
  CHECK(read_all(client.fd()) == "one two");
  CHECK(f.send(fd, "x") == Errno::Pipe);
  CHECK(f.guest.write(fd, "x") == Errno::Pipe);
  CHECK(f.guest(&Context::fd_close, fd) == Errno::Success);
}

TEST_CASE("receiving waits for all when asked") {
  Fixture f;
  const Handle client = f.server.connect_client();
  REQUIRE(f.accept() == Errno::Success);
  const uint32_t fd = f.guest.result();
  std::thread sender([&] {
    CHECK(write(client.fd(), "abc", 3) == 3);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(write(client.fd(), "def", 3) == 3);
  });
  CHECK(f.must_recv(fd, 6, kRecvWaitall) == "abcdef");
  sender.join();
  shutdown(client.fd(), SHUT_WR);
  CHECK(f.must_recv(fd, 6, kRecvWaitall).empty());
}

TEST_CASE("sockets that do not wait") {
  Fixture f;
  REQUIRE(f.guest(&Context::fd_fdstat_get, kListener, G::kResult) == Errno::Success);
  CHECK(f.guest.at<Fdstat>(G::kResult).flags == 0);
  CHECK(f.guest(&Context::fd_fdstat_set_flags, kListener, kFdNonblock) == Errno::Success);
  CHECK(f.accept() == Errno::Again);
  const Handle client = f.server.connect_client();
  REQUIRE(f.accept(kFdNonblock) == Errno::Success);
  const uint32_t fd = f.guest.result();
  CHECK(f.recv(fd, 1, 0) == Errno::Again);
  CHECK(f.guest.read(fd, 1) == Errno::Again);
  // Fills the buffers of the kernel, then says so.
  const std::string chunk(100'000, 'x');
  Errno error = Errno::Success;
  for (int i = 0; i < 1000 && error == Errno::Success; i++) error = f.send(fd, chunk);
  CHECK(error == Errno::Again);
}

TEST_CASE("accepting waits, and can be stopped") {
  Server server;
  const auto start = std::chrono::steady_clock::now();
  G guest(WasiConfig()
              .listen_fd(server.listener.fd())
              .interruption({[&] {
                               return std::chrono::steady_clock::now() - start >
                                              std::chrono::milliseconds(40)
                                          ? TrapCode::Interrupted
                                          : TrapCode::None;
                             },
                             -1}));
  CHECK(guest(&Context::sock_accept, kListener, 0, G::kResult) == Errno::HostStop);
}

TEST_CASE("what is no socket, or not that kind") {
  Fixture f;
  CHECK(f.guest(&Context::sock_shutdown, 99, 1) == Errno::Badf);
  CHECK(f.guest(&Context::sock_shutdown, 0, 1) == Errno::Notsock);
  CHECK(f.guest(&Context::sock_accept, 1, 0, G::kResult) == Errno::Notsock);
  CHECK(f.recv(0, 1, 0) == Errno::Notsock);
  CHECK(f.send(1, "x") == Errno::Notsock);
  CHECK(f.recv(kListener, 1, 0) == Errno::Notconn);
  CHECK(f.guest.read(kListener, 1) == Errno::Badf);
  CHECK(f.accept(kFdAppend) == Errno::Inval);
  const Handle client = f.server.connect_client();
  REQUIRE(f.accept() == Errno::Success);
  const uint32_t fd = f.guest.result();
  CHECK(f.guest(&Context::sock_accept, fd, 0, G::kResult) == Errno::Inval);
  CHECK(f.guest(&Context::sock_shutdown, fd, 0) == Errno::Inval);
  CHECK(f.guest(&Context::sock_shutdown, fd, 4) == Errno::Inval);
  CHECK(f.recv(fd, 1, 4) == Errno::Inval);
  CHECK(f.send(fd, "x", 1) == Errno::Inval);
  CHECK(f.guest(&Context::fd_seek, fd, 0, 1, G::kResult) == Errno::Spipe);
}

TEST_CASE("a listener at an address") {
  G guest(WasiConfig().listen_tcp("127.0.0.1:0").listen_tcp("127.0.0.1:0"));
  for (const uint32_t fd : {3, 4}) {
    REQUIRE(guest(&Context::fd_fdstat_get, fd, G::kResult) == Errno::Success);
    CHECK(guest.at<Fdstat>(G::kResult).filetype == Filetype::SocketStream);
    CHECK((guest.at<Fdstat>(G::kResult).base & kRightSockAccept) != 0);
    CHECK(guest.at<Fdstat>(G::kResult).flags == kFdNonblock);
    CHECK(guest(&Context::sock_accept, fd, 0, G::kResult) == Errno::Again);
  }
}

}  // namespace brink::wasi
