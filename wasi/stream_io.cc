// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// See stream_io.h.

#include "wasi/stream_io.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace brink::wasi {
namespace {

/// Turns the SIGPIPE of a write into nothing but its EPIPE, without touching what the process has
/// installed for the signal.
class SigpipeBlock {
 public:
  SigpipeBlock() {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  SigpipeBlock(const SigpipeBlock&) = delete;
  ~SigpipeBlock() {
    if (sigismember(&before_, SIGPIPE) == 1) return;
    const int error = errno;
    const timespec none{};
    if (raised_) sigtimedwait(&sigpipe_, nullptr, &none);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = error;
  }
  void raised() { raised_ = true; }

 private:
  sigset_t sigpipe_;
  sigset_t before_;
  bool raised_ = false;
};

/// Per-write flags for what the guest set by fdflags. Why not by fcntl(2): an O_APPEND of the file
/// would make pwrite append too, and O_SYNC cannot be changed after open.
int write_flags(const Descriptor& to) {
  int flags = 0;
  if (to.is_regular() && (to.flags & kFdAppend) != 0) flags |= RWF_APPEND;
  if ((to.flags & (kFdSync | kFdRsync)) != 0) flags |= RWF_SYNC;
  if ((to.flags & kFdDsync) != 0) flags |= RWF_DSYNC;
  return flags;
}

bool is_unsupported(int error) {
  return error == EOPNOTSUPP || error == ENOSYS || error == EINVAL;
}

bool is_ready(int fd, short events) {
  pollfd entry{fd, events, 0};
  return poll(&entry, 1, 0) > 0;
}

/// One try that does not block; -1 and EAGAIN if it would.
ssize_t try_read(const Descriptor& from, std::span<const iovec> buffers) {
  const int fd = from.handle.fd();
  const int count = static_cast<int>(buffers.size());
  if (from.is_regular() || from.nonblocking) return readv(fd, buffers.data(), count);
  const ssize_t size = preadv2(fd, buffers.data(), count, -1, RWF_NOWAIT);
  if (size >= 0 || !is_unsupported(errno)) return size;
  if (!is_ready(fd, POLLIN)) {
    errno = EAGAIN;
    return -1;
  }
  return readv(fd, buffers.data(), count);
}

/// As much of `buffers` as a pipe that poll(2) calls writable takes without blocking.
ssize_t write_atomic_part(int fd, std::span<const iovec> buffers, int flags) {
  iovec first = buffers.front();
  if (first.iov_len > PIPE_BUF) {
    first.iov_len = PIPE_BUF;
    return pwritev2(fd, &first, 1, -1, flags);
  }
  size_t count = 0, total = 0;
  while (count < buffers.size() && total + buffers[count].iov_len <= PIPE_BUF) {
    total += buffers[count++].iov_len;
  }
  return pwritev2(fd, buffers.data(), static_cast<int>(count), -1, flags);
}

ssize_t try_write(const Descriptor& to, std::span<const iovec> buffers) {
  const int fd = to.handle.fd();
  const int count = static_cast<int>(buffers.size());
  const int flags = write_flags(to);
  if (to.is_regular()) return pwritev2(fd, buffers.data(), count, -1, flags);
  SigpipeBlock block;
  ssize_t size = to.nonblocking ? writev(fd, buffers.data(), count)
                                : pwritev2(fd, buffers.data(), count, -1, RWF_NOWAIT);
  if (size < 0 && !to.nonblocking && is_unsupported(errno)) {
    errno = EAGAIN;
    if (is_ready(fd, POLLOUT)) size = write_atomic_part(fd, buffers, 0);
  }
  if (size < 0 && errno == EPIPE) block.raised();
  return size;
}

/// Repeats `attempt` (-1 and errno for a failure) until it does not want to wait any more.
template <typename Attempt>
Outcome<size_t> retry(const Descriptor& descriptor, short events, Waiter& waiter,
                      Attempt&& attempt) {
  for (;;) {
    const ssize_t size = attempt();
    if (size >= 0) return static_cast<size_t>(size);
    const int error = errno;
    if (error == EINTR) {
      BRINK_WASI_TRY(waiter.check());
    } else if (error != EAGAIN) {
      return fail(from_host_errno(error));
    } else if ((descriptor.flags & kFdNonblock) != 0) {
      return fail(Errno::Again);
    } else {
      BRINK_WASI_TRY(waiter.wait_for(descriptor.handle.fd(), events));
    }
  }
}

/// Repeats `attempt` on what is left until nothing is.
template <typename Attempt>
Outcome<size_t> move_all(const Descriptor& to, std::span<iovec> buffers, Waiter& waiter,
                         Attempt&& attempt) {
  size_t total = 0;
  while (!buffers.empty()) {
    const auto size = retry(to, POLLOUT, waiter, [&] { return attempt(buffers); });
    if (!size) {
      if (total == 0 || size.error() == Errno::HostStop) return size;
      break;
    }
    if (*size == 0) break;
    total += *size;
    buffers = drop_bytes(buffers, *size);
  }
  return total;
}

msghdr to_message(std::span<const iovec> buffers) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(buffers.data());
  message.msg_iovlen = buffers.size();
  return message;
}

}  // namespace

std::span<iovec> drop_bytes(std::span<iovec> buffers, size_t size) {
  while (!buffers.empty() && size >= buffers.front().iov_len) {
    size -= buffers.front().iov_len;
    buffers = buffers.subspan(1);
  }
  if (!buffers.empty()) {
    buffers.front().iov_base = static_cast<char*>(buffers.front().iov_base) + size;
    buffers.front().iov_len -= size;
  }
  return buffers;
}

Outcome<size_t> read_some(const Descriptor& from, std::span<const iovec> buffers, Waiter& waiter) {
  return retry(from, POLLIN, waiter, [&] { return try_read(from, buffers); });
}

Outcome<size_t> write_all(const Descriptor& to, std::span<iovec> buffers, Waiter& waiter) {
  return move_all(to, buffers, waiter,
                  [&](std::span<const iovec> rest) { return try_write(to, rest); });
}

Outcome<size_t> read_at(const Descriptor& from, std::span<const iovec> buffers, uint64_t offset) {
  const ssize_t size = preadv(from.handle.fd(), buffers.data(), static_cast<int>(buffers.size()),
                              static_cast<off_t>(offset));
  if (size < 0) return fail_from_errno();
  return static_cast<size_t>(size);
}

Outcome<size_t> write_at(const Descriptor& to, std::span<const iovec> buffers, uint64_t offset) {
  const ssize_t size = pwritev2(to.handle.fd(), buffers.data(), static_cast<int>(buffers.size()),
                                static_cast<off_t>(offset), write_flags(to) & ~RWF_APPEND);
  if (size < 0) return fail_from_errno();
  return static_cast<size_t>(size);
}

Outcome<size_t> receive_some(const Descriptor& from, std::span<const iovec> buffers, int flags,
                             int& flags_out, Waiter& waiter) {
  return retry(from, POLLIN, waiter, [&] {
    msghdr message = to_message(buffers);
    const ssize_t size = recvmsg(from.handle.fd(), &message, flags | MSG_DONTWAIT);
    flags_out = message.msg_flags;
    return size;
  });
}

Outcome<size_t> send_all(const Descriptor& to, std::span<iovec> buffers, Waiter& waiter) {
  return move_all(to, buffers, waiter, [&](std::span<const iovec> rest) {
    const msghdr message = to_message(rest);
    return sendmsg(to.handle.fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  });
}

}  // namespace brink::wasi
