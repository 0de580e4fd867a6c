// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/printer.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "engine/support/try.h"
#include "engine/text/line_writer.h"
#include "engine/text/literals.h"
#include "engine/text/printer_function.h"
#include "engine/text/printer_names.h"
#include "engine/text/printer_types.h"

namespace brink::text {
namespace {

using wasm::SectionId;

constexpr uint32_t kFieldLevel = 1;
constexpr uint32_t kContentLevel = 2;
/// Lists and strings go on on the next line from here.
constexpr uint32_t kLineWidth = 100;
/// Strings up to this width stay on the line of what they belong to.
constexpr uint32_t kShortString = 60;

/// In the order of ExternKind.
constexpr std::array<std::string_view, 5> kExternKeywords = {"func", "table", "memory", "global",
                                                             "tag"};

/// What a section is called in the placement of a custom section; in the order of SectionId. There
/// is no word for the data count section: nothing can be placed by it.
constexpr std::array<std::string_view, 14> kPlacementWords = {
    "",       "type",  "import", "func", "table", "memory", "global",
    "export", "start", "elem",   "code", "data",  "",       "tag"};

std::string_view placement_word(SectionId id) {
  return kPlacementWords[static_cast<size_t>(id)];
}

class ModulePrinter {
 public:
  ModulePrinter(const wasm::Module& module, const PrintOptions& options, const TextSink& sink)
      : module_(module),
        options_(options),
        names_(module, options),
        types_(module, names_),
        lines_(options, sink),
        functions_(module, options, names_, lines_) {}

  Status print() {
    Status status = print_fields();
    // A parenthesis that was opened is closed after an error too: what is there stays readable.
    if (has_fields_) lines_.begin_line(0);
    lines_.line() += ')';
    lines_.finish();
    return status;
  }

 private:
  Status print_fields() {
    print_head();
    has_branch_hints_ = BRINK_TRY(functions_.find_branch_hints());
    for (size_t i = 0; i < module_.sections.size(); ++i) BRINK_TRY(print_section(i));
    return {};
  }

  void print_head() {
    std::string& line = lines_.begin_line(0);
    line += "(module";
    if (const auto name = names_.module_name()) {
      IdentifierSpace space("module", 1);
      space.add(0, *name);
      line += ' ';
      line += space.token(0);
      space.append_annotation(line, 0);
    }
  }

  Status print_section(size_t position) {
    switch (module_.sections[position].id) {
      case SectionId::Custom: return print_custom(position);
      case SectionId::Type: return print_types();
      case SectionId::Import: return print_imports();
      case SectionId::Table:
        return print_defined(&ModulePrinter::print_table, module_.tables, module_.imported_tables);
      case SectionId::Memory:
        return print_defined(&ModulePrinter::print_memory, module_.memories,
                             module_.imported_memories);
      case SectionId::Tag:
        return print_defined(&ModulePrinter::print_tag, module_.tags, module_.imported_tags);
      case SectionId::Global:
        return print_defined(&ModulePrinter::print_global, module_.globals,
                             module_.imported_globals);
      case SectionId::Export: return print_defined(&ModulePrinter::print_export, module_.exports);
      case SectionId::Start: return print_start();
      case SectionId::Element:
        return print_defined(&ModulePrinter::print_element, module_.elements);
      case SectionId::Code:
        return print_defined(&ModulePrinter::print_function, module_.functions,
                             module_.imported_functions);
      case SectionId::Data: return print_defined(&ModulePrinter::print_data, module_.data);
      // Functions come with their code; the count of data segments follows from their number.
      case SectionId::Function:
      case SectionId::DataCount: return {};
    }
    return {};
  }

  /// Calls `print` for the indices of `list` from `first` on.
  template <typename List>
  Status print_defined(Status (ModulePrinter::*print)(uint32_t), const List& list,
                       uint32_t first = 0) {
    for (uint32_t i = first; i < list.size(); ++i) BRINK_TRY((this->*print)(i));
    return {};
  }

