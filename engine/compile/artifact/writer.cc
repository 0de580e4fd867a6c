// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/artifact/writer.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "engine/compile/artifact/checksum.h"
#include "engine/compile/artifact/linker.h"
#include "engine/compile/artifact/unwind_table.h"
#include "engine/support/check.h"
#include "engine/support/try.h"

namespace brink::compile::artifact {
namespace {

template <typename T>
std::span<const uint8_t> bytes_of(const T* data, size_t count) {
  return {reinterpret_cast<const uint8_t*>(data), count * sizeof(T)};
}

/// The rows of all functions, one behind the other.
template <typename Row>
std::vector<uint8_t> join(std::span<const CodeObject> code, std::vector<Row> CodeObject::* table) {
  std::vector<uint8_t> joined;
  for (const CodeObject& object : code) {
    const std::span<const uint8_t> rows = bytes_of((object.*table).data(), (object.*table).size());
    joined.insert(joined.end(), rows.begin(), rows.end());
  }
  return joined;
}

std::vector<uint8_t> make_table(Table table, std::span<const CodeObject> code,
                                const LinkedCode& linked) {
  switch (table) {
    case Table::Functions: {
      const auto rows = bytes_of(linked.functions.data(), linked.functions.size());
      return {rows.begin(), rows.end()};
    }
    case Table::Sites: return join(code, &CodeObject::sites);
    case Table::Maps: return join(code, &CodeObject::maps);
    case Table::MapSlots: return join(code, &CodeObject::map_slots);
    case Table::Landings: return join(code, &CodeObject::landings);
    case Table::Clauses: return join(code, &CodeObject::clauses);
    case Table::Positions: return join(code, &CodeObject::positions);
  }
  BRINK_UNREACHABLE();
}

constexpr std::string_view kTableSections[] = {
#define BRINK_ARTIFACT_TABLE(id, row, section) section,
#include "engine/compile/artifact/tables.def"
};

/// Strings behind one another, each with a 0 at its end; the empty one comes first.
class StringTable {
 public:
  uint32_t add(std::string_view text) {
    const auto place = static_cast<uint32_t>(bytes_.size());
    for (const char c : text) bytes_.push_back(c == 0 ? uint8_t{'?'} : static_cast<uint8_t>(c));
    bytes_.push_back(0);
    return place;
  }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_{0};
};

/// Writes the file from front to back. What lies behind something is placed after it; what the
/// front says of the back is filled in at the end.
class ArtifactWriter {
 public:
  ArtifactWriter(const WriterInput& input, LinkedCode linked)
      : input_(input), linked_(std::move(linked)) {
    for (size_t i = input_.imported_functions; i < input_.functions.size(); ++i) {
      FunctionRow& row = linked_.functions[i - input_.imported_functions];
      row.body_offset = input_.functions[i].body.offset;
      row.body_size = input_.functions[i].body.size;
    }
  }

  std::vector<uint8_t> run() {
    file_.resize(kInfoOffset + sizeof(Info));
    fill_info();
    add_section({.name = ".brink.info", .address = kInfoOffset}, kInfoOffset, sizeof(Info));
    for (uint32_t i = 0; i < kTableCount; ++i)
      info_.tables[i] = append({.name = kTableSections[i]},
                               make_table(static_cast<Table>(i), input_.code, linked_));
    info_.module = append({.name = ".brink.module"}, input_.module);
    place_text();
    append({.name = ".eh_frame"},
           make_unwind_table(linked_.functions, linked_.text, next_place(), text_address_));
    append_symbols();
    describe_text();
    append_section_headers();
    file_.resize(text_offset_);
    info_.text = {text_offset_, linked_.text.size()};
    file_.insert(file_.end(), linked_.text.begin(), linked_.text.end());
    write_front();
    return std::move(file_);
  }

 private:
  struct Section {
    std::string_view name;
    elf::SectionType type = elf::SectionType::Content;
    uint64_t flags = elf::kAllocated;
    uint64_t address = 0;
    uint32_t link = 0;
    uint32_t info = 0;
    uint64_t alignment = kTableAlignment;
    uint64_t entry_bytes = 0;
  };

