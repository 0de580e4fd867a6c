// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Calls of functions and of the runtime, returns, and the results of both (docs/compiler.md).

#include <algorithm>
#include <iterator>

#include "engine/compile/ir/vm_layout.h"
#include "engine/compile/runtime_function.h"
#include "engine/compile/x64/encoder.h"
#include "engine/compile/x64/lowering.h"
#include "engine/compile/x64/offsets.h"
#include "engine/support/check.h"

namespace brink::compile::x64 {

namespace {

using ir::CallInfo;
using ir::Op;
using ir::ValueId;

constexpr int32_t kWord = 8;

VReg overflow_base(Lowering& l) {
  const VReg exec = l.emit_load(Address::instance(offsets::kExec));
  return l.emit_load(Address::at(exec, offsets::kOverflow));
}

Address overflow_value(VReg base, uint32_t index) {
  return Address::at(base, static_cast<int32_t>(index * sizeof(runtime::OverflowValue)));
}

/// Puts values into their registers (operands to come) and the rest into the overflow.
void pass_values(Lowering& l, std::span<const ValueId> values,
                 std::span<const AbiLocation> locations, std::vector<Operand>& operands) {
  VReg base = kNoVReg;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!locations[i].reg.is_none()) {
      operands.push_back(Operand::use_fixed(l.use(values[i]), locations[i].reg));
      continue;
    }
    if (base == kNoVReg) base = overflow_base(l);
    l.store_value(overflow_value(base, locations[i].overflow), values[i]);
  }
}

// --- Callees ---

VReg list_entry(Lowering& l, int32_t list, uint32_t index) {
  const VReg entries = l.emit_load(Address::instance(list));
  return l.emit_load(Address::at(entries, static_cast<int32_t>(index) * kWord));
}

void check_type_by_runtime(Lowering& l, VReg callee, const CallInfo& call, ir::PositionId position);

/// The function at an index of a table, checked for everything. The traps name the index.
VReg table_callee(Lowering& l, const CallInfo& call, ValueId index_value, ValueId table_value,
                  ir::PositionId position) {
  const VReg index = l.use(index_value);
  const VReg table = l.use(table_value);
  const Address size = Address::at(table, vm_layout::kTableSize);
  l.emit(Form::UM, I::kIdCmp, {.a = index, .mem = &size});
  l.emit_trap_if(Cond::AE, TrapCode::UndefinedElement, position, index);
  const VReg elements = l.emit_load(Address::at(table, vm_layout::kTableElements));
  Address element = Address::at(elements);
  element.index = index;
  element.scale = 3;
  const VReg callee = l.emit_load(element);
  l.emit(Form::UU, I::kIdTest, {.a = callee, .b = callee});
  l.emit_trap_if(Cond::E, TrapCode::UninitializedElement, position, index);
  const wasm::Module& module = l.context().module;
  const bool is_final = module.types[call.type_index].is_final;
  const size_t depth = module.registry->get(call.type_id).display.size() - 1;
  if (!is_final && depth >= runtime::kDisplaySize) {
    check_type_by_runtime(l, callee, call, position);
    return callee;
  }
  const VReg type = l.emit_load(Address::type_id(call.type_index), 4);
  Address have = Address::at(callee, vm_layout::kFuncTypeId);
  if (!is_final)
    have = Address::at(l.emit_load(Address::at(callee, vm_layout::kFuncDisplay)),
                       static_cast<int32_t>(depth * sizeof(TypeId)));
  l.emit(Form::UM, I::kIdCmp, {.width = 4, .a = type, .mem = &have});
  l.emit_trap_if(Cond::NE, TrapCode::IndirectCallTypeMismatch, position);
  return callee;
}

VReg callee_of(Lowering& l, const CallInfo& call, std::span<const ValueId> args,
               ir::PositionId position) {
  switch (call.kind) {
    case CallInfo::Kind::Import: return list_entry(l, vm_layout::kFunctions, call.index);
    case CallInfo::Kind::Indirect:
      return table_callee(l, call, args[args.size() - 2], args.back(), position);
    case CallInfo::Kind::Ref: return l.use(args.back());
    case CallInfo::Kind::Direct: break;
  }
  return kNoVReg;
}

