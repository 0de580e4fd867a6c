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
/// Reads, recognizes binary or text, validates.
Result<Module> load_module(const Engine& engine, const std::string& file);
/// Binary bytes of a module given in either form, not validated.
Result<std::vector<uint8_t>> load_binary(const std::string& file, bool keep_names);

}  // namespace brink::cli

#endif  // BRINK_RUNTIME_CLI_MODULE_SOURCE_H_
