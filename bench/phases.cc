// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Micro-benchmarks by phase, over the public API: decoding with validation, instantiation, calls
// across the border. What programs take as a whole is measured by bench/compare.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "brink/linker.h"
#include "brink/store.h"
#include "engine/text/parse.h"

namespace {

using brink::Value;

constexpr const char* kCalls = R"((module
  (import "host" "nothing" (func $nothing))
  (import "host" "next" (func $next (param i32) (result i32)))
  (memory 1)
  (data (i32.const 0) "some data")
  (func (export "empty"))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "call out") (param $count i32)
    (loop
      (call $nothing)
      (br_if 0 (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
  (func (export "call out with a value") (param $count i32)
    (loop
      (br_if 0 (local.tee $count (call $next (local.get $count))))))))";

/// A function of some 4,000 instructions, of kinds that real code has, as often as asked.
std::string make_source(int functions) {
  std::string body;
  for (int i = 0; i < 250; ++i)
    body +=
        "(local.set 1 (i32.add (i32.load offset=16 (local.get 0)) (i32.mul (local.get 1) "
        "(i32.const 31)))) (if (i32.lt_u (local.get 1) (i32.const 1000)) (then (i32.store "
        "offset=8 (local.get 0) (local.get 1)))) ";
  std::string source = "(module (memory 1) ";
  for (int i = 0; i < functions; ++i)
    source += "(func (param i32) (result i32) (local i32) " + body + "(local.get 1))";
  return source + ")";
}

/// The bytes of the module that BRINK_BENCH_MODULE names, or of one that is made.
std::vector<uint8_t> module_bytes() {
  if (const char* file = std::getenv("BRINK_BENCH_MODULE")) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  return brink::text::parse_module(make_source(100))->bytes;
}

void validate(benchmark::State& state) {
  const brink::Engine engine;
  const std::vector<uint8_t> bytes = module_bytes();
  for (auto _ : state)
    if (!brink::Module::validate(engine, bytes)) state.SkipWithError("the module is not valid");
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}
BENCHMARK(validate)->Unit(benchmark::kMillisecond);

/// An instance of kCalls with its imports, in a store of its own.
struct Guest {
  brink::Engine engine;
  brink::Module module = *brink::Module::compile_text(engine, kCalls);
  brink::Store store{engine};
  brink::Linker linker = define_host(store);

  static brink::Linker define_host(brink::Store& store) {
    brink::Linker linker(store);
    (void)linker.define("host", "nothing", [] {});
    (void)linker.define("host", "next", [](int32_t value) { return value - 1; });
    return linker;
  }
};

void instantiate(benchmark::State& state) {
  Guest guest;
  for (auto _ : state) {
    brink::Store store(guest.engine);
    const brink::Linker linker = Guest::define_host(store);
    if (!linker.instantiate(guest.module)) state.SkipWithError("cannot instantiate");
  }
}
BENCHMARK(instantiate)->Unit(benchmark::kMicrosecond);

void call(benchmark::State& state, const char* name, size_t params, size_t results) {
  Guest guest;
  const brink::Instance instance = *guest.linker.instantiate(guest.module);
  const brink::Func function = *instance.func(name);
  const std::vector<Value> args(params, Value::i32(1));
  std::vector<Value> values(results);
  for (auto _ : state)
    if (!function.call(args, values)) state.SkipWithError("trapped");
}
BENCHMARK_CAPTURE(call, into_the_guest_empty, "empty", 0, 0);
BENCHMARK_CAPTURE(call, into_the_guest_add, "add", 2, 1);

/// A guest's loop of calls; time is for one of them.
void call_out(benchmark::State& state, const char* name) {
  constexpr int32_t kCount = 10'000;
  Guest guest;
  const brink::Instance instance = *guest.linker.instantiate(guest.module);
  const brink::Func function = *instance.func(name);
  const Value args[] = {Value::i32(kCount)};
  while (state.KeepRunningBatch(kCount))
    if (!function.call(args, {})) state.SkipWithError("trapped");
}
BENCHMARK_CAPTURE(call_out, nothing, "call out");
BENCHMARK_CAPTURE(call_out, a_value, "call out with a value");

}  // namespace

BENCHMARK_MAIN();
