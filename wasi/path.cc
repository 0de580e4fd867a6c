// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The functions on paths. Each takes its path out of guest memory first (another thread of the
// guest could change it between a check and its use), asks for the rights, and leaves the rest to
// host_fs.
//
// Read-only grants: whatever would change something answers Rofs, after the checks that a read-only
// file system of the host would do first as well.

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <string>

#include "wasi/context.h"

namespace brink::wasi {
namespace {

Outcome<std::string> copy_path(const GuestMemory& memory, uint32_t address, uint32_t size) {
  const std::string_view text = BRINK_WASI_TRY(memory.text(address, size));
  if (text.size() >= PATH_MAX) return fail(Errno::Nametoolong);
  return std::string(text);
}

Outcome<bool> to_follow(uint32_t lookup) {
  if ((lookup & ~kLookupSymlinkFollow) != 0) return fail(Errno::Inval);
  return (lookup & kLookupSymlinkFollow) != 0;
}

/// open(2)'s flags for what path_open asks. O_NONBLOCK keeps an open of a pipe from blocking, and
/// waiting is the Waiter's.
int to_open_flags(uint32_t oflags, Rights base) {
  int flags = O_NONBLOCK | O_CLOEXEC;
  if ((base & kRightFdWrite) == 0) {
    flags |= O_RDONLY;
  } else {
    flags |= (base & kRightFdRead) != 0 ? O_RDWR : O_WRONLY;
  }
  if ((oflags & kOpenCreat) != 0) flags |= O_CREAT;
  if ((oflags & kOpenDirectory) != 0) flags |= O_DIRECTORY;
  if ((oflags & kOpenExcl) != 0) flags |= O_EXCL;
  if ((oflags & kOpenTrunc) != 0) flags |= O_TRUNC;
  return flags;
}

/// Opens below a read-only grant: for reading what exists, and the right error for all else.
Outcome<Handle> open_read_only(const HostFs& fs, int root, std::string_view path, int flags,
                               bool follow) {
  const bool creates = (flags & O_CREAT) != 0;
  const bool changes = (flags & (O_TRUNC | O_ACCMODE)) != 0;
  const bool exclusive = creates && (flags & O_EXCL) != 0;
  auto handle = fs.open(root, path, flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_ACCMODE), follow);
  if (!handle) {
    return creates && handle.error() == Errno::Noent ? fail(Errno::Rofs) : fail(handle.error());
  }
  if (exclusive) return fail(Errno::Exist);
  if (changes) return fail(Errno::Rofs);
  return handle;
}

}  // namespace

Outcome<Descriptor*> Context::directory(uint32_t fd, Rights rights) {
  Descriptor* descriptor = BRINK_WASI_TRY(fds_.get(fd));
  if (descriptor->kind != Descriptor::Kind::Directory) return fail(Errno::Notdir);
  if ((descriptor->base & rights) != rights) return fail(Errno::Notcapable);
  return descriptor;
}

Outcome<Descriptor*> Context::writable_directory(uint32_t fd, Rights rights) {
  Descriptor* descriptor = BRINK_WASI_TRY(directory(fd, rights));
  if (descriptor->read_only) return fail(Errno::Rofs);
  return descriptor;
}

Outcome<> Context::path_create_directory(const GuestCall& call, uint32_t fd, uint32_t path,
                                         uint32_t path_len) {
  const std::string name = BRINK_WASI_TRY(copy_path(call.memory, path, path_len));
  const Descriptor* at = BRINK_WASI_TRY(directory(fd, kRightPathCreateDirectory));
  if (at->read_only) {
    // As mkdir(2) on a read-only file system: what exists already is told first (mkdir -p).
    const auto existing = host_fs_.stat(at->handle.fd(), name, false);
    return fail(existing ? Errno::Exist
                         : (existing.error() == Errno::Noent ? Errno::Rofs : existing.error()));
  }
  return host_fs_.create_directory(at->handle.fd(), name);
}

