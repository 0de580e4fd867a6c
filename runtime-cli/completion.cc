// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// `brink completion SHELL`: a completion script, made from the command line as it is declared, so
// that it cannot lag behind.

#include <memory>

#include <fmt/format.h>

#include "runtime-cli/command.h"
#include "runtime-cli/report.h"

namespace brink::cli {
namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// All flags of a command, long and short.
std::vector<std::string> flags_of(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    for (const std::string& name : option->get_snames()) flags.push_back("-" + name);
  }
  return flags;
}

std::string names_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands_of(app)) names.push_back(command->get_name());
  return fmt::format("{}", fmt::join(names, " "));
}

void print_bash(const CLI::App& app) {
  fmt::print(
      "_brink() {{\n  local word=${{COMP_WORDS[COMP_CWORD]}} command=run\n"
      "  [ \"$COMP_CWORD\" -gt 1 ] && command=${{COMP_WORDS[1]}}\n"
      "  case \"$command\" in\n");
  for (const CLI::App* command : commands_of(app))
    fmt::print("    {}) local flags='{}' ;;\n", command->get_name(),
               fmt::join(flags_of(*command), " "));
  fmt::print(
      "    *) local flags='' ;;\n  esac\n"
      "  local words=$flags\n"
      "  [ \"$COMP_CWORD\" -eq 1 ] && words='{}'\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\") $(compgen -f -- \"$word\"))\n"
      "}}\ncomplete -o filenames -F _brink brink\n",
      names_of(app));
}

void print_zsh(const CLI::App& app) {
  fmt::print(
      "#compdef brink\n_brink() {{\n  if (( CURRENT == 2 )); then\n"
      "    compadd {}\n    _files\n    return\n  fi\n  case \"$words[2]\" in\n",
      names_of(app));
  for (const CLI::App* command : commands_of(app))
    fmt::print("    {}) compadd -- {} ;;\n", command->get_name(),
               fmt::join(flags_of(*command), " "));
  fmt::print("  esac\n  _files\n}}\n_brink \"$@\"\n");
}

/// As text between single quotes in fish.
std::string quote_fish(const std::string& text) {
  std::string quoted;
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted;
}

void print_fish(const CLI::App& app) {
  for (const CLI::App* command : commands_of(app)) {
    fmt::print("complete -c brink -n __fish_use_subcommand -a {} -d '{}'\n", command->get_name(),
               quote_fish(command->get_description()));
    for (const CLI::Option* option : command->get_options())
      for (const std::string& name : option->get_lnames())
        fmt::print("complete -c brink -n '__fish_seen_subcommand_from {}' -l {} -d '{}'\n",
                   command->get_name(), name, quote_fish(option->get_description()));
  }
}

}  // namespace

void add_completion_command(CLI::App& app, Action& action) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for a shell");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&app, &action, shell] {
    action = [&app, shell] {
      if (*shell == "bash")
        print_bash(app);
      else if (*shell == "zsh")
        print_zsh(app);
      else
        print_fish(app);
      return 0;
    };
  });
}

}  // namespace brink::cli
