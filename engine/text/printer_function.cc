// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/printer_function.h"

#include <algorithm>
#include <span>
#include <vector>

#include "engine/support/byte_writer.h"
#include "engine/support/try.h"
#include "engine/text/body_cursor.h"

namespace brink::text {
namespace {

constexpr uint32_t kFunctionLevel = 1;
constexpr uint32_t kBodyLevel = kFunctionLevel + 1;

bool may_be_hinted(Opcode opcode) {
  return opcode == Opcode::If || opcode == Opcode::BrIf;
}

uint32_t body_offset(const wasm::Module& module, uint32_t function_index,
                     const BodyCursor& cursor) {
  return cursor.instruction().offset - module.functions[function_index].body.offset;
}

/// The hints of one function at the front of a list that is ordered by function.
std::span<const wasm::BranchHint> first_function(std::span<const wasm::BranchHint> hints) {
  size_t count = 0;
  while (count < hints.size() && hints[count].function_index == hints.front().function_index)
    ++count;
  return hints.first(count);
}

std::vector<uint8_t> encode_hints(std::span<const wasm::BranchHint> hints) {
  support::ByteWriter functions;
  uint32_t function_count = 0;
  while (!hints.empty()) {
    const auto of_function = first_function(hints);
    functions.write_u32(of_function.front().function_index);
    functions.write_u32(static_cast<uint32_t>(of_function.size()));
    for (const wasm::BranchHint& hint : of_function) {
      functions.write_u32(hint.body_offset);
      functions.write_u32(1);
      functions.write_u8(hint.likely ? 1 : 0);
    }
    hints = hints.subspan(of_function.size());
    ++function_count;
  }
  support::ByteWriter section;
  section.write_u32(function_count);
  section.write_bytes(functions.bytes());
  return section.take();
}

}  // namespace

FunctionPrinter::FunctionPrinter(const wasm::Module& module, const PrintOptions& options,
                                 const PrintedNames& names, LineWriter& lines)
    : module_(module),
      options_(options),
      names_(names),
      lines_(lines),
      types_(module, names),
      arities_(module, types_),
      instructions_(module, names),
      folded_(instructions_, arities_) {}

Status FunctionPrinter::print(uint32_t function_index) {
  const wasm::Function& function = module_.functions[function_index];
  const FuncType* type = types_.func_type(function.type_index);
  BodyCursor cursor(module_, function.body, names_.labels(function_index));
  const std::vector<ValType> declared = BRINK_TRY(cursor.read_locals());
  const auto param_count = static_cast<uint32_t>(type == nullptr ? 0 : type->params.size());
  const auto local_count = param_count + static_cast<uint32_t>(declared.size());
  // Without the type nobody knows where the locals begin to be numbered.
  const IdentifierSpace locals =
      type == nullptr ? IdentifierSpace() : names_.locals(function_index, local_count);

  std::string& line = lines_.begin_line(kFunctionLevel, function.body.offset);
  line += "(func";
  names_.functions.append_definition(line, function_index);
  types_.append_type_use(line, function.type_index, locals);
  if (options_.skeleton) {
    line += " ...)";
    return {};
  }
  if (!declared.empty()) {
    std::string clauses;
    types_.append_locals(clauses, declared, param_count, locals);
    lines_.begin_line(kBodyLevel).append(clauses, 1);
  }
  const uint64_t line_count = lines_.line_count();
  BRINK_TRY(options_.fold ? print_folded(cursor, function_index, locals)
                          : print_flat(cursor, function_index, locals));
  const bool is_empty = declared.empty() && lines_.line_count() == line_count;
  if (!is_empty) lines_.begin_line(kFunctionLevel);
  lines_.line() += ')';
  return {};
}

Status FunctionPrinter::print_flat(BodyCursor& cursor, uint32_t function_index,
                                   const IdentifierSpace& locals) {
  while (cursor.next()) {
    const decode::Instruction& instruction = cursor.instruction();
    std::string& line = lines_.begin_line(kBodyLevel + cursor.level(), instruction.offset);
    line += hint_at(function_index, cursor);
    instructions_.append(line, cursor, locals);
    if (opens_block(instruction.opcode) && cursor.labels().token().empty()) {
      line += " ;; label = @";
      append_unsigned(line, cursor.labels().depth());
    }
  }
  return cursor.status();
}

Status FunctionPrinter::print_folded(BodyCursor& cursor, uint32_t function_index,
                                     const IdentifierSpace& locals) {
  const FuncType* type = types_.type_of_function(function_index);
  folded_.begin(type == nullptr ? kUnknownArity : static_cast<uint32_t>(type->results.size()));
  while (cursor.next()) BRINK_TRY(folded_.add(cursor, locals, hint_at(function_index, cursor)));
  BRINK_TRY(cursor.status());
  folded_.finish();
  folded_.print(lines_, kBodyLevel);
  return {};
}

Status FunctionPrinter::fold_expression(wasm::ConstExpr expression) {
  BodyCursor cursor(module_, expression);
  folded_.begin(kUnknownArity);
  while (cursor.next()) BRINK_TRY(folded_.add(cursor, IdentifierSpace::none()));
  BRINK_TRY(cursor.status());
  folded_.finish();
  return {};
}

Status FunctionPrinter::append_expression(std::string& out, wasm::ConstExpr expression) {
  BRINK_TRY(fold_expression(expression));
  folded_.append_flat(out);
  return {};
}

Status FunctionPrinter::append_clause(std::string& out, std::string_view keyword,
                                      wasm::ConstExpr expression) {
  BRINK_TRY(fold_expression(expression));
  const bool is_short = folded_.statement_count() == 1;
  if (!is_short) {
    out += " (";
    out += keyword;
  }
  folded_.append_flat(out);
  if (!is_short) out += ')';
  return {};
}

Result<bool> FunctionPrinter::find_branch_hints() {
  const std::span<const wasm::BranchHint> hints = module_.branch_hints;
  const auto section =
      std::ranges::find(module_.custom_sections, kBranchHintSection, &wasm::CustomSection::name);
  if (hints.empty() || section == module_.custom_sections.end()) return false;
  if (!std::ranges::equal(encode_hints(hints), module_.view(section->payload))) return false;
  const size_t next_section = section->section_index + 1;
  if (next_section >= module_.sections.size() ||
      module_.sections[next_section].id != wasm::SectionId::Code)
    return false;
  if (!BRINK_TRY(has_branches_at_hints(hints))) return false;
  hints_ = hints;
  return true;
}

Result<bool> FunctionPrinter::has_branches_at_hints(std::span<const wasm::BranchHint> hints) {
  uint32_t first_allowed = module_.imported_functions;
  while (!hints.empty()) {
    auto expected = first_function(hints);
    const uint32_t function_index = expected.front().function_index;
    hints = hints.subspan(expected.size());
    if (function_index < first_allowed || function_index >= module_.functions.size()) return false;
    first_allowed = function_index + 1;

    BodyCursor cursor(module_, module_.functions[function_index].body);
    BRINK_TRY(cursor.read_locals());
    while (!expected.empty() && cursor.next()) {
      if (may_be_hinted(cursor.instruction().opcode) &&
          body_offset(module_, function_index, cursor) == expected.front().body_offset)
        expected = expected.subspan(1);
    }
    BRINK_TRY(cursor.status());
    if (!expected.empty()) return false;
  }
  return true;
}

std::string_view FunctionPrinter::hint_at(uint32_t function_index, const BodyCursor& cursor) {
  if (hints_.empty() || hints_.front().function_index != function_index) return {};
  const wasm::BranchHint& hint = hints_.front();
  if (hint.body_offset != body_offset(module_, function_index, cursor)) return {};
  hints_ = hints_.subspan(1);
  return hint.likely ? "(@metadata.code.branch_hint \"\\01\") "
                     : "(@metadata.code.branch_hint \"\\00\") ";
}

}  // namespace brink::text
