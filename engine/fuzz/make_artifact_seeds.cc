// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// make_artifact_seeds OUT_DIR: the first corpus of fuzz_artifact: one made by hand, with something
// in every table, and modules that can be loaded.

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "brink/engine.h"
#include "engine/compile/artifact/test_artifact.h"

namespace {

constexpr const char* kModules[] = {
    "(module)",
    "(module (func (export \"f\") (param i32) (result i32) (local.get 0)))",
    R"((module (type $binary (func (param i32 i32) (result i32)))
         (import "m" "f" (func $f (param externref)))
         (memory 1) (data (i32.const 0) "data") (global $g (mut i32) (i32.const 7))
         (table funcref (elem $add $call)) (tag $odd (param i32))
         (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
         (func $call (type $binary)
           (call_indirect (type $binary) (local.get 1) (local.get 0) (global.get $g)))
         (func (export "catch") (param externref) (result i32)
           (block $handler (result i32)
             (try_table (catch $odd $handler)
               (call $f (local.get 0)) (throw $odd (call $add (i32.const 1) (i32.const 2))))
             (i32.load (i32.const 0))))))",
};

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
  int number = 0;
  for (const char* text : kModules) {
    const auto module = brink::Module::compile_text(brink::Engine(), text);
    const auto bytes = module->serialize({.target_cpu = "baseline"});
    write(directory / ("module-" + std::to_string(number++) + ".brink"), *bytes);
  }
  return 0;
}
