// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "runtime-cli/module_source.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "brink/artifact.h"
#include "engine/support/try.h"
#include "engine/text/parse.h"

namespace brink::cli {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin && file != stdout) std::fclose(file);
  }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

std::unexpected<Error> system_error(std::string_view what, const std::string& file) {
  return make_error(ErrorKind::Io,
                    fmt::format("cannot {} '{}': {}", what, file, std::strerror(errno)));
}

std::string_view as_text(const std::vector<uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<std::vector<uint8_t>> read_input(const std::string& file) {
  const File stream(file == "-" ? stdin : std::fopen(file.c_str(), "rb"));
  if (stream == nullptr) return system_error("read", file);
  std::vector<uint8_t> bytes;
  uint8_t buffer[65536];
  size_t count;
  while ((count = std::fread(buffer, 1, sizeof buffer, stream.get())) != 0)
    bytes.insert(bytes.end(), buffer, buffer + count);
  if (std::ferror(stream.get()) != 0) return system_error("read", file);
  return bytes;
}

Status write_output(const std::string& file, std::string_view bytes) {
  const File stream(file == "-" ? stdout : std::fopen(file.c_str(), "wb"));
  if (stream == nullptr) return system_error("write", file);
  if (std::fwrite(bytes.data(), 1, bytes.size(), stream.get()) != bytes.size() ||
      std::fflush(stream.get()) != 0)
    return system_error("write", file);
  return {};
}

namespace {

constexpr std::string_view kArtifactEnding = ".brink";

/// Also if it is called one and is an ELF file: then the reason why it is none is of interest.
bool looks_like_artifact(const std::string& file) {
  std::vector<uint8_t> bytes(512);
  const File stream(std::fopen(file.c_str(), "rb"));
  bytes.resize(stream == nullptr ? 0 : std::fread(bytes.data(), 1, bytes.size(), stream.get()));
  const bool is_elf = !bytes.empty() && bytes[0] == 0x7f;
  return is_artifact(bytes) || (is_elf && file.ends_with(kArtifactEnding));
}

Status check_precompiled(const std::string& file, Precompiled precompiled) {
  if (precompiled == Precompiled::Allowed || file.ends_with(kArtifactEnding)) return {};
  return make_error(ErrorKind::Artifact,
                    "compiled code, which runs without validation, does not hide behind another "
                    "name; if you trust it, pass --allow-precompiled or name it *.brink");
}

}  // namespace

Result<Module> load_module(const Engine& engine, const std::string& file, Precompiled precompiled) {
  if (file == "-") {
    const std::vector<uint8_t> bytes = BRINK_TRY(read_input(file));
    if (!is_artifact(bytes)) return Module::compile(engine, bytes, "stdin");
    BRINK_TRY(check_precompiled(file, precompiled));
    return Module::deserialize(engine, bytes, "stdin");
  }
  if (!looks_like_artifact(file)) return Module::from_file(engine, file);
  BRINK_TRY(check_precompiled(file, precompiled));
  return Module::deserialize_file(engine, file);
}

Result<std::vector<uint8_t>> load_binary(const std::string& file, bool keep_names) {
  return to_binary(BRINK_TRY(read_input(file)), keep_names);
}

Result<std::vector<uint8_t>> to_binary(std::vector<uint8_t> bytes, bool keep_names) {
  if (bytes.empty() || bytes[0] == 0) return bytes;
  if (is_artifact(bytes)) {
    const std::span<const uint8_t> module = BRINK_TRY(module_of_artifact(bytes));
    return std::vector<uint8_t>(module.begin(), module.end());
  }
  text::ParsedModule parsed =
      BRINK_TRY(text::parse_module(as_text(bytes), {.emit_names = keep_names}));
  return std::move(parsed.bytes);
}

}  // namespace brink::cli
