// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Takes snapshots. The new module is the instance's own, decoded, with some parts exchanged, and is
// then encoded as any module is:
//
//     bytes    | binary of the module | expressions and data of the snapshot |
//                ^ what stays is a range of this   ^ what is new, of that
//
// Indices of functions, types and segments are named by bodies, so all of them stay: a segment that
// is used up becomes one that is empty or declarative, and new ones are added behind. Active
// segments are used up by instantiation; what they wrote, and all that was written since, comes
// from the new ones.
//
// Values are written as constant expressions (snapshot_values.h).

#include "brink/snapshot.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "engine/api/snapshot_values.h"
#include "engine/decode/encoder.h"
#include "engine/decode/format.h"
#include "engine/decode/limits.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/store_state.h"
#include "engine/support/byte_writer.h"
#include "engine/support/try.h"
#include "engine/wasm/opcode.h"

namespace brink {
namespace {

using runtime::InstanceObject;
using runtime::Slot;
using wasm::ByteRange;
using wasm::SectionId;
using wasm::SegmentMode;

/// Where a section stands among the others in a binary.
int place_of(SectionId id) {
  constexpr SectionId kOrder[] = {SectionId::Type,    SectionId::Import,    SectionId::Function,
                                  SectionId::Table,   SectionId::Memory,    SectionId::Tag,
                                  SectionId::Global,  SectionId::Export,    SectionId::Start,
                                  SectionId::Element, SectionId::DataCount, SectionId::Code,
                                  SectionId::Data};
  return static_cast<int>(std::ranges::find(kOrder, id) - kOrder);
}

class Snapshot {
 public:
  explicit Snapshot(InstanceObject& instance)
      : instance_(instance), module_(instance.module->decoded), values_(instance, added_) {}

  Result<std::vector<uint8_t>> take(const SnapshotOptions& options) {
    BRINK_TRY(check_imports());
    BRINK_TRY(keep_globals());
    BRINK_TRY(keep_elements());
    BRINK_TRY(keep_tables());
    BRINK_TRY(keep_memories());
    BRINK_TRY(edit_exports(options));
    if (module_.start) remove_section(SectionId::Start);
    module_.start.reset();
    if (!module_.elements.empty()) need_section(SectionId::Element);
    if (!module_.data.empty()) need_section(SectionId::Data);
    if (module_.data_count) module_.data_count = static_cast<uint32_t>(module_.data.size());
    return encode();
  }

 private:
  Status check_imports() const;
  Status keep_globals();
  Status keep_elements();
  Status keep_tables();
  Status keep_table(uint32_t index);
  Status keep_memories();
  void keep_memory(uint32_t index, uint64_t gap);
  Status edit_exports(const SnapshotOptions& options);
  std::vector<uint8_t> encode();

  void remove_section(SectionId id);
  void need_section(SectionId id);

  // ---- what is new ----

  /// What `write` appends to the new bytes, as a range of the module's bytes to be.
  template <typename Write>
  ByteRange append(Write write) {
    const size_t begin = added_.size();
    write();
    return {static_cast<uint32_t>(module_.bytes.size() + begin),
            static_cast<uint32_t>(added_.size() - begin)};
  }
  ByteRange offset_expression(AddressType address, uint64_t offset);
  /// An expression for a value; `type` with the module's own type numbers.
  Result<ByteRange> expression(ValType type, const Slot* words, const std::string& where);

