// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Brink's side of the differential check: runs a file of modules as the generator writes it
// (generator/src/main.rs has the format) and prints one line per module with what came of each
// item:
//
//     SEED REPORT...       n: "ok", or why there is no instance; f: its results with commas
//                          between them, or "trap:MESSAGE"; m: "PAGES/CRC32"; g: the value
//
// Values are a type's letter and hexadecimal digits, references "null" or "ref". An item that
// needs an instance and finds none reports "-".

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "brink/store.h"

namespace {

using brink::ValType;
using brink::Value;

uint32_t crc32(std::span<const uint8_t> bytes) {
  static constexpr auto kTable = [] {
    std::array<uint32_t, 256> table = {};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t crc = i;
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
      table[i] = crc;
    }
    return table;
  }();
  uint32_t crc = ~0u;
  for (const uint8_t byte : bytes) crc = crc >> 8 ^ kTable[(crc ^ byte) & 0xff];
  return ~crc;
}

uint64_t parse_hex(std::string_view digits) {
  uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

Value parse_value(std::string_view text, ValType type) {
  const std::string_view digits = text.substr(1);
  if (text[0] == 'v')
    return Value::v128({{parse_hex(digits.substr(16)), parse_hex(digits.substr(0, 16))}});
  if (type.is_ref()) return Value::null(type.heap());
  return Value::from_words(type, {{parse_hex(digits), 0}});
}

std::string describe(const Value& value) {
  const auto [low, high] = value.words().words;
  switch (value.type().kind()) {
    case brink::ValKind::I32: return fmt::format("i{:x}", static_cast<uint32_t>(low));
    case brink::ValKind::F32: return fmt::format("f{:x}", static_cast<uint32_t>(low));
    case brink::ValKind::I64: return fmt::format("l{:x}", low);
    case brink::ValKind::F64: return fmt::format("d{:x}", low);
    case brink::ValKind::V128: return fmt::format("v{:016x}{:016x}", high, low);
    default: return value.is_null() ? "null" : "ref";
  }
}

std::string describe(const brink::Trap& trap) {
  std::string text = "trap:" + std::string(to_string(trap.code));
  for (char& c : text)
    if (c == ' ') c = '_';
  return text;
}

class Session {
 public:
  Session(const brink::Engine& engine, std::span<const uint8_t> bytes)
      : engine_(engine), module_(brink::Module::compile_binary(engine, bytes)) {
    if (module_.has_value()) exports_ = module_->exports();
  }

  std::string run(std::string_view item) {
    const std::vector<std::string_view> parts = split(item, ':');
    if (parts[0] == "n") return instantiate();
    if (!instance_) return "-";
    uint32_t number = 0;
    std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), number);
    const std::string& name = exports_[number].name;
    if (parts[0] == "f") return call(*instance_->func(name), parts[2]);
    if (parts[0] == "g") return describe(instance_->global(name)->get());
    const brink::Memory memory = *instance_->memory(name);
    return fmt::format("{}/{:08x}", memory.size_pages(), crc32(memory.data()));
  }

 private:
  std::string instantiate() {
    instance_.reset();
    store_.reset();
    if (!module_.has_value())
      return module_.error().kind() == brink::ErrorKind::Limit ? "limit" : "invalid";
    store_.emplace(engine_);
    auto instance = brink::Instance::create(*store_, *module_, {});
    if (instance.has_value()) {
      instance_ = *instance;
      return "ok";
    }
    if (const auto* trap = std::get_if<brink::Trap>(&instance.error())) return describe(*trap);
    const auto& error = std::get<brink::Error>(instance.error());
    return error.kind() == brink::ErrorKind::Limit ? "limit" : "unlinkable";
  }

  static std::string call(const brink::Func& function, std::string_view texts) {
    const brink::FuncType type = function.type();
    std::vector<Value> args;
    for (const std::string_view text : split(texts, ','))
      args.push_back(parse_value(text, type.params[args.size()]));
    const auto results = function.call(args);
    if (!results.has_value()) return describe(results.error());
    std::string report = "=";
    for (const Value& value : *results) report += describe(value) + ",";
    return report;
  }

  const brink::Engine& engine_;
  brink::Result<brink::Module> module_;
  std::vector<brink::ExportType> exports_;
  std::optional<brink::Store> store_;
  std::optional<brink::Instance> instance_;
};

/// "interp", "jit" or "auto"; with "+loop-stress" behind it, going over to compiled code in each
/// loop; with "+gc-stress" behind that, collecting at every allocation.
std::optional<brink::EngineConfig> config_from(std::string_view name) {
  brink::EngineConfig config;
  constexpr std::string_view kStress = "+gc-stress";
  config.gc_stress = name.ends_with(kStress);
  if (config.gc_stress) name.remove_suffix(kStress.size());
  constexpr std::string_view kLoopStress = "+loop-stress";
  config.loop_stress = name.ends_with(kLoopStress);
  if (config.loop_stress) name.remove_suffix(kLoopStress.size());
  if (name == "interp")
    config.tier = brink::Tier::Interpreter;
  else if (name == "jit" && brink::Engine::has_compiler())
    config.tier = brink::Tier::Compiler;
  else if (name != "auto")
    return std::nullopt;
  return config;
}

/// Runs all modules; the line's end is written at once, so that a crash shows where it was.
int run_file(const brink::Engine& engine, std::istream& file) {
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    uint64_t seed = 0;
    size_t size = 0;
    words >> seed >> size;
    std::vector<uint8_t> bytes(size);
    if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
      return 1;
    fmt::print("{}", seed);
    std::fflush(stdout);
    Session session(engine, bytes);
    for (std::string item; words >> item;) fmt::print(" {}", session.run(item));
    fmt::print("\n");
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto config = argc == 3 ? config_from(argv[2]) : std::nullopt;
  if (!config) {
    fmt::print(
        stderr,
        "usage: differential_execute FILE ENGINE\n"
        "ENGINE is interp, auto or, in a build with the compiler, jit; +loop-stress, +gc-stress may follow\n");
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  return run_file(brink::Engine(*config), file);
}
