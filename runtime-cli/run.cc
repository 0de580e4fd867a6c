// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// `brink run [OPTIONS] FILE [ARGS...]`: everything after FILE is the guest's.

#include <memory>

#include <fmt/format.h>

#include "brink/linker.h"
#include "brink/wasi.h"
#include "runtime-cli/command.h"
#include "runtime-cli/report.h"

namespace brink::cli {
namespace {

struct RunOptions {
  std::string file;
  std::vector<std::string> args;
  std::vector<std::string> dirs;
  std::vector<std::string> env;
  bool inherit_env = false;
  std::string argv0;
  std::string invoke;
};

/// "HOST", "HOST::GUEST", either with ":ro".
void add_directory(wasi::WasiConfig& config, std::string spec) {
  bool read_only = false;
  if (spec.ends_with(":ro")) {
    read_only = true;
    spec.resize(spec.size() - 3);
  }
  const size_t colons = spec.find("::");
  const std::string host = spec.substr(0, colons);
  const std::string guest = colons == std::string::npos ? host : spec.substr(colons + 2);
  config.preopen_dir(host, guest, read_only);
}

wasi::WasiConfig make_wasi_config(const RunOptions& options) {
  wasi::WasiConfig config;
  std::vector<std::string> args = options.args;
  args.insert(args.begin(), options.argv0.empty() ? options.file : options.argv0);
  config.args(std::move(args)).inherit_stdio();
  if (options.inherit_env) config.inherit_env();
  for (const std::string& spec : options.env) {
    const size_t equals = spec.find('=');
    if (equals != std::string::npos)
      config.env(spec.substr(0, equals), spec.substr(equals + 1));
    else if (const char* value = std::getenv(spec.c_str()))
      config.env(spec, value);
  }
  for (const std::string& spec : options.dirs) add_directory(config, spec);
  return config;
}

int run(const RunOptions& options) {
  const Engine engine;
  const Result<Module> module = Module::from_file(engine, options.file);
  if (!module.has_value()) return report_error(options.file, module.error());
  Store store(engine);
  Result<std::unique_ptr<wasi::Wasi>> wasi = wasi::Wasi::create(make_wasi_config(options));
  if (!wasi.has_value()) return report_error("", wasi.error());
  Linker linker(store);
  if (const Status status = (*wasi)->add_to_linker(linker); !status.has_value())
    return report_error("", status.error());
  auto instance = linker.instantiate(*module);
  if (!instance.has_value()) {
    if (const Error* error = std::get_if<Error>(&instance.error()))
      return report_error(options.file, *error);
    return report_trap(options.file, std::get<Trap>(instance.error()));
  }
  const std::string name = options.invoke.empty() ? "_start" : options.invoke;
  const std::optional<Func> function = instance->func(name);
  if (!function)
    return options.invoke.empty()
               ? 0
               : report_error(fmt::format("{}: no exported function \"{}\"", options.file, name));
  const CallResult<std::vector<Value>> results = function->call({});
  if (!results.has_value()) return report_trap(options.file, results.error());
  for (const Value& value : *results) fmt::print("{}\n", to_string(value));
  return 0;
}

}  // namespace

void add_run_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Run a program");
  command->add_option("--dir", options->dirs, "grant a directory: HOST[::GUEST][:ro]")
      ->allow_extra_args(false);
  command->add_option("--env", options->env, "set a variable: NAME=VALUE, or NAME to pass ours on")
      ->allow_extra_args(false);
  command->add_flag("--env-inherit", options->inherit_env, "pass all our variables on");
  command->add_option("--argv0", options->argv0, "what the guest sees as its name");
  command->add_option("--invoke", options->invoke, "call this export instead of _start");
  command->add_option("FILE", options->file, "binary or text module")->required();
  command->add_option("ARGS", options->args, "arguments of the guest");
  command->positionals_at_end();
  command->callback([&action, options] { action = [options] { return run(*options); }; });
}

}  // namespace brink::cli
