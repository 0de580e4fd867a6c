// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Collects the content of a module's sections while the fields of the text are parsed in whatever
// order they stand, and puts them together in the order of the binary format.

#ifndef BRINK_TEXT_MODULE_WRITER_H_
#define BRINK_TEXT_MODULE_WRITER_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/support/byte_writer.h"
#include "engine/text/name_section.h"
#include "engine/text/parse.h"
#include "engine/text/parser_instructions.h"
#include "engine/text/parser_types.h"
#include "engine/wasm/module.h"

namespace brink::text {

using wasm::SectionId;

/// The entries of one section.
struct SectionContent {
  support::ByteWriter bytes;
  SourceMap map;
  uint32_t count = 0;

  /// Begins an entry that `source_offset` is to blame for.
  support::ByteWriter& begin_entry(uint32_t source_offset) {
    ++count;
    map.add(static_cast<uint32_t>(bytes.size()), source_offset);
    return bytes;
  }
  void append(const CodeBuffer& code) {
    map.append(code.map, static_cast<uint32_t>(bytes.size()));
    bytes.write_bytes(code.bytes.bytes());
  }
  void append(const SectionContent& content) {
    map.append(content.map, static_cast<uint32_t>(bytes.size()));
    bytes.write_bytes(content.bytes.bytes());
  }
};

/// A custom section and where it is to stand.
struct CustomSectionText {
  enum class Place : uint8_t { First, Before, After, Last };
  Place place = Place::Last;
  SectionId anchor = SectionId::Custom;  ///< for Before and After
  std::string_view name;
  std::vector<uint8_t> content;
};

class ModuleWriter {
 public:
  SectionContent& section(SectionId id) { return sections_[static_cast<size_t>(id)]; }
  /// The code of function `index`, which may have branch hints.
  void add_function_body(uint32_t index, uint32_t source_offset, const CodeBuffer& code);
  void add_custom(CustomSectionText section) { customs_.push_back(std::move(section)); }

  ParsedModule finish(const TypeSection& types, bool needs_data_count, const ModuleNames& names);

 private:
  void write_section(SectionId id, SourceMap& map);
  void write_customs(CustomSectionText::Place place, SectionId anchor = SectionId::Custom);
  void write_branch_hints();

  std::array<SectionContent, 14> sections_;
  std::vector<CustomSectionText> customs_;
  std::vector<std::pair<uint32_t, std::vector<CodeBuffer::Hint>>> hints_;  ///< by function
  support::ByteWriter out_;
};

}  // namespace brink::text

#endif  // BRINK_TEXT_MODULE_WRITER_H_
