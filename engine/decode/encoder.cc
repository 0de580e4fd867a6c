// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/decode/encoder.h"

#include <span>
#include <utility>

#include "engine/decode/format.h"
#include "engine/decode/type_writer.h"
#include "engine/support/byte_writer.h"

namespace brink::decode {

namespace {

using wasm::Module;
using wasm::Section;
using wasm::SectionId;

class Encoder {
 public:
  explicit Encoder(const Module& module) : module_(module) { out_.reserve(module.bytes.size()); }

  std::vector<uint8_t> encode() {
    out_.write_bytes(kMagic);
    out_.write_fixed(kVersion);
    for (uint32_t i = 0; i < module_.sections.size(); ++i)
      out_.write_section(static_cast<uint8_t>(module_.sections[i].id),
                         [&] { encode_section(module_.sections[i], i); });
    return out_.take();
  }

 private:
  void encode_section(const Section& section, uint32_t section_index) {
    switch (section.id) {
      case SectionId::Custom: return encode_custom(section_index);
      case SectionId::Type: return encode_types();
      case SectionId::Import: return encode_imports();
      case SectionId::Function:
        return write_list(defined(module_.functions, module_.imported_functions),
                          [&](const wasm::Function& f) { out_.write_u32(f.type_index); });
      case SectionId::Table:
        return write_list(defined(module_.tables, module_.imported_tables),
                          [&](const wasm::Table& table) { encode_table(table); });
      case SectionId::Memory:
        return write_list(defined(module_.memories, module_.imported_memories),
                          [&](const MemoryType& type) { write_memory_type(out_, type); });
      case SectionId::Tag:
        return write_list(defined(module_.tags, module_.imported_tags),
                          [&](uint32_t type_index) { write_tag_type(out_, type_index); });
      case SectionId::Global: return encode_globals();
      case SectionId::Export: return encode_exports();
      case SectionId::Start: return out_.write_u32(module_.start.value_or(0));
      case SectionId::Element:
        return write_list(module_.elements,
                          [&](const wasm::ElementSegment& segment) { encode_element(segment); });
      case SectionId::DataCount: return out_.write_u32(module_.data_count.value_or(0));
      case SectionId::Code:
        return write_list(
            defined(module_.functions, module_.imported_functions),
            [&](const wasm::Function& f) { out_.write_sized_bytes(module_.view(f.body)); });
      case SectionId::Data:
        return write_list(module_.data,
                          [&](const wasm::DataSegment& segment) { encode_data(segment); });
    }
  }

  template <typename List, typename Function>
  void write_list(const List& list, Function write_entry) {
    out_.write_u32(static_cast<uint32_t>(list.size()));
    for (const auto& entry : list) write_entry(entry);
  }

  /// The entries of an index space that are not imported.
  template <typename T>
  static std::span<const T> defined(const std::vector<T>& space, uint32_t imported) {
    return std::span(space).subspan(imported);
  }

  void encode_custom(uint32_t section_index) {
    for (const wasm::CustomSection& section : module_.custom_sections) {
      if (section.section_index != section_index) continue;
      out_.write_name(section.name);
      out_.write_bytes(module_.view(section.payload));
    }
  }

  void encode_types() {
    write_list(module_.rec_groups, [&](const RecGroup& group) {
      if (group.count != 1 || group.is_explicit) {
        out_.write_u8(kRecGroupByte);
        out_.write_u32(group.count);
      }
      for (uint32_t i = 0; i < group.count; ++i)
        write_sub_type(out_, module_.types[group.first + i]);
    });
  }

  void encode_imports() {
    write_list(module_.imports, [&](const wasm::Import& import) {
      out_.write_name(import.module);
      out_.write_name(import.name);
      out_.write_u8(static_cast<uint8_t>(kind_of(import.desc)));
      std::visit([&](const auto& desc) { encode_desc(desc); }, import.desc);
    });
  }
  void encode_desc(const wasm::FuncDesc& desc) { out_.write_u32(desc.type_index); }
  void encode_desc(const TableType& type) { write_table_type(out_, type); }
  void encode_desc(const MemoryType& type) { write_memory_type(out_, type); }
  void encode_desc(const GlobalType& type) { write_global_type(out_, type); }
  void encode_desc(const wasm::TagDesc& desc) { write_tag_type(out_, desc.type_index); }

  void encode_table(const wasm::Table& table) {
    if (table.init) {
      out_.write_u8(kTableWithInitializerByte);
      out_.write_u8(0);
    }
    write_table_type(out_, table.type);
    if (table.init) out_.write_bytes(module_.view(*table.init));
  }

  void encode_globals() {
    write_list(defined(module_.globals, module_.imported_globals), [&](const wasm::Global& global) {
      write_global_type(out_, global.type);
      out_.write_bytes(module_.view(global.init));
    });
  }

  void encode_exports() {
    write_list(module_.exports, [&](const wasm::Export& item) {
      out_.write_name(item.name);
      out_.write_u8(static_cast<uint8_t>(item.kind));
      out_.write_u32(item.index);
    });
  }

  void encode_element(const wasm::ElementSegment& segment) {
    out_.write_u32(segment.flags);
    if (segment.mode == wasm::SegmentMode::Active) {
      if (segment.flags & element_flags::kExplicit) out_.write_u32(segment.table_index);
      out_.write_bytes(module_.view(segment.offset_expr));
    }
    if (segment.flags & (element_flags::kNotActive | element_flags::kExplicit)) {
      if (segment.has_expressions)
        write_val_type(out_, segment.type);
      else
        out_.write_u8(element_flags::kFunctionKind);
    }
    if (segment.has_expressions)
      write_list(segment.expressions,
                 [&](wasm::ConstExpr expression) { out_.write_bytes(module_.view(expression)); });
    else
      write_list(segment.functions, [&](uint32_t index) { out_.write_u32(index); });
  }

  void encode_data(const wasm::DataSegment& segment) {
    out_.write_u32(segment.flags);
    if (segment.mode == wasm::SegmentMode::Active) {
      if (segment.flags == data_flags::kActiveWithIndex) out_.write_u32(segment.memory_index);
      out_.write_bytes(module_.view(segment.offset_expr));
    }
    out_.write_sized_bytes(module_.view(segment.bytes));
  }

  const Module& module_;
  support::ByteWriter out_;
};

}  // namespace

std::vector<uint8_t> encode_module(const Module& module) {
  return Encoder(module).encode();
}

}  // namespace brink::decode
