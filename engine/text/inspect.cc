// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <string_view>
#include <variant>

#include "engine/text/body_cursor.h"
#include "engine/text/line_writer.h"
#include "engine/text/literals.h"
#include "engine/text/printer_instruction.h"
#include "engine/text/printer_names.h"
#include "engine/text/printer_types.h"

namespace brink::text {
namespace {

constexpr PrintOptions kLayout;
/// Names are padded to the widest of a list, but not beyond this.
constexpr size_t kMaxNameWidth = 48;

/// In the order of ExternKind.
constexpr std::array<std::string_view, 5> kKinds = {"func", "table", "memory", "global", "tag"};

std::string escaped(std::string_view name) {
  std::string text;
  append_escaped_name(text, name);
  return text;
}

std::string plural(size_t count, std::string_view one, std::string_view many = "") {
  if (count == 1) return fmt::format("1 {}", one);
  return many.empty() ? fmt::format("{} {}s", count, one) : fmt::format("{} {}", count, many);
}

size_t name_width(const auto& list, auto name_of) {
  size_t width = 0;
  for (const auto& entry : list) width = std::max(width, name_of(entry).size());
  return std::min(width, kMaxNameWidth);
}

class Inspector {
 public:
  Inspector(const wasm::Module& module, const TextSink& sink)
      : module_(module),
        names_(module, kLayout),
        types_(module, names_),
        instructions_(module, names_),
        lines_(kLayout, sink) {}
  ~Inspector() { lines_.finish(); }
  Inspector(const Inspector&) = delete;
  Inspector& operator=(const Inspector&) = delete;

  void print_parts(const InspectOptions& options) {
    print_head();
    if (options.sections) print_sections();
    if (options.imports) print_imports();
    if (options.exports) print_exports();
    if (!options.definitions) return;
    print_functions();
    print_others();
    print_segments();
  }

  void list(uint32_t function_index, const ListingOptions& options) {
    std::string& line = lines_.begin_line(0);
    const wasm::Function& function = module_.functions[function_index];
    const bool is_import = module_.is_imported_function(function_index);
    if (!is_import) append_hex(line, function.body.offset, kOffsetDigits);
    line += is_import ? "import func" : " func";
    names_.functions.append_definition(line, function_index);
    append_signature(line, function.type_index);
    if (is_import) return;
    line += fmt::format(", {}", plural(function.body.size, "byte"));
    list_body(function_index, options);
    lines_.begin_line(0);
  }

 private:
  static constexpr unsigned kOffsetDigits = 6;
  /// Bytes of an instruction that are shown on one line.
  static constexpr uint32_t kBytesPerLine = 10;

  template <typename... Args>
  void print(uint32_t level, fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(lines_.begin_line(level)), format,
                   std::forward<Args>(args)...);
  }

  void append_signature(std::string& out, uint32_t type_index) const {
    const FuncType* type = types_.func_type(type_index);
    if (type == nullptr) {
      out += fmt::format(" (type {})", type_index);
      return;
    }
    types_.append_params(out, type->params, IdentifierSpace::none());
    types_.append_results(out, type->results);
  }

  // ---- the whole ----

  void print_head() {
    print(0, "{}, {} ({} imported)", plural(module_.bytes.size(), "byte"),
          plural(module_.functions.size(), "function"), module_.imported_functions);
    if (const auto name = names_.module_name()) print(0, "name: {}", escaped(*name));
    if (module_.start) {
      std::string& line = lines_.begin_line(0);
      line += "start: func ";
      names_.functions.append_reference(line, *module_.start);
    }
  }

  void print_sections() {
    begin_list("sections", module_.sections.size());
    if (module_.sections.empty()) return;
    print(1, "{:>2}  {:<10} {:>10} {:>10}  {}", "id", "section", "offset", "bytes", "content");
    size_t custom = 0;
    for (const wasm::Section& section : module_.sections) {
      print(1, "{:>2}  {:<10} {:>#10x} {:>10}  ", static_cast<unsigned>(section.id),
            to_string(section.id), section.header.offset, section.payload.size);
      if (section.id == wasm::SectionId::Custom)
        append_quoted_name(lines_.line(), module_.custom_sections[custom++].name);
      else
        append_content(section.id);
    }
  }

