// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The `brink` program. One source per subcommand; here they are only brought together.
// `brink FILE ...` is short for `brink run FILE ...`.

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime-cli/command.h"
#include "runtime-cli/version.h"

namespace {

using brink::cli::Action;

struct Command {
  std::string_view name;
  void (*add)(CLI::App& app, Action& action);
};

constexpr Command kCommands[] = {
    {"run", brink::cli::add_run_command},
    {"compile", brink::cli::add_compile_command},
    {"cache", brink::cli::add_cache_command},
    {"validate", brink::cli::add_validate_command},
    {"parse", brink::cli::add_parse_command},
    {"print", brink::cli::add_print_command},
    {"inspect", brink::cli::add_inspect_command},
    {"snapshot", brink::cli::add_snapshot_command},
    {"wast", brink::cli::add_wast_command},
    {"completion", brink::cli::add_completion_command},
    // What other tools call some of them; the commands know these names themselves.
    {"wat2wasm", brink::cli::add_parse_command},
    {"wasm2wat", brink::cli::add_print_command},
    {"objdump", brink::cli::add_inspect_command},
};

constexpr size_t kCommandCount = std::size(kCommands) - 3;  ///< without other tools' names

bool is_command(std::string_view word) {
  return std::ranges::find(kCommands, word, &Command::name) != std::end(kCommands);
}

bool is_global_flag(std::string_view word) {
  return word == "--help" || word == "-h" || word == "--version" || word == "-V";
}

/// Adds the command that the first word names, which starts the program much faster than adding
/// all. All are added for who talks about all of them.
void add_commands(CLI::App& app, Action& action, std::string_view first) {
  if (const auto named = std::ranges::find(kCommands, first, &Command::name);
      named != std::end(kCommands) && first != "completion")
    return named->add(app, action);
  for (const Command& command : std::span(kCommands).first(kCommandCount)) command.add(app, action);
}

/// What a person sees who typed a command line that cannot be.
std::string describe_usage_error(const CLI::App* app, const CLI::Error& error) {
  const std::vector<CLI::App*> chosen = app->get_subcommands();
  const std::string command = chosen.empty() ? "" : chosen.front()->get_name() + " ";
  return "brink: error: " + std::string(error.what()) + "; see brink " + command + "--help\n";
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) words.push_back("--help");
  if (!is_command(words.front()) && !is_global_flag(words.front()))
    words.insert(words.begin(), "run");
  if (words.front() == "run")
    if (const auto plain = brink::cli::plain_run(std::span(words).subspan(1))) return (*plain)();
  CLI::App app{"Brink runs WebAssembly.", "brink"};
  app.set_version_flag("-V,--version", std::string("brink ") + brink::cli::kVersion);
  app.require_subcommand(1);
  app.failure_message(describe_usage_error);
  Action action;
  add_commands(app, action, words.front());
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : brink::cli::kExitUsage;
  }
  return action();
}
