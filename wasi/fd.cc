// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The functions on a descriptor that move no data: state, attributes, position, directories.
// fd_read, fd_write and their kin are in fd_io.cc.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "wasi/context.h"

namespace brink::wasi {
namespace {

Outcome<> check(int result) {
  if (result != 0) return fail_from_errno();
  return {};
}

bool fits_offset(uint64_t value) {
  return value <= static_cast<uint64_t>(INT64_MAX);
}

/// Of fd_seek; the order of the three changed after snapshot 0.
Outcome<int> to_host_whence(Abi abi, uint32_t whence) {
  constexpr int kPreview1[] = {SEEK_SET, SEEK_CUR, SEEK_END};
  constexpr int kSnapshot0[] = {SEEK_CUR, SEEK_END, SEEK_SET};
  if (whence > 2) return fail(Errno::Inval);
  return abi == Abi::Preview1 ? kPreview1[whence] : kSnapshot0[whence];
}

/// What is wrong with seeking where the right to it is missing.
Errno seek_error(const Descriptor& descriptor) {
  if (descriptor.kind == Descriptor::Kind::Directory) return Errno::Isdir;
  return descriptor.is_regular() ? Errno::Notcapable : Errno::Spipe;
}

}  // namespace

Outcome<> Context::fd_advise(const GuestCall&, uint32_t fd, uint64_t offset, uint64_t len,
                             uint32_t advice) {
  constexpr int kAdvice[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                             POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  const Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd, kRightFdAdvise));
  if (advice >= std::size(kAdvice) || !fits_offset(offset) || !fits_offset(len)) {
    return fail(Errno::Inval);
  }
  const int error = posix_fadvise(descriptor->handle.fd(), static_cast<off_t>(offset),
                                  static_cast<off_t>(len), kAdvice[advice]);
  if (error != 0) return fail(from_host_errno(error));
  return {};
}

Outcome<> Context::fd_allocate(const GuestCall&, uint32_t fd, uint64_t offset, uint64_t len) {
  const Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd, kRightFdAllocate));
  if (descriptor->read_only) return fail(Errno::Rofs);
  if (!fits_offset(offset) || !fits_offset(len)) return fail(Errno::Inval);
  return check(
      fallocate(descriptor->handle.fd(), 0, static_cast<off_t>(offset), static_cast<off_t>(len)));
}

Outcome<> Context::fd_close(const GuestCall&, uint32_t fd) {
  return fds_.close(fd);
}

Outcome<> Context::fd_datasync(const GuestCall&, uint32_t fd) {
  const Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd, kRightFdDatasync));
  return check(fdatasync(descriptor->handle.fd()));
}

Outcome<> Context::fd_sync(const GuestCall&, uint32_t fd) {
  const Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd, kRightFdSync));
  return check(fsync(descriptor->handle.fd()));
}

Outcome<> Context::fd_fdstat_get(const GuestCall& call, uint32_t fd, uint32_t fdstat_out) {
  const Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd));
  Fdstat stat;
  stat.filetype = descriptor->filetype;
  stat.flags = descriptor->flags;
  stat.base = descriptor->base;
  stat.inheriting = descriptor->inheriting;
  return call.memory.store(fdstat_out, stat);
}

Outcome<> Context::fd_fdstat_set_flags(const GuestCall&, uint32_t fd, uint32_t flags) {
  Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd, kRightFdFdstatSetFlags));
  if ((flags & ~uint32_t{kFdFlagsMask}) != 0) return fail(Errno::Inval);
  // They act when something is read or written (stream_io.cc).
  descriptor->flags = static_cast<uint16_t>(flags);
  return {};
}

Outcome<> Context::fd_fdstat_set_rights(const GuestCall&, uint32_t fd, uint64_t base,
                                        uint64_t inheriting) {
  Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd));
  if ((base & ~descriptor->base) != 0 || (inheriting & ~descriptor->inheriting) != 0) {
    return fail(Errno::Notcapable);
  }
  descriptor->base = base;
  descriptor->inheriting = inheriting;
  return {};
}

/// In the layout of the guest's generation.
Outcome<> Context::write_filestat(const GuestCall& call, uint32_t address,
                                  const Filestat& stat) const {
  if (call.abi == Abi::Preview1) return call.memory.store(address, stat);
  Filestat0 old;
  old.dev = stat.dev;
  old.ino = stat.ino;
  old.filetype = stat.filetype;
  old.nlink = static_cast<uint32_t>(std::min<uint64_t>(stat.nlink, UINT32_MAX));
  old.size = stat.size;
  old.atim = stat.atim;
  old.mtim = stat.mtim;
  old.ctim = stat.ctim;
  return call.memory.store(address, old);
}

Outcome<> Context::fd_filestat_get(const GuestCall& call, uint32_t fd, uint32_t filestat_out) {
  const Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd, kRightFdFilestatGet));
  Filestat stat;
  if (descriptor->on_host()) {
    struct stat info;
    if (fstat(descriptor->handle.fd(), &info) != 0) return fail_from_errno();
    stat = to_filestat(info);
  }
  return write_filestat(call, filestat_out, stat);
}

