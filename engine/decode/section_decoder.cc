// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/decode/section_decoder.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "engine/decode/format.h"
#include "engine/decode/limits.h"
#include "engine/decode/type_reader.h"
#include "engine/support/utf8.h"

namespace brink::decode {

using wasm::ByteRange;
using wasm::ConstExpr;
using wasm::Module;
using wasm::SectionId;
using wasm::SegmentMode;

namespace {

constexpr uint8_t kEndByte = 0x0b;

}  // namespace

void SectionDecoder::decode(SectionId id) {
  switch (id) {
    case SectionId::Custom: return decode_custom();
    case SectionId::Type: return decode_types();
    case SectionId::Import: return decode_imports();
    case SectionId::Function: return decode_functions();
    case SectionId::Table: return decode_tables();
    case SectionId::Memory: return decode_memories();
    case SectionId::Global: return decode_globals();
    case SectionId::Export: return decode_exports();
    case SectionId::Start: return decode_start();
    case SectionId::Element: return decode_elements();
    case SectionId::Code: return decode_code();
    case SectionId::Data: return decode_data();
    case SectionId::DataCount: return decode_data_count();
    case SectionId::Tag: return decode_tags();
  }
}

// ---- shared pieces ----

uint32_t SectionDecoder::read_count(std::string_view what, uint32_t limit) {
  return read_count(what, limit, 0);
}

uint32_t SectionDecoder::read_count(std::string_view what, uint32_t limit, size_t already_there) {
  const uint32_t offset = reader_.offset();
  const uint32_t count = reader_.read_u32();
  const uint64_t total = uint64_t{count} + already_there;
  if (total <= limit) [[likely]]
    return count;
  reader_.fail(limits::exceeded(what, total, limit, offset));
  return 0;
}

size_t SectionDecoder::plausible(uint32_t count, uint32_t min_entry_bytes) const {
  return std::min(count, reader_.remaining() / min_entry_bytes);
}

std::string_view SectionDecoder::read_name() {
  const uint32_t size = reader_.read_u32();
  const uint32_t offset = reader_.offset();
  const auto bytes = reader_.read_bytes(size);
  const std::string_view name(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (const size_t bad = support::find_invalid_utf8(name); bad != name.size())
    reader_.fail("malformed UTF-8 encoding", offset + bad);
  return name;
}

ConstExpr SectionDecoder::read_const_expr() {
  const uint32_t offset = reader_.offset();
  Instruction instruction;
  uint32_t depth = 0;
  while (instructions_.read(instruction)) {
    const ImmKind imm = info(instruction.opcode).imm;
    if (imm == ImmKind::BlockType || imm == ImmKind::TryTable) ++depth;
    const bool ends_block =
        instruction.opcode == Opcode::End || instruction.opcode == Opcode::Delegate;
    if (!ends_block) continue;
    if (depth == 0) return {offset, reader_.offset() - offset};
    --depth;
  }
  return {};
}

bool SectionDecoder::require(Feature feature, std::string_view phrase, std::string_view what,
                             uint32_t offset) {
  if (features_.has(feature)) return true;
  fail_feature(reader_, feature, phrase, what, offset);
  return false;
}

// ---- custom section ----

void SectionDecoder::decode_custom() {
  wasm::CustomSection section;
  section.name = read_name();
  section.section_index = static_cast<uint32_t>(module_.sections.size()) - 1;
  section.payload = {reader_.offset(), reader_.remaining()};
  reader_.read_bytes(reader_.remaining());
  if (reader_.ok()) module_.custom_sections.push_back(section);
}

// ---- types ----

void SectionDecoder::decode_types() {
  const uint32_t count = read_count("types", limits::kTypes);
  module_.types.reserve(plausible(count, 2));
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
    const uint32_t offset = reader_.offset();
    uint32_t group_size = 1;
    const bool is_explicit = reader_.peek_u8() == kRecGroupByte;
    if (is_explicit) {
      reader_.read_u8();
      if (!require(Feature::Gc, "malformed definition type", "a recursive group", offset)) return;
      group_size = read_count("types", limits::kTypes, module_.types.size());
    }
    const auto first = static_cast<uint32_t>(module_.types.size());
    for (uint32_t j = 0; j < group_size && reader_.ok(); ++j) decode_sub_type();
    module_.rec_groups.push_back({first, group_size, is_explicit});
    if (module_.types.size() > limits::kTypes)
      reader_.fail(limits::exceeded("types", module_.types.size(), limits::kTypes, offset));
  }
}

void SectionDecoder::decode_sub_type() {
  SubType type;
  const uint32_t offset = reader_.offset();
  const uint8_t byte = reader_.peek_u8();
  if (byte == kSubTypeByte || byte == kSubFinalTypeByte) {
    reader_.read_u8();
    if (!require(Feature::Gc, "malformed definition type", "a sub type", offset)) return;
    type.is_final = byte == kSubFinalTypeByte;
    const uint32_t supertypes = reader_.read_u32();
    if (supertypes > 1) {
      reader_.fail(fmt::format("sub type has {} supertypes, at most one is allowed", supertypes),
                   offset, ErrorKind::Invalid);
      return;
    }
    if (supertypes == 1) type.supertype = reader_.read_u32();
  }
  type.composite = decode_composite_type();
  module_.types.push_back(std::move(type));
}

CompositeType SectionDecoder::decode_composite_type() {
  constexpr std::string_view kPhrase = "malformed definition type";
  const uint32_t offset = reader_.offset();
  const uint8_t byte = reader_.read_u8();
  switch (byte) {
    case kFuncTypeByte: return decode_func_type();
    case kStructTypeByte:
      require(Feature::Gc, kPhrase, "a struct", offset);
      return decode_struct_type();
    case kArrayTypeByte:
      require(Feature::Gc, kPhrase, "an array", offset);
      return ArrayType{read_field_type(reader_, features_)};
    default: break;
  }
  // The byte is a 7-bit signed number to the specification.
  if (byte >= 0x80)
    reader_.fail("integer representation too long", offset);
  else
    reader_.fail(fmt::format("{}: byte {:#04x}", kPhrase, byte), offset);
  return {};
}

FuncType SectionDecoder::decode_func_type() {
  FuncType type;
  decode_val_types(type.params, "parameters of a function", limits::kParams);
  const uint32_t offset = reader_.offset();
  decode_val_types(type.results, "results of a function", limits::kResults);
  if (type.results.size() > 1)
    require(Feature::MultiValue, "invalid result arity", "more than one result", offset);
  return type;
}

void SectionDecoder::decode_val_types(std::vector<ValType>& types, std::string_view what,
                                      uint32_t limit) {
  const uint32_t count = read_count(what, limit);
  types.reserve(plausible(count));
  for (uint32_t i = 0; i < count && reader_.ok(); ++i)
    types.push_back(read_val_type(reader_, features_));
}

StructType SectionDecoder::decode_struct_type() {
  StructType type;
  const uint32_t count = read_count("fields of a struct", limits::kStructFields);
  type.fields.reserve(plausible(count, 2));
  for (uint32_t i = 0; i < count && reader_.ok(); ++i)
    type.fields.push_back(read_field_type(reader_, features_));
  return type;
}

// ---- imports and the index spaces ----

void SectionDecoder::decode_imports() {
  const uint32_t count = read_count("imports", limits::kImports);
  module_.imports.reserve(plausible(count, 4));
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) decode_import();
}

