// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/artifact/symbol_file.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <map>

#include "engine/compile/artifact/elf.h"

namespace brink::compile::artifact {
namespace {

/// The sections of an ELF file by name.
std::map<std::string, elf::SectionHeader> sections_of(const std::vector<uint8_t>& file) {
  elf::Header header;
  std::memcpy(&header, file.data(), sizeof header);
  std::vector<elf::SectionHeader> headers(header.section_header_count);
  std::memcpy(headers.data(), file.data() + header.section_headers,
              headers.size() * sizeof headers[0]);
  std::map<std::string, elf::SectionHeader> sections;
  for (const elf::SectionHeader& section : headers)
    sections[reinterpret_cast<const char*>(file.data()) + headers[header.name_section].offset +
             section.name] = section;
  return sections;
}

TEST_CASE("a symbol file names functions where they run", "[symbol_file]") {
  alignas(16) static const uint8_t code[64] = {0x48, 0x83, 0xec, 24};
  const SymbolFileFunction functions[] = {{0, 20, 24, "m!first"},
                                          {32, 5, 0, std::string("m!a\0b", 5)}};
  const std::vector<uint8_t> file = make_symbol_file(code, functions);
  auto sections = sections_of(file);
  CHECK(sections[".text"].type == elf::SectionType::NoBits);
  CHECK(sections[".text"].address == reinterpret_cast<uintptr_t>(code));
  CHECK(sections[".text"].size == sizeof code);
  REQUIRE(sections[".symtab"].size == 3 * sizeof(elf::Symbol));
  elf::Symbol symbols[3];
  std::memcpy(symbols, file.data() + sections[".symtab"].offset, sizeof symbols);
  const auto name = [&](const elf::Symbol& symbol) {
    return std::string(reinterpret_cast<const char*>(file.data()) + sections[".strtab"].offset +
                       symbol.name);
  };
  CHECK(name(symbols[1]) == "m!first");
  CHECK(symbols[1].address == reinterpret_cast<uintptr_t>(code));
  CHECK(symbols[1].size == 20);
  CHECK(name(symbols[2]) == "m!a?b");
  CHECK(symbols[2].address == reinterpret_cast<uintptr_t>(code) + 32);
  // An entry for each function behind the common one, and the end.
  const uint8_t* frames = file.data() + sections[".eh_frame"].offset;
  uint32_t entries = 0, bytes = 0;
  for (std::memcpy(&bytes, frames, 4); bytes != 0; std::memcpy(&bytes, frames, 4)) {
    frames += 4 + bytes;
    ++entries;
  }
  CHECK(entries == 3);
}

}  // namespace
}  // namespace brink::compile::artifact
