// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Instances that are kept: each is called once. Live ones keep their slot; folded ones are what
// they differ in from the image. Then some are called again. Guest: bench/coldstart/build.
//
//     bench_density FOLDER [ping|edge] [folded|live] [COUNT]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "brink/pool.h"
#include "brink/typed_export.h"

namespace {

using Clock = std::chrono::steady_clock;

template <typename T, typename E>
T expect(std::expected<T, E>&& result, const char* what) {
  if (result.has_value()) return *std::move(result);
  std::fprintf(stderr, "%s failed\n", what);
  std::exit(1);
}

/// A figure of /proc/self/status, in KiB.
double status(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;)
    if (word == name + ":" && file >> word) return std::atof(word.c_str());
  return 0;
}

struct Handler {
  brink::TypedExport<int32_t(int32_t)> handle;
  std::string text;
  uint32_t address;

  int32_t call(const brink::Instance& instance) const {
    std::memcpy(instance.memory("memory")->data().data() + address, text.data(), text.size());
    return expect(handle(instance, static_cast<int32_t>(text.size())), "a call");
  }
};

/// The median of what many things take.
class Median {
 public:
  void add(Clock::time_point begin) { samples_.push_back(Clock::now() - begin); }
  double microseconds() {
    std::ranges::sort(samples_);
    return std::chrono::duration<double, std::micro>(samples_[samples_.size() / 2]).count();
  }

 private:
  std::vector<Clock::duration> samples_;
};

void report(const char* what, size_t count, double rss, double tables) {
  const auto each = static_cast<double>(count);
  std::printf("%zu %s instances: %.2f KiB private and %.2f KiB page tables each\n", count, what,
              (status("RssAnon") - rss) / each, (status("VmPTE") - tables) / each);
}

void keep_folded(brink::InstancePool& pool, const Handler& handler, size_t count) {
  std::vector<brink::FoldedInstance> all;
  all.reserve(count);
  const double rss = status("RssAnon");
  const double tables = status("VmPTE");
  Median folds;
  for (size_t i = 0; i < count; ++i) {
    auto instance = expect(pool.take(), "take");
    handler.call(*instance);
    const auto begin = Clock::now();
    all.push_back(expect(pool.fold(std::move(instance)), "fold"));
    folds.add(begin);
  }
  report("folded", count, rss, tables);
  Median wakes;
  Median calls;
  for (size_t i = 0; i < count; i += 10) {
    const auto begin = Clock::now();
    const auto instance = expect(pool.wake(all[i]), "wake");
    wakes.add(begin);
    handler.call(*instance);
    calls.add(begin);
  }
  std::printf("fold %.2f us, wake %.2f us, wake and call %.2f us\n", folds.microseconds(),
              wakes.microseconds(), calls.microseconds());
}

void keep_live(brink::InstancePool& pool, const Handler& handler, size_t count) {
  std::vector<brink::PooledInstance> all;
  all.reserve(count);
  const double rss = status("RssAnon");
  const double tables = status("VmPTE");
  Median makes;
  while (all.size() < count) {
    const auto begin = Clock::now();
    auto instance = pool.take();
    if (!instance.has_value()) break;
    all.push_back(*std::move(instance));
    handler.call(*all.back());
    makes.add(begin);
  }
  report("live", all.size(), rss, tables);
  std::printf("making and calling one %.1f us; the pool's limit is %u\n", makes.microseconds(),
              pool.limits().max_instances);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_density FOLDER [ping|edge] [folded|live] [COUNT]\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const bool is_edge = argc > 2 && std::strcmp(argv[2], "edge") == 0;
  const bool is_live = argc > 3 && std::strcmp(argv[3], "live") == 0;
  const size_t count = argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 1'000'000;
  const brink::Engine engine;
  const auto module = expect(brink::Module::from_file(engine, folder / "handler.wasm"), "handler");
  brink::PoolConfig config;
  config.max_instances = is_live ? static_cast<uint32_t>(count) : 4;
  auto pool = expect(brink::InstancePool::create(brink::InstancePre(module,
                                                                    [](brink::Linker& linker) {
                                                                      return linker.define(
                                                                          "env", "log",
                                                                          [](int32_t, int32_t) {});
                                                                    }),
                                                 config),
                     "the pool");
  std::ifstream file(folder / "request.txt", std::ios::binary);
  const std::string request{std::istreambuf_iterator<char>(file), {}};
  Handler handler{expect(brink::TypedExport<int32_t(int32_t)>::find(module, "handle"), "handle"),
                  is_edge ? request : "BREW /pot HTCPCP/1.0\r\n\r\n", 0};
  const auto where = expect(brink::TypedExport<int32_t()>::find(module, "request"), "request");
  handler.address = static_cast<uint32_t>(expect(where(*expect(pool.take(), "take")), "request"));
  for (int i = 0; i < 1000; ++i) handler.call(*expect(pool.take(), "take"));
  if (is_live)
    keep_live(pool, handler, count);
  else
    keep_folded(pool, handler, count);
}
