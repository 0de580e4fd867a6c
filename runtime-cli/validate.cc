// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// `brink validate FILE...`

#include <memory>

#include "runtime-cli/command.h"
#include "runtime-cli/engine_options.h"
#include "runtime-cli/module_source.h"
#include "runtime-cli/report.h"

namespace brink::cli {

void add_validate_command(CLI::App& app, Action& action) {
  struct Options {
    std::vector<std::string> files;
    std::vector<std::string> features;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("validate", "Check that modules are valid");
  command->add_option("-W,--wasm", options->features, "FEATURE[=y|n]; may be repeated")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_size(1);
  command->add_option("FILE", options->files, "binary or text module; - for standard input")
      ->required();
  command->callback([&action, options] {
    action = [options] {
      EngineConfig config;
      for (const std::string& entry : options->features)
        if (const Status status = apply_feature(config.features, entry); !status.has_value())
          return report_usage(status.error().message());
      const Engine engine(config);
      int status = 0;
      for (const std::string& file : options->files) {
        const Result<Module> module = load_module(engine, file);
        if (!module.has_value()) status = report_error(file, module.error());
      }
      return status;
    };
  });
}

}  // namespace brink::cli
