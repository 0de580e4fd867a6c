// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// `brink run [OPTIONS] FILE [ARGS...]`: everything after FILE is the guest's.

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "brink/linker.h"
#include "brink/trace.h"
#include "brink/wasi.h"
#include "engine/support/try.h"
#include "engine/wasm/module.h"
#include "runtime-cli/arguments.h"
#include "runtime-cli/command.h"
#include "runtime-cli/engine_options.h"
#include "runtime-cli/module_source.h"
#include "runtime-cli/report.h"
#include "runtime-cli/stats.h"
#include "runtime-cli/wasi_grants.h"

// gcc says __SANITIZE_...__, clang answers a question.
#if defined(__has_feature)
#define BRINK_HAS_SANITIZER (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define BRINK_HAS_SANITIZER 0
#endif

namespace brink::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct RunOptions {
  EngineOptions engine;
  std::vector<std::string> words;  ///< FILE and the guest's arguments
  WasiGrants grants;
  std::vector<std::string> preloads;
  std::vector<std::string> listeners;
  std::string argv0;
  std::string invoke;
  bool stats = false;
  bool allow_precompiled = false;

  const std::string& file() const { return words.front(); }
  std::span<const std::string> args() const { return std::span(words).subspan(1); }
};

wasi::WasiConfig make_wasi_config(const RunOptions& options,
                                  std::optional<Clock::time_point> deadline) {
  wasi::WasiConfig config;
  std::vector<std::string> args(options.args().begin(), options.args().end());
  args.insert(args.begin(), options.argv0.empty() ? options.file() : options.argv0);
  config.args(std::move(args)).inherit_stdio();
  options.grants.apply_to(config);
  for (const std::string& address : options.listeners) config.listen_tcp(address);
  if (deadline)
    config.interruption({[when = *deadline] {
                           return Clock::now() >= when ? TrapCode::DeadlineExceeded
                                                       : TrapCode::None;
                         },
                         -1});
  if (is_tracing(TraceChannel::Wasi))
    config.trace([](std::string_view line) { write_trace(TraceChannel::Wasi, line); });
  return config;
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
  if (!instance.has_value()) return report_failure(file, instance.error());
  if (const Status status = linker.define_instance(name, *instance); !status.has_value())
    return report_error(file, status.error());
  return 0;
}

// What is called (WASI: a command exports _start; a reactor exports _initialize, which is called
// once before anything else of it):
//
//                       --invoke NAME              without
//     command           NAME                       _start
//     reactor           _initialize, then NAME     _initialize; what else there is to call is told
//     neither           NAME                       an error, if not even a start function ran

