// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Every vector operation is compiled for every level of CPU that this machine can run, and gives
// what engine/semantics says: with its operands in registers, in memory and as constants, and with
// operands that are needed afterwards.

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>

#include "engine/compile/x64/snippet.h"
#include "engine/compile/x64/vector_oracle.h"
#include "engine/semantics/test_values.h"

namespace brink::compile::x64 {

namespace {

using semantics::test::hex;

/// One operation, with its immediate and perhaps one argument that is constant.
struct Case {
  Opcode opcode;
  uint8_t lane = 0;
  V128 shuffle = {};
  size_t constant_argument = 99;
  V128 constant = {};
  bool keeps_operands = false;  ///< they are results too
  bool loads_last = false;      ///< the last operand is loaded from memory
};

ValType type_of(uint8_t letter) {
  return static_cast<ValKind>(letter);
}

bool is_float_or_vector(ValType type) {
  return type.kind() == ValKind::F32 || type.kind() == ValKind::F64 || type.is_vector();
}

/// Loads what the last operand is, from the address in a parameter.
ir::ValueId add_load(SnippetBuilder& builder, ir::ValueId address) {
  ir::Inst load =
      ir::make_inst(Opcode::V128Load, ir::Type::V128, {address}, uint64_t{ir::region::kVm} << 32);
  load.flags = ir::Inst::kRaw;
  return builder.add(load);
}

std::vector<ValType> param_types(const Case& test) {
  const Signature& signature = info(test.opcode).signature;
  std::vector<ValType> types;
  for (uint8_t i = 0; i < signature.operand_count; ++i) {
    const bool is_loaded = test.loads_last && i + 1 == signature.operand_count;
    types.push_back(is_loaded ? ValType(ValKind::I64) : type_of(signature.operands[i]));
  }
  return types;
}

void build(SnippetBuilder& builder, const Case& test) {
  const Signature& signature = info(test.opcode).signature;
  std::vector<ir::ValueId> args;
  for (uint8_t i = 0; i < signature.operand_count; ++i) {
    const bool is_last = i + 1 == signature.operand_count;
    if (i == test.constant_argument)
      args.push_back(builder.constant(type_of(signature.operands[i]), test.constant));
    else
      args.push_back(test.loads_last && is_last ? add_load(builder, builder.param(i))
                                                : builder.param(i));
  }
  const ValType result = type_of(signature.results[0]);
  ir::Inst inst = ir::make_inst(ir::to_op(test.opcode), ir_type(result));
  std::copy(args.begin(), args.end(), inst.args.begin());
  inst.arg_count = static_cast<uint16_t>(args.size());
  inst.lane = test.lane;
  if (info(test.opcode).imm == ImmKind::Shuffle) inst.imm = builder.add_vector(test.shuffle);
  std::vector<ir::ValueId> results = {builder.add(inst)};
  if (test.keeps_operands) results.insert(results.end(), args.begin(), args.end());
  builder.finish(results);
}

/// Puts values into registers, or takes them out, as the convention has it.
class Window {
 public:
  explicit Window(Registers& registers) : registers_(registers) {}
  void put(ValType type, V128 value) {
    if (is_float_or_vector(type))
      registers_.vectors[vectors_++] = value;
    else
      registers_.ints[ints_++] = value.words[0];
  }
  V128 take(ValType type) {
    if (!is_float_or_vector(type)) return V128{{registers_.ints[ints_++], 0}};
    const V128 value = registers_.vectors[vectors_++];
    // What lies above a float does not matter.
    if (type.kind() == ValKind::F32) return V128{{value.words[0] & 0xffffffff, 0}};
    if (type.kind() == ValKind::F64) return V128{{value.words[0], 0}};
    return value;
  }

