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
  if (!is_artifact(file))
    return make_error(ErrorKind::Artifact,
                      fmt::format("not a Brink artifact: {}", guess_format(file)));
  if (file.size() < kPrefixEnd)
    return unusable(fmt::format("truncated: only {} bytes are there", file.size()));
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

/// Offsets that ascend, from 0 to `end`.
template <typename Row>
bool ascends(std::span<const Row> rows, uint32_t end) {
  uint32_t previous = 0;
  for (const Row& row : rows) {
    if (row.offset < previous || row.offset > end) return false;
    previous = row.offset;
  }
  return true;
}

bool is_within(uint32_t first, uint32_t count, size_t size) {
  return first <= size && count <= size - first;
}

bool are_good_sites(const CodeView& code) {
  if (!ascends(code.sites, code.code_bytes)) return false;
  for (const CodeSite& site : code.sites)
    if (site.position != ir::kNoPosition && site.position >= code.positions.size()) return false;
  return true;
}

bool are_good_maps(const CodeView& code) {
  if (!ascends(code.maps, code.code_bytes)) return false;
  for (const CodeMap& map : code.maps)
    if (!is_within(map.first_slot, map.slot_count, code.map_slots.size())) return false;
  for (const uint32_t slot : code.map_slots)
    if (slot % 8 != 0 || slot >= code.frame_bytes) return false;
  return true;
}

bool are_good_landings(const CodeView& code, const Info& info) {
  if (!ascends(code.landings, code.code_bytes)) return false;
  for (const CodeLanding& landing : code.landings)
    if (landing.landing >= code.code_bytes ||
        !is_within(landing.first_clause, landing.clause_count, code.clauses.size()))
      return false;
  for (const ir::HandlerClause& clause : code.clauses)
    if (clause.tag_index != ir::HandlerClause::kAll && clause.tag_index >= info.tag_count)
      return false;
  return true;
}

/// Inlining chains lead to positions in front, so they end.
bool are_good_positions(const CodeView& code, const Info& info) {
  for (size_t i = 0; i < code.positions.size(); ++i) {
    const ir::Position& position = code.positions[i];
    if (position.function_index >= info.function_count) return false;
    if (position.caller != ir::kNoPosition && position.caller >= i) return false;
    if (position.offset > info.module.bytes) return false;
  }
  return true;
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
  if (!has_elf_magic(bytes)) return false;
  // Of a file that ends before the place of the magic the beginning has to do: hardly any other
  // ELF file is that short, so most likely it is the rest of an artifact.
  if (bytes.size() < kMagicEnd) return true;
  return std::memcmp(bytes.data() + kInfoOffset, kMagic, sizeof kMagic) == 0;
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
  elf::Header header;
  std::memcpy(&header, file_.data(), sizeof header);
  if (header.machine != elf::kMachineX64)
    return unusable("it was made for another kind of processor");
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
  if (info_->data_bytes % kPageBytes != 0 || info_->data_bytes < data_area().size() ||
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
                 uint64_t{row.text_offset} + row.size <= next.text_offset;
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
