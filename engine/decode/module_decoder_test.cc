// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/decode/module_decoder.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/decode/test_module.h"

namespace brink::decode {
namespace {

using namespace testing;
using wasm::Module;
using wasm::SectionId;
using wasm::SegmentMode;

Result<Module> decode(const Bytes& bytes, Features features = {}) {
  return decode_module(std::span<const uint8_t>(bytes), features);
}

/// The module of these sections. The bytes live as long as the module.
Module decode_sections(std::initializer_list<Bytes> sections) {
  auto result = decode_module(std::make_shared<const Bytes>(module(sections)));
  if (!result) FAIL(result.error().to_string());
  return std::move(*result);
}

struct BadModule {
  std::string message;  ///< how the message begins
  uint64_t offset;
  Bytes bytes;
};

void check_bad(const std::vector<BadModule>& cases, ErrorKind kind = ErrorKind::Malformed) {
  for (const BadModule& c : cases) {
    const auto result = decode(c.bytes);
    INFO(c.message);
    REQUIRE_FALSE(result);
    INFO(result.error().to_string());
    CHECK(result.error().message().starts_with(c.message));
    CHECK(result.error().offset() == c.offset);
    CHECK(result.error().kind() == kind);
  }
}

Bytes view(const Module& module, wasm::ByteRange range) {
  const auto bytes = module.view(range);
  return {bytes.begin(), bytes.end()};
}

const Bytes kFuncTypeSection = section(SectionId::Type, {{1, 0x60, 0, 0}});
const Bytes kFunctionSection = section(SectionId::Function, {{1, 0}});
const Bytes kCodeSection = section(SectionId::Code, {{1, 2, 0, 0x0b}});

}  // namespace

TEST_CASE("the empty module") {
  const Module module = decode_sections({});
  CHECK(module.bytes.size() == 8);
  CHECK(module.sections.empty());
}

TEST_CASE("types of the rich module") {
  auto result = decode_module(std::make_shared<const Bytes>(rich_module()));
  if (!result) FAIL(result.error().to_string());
  const Module& module = *result;
  REQUIRE(module.types.size() == 7);
  REQUIRE(module.rec_groups.size() == 6);
  CHECK(module.rec_groups[2].first == 2);
  CHECK(module.rec_groups[2].count == 3);
  CHECK(module.rec_groups[4].count == 0);

  const auto& func = std::get<FuncType>(module.types[1].composite);
  CHECK(func.params == std::vector<ValType>{kI32, kI64, kF32, kF64, kV128});
  CHECK(func.results == std::vector<ValType>{kI32, kFuncRef});
  CHECK(module.types[1].is_final);

  const auto& base = std::get<StructType>(module.types[2].composite);
  CHECK_FALSE(module.types[2].is_final);
  CHECK_FALSE(module.types[2].supertype);
  REQUIRE(base.fields.size() == 2);
  CHECK(base.fields[0] == FieldType{ValKind::I8, true});
  CHECK(base.fields[1] == FieldType{ValType::ref(HeapType::concrete(3), true), false});
  CHECK(module.types[3].is_final);
  CHECK(module.types[3].supertype == 2u);
  CHECK(std::get<ArrayType>(module.types[4].composite).element == FieldType{ValKind::I16, true});
  const auto& last = std::get<FuncType>(module.types[6].composite);
  CHECK(last.params == std::vector<ValType>{ValType::ref(AbstractHeapType::Eq, false)});
  CHECK(last.results == std::vector<ValType>{kI31Ref});
}

TEST_CASE("index spaces of the rich module begin with the imports") {
  auto result = decode_module(std::make_shared<const Bytes>(rich_module()));
  REQUIRE(result);
  const Module& module = *result;
  REQUIRE(module.imports.size() == 6);
  CHECK(module.imports[0].module == "env");
  CHECK(module.imports[5].module == "sä€😀");
  CHECK(module.imports[5].name == "");
  CHECK(module.imports[5].index == 1);
  CHECK(kind_of(module.imports[4].desc) == ExternKind::Tag);
  CHECK(module.imported_functions == 2);
  CHECK(module.imported_tables == 1);
  CHECK(module.imported_memories == 1);
  CHECK(module.imported_globals == 1);
  CHECK(module.imported_tags == 1);

  REQUIRE(module.functions.size() == 4);
  CHECK(module.functions[1].type_index == 1);
  CHECK(module.functions[1].body.size == 0);
  CHECK(module.functions[3].type_index == 1);
  CHECK(view(module, module.functions[3].body) == Bytes{0, 0x0b});

  REQUIRE(module.tables.size() == 4);
  CHECK(module.tables[0].type == TableType{kExternRef, {1, 2}, AddressType::I64});
  CHECK(module.tables[1].type == TableType{kFuncRef, {1, {}}, AddressType::I32});
  CHECK_FALSE(module.tables[1].init);
  CHECK(module.tables[2].type.element == ValType::ref(AbstractHeapType::Func, false));
  REQUIRE(module.tables[2].init);
  CHECK(view(module, *module.tables[2].init) == Bytes{0xd2, 0, 0x0b});
  CHECK(module.tables[3].type == TableType{kAnyRef, {0, {}}, AddressType::I64});

  REQUIRE(module.memories.size() == 4);
  CHECK(module.memories[0] == MemoryType{{1, 2}, AddressType::I32, true});
  CHECK(module.memories[1] == MemoryType{{1, {}}, AddressType::I32, false});
  CHECK(module.memories[2] == MemoryType{{1, 65536}, AddressType::I64, false});
  CHECK(module.memories[3] == MemoryType{{1, 2}, AddressType::I32, false, 0});

  REQUIRE(module.globals.size() == 4);
  CHECK(module.globals[0].type == GlobalType{kI32, true});
  CHECK(module.globals[0].init.size == 0);
  CHECK(view(module, module.globals[3].init) == Bytes{0x41, 1, 0xfb, 0x1c, 0x0b});
  CHECK(module.tags == std::vector<uint32_t>{5, 5});
}

TEST_CASE("exports, start and segments of the rich module") {
  auto result = decode_module(std::make_shared<const Bytes>(rich_module()));
  REQUIRE(result);
  const Module& module = *result;
  REQUIRE(module.exports.size() == 5);
  for (size_t i = 0; i < 5; ++i) CHECK(module.exports[i].kind == static_cast<ExternKind>(i));
  CHECK(module.exports[0].name == "f");
  CHECK(module.exports[0].index == 2);
  CHECK(module.start == 0u);
  CHECK(module.data_count == 3u);

  REQUIRE(module.elements.size() == 8);
  const ValType func = ValType::ref(AbstractHeapType::Func, false);
  const SegmentMode modes[] = {SegmentMode::Active, SegmentMode::Passive, SegmentMode::Active,
                               SegmentMode::Declarative};
  const ValType types[] = {func, func, func, func, kFuncRef, kFuncRef, kExternRef, func};
  const uint32_t sizes[] = {2, 1, 0, 1, 1, 0, 1, 1};
  for (size_t i = 0; i < 8; ++i) {
    INFO(i);
    const wasm::ElementSegment& segment = module.elements[i];
    CHECK(segment.flags == i);
    CHECK(segment.mode == modes[i % 4]);
    CHECK(segment.has_expressions == (i >= 4));
    CHECK(segment.type == types[i]);
    CHECK(segment.size() == sizes[i]);
    CHECK(segment.offset_expr.size == (segment.mode == SegmentMode::Active ? 3 : 0));
    CHECK(module.bytes[segment.offset] == i);
  }
  CHECK(module.elements[0].functions == std::vector<uint32_t>{0, 1});
  CHECK(module.elements[2].table_index == 1);
  CHECK(view(module, module.elements[6].expressions[0]) == Bytes{0xd0, 0x6f, 0x0b});

  REQUIRE(module.data.size() == 3);
  CHECK(module.data[0].mode == SegmentMode::Active);
  CHECK(view(module, module.data[0].bytes) == Bytes{'a', 'b', 'c'});
  CHECK(module.data[1].mode == SegmentMode::Passive);
  CHECK(module.data[2].memory_index == 1);
  CHECK(view(module, module.data[2].offset_expr) == Bytes{0x41, 8, 0x0b});
}

TEST_CASE("sections are listed where they are") {
  const Bytes bytes = rich_module();
  const auto result = decode(bytes);
  REQUIRE(result);
  const Module& module = *result;
  CHECK(module.sections.size() == 17);
  uint32_t offset = 8;
  for (const wasm::Section& section : module.sections) {
    CHECK(section.header.offset == offset);
    CHECK(bytes[offset] == static_cast<uint8_t>(section.id));
    CHECK(section.payload.offset == section.header.end());
    offset = section.payload.end();
  }
  CHECK(offset == bytes.size());

  REQUIRE(module.custom_sections.size() == 4);
  CHECK(module.custom_sections[0].name == "first");
  CHECK(view(module, module.custom_sections[0].payload) == Bytes{1, 2, 3});
  CHECK(module.custom_sections[1].name == "");
  CHECK(module.custom_sections[1].payload.size == 0);
  CHECK(module.custom_sections[3].section_index == 14);

  REQUIRE(module.branch_hints.size() == 2);
  CHECK(module.branch_hints[0].function_index == 2);
  CHECK(module.branch_hints[0].body_offset == 6);
  CHECK_FALSE(module.branch_hints[0].likely);
  CHECK(module.branch_hints[1].likely);
}

TEST_CASE("broken branch hints are no hints") {
  for (const Bytes& content :
       {Bytes{1}, Bytes{1, 2, 1, 6, 2, 0, 0}, Bytes{0xff, 0xff, 0xff, 0xff, 0x0f, 2, 1}}) {
    const Module module = decode_sections({custom("metadata.code.branch_hint", content)});
    CHECK(module.branch_hints.empty());
  }
}

TEST_CASE("what is no module at all") {
  check_bad({
      {"unexpected end", 0, {}},
      {"unexpected end", 0, {0x00, 'a', 's'}},
      {"magic header not detected", 0, {'#', '!', '/', 'b', 'i', 'n'}},
      {"unexpected end", 7, {0x00, 'a', 's', 'm', 1, 0, 0}},
      {"unknown binary version: 0x2", 4, {0x00, 'a', 's', 'm', 2, 0, 0, 0}},
      {"unknown binary version: 0x1000d, the file is a component",
       4,
       {0x00, 'a', 's', 'm', 0x0d, 0, 1, 0}},
  });
}

TEST_CASE("framing of sections") {
  check_bad({
      {"malformed section id: 0x0e", 8, module({{0x0e, 1, 0}})},
      {"malformed section id: 0x80", 8, module({{0x80, 1, 0}})},
      {"unexpected end", 9, module({{1}})},
      {"length out of bounds", 10, module({{1, 4, 1, 0x60, 0}})},
      {"integer too large", 9, module({{1, 0xff, 0xff, 0xff, 0xff, 0x7f}})},
      {"section size mismatch", 11, module({{1, 2, 0, 0}})},
      {"unexpected end", 10, module({{0, 0}})},
      {"length out of bounds", 11, module({{0, 1, 5}})},
      {"malformed UTF-8 encoding", 12, module({{0, 3, 2, 'a', 0xff}})},
      {"unexpected content after last section", 11, module({{4, 1, 0}, {3, 1, 0}})},
      {"unexpected content after last section", 11, module({{6, 1, 0}, {13, 1, 0}})},
      {"unexpected content after last section", 11, module({{13, 1, 0}, {5, 1, 0}})},
      {"unexpected content after last section", 11, module({{10, 1, 0}, {12, 1, 0}})},
      {"unexpected content after last section", 11, module({{1, 1, 0}, {1, 1, 0}})},
  });
  CHECK(decode(module({{5, 1, 0}, {13, 1, 0}, {6, 1, 0}, {9, 1, 0}, {12, 1, 0}, {10, 1, 0}})));
}

TEST_CASE("sections that have to agree") {
  check_bad({
      {"function and code section have inconsistent lengths: 1 and 0", 18,
       module({kFuncTypeSection, kFunctionSection})},
      {"function and code section have inconsistent lengths: 0 and 1", 14, module({kCodeSection})},
      {"data count and data section have inconsistent lengths: 2 and 0", 11, module({{12, 1, 2}})},
      {"data count and data section have inconsistent lengths: 0 and 1", 16,
       module({{12, 1, 0}, {11, 3, 1, 1, 0}})},
  });
}

TEST_CASE("malformed types") {
  const auto types = [](Bytes content) {
    return module({section(SectionId::Type, {std::move(content)})});
  };
  check_bad({
      {"malformed definition type: byte 0x61", 11, types({1, 0x61})},
      {"integer representation too long", 11, types({1, 0xe0, 0x7f, 0, 0})},
      {"malformed value type: byte 0x78", 13, types({1, 0x60, 1, 0x78, 0})},
      {"malformed value type: byte 0x40", 13, types({1, 0x60, 1, 0x40, 0})},
      {"malformed storage type: byte 0x76", 12, types({1, 0x5e, 0x76, 0})},
      {"malformed mutability: 0x02", 13, types({1, 0x5e, 0x78, 2})},
      {"malformed heap type: byte 0x7f", 14, types({1, 0x60, 1, 0x63, 0x7f, 0})},
      {"malformed heap type", 14, types({1, 0x60, 1, 0x63, 0xf0, 0x7f, 0})},
      {"unexpected end of section or function", 12, types({2, 0x60})},
      {"unexpected end of section or function", 14, types({1, 0x60, 5, 0x7f})},
      {"unexpected end of section or function", 16, types({1, 0x4e, 2, 0x60, 0, 0})},
  });
  check_bad({{"unknown type 67108864", 14, types({1, 0x60, 1, 0x63, 0x80, 0x80, 0x80, 0x20, 0})},
             {"sub type has 2 supertypes", 11, types({1, 0x50, 2, 0, 0, 0x60, 0, 0})}},
            ErrorKind::Invalid);
}

TEST_CASE("malformed imports, exports and definitions") {
  check_bad({
      {"malformed import kind: 0x05", 13, module({{2, 4, 1, 0, 0, 5}})},
      {"malformed import kind: 0x80", 13, module({{2, 5, 1, 0, 0, 0x80, 0}})},
      {"unexpected end of section or function", 13, module({{2, 3, 1, 0, 0}})},
      {"length out of bounds", 12, module({{2, 3, 1, 9, 0}})},
      {"malformed tag attribute: 0x01", 14, module({{2, 6, 1, 0, 0, 4, 1, 0}})},
      {"malformed mutability: 0x07", 15, module({{2, 6, 1, 0, 0, 3, 0x7f, 7}})},
      {"malformed reference type: byte 0x7f", 11, module({{4, 4, 1, 0x7f, 0, 0}})},
      {"malformed limits flags: 0x08", 12, module({{4, 4, 1, 0x70, 8, 0}})},
      {"malformed limits flags: 0x02", 12, module({{4, 4, 1, 0x70, 2, 0}})},
      {"zero byte expected", 12, module({{4, 5, 1, 0x40, 1, 0x70, 0}})},
      {"malformed limits flags: a page size, but no limits", 11, module({{5, 2, 1, 8}})},
      {"malformed limits flags: 0x10", 11, module({{5, 3, 1, 0x10, 0}})},
      {"malformed limits flags: 0x81", 11, module({{5, 4, 1, 0x81, 0, 0}})},
      {"invalid custom page size: 2^65 bytes", 13, module({{5, 4, 1, 8, 0, 65}})},
      {"unexpected end of section or function", 13, module({{5, 3, 1, 1, 0}})},
      {"malformed export kind: 0x05", 12, module({{7, 4, 1, 0, 5, 0}})},
      {"length out of bounds: 2 exports do not fit in 3 bytes", 10, module({{7, 4, 2, 0, 0, 0}})},
      {"unexpected end of section or function", 10, module({{8, 0}})},
  });
}

TEST_CASE("malformed constant expressions") {
  check_bad({
      {"unexpected end of section or function", 15, module({{6, 5, 1, 0x7f, 0, 0x41, 0}})},
      {"unexpected end of section or function", 16, module({{6, 6, 1, 0x7f, 0, 0x02, 0x40, 0x0b}})},
      {"illegal opcode ff", 13, module({{6, 5, 1, 0x7f, 0, 0xff, 0x0b}})},
      {"illegal opcode fb 1f", 13, module({{6, 6, 1, 0x7f, 0, 0xfb, 0x1f, 0x0b}})},
      {"integer too large", 14,
       module({{6, 10, 1, 0x7f, 0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x70, 0x0b}})},
  });
  const Module nested = decode_sections({section(
      SectionId::Global, {{1, 0x7f, 0, 0x02, 0x40, 0x03, 0x40, 0x0b, 0x0b, 0x41, 0, 0x0b}})});
  CHECK(nested.globals[0].init.size == 9);
}

TEST_CASE("malformed segments") {
  check_bad({
      {"malformed elements segment kind: 8", 11, module({{9, 3, 1, 8, 0}})},
      {"malformed element kind: 0x01", 12, module({{9, 4, 1, 1, 1, 0}})},
      {"malformed reference type: byte 0x7f", 12, module({{9, 4, 1, 5, 0x7f, 0}})},
      {"unexpected end of section or function", 14, module({{9, 4, 1, 1, 0, 9}})},
      {"malformed data segment kind: 3", 11, module({{11, 3, 1, 3, 0}})},
      {"unexpected end of section or function: a data segment of 7 bytes with 1 bytes left", 13,
       module({{11, 4, 1, 1, 7, 'x'}})},
  });
}

TEST_CASE("function bodies without a final end") {
  const auto code = [](Bytes content, Bytes after = {}) {
    return module({kFuncTypeSection, kFunctionSection, section(SectionId::Code, {content}), after});
  };
  check_bad({
      {"unexpected end of section or function", 26, code({1, 4, 0, 0x41, 1, 0x1a})},
      {"section size mismatch", 26, code({1, 4, 0, 0x41, 1, 0x1a}, {11, 1, 0})},
      {"END opcode expected", 26, code({2, 4, 0, 0x41, 1, 0x1a, 2, 0, 0x0b})},
      {"unexpected end of section or function", 22, code({1, 0})},
      {"length out of bounds", 22, code({1, 9, 0, 0x0b})},
      // Something else is wrong before.
      {"illegal opcode ff", 23, code({1, 3, 0, 0xff, 0})},
      {"integer representation too long", 24,
       code({1, 7, 0, 0x0c, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80})},
  });
}

TEST_CASE("counts out of proportion end where the bytes end") {
  // The largest counts that the limits allow, with nothing behind them.
  const Bytes million = {0xc0, 0x84, 0x3d};
  for (const uint8_t id : {1, 2, 3, 6, 13, 10}) {
    const auto result = decode(module({{id, 3}, million}));
    REQUIRE_FALSE(result);
    INFO(result.error().to_string());
    CHECK(result.error().message().starts_with("unexpected end of section or function"));
    CHECK(result.error().offset() == 13);
  }
}

TEST_CASE("implementation limits") {
  const Bytes huge = {0xff, 0xff, 0xff, 0xff, 0x0f};
  std::vector<BadModule> cases;
  for (const uint8_t id : {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13})
    cases.push_back({"implementation limit exceeded: 4294967295 ", 10, module({{id, 5}, huge})});
  cases.push_back({"implementation limit exceeded: 1001 parameters of a function", 12,
                   module({{1, 4, 1, 0x60, 0xe9, 0x07}})});
  cases.push_back({"implementation limit exceeded: 10001 fields of a struct", 12,
                   module({{1, 4, 1, 0x5f, 0x91, 0x4e}})});
  cases.push_back({"implementation limit exceeded: 1000001 types", 12,
                   module({{1, 5, 1, 0x4e, 0xc1, 0x84, 0x3d}})});
  cases.push_back({"implementation limit exceeded: 101 memories", 18,
                   module({{2, 6, 1, 0, 0, 2, 0, 0}, {5, 1, 100}})});
  cases.push_back({"implementation limit exceeded: 10001 operands of array.new_fixed", 16,
                   module({{6, 9, 1, 0x6a, 0, 0xfb, 0x08, 0, 0x91, 0x4e, 0x0b}})});
  check_bad(cases, ErrorKind::Limit);
}

TEST_CASE("what features switch off") {
  struct Case {
    Feature feature;
    std::string message;
    Bytes bytes;
  };
  const std::vector<Case> cases = {
      {Feature::Exceptions, "malformed section id: the tag section", module({{13, 1, 0}})},
      {Feature::BulkMemory, "malformed section id: the data count section", module({{12, 1, 0}})},
      {Feature::BulkMemory, "malformed elements segment kind", module({{9, 4, 1, 1, 0, 0}})},
      {Feature::BulkMemory, "malformed data segment kind", module({{11, 3, 1, 1, 0}})},
      {Feature::Gc, "malformed definition type: a struct", module({{1, 3, 1, 0x5f, 0}})},
      {Feature::Gc, "malformed definition type: an array", module({{1, 4, 1, 0x5e, 0x7f, 0}})},
      {Feature::Gc, "malformed definition type: a recursive group", module({{1, 3, 1, 0x4e, 0}})},
      {Feature::Gc, "malformed definition type: a sub type",
       module({{1, 6, 1, 0x50, 0, 0x60, 0, 0}})},
      {Feature::Gc, "malformed value type: i31ref", module({{1, 5, 1, 0x60, 1, 0x6c, 0}})},
      {Feature::Exceptions, "malformed value type: exnref", module({{1, 5, 1, 0x60, 1, 0x69, 0}})},
      {Feature::Simd, "malformed value type: v128", module({{1, 5, 1, 0x60, 1, 0x7b, 0}})},
      {Feature::ReferenceTypes, "malformed value type: externref",
       module({{1, 5, 1, 0x60, 1, 0x6f, 0}})},
      {Feature::MultiValue, "invalid result arity", module({{1, 6, 1, 0x60, 0, 2, 0x7f, 0x7f}})},
      {Feature::Threads, "malformed limits flags: a shared memory", module({{5, 4, 1, 3, 0, 0}})},
      {Feature::Memory64, "malformed limits flags: a 64-bit", module({{5, 3, 1, 4, 0}})},
      {Feature::CustomPageSizes, "malformed limits flags: a page size",
       module({{5, 4, 1, 8, 0, 0}})},
      {Feature::Exceptions, "malformed import kind: a tag", module({{2, 6, 1, 0, 0, 4, 0, 0}})},
      {Feature::Exceptions, "malformed export kind: a tag", module({{7, 4, 1, 0, 4, 0}})},
      {Feature::Simd, "illegal opcode fd 0f: i8x16.splat",
       module({{6, 8, 1, 0x7f, 0, 0x41, 0, 0xfd, 0x0f, 0x0b}})},
  };
  for (const Case& c : cases) {
    INFO(c.message);
    CHECK(decode(c.bytes));
    Features features;
    features.set(c.feature, false);
    const auto result = decode(c.bytes, features);
    REQUIRE_FALSE(result);
    INFO(result.error().message());
    CHECK(result.error().kind() == ErrorKind::Malformed);
    CHECK(result.error().message().starts_with(c.message));
    CHECK(result.error().message().ends_with(
        " needs the feature '" + std::string(to_string(c.feature)) + "', which is off"));
  }
}

TEST_CASE("typed references come with either of two features") {
  const Bytes bytes = module({{1, 6, 1, 0x60, 1, 0x63, 0, 0}});
  Features features;
  features.set(Feature::Gc, false);
  CHECK(decode(bytes, features));
  features.set(Feature::FunctionReferences, false);
  const auto result = decode(bytes, features);
  REQUIRE_FALSE(result);
  CHECK(result.error().message().starts_with("malformed value type: (ref ...)"));
  features.set(Feature::Gc, true);
  CHECK(decode(bytes, features));
}

TEST_CASE("a module of the first version needs no feature") {
  const Bytes bytes = module(
      {section(SectionId::Type, {{1, 0x60, 1, 0x7f, 1, 0x7f}}), kFunctionSection,
       section(SectionId::Table, {{1, 0x70, 0, 1}}), section(SectionId::Memory, {{1, 1, 1, 2}}),
       section(SectionId::Element, {{1, 0, 0x41, 0, 0x0b, 1, 0}}), kCodeSection,
       section(SectionId::Data, {{1, 0, 0x41, 0, 0x0b, 1, 'x'}})});
  CHECK(decode(bytes, Features::mvp()));
}

}  // namespace brink::decode
