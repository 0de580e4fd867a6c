// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/pass/aliasing.h"

namespace brink::compile {

using ir::Inst;
using ir::Op;

namespace {

bool is_engine_place(PlaceKind place) {
  return place == ir::region::kVm || place == ir::region::kConstant;
}

Access access_of_global(const wasm::Module& module, const Inst& inst, ir::ValueId stored) {
  const auto index = static_cast<uint32_t>(inst.imm);
  const bool is_imported = index < module.imported_globals;
  return {.kind = stored == ir::kNoValue ? Access::Kind::Load : Access::Kind::Store,
          .place = is_imported ? kImportedGlobals : kFirstGlobal + index,
          .base = index,
          .stored = stored,
          .bytes = 16};
}

Access access_of_wasm(const wasm::Module& module, const ir::Function& function, const Inst& inst) {
  const Opcode opcode = ir::to_opcode(inst.op);
  const OpcodeInfo& row = info(opcode);
  const auto args = function.args(inst);
  switch (row.cls) {
    case OpClass::Load:
      return {Access::Kind::Load,
              inst.region(),
              args[0],
              ir::kNoValue,
              inst.offset(),
              row.access_bytes,
              !is_engine_place(inst.region())};
    case OpClass::Store:
      return {Access::Kind::Store,
              inst.region(),
              args[0],
              args[1],
              inst.offset(),
              row.access_bytes,
              !is_engine_place(inst.region())};
    case OpClass::LoadLane:
    case OpClass::StoreLane:
    case OpClass::AtomicLoad:
    case OpClass::AtomicStore:
    case OpClass::AtomicRmw:
    case OpClass::AtomicCmpxchg:
    case OpClass::AtomicWait:
    case OpClass::AtomicNotify:
    case OpClass::AtomicFence: return {.kind = Access::Kind::Clobber, .may_trap = true};
    default: break;
  }
  if (opcode == Opcode::GlobalGet) return access_of_global(module, inst, ir::kNoValue);
  if (opcode == Opcode::GlobalSet) return access_of_global(module, inst, args[0]);
  return {.kind = Access::Kind::None, .may_trap = row.may_trap()};
}

}  // namespace

Access access_of(const wasm::Module& module, const ir::Function& function, const Inst& inst) {
  if (ir::is_wasm(inst.op)) return access_of_wasm(module, function, inst);
  switch (inst.op) {
    case Op::Call:
    case Op::Invoke:
    case Op::TailCall:
    case Op::RuntimeCall:
    case Op::RuntimeInvoke:
    case Op::Landing: return {.kind = Access::Kind::Clobber, .may_trap = true};
    default: return {.kind = Access::Kind::None, .may_trap = !ir::is_pure(inst.op)};
  }
}

bool may_overlap(const Access& a, const Access& b) {
  if (a.base != b.base) return true;
  const uint64_t a_end = uint64_t{a.offset} + a.bytes;
  const uint64_t b_end = uint64_t{b.offset} + b.bytes;
  return a.offset < b_end && b.offset < a_end;
}

}  // namespace brink::compile
