// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// `brink snapshot FILE -o OUTPUT`: runs a program's initialization and writes a module that starts
// where it ended. What runs, in this order:
//
//     start function              always; the new module has none
//     _initialize                 if it is exported (WASI: a reactor)
//     --init-func NAME            else wizer.initialize or wizer-initialize, if exported
//
// One of the last two has to be there.

#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "brink/linker.h"
#include "brink/snapshot.h"
#include "brink/wasi.h"
#include "runtime-cli/command.h"
#include "runtime-cli/engine_options.h"
#include "runtime-cli/module_source.h"
#include "runtime-cli/report.h"
#include "runtime-cli/wasi_grants.h"

namespace brink::cli {
namespace {

struct SnapshotCommandOptions {
  EngineOptions engine;
  WasiGrants grants;
  std::string file;
  std::string output;
  std::string init_func;
  bool keep_init_func = false;
  std::vector<std::string> renames;
};

/// What initializes a module: the names of its functions, in the order they are called.
Result<std::vector<std::string>> initializers(const SnapshotCommandOptions& options,
                                              const Instance& instance) {
  std::vector<std::string> names;
  if (instance.func("_initialize") && options.init_func != "_initialize")
    names.emplace_back("_initialize");
  if (!options.init_func.empty()) {
    if (!instance.func(options.init_func))
      return make_error(ErrorKind::Usage,
                        fmt::format("it exports no function '{}'", options.init_func));
    names.push_back(options.init_func);
    return names;
  }
  for (const char* name : {"wizer.initialize", "wizer-initialize"}) {
    if (!instance.func(name)) continue;
    names.emplace_back(name);
    break;
  }
  if (names.empty())
    return make_error(ErrorKind::Usage,
                      "nothing initializes it: it exports neither '_initialize' nor "
                      "'wizer.initialize'; name another function with --init-func");
  return names;
}

Result<SnapshotOptions> snapshot_options(const SnapshotCommandOptions& options,
                                         std::vector<std::string> called) {
  SnapshotOptions result;
  if (!options.keep_init_func) result.removed_exports = std::move(called);
  for (const std::string& rename : options.renames) {
    const size_t equals = rename.find('=');
    if (equals == std::string::npos)
      return make_error(ErrorKind::Usage,
                        fmt::format("--rename-func wants NEW=OLD, not '{}'", rename));
    result.renamed_exports.emplace_back(rename.substr(0, equals), rename.substr(equals + 1));
  }
  return result;
}

/// Imports that nobody provides become functions that may not be called meanwhile.
void define_missing(Linker& linker, const Module& module) {
  for (const ImportType& import : module.imports()) {
    const auto* type = std::get_if<FuncType>(&import.type);
    if (type == nullptr || linker.find(import.module, import.name) != nullptr) continue;
    const std::string message = fmt::format(
        "the import \"{}\" \"{}\" was called; imports other than WASI are not there "
        "during initialization",
        import.module, import.name);
    const Func stub = Func::create(
        linker.store(), *type,
        [message](Caller&, std::span<const Value>, std::span<Value>) -> CallResult<void> {
          return make_trap(message);
        });
    (void)linker.define(import.module, import.name, stub);
  }
}

int write_snapshot(const SnapshotCommandOptions& options, const Instance& instance,
                   std::vector<std::string> called) {
  const Result<SnapshotOptions> what = snapshot_options(options, std::move(called));
  if (!what.has_value()) return report_usage(what.error().message());
  const Result<std::vector<uint8_t>> bytes = take_snapshot(instance, *what);
  if (!bytes.has_value()) return report_error(options.file, bytes.error());
  const std::string_view content(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  if (const Status status = write_output(options.output, content); !status.has_value())
    return report_error(options.output, status.error());
  return 0;
}

int run_in_store(const SnapshotCommandOptions& options, const Module& module, Store& store) {
  wasi::WasiConfig config;
  config.args({options.file}).inherit_stdio();
  options.grants.apply_to(config);
  const auto wasi = wasi::Wasi::create(std::move(config));
  if (!wasi.has_value()) return report_error("", wasi.error());
  Linker linker(store);
  if (const Status status = (*wasi)->add_to_linker(linker); !status.has_value())
    return report_error("", status.error());
  define_missing(linker, module);
  const auto instance = linker.instantiate(module);
  if (!instance.has_value()) return report_failure(options.file, instance.error());
  Result<std::vector<std::string>> names = initializers(options, *instance);
  if (!names.has_value()) return report_error(options.file, names.error());
  for (const std::string& name : *names)
    if (const auto result = instance->func(name)->call({}); !result.has_value())
      return report_trap(options.file, result.error());
  if ((*wasi)->has_changed_files())
    return report_error(fmt::format(
        "{}: cannot be kept in a snapshot: files that the initialization has opened or closed",
        options.file));
  return write_snapshot(options, *instance, *std::move(names));
}

int snapshot(const SnapshotCommandOptions& options) {
  const Result<EngineConfig> config = options.engine.config();
  if (!config.has_value()) return report_usage(config.error().message());
  const Result<StoreLimits> limits = options.engine.limits();
  if (!limits.has_value()) return report_usage(limits.error().message());
  const Engine engine(*config);
  const Result<Module> module = load_module(engine, options.file);
  if (!module.has_value()) return report_error(options.file, module.error());
  Store store(engine, *limits);
  store.set_fuel(options.engine.fuel);
  if (options.engine.timeout())
    store.set_deadline(std::chrono::steady_clock::now() + *options.engine.timeout());
  return run_in_store(options, *module, store);
}

}  // namespace

void add_snapshot_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<SnapshotCommandOptions>();
  CLI::App* command = app.add_subcommand(
      "snapshot", "Run a program's initialization, write a module that starts where it ended");
  command->alias("wizer");
  command->add_option("FILE", options->file, "module; - for standard input")->required();
  command->add_option("-o,--output", options->output, "where to write; - for standard output")
      ->required();
  command->add_option("--init-func", options->init_func,
                      "the export that initializes; default wizer.initialize");
  command->add_flag("--keep-init-func", options->keep_init_func,
                    "go on exporting the functions that were called");
  command->add_option("--rename-func", options->renames, "NEW=OLD: export OLD as NEW")
      ->allow_extra_args(false)
      ->type_size(1);
  options->grants.add_to(*command);
  options->engine.add_to(*command);
  command->callback([&action, options] { action = [options] { return snapshot(*options); }; });
}

}  // namespace brink::cli
