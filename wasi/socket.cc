// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// sock_accept, sock_recv, sock_send, sock_shutdown. A guest has the sockets it was given, and the
// connections it accepted on them; it cannot make others.

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "wasi/context.h"
#include "wasi/stream_io.h"

namespace brink::wasi {
namespace {

Outcome<> check_socket(const Descriptor& descriptor) {
  if (descriptor.kind == Descriptor::Kind::Listener) return fail(Errno::Notconn);
  if (descriptor.kind != Descriptor::Kind::Socket) return fail(Errno::Notsock);
  return {};
}

}  // namespace

Outcome<> Context::sock_accept(const GuestCall& call, uint32_t fd, uint32_t fdflags,
                               uint32_t fd_out) {
  const Descriptor* listener = BRINK_WASI_TRY(fds_.get(fd));
  if (listener->kind == Descriptor::Kind::Socket) return fail(Errno::Inval);
  if (listener->kind != Descriptor::Kind::Listener) return fail(Errno::Notsock);
  if ((listener->base & kRightSockAccept) == 0) return fail(Errno::Notcapable);
  if ((fdflags & ~uint32_t{kFdNonblock}) != 0) return fail(Errno::Inval);
  BRINK_WASI_TRY(call.memory.writable(fd_out, sizeof(uint32_t)));
  if (fds_.full()) return fail(Errno::Mfile);
  Descriptor accepted;
  for (;;) {
    accepted.handle =
        Handle::own(accept4(listener->handle.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (accepted.handle.is_open()) break;
    if (errno == EINTR) {
      BRINK_WASI_TRY(waiter_.check());
    } else if (errno != EAGAIN) {
      return fail_from_errno();
    } else if ((listener->flags & kFdNonblock) != 0) {
      return fail(Errno::Again);
    } else {
      BRINK_WASI_TRY(waiter_.wait_for(listener->handle.fd(), POLLIN));
    }
  }
  accepted.kind = Descriptor::Kind::Socket;
  accepted.filetype = Filetype::SocketStream;
  accepted.nonblocking = true;
  accepted.flags = static_cast<uint16_t>(fdflags);
  accepted.base = kSocketRights & ~kRightSockAccept & listener->inheriting;
  return call.memory.store(fd_out, BRINK_WASI_TRY(fds_.insert(std::move(accepted))));
}

Outcome<> Context::sock_recv(const GuestCall& call, uint32_t fd, uint32_t iovs, uint32_t iovs_len,
                             uint32_t ri_flags, uint32_t nread_out, uint32_t ro_flags_out) {
  const Descriptor* from = BRINK_WASI_TRY(fds_.get(fd));
  BRINK_WASI_TRY(check_socket(*from));
  if ((from->base & kRightFdRead) == 0) return fail(Errno::Badf);
  if ((ri_flags & ~uint32_t{kRecvPeek | kRecvWaitall}) != 0) return fail(Errno::Inval);
  BRINK_WASI_TRY(call.memory.writable(nread_out, sizeof(uint32_t)));
  BRINK_WASI_TRY(call.memory.writable(ro_flags_out, sizeof(uint16_t)));
  std::array<iovec, IovecWalk::kBatch> batch;
  IovecWalk walk(call.memory, iovs, iovs_len, IovecWalk::Direction::HostWrites);
  const size_t count = BRINK_WASI_TRY(walk.next(batch));
  std::span<iovec> buffers(batch.data(), count);
  const bool peek = (ri_flags & kRecvPeek) != 0;
  const bool wait_all = (ri_flags & kRecvWaitall) != 0 && !peek;
  int flags_out = 0;
  size_t total = 0;
  do {
    const auto size = receive_some(*from, buffers, peek ? MSG_PEEK : 0, flags_out, waiter_);
    if (!size && (total == 0 || size.error() == Errno::HostStop)) return fail(size.error());
    if (!size || *size == 0) break;
    total += *size;
    buffers = drop_bytes(buffers, *size);
  } while (wait_all && !buffers.empty());
  const uint16_t ro_flags = (flags_out & MSG_TRUNC) != 0 ? kRecvDataTruncated : 0;
  BRINK_WASI_TRY(call.memory.store(ro_flags_out, ro_flags));
  return call.memory.store(nread_out, static_cast<uint32_t>(total));
}

Outcome<> Context::sock_send(const GuestCall& call, uint32_t fd, uint32_t iovs, uint32_t iovs_len,
                             uint32_t si_flags, uint32_t nwritten_out) {
  const Descriptor* to = BRINK_WASI_TRY(fds_.get(fd));
  BRINK_WASI_TRY(check_socket(*to));
  if ((to->base & kRightFdWrite) == 0) return fail(Errno::Badf);
  if (si_flags != 0) return fail(Errno::Inval);
  BRINK_WASI_TRY(call.memory.writable(nwritten_out, sizeof(uint32_t)));
  std::array<iovec, IovecWalk::kBatch> batch;
  IovecWalk walk(call.memory, iovs, iovs_len, IovecWalk::Direction::HostReads);
  const size_t count = BRINK_WASI_TRY(walk.next(batch));
  const size_t total =
      BRINK_WASI_TRY(send_all(*to, std::span<iovec>(batch.data(), count), waiter_));
  return call.memory.store(nwritten_out, static_cast<uint32_t>(total));
}

Outcome<> Context::sock_shutdown(const GuestCall&, uint32_t fd, uint32_t how) {
  const Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd));
  BRINK_WASI_TRY(check_socket(*descriptor));
  if ((descriptor->base & kRightSockShutdown) == 0) return fail(Errno::Notcapable);
  constexpr int kHow[] = {-1, SHUT_RD, SHUT_WR, SHUT_RDWR};
  static_assert(kShutdownRead == 1 && kShutdownWrite == 2);
  if (how == 0 || how >= std::size(kHow)) return fail(Errno::Inval);
  if (shutdown(descriptor->handle.fd(), kHow[how]) != 0) return fail_from_errno();
  return {};
}

}  // namespace brink::wasi
