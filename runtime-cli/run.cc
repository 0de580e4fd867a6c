// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// `brink run [OPTIONS] FILE [ARGS...]`: everything after FILE is the guest's.

#include <sys/resource.h>

#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "brink/linker.h"
#include "brink/wasi.h"
#include "engine/support/try.h"
#include "runtime-cli/arguments.h"
#include "runtime-cli/command.h"
#include "runtime-cli/engine_options.h"
#include "runtime-cli/module_source.h"
#include "runtime-cli/report.h"

namespace brink::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct RunOptions {
  EngineOptions engine;
  std::vector<std::string> words;  ///< FILE and the guest's arguments
  std::vector<std::string> dirs;
  std::vector<std::string> env;
  std::vector<std::string> preloads;
  std::vector<std::string> listeners;
  bool inherit_env = false;
  std::string argv0;
  std::string invoke;
  bool stats = false;

  const std::string& file() const { return words.front(); }
  std::span<const std::string> args() const { return std::span(words).subspan(1); }
};

struct Directory {
  std::string host;
  std::string guest;
  bool read_only = false;
};

/// "HOST", "HOST::GUEST", either with ":ro".
Directory parse_directory(std::string spec) {
  Directory directory;
  if (spec.ends_with(":ro")) {
    directory.read_only = true;
    spec.resize(spec.size() - 3);
  }
  const size_t colons = spec.find("::");
  directory.host = spec.substr(0, colons);
  directory.guest = colons == std::string::npos ? directory.host : spec.substr(colons + 2);
  return directory;
}

wasi::WasiConfig make_wasi_config(const RunOptions& options,
                                  std::optional<Clock::time_point> deadline) {
  wasi::WasiConfig config;
  std::vector<std::string> args(options.args().begin(), options.args().end());
  args.insert(args.begin(), options.argv0.empty() ? options.file() : options.argv0);
  config.args(std::move(args)).inherit_stdio();
  if (options.inherit_env) config.inherit_env();
  for (const std::string& spec : options.env) {
    const size_t equals = spec.find('=');
    if (equals != std::string::npos)
      config.env(spec.substr(0, equals), spec.substr(equals + 1));
    else if (const char* value = std::getenv(spec.c_str()))
      config.env(spec, value);
  }
  for (const std::string& spec : options.dirs) {
    Directory directory = parse_directory(spec);
    config.preopen_dir(std::move(directory.host), std::move(directory.guest), directory.read_only);
  }
  for (const std::string& address : options.listeners) config.listen_tcp(address);
  if (deadline)
    config.interruption({[when = *deadline] {
                           return Clock::now() >= when ? TrapCode::DeadlineExceeded
                                                       : TrapCode::None;
                         },
                         -1});
  if (options.engine.traces("wasi"))
    config.trace([](std::string_view line) { fmt::print(stderr, "[wasi] {}\n", line); });
  return config;
}

int report(const std::string& file, const InstantiateError& error) {
  if (const Error* e = std::get_if<Error>(&error)) return report_error(file, *e);
  return report_trap(file, std::get<Trap>(error));
}

/// `--preload NAME=FILE`: an instance whose exports the program may import from NAME.
int preload(const Engine& engine, Linker& linker, const std::string& spec) {
  const size_t equals = spec.find('=');
  if (equals == std::string::npos || equals == 0)
    return report_usage(fmt::format("--preload wants NAME=FILE, not '{}'", spec));
  const std::string name = spec.substr(0, equals);
  const std::string file = spec.substr(equals + 1);
  const Result<Module> module = load_module(engine, file);
  if (!module.has_value()) return report_error(file, module.error());
  auto instance = linker.instantiate(*module);
  if (!instance.has_value()) return report(file, instance.error());
  if (const Status status = linker.define_instance(name, *instance); !status.has_value())
    return report_error(file, status.error());
  return 0;
}

/// The function to call: --invoke's, else _start; none for a module without either.
int call(const RunOptions& options, const Instance& instance) {
  const std::string name = options.invoke.empty() ? "_start" : options.invoke;
  if (!options.invoke.empty()) {
    // A reactor prepares itself before anything else of it is called.
    if (const auto initialize = instance.func("_initialize")) {
      const auto done = initialize->call({});
      if (!done.has_value()) return report_trap(options.file(), done.error());
    }
  }
  const std::optional<Func> function = instance.func(name);
  if (!function) {
    if (options.invoke.empty()) return 0;
    std::vector<std::string> names;
    for (const ExportType& item : instance.module().exports())
      if (item.kind == ExternKind::Func) names.push_back(item.name);
    return report_error(
        fmt::format("{}: no exported function '{}'; there {}", options.file(), name,
                    names.empty() ? "are none" : fmt::format("are: {}", fmt::join(names, ", "))));
  }
  std::vector<Value> args;
  if (!options.invoke.empty()) {
    Result<std::vector<Value>> parsed = parse_arguments(function->type(), options.args());
    if (!parsed.has_value())
      return report_error(
          fmt::format("{}: cannot call '{}': {}", options.file(), name, parsed.error().message()));
    args = *std::move(parsed);
  }
  const CallResult<std::vector<Value>> results = function->call(args);
  if (!results.has_value()) return report_trap(options.file(), results.error());
  for (const Value& value : *results) fmt::print("{}\n", to_string(value));
  return 0;
}

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

