// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/decode/instruction_reader.h"

#include <array>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/decode/disassembly.h"
#include "engine/decode/test_module.h"
#include "engine/support/byte_writer.h"

namespace brink::decode {
namespace {

using testing::Bytes;

/// Sample immediates of each kind, chosen so that every field differs.
Bytes sample_immediates(ImmKind imm) {
  switch (imm) {
    case ImmKind::None: return {};
    case ImmKind::BlockType: return {0x05};
    case ImmKind::LabelTable: return {0x02, 0x07, 0x08, 0x09};
    case ImmKind::MemArg: return {0x41, 0x03, 0x85, 0x80, 0x01};
    case ImmKind::MemArgLane: return {0x41, 0x03, 0x85, 0x80, 0x01, 0x06};
    case ImmKind::Lane: return {0x06};
    case ImmKind::Shuffle:
    case ImmKind::V128: return {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    case ImmKind::I32: return {0x80, 0x7f};
    case ImmKind::I64: return {0x80, 0x80, 0x80, 0x80, 0x70};
    case ImmKind::F32: return {0, 0, 0xc0, 0x3f};
    case ImmKind::F64: return {0, 0, 0, 0, 0, 0, 0xf8, 0xbf};
    case ImmKind::HeapType: return {0x0b};
    case ImmKind::SelectTypes: return {0x02, 0x7f, 0x63, 0x09};
    case ImmKind::BrOnCast: return {0x02, 0x04, 0x6e, 0x0b};
    case ImmKind::TryTable: return {0x40, 0x02, 0x01, 0x03, 0x04, 0x02, 0x05};
    case ImmKind::Fence: return {0x00};
    case ImmKind::TypeTable:
    case ImmKind::TableTable:
    case ImmKind::ElemTable:
    case ImmKind::MemoryMemory:
    case ImmKind::DataMemory:
    case ImmKind::TypeField:
    case ImmKind::TypeCount:
    case ImmKind::TypeData:
    case ImmKind::TypeElem:
    case ImmKind::TypeType: return {0x0c, 0x85, 0x01};
    default: return {0x8c, 0x01};
  }
}

Bytes opcode_bytes(const OpcodeInfo& row) {
  support::ByteWriter writer;
  if (row.prefix != OpcodePrefix::None) {
    writer.write_u8(static_cast<uint8_t>(row.prefix));
    writer.write_u32(row.code);
  } else {
    writer.write_u8(static_cast<uint8_t>(row.code));
  }
  return writer.take();
}

Bytes sample(const OpcodeInfo& row) {
  return testing::join({opcode_bytes(row), sample_immediates(row.imm)});
}

struct Outcome {
  Instruction instruction;
  std::string text;
  std::string message;
  uint64_t offset = 0;
  uint32_t left = 0;
};

Outcome read(const Bytes& bytes, Features features = Features::all()) {
  support::ByteReader reader(bytes, 50);
  InstructionReader instructions(reader, features);
  Outcome outcome;
  if (instructions.read(outcome.instruction))
    outcome.text = disassemble(outcome.instruction, instructions);
  outcome.left = reader.remaining();
  if (const Status status = reader.status(); !status) {
    outcome.message = status.error().message();
    outcome.offset = status.error().offset();
  }
  return outcome;
}

}  // namespace

TEST_CASE("every instruction of the table is read with its immediates") {
  for (uint32_t i = 0; i < kOpcodeCount; ++i) {
    const OpcodeInfo& row = kOpcodes[i];
    INFO(row.mnemonic);
    const Bytes bytes = sample(row);
    const Outcome outcome = read(bytes);
    CHECK(outcome.message == "");
    CHECK(outcome.left == 0);
    CHECK(outcome.instruction.opcode == static_cast<Opcode>(i));
    CHECK(outcome.instruction.offset == 50);
    for (size_t size = 0; size < bytes.size(); ++size) {
      const Outcome cut = read(Bytes(bytes.begin(), bytes.begin() + static_cast<long>(size)));
      CHECK(cut.message == "unexpected end");
      CHECK(cut.offset == 50 + size);
    }
  }
}

TEST_CASE("an instruction whose feature is off is an illegal opcode") {
  for (const OpcodeInfo& row : kOpcodes) {
    if (row.feature == Feature::Mvp) continue;
    INFO(row.mnemonic);
    Features features = Features::all();
    features.set(row.feature, false);
    const Outcome outcome = read(sample(row), features);
    CHECK(outcome.message.starts_with("illegal opcode "));
    CHECK(outcome.message.ends_with(std::string(row.mnemonic) + " needs the feature '" +
                                    std::string(to_string(row.feature)) + "', which is off"));
    CHECK(outcome.offset == 50);
  }
}

TEST_CASE("immediates arrive in their fields") {
  const Instruction load = read({0x28, 0x41, 0x03, 0x85, 0x80, 0x01}).instruction;
  CHECK(load.memarg.align_log2 == 1);
  CHECK(load.memarg.memory_index == 3);
  CHECK(load.memarg.offset == 0x4005);
  const Instruction plain = read({0x28, 0x02, 0x10}).instruction;
  CHECK(plain.memarg.memory_index == 0);
  const Instruction wide =
      read({0x28, 0x02, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}).instruction;
  CHECK(wide.memarg.offset == ~uint64_t{0});

  const Instruction call = read({0x11, 0x0c, 0x05}).instruction;
  CHECK(call.index == 12);
  CHECK(call.index2 == 5);
  CHECK(read({0x41, 0x7f}).instruction.bits == 0xffffffff);
  CHECK(read({0x42, 0x7f}).instruction.bits == ~uint64_t{0});
  CHECK(read({0x43, 1, 2, 3, 4}).instruction.bits == 0x04030201);
  CHECK(read({0xfd, 0x15, 0x06}).instruction.lane == 6);

  const Instruction cast = read({0xfb, 0x18, 0x02, 0x04, 0x6e, 0x0b}).instruction;
  CHECK(cast.index == 4);
  CHECK_FALSE(cast.nullable);
  CHECK(cast.nullable2);
  CHECK(cast.heap == HeapType(AbstractHeapType::Any));
  CHECK(cast.heap2 == HeapType::concrete(11));
  CHECK(read({0xfb, 0x15, 0x6d}).instruction.nullable);
  CHECK_FALSE(read({0xfb, 0x14, 0x6d}).instruction.nullable);
}

TEST_CASE("block types") {
  const BlockType empty = read({0x02, 0x40}).instruction.block;
  CHECK(empty.kind == BlockType::Kind::Empty);
  const BlockType value = read({0x02, 0x7e}).instruction.block;
  CHECK(value.kind == BlockType::Kind::Value);
  CHECK(value.value == kI64);
  const BlockType reference = read({0x02, 0x64, 0x0b}).instruction.block;
  CHECK(reference.kind == BlockType::Kind::Value);
  CHECK(reference.value == ValType::ref(HeapType::concrete(11), false));
  const BlockType type = read({0x02, 0xc0, 0x00}).instruction.block;
  CHECK(type.kind == BlockType::Kind::Type);
  CHECK(type.type_index == 64);
  const BlockType last = read({0x02, 0xff, 0xff, 0xff, 0xff, 0x0f}).instruction.block;
  CHECK(last.type_index == 0xffffffff);
}

TEST_CASE("lists stay with the reader until the next instruction") {
  const Bytes bytes = {0x0e, 2,    7, 8, 9, 0x1c, 1, 0x7f, 0x0e, 0,    3,
                       0x1f, 0x40, 2, 0, 1, 2,    3, 4,    0x1f, 0x7f, 0};
  support::ByteReader reader(bytes);
  InstructionReader instructions(reader, Features());
  Instruction instruction;
  REQUIRE(instructions.read(instruction));
  CHECK(std::vector(instructions.labels().begin(), instructions.labels().end()) ==
        std::vector<uint32_t>{7, 8, 9});
  REQUIRE(instructions.read(instruction));
  REQUIRE(instructions.select_types().size() == 1);
  CHECK(instructions.select_types()[0] == kI32);
  REQUIRE(instructions.read(instruction));
  CHECK(std::vector(instructions.labels().begin(), instructions.labels().end()) ==
        std::vector<uint32_t>{3});
  REQUIRE(instructions.read(instruction));
  REQUIRE(instructions.catches().size() == 2);
  CHECK(instructions.catches()[0].kind == CatchClause::Kind::Catch);
  CHECK(instructions.catches()[0].tag_index == 1);
  CHECK(instructions.catches()[0].label_depth == 2);
  CHECK(instructions.catches()[1].kind == CatchClause::Kind::CatchAllRef);
  CHECK(instructions.catches()[1].label_depth == 4);
  REQUIRE(instructions.read(instruction));
  CHECK(instructions.catches().empty());
  CHECK(reader.at_end());
}

TEST_CASE("malformed instructions") {
  struct Case {
    std::string message;
    uint64_t offset;
    Bytes bytes;
  };
  const std::vector<Case> cases = {
      {"illegal opcode ff", 50, {0xff}},
      {"illegal opcode 16", 50, {0x16}},
      {"illegal opcode fc 7f", 50, {0xfc, 0x7f}},
      {"illegal opcode fd 280", 50, {0xfd, 0x80, 0x05}},
      {"integer representation too long", 51, {0xfc, 0x88, 0x80, 0x80, 0x80, 0x80, 0x00}},
      {"malformed memop flags: 0x80", 51, {0x28, 0x80, 0x01, 0x00}},
      {"integer too large", 51, {0x28, 0x82, 0x80, 0x80, 0x80, 0x10, 0x00}},
      {"malformed block type", 51, {0x02, 0xff, 0x7f}},
      {"malformed value type: byte 0x41", 51, {0x02, 0x41}},
      {"malformed value type: byte 0x78", 51, {0x02, 0x78}},
      {"malformed heap type: byte 0x40", 51, {0xd0, 0x40}},
      {"malformed cast flags: 0x04", 52, {0xfb, 0x18, 0x04, 0x00, 0x6e, 0x6e}},
      {"malformed catch clause: kind 0x04", 53, {0x1f, 0x40, 0x01, 0x04, 0x00}},
      {"zero byte expected", 52, {0xfe, 0x03, 0x01}},
      {"unexpected end", 54, {0x0e, 0x7f, 0x00, 0x00}},
      {"implementation limit exceeded: 1000001 labels of br_table",
       51,
       {0x0e, 0xc1, 0x84, 0x3d, 0x00}},
  };
  for (const Case& c : cases) {
    INFO(c.message);
    const Outcome outcome = read(c.bytes);
    CHECK(outcome.message.starts_with(c.message));
    CHECK(outcome.offset == c.offset);
    CHECK(outcome.left == 0);
  }
}

TEST_CASE("immediates of switched-off features") {
  struct Case {
    Feature feature;
    std::string message;
    Bytes bytes;
  };
  const std::vector<Case> cases = {
      {Feature::MultiMemory, "malformed memop flags: a memory index", {0x28, 0x42, 0x00, 0x00}},
      {Feature::MultiMemory, "zero byte expected: a memory index", {0x3f, 0x01}},
      {Feature::MultiMemory, "zero byte expected: a memory index", {0xfc, 0x0a, 0x00, 0x01}},
      {Feature::ReferenceTypes, "zero byte expected: a table index", {0x11, 0x00, 0x01}},
      {Feature::MultiValue, "malformed block type: a type index", {0x02, 0x01}},
      {Feature::Memory64,
       "integer representation too long",
       {0x28, 0x00, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}},
  };
  for (const Case& c : cases) {
    INFO(c.message);
    CHECK(read(c.bytes).message == "");
    Features features;
    features.set(c.feature, false);
    CHECK(read(c.bytes, features).message.starts_with(c.message));
  }
}

TEST_CASE("a failed reader stays failed") {
  const Bytes bytes = {0xff, 0x01, 0x0b};
  support::ByteReader reader(bytes);
  InstructionReader instructions(reader, Features());
  Instruction instruction;
  CHECK_FALSE(instructions.read(instruction));
  CHECK_FALSE(instructions.read(instruction));
  CHECK(reader.status().error().offset() == 0);
}

TEST_CASE("instructions as text") {
  struct Case {
    std::string text;
    Bytes bytes;
  };
  const std::vector<Case> cases = {
      {"nop", {0x01}},
      {"block", {0x02, 0x40}},
      {"loop (result i32)", {0x03, 0x7f}},
      {"if (type 3)", {0x04, 0x03}},
      {"br_table 7 8 9", {0x0e, 2, 7, 8, 9}},
      {"call_indirect (type 3)", {0x11, 3, 0}},
      {"return_call_indirect 1 (type 3)", {0x13, 3, 1}},
      {"select (result externref)", {0x1c, 1, 0x6f}},
      {"try_table (result i32) (catch 1 2) (catch_ref 3 4) (catch_all 5) (catch_all_ref 6)",
       {0x1f, 0x7f, 4, 0, 1, 2, 1, 3, 4, 2, 5, 3, 6}},
      {"local.get 300", {0x20, 0xac, 0x02}},
      {"i32.load", {0x28, 2, 0}},
      {"i32.load offset=4", {0x28, 2, 4}},
      {"i64.store 1 offset=8 align=2", {0x37, 0x41, 1, 8}},
      {"memory.size", {0x3f, 0}},
      {"memory.grow 2", {0x40, 2}},
      {"memory.copy", {0xfc, 0x0a, 0, 0}},
      {"memory.copy 1 0", {0xfc, 0x0a, 1, 0}},
      {"memory.init 2 1", {0xfc, 0x08, 1, 2}},
      {"memory.init 1", {0xfc, 0x08, 1, 0}},
      {"table.init 2 1", {0xfc, 0x0c, 1, 2}},
      {"table.copy 1 2", {0xfc, 0x0e, 1, 2}},
      {"i32.const -1", {0x41, 0x7f}},
      {"i64.const -128", {0x42, 0x80, 0x7f}},
      {"f32.const 1.5", {0x43, 0, 0, 0xc0, 0x3f}},
      {"f32.const -nan:0x1", {0x43, 1, 0, 0x80, 0xff}},
      {"f32.const nan", {0x43, 0, 0, 0xc0, 0x7f}},
      {"f64.const -inf", {0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0xff}},
      {"f64.const -0", {0x44, 0, 0, 0, 0, 0, 0, 0, 0x80}},
      {"ref.null extern", {0xd0, 0x6f}},
      {"ref.test (ref 4)", {0xfb, 0x14, 4}},
      {"ref.cast anyref", {0xfb, 0x17, 0x6e}},
      {"br_on_cast 1 anyref (ref i31)", {0xfb, 0x18, 1, 1, 0x6e, 0x6c}},
      {"struct.get 1 2", {0xfb, 0x02, 1, 2}},
      {"array.new_fixed 1 2", {0xfb, 0x08, 1, 2}},
      {"v128.const i32x4 0x03020100 0x07060504 0x0b0a0908 0x0f0e0d0c",
       {0xfd, 0x0c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
      {"i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31",
       {0xfd, 0x0d, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 31}},
      {"i8x16.extract_lane_s 6", {0xfd, 0x15, 6}},
      {"v128.load8_lane offset=1 7", {0xfd, 0x54, 0, 1, 7}},
      {"atomic.fence", {0xfe, 0x03, 0}},
  };
  for (const Case& c : cases) CHECK(read(c.bytes).text == c.text);
}

}  // namespace brink::decode
