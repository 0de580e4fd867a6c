// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// make_artifact_seeds OUT_DIR: the first corpus of fuzz_artifact, with something in every table.

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "engine/compile/artifact/test_artifact.h"

namespace {

void write(const std::filesystem::path& path, const std::vector<uint8_t>& bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_artifact_seeds OUT_DIR\n");
    return 2;
  }
  const std::filesystem::path directory = argv[1];
  std::filesystem::create_directories(directory);
  brink::compile::artifact::TestArtifact made;
  write(directory / "full.brink", made.write());
  made.code.clear();
  write(directory / "interpreted.brink", made.write());
  return 0;
}
