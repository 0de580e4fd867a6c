// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// `brink inspect FILE`: what is in a module, and what the stages make of it.

#include <charconv>
#include <cstdio>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "brink/artifact.h"
#include "brink/inspect.h"
#include "engine/decode/module_decoder.h"
#include "engine/decode/name_section.h"
#include "engine/support/try.h"
#include "engine/text/inspect.h"
#include "runtime-cli/command.h"
#include "runtime-cli/module_source.h"
#include "runtime-cli/report.h"

namespace brink::cli {
namespace {

struct InspectCommandOptions {
  std::string file;
  std::string function;
  bool definitions = false;
  bool disassemble = false;
  bool bytecode = false;
  bool ir = false;
  bool assembly = false;
};

void write_stdout(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

/// A function by index, name or export.
std::optional<uint32_t> find_function(const wasm::Module& module, const std::string& what) {
  uint32_t index = 0;
  const auto [end, error] = std::from_chars(what.data(), what.data() + what.size(), index);
  if (error == std::errc() && end == what.data() + what.size())
    return index < module.functions.size() ? std::optional(index) : std::nullopt;
  for (const decode::NameAssociation& name : decode::read_function_names(module))
    if (name.name == what) return name.index;
  for (const wasm::Export& item : module.exports)
    if (item.kind == ExternKind::Func && item.name == what) return item.index;
  return std::nullopt;
}

/// What makes a function's code readable, at one stage.
using Lister = Result<std::string> (*)(const Module& module, uint32_t function_index);

int print_code(const InspectCommandOptions& options, std::span<const uint8_t> bytes,
               std::optional<uint32_t> chosen, Lister list) {
  EngineConfig config;
  config.features = Features::all();
  const Result<Module> module = Module::compile_binary(Engine(config), bytes, options.file);
  if (!module.has_value()) return report_error(options.file, module.error());
  const wasm::Module& decoded = module->decoded();
  const auto count = static_cast<uint32_t>(decoded.functions.size());
  const uint32_t first = chosen.value_or(decoded.imported_functions);
  const uint32_t end = chosen ? *chosen + 1 : count;
  for (uint32_t i = first; i < end; ++i) {
    const Result<std::string> listing = list(*module, i);
    if (!listing.has_value()) return report_error(options.file, listing.error());
    write_stdout(*listing);
  }
  return 0;
}

/// What an artifact says of itself; what is in its module is shown like any module's.
Status print_artifact(std::span<const uint8_t> bytes) {
  const ArtifactInfo info = BRINK_TRY(read_artifact_info(bytes));
  fmt::print("artifact of brink {} (build {:016x}), {} bytes\n", info.engine_version,
             info.engine_fingerprint, info.file_bytes);
  fmt::print("  processor: {}\n", info.cpu_features);
  fmt::print("  options:   {}, {}\n", info.consume_fuel ? "counts fuel" : "counts no fuel",
             info.guarded_memories ? "guarded memories" : "checks every access");
  fmt::print("  code:      {} bytes, {} of {} functions compiled\n\n", info.code_bytes,
             info.compiled_functions, info.functions);
  return {};
}

int inspect(const InspectCommandOptions& options) {
  Result<std::vector<uint8_t>> bytes = read_input(options.file);
  if (!bytes.has_value()) return report_error(options.file, bytes.error());
  if (is_artifact(*bytes) && options.function.empty())
    if (const Status status = print_artifact(*bytes); !status.has_value())
      return report_error(options.file, status.error());
  bytes = to_binary(*std::move(bytes), true);
  if (!bytes.has_value()) return report_error(options.file, bytes.error());
  const Result<wasm::Module> module =
      decode::decode_module(std::span<const uint8_t>(*bytes), Features::all());
  if (!module.has_value()) return report_error(options.file, module.error());
  std::optional<uint32_t> chosen;
  if (!options.function.empty()) {
    chosen = find_function(*module, options.function);
    if (!chosen)
      return report_error(
          fmt::format("{}: no function '{}'; name an index below {}, a name or an export",
                      options.file, options.function, module->functions.size()));
  }
  const std::pair<bool, Lister> stages[] = {
      {options.bytecode, list_bytecode}, {options.ir, list_ir}, {options.assembly, list_assembly}};
  bool any = false;
  for (const auto& [wanted, lister] : stages) {
    if (!wanted) continue;
    any = true;
    if (const int status = print_code(options, *bytes, chosen, lister); status != 0) return status;
  }
  if (any) return 0;
  if (chosen) {
    text::list_function(*module, *chosen, {}, write_stdout);
    return 0;
  }
  text::InspectOptions what;
  what.definitions = options.definitions;
  text::inspect_module(*module, what, write_stdout);
  if (options.disassemble) text::list_functions(*module, {}, write_stdout);
  return 0;
}

}  // namespace

void add_inspect_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<InspectCommandOptions>();
  CLI::App* command = app.add_subcommand("inspect", "Show sections, imports, exports, sizes, code");
  command->alias("objdump");
  command->add_option("FILE", options->file, "module; - for standard input")->required();
  command->add_flag("-a,--all", options->definitions, "also everything the module defines");
  command->add_flag("-d,--disassemble", options->disassemble, "also the instructions");
  command->add_option("--func", options->function, "only this function: index, name or export");
  command->add_flag("--bytecode", options->bytecode, "the interpreter's code");
  command->add_flag("--ir", options->ir, "the compiler's SSA, as built and after the passes");
  command->add_flag("--asm", options->assembly, "the compiler's machine code, for this processor");
  command->callback([&action, options] { action = [options] { return inspect(*options); }; });
}

}  // namespace brink::cli
