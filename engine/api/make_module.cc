// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/api/make_module.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#if BRINK_COMPILER
#include "engine/compile/runtime/tier.h"
#endif
#include "engine/decode/limits.h"
#include "engine/decode/module_decoder.h"
#include "engine/decode/module_limits.h"
#include "engine/decode/name_section.h"
#include "engine/interpret/interpreter.h"
#include "engine/platform/mapped_file.h"
#include "engine/runtime/module_state.h"
#include "engine/support/try.h"
#include "engine/text/parse.h"
#include "engine/validate/module_validator.h"

namespace brink {

using runtime::ModuleState;
using wasm::SharedBytes;

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

/// Before anything is made of them: of text, too, which is longer than its binary.
Status check_size(const Engine& engine, size_t size) {
  const std::optional<ModuleLimits>& limits = engine.config().module_limits;
  if (!limits.has_value() || size <= limits->module_bytes) return {};
  return std::unexpected(
      decode::limits::exceeded("bytes in a module", size, limits->module_bytes, 0));
}

Status check_limits(const Engine& engine, const wasm::Module& module) {
  const std::optional<ModuleLimits>& limits = engine.config().module_limits;
  return limits.has_value() ? decode::check_module_limits(module, *limits) : Status();
}

std::string name_of(const wasm::Module& module, std::string given) {
  const std::optional<std::string_view> own = decode::read_module_name(module);
  return own && !own->empty() ? std::string(*own) : std::move(given);
}

SharedBytes share(std::span<const uint8_t> bytes) {
  return std::make_shared<const std::vector<uint8_t>>(bytes.begin(), bytes.end());
}

/// A module's binary, and where in the text it came from each byte of it is.
struct Source {
  SharedBytes bytes;
  std::string_view text;
  std::optional<text::SourceMap> map;

  /// An error about the bytes as one about the text.
  template <typename T>
  Result<T> attach_position(Result<T> result) const {
    if (result.has_value() || !map) return result;
    return std::unexpected(text::attach_position(std::move(result).error(), *map, text));
  }
};

Result<Source> parse(const Engine& engine, std::string_view text) {
  BRINK_TRY(check_size(engine, text.size()));
  text::ParsedModule parsed = BRINK_TRY(
      text::parse_module(text, {.emit_names = true, .features = engine.config().features}));
  return Source{std::make_shared<const std::vector<uint8_t>>(std::move(parsed.bytes)), text,
                std::move(parsed.map)};
}

Result<Source> recognize(const Engine& engine, std::span<const uint8_t> bytes) {
  BRINK_TRY(check_size(engine, bytes.size()));
  const bool is_truncated_magic =
      !bytes.empty() && bytes.size() < sizeof kMagic && bytes[0] == kMagic[0];
  if (is_binary(bytes) || is_truncated_magic) return Source{share(bytes), {}, {}};
  if (!may_be_text(bytes))
    return make_error(ErrorKind::Malformed,
                      fmt::format("not a WebAssembly module: {}", guess_format(bytes)));
  return parse(engine, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<Module> make(const Engine& engine, const Source& source, std::string name) {
  const bool is_cached =
      !engine.state()->cache_directory.empty() && engine.state()->compiler != nullptr;
  return source.attach_position(is_cached
                                    ? api::make_through_cache(engine, source.bytes, std::move(name))
                                    : api::make_from_binary(engine, source.bytes, std::move(name)));
}

}  // namespace

namespace api {

Result<wasm::Module> decode_and_validate(const Engine& engine, SharedBytes bytes) {
  BRINK_TRY(check_size(engine, bytes->size()));
  wasm::Module module =
      BRINK_TRY(decode::decode_module(std::move(bytes), engine.config().features));
  BRINK_TRY(check_limits(engine, module));
  BRINK_TRY(validate::validate_module(module, engine.state()->registry));
  return module;
}

Result<Module> finish(const Engine& engine, wasm::Module decoded, std::string name,
                      std::shared_ptr<const compile::artifact::ArtifactFile> artifact) {
  // Of the others it is known already.
  if (artifact != nullptr) BRINK_TRY(check_limits(engine, decoded));
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
  BRINK_TRY(compile::attach(*state, std::move(artifact)));
#else
  static_cast<void>(artifact);
#endif
  return Module(std::move(state));
}

Result<Module> make_from_binary(const Engine& engine, SharedBytes bytes, std::string name) {
  return finish(engine, BRINK_TRY(decode_and_validate(engine, std::move(bytes))), std::move(name));
}

}  // namespace api

Result<Module> Module::compile(const Engine& engine, std::span<const uint8_t> bytes,
                               std::string name) {
  return make(engine, BRINK_TRY(recognize(engine, bytes)), std::move(name));
}

Result<Module> Module::compile_binary(const Engine& engine, std::span<const uint8_t> bytes,
                                      std::string name) {
  return make(engine, {share(bytes), {}, {}}, std::move(name));
}

Result<Module> Module::compile_text(const Engine& engine, std::string_view source,
                                    std::string name) {
  return make(engine, BRINK_TRY(parse(engine, source)), std::move(name));
}

Result<Module> Module::from_file(const Engine& engine, const std::filesystem::path& path) {
  const platform::MappedFile file = BRINK_TRY(platform::MappedFile::map(path.string()));
  return compile(engine, file.bytes(), path.filename().string());
}

Status Module::validate(const Engine& engine, std::span<const uint8_t> bytes) {
  const Source source = BRINK_TRY(recognize(engine, bytes));
  BRINK_TRY(source.attach_position(api::decode_and_validate(engine, source.bytes)));
  return {};
}

}  // namespace brink
