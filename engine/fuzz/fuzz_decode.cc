// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Bytes into the decoder. What decodes is read to the last instruction and name, and must come out
// of encoder and decoder again as the same module.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/decode/disassembly.h"
#include "engine/decode/encoder.h"
#include "engine/decode/instruction_reader.h"
#include "engine/decode/module_decoder.h"
#include "engine/decode/name_section.h"
#include "engine/support/check.h"

namespace {

using namespace brink;

void read_bodies(const wasm::Module& module) {
  std::string line;
  for (const wasm::Function& function : module.functions) {
    support::ByteReader reader(module.view(function.body), function.body.offset);
    decode::InstructionReader instructions(reader, module.features);
    decode::Instruction instruction;
    while (!reader.at_end() && instructions.read(instruction)) {
      line.clear();
      decode::append_disassembly(line, instruction, instructions);
      BRINK_CHECK(!line.empty());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto module = decode::decode_module(std::span(data, size), Features::all());
  if (!module) {
    BRINK_CHECK(!module.error().message().empty() && module.error().offset() <= size);
    return 0;
  }
  decode::read_name_section(*module);
  read_bodies(*module);
  const std::vector<uint8_t> once = decode::encode_module(*module);
  const auto again = decode::decode_module(std::span<const uint8_t>(once), Features::all());
  BRINK_CHECK(again.has_value());
  BRINK_CHECK(decode::encode_module(*again) == once);
  return 0;
}