/// "add, half" or so: the exports that --invoke can name.
std::string callable_names(const Module& module) {
  std::vector<std::string> names;
  for (const ExportType& item : module.exports())
    if (item.kind == ExternKind::Func && item.name != "_initialize") names.push_back(item.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

int call(const RunOptions& options, const Func& function, std::span<const Value> args) {
  const CallResult<std::vector<Value>> results = function.call(args);
  if (!results.has_value()) return report_trap(options.file(), results.error());
  for (const Value& value : *results) fmt::print("{}\n", to_string(value));
  return 0;
}

int invoke(const RunOptions& options, const Instance& instance) {
  const std::optional<Func> function = instance.func(options.invoke);
  if (!function) {
    const std::string names = callable_names(instance.module());
    return report_error(fmt::format("{}: no exported function '{}'; there are{}", options.file(),
                                    options.invoke, names.empty() ? " none" : ": " + names));
  }
  const Result<std::vector<Value>> args = parse_arguments(function->type(), options.args());
  if (!args.has_value())
    return report_error(fmt::format("{}: cannot call '{}': {}", options.file(), options.invoke,
                                    args.error().message()));
  const auto initialize = instance.func("_initialize");
  if (initialize && options.invoke != "_initialize")
    if (const int status = call(options, *initialize, {}); status != 0) return status;
  return call(options, *function, *args);
}

int run_program(const RunOptions& options, const Instance& instance) {
  const std::optional<Func> start = instance.func("_start");
  if (start) return call(options, *start, {});
  const std::string names = callable_names(instance.module());
  const std::string advice =
      names.empty() ? "there is no function to call"
                    : fmt::format("call one of its functions with --invoke NAME: {}", names);
  if (const auto initialize = instance.func("_initialize")) {
    const int status = call(options, *initialize, {});
    if (status == 0 && !names.empty())
      report_note(fmt::format("{}: a reactor, initialized; {}", options.file(), advice));
    return status;
  }
  if (instance.module().decoded().start) return 0;
  return report_error(
      fmt::format("{}: nothing to run, it exports no '_start'; {}", options.file(), advice));
}

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

/// Where the code came from.
std::string_view describe_origin(const Module& module) {
  switch (module.code_origin()) {
    case CodeOrigin::Module: return "decoded and validated";
    case CodeOrigin::Artifact: return "from an artifact";
    case CodeOrigin::Cache: return "found in the cache";
    case CodeOrigin::CacheMiss: return "compiled into the cache";
  }
  return "";
}

/// What the store's metrics say of all instances together.
struct Costs {
  uint64_t instances = 0;
  uint64_t memory_bytes = 0;
  std::map<const void*, uint64_t> memory_of = {};

  void collect(Store& store) {
    store.set_metrics(
        [this](MetricsEvent event, const Instance& instance, const InstanceMetrics& so_far) {
          if (event == MetricsEvent::Instantiated) ++instances;
          uint64_t& bytes = memory_of[instance.object()];
          memory_bytes += so_far.peak_memory_bytes - bytes;
          bytes = so_far.peak_memory_bytes;
        });
  }
};

void print_stats(const Module& module, const Store& store, const Costs& costs,
                 Clock::time_point start, Clock::time_point compiled,
                 Clock::time_point instantiated, uint64_t fuel_given) {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const Clock::time_point end = Clock::now();
  fmt::print(stderr, "load               {:10.3f} ms, {}\n", milliseconds(compiled - start),
             describe_origin(module));
  fmt::print(stderr, "instantiate        {:10.3f} ms\n", milliseconds(instantiated - compiled));
  fmt::print(stderr, "run                {:10.3f} ms\n", milliseconds(end - instantiated));
  fmt::print(stderr, "peak memory        {:10.1f} MiB\n",
             static_cast<double>(usage.ru_maxrss) / 1024);
  fmt::print(stderr, "guest memories     {:10.1f} MiB\n",
             static_cast<double>(costs.memory_bytes) / (1 << 20));
  fmt::print(stderr, "instances          {:10}\n", costs.instances);
  if (fuel_given != 0) fmt::print(stderr, "fuel used          {:10}\n", fuel_given - store.fuel());
}

int run_in_store(const RunOptions& options, const Module& module, Store& store,
                 std::optional<Clock::time_point> deadline, Clock::time_point& instantiated) {
  auto wasi = wasi::Wasi::create(make_wasi_config(options, deadline));
  if (!wasi.has_value()) return report_error("", wasi.error());
  Linker linker(store);
  // What is loaded besides may import anything.
  const Status added = options.preloads.empty() ? (*wasi)->add_to_linker(linker, module)
                                                : (*wasi)->add_to_linker(linker);
  if (!added.has_value()) return report_error("", added.error());
  for (const std::string& spec : options.preloads)
    if (const int status = preload(module.engine(), linker, spec); status != 0) return status;
  const auto instance = linker.instantiate(module);
  instantiated = Clock::now();
  if (!instance.has_value()) return report_failure(options.file(), instance.error());
  return options.invoke.empty() ? run_program(options, *instance) : invoke(options, *instance);
}

/// The end of the process, at once: the system takes memory and files back faster than we can, and
/// nobody waits for a function that is being compiled. Sanitizers want to see everything given
/// back.
int leave(int status) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !BRINK_HAS_SANITIZER
  std::fflush(nullptr);
  std::_Exit(status);
#endif
  return status;
}
#undef BRINK_HAS_SANITIZER

int run(const RunOptions& options) {
  const Result<EngineConfig> config = options.engine.config();
  if (!config.has_value()) return report_usage(config.error().message());
  const Result<StoreLimits> limits = options.engine.limits();
  if (!limits.has_value()) return report_usage(limits.error().message());
  const Result<std::string> cache = options.engine.cache_directory();
  if (!cache.has_value()) return report_usage(cache.error().message());
  const Clock::time_point start = Clock::now();
  Engine engine(*config);
  engine.use_cache(*cache);
  const Result<Module> module =
      load_module(engine, options.file(),
                  options.allow_precompiled ? Precompiled::Allowed : Precompiled::IfNamedSo);
  if (!module.has_value()) return report_error(options.file(), module.error());
  const Clock::time_point compiled = Clock::now();
  Store store(engine, *limits);
  store.set_fuel(options.engine.fuel);
  std::optional<Clock::time_point> deadline;
  if (options.engine.timeout()) {
    deadline = start + *options.engine.timeout();
    store.set_deadline(*deadline);
  }
  Costs costs;
  if (options.stats) costs.collect(store);
  Clock::time_point instantiated = compiled;
  const int status = run_in_store(options, *module, store, deadline, instantiated);
  std::fflush(stdout);
  if (options.stats) {
    print_stats(*module, store, costs, start, compiled, instantiated, options.engine.fuel);
    if (config->tier != Tier::Interpreter) print_compilations(*module, start);
  }
  return leave(status);
}

/// FILE and the guest's words are no options of the parser, so it has to be told of them.
class RunFormatter : public CLI::Formatter {
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: brink run [OPTIONS] FILE [ARGS...]\n";
  }
};

}  // namespace

std::optional<Action> plain_run(std::span<const std::string> words) {
  if (words.empty() || words.front().starts_with('-')) return std::nullopt;
  auto options = std::make_shared<RunOptions>();
  options->words.assign(words.begin(), words.end());
  return [options] { return run(*options); };
}

void add_run_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand(
      "run", "Run a program. Flags come before FILE; everything after it is the guest's");
  const auto repeated = [&](const char* flags, std::vector<std::string>& values, const char* what) {
    command->add_option(flags, values, what)->allow_extra_args(false)->type_size(1);
  };
  options->grants.add_to(*command);
  repeated("--preload", options->preloads,
           "NAME=FILE: instantiate FILE, let imports find it as NAME");
  repeated("--listen,--tcplisten", options->listeners, "grant a listening socket: ADDRESS:PORT");
  command->add_option("--argv0", options->argv0, "what the guest sees as its name");
  command->add_option("--invoke", options->invoke, "call this export, ARGS are its arguments");
  command->add_flag("--stats", options->stats, "print times and sizes at the end, to stderr");
  command->add_flag("--allow-precompiled", options->allow_precompiled,
                    "run an artifact also if it is not named *.brink");
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
