// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// fd_read, fd_write, fd_pread, fd_pwrite: a guest's iovecs go to the host in batches of at most
// IOV_MAX entries, without a copy of the data.

#include <algorithm>
#include <array>
#include <cstring>

#include "wasi/context.h"
#include "wasi/stream_io.h"

namespace brink::wasi {
namespace {

using Batch = std::array<iovec, IovecWalk::kBatch>;

uint64_t total_size(std::span<const iovec> buffers) {
  uint64_t size = 0;
  for (const iovec& buffer : buffers) size += buffer.iov_len;
  return size;
}

/// From the bytes an embedder gave as standard input.
size_t read_input(Descriptor& from, std::span<const iovec> buffers) {
  size_t total = 0;
  for (const iovec& buffer : buffers) {
    const size_t size = std::min<size_t>(buffer.iov_len, from.input.size() - from.input_position);
    std::memcpy(buffer.iov_base, from.input.data() + from.input_position, size);
    from.input_position += size;
    total += size;
  }
  return total;
}

Outcome<size_t> read_batch(Descriptor& from, std::span<const iovec> buffers, Waiter& waiter) {
  switch (from.kind) {
    case Descriptor::Kind::Input: return read_input(from, buffers);
    case Descriptor::Kind::Null: return 0;
    default: return read_some(from, buffers, waiter);
  }
}

Outcome<size_t> write_batch(const Descriptor& to, std::span<iovec> buffers, Waiter& waiter) {
  switch (to.kind) {
    case Descriptor::Kind::Sink:
      for (const iovec& buffer : buffers) {
        to.sink({static_cast<const uint8_t*>(buffer.iov_base), buffer.iov_len});
      }
      return total_size(buffers);
    case Descriptor::Kind::Null: return total_size(buffers);
    default: return write_all(to, buffers, waiter);
  }
}

/// Gives `move` one batch after the other until one comes back short, and stores the sum. What was
/// moved before a failure counts, but not before a stop.
template <typename Move>
Outcome<> move_batches(const GuestMemory& memory, IovecWalk walk, uint32_t total_out,
                       Waiter& waiter, Move&& move) {
  BRINK_WASI_TRY(memory.writable(total_out, sizeof(uint32_t)));
  Batch batch;
  uint64_t total = 0;
  for (;;) {
    const size_t count = BRINK_WASI_TRY(walk.next(batch));
    if (count == 0) break;
    const std::span<iovec> buffers(batch.data(), count);
    const uint64_t wanted = total_size(buffers);
    if (total + wanted > UINT32_MAX) break;
    const Outcome<size_t> size = move(buffers, total);
    if (!size) {
      if (total == 0 || size.error() == Errno::HostStop) return fail(size.error());
      break;
    }
    total += *size;
    if (*size < wanted) break;
    if (wanted == IovecWalk::kBatchBytes) BRINK_WASI_TRY(waiter.check());
  }
  return memory.store(total_out, static_cast<uint32_t>(total));
}

IovecWalk into_guest(const GuestMemory& memory, uint32_t iovs, uint32_t count) {
  return IovecWalk(memory, iovs, count, IovecWalk::Direction::HostWrites);
}

IovecWalk out_of_guest(const GuestMemory& memory, uint32_t iovs, uint32_t count) {
  return IovecWalk(memory, iovs, count, IovecWalk::Direction::HostReads);
}

/// Why a position does not fit the descriptor, if it does not.
Outcome<> check_position(const Descriptor& descriptor, uint64_t offset) {
  if (!descriptor.on_host()) return fail(Errno::Spipe);
  if (offset > static_cast<uint64_t>(INT64_MAX)) return fail(Errno::Inval);
  return {};
}

}  // namespace

Outcome<Descriptor*> Context::readable(uint32_t fd) {
  Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd));
  if (descriptor->kind == Descriptor::Kind::Directory) return fail(Errno::Isdir);
  if ((descriptor->base & kRightFdRead) == 0) return fail(Errno::Badf);
  return descriptor;
}

Outcome<Descriptor*> Context::writable(uint32_t fd) {
  Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd));
  if ((descriptor->base & kRightFdWrite) == 0) return fail(Errno::Badf);
  return descriptor;
}

Outcome<> Context::fd_read(const GuestCall& call, uint32_t fd, uint32_t iovs, uint32_t iovs_len,
                           uint32_t nread_out) {
  Descriptor* from = BRINK_WASI_TRY(readable(fd));
  return move_batches(call.memory, into_guest(call.memory, iovs, iovs_len), nread_out, waiter_,
                      [&](std::span<iovec> buffers, uint64_t total) -> Outcome<size_t> {
                        // Only a file has more at once: do not wait for a second batch.
                        if (total != 0 && !from->is_regular()) return 0;
                        return read_batch(*from, buffers, waiter_);
                      });
}

Outcome<> Context::fd_write(const GuestCall& call, uint32_t fd, uint32_t iovs, uint32_t iovs_len,
                            uint32_t nwritten_out) {
  Descriptor* to = BRINK_WASI_TRY(writable(fd));
  return move_batches(
      call.memory, out_of_guest(call.memory, iovs, iovs_len), nwritten_out, waiter_,
      [&](std::span<iovec> buffers, uint64_t) { return write_batch(*to, buffers, waiter_); });
}

Outcome<> Context::fd_pread(const GuestCall& call, uint32_t fd, uint32_t iovs, uint32_t iovs_len,
                            uint64_t offset, uint32_t nread_out) {
  const Descriptor* from = BRINK_WASI_TRY(readable(fd));
  BRINK_WASI_TRY(check_position(*from, offset));
  return move_batches(call.memory, into_guest(call.memory, iovs, iovs_len), nread_out, waiter_,
                      [&](std::span<iovec> buffers, uint64_t total) {
                        return read_at(*from, buffers, offset + total);
                      });
}

Outcome<> Context::fd_pwrite(const GuestCall& call, uint32_t fd, uint32_t iovs, uint32_t iovs_len,
                             uint64_t offset, uint32_t nwritten_out) {
  const Descriptor* to = BRINK_WASI_TRY(writable(fd));
  BRINK_WASI_TRY(check_position(*to, offset));
  return move_batches(call.memory, out_of_guest(call.memory, iovs, iovs_len), nwritten_out, waiter_,
                      [&](std::span<iovec> buffers, uint64_t total) {
                        return write_at(*to, buffers, offset + total);
                      });
}

}  // namespace brink::wasi
