// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Reading and writing descriptors of the host: regular files directly; pipes, terminals, devices
// and sockets without ever blocking in the kernel, waiting in a Waiter instead, so that the guest
// can be stopped. Nothing is buffered here: what a guest wrote is with the kernel when the call
// returns.

#ifndef BRINK_WASI_STREAM_IO_H_
#define BRINK_WASI_STREAM_IO_H_

#include <sys/uio.h>

#include <cstdint>
#include <span>

#include "wasi/fd_table.h"
#include "wasi/types.h"
#include "wasi/waiter.h"

namespace brink::wasi {

/// Reads once, as readv(2). Again if nothing is there and the guest wants no waiting.
Outcome<size_t> read_some(const Descriptor& from, std::span<const iovec> buffers, Waiter& waiter);
/// Writes all of `buffers`, which are changed; fewer bytes only where an error stopped it after
/// some were written, or the guest wants no waiting.
Outcome<size_t> write_all(const Descriptor& to, std::span<iovec> buffers, Waiter& waiter);
/// At a position, which a pipe does not have (Spipe).
Outcome<size_t> read_at(const Descriptor& from, std::span<const iovec> buffers, uint64_t offset);
Outcome<size_t> write_at(const Descriptor& to, std::span<const iovec> buffers, uint64_t offset);

/// recvmsg(2) and sendmsg(2) with the same waiting. `flags` and `flags_out` are MSG_ bits.
Outcome<size_t> receive_some(const Descriptor& from, std::span<const iovec> buffers, int flags,
                             int& flags_out, Waiter& waiter);
Outcome<size_t> send_all(const Descriptor& to, std::span<iovec> buffers, Waiter& waiter);

/// Drops the first `size` bytes; what is left.
std::span<iovec> drop_bytes(std::span<iovec> buffers, size_t size);

}  // namespace brink::wasi

#endif  // BRINK_WASI_STREAM_IO_H_