  InstanceObject& instance_;
  wasm::Module module_;  ///< becomes the new one
  support::ByteWriter added_;
  ValueWriter values_;
};

Status Snapshot::check_imports() const {
  for (const wasm::Import& import : module_.imports) {
    const ExternKind kind = kind_of(import.desc);
    const auto* global = std::get_if<GlobalType>(&import.desc);
    if (kind == ExternKind::Memory || kind == ExternKind::Table ||
        (global != nullptr && global->is_mutable))
      return refuse_snapshot(fmt::format("\"{}\" \"{}\", an imported {}, belongs to somebody else",
                                         import.module, import.name, to_string(kind)));
  }
  return {};
}

// ---- expressions ----

ByteRange Snapshot::offset_expression(AddressType address, uint64_t offset) {
  return append([&] {
    if (address == AddressType::I64) {
      values_.write_opcode(Opcode::I64Const);
      added_.write_s64(static_cast<int64_t>(offset));
    } else {
      values_.write_opcode(Opcode::I32Const);
      added_.write_s32(static_cast<int32_t>(static_cast<uint32_t>(offset)));
    }
    values_.write_opcode(Opcode::End);
  });
}

Result<ByteRange> Snapshot::expression(ValType type, const Slot* words, const std::string& where) {
  Status status;
  const ByteRange range = append([&] { status = values_.write(type, words, where); });
  if (!status.has_value()) return std::unexpected(std::move(status).error());
  return range;
}

// ---- globals ----

Status Snapshot::keep_globals() {
  for (uint32_t i = module_.imported_globals; i < module_.globals.size(); ++i) {
    wasm::Global& global = module_.globals[i];
    global.init = BRINK_TRY(expression(global.type.value, instance_.global_list[i]->value,
                                       fmt::format("global {}", i)));
  }
  return {};
}

// ---- tables ----

/// Segments that are used up become declarative, which keeps their functions declared for ref.func.
Status Snapshot::keep_elements() {
  using namespace decode::element_flags;
  for (uint32_t i = 0; i < module_.elements.size(); ++i) {
    wasm::ElementSegment& segment = module_.elements[i];
    const std::vector<Slot>& values = instance_.elements[i];
    const bool is_dropped = segment.mode == SegmentMode::Active || values.empty();
    if (is_dropped) {
      segment.mode = SegmentMode::Declarative;
      segment.flags = static_cast<uint8_t>(kNotActive | kExplicit |
                                           (segment.has_expressions ? kExpressions : 0));
    }
    // Expressions may name what is not the same when they are evaluated again.
    const size_t kept = is_dropped ? 0 : segment.expressions.size();
    for (size_t j = 0; j < kept; ++j)
      segment.expressions[j] =
          BRINK_TRY(expression(segment.type, &values[j], fmt::format("element segment {}", i)));
    if (!is_dropped) continue;
    std::erase_if(segment.expressions, [&](ByteRange range) {
      return module_.view(range).front() != static_cast<uint8_t>(info(Opcode::RefFunc).code);
    });
  }
  return {};
}

Status Snapshot::keep_tables() {
  for (uint32_t i = 0; i < module_.tables.size(); ++i) BRINK_TRY(keep_table(i));
  return {};
}

Status Snapshot::keep_table(uint32_t index) {
  using namespace decode::element_flags;
  const runtime::TableObject& object = *instance_.table_list[index];
  wasm::Table& table = module_.tables[index];
  table.type.limits.min = object.size;
  const ValType element = table.type.element;
  const Slot null[2] = {};
  const std::string where = fmt::format("table {}", index);
  if (table.init && element.nullable()) table.init = BRINK_TRY(expression(element, null, where));
  // A module of the first version knows lists of functions only, for table 0 only.
  const bool is_plain = element == kFuncRef;
  for (uint64_t at = 0; at < object.size;) {
    if (object.elements[at] == 0) {
      ++at;
      continue;
    }
    wasm::ElementSegment segment;
    segment.type = element;
    segment.table_index = index;
    segment.has_expressions = !is_plain;
    segment.flags = static_cast<uint8_t>(!is_plain    ? kExplicit | kExpressions
                                         : index != 0 ? kExplicit
                                                      : 0);
    segment.offset_expr = offset_expression(table.type.address, at);
    for (; at < object.size && object.elements[at] != 0; ++at) {
      const Slot word[2] = {object.elements[at], 0};
      if (is_plain)
        segment.functions.push_back(BRINK_TRY(values_.function_index(word[0], where)));
      else
        segment.expressions.push_back(BRINK_TRY(expression(element, word, where)));
    }
    module_.elements.push_back(std::move(segment));
  }
  if (module_.elements.size() > decode::limits::kElementSegments)
    return refuse_snapshot(where + " needs more element segments than a module may have");
  return {};
}

// ---- memories ----

Status Snapshot::keep_memories() {
  for (size_t i = 0; i < module_.data.size(); ++i) {
    wasm::DataSegment& segment = module_.data[i];
    if (segment.mode != SegmentMode::Active && !instance_.dropped_data[i]) continue;
    segment.mode = SegmentMode::Passive;
    segment.flags = decode::data_flags::kPassive;
    segment.bytes.size = 0;
  }
  // Without the section that counts them, no body can name a segment; so the empty ones can go,
  // and a module of the first version stays one.
  if (!module_.data_count) module_.data.clear();
  const size_t old_segments = module_.data.size();
  // A segment costs some bytes of its own, so short stretches of zeros are written. If there are
  // too many segments, longer ones are.
  constexpr size_t kMostSegments = decode::limits::kDataSegments / 2;
  for (uint64_t gap = 8;; gap *= 4) {
    module_.data.resize(old_segments);
    const size_t added = added_.size();
    for (uint32_t i = 0; i < module_.memories.size(); ++i) keep_memory(i, gap);
    if (module_.data.size() <= kMostSegments || module_.data.size() == old_segments) break;
    added_.truncate(added);
  }
  if (module_.bytes.size() + added_.size() > decode::limits::kModuleBytes)
    return refuse_snapshot("the memories hold more than a module may");
  return {};
}

/// The next byte that is not zero, from `at` on.
uint64_t skip_zeros(const uint8_t* bytes, uint64_t at, uint64_t end) {
  for (; end - at >= 8 && at % 8 == 0; at += 8) {
    uint64_t word;
    std::memcpy(&word, bytes + at, 8);
    if (word != 0) break;
  }
  while (at < end && bytes[at] == 0) {
    ++at;
    if (at % 8 == 0) return skip_zeros(bytes, at, end);
  }
  return at;
}

void Snapshot::keep_memory(uint32_t index, uint64_t gap) {
  const runtime::MemoryObject& object = *instance_.memory_list[index];
  const uint8_t* const bytes = object.base;
  const uint64_t size = object.bytes.load(std::memory_order_acquire);
  MemoryType& type = module_.memories[index];
  type.limits.min = object.pages();
  for (uint64_t begin = skip_zeros(bytes, 0, size); begin < size;) {
    uint64_t end = begin;
    uint64_t next = begin;
    do {
      end = next + 1;
      while (end < size && bytes[end] != 0) ++end;
      next = skip_zeros(bytes, end, size);
    } while (next < size && next - end < gap);
    wasm::DataSegment segment;
    segment.memory_index = index;
    segment.flags = index == 0 ? decode::data_flags::kActive : decode::data_flags::kActiveWithIndex;
    segment.offset_expr = offset_expression(type.address, begin);
    segment.bytes = append([&] { added_.write_bytes({bytes + begin, end - begin}); });
    module_.data.push_back(segment);
    begin = next;
  }
}

// ---- exports and sections ----

Status Snapshot::edit_exports(const SnapshotOptions& options) {
  const auto erase = [&](std::string_view name) {
    return std::erase_if(module_.exports, [&](const wasm::Export& e) { return e.name == name; });
  };
  const auto unknown = [](std::string_view name) {
    return make_error(ErrorKind::Usage, fmt::format("there is no export \"{}\"", name));
  };
  for (const std::string& name : options.removed_exports)
    if (erase(name) == 0) return unknown(name);
  for (const auto& [to, from] : options.renamed_exports) {
    const auto has_name = [&](const wasm::Export& e) { return e.name == from; };
    if (std::ranges::none_of(module_.exports, has_name)) return unknown(from);
    if (to != from) erase(to);
    std::ranges::find_if(module_.exports, has_name)->name = to;
  }
  return {};
}

void Snapshot::remove_section(SectionId id) {
  const auto found = std::ranges::find(module_.sections, id, &wasm::Section::id);
  const auto index = static_cast<uint32_t>(found - module_.sections.begin());
  module_.sections.erase(found);
  for (wasm::CustomSection& custom : module_.custom_sections)
    if (custom.section_index > index) --custom.section_index;
}

void Snapshot::need_section(SectionId id) {
  auto& sections = module_.sections;
  if (std::ranges::find(sections, id, &wasm::Section::id) != sections.end()) return;
  const auto later = std::ranges::find_if(sections, [&](const wasm::Section& section) {
    return section.id != SectionId::Custom && place_of(section.id) > place_of(id);
  });
  // At the end it still has to stand before the name section and others that want to be last.
  const auto last = std::ranges::find_if(
      sections.rbegin(), sections.rend(),
      [](const wasm::Section& section) { return section.id != SectionId::Custom; });
  const auto place = later != sections.end() ? later : last.base();
  const auto index = static_cast<uint32_t>(place - sections.begin());
  wasm::Section section;
  section.id = id;
  sections.insert(place, section);
  for (wasm::CustomSection& custom : module_.custom_sections)
    if (custom.section_index >= index) ++custom.section_index;
}

std::vector<uint8_t> Snapshot::encode() {
  auto storage = std::make_shared<std::vector<uint8_t>>(module_.bytes.begin(), module_.bytes.end());
  const std::span<const uint8_t> added = added_.bytes();
  storage->insert(storage->end(), added.begin(), added.end());
  module_.bytes = *storage;
  module_.storage = storage;
  return decode::encode_module(module_);
}

}  // namespace

Result<std::vector<uint8_t>> take_snapshot(const Instance& instance,
                                           const SnapshotOptions& options) {
  InstanceObject& object = *instance.object();
  if (object.store->exec.entry != nullptr || object.store->async != nullptr)
    return refuse_snapshot("a guest of the store is running");
  return Snapshot(object).take(options);
}

}  // namespace brink
