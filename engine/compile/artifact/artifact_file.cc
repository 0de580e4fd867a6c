// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/artifact/artifact_file.h"

#include <mutex>
#include <unordered_set>

#include <fmt/format.h>

#include "engine/compile/artifact/checksum.h"
#include "engine/compile/artifact/identity.h"
#include "engine/platform/clock.h"
#include "engine/platform/private_files.h"
#include "engine/support/try.h"

namespace brink::compile::artifact {
namespace {

namespace fs = std::filesystem;
using platform::FileIdentity;

/// The clock by which the system dates files ticks some hundred times a second.
constexpr uint64_t kSettledNanoseconds = 100'000'000;

/// Of an identity, and of who did the checking.
Checksum mark_of(const FileIdentity& identity) {
  struct Content {
    FileIdentity identity;
    uint64_t checker;
  };
  static_assert(std::has_unique_object_representations_v<Content>);
  const Content content = {identity, engine_fingerprint({})};
  return checksum_of({reinterpret_cast<const uint8_t*>(&content), sizeof content});
}

struct MarkHash {
  size_t operator()(const Checksum& mark) const { return static_cast<size_t>(mark.low); }
};

/// The files that this process and, with a directory, other processes have checked.
class KnownFiles {
 public:
  static KnownFiles& instance() {
    static KnownFiles files;
    return files;
  }

  bool contains(const Checksum& mark, const fs::path& directory) {
    {
      const std::scoped_lock lock(mutex_);
      if (marks_.contains(mark)) return true;
    }
    if (directory.empty()) return false;
    std::error_code error;
    if (!fs::exists(path_of(mark, directory), error)) return false;
    remember(mark);
    return true;
  }

  // That a mark cannot be made costs only time later on.
  void add(const Checksum& mark, const fs::path& directory) {
    remember(mark);
    if (directory.empty() || !platform::make_private_directory(directory.string())) return;
    trim(directory);
    (void)platform::replace_file(path_of(mark, directory).string(), {});
  }

 private:
  static constexpr size_t kMaxInProcess = 65536;
  static constexpr size_t kMaxInDirectory = 4096;

  static fs::path path_of(const Checksum& mark, const fs::path& directory) {
    return directory / fmt::format("{:016x}{:016x}", mark.high, mark.low);
  }

  void remember(const Checksum& mark) {
    const std::scoped_lock lock(mutex_);
    if (marks_.size() >= kMaxInProcess) marks_.clear();
    marks_.insert(mark);
  }

  // Marks of files that are gone are of no use, and nobody knows which those are.
  static void trim(const fs::path& directory) {
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
      files.push_back(it->path());
    if (files.size() < kMaxInDirectory) return;
    for (const fs::path& file : files) fs::remove(file, error);
  }

  std::mutex mutex_;
  std::unordered_set<Checksum, MarkHash> marks_;
};

}  // namespace

bool is_settled(const FileIdentity& identity) {
  const uint64_t now = platform::clock_now(platform::Clock::Realtime);
  return identity.changed_ns + kSettledNanoseconds < now;
}

Result<std::shared_ptr<const ArtifactFile>> ArtifactFile::open(const fs::path& path,
                                                               const fs::path& marks) {
  std::shared_ptr<ArtifactFile> result(new ArtifactFile);
  result->file_ = BRINK_TRY(platform::MappedFile::map_and_keep_open(path.string()));
  const FileIdentity& identity = result->file_.identity();
  result->is_settled_ = result->file_.is_mapping() && artifact::is_settled(identity);
  const Checksum mark = mark_of(identity);
  result->was_known_ = result->is_settled_ && KnownFiles::instance().contains(mark, marks);
  result->artifact_ = BRINK_TRY(
      Artifact::open(result->file_.bytes(), result->was_known_ ? Check::Frame : Check::Everything));
  if (result->is_settled_ && !result->was_known_) KnownFiles::instance().add(mark, marks);
  return result;
}

Result<std::shared_ptr<const ArtifactFile>> ArtifactFile::copy(std::span<const uint8_t> bytes) {
  std::shared_ptr<ArtifactFile> result(new ArtifactFile);
  result->file_ = BRINK_TRY(platform::MappedFile::copy(bytes));
  result->artifact_ = BRINK_TRY(Artifact::open(result->file_.bytes(), Check::Everything));
  return result;
}

}  // namespace brink::compile::artifact