// --- Calls of functions ---

MachineInst& emit_call(Lowering& l, Pseudo pseudo, const CallSite& site,
                       std::span<const Operand> operands, ir::PositionId position) {
  l.out().calls.push_back(site);
  MachineInst& inst = l.emit_pseudo(pseudo, operands, l.out().calls.size() - 1);
  inst.position = position;
  if (pseudo == Pseudo::TailCall) {
    inst.is_terminator = true;
    return inst;
  }
  inst.is_call = true;
  inst.clobbers = call_clobbers();
  l.out().machine.has_calls = true;
  return inst;
}

void define_results(Lowering& l, ValueId value, std::span<const AbiLocation> locations,
                    std::vector<Operand>& operands) {
  for (uint32_t i = 0; i < locations.size(); ++i) {
    const ValueId result = l.result(value, i);
    if (locations[i].reg.is_none() || result == ir::kNoValue || !l.is_used_later(result)) continue;
    operands.push_back(Operand::def_fixed(l.def(result), locations[i].reg));
  }
}

void end_invoke(Lowering& l, MachineInst& inst) {
  inst.is_terminator = true;
  l.add_target(0);
  l.add_target(1);
}

/// Call, Invoke, TailCall.
void lower_call(Lowering& l, ValueId value, const Row&) {
  const ir::Inst& inst = l.inst(value);
  const CallInfo& call = l.function().calls[inst.imm];
  const auto args = l.function().args(inst);
  const VReg callee = callee_of(l, call, args, inst.position);
  std::vector<Operand> operands;
  pass_values(l, args.first(call.type->params.size()), assign_locations(call.type->params),
              operands);
  if (callee != kNoVReg) operands.push_back(Operand::use_fixed(callee, kCallee));
  const CallSite site = {
      .kind = callee == kNoVReg ? CallSite::Kind::Entry : CallSite::Kind::FuncRef,
      .index = call.index};
  if (inst.op == Op::TailCall) {
    emit_call(l, Pseudo::TailCall, site, operands, inst.position);
    return;
  }
  define_results(l, value, assign_locations(call.type->results), operands);
  MachineInst& out = emit_call(l, Pseudo::Call, site, operands, inst.position);
  out.is_safepoint = true;
  if (inst.op == Op::Invoke) end_invoke(l, out);
}

void lower_return(Lowering& l, ValueId value, const Row&) {
  std::vector<Operand> operands;
  pass_values(l, l.function().args(l.inst(value)), assign_locations(l.function().type->results),
              operands);
  l.emit_pseudo(Pseudo::Return, operands).is_terminator = true;
}

// --- Calls of the runtime ---

void reserve_slots(Lowering& l, uint32_t count) {
  const uint32_t bytes = (count * kWord + 15) & ~15u;
  l.out().machine.outgoing_bytes = std::max(l.out().machine.outgoing_bytes, bytes);
}

/// The value in slots at the stack pointer; what it does not fill is zero.
void store_slot(Lowering& l, uint32_t slot, ValueId value) {
  const Address address = Address::stack(static_cast<int32_t>(slot) * kWord);
  switch (l.inst(value).type) {
    case ir::Type::F32: {
      const Address upper = Address::stack(address.disp + 4);
      l.emit(Form::MI, I::kIdMov, {.width = 4, .imm = 0, .mem = &upper});
      return l.store_value(address, value);
    }
    case ir::Type::I32:
      if (const auto bits = l.constant(value); bits && *bits <= 0x7fffffff)
        l.emit(Form::MI, I::kIdMov, {.imm = *bits, .mem = &address});
      else
        l.emit(Form::MU, I::kIdMov, {.a = l.use(value), .mem = &address});
      return;
    default: return l.store_value(address, value);
  }
}