  uint64_t next_place() const { return round_up(file_.size(), kTableAlignment); }

  void add_section(const Section& section, uint64_t offset, uint64_t size) {
    headers_.push_back({section_names_.add(section.name), section.type, section.flags,
                        section.address, offset, size, section.link, section.info,
                        section.alignment, section.entry_bytes});
  }

  // Content of the read-only part, whose addresses are its places in the file.
  FileRange append(Section section, std::span<const uint8_t> content) {
    file_.resize(next_place());
    const FileRange range = {file_.size(), content.size()};
    if (section.flags != 0) section.address = range.offset;
    add_section(section, range.offset, range.bytes);
    file_.insert(file_.end(), content.begin(), content.end());
    return range;
  }

  void fill_info() {
    std::copy(std::begin(kMagic), std::end(kMagic), info_.magic);
    info_.format_version = kFormatVersion;
    info_.info_bytes = sizeof(Info);
    const size_t version_bytes =
        std::min(input_.engine_version.size(), sizeof info_.engine_version - 1);
    std::memcpy(info_.engine_version, input_.engine_version.data(), version_bytes);
    info_.target = input_.target;
    info_.function_count = input_.area.functions;
    info_.imported_functions = input_.imported_functions;
    info_.type_count = input_.area.types;
    info_.tag_count = input_.tag_count;
    info_.compiled_functions = static_cast<uint32_t>(input_.code.size());
    info_.data_bytes = linked_.data_bytes;
  }

  // The unwind table needs the text's address before the sizes of what is in between are known
  // exactly, so there is an upper bound of them.
  void place_text() {
    uint64_t behind = next_place();
    behind += make_unwind_table(linked_.functions, linked_.text, 0, 0).size();
    for (uint32_t i = 0; i < input_.area.functions; ++i) behind += symbol_name(i).size() + 1;
    behind += (uint64_t{input_.code.size()} + 1) * sizeof(elf::Symbol);
    behind += kMaxSections * (sizeof(elf::SectionHeader) + kMaxSectionName);
    text_offset_ = round_up(behind, kPageBytes);
    data_address_ = text_offset_;
    text_address_ = data_address_ + linked_.data_bytes;
  }

  std::string symbol_name(uint32_t function) const {
    if (function < input_.names.size() && !input_.names[function].empty())
      return input_.names[function];
    return "wasm-function[" + std::to_string(function) + "]";
  }

  void append_symbols() {
    // Behind this section come the names, .shstrtab, the data area and the text.
    const auto here = static_cast<uint32_t>(headers_.size()) + 1;  // the first header is empty
    const auto text_section = static_cast<uint16_t>(here + 4);
    StringTable names;
    std::vector<elf::Symbol> symbols(1);
    for (const CodeObject& object : input_.code) {
      const FunctionRow& row = linked_.functions[object.function_index - input_.imported_functions];
      symbols.push_back({names.add(symbol_name(object.function_index)), elf::kLocalFunction, 0,
                         text_section, text_address_ + row.text_offset, row.size});
    }
    append({.name = ".symtab",
            .type = elf::SectionType::Symbols,
            .flags = 0,
            .link = here + 1,
            .info = static_cast<uint32_t>(symbols.size()),
            .entry_bytes = sizeof(elf::Symbol)},
           bytes_of(symbols.data(), symbols.size()));
    append({.name = ".strtab", .type = elf::SectionType::Strings, .flags = 0, .alignment = 1},
           names.bytes());
  }

