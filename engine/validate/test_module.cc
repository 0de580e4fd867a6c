// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/validate/test_module.h"

#include <catch2/catch.hpp>

#include "engine/decode/module_decoder.h"
#include "engine/support/byte_writer.h"
#include "engine/text/parse.h"
#include "engine/validate/module_validator.h"

namespace brink::validate::testing {
namespace {

std::string describe(const Error& error) {
  if (error.kind() == ErrorKind::Invalid) return error.message();
  return std::string(error.kind() == ErrorKind::Malformed ? "malformed " : "limit ") +
         error.message();
}

std::vector<uint8_t> encode(std::string_view wat) {
  Result<text::ParsedModule> parsed = text::parse_module(wat);
  if (!parsed) UNSCOPED_INFO(parsed.error().to_string());
  REQUIRE(parsed.has_value());
  return std::move(parsed->bytes);
}

wasm::Module decode_bytes(std::vector<uint8_t> bytes, Features features) {
  Result<wasm::Module> module = decode::decode_module(
      std::make_shared<const std::vector<uint8_t>>(std::move(bytes)), features);
  if (!module) UNSCOPED_INFO(module.error().to_string());
  REQUIRE(module.has_value());
  return *std::move(module);
}

}  // namespace

wasm::Module module_from_text(std::string_view wat, Features features) {
  return decode_bytes(encode(wat), features);
}

wasm::Module valid_module(std::string_view wat, Features features) {
  return valid_module_from_bytes(encode(wat), features);
}

wasm::Module valid_module_from_bytes(std::vector<uint8_t> bytes, Features features) {
  wasm::Module module = decode_bytes(std::move(bytes), features);
  const Status status = validate_module(module, std::make_shared<TypeRegistry>());
  if (!status) UNSCOPED_INFO(status.error().to_string());
  REQUIRE(status.has_value());
  return module;
}

std::string check_text(std::string_view wat, Features features) {
  return check_bytes(encode(wat), features);
}

std::string check_bytes(std::vector<uint8_t> bytes, Features features) {
  Result<wasm::Module> module = decode::decode_module(
      std::make_shared<const std::vector<uint8_t>>(std::move(bytes)), features);
  if (!module) return describe(module.error());
  const Status status = validate_module(*module, std::make_shared<TypeRegistry>());
  return status ? "" : describe(status.error());
}

std::vector<uint8_t> module_with_body(const std::vector<uint8_t>& body) {
  support::ByteWriter writer;
  const std::vector<uint8_t> preamble = {0, 'a', 's', 'm', 1, 0, 0, 0};
  const std::vector<uint8_t> type_section = {1, 4, 1, 0x60, 0, 0};
  const std::vector<uint8_t> function_section = {3, 2, 1, 0};
  writer.write_bytes(preamble);
  writer.write_bytes(type_section);
  writer.write_bytes(function_section);
  writer.write_u8(static_cast<uint8_t>(wasm::SectionId::Code));
  writer.write_sized([&] {
    writer.write_u32(1);
    writer.write_sized_bytes(body);
  });
  return writer.take();
}

void check_cases(std::initializer_list<Case> cases, Features features) {
  for (const Case& item : cases) {
    INFO(item.wat);
    const std::string message = check_text(item.wat, features);
    INFO("message: " << message);
    const std::string_view expected = item.message;
    CHECK(message.empty() == expected.empty());
    CHECK(message.starts_with(expected));
  }
}

}  // namespace brink::validate::testing
