// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Frames the module into sections, checks their order and sizes, and what several of them have to
// agree on. What is in the sections is for SectionDecoder.

#include "engine/decode/module_decoder.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "engine/decode/format.h"
#include "engine/decode/limits.h"
#include "engine/decode/section_decoder.h"
#include "engine/support/byte_reader.h"
#include "engine/support/trace.h"
#include "engine/support/try.h"

namespace brink::decode {

namespace {

using support::ByteReader;
using wasm::Module;
using wasm::Section;
using wasm::SectionId;

constexpr uint8_t kMaxSectionId = static_cast<uint8_t>(SectionId::Tag);

/// Place of each section id in the prescribed order; later ids were squeezed in between.
constexpr std::array<uint8_t, kMaxSectionId + 1> kSectionOrder = {
    /* Custom */ 0,   /* Type */ 1,   /* Import */ 2,     /* Function */ 3,
    /* Table */ 4,
    /* Memory */ 5,   /* Global */ 7, /* Export */ 8,     /* Start */ 9,
    /* Element */ 10,
    /* Code */ 12,    /* Data */ 13,  /* DataCount */ 11, /* Tag */ 6,
};

class ModuleDecoder {
 public:
  ModuleDecoder(std::span<const uint8_t> bytes, Features features, Bodies bodies)
      : reader_(bytes), bodies_(bodies) {
    module_.bytes = bytes;
    module_.features = features;
  }

  Result<Module> decode() {
    BRINK_TRY(decode_header());
    while (!reader_.at_end()) BRINK_TRY(decode_section());
    BRINK_TRY(check_counts());
    decode_branch_hints(module_);
    return std::move(module_);
  }

 private:
  Status decode_header() {
    if (reader_.remaining() < sizeof kMagic)
      return make_error(ErrorKind::Malformed,
                        fmt::format("unexpected end: {} bytes are no module", reader_.remaining()),
                        0);
    const auto magic = reader_.read_bytes(sizeof kMagic);
    if (!std::ranges::equal(magic, kMagic))
      return make_error(ErrorKind::Malformed,
                        "magic header not detected: the file is not a WebAssembly binary", 0);
    const uint32_t offset = reader_.offset();
    const auto version = reader_.read_fixed<uint32_t>();
    if (reader_.ok() && version != kVersion) {
      const bool is_component = version >> 16 == 1;
      return make_error(ErrorKind::Malformed,
                        fmt::format("unknown binary version: {:#x}{}", version,
                                    is_component ? ", the file is a component, not a module" : ""),
                        offset);
    }
    return reader_.status();
  }

  Status decode_section() {
    Section section;
    section.header.offset = reader_.offset();
    const uint8_t id = reader_.read_u8();
    section.id = static_cast<SectionId>(id);
    BRINK_TRY(check_section_id(id, section.header.offset));
    const uint32_t size = reader_.read_u32();
    section.header.size = reader_.offset() - section.header.offset;
    section.payload = {reader_.offset(), size};
    const auto payload = reader_.read_bytes(size);
    BRINK_TRY(reader_.status());
    module_.sections.push_back(section);
    BRINK_TRACE(Decode, "section {} at {:#x}, {} bytes", to_string(section.id),
                section.header.offset, size);

    ByteReader section_reader(payload, section.payload.offset);
    section_reader.set_end_message("unexpected end of section or function");
    section_reader.set_lookahead(reader_.remaining());
    SectionDecoder decoder(module_, section_reader, bodies_);
    decoder.decode(section.id);
    if (section_reader.ok() && !section_reader.at_end())
      return make_error(ErrorKind::Malformed,
                        fmt::format("section size mismatch: {} bytes are left at the end of the "
                                    "{} section",
                                    section_reader.remaining(), to_string(section.id)),
                        section_reader.offset());
    if (section.id == SectionId::Code) code_count_ = decoder.code_count();
    return section_reader.status();
  }

  Status check_section_id(uint8_t id, uint32_t offset) {
    if (id > kMaxSectionId)
      return make_error(ErrorKind::Malformed, fmt::format("malformed section id: {:#04x}", id),
                        offset);
    const auto section_id = static_cast<SectionId>(id);
    const auto needs = [&](Feature feature) -> Status {
      if (module_.features.has(feature)) return {};
      return make_error(
          ErrorKind::Malformed,
          fmt::format("malformed section id: the {} section needs the feature '{}', which is off",
                      to_string(section_id), to_string(feature)),
          offset);
    };
    if (section_id == SectionId::Custom) return {};
    if (section_id == SectionId::Tag) BRINK_TRY(needs(Feature::Exceptions));
    if (section_id == SectionId::DataCount) BRINK_TRY(needs(Feature::BulkMemory));
    if (kSectionOrder[id] <= last_order_)
      return make_error(
          ErrorKind::Malformed,
          fmt::format("unexpected content after last section: a {} section cannot stand here",
                      to_string(section_id)),
          offset);
    last_order_ = kSectionOrder[id];
    return {};
  }

  /// What sections promise about each other; known at the end, since either may be missing.
  Status check_counts() {
    const auto defined =
        static_cast<uint32_t>(module_.functions.size()) - module_.imported_functions;
    if (defined != code_count_)
      return make_error(ErrorKind::Malformed,
                        fmt::format("function and code section have inconsistent lengths: {} and "
                                    "{}",
                                    defined, code_count_),
                        reader_.offset());
    if (module_.data_count && *module_.data_count != module_.data.size())
      return make_error(ErrorKind::Malformed,
                        fmt::format("data count and data section have inconsistent lengths: {} "
                                    "and {}",
                                    *module_.data_count, module_.data.size()),
                        reader_.offset());
    return {};
  }

  Module module_;
  ByteReader reader_;
  Bodies bodies_;
  uint8_t last_order_ = 0;
  uint32_t code_count_ = 0;
};

Status check_size(std::span<const uint8_t> bytes) {
  if (bytes.size() <= limits::kModuleBytes) return {};
  return std::unexpected(
      limits::exceeded("bytes in a module", bytes.size(), limits::kModuleBytes, 0));
}

}  // namespace

Result<Module> decode_module(std::span<const uint8_t> bytes, Features features, Bodies bodies) {
  BRINK_TRY(check_size(bytes));
  return ModuleDecoder(bytes, features, bodies).decode();
}

Result<Module> decode_module(wasm::SharedBytes bytes, Features features) {
  Module module = BRINK_TRY(decode_module(std::span<const uint8_t>(*bytes), features));
  module.storage = std::move(bytes);
  return module;
}

}  // namespace brink::decode
