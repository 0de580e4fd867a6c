// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec-tests/junit_report.h"

#include <fstream>

#include <fmt/format.h>

namespace brink::spec_tests {
namespace {

/// Text for an attribute. XML 1.0 has no way to write most control characters.
std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\n': escaped += "&#10;"; break;
      default: escaped += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return escaped;
}

std::string testcase(std::string_view file, const CommandOutcome& command) {
  const std::string opening =
      fmt::format("    <testcase classname=\"{0}\" name=\"{0}:{1} {2}\" file=\"{0}\" line=\"{1}\"",
                  file, command.line, command.command);
  if (command.passed) return opening + "/>\n";
  return fmt::format("{}>\n      <failure message=\"{}\"/>\n    </testcase>\n", opening,
                     escape(command.message));
}

}  // namespace

Status write_junit(const std::filesystem::path& path, std::span<const FileOutcome> files) {
  std::ofstream out(path);
  uint64_t tests = 0, failures = 0;
  double seconds = 0;
  for (const FileOutcome& file : files) {
    tests += file.outcome.commands.size();
    failures += file.outcome.failed();
    seconds += file.seconds;
  }
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      << fmt::format("<testsuites tests=\"{}\" failures=\"{}\" time=\"{:.3f}\">\n", tests, failures,
                     seconds);
  for (const FileOutcome& file : files) {
    const std::string name = escape(file.file);
    out << fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" time=\"{:.3f}\">\n",
                       name, file.outcome.commands.size(), file.outcome.failed(), file.seconds);
    for (const CommandOutcome& command : file.outcome.commands) out << testcase(name, command);
    out << "  </testsuite>\n";
  }
  out << "</testsuites>\n";
  out.close();
  if (out.fail()) return make_error(ErrorKind::Io, fmt::format("cannot write '{}'", path.string()));
  return {};
}

}  // namespace brink::spec_tests