Outcome<> Context::path_filestat_get(const GuestCall& call, uint32_t fd, uint32_t lookup,
                                     uint32_t path, uint32_t path_len, uint32_t filestat_out) {
  const std::string name = BRINK_WASI_TRY(copy_path(call.memory, path, path_len));
  const bool follow = BRINK_WASI_TRY(to_follow(lookup));
  const Descriptor* at = BRINK_WASI_TRY(directory(fd, kRightPathFilestatGet));
  const struct stat info = BRINK_WASI_TRY(host_fs_.stat(at->handle.fd(), name, follow));
  return write_filestat(call, filestat_out, to_filestat(info));
}

Outcome<> Context::path_filestat_set_times(const GuestCall& call, uint32_t fd, uint32_t lookup,
                                           uint32_t path, uint32_t path_len, uint64_t atim,
                                           uint64_t mtim, uint32_t fst_flags) {
  const std::string name = BRINK_WASI_TRY(copy_path(call.memory, path, path_len));
  const bool follow = BRINK_WASI_TRY(to_follow(lookup));
  const FileTimes times = BRINK_WASI_TRY(to_file_times(atim, mtim, fst_flags));
  const Descriptor* at = BRINK_WASI_TRY(writable_directory(fd, kRightPathFilestatSetTimes));
  return host_fs_.set_times(at->handle.fd(), name, follow, times);
}

Outcome<> Context::path_link(const GuestCall& call, uint32_t old_fd, uint32_t old_lookup,
                             uint32_t old_path, uint32_t old_path_len, uint32_t new_fd,
                             uint32_t new_path, uint32_t new_path_len) {
  const std::string from = BRINK_WASI_TRY(copy_path(call.memory, old_path, old_path_len));
  const std::string to = BRINK_WASI_TRY(copy_path(call.memory, new_path, new_path_len));
  const bool follow = BRINK_WASI_TRY(to_follow(old_lookup));
  // The source must not be read-only either: it would become writable by its new name.
  const Descriptor* source = BRINK_WASI_TRY(writable_directory(old_fd, kRightPathLinkSource));
  const Descriptor* target = BRINK_WASI_TRY(writable_directory(new_fd, kRightPathLinkTarget));
  return host_fs_.link(source->handle.fd(), from, follow, target->handle.fd(), to);
}

/// Rights: the new descriptor gets those of `base` that mean something for what was opened, and of
/// `inheriting` those the directory can pass on. A meaningful right that the directory cannot pass
/// on is Notcapable.
Outcome<> Context::path_open(const GuestCall& call, uint32_t fd, uint32_t lookup, uint32_t path,
                             uint32_t path_len, uint32_t oflags, uint64_t base, uint64_t inheriting,
                             uint32_t fdflags, uint32_t fd_out) {
  const std::string name = BRINK_WASI_TRY(copy_path(call.memory, path, path_len));
  const bool follow = BRINK_WASI_TRY(to_follow(lookup));
  if ((oflags & ~uint32_t{kOpenMask}) != 0 || (fdflags & ~uint32_t{kFdFlagsMask}) != 0 ||
      ((oflags & kOpenCreat) != 0 && (oflags & kOpenDirectory) != 0)) {
    return fail(Errno::Inval);
  }
  Rights needed = kRightPathOpen;
  if ((oflags & kOpenCreat) != 0) needed |= kRightPathCreateFile;
  // Who gets a descriptor to write to can empty the file anyway; Go's os.Root relies on it.
  if ((oflags & kOpenTrunc) != 0 && (base & kRightFdWrite) == 0) {
    needed |= kRightPathFilestatSetSize;
  }
  const Descriptor* at = BRINK_WASI_TRY(directory(fd, needed));
  const Rights meant = base & ((oflags & kOpenDirectory) != 0 ? kDirectoryRights : kFileRights);
  if ((meant & ~at->inheriting) != 0) return fail(Errno::Notcapable);
  BRINK_WASI_TRY(call.memory.writable(fd_out, sizeof(uint32_t)));
  if (fds_.full()) return fail(Errno::Mfile);

  const int flags = to_open_flags(oflags, base);
  const int root = at->handle.fd();
  Descriptor opened;
  opened.handle = BRINK_WASI_TRY(at->read_only ? open_read_only(host_fs_, root, name, flags, follow)
                                               : host_fs_.open(root, name, flags, follow));
  struct stat info;
  if (fstat(opened.handle.fd(), &info) != 0) return fail_from_errno();
  opened.filetype = filetype_of(info.st_mode);
  opened.nonblocking = true;
  opened.read_only = at->read_only;
  opened.flags = static_cast<uint16_t>(fdflags);
  opened.inheriting = inheriting & at->inheriting;
  if (S_ISDIR(info.st_mode)) {
    opened.kind = Descriptor::Kind::Directory;
    opened.base = base & kDirectoryRights & at->inheriting;
  } else {
    opened.kind = Descriptor::Kind::File;
    opened.base = base & kFileRights & at->inheriting;
  }
  return call.memory.store(fd_out, BRINK_WASI_TRY(fds_.insert(std::move(opened))));
}

