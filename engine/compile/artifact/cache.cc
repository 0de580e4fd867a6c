// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/artifact/cache.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include <fmt/format.h>

#include "engine/compile/artifact/checksum.h"
#include "engine/platform/private_files.h"
#include "engine/support/try.h"

namespace brink::compile::artifact {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".brink";
/// What a writer left that did not get to the end.
constexpr std::string_view kUnfinished = ".brink.";

bool is_entry(const fs::path& path) {
  return path.extension() == kEnding && path.stem().string().size() == 32;
}

}  // namespace

std::optional<fs::path> Cache::default_directory() {
  // Why: as the XDG base directory specification has it, relative paths count as not set.
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && cache[0] == '/')
    return fs::path(cache) / "brink";
  if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/')
    return fs::path(home) / ".cache" / "brink";
  return std::nullopt;
}

fs::path Cache::path_of(std::span<const uint8_t> module, const Target& target) const {
  struct Key {
    Checksum module;
    uint64_t module_bytes;
    Target target;
  };
  static_assert(std::has_unique_object_representations_v<Key>);
  const Key key = {checksum_of(module), module.size(), target};
  const Checksum hash = checksum_of({reinterpret_cast<const uint8_t*>(&key), sizeof key});
  return directory_ / fmt::format("{:016x}{:016x}{}", hash.high, hash.low, kEnding);
}

Status Cache::prepare() const {
  return platform::make_private_directory(directory_.string());
}

Status Cache::store(const fs::path& path, std::span<const uint8_t> artifact) const {
  BRINK_TRY(prepare());
  BRINK_TRY(platform::replace_file(path.string(), artifact));
  trim();
  return {};
}

void Cache::touch(const fs::path& path) {
  std::error_code error;
  const auto now = fs::file_time_type::clock::now();
  const auto used = fs::last_write_time(path, error);
  if (!error && now - used > std::chrono::hours(24)) fs::last_write_time(path, now, error);
}

std::vector<CacheEntry> Cache::entries() const {
  std::vector<CacheEntry> entries;
  std::error_code error;
  for (fs::directory_iterator it(directory_, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code gone;
    const CacheEntry entry = {it->path(), it->file_size(gone), it->last_write_time(gone)};
    if (!gone && is_entry(entry.path)) entries.push_back(entry);
  }
  std::ranges::sort(entries, [](const CacheEntry& a, const CacheEntry& b) {
    return a.last_used != b.last_used ? a.last_used > b.last_used : a.path < b.path;
  });
  return entries;
}

size_t Cache::clear() const {
  size_t removed = 0;
  std::error_code error;
  for (const CacheEntry& entry : entries()) removed += fs::remove(entry.path, error);
  std::vector<fs::path> unfinished;
  for (fs::directory_iterator it(directory_, error), end; !error && it != end; it.increment(error))
    if (it->path().filename().string().find(kUnfinished) != std::string::npos)
      unfinished.push_back(it->path());
  for (const fs::path& path : unfinished) fs::remove(path, error);
  return removed;
}

void Cache::trim() const {
  uint64_t total = 0;
  std::error_code error;
  for (const CacheEntry& entry : entries()) {
    total += entry.bytes;
    if (total > max_bytes_) fs::remove(entry.path, error);
  }
}

}  // namespace brink::compile::artifact