  void append_content(wasm::SectionId id) {
    using wasm::SectionId;
    const auto defined = [](const auto& list, uint32_t imported) { return list.size() - imported; };
    const size_t functions = defined(module_.functions, module_.imported_functions);
    std::string& line = lines_.line();
    switch (id) {
      case SectionId::Type: line += plural(module_.types.size(), "type"); break;
      case SectionId::Import: line += plural(module_.imports.size(), "import"); break;
      case SectionId::Function: line += plural(functions, "function"); break;
      case SectionId::Table:
        line += plural(defined(module_.tables, module_.imported_tables), "table");
        break;
      case SectionId::Memory:
        line += plural(defined(module_.memories, module_.imported_memories), "memory", "memories");
        break;
      case SectionId::Global:
        line += plural(defined(module_.globals, module_.imported_globals), "global");
        break;
      case SectionId::Export: line += plural(module_.exports.size(), "export"); break;
      case SectionId::Start:
        line += "func ";
        names_.functions.append_reference(line, module_.start.value_or(0));
        break;
      case SectionId::Element: line += plural(module_.elements.size(), "segment"); break;
      case SectionId::Code: line += plural(functions, "body", "bodies"); break;
      case SectionId::Data: line += plural(module_.data.size(), "segment"); break;
      case SectionId::DataCount: line += plural(module_.data_count.value_or(0), "segment"); break;
      case SectionId::Tag:
        line += plural(defined(module_.tags, module_.imported_tags), "tag");
        break;
      case SectionId::Custom: break;
    }
  }

  void begin_list(std::string_view what, size_t count) {
    lines_.begin_line(0);
    print(0, "{} ({})", what, count);
  }

  // ---- imports and exports ----

  void print_imports() {
    const auto name_of = [](const wasm::Import& import) {
      return fmt::format("\"{}\" \"{}\"", escaped(import.module), escaped(import.name));
    };
    begin_list("imports", module_.imports.size());
    const size_t width = name_width(module_.imports, name_of);
    for (const wasm::Import& import : module_.imports) {
      const ExternKind kind = wasm::kind_of(import.desc);
      print(1, "{:<6} {:>5}  {:<{}} ", kKinds[static_cast<size_t>(kind)], import.index,
            name_of(import), width);
      append_type(kind, import.index);
    }
  }

  void print_exports() {
    const auto name_of = [](const wasm::Export& entry) {
      return fmt::format("\"{}\"", escaped(entry.name));
    };
    begin_list("exports", module_.exports.size());
    const size_t width = name_width(module_.exports, name_of);
    for (const wasm::Export& entry : module_.exports) {
      print(1, "{:<6} {:>5}  {:<{}} ", kKinds[static_cast<size_t>(entry.kind)], entry.index,
            name_of(entry), width);
      append_type(entry.kind, entry.index);
    }
  }

  /// The type of something that need not exist.
  void append_type(ExternKind kind, uint32_t index) {
    std::string& line = lines_.line();
    switch (kind) {
      case ExternKind::Func:
        if (index >= module_.functions.size()) break;
        return append_signature(line, module_.functions[index].type_index);
      case ExternKind::Tag:
        if (index >= module_.tags.size()) break;
        return append_signature(line, module_.tags[index]);
      case ExternKind::Table:
        if (index >= module_.tables.size()) break;
        return types_.append_table_type(line += ' ', module_.tables[index].type);
      case ExternKind::Memory:
        if (index >= module_.memories.size()) break;
        return types_.append_memory_type(line += ' ', module_.memories[index]);
      case ExternKind::Global:
        if (index >= module_.globals.size()) break;
        return types_.append_global_type(line += ' ', module_.globals[index].type);
    }
    line += " (does not exist)";
  }

  // ---- definitions ----

  void print_functions() {
    begin_list("functions", module_.functions.size() - module_.imported_functions);
    for (uint32_t i = module_.imported_functions; i < module_.functions.size(); ++i) {
      const wasm::Function& function = module_.functions[i];
      print(1, "{:>5} {:>#10x} {:>13}  ", i, function.body.offset,
            plural(function.body.size, "byte"));
      std::string& line = lines_.line();
      line += "func";
      names_.functions.append_definition(line, i);
      append_signature(line, function.type_index);
    }
  }

  void print_others() {
    print_space(ExternKind::Table, module_.tables.size(), module_.imported_tables);
    print_space(ExternKind::Memory, module_.memories.size(), module_.imported_memories);
    print_space(ExternKind::Global, module_.globals.size(), module_.imported_globals);
    print_space(ExternKind::Tag, module_.tags.size(), module_.imported_tags);
  }

  void print_space(ExternKind kind, size_t count, uint32_t imported) {
    if (count == imported) return;
    begin_list(kind == ExternKind::Memory ? "memories"
                                          : fmt::format("{}s", kKinds[static_cast<size_t>(kind)]),
               count - imported);
    for (uint32_t i = imported; i < count; ++i) {
      const std::string_view token = names_.of(kind).token(i);
      print(1, "{:>5} {}{}", i, token.empty() ? "" : " ", token);
      append_type(kind, i);
    }
  }