  std::string& begin_field(uint32_t offset = LineWriter::kNoOffset) {
    has_fields_ = true;
    line_begin_ = 0;
    return begin_wrapped(kFieldLevel, offset);
  }

  // ---- types and imports ----

  Status print_types() {
    for (const RecGroup& group : module_.rec_groups) {
      if (group.count == 1 && !group.is_explicit) {
        types_.append_definition(begin_field(), group.first);
        continue;
      }
      begin_field() += "(rec";
      if (group.count == 0) {
        lines_.line() += ')';
        continue;
      }
      for (uint32_t i = 0; i < group.count; ++i)
        types_.append_definition(lines_.begin_line(kContentLevel), group.first + i);
      lines_.begin_line(kFieldLevel) += ')';
    }
    return {};
  }

  Status print_imports() {
    for (const wasm::Import& import : module_.imports) {
      std::string& line = begin_field(import.offset);
      line += "(import ";
      append_quoted_name(line, import.module);
      line += ' ';
      append_quoted_name(line, import.name);
      line += " (";
      const ExternKind kind = wasm::kind_of(import.desc);
      line += kExternKeywords[static_cast<size_t>(kind)];
      names_.of(kind).append_definition(line, import.index);
      append_desc(line, import);
      line += "))";
    }
    return {};
  }

  void append_desc(std::string& line, const wasm::Import& import) {
    if (const auto* func = std::get_if<wasm::FuncDesc>(&import.desc)) {
      const FuncType* type = types_.func_type(func->type_index);
      const IdentifierSpace params = names_.locals(
          import.index, static_cast<uint32_t>(type == nullptr ? 0 : type->params.size()));
      types_.append_type_use(line, func->type_index, params);
      return;
    }
    if (const auto* tag = std::get_if<wasm::TagDesc>(&import.desc))
      return types_.append_type_use(line, tag->type_index, IdentifierSpace::none());
    line += ' ';
    if (const auto* table = std::get_if<TableType>(&import.desc))
      types_.append_table_type(line, *table);
    else if (const auto* memory = std::get_if<MemoryType>(&import.desc))
      types_.append_memory_type(line, *memory);
    else if (const auto* global = std::get_if<GlobalType>(&import.desc))
      types_.append_global_type(line, *global);
  }

  // ---- definitions ----

  Status print_table(uint32_t index) {
    std::string& line = begin_field();
    line += "(table";
    names_.tables.append_definition(line, index);
    line += ' ';
    const wasm::Table& table = module_.tables[index];
    types_.append_table_type(line, table.type);
    if (table.init) BRINK_TRY(functions_.append_expression(line, *table.init));
    line += ')';
    return {};
  }

  Status print_memory(uint32_t index) {
    std::string& line = begin_field();
    line += "(memory";
    names_.memories.append_definition(line, index);
    line += ' ';
    types_.append_memory_type(line, module_.memories[index]);
    line += ')';
    return {};
  }

  Status print_tag(uint32_t index) {
    std::string& line = begin_field();
    line += "(tag";
    names_.tags.append_definition(line, index);
    types_.append_type_use(line, module_.tags[index], IdentifierSpace::none());
    line += ')';
    return {};
  }

  Status print_global(uint32_t index) {
    const wasm::Global& global = module_.globals[index];
    std::string& line = begin_field(global.init.offset);
    line += "(global";
    names_.globals.append_definition(line, index);
    line += ' ';
    types_.append_global_type(line, global.type);
    BRINK_TRY(functions_.append_expression(line, global.init));
    line += ')';
    return {};
  }

  Status print_export(uint32_t position) {
    const wasm::Export& entry = module_.exports[position];
    std::string& line = begin_field(entry.offset);
    line += "(export ";
    append_quoted_name(line, entry.name);
    line += " (";
    line += kExternKeywords[static_cast<size_t>(entry.kind)];
    line += ' ';
    names_.of(entry.kind).append_reference(line, entry.index);
    line += "))";
    return {};
  }