Outcome<> Context::path_readlink(const GuestCall& call, uint32_t fd, uint32_t path,
                                 uint32_t path_len, uint32_t buf_out, uint32_t buf_len,
                                 uint32_t used_out) {
  const std::string name = BRINK_WASI_TRY(copy_path(call.memory, path, path_len));
  const Descriptor* at = BRINK_WASI_TRY(directory(fd, kRightPathReadlink));
  const std::span<uint8_t> to = BRINK_WASI_TRY(call.memory.writable(buf_out, buf_len));
  const size_t used = BRINK_WASI_TRY(host_fs_.read_link(at->handle.fd(), name, to));
  return call.memory.store(used_out, static_cast<uint32_t>(used));
}

Outcome<> Context::path_remove_directory(const GuestCall& call, uint32_t fd, uint32_t path,
                                         uint32_t path_len) {
  const std::string name = BRINK_WASI_TRY(copy_path(call.memory, path, path_len));
  const Descriptor* at = BRINK_WASI_TRY(writable_directory(fd, kRightPathRemoveDirectory));
  return host_fs_.remove_directory(at->handle.fd(), name);
}

Outcome<> Context::path_rename(const GuestCall& call, uint32_t old_fd, uint32_t old_path,
                               uint32_t old_path_len, uint32_t new_fd, uint32_t new_path,
                               uint32_t new_path_len) {
  const std::string from = BRINK_WASI_TRY(copy_path(call.memory, old_path, old_path_len));
  const std::string to = BRINK_WASI_TRY(copy_path(call.memory, new_path, new_path_len));
  const Descriptor* source = BRINK_WASI_TRY(writable_directory(old_fd, kRightPathRenameSource));
  const Descriptor* target = BRINK_WASI_TRY(writable_directory(new_fd, kRightPathRenameTarget));
  return host_fs_.rename(source->handle.fd(), from, target->handle.fd(), to);
}

Outcome<> Context::path_symlink(const GuestCall& call, uint32_t target, uint32_t target_len,
                                uint32_t fd, uint32_t path, uint32_t path_len) {
  const std::string text = BRINK_WASI_TRY(copy_path(call.memory, target, target_len));
  const std::string name = BRINK_WASI_TRY(copy_path(call.memory, path, path_len));
  const Descriptor* at = BRINK_WASI_TRY(writable_directory(fd, kRightPathSymlink));
  return host_fs_.symlink(text, at->handle.fd(), name);
}

Outcome<> Context::path_unlink_file(const GuestCall& call, uint32_t fd, uint32_t path,
                                    uint32_t path_len) {
  const std::string name = BRINK_WASI_TRY(copy_path(call.memory, path, path_len));
  const Descriptor* at = BRINK_WASI_TRY(writable_directory(fd, kRightPathUnlinkFile));
  return host_fs_.unlink_file(at->handle.fd(), name);
}

}  // namespace brink::wasi
