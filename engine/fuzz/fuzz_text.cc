// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Any text, as a module and as a script. What the parser accepts must decode or give an error, and
// an error's place must be found in the text.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "engine/decode/module_decoder.h"
#include "engine/text/parse.h"
#include "engine/text/script.h"

namespace {

using namespace brink;  // NOLINT: a fuzz target is a program

void check_decoding(const text::ParsedModule& module, std::string_view source) {
  Result<wasm::Module> decoded = decode::decode_module(module.bytes, Features::all());
  if (decoded) return;
  const Error error = text::attach_position(std::move(decoded).error(), module.map, source);
  static_cast<void>(error.to_string());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  if (const Result<text::ParsedModule> module = text::parse_module(source))
    check_decoding(*module, source);
  if (const Result<text::Script> script = text::parse_script(source)) {
    for (const text::ScriptCommand& command : script->commands) {
      if (!command.module) continue;
      if (const auto module = text::encode_module(*script, *command.module))
        check_decoding(*module, text::module_source(*script, *command.module));
    }
  }
  return 0;
}