  void print_segments() {
    if (!module_.elements.empty()) begin_list("element segments", module_.elements.size());
    for (uint32_t i = 0; i < module_.elements.size(); ++i) {
      const wasm::ElementSegment& segment = module_.elements[i];
      print(1, "{:>5} {:>#10x}  {}, {}", i, segment.offset, mode_of(segment.mode),
            plural(segment.size(), "element"));
    }
    if (!module_.data.empty()) begin_list("data segments", module_.data.size());
    for (uint32_t i = 0; i < module_.data.size(); ++i) {
      const wasm::DataSegment& segment = module_.data[i];
      print(1, "{:>5} {:>#10x}  {}, {}", i, segment.bytes.offset, mode_of(segment.mode),
            plural(segment.bytes.size, "byte"));
    }
  }

  static std::string_view mode_of(wasm::SegmentMode mode) {
    switch (mode) {
      case wasm::SegmentMode::Active: return "active";
      case wasm::SegmentMode::Passive: return "passive";
      case wasm::SegmentMode::Declarative: return "declarative";
    }
    return "";
  }

  // ---- listings ----

  void list_body(uint32_t function_index, const ListingOptions& options) {
    const wasm::Function& function = module_.functions[function_index];
    BodyCursor cursor(module_, function.body, names_.labels(function_index));
    auto declared = cursor.read_locals();
    if (!declared) return append_remark(declared.error());
    const FuncType* type = types_.func_type(function.type_index);
    const auto param_count = static_cast<uint32_t>(type == nullptr ? 0 : type->params.size());
    const auto local_count = param_count + static_cast<uint32_t>(declared->size());
    const IdentifierSpace locals = names_.locals(function_index, local_count);

    if (!declared->empty()) {
      begin_listed(function.body.offset, cursor.end_offset(), options);
      std::string clauses;
      types_.append_locals(clauses, *declared, param_count, locals);
      lines_.line().append(clauses, 1);
    }
    uint32_t offset = cursor.end_offset();
    while (cursor.next()) {
      std::string& line = begin_listed(cursor.instruction().offset, cursor.end_offset(), options);
      line.append(lines_.column(cursor.level()), ' ');
      instructions_.append(line, cursor, locals);
      if (opens_block(cursor.instruction().opcode) && cursor.labels().token().empty())
        line += fmt::format(" ;; label = @{}", cursor.labels().depth());
      offset = cursor.end_offset();
    }
    if (auto status = cursor.status(); !status) return append_remark(status.error());
    begin_listed(offset, cursor.end_offset(), options) += "end";
  }

  void append_remark(const Error& error) {
    lines_.begin_line(1) += fmt::format(";; {}", error.to_string());
  }

  /// A line with the offset and the bytes of what is appended next. Bytes that do not fit are not
  /// shown: they belong to constants and tables, whose text says as much.
  std::string& begin_listed(uint32_t begin, uint32_t end, const ListingOptions& options) {
    std::string& line = lines_.begin_line(0);
    append_hex(line, begin, kOffsetDigits);
    line += ' ';
    if (options.show_bytes) {
      const uint32_t size = end - begin;
      const uint32_t shown = size > kBytesPerLine ? kBytesPerLine - 1 : size;
      for (uint32_t i = 0; i < shown; ++i) {
        line += ' ';
        append_hex(line, module_.bytes[begin + i], 2);
      }
      if (shown < size) line += " ..";
      const uint32_t columns = shown + (shown < size ? 1 : 0);
      line.append((kBytesPerLine - columns) * 3, ' ');
      line += " |";
    }
    line += ' ';
    return line;
  }

  const wasm::Module& module_;
  const PrintedNames names_;
  const TypePrinter types_;
  const InstructionPrinter instructions_;
  LineWriter lines_;
};

}  // namespace

void inspect_module(const wasm::Module& module, const InspectOptions& options,
                    const TextSink& sink) {
  Inspector(module, sink).print_parts(options);
}

void list_functions(const wasm::Module& module, const ListingOptions& options,
                    const TextSink& sink) {
  Inspector inspector(module, sink);
  for (uint32_t i = module.imported_functions; i < module.functions.size(); ++i)
    inspector.list(i, options);
}

void list_function(const wasm::Module& module, uint32_t function_index,
                   const ListingOptions& options, const TextSink& sink) {
  Inspector(module, sink).list(function_index, options);
}

}  // namespace brink::text
