// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/artifact/reader.h"

#include <cstring>

#include <fmt/format.h>

#include "engine/compile/artifact/checksum.h"
#include "engine/support/check.h"
#include "engine/support/try.h"

namespace brink::compile::artifact {
namespace {

constexpr std::string_view kRemedy = "compile the module again with 'brink compile'";

std::unexpected<Error> unusable(std::string what) {
  return make_error(ErrorKind::Artifact, fmt::format("{}; {}", what, kRemedy));
}

std::unexpected<Error> damaged(std::string_view what) {
  return unusable(fmt::format("damaged: {}", what));
}

std::string guess_format(std::span<const uint8_t> bytes) {
  const auto starts_with = [&](std::string_view text) {
    return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
  };
  if (bytes.empty()) return "it is empty";
  if (starts_with(std::string_view("\0asm", 4))) return "it is a WebAssembly module";
  if (starts_with("\x7f"
                  "ELF"))
    return "it is an ELF file of another kind, such as a native program";
  return "it does not begin like one";
}

bool has_elf_magic(std::span<const uint8_t> bytes) {
  return bytes.size() >= sizeof elf::kMagic &&
         std::memcmp(bytes.data(), elf::kMagic, sizeof elf::kMagic) == 0;
}

constexpr size_t kMagicEnd = kInfoOffset + sizeof kMagic;
/// The part of Info that all versions have.
constexpr size_t kPrefixEnd = kInfoOffset + offsetof(Info, engine_version);

Status check_prefix(std::span<const uint8_t> file) {
  // Hardly any other ELF file is as short, so it is most likely the rest of an artifact.
  const bool is_rest = has_elf_magic(file) && file.size() < kMagicEnd;
  if (!is_artifact(file) && !is_rest)
    return make_error(ErrorKind::Artifact,
                      fmt::format("not a Brink artifact: {}", guess_format(file)));
  if (file.size() < kPrefixEnd)
    return unusable(fmt::format("truncated: only {} bytes are there", file.size()));
  elf::Header header;
  std::memcpy(&header, file.data(), sizeof header);
  if (header.machine != elf::kMachineX64)
    return unusable(fmt::format("it is for another architecture (ELF machine {}, not {})",
                                header.machine, elf::kMachineX64));
  Info info;
  std::memcpy(static_cast<void*>(&info), file.data() + kInfoOffset, kPrefixEnd - kInfoOffset);
  if (info.format_version != kFormatVersion)
    return unusable(fmt::format("stale: it has version {} of the format, this engine reads {}",
                                info.format_version, kFormatVersion));
  if (info.file_bytes > file.size())
    return unusable(
        fmt::format("truncated: {} of {} bytes are there", file.size(), info.file_bytes));
  if (info.file_bytes < file.size())
    return damaged(fmt::format("{} bytes too many", file.size() - info.file_bytes));
  if (info.info_bytes != sizeof(Info) || file.size() < kInfoOffset + sizeof(Info))
    return damaged("a header of the wrong size");
  return {};
}

// ---- the tables ----
//
// Row by row, with one decision at the end: loops without branches run at rows a nanosecond.

/// Offsets that ascend, from 0 to `end`.
template <typename Row>
bool ascends(std::span<const Row> rows, uint32_t end) {
  if (rows.empty()) return true;
  uint32_t bad = rows.back().offset > end;
  for (size_t i = 1; i < rows.size(); ++i) bad |= rows[i - 1].offset > rows[i].offset;
  return bad == 0;
}

/// 1 unless [first, first + count) lies in a table of `size` rows.
uint32_t is_outside(uint32_t first, uint32_t count, uint32_t size) {
  return static_cast<uint32_t>(first > size) | static_cast<uint32_t>(count > size - first);
}

/// 1 unless `index` is below `size`, or ~0 for none.
uint32_t is_no_index(uint32_t index, uint32_t size) {
  return index + 1 > size;
}
static_assert(ir::kNoPosition == ~uint32_t{0} && ir::HandlerClause::kAll == ~uint32_t{0});

/// The number of rows; a table's size in bytes fits the file, its rows 32 bits.
template <typename Row>
uint32_t count_of(std::span<const Row> rows) {
  return static_cast<uint32_t>(rows.size());
}

bool are_good_sites(const CodeView& code) {
  uint32_t bad = 0;
  for (const CodeSite& site : code.sites)
    bad |= is_no_index(site.position, count_of(code.positions));
  return bad == 0 && ascends(code.sites, code.code_bytes);
}

bool are_good_maps(const CodeView& code) {
  uint32_t bad = 0;
  for (const CodeMap& map : code.maps)
    bad |= is_outside(map.first_slot, map.slot_count, count_of(code.map_slots));
  for (const uint32_t slot : code.map_slots) bad |= (slot % 8) | (slot >= code.frame_bytes);
  return bad == 0 && ascends(code.maps, code.code_bytes);
}

bool are_good_landings(const CodeView& code, const Info& info) {
  uint32_t bad = 0;
  for (const CodeLanding& landing : code.landings)
    bad |= (landing.landing >= code.code_bytes) |
           is_outside(landing.first_clause, landing.clause_count, count_of(code.clauses));
  for (const ir::HandlerClause& clause : code.clauses)
    bad |= is_no_index(clause.tag_index, info.tag_count);
  return bad == 0 && ascends(code.landings, code.code_bytes);
}

/// Inlining chains lead to positions in front, so they end.
bool are_good_positions(const CodeView& code, const Info& info) {
  uint32_t bad = 0, i = 0;
  for (const ir::Position& position : code.positions) {
    bad |= (position.function_index >= info.function_count) | is_no_index(position.caller, i);
    bad |= position.offset > info.module.bytes;
    ++i;
  }
  return bad == 0;
}

/// Where each of a function's tables begins, in the order of tables.def behind Functions.
struct Bounds {
  uint32_t values[kTableCount - 1];
  explicit Bounds(const FunctionRow& row)
      : values{row.first_site,    row.first_map,    row.first_map_slot,
               row.first_landing, row.first_clause, row.first_position} {}
};

constexpr size_t kRowBytes[] = {
#define BRINK_ARTIFACT_TABLE(id, row, section) sizeof(row),
#include "engine/compile/artifact/tables.def"
};

}  // namespace

bool is_artifact(std::span<const uint8_t> bytes) {
  return has_elf_magic(bytes) && bytes.size() >= kMagicEnd &&
         std::memcmp(bytes.data() + kInfoOffset, kMagic, sizeof kMagic) == 0;
}

Result<Artifact> Artifact::open(std::span<const uint8_t> file, Check check) {
  if (reinterpret_cast<uintptr_t>(file.data()) % kTableAlignment != 0)
    return make_error(ErrorKind::Usage, "an artifact's bytes must be aligned to 8");
  BRINK_TRY(check_prefix(file));
  const auto* info = reinterpret_cast<const Info*>(file.data() + kInfoOffset);
  const Artifact artifact(file, info);
  if (check == Check::Everything && checksum_of_file(file) != info->checksum)
    return damaged("its checksum does not match");
  BRINK_TRY(artifact.check_frame());
  if (check == Check::Everything) BRINK_TRY(artifact.check_tables());
  return artifact;
}

// What the views rely on, in time that does not depend on the file.
Status Artifact::check_frame() const {
  const auto lies_inside = [&](FileRange range, uint64_t alignment) {
    return range.offset <= file_.size() && range.bytes <= file_.size() - range.offset &&
           range.offset % alignment == 0;
  };
  for (uint32_t i = 0; i < kTableCount; ++i)
    if (!lies_inside(info_->tables[i], kTableAlignment) ||
        info_->tables[i].bytes % kRowBytes[i] != 0)
      return damaged("a table lies outside of the file");
  if (!lies_inside(info_->module, 1)) return damaged("the module lies outside of the file");
  if (!lies_inside(info_->text, kPageBytes) || info_->text.bytes % kPageBytes != 0 ||
      info_->text.offset + info_->text.bytes != file_.size())
    return damaged("the code lies outside of the file");
  if (info_->data_bytes != round_up(data_area().size(), kPageBytes) ||
      info_->data_bytes > kMaxLoadedBytes || info_->text.bytes > kMaxLoadedBytes)
    return damaged("a data area of the wrong size");
  if (info_->imported_functions > info_->function_count ||
      functions().size() != size_t{defined_functions()} + 1)
    return damaged("a table of functions of the wrong size");
  return {};
}

Status Artifact::check_tables() const {
  const std::span<const FunctionRow> rows = functions();
  const Bounds start(rows.front());
  const Bounds end(rows.back());
  for (uint32_t i = 0; i < kTableCount - 1; ++i)
    if (start.values[i] != 0 ||
        uint64_t{end.values[i]} * kRowBytes[i + 1] != info_->tables[i + 1].bytes)
      return damaged("a table of the wrong size");
  if (rows.back().text_offset > info_->text.bytes) return damaged("code outside of the text");
  uint32_t compiled = 0;
  for (uint32_t i = 0; i < defined_functions(); ++i) {
    BRINK_TRY(check_function(i));
    compiled += rows[i].size != 0;
  }
  if (compiled != info_->compiled_functions) return damaged("a wrong number of functions");
  return {};
}

Status Artifact::check_function(uint32_t defined_index) const {
  const FunctionRow& row = functions()[defined_index];
  const FunctionRow& next = functions()[defined_index + 1];
  const Bounds start(row);
  const Bounds end(next);
  bool is_good = row.text_offset % kFunctionAlignment == 0 && row.code_bytes <= row.size &&
                 row.entry_check <= row.code_bytes && row.frame_bytes % 8 == 0 &&
                 uint64_t{row.text_offset} + row.size <= next.text_offset &&
                 uint64_t{row.body_offset} + row.body_size <= info_->module.bytes;
  const bool is_compiled = row.size != 0;
  for (uint32_t i = 0; i < kTableCount - 1; ++i)
    is_good &= start.values[i] <= end.values[i] &&
               (is_compiled || start.values[i] == end.values[i]) &&
               end.values[i] <= info_->tables[i + 1].bytes / kRowBytes[i + 1];
  // Only now its tables may be looked at. The text ends behind the last row's offset.
  if (is_good && next.text_offset <= info_->text.bytes) {
    const CodeView code = function(defined_index);
    is_good = are_good_sites(code) && are_good_maps(code) && are_good_landings(code, *info_) &&
              are_good_positions(code, *info_);
  } else {
    is_good = false;
  }
  if (is_good) return {};
  return damaged(
      fmt::format("wrong tables of function {}", info_->imported_functions + defined_index));
}

CodeView Artifact::function(uint32_t defined_index) const {
  const FunctionRow& row = functions()[defined_index];
  const FunctionRow& next = functions()[defined_index + 1];
  CodeView view;
  view.function_index = info_->imported_functions + defined_index;
  view.code_bytes = row.code_bytes;
  view.frame_bytes = row.frame_bytes;
  view.entry_check = row.entry_check;
  view.code = text().subspan(row.text_offset, row.size);
  const auto slice = [&]<typename Row>(Table id, uint32_t FunctionRow::* first) {
    return table<Row>(id).subspan(row.*first, next.*first - row.*first);
  };
  view.sites = slice.operator()<CodeSite>(Table::Sites, &FunctionRow::first_site);
  view.maps = slice.operator()<CodeMap>(Table::Maps, &FunctionRow::first_map);
  view.map_slots = slice.operator()<uint32_t>(Table::MapSlots, &FunctionRow::first_map_slot);
  view.landings = slice.operator()<CodeLanding>(Table::Landings, &FunctionRow::first_landing);
  view.clauses = slice.operator()<ir::HandlerClause>(Table::Clauses, &FunctionRow::first_clause);
  view.positions = slice.operator()<ir::Position>(Table::Positions, &FunctionRow::first_position);
  return view;
}

}  // namespace brink::compile::artifact
