// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/module_writer.h"

#include "engine/decode/format.h"

namespace brink::text {

namespace {

/// The order of appearance (spec: binary format, modules).
constexpr auto kSectionOrder = std::to_array<SectionId>({
    SectionId::Type,
    SectionId::Import,
    SectionId::Function,
    SectionId::Table,
    SectionId::Memory,
    SectionId::Tag,
    SectionId::Global,
    SectionId::Export,
    SectionId::Start,
    SectionId::Element,
    SectionId::DataCount,
    SectionId::Code,
    SectionId::Data,
});

}  // namespace

void ModuleWriter::add_function_body(uint32_t index, uint32_t source_offset,
                                     const CodeBuffer& code) {
  SectionContent& section = this->section(SectionId::Code);
  section.begin_entry(source_offset).write_u32(code.size());
  section.append(code);
  if (!code.hints.empty()) hints_.emplace_back(index, code.hints);
}

void ModuleWriter::write_section(SectionId id, SourceMap& map) {
  const SectionContent& content = section(id);
  // The start and data count sections hold a single number, all others a vector.
  const bool is_vector = id != SectionId::Start && id != SectionId::DataCount;
  support::ByteWriter count;
  if (is_vector) count.write_u32(content.count);
  // An error about the section as a whole points at its first entry.
  map.add(static_cast<uint32_t>(out_.size()), content.map.entries().front().source_offset);
  out_.write_u8(static_cast<uint8_t>(id));
  out_.write_u32(static_cast<uint32_t>(count.size() + content.bytes.size()));
  out_.write_bytes(count.bytes());
  map.append(content.map, static_cast<uint32_t>(out_.size()));
  out_.write_bytes(content.bytes.bytes());
}

void ModuleWriter::write_customs(CustomSectionText::Place place, SectionId anchor) {
  for (const CustomSectionText& custom : customs_) {
    if (custom.place != place || custom.anchor != anchor) continue;
    out_.write_section(static_cast<uint8_t>(SectionId::Custom), [&] {
      out_.write_name(custom.name);
      out_.write_bytes(custom.content);
    });
  }
}

void ModuleWriter::write_branch_hints() {
  if (hints_.empty()) return;
  out_.write_section(static_cast<uint8_t>(SectionId::Custom), [&] {
    out_.write_name("metadata.code.branch_hint");
    out_.write_u32(static_cast<uint32_t>(hints_.size()));
    for (const auto& [function, hints] : hints_) {
      out_.write_u32(function);
      out_.write_u32(static_cast<uint32_t>(hints.size()));
      for (const CodeBuffer::Hint& hint : hints) {
        out_.write_u32(hint.offset);
        out_.write_u32(1);  // size of the hint
        out_.write_u8(hint.is_likely ? 1 : 0);
      }
    }
  });
}

ParsedModule ModuleWriter::finish(const TypeSection& types, bool needs_data_count,
                                  const ModuleNames& names) {
  using Place = CustomSectionText::Place;
  SectionContent& type_section = section(SectionId::Type);
  type_section.count = types.group_count();
  types.write(type_section.bytes, type_section.map);
  if (needs_data_count)
    section(SectionId::DataCount).begin_entry(0).write_u32(section(SectionId::Data).count);

  ParsedModule module;
  out_.write_bytes(decode::kMagic);
  out_.write_fixed(decode::kVersion);
  write_customs(Place::First);
  for (const SectionId id : kSectionOrder) {
    write_customs(Place::Before, id);
    if (id == SectionId::Code) write_branch_hints();
    if (section(id).count > 0) write_section(id, module.map);
    write_customs(Place::After, id);
  }
  // Names come before what is placed after everything, as toolchains order them.
  write_name_section(out_, names);
  write_customs(Place::Last);
  module.bytes = out_.take();
  return module;
}

}  // namespace brink::text
