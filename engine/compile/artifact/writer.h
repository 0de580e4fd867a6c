// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Compiled functions in, the bytes of an artifact out (see format.h).

#ifndef BRINK_COMPILE_ARTIFACT_WRITER_H_
#define BRINK_COMPILE_ARTIFACT_WRITER_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "brink/error.h"
#include "engine/compile/artifact/format.h"
#include "engine/compile/code_object.h"
#include "engine/compile/data_area.h"
#include "engine/wasm/module.h"

namespace brink::compile::artifact {

struct WriterInput {
  std::span<const uint8_t> module;  ///< the WebAssembly binary
  /// By function index: where their bodies are in it.
  std::span<const wasm::Function> functions;
  /// By function index, ascending; functions that are missing stay in the interpreter.
  std::span<const CodeObject> code;
  DataArea area;
  uint32_t imported_functions = 0;
  uint32_t tag_count = 0;
  /// By function index, for the symbol table; those that are missing or empty get a number.
  std::span<const std::string> names;
  std::string engine_version;
  Target target;
};

/// ErrorKind::Limit: more code than displacements reach.
Result<std::vector<uint8_t>> write_artifact(const WriterInput& input);

}  // namespace brink::compile::artifact

#endif  // BRINK_COMPILE_ARTIFACT_WRITER_H_
