// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The `brink` program. One source per subcommand; here they are only brought together.
// `brink FILE ...` is short for `brink run FILE ...`.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "runtime-cli/command.h"
#include "runtime-cli/version.h"

namespace {

using brink::cli::Action;

/// Puts "run" in front when the first word that is no flag is no subcommand.
std::vector<std::string> with_default_command(CLI::App& app, int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) return words;
  const std::string& first = words.front();
  const bool is_global_flag =
      first == "--help" || first == "-h" || first == "--version" || first == "-V";
  const std::vector<CLI::App*> commands = app.get_subcommands([](const CLI::App*) { return true; });
  const bool is_command =
      std::any_of(commands.begin(), commands.end(),
                  [&](const CLI::App* command) { return command->check_name(first); });
  if (!is_global_flag && !is_command) words.insert(words.begin(), "run");
  return words;
}

/// What a person sees who typed a command line that cannot be.
std::string describe_usage_error(const CLI::App* app, const CLI::Error& error) {
  const std::vector<CLI::App*> chosen = app->get_subcommands();
  const std::string command = chosen.empty() ? "" : chosen.front()->get_name() + " ";
  return "brink: error: " + std::string(error.what()) + "; see brink " + command + "--help\n";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Brink runs WebAssembly.", "brink"};
  app.set_version_flag("-V,--version", std::string("brink ") + brink::cli::kVersion);
  app.require_subcommand(1);
  app.failure_message(describe_usage_error);
  Action action;
  brink::cli::add_run_command(app, action);
  brink::cli::add_compile_command(app, action);
  brink::cli::add_cache_command(app, action);
  brink::cli::add_validate_command(app, action);
  brink::cli::add_parse_command(app, action);
  brink::cli::add_print_command(app, action);
  brink::cli::add_inspect_command(app, action);
  brink::cli::add_wast_command(app, action);
  brink::cli::add_completion_command(app, action);

  std::vector<std::string> words = with_default_command(app, argc, argv);
  if (words.empty()) words.push_back("--help");
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : brink::cli::kExitUsage;
  }
  return action();
}
