// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/decode/test_module.h"

#include "engine/support/byte_writer.h"

namespace brink::decode::testing {

using wasm::SectionId;

Bytes join(std::initializer_list<Bytes> parts) {
  Bytes result;
  for (const Bytes& part : parts) result.insert(result.end(), part.begin(), part.end());
  return result;
}

Bytes name(std::string_view text) {
  support::ByteWriter writer;
  writer.write_name(text);
  return writer.take();
}

Bytes sized(const Bytes& content) {
  support::ByteWriter writer;
  writer.write_sized_bytes(content);
  return writer.take();
}

Bytes section(SectionId id, std::initializer_list<Bytes> content) {
  return join({{static_cast<uint8_t>(id)}, sized(join(content))});
}

Bytes custom(std::string_view section_name, const Bytes& content) {
  return section(SectionId::Custom, {name(section_name), content});
}

Bytes module(std::initializer_list<Bytes> sections) {
  return join({{0x00, 'a', 's', 'm', 0x01, 0x00, 0x00, 0x00}, join(sections)});
}

namespace {

Bytes rich_types() {
  return section(SectionId::Type, {
                                      {6},
                                      {0x60, 0, 0},
                                      {0x60, 5, 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 2, 0x7f, 0x70},
                                      // Two structs, the second below the first, and an array.
                                      {0x4e, 3},
                                      {0x50, 0, 0x5f, 2, 0x78, 1, 0x63, 3, 0},
                                      {0x4f, 1, 2, 0x5f, 2, 0x78, 1, 0x63, 3, 0},
                                      {0x5e, 0x77, 1},
                                      {0x60, 1, 0x7f, 0},
                                      {0x4e, 0},
                                      {0x60, 1, 0x64, 0x6d, 1, 0x6c},
                                  });
}

Bytes rich_imports() {
  return section(SectionId::Import, {
                                        {6},
                                        name("env"),
                                        name("func"),
                                        {0, 0},
                                        name("env"),
                                        name("table"),
                                        {1, 0x6f, 5, 1, 2},
                                        name("env"),
                                        name("memory"),
                                        {2, 3, 1, 2},
                                        name("env"),
                                        name("global"),
                                        {3, 0x7f, 1},
                                        name("env"),
                                        name("tag"),
                                        {4, 0, 5},
                                        name("s\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
                                        name(""),
                                        {0, 1},
                                    });
}

Bytes rich_elements() {
  return section(SectionId::Element, {
                                         {8},
                                         {0, 0x41, 0, 0x0b, 2, 0, 1},
                                         {1, 0, 1, 2},
                                         {2, 1, 0x41, 1, 0x0b, 0, 0},
                                         {3, 0, 1, 1},
                                         {4, 0x41, 0, 0x0b, 1, 0xd2, 0, 0x0b},
                                         {5, 0x70, 0},
                                         {6, 0, 0x41, 0, 0x0b, 0x6f, 1, 0xd0, 0x6f, 0x0b},
                                         {7, 0x64, 0x70, 1, 0xd2, 1, 0x0b},
                                     });
}

Bytes rich_code() {
  const Bytes first = {
      2,    2,    0x7f, 1,    0x63, 0x6d,                                      // locals
      0x02, 0x40, 0x03, 0x7f, 0x41, 0x7f, 0x04, 0x01, 0x05, 0x0b, 0x0b, 0x0b,  // blocks
      0x0e, 2,    0,    1,    0,                                               // br_table
      0x11, 1,    1,                                                           // call_indirect
      0x1c, 1,    0x7f,                                                        // select
      0x1f, 0x40, 2,    0,    0,    0,    3,    0,    0x0b,                    // try_table
      0x28, 0x42, 1,    0x80, 0x80, 0x04,  // i32.load of memory 1
      0x42, 0x80, 0x7f,                    // i64.const
      0x43, 0,    0,    0x80, 0x3f,        // f32.const
      0xfb, 0x18, 3,    0,    0x6e, 3,     // br_on_cast
      0xfb, 0x08, 4,    2,                 // array.new_fixed
      0xfc, 0x08, 0,    1,                 // memory.init
      0xfd, 0x0c, 0,    1,    2,    3,    4,    5,    6,    7,    8,    9,
      10,   11,   12,   13,   14,   15,  // v128.const
      0xfd, 0x54, 0,    1,    7,         // v128.load8_lane
      0xfe, 0x03, 0,                     // atomic.fence
      0x0b};
  return section(SectionId::Code, {{2}, sized(first), sized({0, 0x0b})});
}

Bytes rich_names() {
  return custom("name", join({{0},
                              sized(name("rich")),
                              {1},
                              sized(join({{2, 0}, name("first"), {2}, name("second")})),
                              {2},
                              sized(join({{1, 2, 2, 0}, name("x"), {1}, name("y")})),
                              {10},
                              sized(join({{1, 2, 1, 0}, name("field")}))}));
}

}  // namespace

Bytes rich_module() {
  return module({
      custom("first", {1, 2, 3}),
      rich_types(),
      rich_imports(),
      section(SectionId::Function, {{2, 0, 1}}),
      custom("", {}),
      section(SectionId::Table,
              {{3}, {0x70, 0, 1}, {0x40, 0, 0x64, 0x70, 1, 1, 10, 0xd2, 0, 0x0b}, {0x6e, 4, 0}}),
      section(SectionId::Memory, {{3}, {0, 1}, {5, 1, 0x80, 0x80, 0x04}, {9, 1, 2, 0}}),
      section(SectionId::Tag, {{1}, {0, 5}}),
      section(SectionId::Global, {{3},
                                  {0x7f, 0, 0x41, 0x2a, 0x0b},
                                  {0x63, 3, 1, 0xd0, 3, 0x0b},
                                  {0x6c, 0, 0x41, 1, 0xfb, 0x1c, 0x0b}}),
      section(SectionId::Export, {{5},
                                  name("f"),
                                  {0, 2},
                                  name("t"),
                                  {1, 1},
                                  name("m"),
                                  {2, 1},
                                  name("g"),
                                  {3, 1},
                                  name("e"),
                                  {4, 1}}),
      section(SectionId::Start, {{0}}),
      rich_elements(),
      section(SectionId::DataCount, {{3}}),
      custom("metadata.code.branch_hint", {1, 2, 2, 6, 1, 0, 9, 1, 1}),
      rich_names(),
      rich_code(),
      section(
          SectionId::Data,
          {{3}, {0, 0x41, 0, 0x0b, 3, 'a', 'b', 'c'}, {1, 0}, {2, 1, 0x41, 8, 0x0b, 2, 0, 0xff}}),
  });
}

}  // namespace brink::decode::testing
