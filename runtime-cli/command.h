// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// A subcommand of `brink`: adds itself to the command line; what it returns is the process's exit
// status.

#ifndef BRINK_RUNTIME_CLI_COMMAND_H_
#define BRINK_RUNTIME_CLI_COMMAND_H_

#include <functional>
#include <optional>
#include <span>
#include <string>

#include <CLI/CLI.hpp>

namespace brink::cli {

/// Exit statuses of our own; a guest's own status passes through.
inline constexpr int kExitError = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitTrap = 134;  ///< as a shell shows a process that died of SIGABRT

/// Set by the chosen subcommand while the command line is parsed; run afterwards.
using Action = std::function<int()>;

void add_run_command(CLI::App& app, Action& action);
/// `brink run FILE ...` without any option, for which nothing has to be set up to be parsed.
std::optional<Action> plain_run(std::span<const std::string> words);
void add_compile_command(CLI::App& app, Action& action);
void add_cache_command(CLI::App& app, Action& action);
void add_validate_command(CLI::App& app, Action& action);
void add_parse_command(CLI::App& app, Action& action);
void add_print_command(CLI::App& app, Action& action);
void add_inspect_command(CLI::App& app, Action& action);
void add_snapshot_command(CLI::App& app, Action& action);
void add_wast_command(CLI::App& app, Action& action);
void add_completion_command(CLI::App& app, Action& action);

}  // namespace brink::cli

#endif  // BRINK_RUNTIME_CLI_COMMAND_H_
