// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Modules in the text format (spec: text format, modules), in three passes over the source:
//
//   declare   walks over the fields and takes note of every identifier, as uses may come first;
//   types     reads the type definitions, whose order of definition is theirs;
//   define    reads everything else and writes the binary.
//
// A pass that does not look into something skips it, so that the whole is linear.

#ifndef BRINK_TEXT_PARSER_H_
#define BRINK_TEXT_PARSER_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "brink/error.h"
#include "brink/types.h"
#include "engine/text/module_scope.h"
#include "engine/text/module_writer.h"
#include "engine/text/name_section.h"
#include "engine/text/parse.h"
#include "engine/text/parser_instructions.h"
#include "engine/text/token_stream.h"

namespace brink::text {

class ModuleParser {
 public:
  ModuleParser(std::string_view source, uint32_t offset, const ParseOptions& options)
      : source_(source),
        options_(options),
        tokens_(source, offset, arena_, TokenStream::Annotations::Keep),
        scope_(options.features),
        instructions_(tokens_, scope_) {}

  /// `whole_source`: nothing may follow, and the fields may stand without `(module`.
  Result<ParsedModule> parse(bool whole_source);

 private:
  struct Field {
    std::string_view word;
    Status (ModuleParser::*declare)(TokenStream&);
    Status (ModuleParser::*define)(uint32_t offset);
  };
  static const Field* find_field(std::string_view word);

  /// A type or rec field, for the second pass.
  struct TypeField {
    uint32_t offset = 0;  ///< behind the keyword
    bool is_group = false;
  };
  struct ImportName {
    std::string_view module;
    std::string_view name;
  };
  /// The elements of a segment.
  struct Elements {
    SectionContent content;
    ValType type = kFuncRef;
    bool are_expressions = false;
  };

  // parser.cc
  Result<ParsedModule> parse_fields(bool is_wrapped);
  Result<ParsedModule> parse_binary();
  Result<ParsedModule> parse_quote();
  Status declare_fields(bool is_wrapped);
  Status define_types();
  Status define_fields(bool is_wrapped);
  template <ExternKind kind>
  Status declare_definition(TokenStream& outline);
  Status declare_extern(TokenStream& outline, ExternKind kind);
  Status declare_import(TokenStream& outline);
  Status declare_type(TokenStream& outline);
  Status declare_group(TokenStream& outline);
  Status declare_element(TokenStream& outline);
  Status declare_data(TokenStream& outline);
  Status declare_nothing(TokenStream& outline);
  Status check_import_order(const TokenStream& outline, uint32_t offset) const;

  Status define_type(uint32_t offset);
  Status define_import(uint32_t offset);
  Status define_export(uint32_t offset);
  Status define_start(uint32_t offset);

  // parser_definitions.cc
  Status define_function(uint32_t offset);
  Status define_table(uint32_t offset);
  Status define_memory(uint32_t offset);
  Status define_global(uint32_t offset);
  Status define_tag(uint32_t offset);
  Status function_body(uint32_t index, uint32_t offset, uint32_t type, const TypeUse& use);
  Status local_declarations(uint32_t type, bool knows_params, NameMap& names);
  Status import_desc(ExternKind kind, uint32_t index, ImportName import, uint32_t offset);
  void name_params(uint32_t index, const TypeUse& use);
  Status inline_exports(ExternKind kind, uint32_t index);
  Result<std::optional<ImportName>> inline_import();
  void write_export(std::string_view name, ExternKind kind, uint32_t index, uint32_t offset);
  Status name_definition(NameMap& names, uint32_t index, std::string_view what);

  // parser_segments.cc
  Status define_element(uint32_t offset);
  Status define_data(uint32_t offset);
  Status inline_elements(uint32_t table, AddressType address, uint32_t offset);
  Status inline_data(uint32_t memory, AddressType address, uint32_t offset);
  Status element_list(Elements& elements);
  Status element_indices(Elements& elements);
  Status element_expressions(Elements& elements);
  Status offset_expression(CodeBuffer& code);
  Status data_strings(std::vector<uint8_t>& bytes);
  void write_active_elements(uint32_t table, bool has_table, const CodeBuffer& offset_code,
                             const Elements& elements, uint32_t offset);
  void write_active_data(uint32_t memory, const CodeBuffer& offset_code,
                         const std::vector<uint8_t>& bytes, uint32_t offset);
  static void zero_offset(AddressType address, uint32_t source_offset, CodeBuffer& code);

  // annotations.cc
  Status field_annotations();
  Status custom_annotation(const Annotation& annotation);

  uint32_t next_index(ExternKind kind) { return next_[static_cast<size_t>(kind)]++; }
  NameMap& names_of(ExternKind kind);

  std::string_view source_;
  const ParseOptions& options_;
  StringArena arena_;
  TokenStream tokens_;
  ModuleScope scope_;
  InstructionParser instructions_;
  ModuleWriter writer_;
  ModuleNames names_;

  uint32_t content_begin_ = 0;  ///< declare: behind the keyword of the current field
  std::vector<TypeField> type_fields_;
  std::optional<ExternKind> first_definition_;  ///< declare: imports may not follow
  std::array<uint32_t, 5> next_{};              ///< define: next index, by ExternKind
};

/// "func", "table", ... as in imports and exports.
std::optional<ExternKind> find_extern_word(std::string_view word);

}  // namespace brink::text

#endif  // BRINK_TEXT_PARSER_H_
