// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a life of a pooled instance takes: take it, write a request into its memory, call it, give
// it back. Guests: see bench/coldstart/build. bench/coldstart/wasmtime does the same with wasmtime.
//
//     bench_coldstart FOLDER [--policy learned|scan|discard] [--tier auto|jit|interp]

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "brink/pool.h"
#include "brink/typed_export.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kRejected = "BREW /pot HTCPCP/1.0\r\n\r\n";
constexpr const char* kTiny = R"((module (memory (export "memory") 1)
  (func (export "run") (param i32) (result i32)
    (i32.store (i32.const 8) (local.get 0)) (i32.add (local.get 0) (i32.const 1)))))";

std::string text_of(const brink::InstantiateError& error) {
  return std::visit([](const auto& reason) { return reason.to_string(); }, error);
}
template <typename E>
std::string text_of(const E& error) {
  return error.to_string();
}

template <typename T, typename E>
T expect(std::expected<T, E>&& result, const char* what) {
  if (result.has_value()) return *std::move(result);
  std::fprintf(stderr, "%s: %s\n", what, text_of(result.error()).c_str());
  std::exit(1);
}

// ---- time ----

uint64_t ticks() {
#if defined(__x86_64__)
  unsigned ignored;
  return __rdtscp(&ignored);
#else
  return static_cast<uint64_t>(Clock::now().time_since_epoch().count());
#endif
}

/// Nanoseconds per tick.
double tick_length() {
  const auto begin = Clock::now();
  const uint64_t first = ticks();
  while (Clock::now() - begin < std::chrono::milliseconds(50)) {
  }
  const uint64_t last = ticks();
  return static_cast<double>((Clock::now() - begin).count()) / static_cast<double>(last - first);
}

/// Samples in ticks, without what reading the clock takes.
class Samples {
 public:
  void add(uint64_t value) { samples_.push_back(value); }
  void print(const std::string& name) {
    static const double length = tick_length();
    static const uint64_t empty = cost_of_clock();
    std::ranges::sort(samples_);
    const auto at = [&](size_t percent) {
      const uint64_t value = samples_[(samples_.size() - 1) * percent / 100];
      return static_cast<double>(value - std::min(value, empty)) * length / 1000;
    };
    std::printf("%s: p50 %.3f us, p99 %.3f us\n", name.c_str(), at(50), at(99));
    std::fflush(stdout);
  }

 private:
  static uint64_t cost_of_clock() {
    std::vector<uint64_t> pairs;
    for (int i = 0; i < 1001; ++i) {
      const uint64_t begin = ticks();
      pairs.push_back(ticks() - begin);
    }
    std::ranges::sort(pairs);
    return pairs[500];
  }
  std::vector<uint64_t> samples_;
};

double cpu_seconds() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// ---- guests ----

struct Guest {
  brink::InstancePool pool;
  brink::TypedExport<int32_t(int32_t)> function;
  std::string text;      ///< to be written into the memory
  uint32_t address = 0;  ///< where

  int32_t call(const brink::Instance& instance) const {
    int32_t argument = 7;
    if (!text.empty()) {
      std::memcpy(instance.memory("memory")->data().data() + address, text.data(), text.size());
      argument = static_cast<int32_t>(text.size());
    }
    return expect(function(instance, argument), "a call");
  }
};

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Guest make_guest(const brink::Module& module, const char* function, const std::string& text,
                 const brink::PoolConfig& config) {
  const brink::InstancePre pre(module, [](brink::Linker& linker) {
    return linker.define("env", "log", [](int32_t, int32_t) {});
  });
  Guest guest{expect(brink::InstancePool::create(pre, config), "the pool"),
              expect(brink::TypedExport<int32_t(int32_t)>::find(module, function), "the export"),
              text};
  if (module.find_export("request")) {
    const auto request = expect(brink::TypedExport<int32_t()>::find(module, "request"), "request");
    const auto instance = expect(guest.pool.take(), "take");
    guest.address = static_cast<uint32_t>(expect(request(*instance), "request"));
  }
  return guest;
}

// ---- measuring ----

void measure(const std::string& name, Guest& guest, int rounds, bool calls) {
  for (int i = 0; calls && i < 2000; ++i) guest.call(*expect(guest.pool.take(), "take"));
  Samples take;
  for (int i = 0; i < rounds; ++i) {
    const uint64_t begin = ticks();
    auto instance = guest.pool.take();
    const uint64_t end = ticks();
    if (!instance.has_value()) std::exit(1);
    take.add(end - begin);
  }
  take.print(name + " instantiate");
  if (!calls) return;
  Samples life;
  for (int i = 0; i < rounds; ++i) {
    const uint64_t begin = ticks();
    {
      auto instance = guest.pool.take();
      if (!instance.has_value()) std::exit(1);
      guest.call(**instance);
    }
    life.add(ticks() - begin);
  }
  life.print(name + " instantiate+call+drop");
  Samples warm;
  {
    const auto instance = expect(guest.pool.take(), "take");
    for (int i = 0; i < rounds; ++i) {
      const uint64_t begin = ticks();
      guest.call(*instance);
      warm.add(ticks() - begin);
    }
  }
  warm.print(name + " warm call");
}

