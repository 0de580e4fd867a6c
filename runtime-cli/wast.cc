// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// `brink wast [FILES-OR-FOLDERS...]`: runs scripts of the official test suite.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "runtime-cli/command.h"
#include "runtime-cli/engine_options.h"
#include "runtime-cli/report.h"
#include "spec-tests/junit_report.h"
#include "spec-tests/round_trip.h"
#include "spec-tests/script_runner.h"
#include "spec-tests/suite.h"

namespace brink::cli {
namespace {

namespace fs = std::filesystem;
using spec_tests::FileOutcome;
using spec_tests::RunOptions;
using spec_tests::ScriptOutcome;

struct WastOptions {
  EngineOptions engine;
  std::vector<std::string> paths;  ///< none: the official suite
  std::string filter;
  std::vector<std::string> excluded;
  std::string junit;
  uint32_t jobs = 0;  ///< 0: one per processor
  bool verbose = false;
  bool round_trip = false;  ///< print and parse the modules instead of running the commands
  bool artifacts = false;
};

struct Scripts {
  std::vector<fs::path> files;
  std::map<std::string, uint32_t> unknown;  ///< files of proposals that the engine does not know
};

/// Files that were named are run in any case; of folders, the scripts that the engine has the
/// language for.
Scripts collect(const WastOptions& options) {
  Scripts scripts;
  const auto contains = [](const fs::path& path, const std::string& part) {
    return path.string().find(part) != std::string::npos;
  };
  const auto is_wanted = [&](const fs::path& path) {
    return contains(path, options.filter) &&
           std::none_of(options.excluded.begin(), options.excluded.end(),
                        [&](const std::string& part) { return contains(path, part); });
  };
  for (const std::string& path : options.paths) {
    if (!fs::is_directory(path)) {
      if (is_wanted(path)) scripts.files.push_back(path);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (!entry.is_regular_file() || entry.path().extension() != ".wast") continue;
      if (!is_wanted(entry.path())) continue;
      if (const auto proposal = spec_tests::unknown_proposal(entry.path()))
        ++scripts.unknown[*proposal];
      else
        scripts.files.push_back(entry.path());
    }
  }
  std::sort(scripts.files.begin(), scripts.files.end());
  return scripts;
}

/// How each script is treated.
struct ScriptOptions : RunOptions {
  bool round_trip = false;
};

ScriptOutcome run_script(const fs::path& file, ScriptOptions options) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return ScriptOutcome::failure(0, "cannot read the file");
  const std::string source((std::istreambuf_iterator<char>(stream)), {});
  Features& features = options.config.features;
  features = spec_tests::features_for(file, features);
  return options.round_trip ? spec_tests::round_trip_script(features, source)
                            : spec_tests::run_script(options, source);
}

FileOutcome run_file(const fs::path& file, const ScriptOptions& options) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  ScriptOutcome outcome = run_script(file, options);
  return {file.string(), std::move(outcome),
          std::chrono::duration<double>(Clock::now() - start).count()};
}

std::vector<FileOutcome> run_files(const std::vector<fs::path>& files, const ScriptOptions& options,
                                   uint32_t jobs) {
  std::vector<FileOutcome> outcomes(files.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < files.size(); i = next++) outcomes[i] = run_file(files[i], options);
  };
  std::vector<std::jthread> threads;
  for (uint32_t i = 1; i < std::min<size_t>(jobs, files.size()); ++i) threads.emplace_back(work);
  work();
  threads.clear();
  return outcomes;
}

/// The line of the table, and the first command that failed, or all of them.
void print_outcome(const FileOutcome& file, bool verbose) {
  fmt::print("{:6} passed {:6} failed  {}\n", file.outcome.passed(), file.outcome.failed(),
             file.file);
  for (const spec_tests::CommandOutcome& command : file.outcome.commands) {
    if (command.passed) continue;
    fmt::print("  {}:{}: {}: {}\n", file.file, command.line, command.command, command.message);
    if (!verbose) return;
  }
}

int run_wast(WastOptions options) {
  const Result<EngineConfig> config = options.engine.config();
  if (!config.has_value()) return report_usage(config.error().message());
  if (options.paths.empty()) {
    const Result<fs::path> suite = spec_tests::find_suite();
    if (!suite.has_value()) return report_error(suite.error().message());
    options.paths.push_back(suite->string());
  }
  const Scripts scripts = collect(options);
  if (scripts.files.empty()) return report_error("no .wast files found; name a file or a folder");
  const uint32_t jobs = options.jobs != 0 ? options.jobs : std::thread::hardware_concurrency();
  const std::vector<FileOutcome> outcomes =
      run_files(scripts.files, {{*config, options.artifacts}, options.round_trip}, jobs);
  uint64_t passed = 0, failed = 0;
  for (const FileOutcome& file : outcomes) {
    print_outcome(file, options.verbose);
    passed += file.outcome.passed();
    failed += file.outcome.failed();
  }
  for (const auto& [proposal, count] : scripts.unknown)
    fmt::print("{}: not a feature of this engine, {} files not run\n", proposal, count);
  if (!options.junit.empty())
    if (const Status status = spec_tests::write_junit(options.junit, outcomes); !status.has_value())
      return report_error(status.error().message());
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 ? 0 : kExitError;
}

}  // namespace

void add_wast_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<WastOptions>();
  CLI::App* command = app.add_subcommand("wast", "Run scripts of the official test suite");
  command->add_option("PATH", options->paths,
                      ".wast files, or folders with them; without any, the official suite at "
                      "$WASM_TESTSUITE or beside the working directory");
  command->add_option("--filter", options->filter, "only files whose path contains this");
  command->add_option("--exclude", options->excluded, "no files whose path contains this")
      ->allow_extra_args(false);
  options->engine.add_language_to(*command);
  command->add_flag("--artifacts", options->artifacts,
                    "compile every module ahead of time and run the artifact");
  command->add_option("--junit", options->junit, "write the outcome of every command, as XML");
  command->add_flag("--round-trip", options->round_trip,
                    "run nothing, but print every module, flat and folded, and parse it again");
  command->add_option("-j,--jobs", options->jobs, "files to run at a time")
      ->check(CLI::PositiveNumber);
  command->add_flag("-v,--verbose", options->verbose, "show every failing command");
  command->callback([&action, options] { action = [options] { return run_wast(*options); }; });
}

}  // namespace brink::cli
