// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Element and data segments, as fields of their own and inside tables and memories.

#include <utility>

#include "engine/decode/format.h"
#include "engine/decode/type_writer.h"
#include "engine/support/try.h"
#include "engine/text/parser.h"

namespace brink::text {

namespace {

namespace element_flags = decode::element_flags;
namespace data_flags = decode::data_flags;

}  // namespace

void ModuleParser::zero_offset(AddressType address, uint32_t source_offset, CodeBuffer& code) {
  code.clear();
  code.map.add(0, source_offset);
  ImmediateParser::write_opcode(address == AddressType::I64 ? Opcode::I64Const : Opcode::I32Const,
                                code.bytes);
  code.bytes.write_s32(0);
  ImmediateParser::write_opcode(Opcode::End, code.bytes);
}

Status ModuleParser::offset_expression(CodeBuffer& code) {
  instructions_.begin();
  if (tokens_.take_open("offset")) {
    BRINK_TRY(instructions_.parse_sequence());
    BRINK_TRY(tokens_.expect_close());
  } else {
    BRINK_TRY(instructions_.parse_folded());
  }
  code = instructions_.code();
  return {};
}

Status ModuleParser::element_indices(Elements& elements) {
  // Indices stand for references to functions of no particular type; others need expressions.
  elements.are_expressions = elements.type != kFuncRef;
  while (tokens_.at_index()) {
    support::ByteWriter& out = elements.content.begin_entry(tokens_.offset());
    if (elements.are_expressions) ImmediateParser::write_opcode(Opcode::RefFunc, out);
    out.write_u32(BRINK_TRY(scope_.functions.expect_index(tokens_)));
    if (elements.are_expressions) ImmediateParser::write_opcode(Opcode::End, out);
  }
  return {};
}

Status ModuleParser::element_expressions(Elements& elements) {
  elements.are_expressions = true;
  while (tokens_.at(TokenKind::LeftParen)) {
    elements.content.begin_entry(tokens_.offset());
    instructions_.begin();
    if (tokens_.take_open("item")) {
      BRINK_TRY(instructions_.parse_sequence());
      BRINK_TRY(tokens_.expect_close());
    } else {
      BRINK_TRY(instructions_.parse_folded());
    }
    elements.content.append(instructions_.code());
  }
  return {};
}

Status ModuleParser::element_list(Elements& elements) {
  if (tokens_.take_keyword("func")) return element_indices(elements);
  elements.type = BRINK_TRY(scope_.types.ref_type(tokens_));
  return element_expressions(elements);
}

void ModuleParser::write_active_elements(uint32_t table, bool has_table,
                                         const CodeBuffer& offset_code, const Elements& elements,
                                         uint32_t offset) {
  SectionContent& section = writer_.section(SectionId::Element);
  support::ByteWriter& out = section.begin_entry(offset);
  // The short forms are for table 0 and funcref.
  const bool is_long =
      has_table || table != 0 || (elements.are_expressions && elements.type != kFuncRef);
  out.write_u32((is_long ? element_flags::kExplicit : 0) |
                (elements.are_expressions ? element_flags::kExpressions : 0));
  if (is_long) out.write_u32(table);
  section.append(offset_code);
  if (is_long && elements.are_expressions) decode::write_val_type(out, elements.type);
  if (is_long && !elements.are_expressions) out.write_u8(element_flags::kFunctionKind);
  out.write_u32(elements.content.count);
  section.append(elements.content);
}

Status ModuleParser::define_element(uint32_t offset) {
  const uint32_t index = writer_.section(SectionId::Element).count;
  BRINK_TRY(name_definition(names_.elements, index, "elem segment"));
  Elements elements;
  const bool is_list = tokens_.at_keyword("func") || TypeSection::at_ref_type(tokens_);
  const bool is_declarative = !is_list && tokens_.take_keyword("declare");
  if (is_list || is_declarative) {
    BRINK_TRY(element_list(elements));
    SectionContent& section = writer_.section(SectionId::Element);
    support::ByteWriter& out = section.begin_entry(offset);
    out.write_u32(element_flags::kNotActive | (is_declarative ? element_flags::kExplicit : 0) |
                  (elements.are_expressions ? element_flags::kExpressions : 0));
    if (elements.are_expressions) {
      decode::write_val_type(out, elements.type);
    } else {
      out.write_u8(element_flags::kFunctionKind);
    }
    out.write_u32(elements.content.count);
    section.append(elements.content);
    return tokens_.expect_close();
  }
  uint32_t table = 0;
  const bool has_table = tokens_.take_open("table");
  if (has_table) {
    table = BRINK_TRY(scope_.tables.expect_index(tokens_));
    BRINK_TRY(tokens_.expect_close());
  } else if (tokens_.at(TokenKind::Nat)) {
    table = BRINK_TRY(tokens_.expect_u32());  // the form of WebAssembly 1.0
  }
  CodeBuffer offset_code;
  BRINK_TRY(offset_expression(offset_code));
  if (tokens_.at_index() || tokens_.at(TokenKind::RightParen)) {
    BRINK_TRY(element_indices(elements));
  } else {
    BRINK_TRY(element_list(elements));
  }
  write_active_elements(table, has_table, offset_code, elements, offset);
  return tokens_.expect_close();
}

Status ModuleParser::inline_elements(uint32_t table, AddressType address, uint32_t offset) {
  Elements elements;
  elements.type = BRINK_TRY(scope_.types.ref_type(tokens_));
  BRINK_TRY(tokens_.expect_open("elem"));
  if (tokens_.at(TokenKind::LeftParen)) {
    BRINK_TRY(element_expressions(elements));
  } else {
    BRINK_TRY(element_indices(elements));
  }
  BRINK_TRY(tokens_.expect_close());
  const uint64_t count = elements.content.count;
  decode::write_table_type(writer_.section(SectionId::Table).begin_entry(offset),
                           TableType{elements.type, {count, count}, address});
  CodeBuffer offset_code;
  zero_offset(address, offset, offset_code);
  write_active_elements(table, false, offset_code, elements, offset);
  return tokens_.expect_close();
}

Status ModuleParser::data_strings(std::vector<uint8_t>& bytes) {
  while (tokens_.at(TokenKind::String)) unescape_to(tokens_.take().text, bytes);
  return {};
}

void ModuleParser::write_active_data(uint32_t memory, const CodeBuffer& offset_code,
                                     const std::vector<uint8_t>& bytes, uint32_t offset) {
  SectionContent& section = writer_.section(SectionId::Data);
  support::ByteWriter& out = section.begin_entry(offset);
  out.write_u32(memory != 0 ? data_flags::kActiveWithIndex : data_flags::kActive);
  if (memory != 0) out.write_u32(memory);
  section.append(offset_code);
  out.write_sized_bytes(bytes);
}

Status ModuleParser::define_data(uint32_t offset) {
  const uint32_t index = writer_.section(SectionId::Data).count;
  BRINK_TRY(name_definition(names_.data, index, "data segment"));
  std::vector<uint8_t> bytes;
  if (!tokens_.at(TokenKind::LeftParen) && !tokens_.at(TokenKind::Nat)) {
    BRINK_TRY(data_strings(bytes));
    support::ByteWriter& out = writer_.section(SectionId::Data).begin_entry(offset);
    out.write_u32(data_flags::kPassive);
    out.write_sized_bytes(bytes);
    return tokens_.expect_close();
  }
  uint32_t memory = 0;
  if (tokens_.take_open("memory")) {
    memory = BRINK_TRY(scope_.memories.expect_index(tokens_));
    BRINK_TRY(tokens_.expect_close());
  } else if (tokens_.at(TokenKind::Nat)) {
    memory = BRINK_TRY(tokens_.expect_u32());  // the form of WebAssembly 1.0
  }
  CodeBuffer offset_code;
  BRINK_TRY(offset_expression(offset_code));
  BRINK_TRY(data_strings(bytes));
  write_active_data(memory, offset_code, bytes, offset);
  return tokens_.expect_close();
}

Status ModuleParser::inline_data(uint32_t memory, AddressType address, uint32_t offset) {
  MemoryType type;
  type.address = address;
  type.page_size_log2 =
      BRINK_TRY(TypeSection::take_page_size(tokens_)).value_or(type.page_size_log2);
  std::vector<uint8_t> bytes;
  BRINK_TRY(tokens_.expect_open("data"));
  BRINK_TRY(data_strings(bytes));
  BRINK_TRY(tokens_.expect_close());
  // Rounded up; any page size above 2^32 holds everything.
  const uint64_t page_mask = (uint64_t{1} << std::min<uint8_t>(type.page_size_log2, 32)) - 1;
  const uint64_t pages = (bytes.size() + page_mask) >> std::min<uint8_t>(type.page_size_log2, 32);
  type.limits = {pages, pages};
  decode::write_memory_type(writer_.section(SectionId::Memory).begin_entry(offset), type);
  CodeBuffer offset_code;
  zero_offset(address, offset, offset_code);
  write_active_data(memory, offset_code, bytes, offset);
  return tokens_.expect_close();
}

}  // namespace brink::text