void SectionDecoder::decode_import() {
  wasm::Import import;
  import.offset = reader_.offset();
  import.module = read_name();
  import.name = read_name();
  const uint32_t offset = reader_.offset();
  const uint8_t kind = reader_.read_u8();
  if (!reader_.ok()) return;
  switch (static_cast<ExternKind>(kind)) {
    case ExternKind::Func:
      import.desc = wasm::FuncDesc{reader_.read_u32()};
      import.index = module_.imported_functions++;
      module_.functions.push_back({std::get<wasm::FuncDesc>(import.desc).type_index, {}});
      break;
    case ExternKind::Table:
      import.desc = read_table_type(reader_, features_);
      import.index = module_.imported_tables++;
      module_.tables.push_back({std::get<TableType>(import.desc), {}});
      break;
    case ExternKind::Memory:
      import.desc = read_memory_type(reader_, features_);
      import.index = module_.imported_memories++;
      module_.memories.push_back(std::get<MemoryType>(import.desc));
      break;
    case ExternKind::Global:
      import.desc = read_global_type(reader_, features_);
      import.index = module_.imported_globals++;
      module_.globals.push_back({std::get<GlobalType>(import.desc), {}});
      break;
    case ExternKind::Tag:
      require(Feature::Exceptions, "malformed import kind", "a tag", offset);
      import.desc = wasm::TagDesc{read_tag_type(reader_)};
      import.index = module_.imported_tags++;
      module_.tags.push_back(std::get<wasm::TagDesc>(import.desc).type_index);
      break;
    default: reader_.fail(fmt::format("malformed import kind: {:#04x}", kind), offset); return;
  }
  module_.imports.push_back(std::move(import));
}

