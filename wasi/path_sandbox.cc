// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// ------------------------------------------------------------------------------------------------
// SANDBOX-CRITICAL: a mistake in this file lets a guest out of its directories. A change needs a
// second pair of eyes and a case in path_sandbox_test.cc.
// ------------------------------------------------------------------------------------------------

#include "wasi/path_sandbox.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <optional>
#include <utility>
#include <vector>

namespace brink::wasi {
namespace {

/// As Linux: more links than this in one resolution are ELOOP.
constexpr int kMaxLinks = 40;
/// How often a lookup that a concurrent rename disturbed is tried again.
constexpr int kMaxRetries = 32;

long openat2(int root, const char* path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return syscall(SYS_openat2, root, path, &how, sizeof(how));
}

bool kernel_has_openat2() {
  static const bool available = [] {
    const long fd = openat2(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0);
    if (fd >= 0) close(static_cast<int>(fd));
    // A failure to open "." itself (a deleted or unreadable directory) is not a missing call.
    return fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != EINVAL && errno != E2BIG);
  }();
  return available;
}

/// Opens below `root` in the kernel. Nullopt: the kernel could not rule out an escape because the
/// tree changed under it, again and again.
std::optional<Outcome<Handle>> open_beneath(int root, const std::string& path, int flags,
                                            mode_t mode) {
  for (int i = 0; i < kMaxRetries; i++) {
    const long fd = openat2(root, path.c_str(), flags, mode);
    if (fd >= 0) return Handle::own(static_cast<int>(fd));
    if (errno == EINTR || errno == EAGAIN) continue;
    // EXDEV is what RESOLVE_BENEATH answers to an escape.
    return errno == EXDEV ? fail(Errno::Perm) : fail_from_errno();
  }
  return std::nullopt;
}

Outcome<> check_path(std::string_view path) {
  if (path.empty()) return fail(Errno::Noent);
  if (path.size() >= PATH_MAX) return fail(Errno::Nametoolong);
  if (path.find('\0') != std::string_view::npos) return fail(Errno::Inval);
  if (path.front() == '/') return fail(Errno::Perm);
  return {};
}

/// The text of the link `name` in `directory` (of the link `directory` itself if name is empty);
/// nullopt if it is not a link.
Outcome<std::optional<std::string>> read_link(int directory, const std::string& name) {
  char text[PATH_MAX];
  const ssize_t size = readlinkat(directory, name.c_str(), text, sizeof(text));
  if (size < 0) {
    if (errno == EINVAL) return std::optional<std::string>();
    return fail_from_errno();
  }
  if (size == 0) return fail(Errno::Noent);
  if (static_cast<size_t>(size) == sizeof(text)) return fail(Errno::Nametoolong);
  return std::optional<std::string>(std::in_place, text, static_cast<size_t>(size));
}

/// "a/b//" -> {"a/", "b", true}.
struct Split {
  std::string_view parent;  ///< empty, or ends with a slash
  std::string_view name;
  bool trailing_slash;
};
Split split_last(std::string_view path) {
  std::string_view stem = path;
  while (!stem.empty() && stem.back() == '/') stem.remove_suffix(1);
  const size_t slash = stem.rfind('/');
  const size_t start = slash == std::string_view::npos ? 0 : slash + 1;
  return Split{stem.substr(0, start), stem.substr(start), stem.size() != path.size()};
}

/// Pushes the components of `path` so that the first comes off `pending` first.
void push_components(std::vector<std::string>& pending, std::string_view path) {
  size_t end = path.size();
  while (end != 0) {
    const size_t slash = path.substr(0, end).rfind('/');
    const size_t start = slash == std::string_view::npos ? 0 : slash + 1;
    const std::string_view component = path.substr(start, end - start);
    if (!component.empty() && component != ".") pending.emplace_back(component);
    end = start == 0 ? 0 : slash;
  }
}

}  // namespace

PathSandbox::PathSandbox(bool force_walk) : use_openat2_(!force_walk && kernel_has_openat2()) {}

Outcome<Handle> PathSandbox::open_directory(int root, std::string_view path) const {
  if (use_openat2_) {
    auto result = open_beneath(root, std::string(path), O_PATH | O_DIRECTORY, 0);
    if (result) return *std::move(result);
  }
  return walk_to_directory(root, path);
}