  Status print_start() {
    if (!module_.start) return {};
    std::string& line = begin_field(module_.start_offset);
    line += "(start ";
    names_.functions.append_reference(line, *module_.start);
    line += ')';
    return {};
  }

  Status print_function(uint32_t index) {
    has_fields_ = true;
    return functions_.print(index);
  }

  // ---- segments ----

  Status print_element(uint32_t index) {
    // Also where the table could be left out: it decides between two forms of the binary.
    constexpr uint8_t kHasTable = 2;
    const wasm::ElementSegment& segment = module_.elements[index];
    std::string& line = begin_field(segment.offset);
    line += "(elem";
    names_.elements.append_definition(line, index);
    if (segment.mode == wasm::SegmentMode::Declarative) line += " declare";
    if (segment.mode == wasm::SegmentMode::Active) {
      if (segment.flags & kHasTable)
        append_owner(line, "table", names_.tables, segment.table_index);
      BRINK_TRY(functions_.append_clause(line, "offset", segment.offset_expr));
    }
    line += ' ';
    if (segment.has_expressions)
      types_.append_val_type(line, segment.type);
    else
      line += "func";
    if (options_.skeleton) {
      line += " ...)";
      return {};
    }
    for (const uint32_t function : segment.functions) {
      std::string item(1, ' ');
      names_.functions.append_reference(item, function);
      append_wrapped(item);
    }
    for (const wasm::ConstExpr& expression : segment.expressions) {
      std::string item;
      BRINK_TRY(functions_.append_clause(item, "item", expression));
      append_wrapped(item);
    }
    lines_.line() += ')';
    return {};
  }

  Status print_data(uint32_t index) {
    const wasm::DataSegment& segment = module_.data[index];
    std::string& line = begin_field(segment.offset);
    line += "(data";
    names_.data.append_definition(line, index);
    if (segment.mode == wasm::SegmentMode::Active) {
      if (segment.memory_index != 0)
        append_owner(line, "memory", names_.memories, segment.memory_index);
      BRINK_TRY(functions_.append_clause(line, "offset", segment.offset_expr));
    }
    if (options_.skeleton)
      line += " ...";
    else
      append_bytes(segment.bytes);
    lines_.line() += ')';
    return {};
  }

  static void append_owner(std::string& line, std::string_view keyword,
                           const IdentifierSpace& space, uint32_t index) {
    line += " (";
    line += keyword;
    line += ' ';
    space.append_reference(line, index);
    line += ')';
  }

  // ---- custom sections ----

  Status print_custom(size_t position) {
    const auto section =
        std::ranges::find(module_.custom_sections, position, &wasm::CustomSection::section_index);
    if (section == module_.custom_sections.end() || is_printed_elsewhere(*section)) return {};
    std::string& line = begin_field(section->payload.offset);
    line += "(@custom ";
    append_quoted_name(line, section->name);
    append_placement(line, position);
    if (options_.skeleton)
      line += " ...";
    else if (section->payload.size > 0)
      append_bytes(section->payload);
    lines_.line() += ')';
    return {};
  }

  /// Names have become identifiers, branch hints annotations. Only the first section of that name
  /// means anything.
  bool is_printed_elsewhere(const wasm::CustomSection& section) const {
    const bool is_known = (section.name == "name" && names_.has_name_section()) ||
                          (section.name == kBranchHintSection && has_branch_hints_);
    return is_known &&
           std::ranges::find(module_.custom_sections, section.name, &wasm::CustomSection::name)
                   ->section_index == section.section_index;
  }

