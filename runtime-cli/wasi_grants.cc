// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "runtime-cli/wasi_grants.h"

#include <cstdlib>
#include <utility>

namespace brink::cli {
namespace {

void grant_directory(wasi::WasiConfig& config, std::string spec) {
  const bool read_only = spec.ends_with(":ro");
  if (read_only) spec.resize(spec.size() - 3);
  const size_t colons = spec.find("::");
  std::string host = spec.substr(0, colons);
  std::string guest = colons == std::string::npos ? host : spec.substr(colons + 2);
  config.preopen_dir(std::move(host), std::move(guest), read_only);
}

}  // namespace

void WasiGrants::add_to(CLI::App& command) {
  const auto repeated = [&](const char* flags, std::vector<std::string>& values, const char* what) {
    command.add_option(flags, values, what)->allow_extra_args(false)->type_size(1);
  };
  repeated("--dir", dirs, "grant a directory: HOST[::GUEST][:ro]");
  repeated("--env", env, "set a variable: NAME=VALUE, or NAME to pass ours on");
  command.add_flag("--env-inherit,--inherit-env", inherit_env, "pass all our variables on");
}

void WasiGrants::apply_to(wasi::WasiConfig& config) const {
  if (inherit_env) config.inherit_env();
  for (const std::string& spec : env) {
    const size_t equals = spec.find('=');
    if (equals != std::string::npos)
      config.env(spec.substr(0, equals), spec.substr(equals + 1));
    else if (const char* value = std::getenv(spec.c_str()))
      config.env(spec, value);
  }
  for (const std::string& spec : dirs) grant_directory(config, spec);
}

}  // namespace brink::cli
