// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a file as one read-only piece of memory. Two ways to get them:
//
//     read()  a copy. Nobody can change it afterwards. For modules: their bytes are validated once
//             and used later, so they must stay what they were.
//     map()   the file's own pages, shared with everybody who maps it and loaded when touched. Who
//             may write the file can change the bytes at any time, or cut it short, and then an
//             access is a SIGBUS. For files that nobody but us may write.

#ifndef BRINK_PLATFORM_MAPPED_FILE_H_
#define BRINK_PLATFORM_MAPPED_FILE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "brink/error.h"
#include "engine/platform/virtual_memory.h"

namespace brink::platform {

/// Tells one state of one file from all others: it changes when somebody writes the file (the
/// system sets `changed_ns` and lets nobody set it back) or puts another one in its place. Times
/// have the resolution of the system's clock tick, so what changed just now may change once more
/// unseen.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;
  uint64_t modified_ns = 0;
  uint64_t changed_ns = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Of the file that is at this place now.
Result<FileIdentity> identify_file(const std::string& path);

class MappedFile {
 public:
  /// No bytes.
  MappedFile() = default;
  /// The most that read() takes unless told otherwise: a pipe or a device may never end.
  static constexpr size_t kDefaultMaxBytes = size_t{4} << 30;

  /// Errors name the path and the system's reason: "cannot read 'x.wasm': No such file or
  /// directory". More than `max_bytes` is ErrorKind::Limit.
  static Result<MappedFile> read(const std::string& path, size_t max_bytes = kDefaultMaxBytes);
  /// Reads what an open descriptor gives until its end; `name` is for errors.
  static Result<MappedFile> read_descriptor(int descriptor, const std::string& name,
                                            size_t max_bytes = kDefaultMaxBytes);
  /// A copy of bytes that are in memory already.
  static Result<MappedFile> copy(std::span<const uint8_t> bytes);
  static Result<MappedFile> read_standard_input(size_t max_bytes = kDefaultMaxBytes);
  /// What cannot be mapped (a pipe, a device) is read.
  static Result<MappedFile> map(const std::string& path, size_t max_bytes = kDefaultMaxBytes);
  /// The same, and the file stays open: CodeSpace::append_file can map pages of it once more.
  static Result<MappedFile> map_and_keep_open(const std::string& path,
                                              size_t max_bytes = kDefaultMaxBytes);

  MappedFile(MappedFile&& other) noexcept
      : memory_(std::move(other.memory_)),
        mapping_(std::exchange(other.mapping_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        identity_(other.identity_) {}
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() { release(); }

  std::span<const uint8_t> bytes() const {
    return {mapping_ != nullptr ? mapping_ : memory_.base(), size_};
  }
  bool is_mapping() const { return mapping_ != nullptr; }
  /// Of a mapping, at the time when it was made; else all zero.
  const FileIdentity& identity() const { return identity_; }
  /// -1 where the file is not open.
  int descriptor() const { return descriptor_; }
  /// Closes the file; the bytes stay.
  void close();

 private:
  void release();

  Reservation memory_;          // of a copy
  uint8_t* mapping_ = nullptr;  // of a mapping
  size_t size_ = 0;
  int descriptor_ = -1;
  FileIdentity identity_;
};

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_MAPPED_FILE_H_