Outcome<> Context::fd_filestat_set_size(const GuestCall&, uint32_t fd, uint64_t size) {
  const Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd, kRightFdFilestatSetSize));
  if (descriptor->read_only) return fail(Errno::Rofs);
  if (!fits_offset(size)) return fail(Errno::Inval);
  return check(ftruncate(descriptor->handle.fd(), static_cast<off_t>(size)));
}

Outcome<> Context::fd_filestat_set_times(const GuestCall&, uint32_t fd, uint64_t atim,
                                         uint64_t mtim, uint32_t fst_flags) {
  const Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd, kRightFdFilestatSetTimes));
  const FileTimes times = BRINK_WASI_TRY(to_file_times(atim, mtim, fst_flags));
  if (descriptor->read_only) return fail(Errno::Rofs);
  return check(futimens(descriptor->handle.fd(), times.values));
}

Outcome<> Context::fd_prestat_get(const GuestCall& call, uint32_t fd, uint32_t prestat_out) {
  const Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd));
  if (!descriptor->preopen_name) return fail(Errno::Badf);
  Prestat prestat;
  prestat.name_len = static_cast<uint32_t>(descriptor->preopen_name->size());
  return call.memory.store(prestat_out, prestat);
}

Outcome<> Context::fd_prestat_dir_name(const GuestCall& call, uint32_t fd, uint32_t path_out,
                                       uint32_t path_len) {
  const Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd));
  if (!descriptor->preopen_name) return fail(Errno::Badf);
  if (path_len < descriptor->preopen_name->size()) return fail(Errno::Nametoolong);
  return call.memory.write(path_out, *descriptor->preopen_name);
}

/// Fills the buffer to its end: the last entry may be cut off, which tells the guest that there is
/// more; it comes back with the cookie of the last whole one.
Outcome<> Context::fd_readdir(const GuestCall& call, uint32_t fd, uint32_t buf_out,
                              uint32_t buf_len, uint64_t cookie, uint32_t used_out) {
  Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd));
  if (descriptor->kind != Descriptor::Kind::Directory) return fail(Errno::Notdir);
  if ((descriptor->base & kRightFdReaddir) == 0) return fail(Errno::Notcapable);
  const std::span<uint8_t> buffer = BRINK_WASI_TRY(call.memory.writable(buf_out, buf_len));
  if (cookie == 0 || !descriptor->listing) {
    descriptor->listing = BRINK_WASI_TRY(DirectoryListing::read(descriptor->handle.fd()));
  }
  const DirectoryListing& listing = *descriptor->listing;
  size_t used = 0;
  const auto append = [&](const void* bytes, size_t size) {
    const size_t fits = std::min(size, buffer.size() - used);
    if (fits != 0) std::memcpy(buffer.data() + used, bytes, fits);
    used += fits;
  };
  for (uint64_t i = cookie; i < listing.size() && used < buffer.size(); i++) {
    const DirectoryListing::Entry entry = listing[i];
    Dirent dirent;
    dirent.next = i + 1;
    dirent.ino = entry.ino;
    dirent.namlen = static_cast<uint32_t>(entry.name.size());
    dirent.type = entry.type;
    append(&dirent, sizeof(dirent));
    append(entry.name.data(), entry.name.size());
  }
  return call.memory.store(used_out, static_cast<uint32_t>(used));
}

Outcome<> Context::fd_renumber(const GuestCall&, uint32_t from, uint32_t to) {
  return fds_.renumber(from, to);
}

Outcome<> Context::fd_seek(const GuestCall& call, uint32_t fd, int64_t offset, uint32_t whence,
                           uint32_t position_out) {
  const Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd));
  const int host_whence = BRINK_WASI_TRY(to_host_whence(call.abi, whence));
  const bool only_tells = offset == 0 && host_whence == SEEK_CUR;
  const Rights enough = kRightFdSeek | (only_tells ? kRightFdTell : 0);
  if ((descriptor->base & enough) == 0) return fail(seek_error(*descriptor));
  BRINK_WASI_TRY(call.memory.writable(position_out, sizeof(uint64_t)));
  const off_t position = lseek(descriptor->handle.fd(), offset, host_whence);
  if (position < 0) return fail_from_errno();
  return call.memory.store(position_out, static_cast<uint64_t>(position));
}

Outcome<> Context::fd_tell(const GuestCall& call, uint32_t fd, uint32_t position_out) {
  const Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd));
  if ((descriptor->base & kRightFdTell) == 0) return fail(seek_error(*descriptor));
  const off_t position = lseek(descriptor->handle.fd(), 0, SEEK_CUR);
  if (position < 0) return fail_from_errno();
  return call.memory.store(position_out, static_cast<uint64_t>(position));
}

}  // namespace brink::wasi
