// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/parser.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/support/try.h"

namespace brink::text {

namespace {

struct ExternWord {
  std::string_view word;
  ExternKind kind;
};
constexpr auto kExternWords = std::to_array<ExternWord>({
    {"func", ExternKind::Func},
    {"table", ExternKind::Table},
    {"memory", ExternKind::Memory},
    {"global", ExternKind::Global},
    {"tag", ExternKind::Tag},
});

/// Which of the words that matter to numbering stand directly in a field.
struct Children {
  bool has_import = false;
  bool has_elem = false;
  bool has_data = false;
};

/// Consumes the rest of a field.
Result<Children> scan_children(TokenStream& outline) {
  Children children;
  while (!outline.take_close()) {
    if (!outline.at(TokenKind::LeftParen)) {
      if (outline.at(TokenKind::End) || outline.at(TokenKind::Bad)) return outline.unexpected();
      outline.take();
      continue;
    }
    children.has_import |= outline.at_open("import");
    children.has_elem |= outline.at_open("elem");
    children.has_data |= outline.at_open("data");
    outline.take();
    BRINK_TRY(outline.skip_to_close());
  }
  return children;
}

}  // namespace

std::optional<ExternKind> find_extern_word(std::string_view word) {
  const auto found = std::ranges::find(kExternWords, word, &ExternWord::word);
  if (found == kExternWords.end()) return std::nullopt;
  return found->kind;
}

Result<ParsedModule> parse_module(std::string_view source, const ParseOptions& options) {
  BRINK_TRY(check_source(source));
  return ModuleParser(source, 0, options).parse(true);
}

Result<ParsedModule> parse_module_at(std::string_view source, uint32_t offset,
                                     const ParseOptions& options) {
  return ModuleParser(source, offset, options).parse(false);
}

const ModuleParser::Field* ModuleParser::find_field(std::string_view word) {
  using P = ModuleParser;
  static constexpr auto kFields = std::to_array<Field>({
      {"type", &P::declare_type, &P::define_type},
      {"rec", &P::declare_group, &P::define_type},
      {"import", &P::declare_import, &P::define_import},
      {"func", &P::declare_definition<ExternKind::Func>, &P::define_function},
      {"table", &P::declare_definition<ExternKind::Table>, &P::define_table},
      {"memory", &P::declare_definition<ExternKind::Memory>, &P::define_memory},
      {"global", &P::declare_definition<ExternKind::Global>, &P::define_global},
      {"tag", &P::declare_definition<ExternKind::Tag>, &P::define_tag},
      {"export", &P::declare_nothing, &P::define_export},
      {"start", &P::declare_nothing, &P::define_start},
      {"elem", &P::declare_element, &P::define_element},
      {"data", &P::declare_data, &P::define_data},
  });
  const auto found = std::ranges::find(kFields, word, &Field::word);
  return found == kFields.end() ? nullptr : &*found;
}

Result<ParsedModule> ModuleParser::parse(bool whole_source) {
  if (!tokens_.at_open("module")) {
    if (!whole_source) return tokens_.unexpected("`(module`");
    return parse_fields(false);
  }
  tokens_.take();
  tokens_.take();
  if (!whole_source) tokens_.take_keyword("definition");  // scripts have such modules
  names_.module = BRINK_TRY(tokens_.take_names("module")).shown;
  ParsedModule module;
  if (tokens_.take_keyword("binary")) {
    module = BRINK_TRY(parse_binary());
  } else if (tokens_.take_keyword("quote")) {
    module = BRINK_TRY(parse_quote());
  } else {
    module = BRINK_TRY(parse_fields(true));
  }
  if (whole_source && !tokens_.at(TokenKind::End)) return tokens_.unexpected("nothing more");
  return module;
}

Result<ParsedModule> ModuleParser::parse_binary() {
  ParsedModule module;
  BRINK_TRY(data_strings(module.bytes));
  BRINK_TRY(tokens_.expect_close());
  return module;
}

Result<ParsedModule> ModuleParser::parse_quote() {
  std::vector<uint8_t> text;
  BRINK_TRY(data_strings(text));
  BRINK_TRY(tokens_.expect_close());
  ParsedModule module =
      BRINK_TRY(parse_module({reinterpret_cast<const char*>(text.data()), text.size()}, options_));
  module.map.clear();  // its positions lie in the quoted text, not in the source
  return module;
}

Result<ParsedModule> ModuleParser::parse_fields(bool is_wrapped) {
  BRINK_TRY(declare_fields(is_wrapped));
  BRINK_TRY(define_types());
  BRINK_TRY(define_fields(is_wrapped));
  BRINK_TRY(tokens_.check_misplaced());
  if (!options_.emit_names) return writer_.finish(scope_.types, scope_.names_data_segments, {});
  names_.types = scope_.types.names();
  names_.fields = scope_.types.field_names();
  return writer_.finish(scope_.types, scope_.names_data_segments, names_);
}

Status ModuleParser::declare_fields(bool is_wrapped) {
  TokenStream outline(source_, tokens_.offset(), arena_);
  while (!outline.at(is_wrapped ? TokenKind::RightParen : TokenKind::End)) {
    BRINK_TRY(outline.expect(TokenKind::LeftParen, "a module field"));
    const Field* field = outline.at(TokenKind::Keyword) ? find_field(outline.peek().text) : nullptr;
    if (field == nullptr) return outline.unexpected("a module field");
    content_begin_ = outline.take().offset + static_cast<uint32_t>(field->word.size());
    BRINK_TRY((this->*field->declare)(outline));
  }
  return {};
}

Status ModuleParser::define_types() {
  for (const TypeField& field : type_fields_) {
    TokenStream tokens(source_, field.offset, arena_, TokenStream::Annotations::Keep);
    if (field.is_group) {
      BRINK_TRY(scope_.types.define_group(tokens));
    } else {
      BRINK_TRY(scope_.types.define(tokens));
    }
    BRINK_TRY(tokens.check_misplaced());
  }
  return {};
}

Status ModuleParser::define_fields(bool is_wrapped) {
  while (true) {
    BRINK_TRY(field_annotations());
    if (!tokens_.at(TokenKind::LeftParen)) break;
    const uint32_t offset = tokens_.take().offset;
    const Token word = BRINK_TRY(tokens_.expect_keyword());
    BRINK_TRY((this->*find_field(word.text)->define)(offset));
  }
  return is_wrapped ? tokens_.expect_close() : Status();
}

Status ModuleParser::check_import_order(const TokenStream& outline, uint32_t offset) const {
  if (!first_definition_) return {};
  return outline.error(offset, fmt::format("import after {}", to_string(*first_definition_)));
}

template <ExternKind kind>
Status ModuleParser::declare_definition(TokenStream& outline) {
  return declare_extern(outline, kind);
}

Status ModuleParser::declare_extern(TokenStream& outline, ExternKind kind) {
  const uint32_t offset = outline.offset();
  BRINK_TRY(scope_.space(kind).declare(outline));
  const Children children = BRINK_TRY(scan_children(outline));
  if (children.has_import) {
    BRINK_TRY(check_import_order(outline, offset));
  } else if (!first_definition_) {
    first_definition_ = kind;
  }
  if (kind == ExternKind::Table && children.has_elem) scope_.elements.add();
  if (kind == ExternKind::Memory && children.has_data) scope_.data.add();
  return {};
}

Status ModuleParser::declare_import(TokenStream& outline) {
  BRINK_TRY(check_import_order(outline, outline.offset()));
  BRINK_TRY(outline.expect(TokenKind::String, "a string"));
  BRINK_TRY(outline.expect(TokenKind::String, "a string"));
  BRINK_TRY(outline.expect(TokenKind::LeftParen, "what is imported"));
  const std::optional<ExternKind> kind =
      outline.at(TokenKind::Keyword) ? find_extern_word(outline.peek().text) : std::nullopt;
  if (!kind) return outline.unexpected("func, table, memory, global or tag");
  outline.take();
  BRINK_TRY(scope_.space(*kind).declare(outline));
  BRINK_TRY(outline.skip_to_close());
  return outline.expect_close();
}

Status ModuleParser::declare_type(TokenStream& outline) {
  type_fields_.push_back({content_begin_, false});
  BRINK_TRY(scope_.types.declare(outline));
  return outline.skip_to_close();
}

Status ModuleParser::declare_group(TokenStream& outline) {
  type_fields_.push_back({content_begin_, true});
  while (!outline.take_close()) {
    BRINK_TRY(outline.expect_open("type"));
    BRINK_TRY(scope_.types.declare(outline));
    BRINK_TRY(outline.skip_to_close());
  }
  return {};
}

Status ModuleParser::declare_element(TokenStream& outline) {
  BRINK_TRY(scope_.elements.declare(outline));
  return outline.skip_to_close();
}

Status ModuleParser::declare_data(TokenStream& outline) {
  BRINK_TRY(scope_.data.declare(outline));
  return outline.skip_to_close();
}

Status ModuleParser::declare_nothing(TokenStream& outline) {
  return outline.skip_to_close();
}

Status ModuleParser::define_type(uint32_t) {
  // The second pass has read it, with its annotations.
  tokens_.set_annotations(TokenStream::Annotations::Skip);
  BRINK_TRY(tokens_.skip_to_close());
  tokens_.set_annotations(TokenStream::Annotations::Keep);
  return {};
}

Status ModuleParser::define_import(uint32_t offset) {
  ImportName import;
  import.module = BRINK_TRY(tokens_.expect_name());
  import.name = BRINK_TRY(tokens_.expect_name());
  BRINK_TRY(tokens_.expect(TokenKind::LeftParen, "what is imported"));
  const Token word = BRINK_TRY(tokens_.expect_keyword());
  const ExternKind kind = *find_extern_word(word.text);
  const uint32_t index = next_index(kind);
  BRINK_TRY(name_definition(names_of(kind), index, to_string(kind)));
  BRINK_TRY(import_desc(kind, index, import, offset));
  return tokens_.expect_close();
}

Status ModuleParser::define_export(uint32_t offset) {
  const std::string_view name = BRINK_TRY(tokens_.expect_name());
  BRINK_TRY(tokens_.expect(TokenKind::LeftParen, "what is exported"));
  const std::optional<ExternKind> kind =
      tokens_.at(TokenKind::Keyword) ? find_extern_word(tokens_.peek().text) : std::nullopt;
  if (!kind) return tokens_.unexpected("func, table, memory, global or tag");
  tokens_.take();
  const uint32_t index = BRINK_TRY(scope_.space(*kind).expect_index(tokens_));
  BRINK_TRY(tokens_.expect_close());
  write_export(name, *kind, index, offset);
  return tokens_.expect_close();
}

Status ModuleParser::define_start(uint32_t offset) {
  SectionContent& section = writer_.section(SectionId::Start);
  if (section.count > 0) return tokens_.error(offset, "multiple start sections");
  const uint32_t index = BRINK_TRY(scope_.functions.expect_index(tokens_));
  section.begin_entry(offset).write_u32(index);
  return tokens_.expect_close();
}

NameMap& ModuleParser::names_of(ExternKind kind) {
  switch (kind) {
    case ExternKind::Func: return names_.functions;
    case ExternKind::Table: return names_.tables;
    case ExternKind::Memory: return names_.memories;
    case ExternKind::Global: return names_.globals;
    case ExternKind::Tag: break;
  }
  return names_.tags;
}

}  // namespace brink::text
