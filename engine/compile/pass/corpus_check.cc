// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Builds, optimizes and verifies the IR of every function of every module below some folders
// (.wasm, .wat, and the valid modules of .wast scripts), and says how fast that went:
//
//     compile_corpus FOLDER...
//
// Files named in BRINK_PRINT_IR=<substring> are printed.

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "engine/compile/ir/builder.h"
#include "engine/compile/ir/printer.h"
#include "engine/compile/ir/verifier.h"
#include "engine/compile/pass/optimize.h"
#include "engine/decode/module_decoder.h"
#include "engine/text/script.h"
#include "engine/validate/module_validator.h"

namespace brink::compile {

using ir::Block;
using ir::build;
using ir::Function;
using ir::verify;

namespace {

namespace fs = std::filesystem;

class Corpus {
 public:
  void add_path(const fs::path& path) {
    if (!fs::is_directory(path)) return add_file(path);
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(path))
      if (entry.is_regular_file()) files.push_back(entry.path());
    std::ranges::sort(files);
    for (const fs::path& file : files) add_file(file);
  }

  int report() const {
    fmt::print("{} modules, {} functions, {} beyond limits, {} complaints\n", modules_, functions_,
               limits_, complaints_);
    const double megabytes = static_cast<double>(bytes_) / 1e6;
    fmt::print(
        "{:.1f} MB of bodies; built at {:.1f} MB/s: {} instructions, {} parameters, {} blocks\n",
        megabytes, megabytes / std::max(seconds_, 1e-9), insts_, params_, blocks_);
    fmt::print("optimized at {:.1f} MB/s: {} instructions, {} parameters, {} blocks\n",
               megabytes / std::max(pass_seconds_, 1e-9), kept_insts_, kept_params_, kept_blocks_);
    return complaints_ == 0 ? 0 : 1;
  }

 private:
  void add_file(const fs::path& path) {
    const std::string extension = path.extension();
    if (extension != ".wasm" && extension != ".wat" && extension != ".wast") return;
    std::ifstream stream(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    name_ = path.string();
    if (extension == ".wasm") return add_module({text.begin(), text.end()});
    const Result<text::Script> script = text::parse_script(text);
    if (script.has_value())
      for (const text::ScriptCommand& command : script->commands) add_command(*script, command);
  }

  void add_command(const text::Script& script, const text::ScriptCommand& command) {
    for (const text::ScriptCommand& inner : command.commands) add_command(script, inner);
    if (!command.module) return;
    Result<text::ParsedModule> module = text::encode_module(script, *command.module);
    if (module.has_value()) add_module(std::move(module->bytes));
  }

  void add_module(std::vector<uint8_t> bytes) {
    Result<wasm::Module> module = decode::decode_module(
        std::make_shared<const std::vector<uint8_t>>(std::move(bytes)), Features::all());
    if (!module.has_value()) return;
    if (!validate::validate_module(*module, std::make_shared<TypeRegistry>()).has_value()) return;
    ++modules_;
    // With all kinds of memories, and with fuel.
    for (const bool is_plain : {true, false}) {
      EngineConfig config;
      config.consume_fuel = !is_plain;
      runtime::ObjectLayouts layouts(*module->registry);
      ModuleContext context{*module, config, layouts, {}, {}};
      for (const MemoryType& memory : module->memories)
        context.memory_is_guarded.push_back(is_plain && memory.address == AddressType::I32 &&
                                            memory.page_size_log2 != 0);
      add_functions(context);
    }
  }

  /// Each stage for all functions at once, so that the clock is read seldom.
  void add_functions(const ModuleContext& context) {
    const wasm::Module& module = context.module;
    std::vector<Result<Function>> functions;
    functions.reserve(module.functions.size());
    std::clock_t start = std::clock();
    for (uint32_t i = module.imported_functions; i < module.functions.size(); ++i)
      functions.push_back(build(context, i));
    seconds_ += seconds_since(start);
    for (const Result<Function>& function : functions) add_built(context, function);
    start = std::clock();
    for (Result<Function>& function : functions)
      if (function.has_value()) optimize(context, *function);
    pass_seconds_ += seconds_since(start);
    for (const Result<Function>& function : functions)
      if (function.has_value()) add_optimized(context, *function);
  }

  void add_built(const ModuleContext& context, const Result<Function>& function) {
    ++functions_;
    if (!function.has_value()) {
      ++limits_;
      fmt::print("{}: {}\n", name_, function.error().message());
      return;
    }
    bytes_ += context.module.functions[function->function_index].body.size;
    blocks_ += function->blocks.size();
    for (const Block& block : function->blocks) {
      insts_ += block.insts.size();
      params_ += block.params.size();
    }
    check("built", context, *function);
  }

  void add_optimized(const ModuleContext& context, const Function& function) {
    kept_blocks_ += function.blocks.size();
    for (const Block& block : function.blocks) {
      kept_insts_ += block.insts.size();
      kept_params_ += block.params.size();
    }
    check("optimized", context, function);
  }

  void check(const char* stage, const ModuleContext& context, const Function& function) {
    const char* wanted = std::getenv("BRINK_PRINT_IR");
    const bool is_wanted = wanted != nullptr && name_.find(wanted) != std::string::npos;
    const std::string complaints = verify(function, *context.module.registry);
    if (!complaints.empty()) ++complaints_;
    if (is_wanted || !complaints.empty())
      fmt::print("{} {}: {}{}\n", name_, stage, complaints, ir::to_text(function));
  }

  static double seconds_since(std::clock_t start) {
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  }

  std::string name_;
  uint64_t modules_ = 0, functions_ = 0, limits_ = 0, complaints_ = 0;
  uint64_t bytes_ = 0, insts_ = 0, blocks_ = 0, params_ = 0;
  uint64_t kept_insts_ = 0, kept_blocks_ = 0, kept_params_ = 0;
  double seconds_ = 0, pass_seconds_ = 0;
};

}  // namespace
}  // namespace brink::compile

int main(int argc, char** argv) {
  brink::compile::Corpus corpus;
  for (int i = 1; i < argc; ++i) corpus.add_path(argv[i]);
  return corpus.report();
}
