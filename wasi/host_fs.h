// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// File system operations of the host on entries that path_sandbox found: each one relative to a
// directory handle, none following a link in the last step. Rights and read-only grants are the
// callers' business (path.cc, fd.cc).

#ifndef BRINK_WASI_HOST_FS_H_
#define BRINK_WASI_HOST_FS_H_

#include <sys/stat.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wasi/path_sandbox.h"
#include "wasi/types.h"

namespace brink::wasi {

/// Access and modification time as utimensat(2) takes them.
struct FileTimes {
  timespec values[2];
};

Filetype filetype_of(mode_t mode);
Filestat to_filestat(const struct stat& info);
/// From the guest's numbers; Inval for unknown or contradicting flags.
Outcome<FileTimes> to_file_times(uint64_t atim, uint64_t mtim, uint32_t fst_flags);

class HostFs {
 public:
  explicit HostFs(bool force_path_walk) : sandbox_(force_path_walk) {}

  /// The root of a grant, by its path on the host: the only use of one.
  static Outcome<Handle> open_root(const std::string& host_path);

  Outcome<Handle> open(int root, std::string_view path, int flags, bool follow) const;
  Outcome<struct stat> stat(int root, std::string_view path, bool follow) const;
  Outcome<> set_times(int root, std::string_view path, bool follow, const FileTimes& times) const;
  Outcome<> create_directory(int root, std::string_view path) const;
  Outcome<> remove_directory(int root, std::string_view path) const;
  Outcome<> unlink_file(int root, std::string_view path) const;
  Outcome<> rename(int old_root, std::string_view old_path, int new_root,
                   std::string_view new_path) const;
  Outcome<> link(int old_root, std::string_view old_path, bool follow, int new_root,
                 std::string_view new_path) const;
  Outcome<> symlink(std::string_view target, int root, std::string_view path) const;
  /// The bytes of the link that fit, as readlink(2).
  Outcome<size_t> read_link(int root, std::string_view path, std::span<uint8_t> to) const;

 private:
  PathSandbox sandbox_;
};

/// What a directory held when it was read: "." and ".." first, the rest in the host's order. A
/// guest's cookie is an index into it, so that cookies stay good while entries come and go.
class DirectoryListing {
 public:
  struct Entry {
    uint64_t ino;
    std::string_view name;
    Filetype type;
  };

  /// Reads `directory`, a handle opened for reading.
  static Outcome<DirectoryListing> read(int directory);

  uint64_t size() const { return records_.size(); }
  Entry operator[](uint64_t index) const;

 private:
  struct Record {
    uint64_t ino;
    uint64_t name_offset;
    uint16_t name_size;
    Filetype type;
  };
  void add(uint64_t ino, std::string_view name, Filetype type);
  std::vector<Record> records_;
  std::string names_;
};

}  // namespace brink::wasi

#endif  // BRINK_WASI_HOST_FS_H_
