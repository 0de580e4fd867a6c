// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// `brink wast FILES-OR-FOLDERS...`: runs scripts of the official test suite.

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "runtime-cli/command.h"
#include "runtime-cli/engine_options.h"
#include "runtime-cli/report.h"
#include "spec-tests/script_runner.h"

namespace brink::cli {
namespace {

namespace fs = std::filesystem;

struct WastOptions {
  std::vector<std::string> paths;
  std::string filter;
  std::vector<std::string> excluded;
  std::string engine = "auto";
  std::vector<std::string> tuning;
  uint32_t jobs = 0;  ///< 0: one per processor
  bool verbose = false;
};

std::vector<fs::path> collect(const WastOptions& options) {
  std::vector<fs::path> files;
  const auto contains = [](const fs::path& path, const std::string& part) {
    return path.string().find(part) != std::string::npos;
  };
  const auto add = [&](const fs::path& path) {
    const bool is_excluded =
        std::any_of(options.excluded.begin(), options.excluded.end(),
                    [&](const std::string& part) { return contains(path, part); });
    if (contains(path, options.filter) && !is_excluded) files.push_back(path);
  };
  for (const std::string& path : options.paths) {
    if (!fs::is_directory(path)) {
      add(path);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(path))
      if (entry.is_regular_file() && entry.path().extension() == ".wast") add(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Scripts in a folder named after a proposal expect the language that the proposal was written
/// against.
EngineConfig config_for(const fs::path& file, EngineConfig config) {
  for (const fs::path& part : file) {
    if (part == "legacy") config.features.set(Feature::LegacyExceptions);
    if (part == "threads")
      for (const Feature later : {Feature::MultiMemory, Feature::ReferenceTypes, Feature::Memory64})
        config.features.set(later, false);
  }
  return config;
}

spec_tests::ScriptOutcome run_file(const fs::path& file, const EngineConfig& config) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return {0, 1, {{0, "cannot read the file"}}};
  const std::string source((std::istreambuf_iterator<char>(stream)), {});
  return spec_tests::run_script(config_for(file, config), source);
}

void print_outcome(const fs::path& file, const spec_tests::ScriptOutcome& outcome, bool verbose) {
  fmt::print("{:6} passed {:6} failed  {}\n", outcome.passed, outcome.failed, file.string());
  const size_t shown =
      verbose ? outcome.failures.size() : std::min<size_t>(outcome.failures.size(), 1);
  for (size_t i = 0; i < shown; ++i)
    fmt::print("  {}:{}: {}\n", file.string(), outcome.failures[i].line,
               outcome.failures[i].message);
}

int run_wast(const WastOptions& options) {
  EngineConfig config;
  const Result<Tier> tier = parse_tier(options.engine);
  if (!tier.has_value()) return report_usage(tier.error().message());
  config.tier = *tier;
  if (const Status status = apply_tuning(config, options.tuning); !status.has_value())
    return report_usage(status.error().message());
  const std::vector<fs::path> files = collect(options);
  if (files.empty()) return report_error("no .wast files found; name a file or a folder");
  std::vector<spec_tests::ScriptOutcome> outcomes(files.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < files.size(); i = next++) outcomes[i] = run_file(files[i], config);
  };
  std::vector<std::jthread> threads;
  const uint32_t jobs = options.jobs != 0 ? options.jobs : std::thread::hardware_concurrency();
  for (uint32_t i = 1; i < std::min<size_t>(jobs, files.size()); ++i) threads.emplace_back(work);
  work();
  threads.clear();
  uint64_t passed = 0, failed = 0;
  for (size_t i = 0; i < files.size(); ++i) {
    print_outcome(files[i], outcomes[i], options.verbose);
    passed += outcomes[i].passed;
    failed += outcomes[i].failed;
  }
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 ? 0 : kExitError;
}

}  // namespace

void add_wast_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<WastOptions>();
  CLI::App* command = app.add_subcommand("wast", "Run scripts of the official test suite");
  command->add_option("PATH", options->paths, ".wast files, or folders with them")->required();
  command->add_option("--filter", options->filter, "only files whose path contains this");
  command->add_option("--exclude", options->excluded, "no files whose path contains this")
      ->allow_extra_args(false);
  add_tier_option(*command, options->engine);
  add_tuning_option(*command, options->tuning);
  command->add_option("-j,--jobs", options->jobs, "files to run at a time")
      ->check(CLI::PositiveNumber);
  command->add_flag("-v,--verbose", options->verbose, "show every failing command");
  command->callback([&action, options] { action = [options] { return run_wast(*options); }; });
}

}  // namespace brink::cli