void SectionDecoder::decode_functions() {
  const uint32_t count = read_count("functions", limits::kFunctions, module_.functions.size());
  module_.functions.reserve(module_.functions.size() + plausible(count));
  for (uint32_t i = 0; i < count && reader_.ok(); ++i)
    module_.functions.push_back({reader_.read_u32(), {}});
}

void SectionDecoder::decode_tables() {
  const uint32_t count = read_count("tables", limits::kTables, module_.tables.size());
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
    const uint32_t offset = reader_.offset();
    wasm::Table table;
    const bool has_initializer = reader_.peek_u8() == kTableWithInitializerByte;
    if (has_initializer) {
      reader_.read_u8();
      const uint32_t reserved_offset = reader_.offset();
      if (reader_.read_u8() != 0) reader_.fail("zero byte expected", reserved_offset);
      if (!allows_typed_references(features_))
        require(Feature::FunctionReferences, "malformed reference type",
                "a table with an initializer", offset);
    }
    table.type = read_table_type(reader_, features_);
    if (has_initializer) table.init = read_const_expr();
    module_.tables.push_back(table);
  }
}

void SectionDecoder::decode_memories() {
  const uint32_t count = read_count("memories", limits::kMemories, module_.memories.size());
  for (uint32_t i = 0; i < count && reader_.ok(); ++i)
    module_.memories.push_back(read_memory_type(reader_, features_));
}

void SectionDecoder::decode_tags() {
  const uint32_t count = read_count("tags", limits::kTags, module_.tags.size());
  for (uint32_t i = 0; i < count && reader_.ok(); ++i)
    module_.tags.push_back(read_tag_type(reader_));
}

void SectionDecoder::decode_globals() {
  const uint32_t count = read_count("globals", limits::kGlobals, module_.globals.size());
  module_.globals.reserve(module_.globals.size() + plausible(count, 3));
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
    wasm::Global global;
    global.type = read_global_type(reader_, features_);
    global.init = read_const_expr();
    module_.globals.push_back(global);
  }
}

