// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// ------------------------------------------------------------------------------------------------
// SANDBOX-CRITICAL: a mistake in this file lets a guest out of its directories. A change needs a
// second pair of eyes and a case in path_sandbox_test.cc.
// ------------------------------------------------------------------------------------------------
//
// Resolves a guest's paths below a directory it was given, and never above.
//
// Invariants:
// - A host path string never reaches the kernel from the process root: everything is relative to
//   the handle of a granted directory.
// - Neither "..", nor a symbolic link (absolute or not), nor a rename or link exchange that
//   happens meanwhile, leads outside. Absolute paths and links, and a ".." above the directory, are
//   Errno::Perm.
// - What resolution hands out is a handle of a directory inside and the name of an entry in it; the
//   entry is then used without following it (O_NOFOLLOW and its kin). The name is never "..", and
//   never contains a slash.
//
// With openat2(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS) the kernel does the walk. Where it is
// missing (old kernels, seccomp filters) a walk opens one component after the other with O_NOFOLLOW
// and expands links itself.

#ifndef BRINK_WASI_PATH_SANDBOX_H_
#define BRINK_WASI_PATH_SANDBOX_H_

#include <sys/types.h>

#include <string>
#include <string_view>

#include "wasi/handle.h"
#include "wasi/types.h"

namespace brink::wasi {

/// What is done with the last component of a path.
enum class LastComponent : uint8_t {
  Entry,     ///< the entry itself is made, removed or renamed: a trailing slash is reported
  NoFollow,  ///< looked up; a link is itself, unless a slash follows it
  Follow,    ///< looked up; a link leads on
};

/// An entry of a directory inside the sandbox.
struct Place {
  Handle directory;
  std::string name;  ///< "." for the directory itself
  bool trailing_slash = false;
};

class PathSandbox {
 public:
  /// `force_walk`: do not use openat2 even if it is there.
  explicit PathSandbox(bool force_walk = false);

  /// Where `path` leads from the directory `root`.
  Outcome<Place> locate(int root, std::string_view path, LastComponent last) const;
  /// Opens what `path` names; `flags` as of open(2), without O_NOFOLLOW. The handle is
  /// close-on-exec and never becomes a controlling terminal.
  Outcome<Handle> open(int root, std::string_view path, int flags, mode_t mode, bool follow) const;

  bool uses_openat2() const { return use_openat2_; }

 private:
  Outcome<Handle> open_directory(int root, std::string_view path) const;
  Outcome<Handle> walk_to_directory(int root, std::string_view path) const;
  Outcome<Handle> open_by_walk(int root, std::string_view path, int flags, mode_t mode,
                               bool follow) const;

  bool use_openat2_;
};

}  // namespace brink::wasi

#endif  // BRINK_WASI_PATH_SANDBOX_H_
