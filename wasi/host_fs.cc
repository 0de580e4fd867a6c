// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// See host_fs.h. Trailing slashes follow POSIX as Linux does it, decided here and not by the
// kernel: it would follow a link that a slash comes after.

#include "wasi/host_fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace brink::wasi {
namespace {

constexpr mode_t kFileMode = 0666;
constexpr mode_t kDirectoryMode = 0777;

Outcome<> check(int result) {
  if (result != 0) return fail_from_errno();
  return {};
}

Outcome<struct stat> stat_entry(const Place& place) {
  struct stat info;
  if (fstatat(place.directory.fd(), place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail_from_errno();
  }
  return info;
}

/// For a path with a trailing slash that names something to be made which is not a directory: what
/// is wrong with it. Never succeeds.
Outcome<> refuse_slash(const Place& place) {
  const struct stat info = BRINK_WASI_TRY(stat_entry(place));
  return fail(S_ISDIR(info.st_mode) ? Errno::Exist : Errno::Notdir);
}

uint64_t to_nanoseconds(const timespec& time) {
  if (time.tv_sec < 0) return 0;
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

timespec to_timespec(uint64_t nanoseconds, bool set, bool now) {
  if (now) return timespec{0, UTIME_NOW};
  if (!set) return timespec{0, UTIME_OMIT};
  return timespec{static_cast<time_t>(nanoseconds / 1'000'000'000),
                  static_cast<long>(nanoseconds % 1'000'000'000)};
}

/// The kernel's directory record (getdents64).
struct KernelDirent {
  uint64_t ino;
  int64_t off;
  uint16_t reclen;
  uint8_t type;
  char name[];
};

Filetype filetype_of_entry(int directory, const KernelDirent& entry) {
  if (entry.type != DT_UNKNOWN) return filetype_of(DTTOIF(entry.type));
  struct stat info;  // a file system that leaves the type to stat
  if (fstatat(directory, entry.name, &info, AT_SYMLINK_NOFOLLOW) != 0) return Filetype::Unknown;
  return filetype_of(info.st_mode);
}

}  // namespace

Filetype filetype_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFBLK: return Filetype::BlockDevice;
    case S_IFCHR: return Filetype::CharacterDevice;
    case S_IFDIR: return Filetype::Directory;
    case S_IFREG: return Filetype::RegularFile;
    case S_IFSOCK: return Filetype::SocketStream;
    case S_IFLNK: return Filetype::SymbolicLink;
    default: return Filetype::Unknown;  // a pipe: WASI has no name for it
  }
}

Filestat to_filestat(const struct stat& info) {
  Filestat result;
  result.dev = info.st_dev;
  result.ino = info.st_ino;
  result.filetype = filetype_of(info.st_mode);
  result.nlink = info.st_nlink;
  result.size = static_cast<uint64_t>(info.st_size);
  result.atim = to_nanoseconds(info.st_atim);
  result.mtim = to_nanoseconds(info.st_mtim);
  result.ctim = to_nanoseconds(info.st_ctim);
  return result;
}

Outcome<FileTimes> to_file_times(uint64_t atim, uint64_t mtim, uint32_t fst_flags) {
  const bool set_atim = fst_flags & kFstAtim, now_atim = fst_flags & kFstAtimNow;
  const bool set_mtim = fst_flags & kFstMtim, now_mtim = fst_flags & kFstMtimNow;
  if ((fst_flags & ~uint32_t{kFstMask}) != 0 || (set_atim && now_atim) || (set_mtim && now_mtim)) {
    return fail(Errno::Inval);
  }
  return FileTimes{{to_timespec(atim, set_atim, now_atim), to_timespec(mtim, set_mtim, now_mtim)}};
}

Outcome<Handle> HostFs::open_root(const std::string& host_path) {
  Handle result = Handle::own(::open(host_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!result.is_open()) return fail_from_errno();
  return result;
}

Outcome<Handle> HostFs::open(int root, std::string_view path, int flags, bool follow) const {
  return sandbox_.open(root, path, flags, kFileMode, follow);
}

Outcome<struct stat> HostFs::stat(int root, std::string_view path, bool follow) const {
  const Place place = BRINK_WASI_TRY(sandbox_.locate(root, path, LastComponent::NoFollow));
  const struct stat info = BRINK_WASI_TRY(stat_entry(place));
  if (!follow || !S_ISLNK(info.st_mode)) return info;
  const Place target = BRINK_WASI_TRY(sandbox_.locate(root, path, LastComponent::Follow));
  return stat_entry(target);
}

Outcome<> HostFs::set_times(int root, std::string_view path, bool follow,
                            const FileTimes& times) const {
  const Place place = BRINK_WASI_TRY(
      sandbox_.locate(root, path, follow ? LastComponent::Follow : LastComponent::NoFollow));
  return check(
      utimensat(place.directory.fd(), place.name.c_str(), times.values, AT_SYMLINK_NOFOLLOW));
}

Outcome<> HostFs::create_directory(int root, std::string_view path) const {
  const Place place = BRINK_WASI_TRY(sandbox_.locate(root, path, LastComponent::Entry));
  return check(mkdirat(place.directory.fd(), place.name.c_str(), kDirectoryMode));
}

Outcome<> HostFs::remove_directory(int root, std::string_view path) const {
  const Place place = BRINK_WASI_TRY(sandbox_.locate(root, path, LastComponent::Entry));
  return check(unlinkat(place.directory.fd(), place.name.c_str(), AT_REMOVEDIR));
}

Outcome<> HostFs::unlink_file(int root, std::string_view path) const {
  const Place place = BRINK_WASI_TRY(sandbox_.locate(root, path, LastComponent::Entry));
  if (place.trailing_slash) {
    const struct stat info = BRINK_WASI_TRY(stat_entry(place));
    return fail(S_ISDIR(info.st_mode) ? Errno::Isdir : Errno::Notdir);
  }
  return check(unlinkat(place.directory.fd(), place.name.c_str(), 0));
}

Outcome<> HostFs::rename(int old_root, std::string_view old_path, int new_root,
                         std::string_view new_path) const {
  const Place from = BRINK_WASI_TRY(sandbox_.locate(old_root, old_path, LastComponent::Entry));
  const Place to = BRINK_WASI_TRY(sandbox_.locate(new_root, new_path, LastComponent::Entry));
  if (from.trailing_slash || to.trailing_slash) {
    const struct stat info = BRINK_WASI_TRY(stat_entry(from));
    if (!S_ISDIR(info.st_mode)) return fail(Errno::Notdir);
  }
  return check(
      renameat(from.directory.fd(), from.name.c_str(), to.directory.fd(), to.name.c_str()));
}

Outcome<> HostFs::link(int old_root, std::string_view old_path, bool follow, int new_root,
                       std::string_view new_path) const {
  const Place from = BRINK_WASI_TRY(sandbox_.locate(
      old_root, old_path, follow ? LastComponent::Follow : LastComponent::NoFollow));
  const Place to = BRINK_WASI_TRY(sandbox_.locate(new_root, new_path, LastComponent::Entry));
  if (to.trailing_slash) return refuse_slash(to);
  return check(
      linkat(from.directory.fd(), from.name.c_str(), to.directory.fd(), to.name.c_str(), 0));
}

Outcome<> HostFs::symlink(std::string_view target, int root, std::string_view path) const {
  if (target.empty()) return fail(Errno::Noent);
  if (target.find('\0') != std::string_view::npos) return fail(Errno::Inval);
  // It could not be followed here, and must not lure other programs of the host.
  if (target.front() == '/') return fail(Errno::Perm);
  const Place place = BRINK_WASI_TRY(sandbox_.locate(root, path, LastComponent::Entry));
  if (place.trailing_slash) return refuse_slash(place);
  return check(symlinkat(std::string(target).c_str(), place.directory.fd(), place.name.c_str()));
}

Outcome<size_t> HostFs::read_link(int root, std::string_view path, std::span<uint8_t> to) const {
  const Place place = BRINK_WASI_TRY(sandbox_.locate(root, path, LastComponent::NoFollow));
  char text[PATH_MAX];
  const ssize_t size = readlinkat(place.directory.fd(), place.name.c_str(), text, sizeof(text));
  if (size < 0) return fail_from_errno();
  const size_t used = std::min(static_cast<size_t>(size), to.size());
  if (used != 0) std::memcpy(to.data(), text, used);
  return used;
}

void DirectoryListing::add(uint64_t ino, std::string_view name, Filetype type) {
  records_.push_back(Record{ino, names_.size(), static_cast<uint16_t>(name.size()), type});
  names_.append(name);
}

DirectoryListing::Entry DirectoryListing::operator[](uint64_t index) const {
  const Record& record = records_[index];
  return Entry{record.ino, std::string_view(names_).substr(record.name_offset, record.name_size),
               record.type};
}

Outcome<DirectoryListing> DirectoryListing::read(int directory) {
  struct stat info;
  if (fstat(directory, &info) != 0 || lseek(directory, 0, SEEK_SET) < 0) return fail_from_errno();
  DirectoryListing listing;
  listing.add(info.st_ino, ".", Filetype::Directory);
  // Why not the parent's number: the parent may lie outside of what was granted.
  listing.add(info.st_ino, "..", Filetype::Directory);
  alignas(8) char buffer[32 * 1024];
  for (;;) {
    const long size = syscall(SYS_getdents64, directory, buffer, sizeof(buffer));
    if (size < 0) return fail_from_errno();
    if (size == 0) return listing;
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const KernelDirent*>(buffer + at);
      at += entry->reclen;
      const std::string_view name(entry->name);
      if (name == "." || name == "..") continue;
      listing.add(entry->ino, name, filetype_of_entry(directory, *entry));
    }
  }
}

}  // namespace brink::wasi
