// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// How long it takes from the file of an artifact to the first call: of a module that is made, of
// some 1 MB, or of the one that BRINK_BENCH_MODULE names, if it needs no imports to be loaded. The
// file is in the system's cache, as it is when a server loads it.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "brink/linker.h"
#include "brink/store.h"

namespace {

namespace fs = std::filesystem;

/// Two thousand functions of 500 bytes, some in a table, and one to call.
std::string make_source() {
  std::string body;
  for (int i = 0; i < 17; ++i)
    body +=
        "(local.set 1 (i32.add (i32.load offset=16 (local.get 0)) (i32.mul (local.get 1) "
        "(i32.const 31)))) (if (i32.lt_u (local.get 1) (i32.const 1000)) (then (i32.store "
        "offset=8 (local.get 0) (local.get 1)))) ";
  std::string source =
      "(module (memory 1) (func (export \"add\") (param i32 i32) (result i32)"
      " (i32.add (local.get 0) (local.get 1))) (table funcref (elem";
  constexpr int kFunctions = 2000;
  for (int i = 0; i < kFunctions; i += 5) source += " " + std::to_string(i + 1);
  source += "))";
  for (int i = 0; i < kFunctions; ++i)
    source += "(func (param i32) (result i32) (local i32) " + body + "(local.get 1))";
  return source + ")";
}

/// The artifact of a module, in a file. Removed at the end.
class ArtifactFile {
 public:
  ArtifactFile() {
    const brink::Engine engine;
    const char* given = std::getenv("BRINK_BENCH_MODULE");
    const auto module = given != nullptr ? brink::Module::from_file(engine, given)
                                         : brink::Module::compile_text(engine, make_source());
    const auto bytes = module->serialize();
    directory_ = fs::temp_directory_path() /
                 ("brink-bench-" + std::to_string(reinterpret_cast<uintptr_t>(this)));
    fs::create_directory(directory_);
    std::ofstream(path(), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes->data()),
               static_cast<std::streamsize>(bytes->size()));
    // A file that changed just now is checked each time.
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  ~ArtifactFile() { fs::remove_all(directory_); }
  fs::path path() const { return directory_ / "module.brink"; }
  static const ArtifactFile& instance() {
    static const ArtifactFile file;
    return file;
  }

 private:
  fs::path directory_;
};

brink::Module load(const brink::Engine& engine) {
  return *brink::Module::deserialize_file(engine, ArtifactFile::instance().path());
}

/// Whether there is something to call.
bool has_function() {
  return std::getenv("BRINK_BENCH_MODULE") == nullptr;
}

void call(const brink::Engine& engine, const brink::Module& module) {
  brink::Store store(engine);
  const auto instance = brink::Linker(store).instantiate(module);
  const brink::Value args[] = {brink::Value::i32(1), brink::Value::i32(2)};
  benchmark::DoNotOptimize(instance->func("add")->call(args)->front().i32());
}

/// A file that nobody has checked before: all of it is read.
void load_unknown(benchmark::State& state) {
  const brink::Engine engine;
  const fs::path path = ArtifactFile::instance().path();
  const fs::path copy = path.parent_path() / "copy.brink";
  for (auto _ : state) {
    state.PauseTiming();
    fs::copy_file(path, copy, fs::copy_options::overwrite_existing);
    state.ResumeTiming();
    benchmark::DoNotOptimize(brink::Module::deserialize_file(engine, copy)->state());
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * fs::file_size(path)));
}
BENCHMARK(load_unknown)->Unit(benchmark::kMicrosecond);

void load_known(benchmark::State& state) {
  const brink::Engine engine;
  for (auto _ : state) benchmark::DoNotOptimize(load(engine).state());
}
BENCHMARK(load_known)->Unit(benchmark::kMicrosecond);

void load_known_to_first_call(benchmark::State& state) {
  if (!has_function()) return state.SkipWithError("nothing to call");
  const brink::Engine engine;
  for (auto _ : state) call(engine, load(engine));
}
BENCHMARK(load_known_to_first_call)->Unit(benchmark::kMicrosecond);

/// While somebody has the module already.
void load_shared_to_first_call(benchmark::State& state) {
  if (!has_function()) return state.SkipWithError("nothing to call");
  const brink::Engine engine;
  const brink::Module module = load(engine);
  for (auto _ : state) call(engine, load(engine));
}
BENCHMARK(load_shared_to_first_call)->Unit(benchmark::kMicrosecond);

void instantiate_to_first_call(benchmark::State& state) {
  if (!has_function()) return state.SkipWithError("nothing to call");
  const brink::Engine engine;
  const brink::Module module = load(engine);
  for (auto _ : state) call(engine, module);
}
BENCHMARK(instantiate_to_first_call)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
