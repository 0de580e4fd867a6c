// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/printer_names.h"

#include <variant>

#include "engine/text/literals.h"

namespace brink::text {
namespace {

/// Longer names only show in annotations: an identifier is repeated wherever it is used, and the
/// text should stay in proportion to the module.
constexpr size_t kMaxIdentifierBytes = 4096;
/// Labels have no annotations, but may be repeated a million times in one instruction.
constexpr size_t kMaxLabelBytes = 256;

}  // namespace

void IdentifierSpace::add(uint32_t index, std::string_view name) {
  if (index >= entries_.size() || entries_[index].token_size != 0) return;
  Entry& entry = entries_[index];
  entry.name = name;
  const bool is_usable = !name.empty() && name.size() <= kMaxIdentifierBytes;
  if (is_usable && taken_.insert(name).second) return assign(entry, name);
  entry.has_annotation = true;
  assign(entry, make_unique(std::string(is_usable ? name : kind_), index));
}

void IdentifierSpace::fill() {
  for (uint32_t index = 0; index < entries_.size(); ++index) {
    Entry& entry = entries_[index];
    if (entry.token_size != 0) continue;
    std::string candidate(kind_);
    append_unsigned(candidate, index);
    const std::string_view kept = made_.emplace_back(std::move(candidate));
    assign(entry, taken_.insert(kept).second ? kept : make_unique(std::string(kept), index));
  }
}

std::string_view IdentifierSpace::make_unique(std::string candidate, uint32_t index) {
  do {
    candidate += '#';
    append_unsigned(candidate, index);
  } while (taken_.contains(candidate));
  const std::string_view kept = made_.emplace_back(std::move(candidate));
  taken_.insert(kept);
  return kept;
}

void IdentifierSpace::assign(Entry& entry, std::string_view identifier) {
  entry.token_offset = tokens_.size();
  append_identifier(tokens_, identifier);
  entry.token_size = static_cast<uint32_t>(tokens_.size() - entry.token_offset);
}

void IdentifierSpace::append_reference(std::string& out, uint32_t index) const {
  if (const std::string_view identifier = token(index); !identifier.empty())
    out += identifier;
  else
    append_unsigned(out, index);
}

void IdentifierSpace::append_definition(std::string& out, uint32_t index) const {
  if (const std::string_view identifier = token(index); !identifier.empty()) {
    out += ' ';
    out += identifier;
    append_annotation(out, index);
  }
  out += " (;";
  append_unsigned(out, index);
  out += ";)";
}

void IdentifierSpace::append_annotation(std::string& out, uint32_t index) const {
  if (index >= entries_.size() || !entries_[index].has_annotation) return;
  out += " (@name ";
  append_quoted_name(out, entries_[index].name);
  out += ')';
}

const IdentifierSpace& IdentifierSpace::none() {
  static const IdentifierSpace kNone;
  return kNone;
}

std::string_view LabelNames::next() {
  const uint32_t index = next_index_++;
  std::string_view name;
  if (!names_.empty() && names_.front().index == index) {
    name = names_.front().name;
    names_ = names_.subspan(1);
  }
  std::string token;
  if (!name.empty() && name.size() <= kMaxLabelBytes) {
    append_identifier(token, name);
  } else if (name_unnamed_) {
    token = "$label";
    append_unsigned(token, index);
  }
  if (token.empty()) return {};
  return tokens_.emplace_back(std::move(token));
}

PrintedNames::PrintedNames(const wasm::Module& module, const PrintOptions& options)
    : section_(decode::read_name_section(module)), name_unnamed_(options.name_unnamed) {
  types = make_space("type", module.types.size(), section_.types);
  functions = make_space("func", module.functions.size(), section_.functions);
  tables = make_space("table", module.tables.size(), section_.tables);
  memories = make_space("memory", module.memories.size(), section_.memories);
  globals = make_space("global", module.globals.size(), section_.globals);
  tags = make_space("tag", module.tags.size(), section_.tags);
  elements = make_space("elem", module.elements.size(), section_.elements);
  data = make_space("data", module.data.size(), section_.data);
  make_fields(module);
}

IdentifierSpace PrintedNames::make_space(std::string_view kind, size_t count,
                                         std::span<const decode::NameAssociation> names) const {
  if (names.empty() && !name_unnamed_) return IdentifierSpace();
  IdentifierSpace space(kind, count);
  for (const decode::NameAssociation& association : names)
    space.add(association.index, association.name);
  if (name_unnamed_) space.fill();
  return space;
}

void PrintedNames::make_fields(const wasm::Module& module) {
  for (uint32_t i = 0; i < module.types.size(); ++i) {
    const auto* type = std::get_if<StructType>(&module.types[i].composite);
    if (type == nullptr) continue;
    const auto names = section_.fields.find(i);
    if (!names.empty() || name_unnamed_)
      fields_.emplace(i, make_space("field", type->fields.size(), names));
  }
}

IdentifierSpace PrintedNames::locals(uint32_t function_index, uint32_t count) const {
  return make_space("local", count, section_.locals.find(function_index));
}

LabelNames PrintedNames::labels(uint32_t function_index) const {
  return LabelNames(section_.labels.find(function_index), name_unnamed_);
}

const IdentifierSpace& PrintedNames::of(ExternKind kind) const {
  switch (kind) {
    case ExternKind::Func: return functions;
    case ExternKind::Table: return tables;
    case ExternKind::Memory: return memories;
    case ExternKind::Global: return globals;
    case ExternKind::Tag: return tags;
  }
  return IdentifierSpace::none();
}

const IdentifierSpace& PrintedNames::fields(uint32_t type_index) const {
  const auto found = fields_.find(type_index);
  return found == fields_.end() ? IdentifierSpace::none() : found->second;
}

}  // namespace brink::text