MachineInst& emit_runtime_call(Lowering& l, RuntimeFunction function, uint32_t a, uint32_t b,
                               ir::PositionId position) {
  const CallSite site = {
      .kind = CallSite::Kind::Runtime, .index = static_cast<uint32_t>(function), .a = a, .b = b};
  MachineInst& inst = emit_call(l, Pseudo::Call, site, {}, position);
  inst.is_safepoint = may_collect(function);
  return inst;
}

/// RuntimeCall, RuntimeInvoke.
void lower_runtime_call(Lowering& l, ValueId value, const Row&) {
  const ir::Inst& inst = l.inst(value);
  uint32_t slot = 0;
  for (const ValueId arg : l.function().args(inst)) {
    store_slot(l, slot, arg);
    slot += l.inst(arg).type == ir::Type::V128 ? 2 : 1;
  }
  reserve_slots(l, std::max(slot, 2u));
  MachineInst& out =
      emit_runtime_call(l, static_cast<RuntimeFunction>(inst.imm), static_cast<uint32_t>(inst.imm2),
                        static_cast<uint32_t>(inst.imm2 >> 32), inst.position);
  if (inst.op == Op::RuntimeInvoke) end_invoke(l, out);
}

/// Of types with subtypes that lie deep, whose functions may have any id below.
void check_type_by_runtime(Lowering& l, VReg callee, const CallInfo& call,
                           ir::PositionId position) {
  const Address slot = Address::stack(0);
  reserve_slots(l, 2);
  l.emit(Form::MU, I::kIdMov, {.a = callee, .mem = &slot});
  emit_runtime_call(l, RuntimeFunction::HasFunctionType, call.type_index, 0, position);
  l.emit(Form::MI, I::kIdCmp, {.width = 4, .imm = 0, .mem = &slot});
  l.emit_trap_if(Cond::E, TrapCode::IndirectCallTypeMismatch, position);
}

// --- Results ---

/// Those in registers are the call's own business.
void lower_result(Lowering& l, ValueId value, const Row&) {
  const ir::Inst& inst = l.inst(value);
  const ir::Inst& operation = l.inst(inst.args[0]);
  if (operation.op == Op::RuntimeCall || operation.op == Op::RuntimeInvoke)
    return l.load_value(value, Address::stack(static_cast<int32_t>(inst.imm) * kWord));
  if (operation.op != Op::Call && operation.op != Op::Invoke) return;
  const CallInfo& call = l.function().calls[operation.imm];
  const AbiLocation location = assign_locations(call.type->results)[inst.imm];
  if (location.reg.is_none())
    l.load_value(value, overflow_value(overflow_base(l), location.overflow));
}

constexpr Row kRows[] = {
    {Op::Call, lower_call},
    {Op::Invoke, lower_call},
    {Op::TailCall, lower_call},
    {Op::Return, lower_return},
    {Op::RuntimeCall, lower_runtime_call},
    {Op::RuntimeInvoke, lower_runtime_call},
    {Op::Result, lower_result},
};

}  // namespace

void Lowering::emit_params() {
  const auto locations = assign_locations(function_.type->params);
  const auto& params = function_.blocks[0].params;
  std::vector<Operand> defs;
  VReg base = kNoVReg;
  for (size_t i = 0; i < params.size(); ++i)
    if (!locations[i].reg.is_none() && is_used_later(params[i]))
      defs.push_back(Operand::def_fixed(def(params[i]), locations[i].reg));
  emit_pseudo(Pseudo::Params, defs);
  for (size_t i = 0; i < params.size(); ++i) {
    if (!locations[i].reg.is_none() || !is_used_later(params[i])) continue;
    if (base == kNoVReg) base = overflow_base(*this);
    load_value(params[i], overflow_value(base, locations[i].overflow));
  }
  flush_sequence();
}

std::span<const Row> call_rows() {
  return kRows;
}

}  // namespace brink::compile::x64
