// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "runtime-cli/module_source.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

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

Result<Module> load_module(const Engine& engine, const std::string& file) {
  if (file != "-") return Module::from_file(engine, file);
  const std::vector<uint8_t> bytes = BRINK_TRY(read_input(file));
  return Module::compile(engine, bytes, "stdin");
}

Result<std::vector<uint8_t>> load_binary(const std::string& file, bool keep_names) {
  std::vector<uint8_t> bytes = BRINK_TRY(read_input(file));
  if (bytes.empty() || bytes[0] == 0) return bytes;
  text::ParsedModule parsed =
      BRINK_TRY(text::parse_module(as_text(bytes), {.emit_names = keep_names}));
  return std::move(parsed.bytes);
}

}  // namespace brink::cli