void SectionDecoder::decode_exports() {
  constexpr uint32_t kMinExportBytes = 3;  // length of the name, kind, index
  const uint32_t count_offset = reader_.offset();
  const uint32_t count = read_count("exports", limits::kExports);
  if (reader_.ok() && count > reader_.remaining() / kMinExportBytes)
    reader_.fail(fmt::format("length out of bounds: {} exports do not fit in {} bytes", count,
                             reader_.remaining()),
                 count_offset);
  module_.exports.reserve(plausible(count, kMinExportBytes));
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
    wasm::Export item;
    item.offset = reader_.offset();
    item.name = read_name();
    const uint32_t offset = reader_.offset();
    const uint8_t kind = reader_.read_u8();
    item.kind = static_cast<ExternKind>(kind);
    if (kind > static_cast<uint8_t>(ExternKind::Tag))
      reader_.fail(fmt::format("malformed export kind: {:#04x}", kind), offset);
    else if (item.kind == ExternKind::Tag)
      require(Feature::Exceptions, "malformed export kind", "a tag", offset);
    item.index = reader_.read_u32();
    module_.exports.push_back(item);
  }
}

void SectionDecoder::decode_start() {
  module_.start_offset = reader_.offset();
  module_.start = reader_.read_u32();
}

// ---- segments ----

void SectionDecoder::decode_elements() {
  const uint32_t count = read_count("element segments", limits::kElementSegments);
  module_.elements.reserve(plausible(count, 3));
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) decode_element_segment();
}

void SectionDecoder::decode_element_segment() {
  using namespace element_flags;
  wasm::ElementSegment segment;
  segment.offset = reader_.offset();
  const uint32_t flags = reader_.read_u32();
  if (flags > (kNotActive | kExplicit | kExpressions)) {
    reader_.fail(fmt::format("malformed elements segment kind: {}", flags), segment.offset);
    return;
  }
  if (flags != 0 && !require(Feature::BulkMemory, "malformed elements segment kind",
                             "any but an active segment of table 0", segment.offset))
    return;
  segment.flags = static_cast<uint8_t>(flags);
  segment.has_expressions = (flags & kExpressions) != 0;
  if (flags & kNotActive) {
    segment.mode = (flags & kExplicit) ? SegmentMode::Declarative : SegmentMode::Passive;
  } else {
    if (flags & kExplicit) segment.table_index = reader_.read_u32();
    segment.offset_expr = read_const_expr();
  }

  if (!segment.has_expressions) segment.type = ValType::ref(AbstractHeapType::Func, false);
  if (flags & (kNotActive | kExplicit)) {
    const uint32_t type_offset = reader_.offset();
    if (segment.has_expressions)
      segment.type = read_ref_type(reader_, features_);
    else if (const uint8_t kind = reader_.read_u8(); kind != kFunctionKind)
      reader_.fail(fmt::format("malformed element kind: {:#04x}", kind), type_offset);
  }

  const uint32_t count = read_count("entries in an element segment", limits::kTableEntries);
  if (segment.has_expressions) {
    segment.expressions.reserve(plausible(count, 2));
    for (uint32_t i = 0; i < count && reader_.ok(); ++i)
      segment.expressions.push_back(read_const_expr());
  } else {
    segment.functions.reserve(plausible(count));
    for (uint32_t i = 0; i < count && reader_.ok(); ++i)
      segment.functions.push_back(reader_.read_u32());
  }
  module_.elements.push_back(std::move(segment));
}

void SectionDecoder::decode_data_count() {
  module_.data_count = reader_.read_u32();
}

void SectionDecoder::decode_data() {
  const uint32_t count = read_count("data segments", limits::kDataSegments);
  module_.data.reserve(plausible(count, 2));
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) decode_data_segment();
}

