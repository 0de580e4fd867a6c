// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the stages of the compiler cost, in nanoseconds of processor time per byte of function body:
//
//     bench_compile FILE.wasm... [ROUNDS]
//
// The checksum of all code tells whether two builds make the same bytes.

#include <time.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "engine/compile/compiler.h"
#include "engine/compile/ir/builder.h"
#include "engine/compile/pass/optimize.h"
#include "engine/compile/x64/abi.h"
#include "engine/compile/x64/emit.h"
#include "engine/compile/x64/lower.h"
#include "engine/decode/module_decoder.h"
#include "engine/validate/module_validator.h"

namespace brink::compile {
namespace {

constexpr std::array kStages = {"ir", "passes", "lowering", "registers", "emission"};

double thread_seconds() {
  timespec now = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Round {
  std::array<double, kStages.size()> seconds = {};
  uint64_t body_bytes = 0;
  uint64_t code_bytes = 0;
  uint64_t checksum = 0xcbf29ce484222325u;
};

void add(Round& round, const CodeObject& code) {
  round.code_bytes += code.code.size();
  for (const uint8_t byte : code.code)
    round.checksum = (round.checksum ^ byte) * uint64_t{0x100000001b3};
}

void compile(const ModuleContext& context, uint32_t index, Round& round) {
  double start = thread_seconds();
  size_t stage = 0;
  const auto stop = [&] {
    const double now = thread_seconds();
    round.seconds[stage++] += now - start;
    start = now;
  };
  Result<ir::Function> function = ir::build(context, index);
  stop();
  if (!function.has_value()) return;
  optimize(context, *function);
  stop();
  const x64::LoweredFunction lowered = x64::lower(context, *function);
  stop();
  const Allocation allocation = allocate_registers(lowered.machine, x64::register_file());
  stop();
  const CodeObject code = x64::emit_code(*function, lowered, allocation, nullptr);
  stop();
  round.body_bytes += context.module.functions[index].body.size;
  add(round, code);
}

bool measure(const std::string& path, int rounds) {
  std::ifstream stream(path, std::ios::binary);
  auto bytes = std::make_shared<const std::vector<uint8_t>>(std::istreambuf_iterator<char>(stream),
                                                            std::istreambuf_iterator<char>());
  Result<wasm::Module> module = decode::decode_module(std::move(bytes), Features::all());
  if (!module.has_value() ||
      !validate::validate_module(*module, std::make_shared<TypeRegistry>()).has_value()) {
    fmt::print(stderr, "{}: not a valid binary module\n", path);
    return false;
  }
  const EngineConfig config;
  runtime::ObjectLayouts layouts(*module->registry);
  ModuleContext context{*module, config, layouts, platform::cpu_features(), {}};
  for (const MemoryType& memory : module->memories)
    context.memory_is_guarded.push_back(memory.address == AddressType::I32 &&
                                        memory.page_size_log2 != 0);
  Round best;
  for (int i = 0; i < rounds; ++i) {
    Round round;
    for (uint32_t f = module->imported_functions; f < module->functions.size(); ++f)
      compile(context, f, round);
    if (i == 0) best = round;
    for (size_t s = 0; s < kStages.size(); ++s)
      best.seconds[s] = std::min(best.seconds[s], round.seconds[s]);
  }
  const double count = static_cast<double>(std::max<uint64_t>(best.body_bytes, 1));
  double total = 0;
  fmt::print("{}:", path);
  for (size_t s = 0; s < kStages.size(); ++s) {
    fmt::print(" {} {:.1f}", kStages[s], best.seconds[s] * 1e9 / count);
    total += best.seconds[s];
  }
  fmt::print(" ns/B; {:.2f} MB/s, {:.2f} bytes of code per byte, checksum {:016x}\n",
             count / 1e6 / total, static_cast<double>(best.code_bytes) / count, best.checksum);
  return true;
}

}  // namespace
}  // namespace brink::compile

int main(int argc, char** argv) {
  int rounds = 3;
  if (argc > 2 && std::atoi(argv[argc - 1]) > 0) rounds = std::atoi(argv[--argc]);
  bool is_good = argc > 1;
  for (int i = 1; i < argc; ++i) is_good &= brink::compile::measure(argv[i], rounds);
  return is_good ? 0 : 1;
}
