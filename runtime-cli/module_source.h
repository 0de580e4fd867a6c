// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_RUNTIME_CLI_MODULE_SOURCE_H_
#define BRINK_RUNTIME_CLI_MODULE_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "brink/engine.h"

namespace brink::cli {

/// All bytes of a file; "-" is standard input.
Result<std::vector<uint8_t>> read_input(const std::string& file);
/// Writes a file; "-" is standard output.
Status write_output(const std::string& file, std::string_view bytes);
/// Artifacts are native code, so one that does not look like one is not run unasked.
enum class Precompiled : uint8_t { IfNamedSo, Allowed };

/// Reads, recognizes binary, text or artifact, validates.
Result<Module> load_module(const Engine& engine, const std::string& file,
                           Precompiled precompiled = Precompiled::IfNamedSo);
/// Binary bytes of a module given in any form, not validated. Of an artifact those of the module
/// that it was made from.
Result<std::vector<uint8_t>> to_binary(std::vector<uint8_t> bytes, bool keep_names);
/// The same of a file.
Result<std::vector<uint8_t>> load_binary(const std::string& file, bool keep_names);

}  // namespace brink::cli

#endif  // BRINK_RUNTIME_CLI_MODULE_SOURCE_H_
