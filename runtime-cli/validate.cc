// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// `brink validate FILE...`

#include <memory>

#include "brink/engine.h"
#include "runtime-cli/command.h"
#include "runtime-cli/report.h"

namespace brink::cli {

void add_validate_command(CLI::App& app, Action& action) {
  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("validate", "Check that modules are valid");
  command->add_option("FILE", *files, "binary or text module")->required();
  command->callback([&action, files] {
    action = [files] {
      const Engine engine;
      int status = 0;
      for (const std::string& file : *files) {
        const Result<Module> module = Module::from_file(engine, file);
        if (!module.has_value()) status = report_error(file, module.error());
      }
      return status;
    };
  });
}

}  // namespace brink::cli
