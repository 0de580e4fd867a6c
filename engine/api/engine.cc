// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Engine and Module. Here the parts meet: text, decoder, validator, and the tier that runs code.

#include "brink/engine.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "brink/trace.h"
#if BRINK_COMPILER
#include "engine/compile/runtime/tier.h"
#endif
#include "engine/decode/module_decoder.h"
#include "engine/decode/name_section.h"
#include "engine/interpret/interpreter.h"
#include "engine/platform/mapped_file.h"
#include "engine/runtime/memory.h"
#include "engine/runtime/module_state.h"
#include "engine/support/try.h"
#include "engine/text/parse.h"
#include "engine/validate/module_validator.h"

namespace brink {

using runtime::ModuleState;

Engine::Engine(EngineConfig config) : state_(std::make_shared<runtime::EngineState>()) {
  config.memory_reservation_bytes =
      runtime::affordable_reservation(config.memory_reservation_bytes);
  config.trace_execution = config.trace_execution || is_tracing(TraceChannel::Interp);
  state_->config = std::move(config);
  state_->interpreter = &interpret::tier_operations();
#if BRINK_COMPILER
  compile::install(*state_);
#endif
}

const EngineConfig& Engine::config() const {
  return state_->config;
}

bool Engine::has_compiler() {
  return BRINK_COMPILER;
}

namespace {

constexpr uint8_t kMagic[] = {0, 'a', 's', 'm'};

bool is_binary(std::span<const uint8_t> bytes) {
  return bytes.size() >= sizeof kMagic && std::equal(kMagic, kMagic + sizeof kMagic, bytes.data());
}

/// What a person who names a file that is no module most likely has in hand.
std::string guess_format(std::span<const uint8_t> bytes) {
  const auto starts_with = [&](std::string_view text) {
    return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
  };
  if (bytes.empty()) return "it is empty";
  if (starts_with("\x7f"
                  "ELF"))
    return "it is a native ELF program";
  if (starts_with("!<arch>")) return "it is an archive of object files";
  if (starts_with("\x1f\x8b")) return "it is gzip-compressed";
  if (starts_with("PK")) return "it is a zip archive";
  if (starts_with("#!")) return "it is a script";
  return "it starts with neither \"\\0asm\" nor text of the WebAssembly text format";
}

/// Whether bytes that are no binary module can be text: printable, and a parenthesis or a comment
/// comes first.
bool may_be_text(std::span<const uint8_t> bytes) {
  for (const uint8_t byte : bytes) {
    if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') continue;
    return byte == '(' || byte == ';';
  }
  return false;
}

Result<wasm::Module> decode_and_validate(const Engine& engine, wasm::SharedBytes bytes) {
  wasm::Module module =
      BRINK_TRY(decode::decode_module(std::move(bytes), engine.config().features));
  BRINK_TRY(validate::validate_module(module, engine.state()->registry));
  return module;
}

std::string name_of(const wasm::Module& module, std::string given) {
  const decode::NameSection names = decode::read_name_section(module);
  return names.module_name && !names.module_name->empty() ? std::string(*names.module_name)
                                                          : std::move(given);
}

Result<Module> finish(const Engine& engine, wasm::Module decoded, std::string name) {
  if (engine.config().tier == Tier::Compiler && !Engine::has_compiler())
    return make_error(ErrorKind::Usage, "this build of the engine has no compiler");
  std::string module_name = name_of(decoded, std::move(name));
  auto state = std::make_shared<ModuleState>(engine, std::move(decoded), std::move(module_name));
  auto code = std::make_unique<interpret::InterpreterCode>(*state);
  if (engine.config().eager_translation && engine.config().tier != Tier::Compiler) {
    const auto count = static_cast<uint32_t>(state->decoded.functions.size());
    for (uint32_t i = state->decoded.imported_functions; i < count; ++i)
      BRINK_TRY(code->translate(i));
  }
  state->interpreter_code = std::move(code);
#if BRINK_COMPILER
  BRINK_TRY(compile::attach(*state));
#endif
  return Module(std::move(state));
}

wasm::SharedBytes share(std::span<const uint8_t> bytes) {
  return std::make_shared<const std::vector<uint8_t>>(bytes.begin(), bytes.end());
}

Result<wasm::Module> module_from_text(const Engine& engine, std::string_view source) {
  text::ParsedModule parsed = BRINK_TRY(
      text::parse_module(source, {.emit_names = true, .features = engine.config().features}));
  auto bytes = std::make_shared<const std::vector<uint8_t>>(std::move(parsed.bytes));
  Result<wasm::Module> module = decode_and_validate(engine, std::move(bytes));
  if (!module.has_value())
    return std::unexpected(text::attach_position(std::move(module).error(), parsed.map, source));
  return module;
}

Result<wasm::Module> module_from_bytes(const Engine& engine, std::span<const uint8_t> bytes) {
  if (is_binary(bytes)) return decode_and_validate(engine, share(bytes));
  const bool is_truncated_magic =
      !bytes.empty() && bytes.size() < sizeof kMagic && bytes[0] == kMagic[0];
  if (!may_be_text(bytes) && !is_truncated_magic)
    return make_error(ErrorKind::Malformed,
                      fmt::format("not a WebAssembly module: {}", guess_format(bytes)));
  if (is_truncated_magic) return decode_and_validate(engine, share(bytes));
  return module_from_text(
      engine, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace

Result<Module> Module::compile(const Engine& engine, std::span<const uint8_t> bytes,
                               std::string name) {
  wasm::Module module = BRINK_TRY(module_from_bytes(engine, bytes));
  return finish(engine, std::move(module), std::move(name));
}

Result<Module> Module::compile_binary(const Engine& engine, std::span<const uint8_t> bytes,
                                      std::string name) {
  wasm::Module module = BRINK_TRY(decode_and_validate(engine, share(bytes)));
  return finish(engine, std::move(module), std::move(name));
}

Result<Module> Module::compile_text(const Engine& engine, std::string_view source,
                                    std::string name) {
  wasm::Module module = BRINK_TRY(module_from_text(engine, source));
  return finish(engine, std::move(module), std::move(name));
}

Result<Module> Module::from_file(const Engine& engine, const std::filesystem::path& path) {
  const platform::MappedFile file = BRINK_TRY(platform::MappedFile::map(path.string()));
  return compile(engine, file.bytes(), path.filename().string());
}

Status Module::validate(const Engine& engine, std::span<const uint8_t> bytes) {
  BRINK_TRY(module_from_bytes(engine, bytes));
  return {};
}

// ---- imports and exports ----

namespace {

FuncType function_type(const wasm::Module& module, uint32_t type_index) {
  return *module.registry->get(module.type_ids[type_index]).func();
}

ExternType type_of(const wasm::Module& module, const wasm::ExternDesc& desc) {
  switch (kind_of(desc)) {
    case ExternKind::Func: return function_type(module, std::get<wasm::FuncDesc>(desc).type_index);
    case ExternKind::Table: {
      TableType type = std::get<TableType>(desc);
      type.element = module.canonical(type.element);
      return type;
    }
    case ExternKind::Memory: return std::get<MemoryType>(desc);
    case ExternKind::Global: {
      GlobalType type = std::get<GlobalType>(desc);
      type.value = module.canonical(type.value);
      return type;
    }
    case ExternKind::Tag: break;
  }
  return TagType{function_type(module, std::get<wasm::TagDesc>(desc).type_index)};
}

ExternType type_of(const wasm::Module& module, ExternKind kind, uint32_t index) {
  switch (kind) {
    case ExternKind::Func:
      return type_of(module, wasm::FuncDesc{module.functions[index].type_index});
    case ExternKind::Table: return type_of(module, module.tables[index].type);
    case ExternKind::Memory: return module.memories[index];
    case ExternKind::Global: return type_of(module, module.globals[index].type);
    case ExternKind::Tag: break;
  }
  return type_of(module, wasm::TagDesc{module.tags[index]});
}

}  // namespace

std::vector<ImportType> Module::imports() const {
  std::vector<ImportType> imports;
  for (const wasm::Import& import : decoded().imports)
    imports.push_back({std::string(import.module), std::string(import.name), kind_of(import.desc),
                       type_of(decoded(), import.desc)});
  return imports;
}

std::vector<ExportType> Module::exports() const {
  std::vector<ExportType> exports;
  for (const wasm::Export& item : decoded().exports)
    exports.push_back(
        {std::string(item.name), item.kind, type_of(decoded(), item.kind, item.index)});
  return exports;
}

std::optional<ExportType> Module::find_export(std::string_view name) const {
  const auto found = state_->exports.find(name);
  if (found == state_->exports.end()) return std::nullopt;
  const wasm::Export& item = decoded().exports[found->second];
  return ExportType{std::string(item.name), item.kind, type_of(decoded(), item.kind, item.index)};
}

const std::string& Module::name() const {
  return state_->name;
}
const Engine& Module::engine() const {
  return state_->engine;
}
const wasm::Module& Module::decoded() const {
  return state_->decoded;
}

}  // namespace brink
