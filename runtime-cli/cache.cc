// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// `brink cache list|clean|path`: what `brink run --cache` keeps.

#include <memory>

#include <fmt/format.h>

#include "brink/artifact.h"
#include "runtime-cli/command.h"
#include "runtime-cli/report.h"

namespace brink::cli {
namespace {

/// The directory given or the usual one; empty if there is none.
std::string directory_of(const std::string& given) {
  return given.empty() ? default_cache_directory() : given;
}

int list(const std::string& directory) {
  uint64_t total = 0;
  const std::vector<CachedArtifact> entries = list_cache(directory);
  for (const CachedArtifact& entry : entries) {
    fmt::print("{:12}  {}\n", entry.bytes, entry.path);
    total += entry.bytes;
  }
  fmt::print("{:12}  bytes in {} artifacts\n", total, entries.size());
  return 0;
}

int clean(const std::string& directory) {
  fmt::print("{} artifacts removed\n", clear_cache(directory));
  return 0;
}

int path(const std::string& directory) {
  fmt::print("{}\n", directory);
  return 0;
}

}  // namespace

void add_cache_command(CLI::App& app, Action& action) {
  struct Verb {
    const char* name;
    const char* what;
    int (*run)(const std::string& directory);
  };
  static constexpr Verb kVerbs[] = {
      {"list", "list the artifacts in the cache, the last used first", list},
      {"clean", "remove all artifacts from the cache", clean},
      {"path", "print where the cache is", path},
  };
  auto given = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("cache", "Look after the modules that --cache keeps");
  command->require_subcommand(1);
  for (const Verb& verb : kVerbs) {
    CLI::App* sub = command->add_subcommand(verb.name, verb.what);
    sub->add_option("--cache", *given, "the cache's directory, if it is not the usual one");
    sub->callback([&action, given, run = verb.run] {
      action = [given, run] {
        const std::string directory = directory_of(*given);
        if (directory.empty())
          return report_error(
              "there is no home directory to keep a cache in; name one: --cache=DIR");
        return run(directory);
      };
    });
  }
}

}  // namespace brink::cli
