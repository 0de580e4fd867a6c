// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Damaged modules: whatever comes in, there is a module or an error, and a module can be encoded
// and decoded again. Sanitizers make these tests sharp.

#include <algorithm>
#include <memory>
#include <set>
#include <span>

#include <catch2/catch.hpp>

#include "engine/decode/disassembly.h"
#include "engine/decode/encoder.h"
#include "engine/decode/instruction_reader.h"
#include "engine/decode/module_decoder.h"
#include "engine/decode/name_section.h"
#include "engine/decode/test_module.h"

namespace brink::decode {
namespace {

using namespace testing;

/// Reads everything that is there to be read. Bodies are not decoded by decode_module, so the
/// instructions in them may be malformed.
void walk(const wasm::Module& module) {
  read_name_section(module);
  for (const wasm::Function& function : module.functions) {
    support::ByteReader reader(module.view(function.body), function.body.offset);
    InstructionReader instructions(reader, module.features);
    Instruction instruction;
    while (!reader.at_end() && instructions.read(instruction))
      CHECK_FALSE(disassemble(instruction, instructions).empty());
  }
}

/// Whether it decoded.
bool try_module(const Bytes& bytes) {
  // An allocation of exactly this size, so that a read beyond it is noticed.
  const auto exact = std::make_unique<uint8_t[]>(bytes.size());
  std::ranges::copy(bytes, exact.get());
  const auto module = decode_module({exact.get(), bytes.size()}, Features::all());
  if (!module) {
    CHECK_FALSE(module.error().message().empty());
    CHECK(module.error().offset() <= bytes.size());
    return false;
  }
  walk(*module);
  const Bytes once = encode_module(*module);
  const auto again = decode_module(std::span<const uint8_t>(once), Features::all());
  REQUIRE(again);
  CHECK(encode_module(*again) == once);
  return true;
}

}  // namespace

TEST_CASE("a module that is cut at any byte is an error") {
  const Bytes bytes = rich_module();
  REQUIRE(try_module(bytes));
  // The sections before the function section promise nothing, so a cut between them is seamless.
  const auto module = decode_module(std::span<const uint8_t>(bytes));
  REQUIRE(module);
  std::set<size_t> seams;
  for (const wasm::Section& section : module->sections) {
    seams.insert(section.header.offset);
    if (section.id == wasm::SectionId::Function) break;
  }
  CHECK(seams.size() == 4);
  for (size_t size = 0; size < bytes.size(); ++size) {
    INFO(size);
    const bool is_module =
        try_module(Bytes(bytes.begin(), bytes.begin() + static_cast<long>(size)));
    CHECK(is_module == seams.contains(size));
  }
}

TEST_CASE("a module with any bit flipped is a module or an error") {
  Bytes bytes = rich_module();
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      bytes[i] ^= static_cast<uint8_t>(1 << bit);
      INFO("bit " << bit << " of byte " << i);
      try_module(bytes);
      bytes[i] ^= static_cast<uint8_t>(1 << bit);
    }
  }
}

TEST_CASE("a module with any byte replaced is a module or an error") {
  const Bytes bytes = rich_module();
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const uint8_t value : {0x00, 0x01, 0x0b, 0x40, 0x63, 0x7f, 0x80, 0xfb, 0xff}) {
      Bytes damaged = bytes;
      damaged[i] = value;
      INFO("byte " << i);
      try_module(damaged);
    }
  }
}

TEST_CASE("a module without any one byte is a module or an error") {
  const Bytes bytes = rich_module();
  for (size_t i = 0; i < bytes.size(); ++i) {
    Bytes damaged = bytes;
    damaged.erase(damaged.begin() + static_cast<long>(i));
    INFO("byte " << i);
    try_module(damaged);
  }
}

}  // namespace brink::decode