void print_stats(const Store& store, Clock::time_point start, Clock::time_point compiled,
                 Clock::time_point instantiated, uint64_t fuel_given) {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const Clock::time_point end = Clock::now();
  fmt::print(stderr, "decode + validate  {:10.3f} ms\n", milliseconds(compiled - start));
  fmt::print(stderr, "instantiate        {:10.3f} ms\n", milliseconds(instantiated - compiled));
  fmt::print(stderr, "run                {:10.3f} ms\n", milliseconds(end - instantiated));
  fmt::print(stderr, "peak memory        {:10.1f} MiB\n",
             static_cast<double>(usage.ru_maxrss) / 1024);
  if (fuel_given != 0) fmt::print(stderr, "fuel used          {:10}\n", fuel_given - store.fuel());
}

int run_in_store(const RunOptions& options, const Module& module, Store& store,
                 std::optional<Clock::time_point> deadline, Clock::time_point& instantiated) {
  auto wasi = wasi::Wasi::create(make_wasi_config(options, deadline));
  if (!wasi.has_value()) return report_error("", wasi.error());
  Linker linker(store);
  if (const Status status = (*wasi)->add_to_linker(linker); !status.has_value())
    return report_error("", status.error());
  for (const std::string& spec : options.preloads)
    if (const int status = preload(module.engine(), linker, spec); status != 0) return status;
  const auto instance = linker.instantiate(module);
  instantiated = Clock::now();
  if (!instance.has_value()) return report(options.file(), instance.error());
  return call(options, *instance);
}

int run(const RunOptions& options) {
  const Result<EngineConfig> config = options.engine.config();
  if (!config.has_value()) return report_usage(config.error().message());
  const Result<StoreLimits> limits = options.engine.limits();
  if (!limits.has_value()) return report_usage(limits.error().message());
  const Clock::time_point start = Clock::now();
  const Engine engine(*config);
  const Result<Module> module = load_module(engine, options.file());
  if (!module.has_value()) return report_error(options.file(), module.error());
  const Clock::time_point compiled = Clock::now();
  Store store(engine, *limits);
  store.set_fuel(options.engine.fuel);
  std::optional<Clock::time_point> deadline;
  if (options.engine.timeout()) {
    deadline = start + *options.engine.timeout();
    store.set_deadline(*deadline);
  }
  Clock::time_point instantiated = compiled;
  const int status = run_in_store(options, *module, store, deadline, instantiated);
  std::fflush(stdout);
  if (options.stats) print_stats(store, start, compiled, instantiated, options.engine.fuel);
  return status;
}

/// FILE and the guest's words are no options of the parser, so it has to be told of them.
class RunFormatter : public CLI::Formatter {
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: brink run [OPTIONS] FILE [ARGS...]\n";
  }
};

}  // namespace

void add_run_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand(
      "run", "Run a program. Flags come before FILE; everything after it is the guest's");
  const auto repeated = [&](const char* flags, std::vector<std::string>& values, const char* what) {
    command->add_option(flags, values, what)->allow_extra_args(false)->type_size(1);
  };
  repeated("--dir", options->dirs, "grant a directory: HOST[::GUEST][:ro]");
  repeated("--env", options->env, "set a variable: NAME=VALUE, or NAME to pass ours on");
  command->add_flag("--env-inherit,--inherit-env", options->inherit_env,
                    "pass all our variables on");
  repeated("--preload", options->preloads,
           "NAME=FILE: instantiate FILE, let imports find it as NAME");
  repeated("--listen,--tcplisten", options->listeners, "grant a listening socket: ADDRESS:PORT");
  command->add_option("--argv0", options->argv0, "what the guest sees as its name");
  command->add_option("--invoke", options->invoke, "call this export, ARGS are its arguments");
  command->add_flag("--stats", options->stats, "print times and sizes at the end, to stderr");
  options->engine.add_to(*command);
  command->formatter(std::make_shared<RunFormatter>());
  command->footer("FILE is a module, binary or text; - is standard input.");
  // The first word that is no flag is FILE, and from there on nothing is ours.
  command->prefix_command();
  command->callback([command, &action, options] {
    options->words = command->remaining();
    if (options->words.empty()) throw CLI::RequiredError("FILE");
    const std::string& file = options->words.front();
    if (file.starts_with('-') && file != "-") throw CLI::ExtrasError(command->get_name(), {file});
    action = [options] { return run(*options); };
  });
}

}  // namespace brink::cli
