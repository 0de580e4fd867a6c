// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/name_section.h"

namespace brink::text {

namespace {

using support::ByteWriter;

enum class Subsection : uint8_t {
  Module = 0,
  Functions = 1,
  Locals = 2,
  Labels = 3,
  Types = 4,
  Tables = 5,
  Memories = 6,
  Globals = 7,
  Elements = 8,
  Data = 9,
  Fields = 10,
  Tags = 11,
};

void write_names(ByteWriter& out, const NameMap& names) {
  out.write_u32(static_cast<uint32_t>(names.size()));
  for (const auto& [index, name] : names) {
    out.write_u32(index);
    out.write_name(name);
  }
}

void write_subsection(ByteWriter& out, Subsection id, const NameMap& names) {
  if (names.empty()) return;
  out.write_section(static_cast<uint8_t>(id), [&] { write_names(out, names); });
}

void write_subsection(ByteWriter& out, Subsection id, const IndirectNameMap& groups) {
  if (groups.empty()) return;
  out.write_section(static_cast<uint8_t>(id), [&] {
    out.write_u32(static_cast<uint32_t>(groups.size()));
    for (const auto& [index, names] : groups) {
      out.write_u32(index);
      write_names(out, names);
    }
  });
}

}  // namespace

void write_name_section(ByteWriter& out, const ModuleNames& names) {
  ByteWriter content;
  if (names.module) {
    content.write_section(static_cast<uint8_t>(Subsection::Module),
                          [&] { content.write_name(*names.module); });
  }
  write_subsection(content, Subsection::Functions, names.functions);
  write_subsection(content, Subsection::Locals, names.locals);
  write_subsection(content, Subsection::Labels, names.labels);
  write_subsection(content, Subsection::Types, names.types);
  write_subsection(content, Subsection::Tables, names.tables);
  write_subsection(content, Subsection::Memories, names.memories);
  write_subsection(content, Subsection::Globals, names.globals);
  write_subsection(content, Subsection::Elements, names.elements);
  write_subsection(content, Subsection::Data, names.data);
  write_subsection(content, Subsection::Fields, names.fields);
  write_subsection(content, Subsection::Tags, names.tags);
  if (content.size() == 0) return;
  constexpr uint8_t kCustom = 0;
  out.write_section(kCustom, [&] {
    out.write_name("name");
    out.write_bytes(content.bytes());
  });
}

}  // namespace brink::text
