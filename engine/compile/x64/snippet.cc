// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
#include "engine/compile/x64/snippet.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "engine/compile/x64/emit.h"
#include "engine/compile/x64/encoder.h"
#include "engine/compile/x64/lower.h"
#include "engine/wasm/type_registry.h"

namespace brink::compile::x64 {

namespace x86 = asmjit::x86;
using platform::CpuFeature;
using platform::CpuFeatures;

namespace {

CpuFeatures with(CpuFeatures base, std::initializer_list<CpuFeature> more) {
  for (const CpuFeature feature : more) base.set(feature);
  return base;
}

std::vector<CpuLevel> make_levels() {
  using enum CpuFeature;
  const CpuFeatures sse41 = with({}, {Sse3, Ssse3, Sse41, Popcnt});
  const CpuFeatures sse42 = with(sse41, {Sse42});
  const CpuFeatures avx = with(sse42, {Avx});
  const CpuFeatures avx2 = with(avx, {Avx2, Bmi1, Bmi2, Lzcnt, Fma});
  const CpuFeatures avx512 = with(avx2, {Avx512f, Avx512dq, Avx512bw, Avx512vl});
  const CpuFeatures host = platform::cpu_features();
  std::vector<CpuLevel> levels;
  for (const CpuLevel& level :
       {CpuLevel{"sse4.1", sse41}, CpuLevel{"sse4.2", sse42}, CpuLevel{"avx", avx},
        CpuLevel{"avx2", avx2}, CpuLevel{"avx512", avx512}, CpuLevel{"host", host}})
    if (host.includes(level.features)) levels.push_back(level);
  return levels;
}

platform::CodeMemory to_memory(std::span<const uint8_t> code) {
  auto memory = platform::CodeMemory::allocate(code.size());
  REQUIRE(memory.has_value());
  std::memcpy(memory->writable().data(), code.data(), code.size());
  REQUIRE(memory->seal(code.size()).has_value());
  return std::move(*memory);
}

/// void (*)(const void* code, Registers*): the compiled convention inside the system's.
platform::CodeMemory make_entry() {
  using x86::rsi, x86::r11;
  const x86::Gp ints[] = {x86::rax, x86::rcx, x86::rdx, x86::rbx,
                          x86::rsi, x86::rdi, x86::r8,  x86::r9};
  const x86::Gp saved[] = {x86::rbx, x86::rbp, x86::r12, x86::r13, x86::r14, x86::r15};
  constexpr int kVectors = offsetof(Registers, vectors);
  asmjit::CodeHolder code;
  code.init(asmjit::Environment(asmjit::Arch::kX64));
  x86::Assembler a(&code);
  for (const x86::Gp& reg : saved) a.push(reg);
  a.push(rsi);
  a.mov(x86::r10, x86::rdi);
  a.mov(r11, rsi);
  for (int i = 0; i < 8; ++i) {
    a.mov(ints[i], x86::qword_ptr(r11, 8 * i));
    a.movups(x86::xmm(static_cast<uint32_t>(i)), x86::xmmword_ptr(r11, kVectors + 16 * i));
  }
  a.call(x86::r10);
  a.pop(r11);
  for (int i = 0; i < 8; ++i) {
    a.mov(x86::qword_ptr(r11, 8 * i), ints[i]);
    a.movups(x86::xmmword_ptr(r11, kVectors + 16 * i), x86::xmm(static_cast<uint32_t>(i)));
  }
  for (int i = 5; i >= 0; --i) a.pop(saved[i]);
  a.ret();
  const asmjit::CodeBuffer& buffer = code.sectionById(0)->buffer();
  return to_memory({buffer.data(), buffer.size()});
}

}  // namespace

const std::vector<CpuLevel>& cpu_levels() {
  static const std::vector<CpuLevel> levels = make_levels();
  return levels;
}

ir::Type ir_type(ValType type) {
  switch (type.kind()) {
    case ValKind::I32: return ir::Type::I32;
    case ValKind::I64: return ir::Type::I64;
    case ValKind::F32: return ir::Type::F32;
    case ValKind::F64: return ir::Type::F64;
    default: return ir::Type::V128;
  }
}

SnippetBuilder::SnippetBuilder(std::initializer_list<ValType> params) {
  add_params({params.begin(), params.end()});
}
SnippetBuilder::SnippetBuilder(const std::vector<ValType>& params) {
  add_params(params);
}

void SnippetBuilder::add_params(std::span<const ValType> params) {
  ir::add_block(function_);
  for (const ValType type : params) {
    type_.params.push_back(type);
    ir::add_param(function_, 0, ir_type(type));
  }
}

ir::ValueId SnippetBuilder::add(ir::Inst inst, const std::vector<ir::ValueId>& args) {
  ir::set_args(function_, inst, args);
  return add(inst);
}

uint64_t SnippetBuilder::add_vector(const V128& bits) {
  function_.vectors.push_back(bits);
  return function_.vectors.size() - 1;
}

ir::ValueId SnippetBuilder::constant(ValType type, V128 bits) {
  switch (type.kind()) {
    case ValKind::I32:
      return add(
          ir::make_inst(Opcode::I32Const, ir::Type::I32, {}, static_cast<uint32_t>(bits.words[0])));
    case ValKind::I64:
      return add(ir::make_inst(Opcode::I64Const, ir::Type::I64, {}, bits.words[0]));
    case ValKind::F32:
      return add(
          ir::make_inst(Opcode::F32Const, ir::Type::F32, {}, static_cast<uint32_t>(bits.words[0])));
    case ValKind::F64:
      return add(ir::make_inst(Opcode::F64Const, ir::Type::F64, {}, bits.words[0]));
    default: return add(ir::make_inst(Opcode::V128Const, ir::Type::V128, {}, add_vector(bits)));
  }
}

void SnippetBuilder::finish(const std::vector<ir::ValueId>& results) {
  for (const ir::ValueId result : results) {
    switch (function_[result].type) {
      case ir::Type::I32: type_.results.push_back(ValKind::I32); break;
      case ir::Type::I64: type_.results.push_back(ValKind::I64); break;
      case ir::Type::F32: type_.results.push_back(ValKind::F32); break;
      case ir::Type::F64: type_.results.push_back(ValKind::F64); break;
      default: type_.results.push_back(ValKind::V128); break;
    }
  }
  add(ir::make_inst(ir::Op::Return, ir::Type::Void), results);
  function_.type = &type_;
}

Snippet::Snippet(const SnippetBuilder& builder, CpuFeatures cpu) {
  const wasm::Module module;
  const EngineConfig config;
  TypeRegistry types;
  runtime::ObjectLayouts layouts(types);
  const ModuleContext context{module, config, layouts, cpu, {}};
  const LoweredFunction lowered = lower(context, builder.function());
  const std::string broken = verify(lowered.machine);
  if (!broken.empty()) FAIL(broken << "\n" << print(lowered.machine, machine_names()));
  const Allocation allocation = allocate_registers(lowered.machine, register_file());
  const std::string wrong = check_allocation(lowered.machine, register_file(), allocation);
  if (!wrong.empty()) FAIL(wrong << "\n" << print(lowered.machine, machine_names()));
  const CodeObject object = emit_code(builder.function(), lowered, allocation, &assembly_);
  REQUIRE(object.relocations.empty());
  memory_ = to_memory(object.code);
}

void Snippet::call(Registers& registers) const {
  static const platform::CodeMemory entry = make_entry();
  using Entry = void (*)(const void* code, Registers* registers);
  reinterpret_cast<Entry>(const_cast<uint8_t*>(entry.base()))(memory_.base(), &registers);
}

uint32_t Snippet::instruction_count() const {
  uint32_t count = 0;
  size_t start = 0;
  while (start < assembly_.size()) {
    const size_t end = assembly_.find('\n', start);
    const std::string line = assembly_.substr(start, end - start);
    if (line.starts_with("ret")) break;
    if (!line.empty() && line.back() != ':') ++count;
    start = end + 1;
  }
  return count;
}

}  // namespace brink::compile::x64
