// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/ir/ir.h"

#include "engine/runtime/object_layout.h"

namespace brink::compile::ir {
namespace {

struct OpRow {
  std::string_view name;
  uint8_t flags;
};

constexpr uint8_t Pure = 1;
constexpr uint8_t Trap = 2;
constexpr uint8_t Effect = 4;
constexpr uint8_t End = 8;

constexpr OpRow kOwnOps[] = {
#define BRINK_IR_OP(id, name, flags) {name, flags},
#include "engine/compile/ir/ir_ops.def"
};
constexpr size_t kOwnOpCount = sizeof(kOwnOps) / sizeof(kOwnOps[0]);
static_assert(static_cast<size_t>(Op::End) == kOpcodeCount + kOwnOpCount);

constexpr uint8_t wasm_flags(const OpcodeInfo& row) {
  switch (row.cls) {
    case OpClass::Const: return Pure;
    case OpClass::Unary:
    case OpClass::Binary:
    case OpClass::Ternary:
    case OpClass::Test:
    case OpClass::Compare:
    case OpClass::Wide:
    case OpClass::ExtractLane:
    case OpClass::ReplaceLane:
    case OpClass::Shuffle: return row.may_trap() ? Trap : Pure;
    default: return Trap | Effect;
  }
}

constexpr std::array<uint8_t, kOpcodeCount> make_wasm_flags() {
  std::array<uint8_t, kOpcodeCount> flags = {};
  for (uint32_t i = 0; i < kOpcodeCount; ++i) flags[i] = wasm_flags(kOpcodes[i]);
  flags[static_cast<size_t>(Opcode::Select)] = Pure;
  flags[static_cast<size_t>(Opcode::GlobalGet)] = 0;
  flags[static_cast<size_t>(Opcode::GlobalSet)] = Effect;
  return flags;
}
constexpr std::array<uint8_t, kOpcodeCount> kWasmFlags = make_wasm_flags();

const OpRow& own(Op op) {
  return kOwnOps[static_cast<size_t>(op) - kOpcodeCount];
}
uint8_t flags_of(Op op) {
  return is_wasm(op) ? kWasmFlags[static_cast<size_t>(op)] : own(op).flags;
}

}  // namespace

std::string_view to_string(Op op) {
  return is_wasm(op) ? mnemonic(to_opcode(op)) : own(op).name;
}
bool is_terminator(Op op) {
  return (flags_of(op) & End) != 0;
}
bool is_pure(Op op) {
  return (flags_of(op) & Pure) != 0;
}
bool may_trap(Op op) {
  return (flags_of(op) & Trap) != 0;
}
bool has_effect(Op op) {
  return (flags_of(op) & (Trap | Effect)) != 0;
}
bool has_effect(const Inst& inst) {
  const bool is_load = is_wasm(inst.op) && info(to_opcode(inst.op)).cls == OpClass::Load;
  if (is_load && inst.is_raw() && inst.region() >= region::kHeap) return false;
  return has_effect(inst.op);
}

std::string_view to_string(Type type) {
  static constexpr std::string_view kNames[] = {"void", "i32", "i64", "f32", "f64", "v128", "ref"};
  return kNames[static_cast<size_t>(type)];
}

Type to_type(ValType type, const TypeRegistry& types) {
  switch (type.unpacked().kind()) {
    case ValKind::I32: return Type::I32;
    case ValKind::I64: return Type::I64;
    case ValKind::F32: return Type::F32;
    case ValKind::F64: return Type::F64;
    case ValKind::V128: return Type::V128;
    default: return runtime::is_traced(types, type) ? Type::Ref : Type::I64;
  }
}

}  // namespace brink::compile::ir
