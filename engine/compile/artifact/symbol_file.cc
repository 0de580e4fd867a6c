// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/artifact/symbol_file.h"

#include <algorithm>
#include <string_view>

#include "engine/compile/artifact/elf.h"
#include "engine/compile/artifact/format.h"
#include "engine/compile/artifact/unwind_table.h"
#include "engine/support/byte_writer.h"

namespace brink::compile::artifact {
namespace {

using support::ByteWriter;

enum SectionIndex : uint16_t { kNone, kText, kFrames, kSymbols, kNames, kSectionNames, kCount };

constexpr std::string_view kTitles[kCount] = {"",        ".text",   ".eh_frame",
                                              ".symtab", ".strtab", ".shstrtab"};

template <typename T>
void append(ByteWriter& file, const T& value) {
  file.write_bytes({reinterpret_cast<const uint8_t*>(&value), sizeof value});
}

void append_name(ByteWriter& names, std::string_view name) {
  for (const char c : name) names.write_u8(c == 0 ? uint8_t{'?'} : static_cast<uint8_t>(c));
  names.write_u8(0);
}

std::vector<uint8_t> make_frames(std::span<const uint8_t> code,
                                 std::span<const SymbolFileFunction> functions, uint64_t address,
                                 uint64_t text_address) {
  std::vector<FunctionRow> rows;
  for (const SymbolFileFunction& function : functions)
    rows.push_back({.text_offset = function.offset,
                    .size = function.bytes,
                    .code_bytes = function.bytes,
                    .frame_bytes = function.frame_bytes});
  return make_unwind_table(rows, code, address, text_address);
}

elf::Header make_header(uint64_t section_headers) {
  elf::Header header = {};
  std::ranges::copy(elf::kMagic, header.magic);
  header.file_class = elf::kClass64;
  header.data_encoding = elf::kLittleEndian;
  header.ident_version = elf::kVersion;
  header.type = elf::kExecutableFile;
  header.machine = elf::kMachineX64;
  header.version = elf::kVersion;
  header.section_headers = section_headers;
  header.header_bytes = sizeof(elf::Header);
  header.program_header_bytes = sizeof(elf::ProgramHeader);
  header.section_header_bytes = sizeof(elf::SectionHeader);
  header.section_header_count = kCount;
  header.name_section = kSectionNames;
  return header;
}

}  // namespace

std::vector<uint8_t> make_symbol_file(std::span<const uint8_t> code,
                                      std::span<const SymbolFileFunction> functions) {
  const auto text_address = reinterpret_cast<uintptr_t>(code.data());
  // Frames lie, as far as debuggers care, behind the code: distances there have 32 bits.
  const uint64_t frames_address = round_up(text_address + code.size(), kTableAlignment);

  ByteWriter names, symbols, titles;
  names.write_u8(0);
  append(symbols, elf::Symbol{});
  for (const SymbolFileFunction& function : functions) {
    append(symbols, elf::Symbol{static_cast<uint32_t>(names.size()), elf::kLocalFunction, 0, kText,
                                text_address + function.offset, function.bytes});
    append_name(names, function.name);
  }
  uint32_t title_places[kCount] = {};
  for (size_t i = 0; i < kCount; ++i) {
    title_places[i] = static_cast<uint32_t>(titles.size());
    append_name(titles, kTitles[i]);
  }

  ByteWriter file;
  append(file, elf::Header{});
  elf::SectionHeader headers[kCount] = {};
  const auto place = [&](SectionIndex index, elf::SectionType type,
                         std::span<const uint8_t> content) -> elf::SectionHeader& {
    while (file.size() % kTableAlignment != 0) file.write_u8(0);
    headers[index] = {title_places[index], type, 0, 0, file.size(), content.size(), 0, 0,
                      kTableAlignment,     0};
    file.write_bytes(content);
    return headers[index];
  };
  headers[kText] = {title_places[kText],
                    elf::SectionType::NoBits,
                    elf::kAllocated | elf::kInstructions,
                    text_address,
                    sizeof(elf::Header),
                    code.size(),
                    0,
                    0,
                    kFunctionAlignment,
                    0};
  elf::SectionHeader& frames = place(kFrames, elf::SectionType::Content,
                                     make_frames(code, functions, frames_address, text_address));
  frames.flags = elf::kAllocated;
  frames.address = frames_address;
  elf::SectionHeader& table = place(kSymbols, elf::SectionType::Symbols, symbols.bytes());
  table.link = kNames;
  table.info = static_cast<uint32_t>(functions.size()) + 1;
  table.entry_bytes = sizeof(elf::Symbol);
  place(kNames, elf::SectionType::Strings, names.bytes());
  place(kSectionNames, elf::SectionType::Strings, titles.bytes());
  while (file.size() % kTableAlignment != 0) file.write_u8(0);
  const elf::Header header = make_header(file.size());
  for (const elf::SectionHeader& section : headers) append(file, section);
  std::vector<uint8_t> bytes = file.take();
  std::ranges::copy(std::span(reinterpret_cast<const uint8_t*>(&header), sizeof header),
                    bytes.begin());
  return bytes;
}

}  // namespace brink::compile::artifact
