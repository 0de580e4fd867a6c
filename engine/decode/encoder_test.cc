// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/decode/encoder.h"

#include <catch2/catch.hpp>

#include "engine/decode/module_decoder.h"
#include "engine/decode/test_module.h"

namespace brink::decode {
namespace {

using namespace testing;
using wasm::SectionId;

Bytes reencode(const Bytes& bytes) {
  const auto module = decode_module(std::span<const uint8_t>(bytes));
  if (!module) FAIL(module.error().to_string());
  return encode_module(*module);
}

}  // namespace

TEST_CASE("a module in its shortest form comes out as it went in") {
  CHECK(reencode(module({})) == module({}));
  CHECK(reencode(rich_module()) == rich_module());
}

TEST_CASE("empty sections stay, wherever they are") {
  const Bytes bytes =
      module({custom("a", {}), {1, 1, 0}, custom("a", {1}), {2, 1, 0}, {3, 1, 0}, {10, 1, 0}});
  CHECK(reencode(bytes) == bytes);
}

TEST_CASE("a group of one type stays a group") {
  const Bytes bytes = module({section(SectionId::Type, {{2, 0x4e, 1, 0x60, 0, 0, 0x60, 0, 0}})});
  CHECK(reencode(bytes) == bytes);
}

TEST_CASE("long forms become short") {
  const Bytes shortest = module({section(SectionId::Type, {{2, 0x60, 0, 1, 0x70, 0x60, 0, 0}}),
                                 section(SectionId::Memory, {{1, 0, 1}})});
  const Bytes longer = module(
      {// A number with padding, (ref null func), a final type without supertype.
       section(SectionId::Type, {{0x82, 0x00}, {0x60, 0, 1, 0x63, 0x70}, {0x4f, 0, 0x60, 0, 0}}),
       // The usual page size, spelled out, in a section with a padded size.
       {5, 0x84, 0x80, 0x00, 1, 8, 1, 16}});
  CHECK(reencode(longer) == shortest);
}

}  // namespace brink::decode