void measure_throughput(const std::string& name, Guest& guest, int threads) {
  const double cpu = cpu_seconds();
  const auto begin = Clock::now();
  std::vector<uint64_t> counts(static_cast<size_t>(threads) * 16);
  std::vector<std::jthread> running;
  for (int t = 0; t < threads; ++t)
    running.emplace_back([&, t] {
      uint64_t count = 0;
      while (Clock::now() - begin < std::chrono::seconds(2))
        for (int i = 0; i < 64; ++i, ++count) guest.call(*expect(guest.pool.take(), "take"));
      counts[static_cast<size_t>(t) * 16] = count;
    });
  running.clear();
  uint64_t total = 0;
  for (const uint64_t count : counts) total += count;
  const double used = cpu_seconds() - cpu;
  const double wall = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("%s %d thread(s): %.0f per processor-second, %.2f processors\n", name.c_str(),
              threads, static_cast<double>(total) / used, used / wall);
}

/// A call of an empty function, and one that calls an empty host function, in nanoseconds.
void measure_border(const brink::Engine& engine) {
  constexpr const char* kText = R"((module
    (import "host" "next" (func $next (param i32) (result i32)))
    (func (export "empty"))
    (func (export "out") (param $n i32)
      (loop $l (br_if $l (local.tee $n (call $next (local.get $n))))))))";
  brink::Store store(engine);
  brink::Linker linker(store);
  if (!linker.define("host", "next", [](int32_t n) { return n - 1; }).has_value()) std::exit(1);
  const auto module = expect(brink::Module::compile_text(engine, kText), "the module");
  const auto instance = expect(linker.instantiate(module), "the instance");
  const auto empty = expect(instance.func("empty")->typed<void()>(), "empty");
  const auto out = expect(instance.func("out")->typed<void(int32_t)>(), "out");
  const double length = tick_length();
  double best_in = 1e9;
  double best_out = 1e9;
  for (int round = 0; round < 200; ++round) {
    constexpr int kCalls = 10000;
    uint64_t begin = ticks();
    for (int i = 0; i < kCalls; ++i)
      if (!empty().has_value()) std::exit(1);
    best_in = std::min(best_in, static_cast<double>(ticks() - begin) * length / kCalls);
    begin = ticks();
    if (!out(kCalls).has_value()) std::exit(1);
    best_out = std::min(best_out, static_cast<double>(ticks() - begin) * length / kCalls);
  }
  std::printf("host -> guest: %.1f ns, guest -> host: %.1f ns\n", best_in, best_out);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_coldstart FOLDER [--policy P] [--tier T]\n");
    return 2;
  }
  brink::PoolConfig config;
  brink::EngineConfig engine_config;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string_view value = argv[i + 1];
    if (std::string_view(argv[i]) == "--policy")
      config.reset_policy = value == "scan"      ? brink::ResetPolicy::Scan
                            : value == "discard" ? brink::ResetPolicy::Discard
                                                 : brink::ResetPolicy::Learned;
    else
      engine_config.tier = value == "interp" ? brink::Tier::Interpreter
                           : value == "jit"  ? brink::Tier::Compiler
                                             : brink::Tier::Auto;
  }
  config.max_wait = std::chrono::seconds(1);
  const brink::Engine engine(engine_config);
  const std::filesystem::path folder = argv[1];
  const auto tiny_module = expect(brink::Module::compile_text(engine, kTiny), "tiny");
  const auto handler = expect(brink::Module::from_file(engine, folder / "handler.wasm"), "handler");
  const auto big_module = expect(brink::Module::from_file(engine, folder / "big.wasm"), "big");
  Guest tiny = make_guest(tiny_module, "run", "", config);
  Guest ping = make_guest(handler, "handle", kRejected, config);
  Guest edge = make_guest(handler, "handle", read(folder / "request.txt"), config);
  Guest big = make_guest(big_module, "run", "", config);
  measure_border(engine);
  measure("brink: tiny", tiny, 200000, true);
  measure("brink: ping", ping, 200000, true);
  measure("brink: edge", edge, 20000, true);
  measure("brink: big", big, 200000, false);
  for (const int threads : {1, 2}) {
    measure_throughput("brink: ping", ping, threads);
    measure_throughput("brink: edge", edge, threads);
  }
}
