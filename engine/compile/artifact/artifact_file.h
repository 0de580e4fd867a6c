// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// An artifact that somebody keeps: a mapped file or bytes in memory, checked, shared by the modules
// made from it.
//
// Checking takes time that grows with the file; so a file that was checked is remembered by its
// identity (see platform::FileIdentity), and the same file is not checked again:
//
//     in this process                          always
//     by other processes of the same user      where there is a directory for marks: a mark is an
//                                              empty file whose name is made from the identity
//
// Files that changed within the last moments are checked each time, as they may change once more
// without a change of identity.

#ifndef BRINK_COMPILE_ARTIFACT_ARTIFACT_FILE_H_
#define BRINK_COMPILE_ARTIFACT_ARTIFACT_FILE_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "brink/error.h"
#include "engine/compile/artifact/reader.h"
#include "engine/platform/mapped_file.h"

namespace brink::compile::artifact {

/// Whether the file cannot change any more without a change of its identity.
bool is_settled(const platform::FileIdentity& identity);

class ArtifactFile {
 public:
  /// Maps a file. It must not be written to as long as this lives; replacing it is fine. `marks`:
  /// the directory for marks, or empty.
  static Result<std::shared_ptr<const ArtifactFile>> open(const std::filesystem::path& path,
                                                          const std::filesystem::path& marks = {});
  /// Copies the bytes.
  static Result<std::shared_ptr<const ArtifactFile>> copy(std::span<const uint8_t> bytes);

  const Artifact& artifact() const { return *artifact_; }
  /// The bytes; open, if they are a file's.
  const platform::MappedFile& file() const { return file_; }
  /// Whether this very file will be known from now on.
  bool is_settled() const { return is_settled_; }
  /// Whether this very file had been checked before, so that it was not checked again.
  bool was_known() const { return was_known_; }

 private:
  ArtifactFile() = default;

  platform::MappedFile file_;
  std::optional<Artifact> artifact_;
  bool is_settled_ = false;
  bool was_known_ = false;
};

}  // namespace brink::compile::artifact

#endif  // BRINK_COMPILE_ARTIFACT_ARTIFACT_FILE_H_
