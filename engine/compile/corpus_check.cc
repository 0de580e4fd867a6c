// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Compiles every function of every module below some folders (.wasm, .wat, and the valid modules of
// .wast scripts), for a plain processor and for this one, with guarded and with checked memories,
// verifies each stage, and says how fast that went and how large the code is:
//
//     code_corpus FOLDER...
//
// BRINK_PRINT_CODE=<function index> prints all stages of that function.

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "engine/compile/compiler.h"
#include "engine/compile/ir/builder.h"
#include "engine/compile/pass/optimize.h"
#include "engine/compile/x64/abi.h"
#include "engine/compile/x64/lower.h"
#include "engine/decode/module_decoder.h"
#include "engine/text/script.h"
#include "engine/validate/module_validator.h"

namespace brink::compile {
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
    fmt::print("{} functions, {} beyond limits, {} complaints\n", functions_, limits_, complaints_);
    fmt::print(
        "{:.1f} MB of bodies, {:.2f} MB/s; {:.2f} bytes of code per byte\n", bytes_ / 1e6,
        bytes_ / 1e6 / std::max(seconds_, 1e-9),
        static_cast<double>(code_bytes_) / static_cast<double>(std::max<uint64_t>(bytes_, 1)));
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
    for (const bool is_plain : {false, true}) {
      EngineConfig config;
      config.consume_fuel = is_plain;
      runtime::ObjectLayouts layouts(*module->registry);
      const platform::CpuFeatures cpu =
          is_plain ? platform::CpuFeatures() : platform::cpu_features();
      ModuleContext context{*module, config, layouts, cpu, {}};
      for (const MemoryType& memory : module->memories)
        context.memory_is_guarded.push_back(!is_plain && memory.address == AddressType::I32 &&
                                            memory.page_size_log2 != 0);
      for (uint32_t i = module->imported_functions; i < module->functions.size(); ++i)
        add_function(context, i);
    }
  }

  void add_function(const ModuleContext& context, uint32_t index) {
    const char* wanted = std::getenv("BRINK_PRINT_CODE");
    Listing listing{true, true, true, {}};
    const bool is_wanted = wanted != nullptr && std::atoi(wanted) == static_cast<int>(index);
    ++functions_;
    bytes_ += context.module.functions[index].body.size;
    const std::string complaints = verify_stages(context, index);
    if (!complaints.empty()) {
      ++complaints_;
      fmt::print("{}: function {}:\n{}\n", name_, index, complaints);
      return;
    }
    const std::clock_t start = std::clock();
    const Result<CodeObject> code =
        compile_function(context, index, is_wanted ? &listing : nullptr);
    seconds_ += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    if (is_wanted) fmt::print("{}", listing.text);
    if (code.has_value())
      code_bytes_ += code->code.size();
    else
      ++limits_;
  }

  std::string verify_stages(const ModuleContext& context, uint32_t index) const {
    Result<ir::Function> function = ir::build(context, index);
    if (!function.has_value()) return {};
    optimize(context, *function);
    const x64::LoweredFunction lowered = x64::lower(context, *function);
    std::string complaints = verify(lowered.machine);
    if (!complaints.empty()) return complaints;
    const Allocation allocation = allocate_registers(lowered.machine, x64::register_file());
    return check_allocation(lowered.machine, x64::register_file(), allocation);
  }

  std::string name_;
  uint64_t functions_ = 0, limits_ = 0, complaints_ = 0;
  uint64_t bytes_ = 0, code_bytes_ = 0;
  double seconds_ = 0;
};

}  // namespace
}  // namespace brink::compile

int main(int argc, char** argv) {
  brink::compile::Corpus corpus;
  for (int i = 1; i < argc; ++i) corpus.add_path(argv[i]);
  return corpus.report();
}