void SectionDecoder::decode_data_segment() {
  using namespace data_flags;
  wasm::DataSegment segment;
  segment.offset = reader_.offset();
  const uint32_t flags = reader_.read_u32();
  if (flags > kActiveWithIndex) {
    reader_.fail(fmt::format("malformed data segment kind: {}", flags), segment.offset);
    return;
  }
  if (flags != kActive && !require(Feature::BulkMemory, "malformed data segment kind",
                                   "any but an active segment of memory 0", segment.offset))
    return;
  segment.flags = static_cast<uint8_t>(flags);
  if (flags == kPassive) {
    segment.mode = SegmentMode::Passive;
  } else {
    if (flags == kActiveWithIndex) segment.memory_index = reader_.read_u32();
    segment.offset_expr = read_const_expr();
  }
  const uint32_t size = reader_.read_u32();
  if (reader_.ok() && size > reader_.remaining())
    reader_.fail(fmt::format("unexpected end of section or function: a data segment of {} bytes "
                             "with {} bytes left",
                             size, reader_.remaining()),
                 reader_.offset());
  segment.bytes = {reader_.offset(), size};
  reader_.read_bytes(size);
  module_.data.push_back(segment);
}

// ---- code ----

void SectionDecoder::decode_code() {
  code_count_ = read_count("functions", limits::kFunctions);
  if (bodies_ == Bodies::Skip) {
    reader_.read_bytes(reader_.remaining());
    return;
  }
  for (uint32_t i = 0; i < code_count_ && reader_.ok(); ++i) {
    const uint32_t size = reader_.read_u32();
    const ByteRange body = {reader_.offset(), size};
    if (size > limits::kFunctionBytes)
      reader_.fail(
          limits::exceeded("bytes in a function", size, limits::kFunctionBytes, reader_.offset()));
    reader_.read_bytes(size);
    if (!reader_.ok()) return;
    check_body_end(body, i + 1 == code_count_);
    const size_t index = size_t{module_.imported_functions} + i;
    if (index < module_.functions.size()) module_.functions[index].body = body;
  }
}

/// A body that does not end in `end` is malformed, and this is the place that still knows what
/// comes after it, on which the words depend: taken as instructions, the bytes of the next body are
/// no `end`, and those of the next section do not belong to this one.
void SectionDecoder::check_body_end(ByteRange body, bool is_last) {
  if (body.size > 0 && module_.bytes[body.end() - 1] == kEndByte) [[likely]]
    return;
  std::string_view phrase = "END opcode expected";
  if (is_last)
    phrase = body.end() == module_.bytes.size() ? "unexpected end of section or function"
                                                : "section size mismatch";
  // An earlier error in the body comes first.
  ByteReader reader(module_.view(body), body.offset);
  reader.set_end_message(phrase);
  reader.set_lookahead(module_.bytes.size() - body.end());
  skip_locals(reader);
  InstructionReader instructions(reader, features_);
  Instruction instruction;
  while (!reader.at_end() && instructions.read(instruction)) continue;
  if (reader.ok())
    reader.fail(fmt::format("{}: the function body has no final end", phrase), body.end());
  reader_.fail(reader.status().error());
}

void SectionDecoder::skip_locals(ByteReader& reader) {
  const uint32_t count = reader.read_u32();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    reader.read_u32();
    read_val_type(reader, features_);
  }
}

// ---- branch hints ----

void decode_branch_hints(Module& module) {
  const auto section = std::ranges::find(module.custom_sections, "metadata.code.branch_hint",
                                         &wasm::CustomSection::name);
  if (section == module.custom_sections.end()) return;
  support::ByteReader reader(module.view(section->payload), section->payload.offset);
  std::vector<wasm::BranchHint> hints;
  const uint32_t function_count = reader.read_u32();
  for (uint32_t i = 0; i < function_count && reader.ok(); ++i) {
    const uint32_t function_index = reader.read_u32();
    const uint32_t hint_count = reader.read_u32();
    for (uint32_t j = 0; j < hint_count && reader.ok(); ++j) {
      const uint32_t body_offset = reader.read_u32();
      const uint32_t size = reader.read_u32();
      const auto value = reader.read_bytes(size);
      if (size != 1 || !reader.ok()) return;
      hints.push_back({function_index, body_offset, value[0] == 1});
    }
  }
  if (reader.ok()) module.branch_hints = std::move(hints);
}

}  // namespace brink::decode