  /// Where the section stands among the others. Behind the last of them the name section divides:
  /// what precedes it is placed after that last section, what follows it after everything.
  void append_placement(std::string& line, size_t position) const {
    const wasm::Section* previous = nullptr;
    const wasm::Section* next = nullptr;
    for (size_t i = 0; i < module_.sections.size() && next == nullptr; ++i) {
      if (!is_anchor(module_.sections[i])) continue;
      (i < position ? previous : next) = &module_.sections[i];
    }
    std::string_view side = "after";
    std::string_view anchor = "last";
    if (next != nullptr || precedes_names(position)) {
      if (previous == nullptr) {
        side = "before";
        anchor = "first";
      } else if (const auto word = placement_word(previous->id); !word.empty()) {
        anchor = word;
      } else if (next != nullptr) {
        side = "before";
        anchor = placement_word(next->id);
      }
    }
    line += fmt::format(" ({} {})", side, anchor);
  }

  /// Whether custom sections can be placed by this one. An empty section leaves no trace in the
  /// text.
  bool is_anchor(const wasm::Section& section) const {
    const bool is_empty = section.payload.size == 1 && module_.bytes[section.payload.offset] == 0;
    return section.id != SectionId::Custom && (section.id == SectionId::Start || !is_empty);
  }

  /// Whether the section stands before a name section that becomes identifiers.
  bool precedes_names(size_t position) const {
    if (!names_.has_name_section()) return false;
    const auto names =
        std::ranges::find(module_.custom_sections, "name", &wasm::CustomSection::name);
    return names != module_.custom_sections.end() && position < names->section_index;
  }

  // ---- long lines ----

  std::string& begin_wrapped(uint32_t level, uint32_t offset) {
    std::string& line = lines_.begin_line(level, offset);
    line_begin_ = line.size() - lines_.column(level);
    return line;
  }

  /// Appends an item that begins with a space, on a new line if this one is full.
  void append_wrapped(std::string_view item) {
    if (lines_.line().size() - line_begin_ + item.size() > kLineWidth) {
      item.remove_prefix(1);
      begin_wrapped(kContentLevel, LineWriter::kNoOffset);
    }
    lines_.line() += item;
  }

  /// Strings, which mean the same side by side as in one piece.
  void append_bytes(wasm::ByteRange range) {
    const std::span<const uint8_t> bytes = module_.view(range);
    uint32_t width = 0;
    size_t size = count_fitting(bytes, kShortString, width);
    if (size == bytes.size()) return append_string(lines_.line() += ' ', bytes);
    const uint32_t limit = kLineWidth - lines_.column(kContentLevel) - 2;
    for (size_t done = 0; done < bytes.size(); done += size) {
      size = count_fitting(bytes.subspan(done), limit, width);
      append_string(lines_.begin_line(kContentLevel, range.offset + static_cast<uint32_t>(done)),
                    bytes.subspan(done, size));
    }
  }

  static void append_string(std::string& line, std::span<const uint8_t> bytes) {
    line += '"';
    append_escaped_bytes(line, bytes);
    line += '"';
  }

  /// How many bytes fit into `limit` columns.
  static size_t count_fitting(std::span<const uint8_t> bytes, uint32_t limit, uint32_t& width) {
    width = 0;
    size_t count = 0;
    while (count < bytes.size() && width + escaped_width(bytes[count]) <= limit)
      width += escaped_width(bytes[count++]);
    return count;
  }

  const wasm::Module& module_;
  const PrintOptions& options_;
  const PrintedNames names_;
  const TypePrinter types_;
  LineWriter lines_;
  FunctionPrinter functions_;
  bool has_branch_hints_ = false;
  bool has_fields_ = false;
  size_t line_begin_ = 0;  ///< in the writer's text
};

}  // namespace

Status print_module(const wasm::Module& module, const PrintOptions& options, const TextSink& sink) {
  return ModulePrinter(module, options, sink).print();
}

Result<std::string> print_module(const wasm::Module& module, const PrintOptions& options) {
  std::string text;
  BRINK_TRY(print_module(module, options, [&](std::string_view piece) { text += piece; }));
  return text;
}

}  // namespace brink::text
