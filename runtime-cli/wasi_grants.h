// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The options that grant directories and variables to a guest. Shared by subcommands.

#ifndef BRINK_RUNTIME_CLI_WASI_GRANTS_H_
#define BRINK_RUNTIME_CLI_WASI_GRANTS_H_

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "brink/wasi.h"

namespace brink::cli {

struct WasiGrants {
  std::vector<std::string> dirs;  ///< HOST[::GUEST][:ro]
  std::vector<std::string> env;   ///< NAME=VALUE, or NAME
  bool inherit_env = false;

  void add_to(CLI::App& command);
  void apply_to(wasi::WasiConfig& config) const;
};

}  // namespace brink::cli

#endif  // BRINK_RUNTIME_CLI_WASI_GRANTS_H_
