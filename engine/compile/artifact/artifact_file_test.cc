// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/artifact/artifact_file.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "engine/compile/artifact/test_artifact.h"
#include "engine/platform/private_files.h"

namespace brink::compile::artifact {
namespace {

namespace fs = std::filesystem;

/// An artifact in a directory that is there for a test.
class StoredArtifact {
 public:
  StoredArtifact() {
    std::string pattern = (fs::temp_directory_path() / "brink-artifact-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    REQUIRE(platform::replace_file(path().string(), TestArtifact().write()));
  }
  ~StoredArtifact() { fs::remove_all(directory_); }
  fs::path path() const { return directory_ / "test.brink"; }
  fs::path marks() const { return directory_ / "marks"; }
  size_t mark_count() const {
    std::error_code error;
    return static_cast<size_t>(std::distance(fs::directory_iterator(marks(), error), {}));
  }
  /// Until the file may be trusted not to change unseen.
  static void settle() { std::this_thread::sleep_for(std::chrono::milliseconds(150)); }

  void change_a_byte() const {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-1, std::ios::end);
    file.put('x');
  }

 private:
  fs::path directory_;
};

TEST_CASE("a file is checked until it has been settled, then once", "[artifact_file]") {
  const StoredArtifact stored;
  REQUIRE(ArtifactFile::open(stored.path()));
  CHECK_FALSE((*ArtifactFile::open(stored.path()))->was_known());
  StoredArtifact::settle();
  CHECK_FALSE((*ArtifactFile::open(stored.path()))->was_known());
  const auto known = ArtifactFile::open(stored.path());
  REQUIRE(known);
  CHECK((*known)->was_known());
  CHECK((*known)->artifact().function(0).code.size() == 48);
}

TEST_CASE("a known file that changes is checked again", "[artifact_file]") {
  const StoredArtifact stored;
  StoredArtifact::settle();
  REQUIRE(ArtifactFile::open(stored.path(), stored.marks()));
  CHECK((*ArtifactFile::open(stored.path()))->was_known());
  const auto time = fs::last_write_time(stored.path());
  stored.change_a_byte();
  // Setting the time back does not help.
  fs::last_write_time(stored.path(), time);
  CHECK_FALSE(ArtifactFile::open(stored.path(), stored.marks()));
  StoredArtifact::settle();
  CHECK_FALSE(ArtifactFile::open(stored.path(), stored.marks()));
}

TEST_CASE("marks are left for other processes", "[artifact_file]") {
  const StoredArtifact stored;
  StoredArtifact::settle();
  REQUIRE(ArtifactFile::open(stored.path(), stored.marks()));
  CHECK(stored.mark_count() == 1);
  REQUIRE(ArtifactFile::open(stored.path(), stored.marks()));
  CHECK(stored.mark_count() == 1);
}

TEST_CASE("bytes are copied", "[artifact_file]") {
  std::vector<uint8_t> bytes = TestArtifact().write();
  const auto copy = ArtifactFile::copy(bytes);
  REQUIRE(copy);
  std::ranges::fill(bytes, uint8_t{0});
  CHECK((*copy)->artifact().info().compiled_functions == 2);
  CHECK_FALSE(ArtifactFile::copy(bytes));
}

}  // namespace
}  // namespace brink::compile::artifact
