// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Vector and atomic accesses, on every level of CPU that this machine can run: what they load, what
// they store, and that they touch no other byte.

#include <catch2/catch.hpp>
#include <cstring>

#include "engine/compile/x64/snippet.h"
#include "engine/compile/x64/vector_oracle.h"
#include "engine/semantics/test_values.h"

namespace brink::compile::x64 {

namespace {

using semantics::test::hex;

constexpr size_t kBytes = 64;
constexpr size_t kPlace = 24;
constexpr uint64_t kOffset = 5;  ///< of the access, so its place is not aligned

struct Memory {
  alignas(64) uint8_t bytes[kBytes];
  explicit Memory(std::mt19937_64& random) {
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  }
  uint64_t address(uint64_t offset) const {
    return reinterpret_cast<uint64_t>(bytes + kPlace) - offset;
  }
  uint64_t word(size_t size) const {
    uint64_t result = 0;
    std::memcpy(&result, bytes + kPlace, size);
    return result;
  }
  V128 vector() const {
    V128 result;
    std::memcpy(&result, bytes + kPlace, sizeof result);
    return result;
  }
  void set(uint64_t value, size_t size) { std::memcpy(bytes + kPlace, &value, size); }
};

ir::Inst access(Opcode opcode, ir::Type type, std::initializer_list<ir::ValueId> args,
                uint64_t offset, uint8_t lane = 0) {
  ir::Inst inst = ir::make_inst(opcode, type, args, uint64_t{ir::region::kVm} << 32 | offset);
  inst.flags = ir::Inst::kRaw;
  inst.lane = lane;
  return inst;
}

V128 run_oracle(Opcode opcode, const OracleArguments& arguments) {
  return oracle(opcode, arguments)->values[0];
}

V128 word(uint64_t bits) {
  return V128{{bits, 0}};
}

/// What a load gives of the bytes that it reads, by the operation that does it in registers.
struct LoadRow {
  Opcode opcode;
  Opcode operation;
};
constexpr LoadRow kLoads[] = {
    {Opcode::V128Load8x8S, Opcode::I16x8ExtendLowI8x16S},
    {Opcode::V128Load8x8U, Opcode::I16x8ExtendLowI8x16U},
    {Opcode::V128Load16x4S, Opcode::I32x4ExtendLowI16x8S},
    {Opcode::V128Load16x4U, Opcode::I32x4ExtendLowI16x8U},
    {Opcode::V128Load32x2S, Opcode::I64x2ExtendLowI32x4S},
    {Opcode::V128Load32x2U, Opcode::I64x2ExtendLowI32x4U},
    {Opcode::V128Load8Splat, Opcode::I8x16Splat},
    {Opcode::V128Load16Splat, Opcode::I16x8Splat},
    {Opcode::V128Load32Splat, Opcode::I32x4Splat},
    {Opcode::V128Load64Splat, Opcode::I64x2Splat},
};

V128 loaded(Opcode opcode, const Memory& memory) {
  if (opcode == Opcode::V128Load) return memory.vector();
  const V128 bits = word(memory.word(info(opcode).access_bytes));
  for (const LoadRow& row : kLoads)
    if (row.opcode == opcode) return run_oracle(row.operation, {bits});
  return bits;  // load32_zero, load64_zero
}

struct LaneRow {
  Opcode load;
  Opcode store;
  Opcode replace;
  Opcode extract;
  uint8_t lanes;
};
constexpr LaneRow kLanes[] = {
    {Opcode::V128Load8Lane, Opcode::V128Store8Lane, Opcode::I8x16ReplaceLane,
     Opcode::I8x16ExtractLaneU, 16},
    {Opcode::V128Load16Lane, Opcode::V128Store16Lane, Opcode::I16x8ReplaceLane,
     Opcode::I16x8ExtractLaneU, 8},
    {Opcode::V128Load32Lane, Opcode::V128Store32Lane, Opcode::I32x4ReplaceLane,
     Opcode::I32x4ExtractLane, 4},
    {Opcode::V128Load64Lane, Opcode::V128Store64Lane, Opcode::I64x2ReplaceLane,
     Opcode::I64x2ExtractLane, 2},
};

void check_memory(const Memory& got, const Memory& want, const Snippet& snippet) {
  if (std::memcmp(got.bytes, want.bytes, kBytes) != 0)
    FAIL("memory differs after\n" << snippet.assembly());
}

void check_vector(V128 got, V128 want, const Snippet& snippet) {
  if (got != want) FAIL("got " << hex(got) << ", want " << hex(want) << "\n" << snippet.assembly());
}

void check_lane(const LaneRow& row, uint8_t lane, const CpuLevel& level, std::mt19937_64& random) {
  const std::initializer_list<ValType> params = {ValKind::I64, ValKind::V128};
  SnippetBuilder load(params);
  load.finish(
      {load.add(access(row.load, ir::Type::V128, {load.param(0), load.param(1)}, kOffset, lane))});
  SnippetBuilder store(params);
  store.add(access(row.store, ir::Type::Void, {store.param(0), store.param(1)}, kOffset, lane));
  store.finish({});
  const Snippet load_code(load, level.features);
  const Snippet store_code(store, level.features);
  const size_t bytes = info(row.load).access_bytes;
  for (int i = 0; i < 5; ++i) {
    Memory memory(random);
    Memory want = memory;
    Registers registers;
    registers.ints[0] = memory.address(kOffset);
    const V128 vector = registers.vectors[0] = any_vector(random);
    load_code.call(registers);
    check_memory(memory, want, load_code);
    check_vector(registers.vectors[0],
                 run_oracle(row.replace, {vector, word(memory.word(bytes)), word(lane)}),
                 load_code);
    registers.ints[0] = memory.address(kOffset);
    registers.vectors[0] = vector;
    store_code.call(registers);
    want.set(run_oracle(row.extract, {vector, word(lane)}).words[0], bytes);
    check_memory(memory, want, store_code);
  }
}

// --- Atomics ---

std::vector<Opcode> opcodes_of(OpClass cls) {
  std::vector<Opcode> result;
  for (uint32_t i = 0; i < kOpcodeCount; ++i)
    if (kOpcodes[i].cls == cls) result.push_back(static_cast<Opcode>(i));
  return result;
}

uint64_t mask_of(size_t bytes) {
  return ~uint64_t{0} >> (64 - 8 * bytes);
}

ValType value_type(Opcode opcode) {
  return mnemonic(opcode).starts_with("i32") ? ValKind::I32 : ValKind::I64;
}

/// What a read-modify-write leaves in the cell.
uint64_t modified(Opcode opcode, uint64_t old, uint64_t value) {
  const std::string_view name = mnemonic(opcode);
  const auto is = [&](std::string_view part) { return name.find(part) != name.npos; };
  if (is(".add")) return old + value;
  if (is(".sub")) return old - value;
  if (is(".and")) return old & value;
  if (is(".or")) return old | value;
  if (is(".xor")) return old ^ value;
  REQUIRE(is(".xchg"));
  return value;
}

uint64_t any_int(ValType type, std::mt19937_64& random) {
  const uint64_t value = semantics::test::any<uint64_t>(random);
  return type.kind() == ValKind::I32 ? static_cast<uint32_t>(value) : value;
}

struct RmwCase {
  Opcode opcode;
  bool is_used;
  bool is_constant;
};

void check_rmw(const RmwCase& test, std::mt19937_64& random) {
  const ValType type = value_type(test.opcode);
  const size_t bytes = info(test.opcode).access_bytes;
  const uint64_t constant = any_int(type, random);
  SnippetBuilder builder({ValKind::I64, type, ValKind::I64});
  const ir::ValueId value =
      test.is_constant ? builder.constant(type, word(constant)) : builder.param(1);
  const ir::ValueId result =
      builder.add(access(test.opcode, ir_type(type), {builder.param(0), value}, kOffset));
  // Something that has to survive.
  if (test.is_used)
    builder.finish({builder.param(2), result, value});
  else
    builder.finish({builder.param(2)});
  const Snippet snippet(builder, cpu_levels()[0].features);
  for (int i = 0; i < 20; ++i) {
    Memory memory(random);
    Memory want = memory;
    Registers registers;
    registers.ints[0] = memory.address(kOffset);
    const uint64_t operand = test.is_constant ? constant : any_int(type, random);
    registers.ints[1] = operand;
    const uint64_t other = registers.ints[2] = random();
    snippet.call(registers);
    const uint64_t old = want.word(bytes);
    want.set(modified(test.opcode, old, operand), bytes);
    check_memory(memory, want, snippet);
    INFO(mnemonic(test.opcode) << "\n" << snippet.assembly());
    REQUIRE(registers.ints[0] == other);
    if (!test.is_used) continue;
    REQUIRE(registers.ints[1] == old);
    REQUIRE(registers.ints[2] == operand);
  }
}

void check_cmpxchg(Opcode opcode, bool has_small_expected, std::mt19937_64& random) {
  const ValType type = value_type(opcode);
  const size_t bytes = info(opcode).access_bytes;
  SnippetBuilder builder({ValKind::I64, type, type, ValKind::I64});
  ir::ValueId expected = builder.param(1);
  if (has_small_expected)
    expected =
        builder.add(type.kind() == ValKind::I32 ? Opcode::I32And : Opcode::I64And, ir_type(type),
                    {expected, builder.constant(type, word(mask_of(bytes < 4 ? bytes : 4)))});
  const ir::ValueId result = builder.add(
      access(opcode, ir_type(type), {builder.param(0), expected, builder.param(2)}, kOffset));
  builder.finish({builder.param(3), result, expected, builder.param(2)});
  const Snippet snippet(builder, cpu_levels()[0].features);
  for (int i = 0; i < 40; ++i) {
    Memory memory(random);
    Memory want = memory;
    const uint64_t old = want.word(bytes);
    Registers registers;
    registers.ints[0] = memory.address(kOffset);
    uint64_t wanted = any_int(type, random);
    if (i % 3 == 0) wanted = old;                                              // is there
    if (i % 3 == 1) wanted = old | (any_int(type, random) & ~mask_of(bytes));  // does not fit
    registers.ints[1] = wanted;
    const uint64_t replacement = registers.ints[2] = any_int(type, random);
    const uint64_t other = registers.ints[3] = random();
    snippet.call(registers);
    if (has_small_expected) wanted &= mask_of(bytes < 4 ? bytes : 4);
    if (old == wanted) want.set(replacement, bytes);
    INFO(mnemonic(opcode) << " old " << old << " expected " << wanted << "\n"
                          << snippet.assembly());
    check_memory(memory, want, snippet);
    REQUIRE(registers.ints[0] == other);
    REQUIRE(registers.ints[1] == old);
    REQUIRE(registers.ints[2] == wanted);
    REQUIRE(registers.ints[3] == replacement);
  }
}

// --- Wide arithmetic ---

constexpr uint32_t kNoConstant = 99;

struct WideCase {
  Opcode opcode;
  uint32_t wanted;    ///< a bit for each result that is asked for
  uint32_t constant;  ///< argument, or kNoConstant
  uint64_t bits;      ///< of the constant
};

void check_wide(const WideCase& test, const CpuLevel& level, std::mt19937_64& random) {
  const uint32_t count = info(test.opcode).signature.operand_count;
  SnippetBuilder builder(std::vector<ValType>(count, ValKind::I64));
  std::vector<ir::ValueId> args;
  for (uint32_t i = 0; i < count; ++i)
    args.push_back(i == test.constant ? builder.constant(ValKind::I64, word(test.bits))
                                      : builder.param(i));
  const ir::ValueId wide = builder.add(ir::make_inst(ir::to_op(test.opcode), ir::Type::Void), args);
  std::vector<ir::ValueId> results;
  for (uint64_t index = 0; index < 2; ++index)
    if ((test.wanted >> index & 1) != 0)
      results.push_back(builder.add(ir::make_inst(ir::Op::Result, ir::Type::I64, {wide}, index)));
  builder.finish(results);
  const Snippet snippet(builder, level.features);
  for (int i = 0; i < 20; ++i) {
    Registers registers;
    OracleArguments arguments = {};
    for (uint32_t k = 0; k < count; ++k) {
      const uint64_t any = semantics::test::any<uint64_t>(random);
      arguments[k] = word(k == test.constant ? test.bits : any);
      registers.ints[k] = arguments[k].words[0];
    }
    snippet.call(registers);
    const auto want = oracle(test.opcode, arguments);
    INFO(mnemonic(test.opcode) << "\n" << snippet.assembly());
    size_t place = 0;
    for (uint32_t index = 0; index < 2; ++index) {
      if ((test.wanted >> index & 1) == 0) continue;
      REQUIRE(registers.ints[place++] == want->values[index].words[0]);
    }
  }
}

}  // namespace

TEST_CASE("Vector loads and stores") {
  std::mt19937_64 random(3);
  std::vector<Opcode> loads = {Opcode::V128Load, Opcode::V128Load32Zero, Opcode::V128Load64Zero};
  for (const LoadRow& row : kLoads) loads.push_back(row.opcode);
  for (const CpuLevel& level : cpu_levels()) {
    for (const Opcode opcode : loads) {
      SnippetBuilder builder({ValKind::I64});
      builder.finish({builder.add(access(opcode, ir::Type::V128, {builder.param(0)}, kOffset))});
      const Snippet snippet(builder, level.features);
      for (int i = 0; i < 10; ++i) {
        const Memory memory(random);
        Registers registers;
        registers.ints[0] = memory.address(kOffset);
        snippet.call(registers);
        check_vector(registers.vectors[0], loaded(opcode, memory), snippet);
      }
    }
    SnippetBuilder builder({ValKind::I64, ValKind::V128});
    builder.add(
        access(Opcode::V128Store, ir::Type::Void, {builder.param(0), builder.param(1)}, kOffset));
    builder.finish({});
    const Snippet snippet(builder, level.features);
    Memory memory(random);
    Registers registers;
    registers.ints[0] = memory.address(kOffset);
    registers.vectors[0] = any_vector(random);
    snippet.call(registers);
    check_vector(memory.vector(), registers.vectors[0], snippet);
  }
}

TEST_CASE("Loads and stores of lanes") {
  std::mt19937_64 random(4);
  for (const CpuLevel& level : cpu_levels())
    for (const LaneRow& row : kLanes)
      for (uint8_t lane = 0; lane < row.lanes; ++lane) check_lane(row, lane, level, random);
}

TEST_CASE("Atomic loads and stores") {
  std::mt19937_64 random(5);
  REQUIRE(opcodes_of(OpClass::AtomicLoad).size() == 7);
  for (const Opcode opcode : opcodes_of(OpClass::AtomicLoad)) {
    const ValType type = value_type(opcode);
    SnippetBuilder builder({ValKind::I64});
    builder.finish({builder.add(access(opcode, ir_type(type), {builder.param(0)}, kOffset))});
    const Snippet snippet(builder, cpu_levels()[0].features);
    const Memory memory(random);
    Registers registers;
    registers.ints[0] = memory.address(kOffset);
    snippet.call(registers);
    CHECK(registers.ints[0] == memory.word(info(opcode).access_bytes));
  }
  REQUIRE(opcodes_of(OpClass::AtomicStore).size() == 7);
  for (const Opcode opcode : opcodes_of(OpClass::AtomicStore)) {
    const ValType type = value_type(opcode);
    SnippetBuilder builder({ValKind::I64, type});
    builder.add(access(opcode, ir::Type::Void, {builder.param(0), builder.param(1)}, kOffset));
    builder.finish({builder.param(1)});
    const Snippet snippet(builder, cpu_levels()[0].features);
    CHECK(snippet.assembly().find("xchg") != std::string::npos);
    Memory memory(random);
    Memory want = memory;
    Registers registers;
    registers.ints[0] = memory.address(kOffset);
    const uint64_t value = registers.ints[1] = any_int(type, random);
    snippet.call(registers);
    want.set(value, info(opcode).access_bytes);
    check_memory(memory, want, snippet);
    CHECK(registers.ints[0] == value);
  }
}

TEST_CASE("Atomic read-modify-write") {
  std::mt19937_64 random(6);
  REQUIRE(opcodes_of(OpClass::AtomicRmw).size() == 42);
  for (const Opcode opcode : opcodes_of(OpClass::AtomicRmw))
    for (const bool is_used : {true, false})
      for (const bool is_constant : {false, true})
        check_rmw({opcode, is_used, is_constant}, random);
}

TEST_CASE("Atomic compare-exchange") {
  std::mt19937_64 random(7);
  REQUIRE(opcodes_of(OpClass::AtomicCmpxchg).size() == 7);
  for (const Opcode opcode : opcodes_of(OpClass::AtomicCmpxchg))
    for (const bool has_small_expected : {false, true})
      check_cmpxchg(opcode, has_small_expected, random);
}

TEST_CASE("A fence is a locked instruction") {
  SnippetBuilder builder({ValKind::I64});
  builder.add(ir::make_inst(Opcode::AtomicFence, ir::Type::Void));
  builder.finish({builder.param(0)});
  const Snippet snippet(builder, cpu_levels()[0].features);
  CHECK(snippet.assembly().find("lock or") != std::string::npos);
  Registers registers;
  registers.ints[0] = 42;
  snippet.call(registers);
  CHECK(registers.ints[0] == 42);
}

TEST_CASE("Wide arithmetic") {
  std::mt19937_64 random(8);
  REQUIRE(opcodes_of(OpClass::Wide).size() == 4);
  for (const Opcode opcode : opcodes_of(OpClass::Wide)) {
    const uint32_t last = info(opcode).signature.operand_count - 1u;
    for (const CpuLevel& level : cpu_levels())
      for (uint32_t wanted = 1; wanted < 4; ++wanted)
        for (const uint32_t constant : {kNoConstant, 0u, last})
          for (const uint64_t bits : {uint64_t{0}, uint64_t{1}, random()})
            check_wide({opcode, wanted, constant, bits}, level, random);
  }
}

}  // namespace brink::compile::x64