  void describe_text() {
    // The names of sections contain those of the sections that follow.
    StringTable& names = section_names_;
    const uint32_t own_name = names.add(".shstrtab");
    const uint32_t data_name = names.add(".brink.data");
    const uint32_t text_name = names.add(".text");
    file_.resize(next_place());
    headers_.push_back({own_name, elf::SectionType::Strings, 0, 0, file_.size(),
                        names.bytes().size(), 0, 0, 1, 0});
    file_.insert(file_.end(), names.bytes().begin(), names.bytes().end());
    headers_.push_back({data_name, elf::SectionType::NoBits, elf::kAllocated | elf::kWrite,
                        data_address_, text_offset_, linked_.data_bytes, 0, 0, kPageBytes, 0});
    headers_.push_back({text_name, elf::SectionType::Content, elf::kAllocated | elf::kInstructions,
                        text_address_, text_offset_, linked_.used_bytes, 0, 0, kPageBytes, 0});
  }

  void append_section_headers() {
    file_.resize(next_place());
    section_headers_ = file_.size();
    headers_.insert(headers_.begin(), elf::SectionHeader{});
    BRINK_CHECK(headers_.size() <= kMaxSections);
    const auto bytes = bytes_of(headers_.data(), headers_.size());
    file_.insert(file_.end(), bytes.begin(), bytes.end());
    BRINK_CHECK(file_.size() <= text_offset_);
  }

  elf::Header make_header() const {
    elf::Header header = {};
    std::copy(std::begin(elf::kMagic), std::end(elf::kMagic), header.magic);
    header.file_class = elf::kClass64;
    header.data_encoding = elf::kLittleEndian;
    header.ident_version = elf::kVersion;
    header.type = elf::kSharedObject;
    header.machine = elf::kMachineX64;
    header.version = elf::kVersion;
    header.program_headers = sizeof(elf::Header);
    header.section_headers = section_headers_;
    header.header_bytes = sizeof(elf::Header);
    header.program_header_bytes = sizeof(elf::ProgramHeader);
    header.program_header_count = kProgramHeaderCount;
    header.section_header_bytes = sizeof(elf::SectionHeader);
    header.section_header_count = static_cast<uint16_t>(headers_.size());
    header.name_section = static_cast<uint16_t>(headers_.size() - 3);
    return header;
  }

  void write_front() {
    using elf::SegmentType;
    const elf::Header header = make_header();
    const uint64_t text_bytes = linked_.text.size();
    const elf::ProgramHeader segments[kProgramHeaderCount] = {
        {SegmentType::Load, elf::kReadable, 0, 0, 0, text_offset_, text_offset_, kPageBytes},
        {SegmentType::Load, elf::kReadable | elf::kWritable, text_offset_, data_address_,
         data_address_, 0, linked_.data_bytes, kPageBytes},
        {SegmentType::Load, elf::kReadable | elf::kExecutable, text_offset_, text_address_,
         text_address_, text_bytes, text_bytes, kPageBytes},
        {SegmentType::Stack, elf::kReadable | elf::kWritable, 0, 0, 0, 0, 0, 16},
    };
    info_.file_bytes = file_.size();
    std::memcpy(file_.data(), &header, sizeof header);
    std::memcpy(file_.data() + sizeof header, segments, sizeof segments);
    std::memcpy(file_.data() + kInfoOffset, &info_, sizeof info_);
    info_.checksum = checksum_of_file(file_);
    std::memcpy(file_.data() + kInfoOffset, &info_, sizeof info_);
  }

  static constexpr size_t kMaxSections = kTableCount + 10;
  static constexpr size_t kMaxSectionName = 32;

  const WriterInput& input_;
  LinkedCode linked_;
  Info info_ = {};
  std::vector<uint8_t> file_;
  std::vector<elf::SectionHeader> headers_;
  StringTable section_names_;
  uint64_t text_offset_ = 0;  // in the file
  uint64_t data_address_ = 0;
  uint64_t text_address_ = 0;
  uint64_t section_headers_ = 0;
};

}  // namespace

Result<std::vector<uint8_t>> write_artifact(const WriterInput& input) {
  LinkedCode linked = BRINK_TRY(link({input.code, input.area, input.imported_functions}));
  return ArtifactWriter(input, std::move(linked)).run();
}

}  // namespace brink::compile::artifact
