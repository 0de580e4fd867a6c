// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// A file that is written for another program while this one runs, at a name that the other program
// computes: profilers look for theirs by the number of the process. Anybody may have put something
// at such a name, so no link is followed, and a file that is there is used only if it is our own.

#ifndef BRINK_PLATFORM_OWN_FILE_H_
#define BRINK_PLATFORM_OWN_FILE_H_

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "brink/error.h"

namespace brink::platform {

class OwnFile {
 public:
  /// Not open: nothing is written.
  OwnFile() = default;
  /// Empties a file that is there.
  static Result<OwnFile> create(const std::string& path);

  OwnFile(OwnFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  OwnFile& operator=(OwnFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  OwnFile(const OwnFile&) = delete;
  OwnFile& operator=(const OwnFile&) = delete;
  ~OwnFile();

  /// Appends. False: nothing is written from now on.
  bool write(std::span<const uint8_t> bytes);
  /// Maps the beginning of the file as if to execute it, until the process ends: profilers note
  /// what is mapped so.
  Status show_to_profilers() const;

 private:
  int descriptor_ = -1;
};

/// As the system counts them.
uint32_t process_number();
uint32_t thread_number();

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_OWN_FILE_H_
