// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/decode/name_section.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/support/byte_reader.h"
#include "engine/support/utf8.h"

namespace brink::decode {

namespace {

using support::ByteReader;

constexpr uint8_t kModuleSubsection = 0;
constexpr uint8_t kFunctionSubsection = 1;

struct DirectSubsection {
  uint8_t id;
  NameMap NameSection::* names;
};
constexpr auto kDirectSubsections = std::to_array<DirectSubsection>({
    {kFunctionSubsection, &NameSection::functions},
    {4, &NameSection::types},
    {5, &NameSection::tables},
    {6, &NameSection::memories},
    {7, &NameSection::globals},
    {8, &NameSection::elements},
    {9, &NameSection::data},
    {11, &NameSection::tags},
});

struct IndirectSubsection {
  uint8_t id;
  IndirectNameMap NameSection::* names;
};
constexpr auto kIndirectSubsections = std::to_array<IndirectSubsection>({
    {2, &NameSection::locals},
    {3, &NameSection::labels},
    {10, &NameSection::fields},
});

// Where an entry stood among others of its index.
const char* position(const NameAssociation& association) {
  return association.name.data();
}
uint32_t position(const IndirectNameMap::Entry& entry) {
  return entry.first;
}

/// Restores the invariant of lists by index; most already have it. Of several entries with one
/// index the first stays.
template <typename Entry>
void sort_by_index(std::vector<Entry>& entries) {
  const auto not_ascending = [](const Entry& a, const Entry& b) { return a.index >= b.index; };
  if (std::ranges::adjacent_find(entries, not_ascending) == entries.end()) return;
  std::ranges::sort(entries, {},
                    [](const Entry& entry) { return std::pair(entry.index, position(entry)); });
  const auto repeated = std::ranges::unique(entries, {}, &Entry::index);
  entries.erase(repeated.begin(), repeated.end());
}

/// Empty, with an error, when there is none.
std::string_view read_name(ByteReader& reader) {
  const auto bytes = reader.read_bytes(reader.read_u32());
  const std::string_view name(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (support::is_utf8(name)) return name;
  reader.fail("malformed UTF-8 encoding", reader.offset());
  return {};
}

NameMap read_name_map(ByteReader& reader) {
  NameMap names;
  const uint32_t count = reader.read_u32();
  names.reserve(std::min(count, reader.remaining() / 2));
  for (uint32_t i = 0; i < count; ++i) {
    NameAssociation association;
    association.index = reader.read_u32();
    association.name = read_name(reader);
    if (!reader.ok()) break;
    names.push_back(association);
  }
  sort_by_index(names);
  return names;
}

void read_indirect_name_map(ByteReader& reader, IndirectNameMap& map) {
  const uint32_t count = reader.read_u32();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const uint32_t owner = reader.read_u32();
    const NameMap names = read_name_map(reader);
    if (!names.empty()) map.add(owner, names);
  }
  map.normalize();
}

/// Calls `visit(id, reader)` for each subsection, with a reader for its content.
template <typename Visitor>
void for_each_subsection(const wasm::Module& module, Visitor visit) {
  const auto section =
      std::ranges::find(module.custom_sections, "name", &wasm::CustomSection::name);
  if (section == module.custom_sections.end()) return;
  ByteReader reader(module.view(section->payload));
  while (reader.ok() && !reader.at_end()) {
    const uint8_t id = reader.read_u8();
    // A size that is too large cuts nothing off: what is there may still be good.
    const uint32_t size = reader.read_u32();
    ByteReader content(reader.read_bytes(std::min(size, reader.remaining())));
    if (reader.ok()) visit(id, content);
  }
}

}  // namespace

std::optional<std::string_view> find_name(std::span<const NameAssociation> names, uint32_t index) {
  const auto found = std::ranges::lower_bound(names, index, {}, &NameAssociation::index);
  if (found == names.end() || found->index != index) return std::nullopt;
  return found->name;
}

std::span<const NameAssociation> IndirectNameMap::find(uint32_t owner) const {
  const auto found = std::ranges::lower_bound(entries_, owner, {}, &Entry::index);
  if (found == entries_.end() || found->index != owner) return {};
  return names_of(*found);
}

void IndirectNameMap::add(uint32_t owner, std::span<const NameAssociation> names) {
  entries_.push_back(
      {owner, static_cast<uint32_t>(names_.size()), static_cast<uint32_t>(names.size())});
  names_.insert(names_.end(), names.begin(), names.end());
}

void IndirectNameMap::normalize() {
  sort_by_index(entries_);
}

NameSection read_name_section(const wasm::Module& module) {
  NameSection section;
  for_each_subsection(module, [&](uint8_t id, ByteReader& content) {
    if (id == kModuleSubsection) {
      const std::string_view name = read_name(content);
      if (content.ok()) section.module_name = name;
    }
    for (const auto& row : kDirectSubsections)
      if (row.id == id) section.*row.names = read_name_map(content);
    for (const auto& row : kIndirectSubsections)
      if (row.id == id) {
        section.*row.names = {};
        read_indirect_name_map(content, section.*row.names);
      }
  });
  return section;
}

std::optional<std::string_view> read_module_name(const wasm::Module& module) {
  std::optional<std::string_view> result;
  for_each_subsection(module, [&](uint8_t id, ByteReader& content) {
    if (id != kModuleSubsection) return;
    const std::string_view name = read_name(content);
    if (content.ok()) result = name;
  });
  return result;
}

NameMap read_function_names(const wasm::Module& module) {
  NameMap names;
  for_each_subsection(module, [&](uint8_t id, ByteReader& content) {
    if (id == kFunctionSubsection) names = read_name_map(content);
  });
  return names;
}

}  // namespace brink::decode