Outcome<Handle> PathSandbox::walk_to_directory(int root, std::string_view path) const {
  // Safety: ".." goes back to the handle we came through, so a directory that is moved meanwhile
  // cannot make it lead anywhere else. Each component is opened as what it is (O_PATH |
  // O_NOFOLLOW) before it is looked at, so it cannot be exchanged in between.
  std::vector<Handle> trail;
  std::vector<std::string> pending;
  push_components(pending, path);
  int links = 0;
  while (!pending.empty()) {
    const std::string component = std::move(pending.back());
    pending.pop_back();
    if (component == "..") {
      if (trail.empty()) return fail(Errno::Perm);
      trail.pop_back();
      continue;
    }
    const int at = trail.empty() ? root : trail.back().fd();
    Handle next = Handle::own(openat(at, component.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next.is_open()) return fail_from_errno();
    struct stat info;
    if (fstat(next.fd(), &info) != 0) return fail_from_errno();
    if (S_ISDIR(info.st_mode)) {
      trail.push_back(std::move(next));
      continue;
    }
    if (!S_ISLNK(info.st_mode)) return fail(Errno::Notdir);
    if (++links > kMaxLinks) return fail(Errno::Loop);
    const auto target = BRINK_WASI_TRY(read_link(next.fd(), ""));
    if (!target) return fail(Errno::Notdir);
    if (target->front() == '/') return fail(Errno::Perm);
    push_components(pending, *target);
  }
  if (trail.empty()) return Handle::borrow(root);
  return std::move(trail.back());
}

Outcome<Place> PathSandbox::locate(int root, std::string_view path, LastComponent last) const {
  BRINK_WASI_TRY(check_path(path));
  std::string current(path);
  for (int links = 0;;) {
    const Split split = split_last(current);
    const bool is_dots = split.name == "." || split.name == "..";
    if (is_dots || (split.trailing_slash && last != LastComponent::Entry)) {
      Handle directory = BRINK_WASI_TRY(open_directory(root, current));
      return Place{std::move(directory), ".", split.trailing_slash};
    }
    Handle directory = Handle::borrow(root);
    if (!split.parent.empty()) directory = BRINK_WASI_TRY(open_directory(root, split.parent));
    std::string name(split.name);
    if (last == LastComponent::Follow) {
      auto target = read_link(directory.fd(), name);
      if (!target && target.error() != Errno::Noent) return fail(target.error());
      if (target && *target) {
        if ((*target)->front() == '/') return fail(Errno::Perm);
        if (++links > kMaxLinks) return fail(Errno::Loop);
        current = std::string(split.parent) + **target;
        if (current.size() >= PATH_MAX) return fail(Errno::Nametoolong);
        continue;
      }
    }
    return Place{std::move(directory), std::move(name), split.trailing_slash};
  }
}

Outcome<Handle> PathSandbox::open(int root, std::string_view path, int flags, mode_t mode,
                                  bool follow) const {
  BRINK_WASI_TRY(check_path(path));
  flags |= O_NOCTTY | O_CLOEXEC;
  if (use_openat2_) {
    auto result = open_beneath(root, std::string(path), flags | (follow ? 0 : O_NOFOLLOW), mode);
    if (result) return *std::move(result);
  }
  return open_by_walk(root, path, flags, mode, follow);
}

Outcome<Handle> PathSandbox::open_by_walk(int root, std::string_view path, int flags, mode_t mode,
                                          bool follow) const {
  if (path.back() == '/') {
    if ((flags & O_CREAT) != 0) return fail(Errno::Isdir);
    flags |= O_DIRECTORY;
  }
  // O_EXCL never follows: the link itself is what exists already.
  constexpr int kExclusive = O_CREAT | O_EXCL;
  if ((flags & kExclusive) == kExclusive) follow = false;
  const LastComponent last = follow ? LastComponent::Follow : LastComponent::NoFollow;
  for (int i = 0; i < kMaxRetries; i++) {
    const Place place = BRINK_WASI_TRY(locate(root, path, last));
    const int fd = openat(place.directory.fd(), place.name.c_str(), flags | O_NOFOLLOW, mode);
    if (fd >= 0) return Handle::own(fd);
    // A link that took the place of what locate() saw: look again.
    if (errno == EINTR || (errno == ELOOP && follow)) continue;
    return fail_from_errno();
  }
  return fail(Errno::Loop);
}

}  // namespace brink::wasi
