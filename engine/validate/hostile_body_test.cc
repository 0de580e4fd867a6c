// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Bodies that nobody would write but an attacker: damaged bytes, and sizes that would make a
// careless validator quadratic or overflow its stack.

#include <catch2/catch.hpp>

#include "engine/support/byte_writer.h"
#include "engine/validate/locals.h"
#include "engine/validate/test_module.h"

namespace brink::validate::testing {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint8_t kEnd = 0x0b;

/// Any number of copies of a few bytes.
Bytes repeat(const Bytes& bytes, size_t count) {
  Bytes result;
  result.reserve(bytes.size() * count);
  for (size_t i = 0; i < count; ++i) result.insert(result.end(), bytes.begin(), bytes.end());
  return result;
}

Bytes join(std::initializer_list<Bytes> parts) {
  Bytes result;
  for (const Bytes& part : parts) result.insert(result.end(), part.begin(), part.end());
  return result;
}

std::string check_body(const Bytes& body) {
  return check_bytes(module_with_body(body));
}

}  // namespace

TEST_CASE("damaged bodies are malformed") {
  CHECK(check_body({0, kEnd}) == "");
  CHECK(check_body({0, 0x01, 0x01}).starts_with("malformed "));
  CHECK(check_body({0, 0x0b, kEnd}).starts_with("malformed section size mismatch"));
  CHECK(check_body({0, 0xff, kEnd}).starts_with("malformed illegal opcode ff"));
  CHECK(check_body({0, 0xfc, 0x7f, kEnd}).starts_with("malformed illegal opcode fc 7f"));
  CHECK(check_body({0, 0x05, kEnd}).starts_with("malformed END opcode expected"));
  CHECK(check_body({0, 0x02, 0x40, kEnd}).starts_with("malformed "));
  // i32.const with the end of the body inside the number.
  CHECK(check_body({0, 0x41, 0x80, kEnd}).starts_with("malformed "));
  CHECK(check_body({0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x70, 0x1a, kEnd})
            .starts_with("malformed integer too large"));
  CHECK(check_body({0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x1a, kEnd})
            .starts_with("malformed integer representation too long"));
  // A number longer than need be is fine.
  CHECK(check_body({0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x00, 0x1a, kEnd}) == "");
  CHECK(check_body({1, 1, 0x60, kEnd}).starts_with("malformed malformed value type"));
}

TEST_CASE("an instruction that reaches into the next body is malformed") {
  // Two functions; the first ends inside i32.const, the second makes the bytes go on well.
  const Bytes bytes = join({{0, 'a', 's', 'm', 1, 0, 0, 0},
                            {1, 4, 1, 0x60, 0, 0},
                            {3, 3, 2, 0, 0},
                            {10, 37, 2, 4, 0, 0x41, 0x8b, 0x0b, 30, 0},
                            repeat({0x01}, 28),
                            {kEnd}});
  CHECK(check_bytes(bytes).starts_with("malformed "));
}

TEST_CASE("locals are counted before they are made") {
  // 0xffffffff locals of i32, then as many of i64.
  const Bytes many = {0xff, 0xff, 0xff, 0xff, 0x0f};
  CHECK(check_body(join({{2}, many, {0x7f}, many, {0x7e}, {kEnd}}))
            .starts_with("malformed too many locals"));
  CHECK(check_body(join({{1}, many, {0x7f}, {kEnd}}))
            .starts_with("limit implementation limit exceeded: 4294967295 locals"));
  CHECK(check_body({2, 0xcf, 0x86, 0x03, 0x7f, 1, 0x7e, 0x20, 0xcf, 0x86, 0x03, 0x1a, kEnd}) == "");
  CHECK(check_body({1, 0xd1, 0x86, 0x03, 0x7f, kEnd}).starts_with("limit "));
}

TEST_CASE("a million nested blocks need no native stack") {
  constexpr size_t kDepth = 1'000'000;
  const Bytes body = join({{0}, repeat({0x02, 0x40}, kDepth), repeat({kEnd}, kDepth + 1)});
  CHECK(check_body(body) == "");
  CHECK(check_body(join({{0}, repeat({0x02, 0x40}, kDepth), {kEnd}})).starts_with("malformed "));
  const Bytes dead = join({{0, 0x00}, repeat({0x03, 0x40}, kDepth), repeat({kEnd}, kDepth + 1)});
  CHECK(check_body(dead) == "");
}

TEST_CASE("huge branch tables are checked in one go") {
  constexpr uint32_t kLabels = 900'000;
  support::ByteWriter writer;
  writer.reserve(kLabels + 16);
  writer.write_u8(0);
  writer.write_bytes(Bytes{0x41, 0x00, 0x0e});
  writer.write_u32(kLabels);
  writer.write_bytes(Bytes(kLabels + 1, 0));
  writer.write_u8(kEnd);
  CHECK(check_body(writer.take()) == "");
  // More labels than bytes.
  CHECK(check_body({0, 0x41, 0x00, 0x0e, 0xff, 0xff, 0x03, 0x00, kEnd}).starts_with("malformed "));
}

TEST_CASE("the operand stack grows as far as it has to") {
  constexpr size_t kValues = 1'000'000;
  const Bytes body = join({{0}, repeat({0x41, 0x00}, kValues), repeat({0x1a}, kValues), {kEnd}});
  CHECK(check_body(body) == "");
  CHECK(
      check_body(join({{0}, repeat({0x41, 0x00}, kValues), {kEnd}})).starts_with("type mismatch"));
}

TEST_CASE("calls with many results cannot fill the memory") {
  std::string wat = "(type $many (func (result";
  for (int i = 0; i < 1000; ++i) wat += " i32";
  wat += "))) (func $f (type $many) unreachable) (func";
  for (int i = 0; i < 10'000; ++i) wat += " call $f";
  CHECK(check_text(wat + " unreachable)")
            .starts_with("limit implementation limit exceeded: 3828000 operands on the stack"));
}

TEST_CASE("setting locals in many blocks is undone in linear time") {
  std::string wat = "(func (param (ref any)) (local (ref any) (ref any))";
  constexpr int kBlocks = 20'000;
  for (int i = 0; i < kBlocks; ++i)
    wat += "(block (local.set 1 (local.get 0)) (local.set 2 (local.get 0)))";
  CHECK(check_text(wat + ")") == "");
  CHECK(check_text(wat + "(drop (local.get 1)))").starts_with("uninitialized local 1"));
}

TEST_CASE("types of locals are found whether expanded or not") {
  LocalTypes locals;
  for (const uint32_t max_expanded : {0u, 3u, 1000u}) {
    locals.reset(max_expanded);
    locals.add(2, kI32);
    locals.add(0, kF32);
    locals.add(1, kI32);
    locals.add(40'000, kI64);
    locals.add(1, kF64);
    REQUIRE(locals.size() == 40'004);
    CHECK(locals.runs().size() == 3);
    CHECK(locals.expanded().size() == std::min(max_expanded, 40'004u));
    CHECK(locals[0] == kI32);
    CHECK(locals[2] == kI32);
    CHECK(locals[3] == kI64);
    CHECK(locals[40'002] == kI64);
    CHECK(locals[40'003] == kF64);
  }
}

}  // namespace brink::validate::testing
