// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// A directory of artifacts, found by what they were made from:
//
//     DIRECTORY/<key, 32 hexadecimal digits>.brink
//
// Entries appear whole or not at all, and any may vanish at any time: several processes may use a
// directory at once. It belongs to the user alone, as everything in it is run.

#ifndef BRINK_COMPILE_ARTIFACT_CACHE_H_
#define BRINK_COMPILE_ARTIFACT_CACHE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "brink/error.h"
#include "engine/compile/artifact/format.h"

namespace brink::compile::artifact {

struct CacheEntry {
  std::filesystem::path path;
  uint64_t bytes = 0;
  std::filesystem::file_time_type last_used;
};

class Cache {
 public:
  static constexpr uint64_t kDefaultMaxBytes = uint64_t{1} << 30;

  /// $XDG_CACHE_HOME/brink or $HOME/.cache/brink; nothing where neither is set.
  static std::optional<std::filesystem::path> default_directory();

  explicit Cache(std::filesystem::path directory, uint64_t max_bytes = kDefaultMaxBytes)
      : directory_(std::move(directory)), max_bytes_(max_bytes) {}

  /// Where the artifact of this module for this target is, or is to be.
  std::filesystem::path path_of(std::span<const uint8_t> module, const Target& target) const;
  /// Makes the directory where it is missing. An error if others may write to it.
  Status prepare() const;
  /// Puts an entry in its place, then removes those that were not used for longest until all fit.
  Status store(const std::filesystem::path& path, std::span<const uint8_t> artifact) const;
  /// Notes that an entry was used. Coarse, as it changes the file's identity: once a day.
  static void touch(const std::filesystem::path& path);

  /// The last used first.
  std::vector<CacheEntry> entries() const;
  /// Removes all entries; how many there were.
  size_t clear() const;

 private:
  void trim() const;

  std::filesystem::path directory_;
  uint64_t max_bytes_;
};

}  // namespace brink::compile::artifact

#endif  // BRINK_COMPILE_ARTIFACT_CACHE_H_