 private:
  Registers& registers_;
  size_t ints_ = 0;
  size_t vectors_ = 0;
};

V128 narrowed(ValType type, V128 value) {
  switch (type.kind()) {
    case ValKind::I32:
    case ValKind::F32: return V128{{value.words[0] & 0xffffffff, 0}};
    case ValKind::I64:
    case ValKind::F64: return V128{{value.words[0], 0}};
    default: return value;
  }
}

void run_once(const Case& test, const Snippet& snippet, const CpuLevel& level,
              std::mt19937_64& random) {
  const OpcodeInfo& facts = info(test.opcode);
  const Signature& signature = facts.signature;
  OracleArguments arguments = {};
  // Unaligned on purpose.
  alignas(16) uint8_t memory[32];
  Registers registers;
  Window in(registers);
  for (uint8_t i = 0; i < signature.operand_count; ++i) {
    const ValType type = type_of(signature.operands[i]);
    V128 value = narrowed(type, any_vector(random));
    if (i > 0 && type.is_vector() && random() % 8 == 0) value = arguments[0];
    if (i == test.constant_argument) value = test.constant;
    arguments[i] = value;
    if (test.loads_last && i + 1 == signature.operand_count) {
      std::memcpy(memory + 3, &value, sizeof value);
      in.put(ValKind::I64, V128{{reinterpret_cast<uint64_t>(memory + 3), 0}});
    } else {
      in.put(type, value);
    }
  }
  OracleArguments with_immediate = arguments;
  if (facts.imm == ImmKind::Lane) with_immediate[signature.operand_count] = V128{{test.lane, 0}};
  if (facts.imm == ImmKind::Shuffle) with_immediate[signature.operand_count] = test.shuffle;
  const auto want = oracle(test.opcode, with_immediate);
  REQUIRE(want.has_value());
  snippet.call(registers);
  Window out(registers);
  const V128 got = out.take(type_of(signature.results[0]));
  bool is_right = is_allowed(test.opcode, got, want->values[0], arguments);
  for (uint8_t i = 0; test.keeps_operands && i < signature.operand_count; ++i)
    is_right &= out.take(type_of(signature.operands[i])) == arguments[i];
  if (!is_right) {
    FAIL(mnemonic(test.opcode) << " on " << level.name << ", lane " << int{test.lane}
                               << ", shuffle " << hex(test.shuffle) << "\n"
                               << snippet.assembly() << "operands " << hex(arguments[0]) << " "
                               << hex(arguments[1]) << " " << hex(arguments[2]) << "\ngot  "
                               << hex(got) << "\nwant " << hex(want->values[0]));
  }
}

void check(const Case& test, int runs = 60) {
  std::mt19937_64 random(static_cast<uint64_t>(test.opcode) * 1000 + test.lane);
  for (const CpuLevel& level : cpu_levels()) {
    SnippetBuilder builder(param_types(test));
    build(builder, test);
    const Snippet snippet(builder, level.features);
    for (int i = 0; i < runs; ++i) run_once(test, snippet, level, random);
  }
}

std::vector<Opcode> vector_operations() {
  std::vector<Opcode> result;
  for (uint32_t i = 0; i < kOpcodeCount; ++i) {
    const auto opcode = static_cast<Opcode>(i);
    const Feature feature = info(opcode).feature;
    if (feature != Feature::Simd && feature != Feature::RelaxedSimd) continue;
    if (oracle(opcode, {})) result.push_back(opcode);
  }
  return result;
}

uint32_t lane_count(Opcode opcode) {
  const std::string_view name = mnemonic(opcode);
  const std::string_view count = name.substr(name.find('x') + 1);
  return count.starts_with("16") ? 16 : static_cast<uint32_t>(count[0] - '0');
}

bool has_lane(Opcode opcode) {
  return info(opcode).imm == ImmKind::Lane;
}

}  // namespace

TEST_CASE("There are vector operations to test, and levels to test them on") {
  CHECK(vector_operations().size() == 233);
  CHECK(!cpu_levels().empty());
}

TEST_CASE("Vector operations with operands in registers") {
  for (const Opcode opcode : vector_operations()) {
    if (info(opcode).imm == ImmKind::Shuffle) continue;
    const uint32_t lanes = has_lane(opcode) ? lane_count(opcode) : 1;
    for (uint32_t lane = 0; lane < lanes; ++lane)
      check({.opcode = opcode, .lane = static_cast<uint8_t>(lane)}, has_lane(opcode) ? 20 : 300);
  }
}

TEST_CASE("Vector operations whose operands live on") {
  for (const Opcode opcode : vector_operations()) {
    if (info(opcode).imm == ImmKind::Shuffle) continue;
    check({.opcode = opcode, .keeps_operands = true});
  }
}

TEST_CASE("Vector operations with constants") {
  std::mt19937_64 random(11);
  for (const Opcode opcode : vector_operations()) {
    const Signature& signature = info(opcode).signature;
    if (info(opcode).imm == ImmKind::Shuffle) continue;
    for (uint8_t i = 0; i < signature.operand_count; ++i) {
      const ValType type = type_of(signature.operands[i]);
      std::vector<V128> constants = {{}, {{~uint64_t{0}, ~uint64_t{0}}}, any_vector(random)};
      if (type.kind() == ValKind::I32 && signature.operand_count == 2)
        for (uint64_t count = 1; count < 70; count += count < 9 ? 1 : 5)
          constants.push_back({{count, 0}});
      for (const V128& constant : constants)
        check({.opcode = opcode,
               .constant_argument = i,
               .constant = narrowed(type, constant),
               .keeps_operands = random() % 2 == 0},
              16);
    }
  }
}

TEST_CASE("Vector operations with an operand in memory") {
  for (const Opcode opcode : vector_operations()) {
    const Signature& signature = info(opcode).signature;
    if (info(opcode).imm == ImmKind::Shuffle) continue;
    if (!type_of(signature.operands[signature.operand_count - 1]).is_vector()) continue;
    check({.opcode = opcode, .loads_last = true}, 30);
  }
}

TEST_CASE("Shuffles") {
  std::mt19937_64 random(5);
  for (int i = 0; i < 400; ++i) {
    Case test = {.opcode = Opcode::I8x16Shuffle};
    std::array<uint8_t, 16> numbers;
    const uint32_t size = 1u << random() % 4;
    const uint32_t kind = random() % 3;
    const uint32_t sources = kind == 1 ? 16 : 32;
    for (uint32_t k = 0; k < 16; k += size) {
      const uint32_t from = kind == 2 ? (k + (random() % 2) * 16)
                                      : static_cast<uint32_t>(random() % (sources / size) * size);
      for (uint32_t byte = 0; byte < size; ++byte)
        numbers[k + byte] = static_cast<uint8_t>(from + byte);
    }
    test.shuffle = std::bit_cast<V128>(numbers);
    check(test, 3);
    test.keeps_operands = true;
    check(test, 3);
    test.constant_argument = i % 2;
    check(test, 3);
  }
}

TEST_CASE("Shuffles by windows and shifts") {
  for (uint8_t start = 0; start < 32; ++start) {
    std::array<uint8_t, 16> numbers;
    for (uint8_t k = 0; k < 16; ++k) numbers[k] = (start + k) % 32;
    Case test = {.opcode = Opcode::I8x16Shuffle, .shuffle = std::bit_cast<V128>(numbers)};
    check(test, 3);
    // With zeros as one operand.
    test.constant_argument = 0;
    check(test, 3);
    test.constant_argument = 1;
    check(test, 3);
  }
}

TEST_CASE("How many instructions a vector operation takes", "[.table]") {
  std::printf("%-36s", "");
  for (const CpuLevel& level : cpu_levels()) std::printf("%8s", level.name);
  std::printf("\n");
  for (const Opcode opcode : vector_operations()) {
    std::printf("%-36s", std::string(mnemonic(opcode)).c_str());
    for (const CpuLevel& level : cpu_levels()) {
      Case test = {.opcode = opcode, .lane = static_cast<uint8_t>(has_lane(opcode) ? 1 : 0)};
      if (info(opcode).imm == ImmKind::Shuffle)
        test.shuffle = {{0x1f04'1104'030e'1a00, 0x0713'1b02'0c1d'0905}};
      SnippetBuilder builder(param_types(test));
      build(builder, test);
      std::printf("%8u", Snippet(builder, level.features).instruction_count());
    }
    std::printf("\n");
  }
}

TEST_CASE("No vector operation takes more instructions than a short sequence has") {
  for (const Opcode opcode : vector_operations()) {
    const Case test = {.opcode = opcode};
    for (const CpuLevel& level : cpu_levels()) {
      SnippetBuilder builder(param_types(test));
      build(builder, test);
      const Snippet snippet(builder, level.features);
      const uint32_t limit = level.features.has(platform::CpuFeature::Avx) ? 9 : 14;
      INFO(mnemonic(opcode) << " on " << level.name << "\n" << snippet.assembly());
      CHECK(snippet.instruction_count() <= limit);
    }
  }
}

}  // namespace brink::compile::x64
