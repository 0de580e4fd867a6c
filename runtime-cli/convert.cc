// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// `brink parse`: text -> binary. `brink print`: binary -> text.

#include <memory>

#include "brink/engine.h"
#include "engine/decode/module_decoder.h"
#include "engine/text/printer.h"
#include "runtime-cli/command.h"
#include "runtime-cli/module_source.h"
#include "runtime-cli/report.h"

namespace brink::cli {
namespace {

struct ParseOptions {
  std::string file;
  std::string output;
  bool strip_names = false;
  bool no_check = false;
};

/// FILE.wat -> FILE.wasm; standard input -> standard output.
std::string default_output(const std::string& file) {
  if (file == "-") return "-";
  const std::string stem = file.ends_with(".wat") ? file.substr(0, file.size() - 4) : file;
  return stem + ".wasm";
}

int parse(const ParseOptions& options) {
  const Result<std::vector<uint8_t>> bytes = load_binary(options.file, !options.strip_names);
  if (!bytes.has_value()) return report_error(options.file, bytes.error());
  if (!options.no_check) {
    // From the source again, so that a mistake is shown where it is in the text.
    EngineConfig config;
    config.features = Features::all();
    const Engine engine(config);
    if (options.file != "-") {
      const Result<Module> module = load_module(engine, options.file);
      if (!module.has_value()) return report_error(options.file, module.error());
    } else if (const Status status = Module::validate(engine, *bytes); !status.has_value()) {
      return report_error(options.file, status.error());
    }
  }
  const std::string output = options.output.empty() ? default_output(options.file) : options.output;
  const std::string_view content(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  if (const Status status = write_output(output, content); !status.has_value())
    return report_error(output, status.error());
  return 0;
}

struct PrintCommandOptions {
  std::string file;
  std::string output = "-";
  text::PrintOptions print;
};

int print(const PrintCommandOptions& options) {
  const Result<std::vector<uint8_t>> bytes = load_binary(options.file, true);
  if (!bytes.has_value()) return report_error(options.file, bytes.error());
  const Result<wasm::Module> module =
      decode::decode_module(std::span<const uint8_t>(*bytes), Features::all());
  if (!module.has_value()) return report_error(options.file, module.error());
  const Result<std::string> text = text::print_module(*module, options.print);
  if (!text.has_value()) return report_error(options.file, text.error());
  if (const Status status = write_output(options.output, *text); !status.has_value())
    return report_error(options.output, status.error());
  return 0;
}

}  // namespace

void add_parse_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<ParseOptions>();
  CLI::App* command = app.add_subcommand("parse", "Convert the text format to the binary format");
  command->alias("wat2wasm");
  command->add_option("FILE", options->file, "text module; - for standard input")->required();
  command->add_option("-o,--output", options->output, "where to write; - for standard output");
  command->add_flag("--strip-names", options->strip_names, "leave the name section out");
  command->add_flag("--no-check", options->no_check, "write modules that do not validate, too");
  command->callback([&action, options] { action = [options] { return parse(*options); }; });
}

void add_print_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<PrintCommandOptions>();
  CLI::App* command = app.add_subcommand("print", "Convert the binary format to the text format");
  command->alias("wasm2wat");
  command->add_option("FILE", options->file, "module; - for standard input")->required();
  command->add_option("-o,--output", options->output, "where to write; default standard output");
  command->add_flag("--fold", options->print.fold, "fold instructions into S-expressions");
  command->add_flag("--skeleton", options->print.skeleton, "leave bodies, data and elements out");
  command->add_flag("--name-unnamed", options->print.name_unnamed, "give names to all");
  command->add_flag("--offsets", options->print.print_offsets, "show byte offsets");
  command->callback([&action, options] { action = [options] { return print(*options); }; });
}

}  // namespace brink::cli
