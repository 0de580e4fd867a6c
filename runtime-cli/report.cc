// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "runtime-cli/report.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "runtime-cli/command.h"

namespace brink::cli {
namespace {

bool wants_colour() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && (no_color == nullptr || *no_color == '\0') &&
         term != nullptr && std::string_view(term) != "dumb";
}

constexpr std::string_view kRed = "\033[31m";
constexpr std::string_view kCyan = "\033[36m";

void print_line(std::string_view label, std::string_view text, std::string_view colour = kRed) {
  std::fflush(stdout);
  if (wants_colour())
    fmt::print(stderr, "\033[1mbrink:{} {}:\033[0m {}\n", colour, label, text);
  else
    fmt::print(stderr, "brink: {}: {}\n", label, text);
}

}  // namespace

int report_error(std::string_view file, const Error& error) {
  if (error.kind() == ErrorKind::Io || error.kind() == ErrorKind::Usage || file.empty())
    return report_error(error.to_string());
  if (error.has_position()) return report_error(fmt::format("{}:{}", file, error.to_string()));
  return report_error(fmt::format("{}: {}: {}", file, to_string(error.kind()), error.to_string()));
}

int report_error(std::string_view message) {
  print_line("error", message);
  return kExitError;
}

void report_note(std::string_view message) {
  print_line("note", message, kCyan);
}

int report_usage(std::string_view message) {
  print_line("error", message);
  return kExitUsage;
}

int report_trap(std::string_view file, const Trap& trap) {
  if (trap.code == TrapCode::Exit) return trap.exit_code;
  print_line("trap", fmt::format("{}: {}", file, trap.to_string()));
  return kExitTrap;
}

int report_failure(std::string_view file, const InstantiateError& error) {
  if (const Error* e = std::get_if<Error>(&error)) return report_error(file, *e);
  return report_trap(file, std::get<Trap>(error));
}

}  // namespace brink::cli
