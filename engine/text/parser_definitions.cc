// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Functions, tables, memories, globals and tags: defined ones, and those imported or exported where
// they stand.

#include <utility>

#include <fmt/format.h>

#include "engine/decode/format.h"
#include "engine/decode/type_writer.h"
#include "engine/support/try.h"
#include "engine/text/parser.h"

namespace brink::text {

Status ModuleParser::name_definition(NameMap& names, uint32_t index, std::string_view what) {
  const TokenStream::Names taken = BRINK_TRY(tokens_.take_names(what));
  if (taken.shown) names.emplace_back(index, *taken.shown);
  return {};
}

void ModuleParser::write_export(std::string_view name, ExternKind kind, uint32_t index,
                                uint32_t offset) {
  support::ByteWriter& out = writer_.section(SectionId::Export).begin_entry(offset);
  out.write_name(name);
  out.write_u8(static_cast<uint8_t>(kind));
  out.write_u32(index);
}

Status ModuleParser::inline_exports(ExternKind kind, uint32_t index) {
  while (tokens_.at_open("export")) {
    const uint32_t offset = tokens_.take().offset;
    tokens_.take();
    const std::string_view name = BRINK_TRY(tokens_.expect_name());
    BRINK_TRY(tokens_.expect_close());
    write_export(name, kind, index, offset);
  }
  return {};
}

Result<std::optional<ModuleParser::ImportName>> ModuleParser::inline_import() {
  if (!tokens_.take_open("import")) return std::nullopt;
  ImportName import;
  import.module = BRINK_TRY(tokens_.expect_name());
  import.name = BRINK_TRY(tokens_.expect_name());
  BRINK_TRY(tokens_.expect_close());
  return import;
}

Status ModuleParser::import_desc(ExternKind kind, uint32_t index, ImportName import,
                                 uint32_t offset) {
  support::ByteWriter& out = writer_.section(SectionId::Import).begin_entry(offset);
  out.write_name(import.module);
  out.write_name(import.name);
  out.write_u8(static_cast<uint8_t>(kind));
  switch (kind) {
    case ExternKind::Func:
    case ExternKind::Tag: {
      const TypeUse use = BRINK_TRY(scope_.types.type_use(tokens_, ParamNames::Allowed));
      const uint32_t type = BRINK_TRY(scope_.types.resolve(tokens_, use));
      if (kind == ExternKind::Tag) {
        decode::write_tag_type(out, type);
      } else {
        out.write_u32(type);
        name_params(index, use);
      }
      break;
    }
    case ExternKind::Table: {
      const AddressType address = TypeSection::take_address_type(tokens_);
      decode::write_table_type(out, BRINK_TRY(scope_.types.table_type(tokens_, address)));
      break;
    }
    case ExternKind::Memory: {
      const AddressType address = TypeSection::take_address_type(tokens_);
      decode::write_memory_type(out, BRINK_TRY(scope_.types.memory_type(tokens_, address)));
      break;
    }
    case ExternKind::Global:
      decode::write_global_type(out, BRINK_TRY(scope_.types.global_type(tokens_)));
      break;
  }
  return tokens_.expect_close();
}

void ModuleParser::name_params(uint32_t index, const TypeUse& use) {
  if (use.param_names.empty()) return;
  NameMap& names = names_.locals.emplace_back(index, NameMap()).second;
  for (const TypeUse::ParamName& param : use.param_names)
    names.emplace_back(param.index, *param.names.shown);
}

Status ModuleParser::define_function(uint32_t offset) {
  const uint32_t index = next_index(ExternKind::Func);
  BRINK_TRY(name_definition(names_.functions, index, "function"));
  BRINK_TRY(inline_exports(ExternKind::Func, index));
  if (const auto import = BRINK_TRY(inline_import()))
    return import_desc(ExternKind::Func, index, *import, offset);
  const TypeUse use = BRINK_TRY(scope_.types.type_use(tokens_, ParamNames::Allowed));
  const uint32_t type = BRINK_TRY(scope_.types.resolve(tokens_, use));
  writer_.section(SectionId::Function).begin_entry(offset).write_u32(type);
  return function_body(index, offset, type, use);
}

Status ModuleParser::function_body(uint32_t index, uint32_t offset, uint32_t type,
                                   const TypeUse& use) {
  instructions_.begin();
  IndexSpace& locals = instructions_.locals();
  NameMap names;
  for (const TypeUse::ParamName& param : use.param_names) {
    locals.add(param.index - locals.size());
    BRINK_TRY(locals.add(param.names.id, tokens_, param.offset));
    names.emplace_back(param.index, *param.names.shown);
  }
  const std::optional<uint32_t> params = scope_.types.param_count(type);
  locals.add(params.value_or(0) - (params ? locals.size() : 0));
  BRINK_TRY(local_declarations(type, params.has_value(), names));
  if (!names.empty()) names_.locals.emplace_back(index, std::move(names));

  BRINK_TRY(instructions_.parse_sequence());
  CodeBuffer& code = instructions_.code();
  writer_.add_function_body(index, offset, code);
  if (!code.label_names.empty())
    names_.labels.emplace_back(index, std::exchange(code.label_names, {}));
  return tokens_.expect_close();
}

Status ModuleParser::local_declarations(uint32_t type, bool knows_params, NameMap& names) {
  IndexSpace& locals = instructions_.locals();
  std::vector<std::pair<uint32_t, ValType>> runs;  // as the binary format groups them
  const auto add = [&]() -> Status {
    const ValType local = BRINK_TRY(scope_.types.val_type(tokens_));
    if (runs.empty() || runs.back().second != local) runs.emplace_back(0, local);
    ++runs.back().first;
    return {};
  };
  while (tokens_.take_open("local")) {
    const uint32_t offset = tokens_.offset();
    const TokenStream::Names taken = BRINK_TRY(tokens_.take_names("local"));
    if (taken.shown) {
      // Which index a name gets depends on the number of parameters.
      if (!knows_params) return tokens_.error(offset, fmt::format("unknown type {}", type));
      names.emplace_back(locals.size(), *taken.shown);
      BRINK_TRY(locals.add(taken.id, tokens_, offset));
      BRINK_TRY(add());
      BRINK_TRY(tokens_.expect_close());
      continue;
    }
    while (!tokens_.take_close()) {
      locals.add();
      BRINK_TRY(add());
    }
  }
  support::ByteWriter& out = instructions_.code().bytes;
  out.write_u32(static_cast<uint32_t>(runs.size()));
  for (const auto& [count, local] : runs) {
    out.write_u32(count);
    decode::write_val_type(out, local);
  }
  return {};
}

Status ModuleParser::define_table(uint32_t offset) {
  const uint32_t index = next_index(ExternKind::Table);
  BRINK_TRY(name_definition(names_.tables, index, "table"));
  BRINK_TRY(inline_exports(ExternKind::Table, index));
  if (const auto import = BRINK_TRY(inline_import()))
    return import_desc(ExternKind::Table, index, *import, offset);
  const AddressType address = TypeSection::take_address_type(tokens_);
  if (TypeSection::at_ref_type(tokens_)) return inline_elements(index, address, offset);

  const TableType type = BRINK_TRY(scope_.types.table_type(tokens_, address));
  SectionContent& section = writer_.section(SectionId::Table);
  support::ByteWriter& out = section.begin_entry(offset);
  if (tokens_.at(TokenKind::RightParen)) {
    decode::write_table_type(out, type);
  } else {
    out.write_u8(decode::kTableWithInitializerByte);
    out.write_u8(0);
    decode::write_table_type(out, type);
    instructions_.begin();
    BRINK_TRY(instructions_.parse_sequence());
    section.append(instructions_.code());
  }
  return tokens_.expect_close();
}

Status ModuleParser::define_memory(uint32_t offset) {
  const uint32_t index = next_index(ExternKind::Memory);
  BRINK_TRY(name_definition(names_.memories, index, "memory"));
  BRINK_TRY(inline_exports(ExternKind::Memory, index));
  if (const auto import = BRINK_TRY(inline_import()))
    return import_desc(ExternKind::Memory, index, *import, offset);
  const AddressType address = TypeSection::take_address_type(tokens_);
  if (tokens_.at_open("data") || tokens_.at_open("pagesize"))
    return inline_data(index, address, offset);

  const MemoryType type = BRINK_TRY(scope_.types.memory_type(tokens_, address));
  decode::write_memory_type(writer_.section(SectionId::Memory).begin_entry(offset), type);
  return tokens_.expect_close();
}

Status ModuleParser::define_global(uint32_t offset) {
  const uint32_t index = next_index(ExternKind::Global);
  BRINK_TRY(name_definition(names_.globals, index, "global"));
  BRINK_TRY(inline_exports(ExternKind::Global, index));
  if (const auto import = BRINK_TRY(inline_import()))
    return import_desc(ExternKind::Global, index, *import, offset);
  const GlobalType type = BRINK_TRY(scope_.types.global_type(tokens_));
  SectionContent& section = writer_.section(SectionId::Global);
  decode::write_global_type(section.begin_entry(offset), type);
  instructions_.begin();
  BRINK_TRY(instructions_.parse_sequence());
  section.append(instructions_.code());
  return tokens_.expect_close();
}

Status ModuleParser::define_tag(uint32_t offset) {
  const uint32_t index = next_index(ExternKind::Tag);
  BRINK_TRY(name_definition(names_.tags, index, "tag"));
  BRINK_TRY(inline_exports(ExternKind::Tag, index));
  if (const auto import = BRINK_TRY(inline_import()))
    return import_desc(ExternKind::Tag, index, *import, offset);
  const TypeUse use = BRINK_TRY(scope_.types.type_use(tokens_, ParamNames::Allowed));
  const uint32_t type = BRINK_TRY(scope_.types.resolve(tokens_, use));
  support::ByteWriter& out = writer_.section(SectionId::Tag).begin_entry(offset);
  decode::write_tag_type(out, type);
  return tokens_.expect_close();
}

}  // namespace brink::text
