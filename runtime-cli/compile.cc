// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// `brink compile FILE -o OUT.brink`: compiles a module ahead of time.

#include <chrono>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "brink/artifact.h"
#include "engine/platform/private_files.h"
#include "runtime-cli/command.h"
#include "runtime-cli/engine_options.h"
#include "runtime-cli/module_source.h"
#include "runtime-cli/report.h"

namespace brink::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct CompileOptions {
  EngineOptions engine;
  SerializeOptions serialize;
  bool consume_fuel = false;
  std::string file;
  std::string output;
  bool stats = false;
};

/// "x.wasm" -> "x.brink", in the current directory.
std::string default_output(const std::string& file) {
  if (file == "-") return "stdin.brink";
  return std::filesystem::path(file).filename().replace_extension(".brink").string();
}

Status write_artifact(const std::string& file, std::span<const uint8_t> bytes) {
  // Not written in place: somebody may be running the old one.
  if (file != "-") return platform::replace_file(file, bytes);
  return write_output(file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void print_stats(const ArtifactInfo& info, double milliseconds) {
  const double mib = static_cast<double>(info.module_bytes) / (1 << 20);
  fmt::print(stderr, "compile            {:10.3f} ms, {:.2f} MiB/s\n", milliseconds,
             mib / milliseconds * 1000);
  fmt::print(stderr, "functions          {:10} of {} compiled\n", info.compiled_functions,
             info.functions);
  fmt::print(stderr, "module             {:10} bytes\n", info.module_bytes);
  fmt::print(stderr, "code               {:10} bytes\n", info.code_bytes);
  fmt::print(stderr, "artifact           {:10} bytes\n", info.file_bytes);
}

int compile(const CompileOptions& options) {
  Result<EngineConfig> config = options.engine.config();
  if (!config.has_value()) return report_usage(config.error().message());
  config->consume_fuel = options.consume_fuel;
  const Result<Module> module = load_module(Engine(*config), options.file);
  if (!module.has_value()) return report_error(options.file, module.error());
  const Clock::time_point start = Clock::now();
  const Result<std::vector<uint8_t>> artifact = module->serialize(options.serialize);
  if (!artifact.has_value()) return report_error(options.file, artifact.error());
  const std::chrono::duration<double, std::milli> time = Clock::now() - start;
  const std::string output = options.output.empty() ? default_output(options.file) : options.output;
  if (const Status status = write_artifact(output, *artifact); !status.has_value())
    return report_error(output, status.error());
  if (!options.stats) return 0;
  const Result<ArtifactInfo> info = read_artifact_info(*artifact);
  if (!info.has_value()) return report_error(output, info.error());
  print_stats(*info, time.count());
  return 0;
}

}  // namespace

void add_compile_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<CompileOptions>();
  CLI::App* command =
      app.add_subcommand("compile", "Compile a module ahead of time, to be run without waiting");
  command->add_option("FILE", options->file, "module, binary or text; - for standard input")
      ->required();
  command->add_option("-o,--output", options->output,
                      "artifact to write; default: FILE's name with .brink");
  command->add_option("--target-cpu,--cpu", options->serialize.target_cpu,
                      "native (default), baseline, or features beyond it: avx2,bmi2");
  command
      ->add_option("-j,--jobs", options->serialize.threads, "threads; default: one per processor")
      ->check(CLI::PositiveNumber);
  command->add_flag("--stats", options->stats, "print times and sizes, to stderr");
  command->add_flag("--fuel", options->consume_fuel, "count fuel, for runs with --fuel");
  options->engine.add_language_to(*command);
  command->footer("An artifact runs in the version of brink that made it, with the same options.");
  command->callback([&action, options] { action = [options] { return compile(*options); }; });
}

}  // namespace brink::cli
