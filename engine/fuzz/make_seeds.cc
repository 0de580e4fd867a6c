// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// make_seeds OUT_DIR FILE...: a corpus for the targets that take binaries. Each module of a script
// (.wast), valid or not, becomes a file of its own; binaries (.wasm) are copied. The scripts of the
// official test suite reach every form of the binary format.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>

#include "engine/text/script.h"

namespace {

namespace fs = std::filesystem;
using namespace brink;

/// Seeds above this size teach a fuzzer little and slow it down.
constexpr size_t kMaxSeedBytes = 64 * 1024;

class SeedWriter {
 public:
  explicit SeedWriter(fs::path directory) : directory_(std::move(directory)) {}

  uint32_t count() const { return count_; }

  void add_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(in)), {});
    // Files of one name in several directories are the rule in the test suite.
    const std::string name = path.parent_path().filename().string() + "-" + path.stem().string();
    if (path.extension() == ".wast")
      add_script(name, content);
    else
      add(name, content);
  }

 private:
  void add_script(const std::string& name, std::string_view source) {
    const auto script = text::parse_script(source);
    if (!script) {
      std::fprintf(stderr, "%s: %s\n", name.c_str(), script.error().to_string().c_str());
      return;
    }
    for (const text::ScriptCommand& command : script->commands) {
      if (!command.module) continue;
      // Text that is malformed makes no binary, and is no seed.
      const auto module = text::encode_module(*script, *command.module);
      if (!module) continue;
      const auto& bytes = module->bytes;
      add(name + "-" + std::to_string(command.line),
          {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
  }

  void add(const std::string& name, std::string_view bytes) {
    if (bytes.size() > kMaxSeedBytes) return;
    std::ofstream out(directory_ / (name + ".wasm"), std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    ++count_;
  }

  fs::path directory_;
  uint32_t count_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<size_t>(argc));
  if (arguments.size() < 3) {
    std::fprintf(stderr, "usage: make_seeds OUT_DIR FILE...\n");
    return 2;
  }
  fs::create_directories(arguments[1]);
  SeedWriter writer(arguments[1]);
  for (const char* path : arguments.subspan(2)) writer.add_file(path);
  std::printf("%u seeds\n", writer.count());
  return writer.count() > 0 ? 0 : 1;
}
