// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Golden tests: each .wat below a stage's folder ends with what that stage makes of it, in lines
// that begin with ";; ". Set BRINK_BLESS=1 to write the present output into the files.
//
//     bytecode/  for the interpreter
//     asm/       x86-64, for a processor with AVX2 and BMI2; with "(; cpu: plain ;)" in the file
//     for
//                one without anything beyond the baseline

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <catch2/catch.hpp>

#include "brink/inspect.h"
#if defined(BRINK_HAS_COMPILER)
#include "engine/compile/compiler.h"
#endif
#include "engine/wasm/module.h"

namespace brink {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = ";; ";

struct Golden {
  std::string source;    ///< up to the expected output
  std::string expected;  ///< without the marks
};

Golden read(const fs::path& path) {
  std::ifstream stream(path);
  REQUIRE(stream.good());
  std::string line;
  Golden golden;
  while (std::getline(stream, line)) {
    if (line.starts_with(kMark))
      golden.expected += line.substr(kMark.size()) + "\n";
    else
      golden.source += line + "\n";
  }
  return golden;
}

void bless(const fs::path& path, const Golden& golden, const std::string& actual) {
  std::ofstream stream(path);
  stream << golden.source;
  std::istringstream lines(actual);
  for (std::string line; std::getline(lines, line);) stream << kMark << line << "\n";
}

/// Removes what the layout of columns leaves at line ends, and positions in the module, which
/// change with everything in front of them.
std::string without_noise(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("; @ ")) continue;
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string list_all(const std::string& source) {
  const Result<Module> module = Module::compile_text(Engine(), source);
  if (!module.has_value()) return module.error().to_string();
  std::string out;
  const auto count = static_cast<uint32_t>(module->decoded().functions.size());
  for (uint32_t i = module->decoded().imported_functions; i < count; ++i) {
    const Result<std::string> listing = list_bytecode(*module, i);
    out += listing.has_value() ? *listing : listing.error().to_string();
  }
  return without_noise(out);
}

#if defined(BRINK_HAS_COMPILER)
platform::CpuFeatures common_cpu() {
  using platform::CpuFeature;
  platform::CpuFeatures cpu;
  for (const CpuFeature feature :
       {CpuFeature::Sse3, CpuFeature::Ssse3, CpuFeature::Sse41, CpuFeature::Sse42,
        CpuFeature::Popcnt, CpuFeature::Lzcnt, CpuFeature::Bmi1, CpuFeature::Bmi2, CpuFeature::Avx,
        CpuFeature::Avx2, CpuFeature::Fma, CpuFeature::Cx16})
    cpu.set(feature);
  return cpu;
}

std::string assembly_of_all(const std::string& source) {
  const Result<Module> compiled = Module::compile_text(Engine(), source);
  if (!compiled.has_value()) return compiled.error().to_string();
  const wasm::Module& module = compiled->decoded();
  const bool is_plain = source.find("(; cpu: plain ;)") != source.npos;
  const EngineConfig config;
  runtime::ObjectLayouts layouts(*module.registry);
  compile::ModuleContext context{
      module, config, layouts, is_plain ? platform::CpuFeatures() : common_cpu(), {}};
  for (const MemoryType& memory : module.memories)
    context.memory_is_guarded.push_back(memory.address == AddressType::I32);
  std::string out;
  for (uint32_t i = module.imported_functions; i < module.functions.size(); ++i) {
    compile::Listing listing{.wants_assembly = true, .text = {}};
    const auto code = compile::compile_function(context, i, &listing);
    out += "function " + std::to_string(i) + "\n";
    out += code.has_value() ? listing.text : code.error().to_string();
  }
  return without_noise(out);
}
#endif

void check_folder(const char* folder, std::string (*produce)(const std::string& source)) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(BRINK_GOLDEN_DIR) / folder))
    if (entry.path().extension() == ".wat") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  REQUIRE_FALSE(files.empty());
  for (const fs::path& file : files) {
    DYNAMIC_SECTION(file.filename().string()) {
      const Golden golden = read(file);
      const std::string actual = produce(golden.source);
      if (std::getenv("BRINK_BLESS") != nullptr)
        bless(file, golden, actual);
      else
        CHECK(actual == golden.expected);
    }
  }
}

TEST_CASE("bytecode goldens") {
  check_folder("bytecode", list_all);
}

#if defined(BRINK_HAS_COMPILER)
TEST_CASE("assembly goldens") {
  check_folder("asm", assembly_of_all);
}
#endif

}  // namespace
}  // namespace brink
