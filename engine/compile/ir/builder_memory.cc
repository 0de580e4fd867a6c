// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a mistake here lets a guest leave its memory. Changes need a second reader.
//
// The builder's accesses to memories and tables. See function_builder.h.
//
//   memory 0, guarded       op [index]              the address is the lowering's business
//   others, guarded         raw op [base + index]   offset and 32-bit index cannot leave the
//                                                   reservation, see runtime/memory.h
//   everything else         raw op [CheckedAddress] which has added the offset and checked the end

#include "engine/compile/ir/function_builder.h"
#include "engine/compile/ir/vm_layout.h"

namespace brink::compile::ir {
namespace {

constexpr uint64_t make_imm(uint32_t region, uint32_t offset) {
  return uint64_t{region} << 32 | offset;
}

}  // namespace

ValueId FunctionBuilder::extend_index(ValueId index) {
  return type_of(index) == Type::I64 ? index : emit(Opcode::I64ExtendI32U, Type::I64, {index});
}

ValueId FunctionBuilder::raw_load(Opcode opcode, Type type, ValueId base, uint32_t region,
                                  uint32_t offset) {
  Inst inst = make_inst(opcode, type, {base}, make_imm(region, offset));
  inst.flags = Inst::kRaw;
  return emit(inst);
}

void FunctionBuilder::raw_store(Opcode opcode, ValueId base, ValueId value, uint32_t region,
                                uint32_t offset) {
  Inst inst = make_inst(opcode, Type::Void, {base, value}, make_imm(region, offset));
  inst.flags = Inst::kRaw;
  effect(inst);
}

/// An entry of one of the instance's lists of memories, tables, tags.
ValueId FunctionBuilder::list_entry(uint32_t list, uint32_t index) {
  return load_constant(load_constant(instance(), list), index * sizeof(void*));
}

/// The first argument of an access, whose flags and immediate are set.
ValueId FunctionBuilder::address_of(ValueId index, const decode::MemArg& memarg, uint32_t bytes,
                                    Inst& access) {
  const uint32_t memory = memarg.memory_index;
  const auto offset = static_cast<uint32_t>(memarg.offset);
  if (!context_.memory_is_guarded[memory]) {
    access.flags = Inst::kRaw;
    access.imm = make_imm(memory, 0);
    const ValueId object = list_entry(vm_layout::kMemories, memory);
    const ValueId size = load_vm(object, vm_layout::kMemoryBytes);
    const ValueId base = load_vm(object, vm_layout::kMemoryBase);
    return emit(make_inst(Op::CheckedAddress, Type::I64, {index, size, base},
                          make_imm(memory, bytes), memarg.offset));
  }
  access.imm = make_imm(memory, offset);
  if (memory == 0) return index;
  access.flags = Inst::kRaw;
  const ValueId base =
      load_constant(list_entry(vm_layout::kMemories, memory), vm_layout::kMemoryBase);
  return emit(Opcode::I64Add, Type::I64, {base, extend_index(index)});
}

void FunctionBuilder::access(const Instruction& i, Args args, Args results) {
  const OpcodeInfo& row = info(i.opcode);
  Inst inst;
  inst.op = to_op(i.opcode);
  inst.type = results.empty() ? Type::Void : type_of(results[0].type);
  inst.lane = row.imm == ImmKind::MemArgLane ? i.lane : 0;
  inst.arg_count = static_cast<uint16_t>(args.size());
  inst.args[0] = address_of(args[0].value.id, i.memarg, row.access_bytes, inst);
  if (args.size() > 1) inst.args[1] = args[1].value.id;
  const ValueId id = effect(inst);
  if (!results.empty()) results[0].value.id = id;
}

void FunctionBuilder::atomic(const Instruction& i, Args args, Args results) {
  const OpcodeInfo& row = info(i.opcode);
  const ValueId index = args[0].value.id;
  const uint32_t low_bits = row.access_bytes - 1u;
  if (low_bits != 0 && type_of(index) == Type::I32 && (i.memarg.offset & low_bits) == 0) {
    const ValueId rest = emit(Opcode::I32And, Type::I32, {index, constant(Type::I32, low_bits)});
    trap_if(rest, TrapCode::UnalignedAtomic);
  } else if (low_bits != 0) {
    const ValueId address = emit(Opcode::I64Add, Type::I64,
                                 {extend_index(index), constant(Type::I64, i.memarg.offset)});
    const ValueId rest = emit(Opcode::I64And, Type::I64, {address, constant(Type::I64, low_bits)});
    trap_if(emit(Opcode::I64Eqz, Type::I32, {rest}), TrapCode::UnalignedAtomic, true);
  }
  Inst inst;
  inst.op = to_op(i.opcode);
  inst.type = results.empty() ? Type::Void : type_of(results[0].type);
  inst.arg_count = static_cast<uint16_t>(args.size());
  inst.args[0] = address_of(index, i.memarg, row.access_bytes, inst);
  for (size_t j = 1; j < args.size(); ++j) inst.args[j] = args[j].value.id;
  const ValueId id = effect(inst);
  if (!results.empty()) results[0].value.id = id;
}

// ---- whole memories ----

void FunctionBuilder::memory(Decoder& d, const Instruction& i, Args args, Args results) {
  const auto wait = [&](RuntimeFunction function) {
    const std::span<const ValueId> operands = values_of(args);
    std::vector<ValueId> values(operands.begin(), operands.end());
    values.push_back(constant(Type::I64, i.memarg.offset));
    results[0].value.id = call_runtime(d, function, values, i.memarg.memory_index, 0, Type::I32);
  };
  switch (i.opcode) {
    case Opcode::MemorySize: {
      const ValueId bytes =
          load_vm(list_entry(vm_layout::kMemories, i.index), vm_layout::kMemoryBytes);
      const MemoryType& type = module_.memories[i.index];
      const ValueId pages =
          emit(Opcode::I64ShrU, Type::I64, {bytes, constant(Type::I64, type.page_size_log2)});
      results[0].value.id =
          type.address == AddressType::I64 ? pages : emit(Opcode::I32WrapI64, Type::I32, {pages});
      return;
    }
    case Opcode::MemoryGrow:
      return runtime_operation(d, RuntimeFunction::MemoryGrow, args, i.index, 0, results);
    case Opcode::MemoryFill:
      if (fill_few(i, args)) return;
      return runtime_operation(d, RuntimeFunction::MemoryFill, args, i.index, 0, results);
    case Opcode::MemoryCopy:
      if (copy_few(i, args)) return;
      return runtime_operation(d, RuntimeFunction::MemoryCopy, args, i.index, i.index2, results);
    case Opcode::MemoryInit:
      return runtime_operation(d, RuntimeFunction::MemoryInit, args, i.index, i.index2, results);
    case Opcode::DataDrop:
      return runtime_operation(d, RuntimeFunction::DataDrop, args, i.index, 0, results);
    case Opcode::MemoryAtomicWait32: return wait(RuntimeFunction::Wait32);
    case Opcode::MemoryAtomicWait64: return wait(RuntimeFunction::Wait64);
    case Opcode::MemoryAtomicNotify: return wait(RuntimeFunction::Notify);
    default: BRINK_UNREACHABLE();
  }
}

// ---- tables ----

/// The address of an element, which has been found to exist.
ValueId FunctionBuilder::table_slot(uint32_t index, ValueId element) {
  const ValueId table = list_entry(vm_layout::kTables, index);
  const ValueId wide = extend_index(element);
  const ValueId size = load_vm(table, vm_layout::kTableSize);
  trap_if(emit(Opcode::I64LtU, Type::I32, {wide, size}), TrapCode::TableOutOfBounds, true);
  const ValueId elements = load_vm(table, vm_layout::kTableElements);
  const ValueId distance = emit(Opcode::I64Shl, Type::I64, {wide, constant(Type::I64, 3)});
  return emit(Opcode::I64Add, Type::I64, {elements, distance});
}

void FunctionBuilder::table(Decoder& d, const Instruction& i, Args args, Args results) {
  switch (i.opcode) {
    case Opcode::TableGet: {
      const ValueId slot = table_slot(i.index, args[0].value.id);
      results[0].value.id =
          raw_load(Opcode::I64Load, type_of(results[0].type), slot, region::kVm, 0);
      return;
    }
    case Opcode::TableSet: {
      const ValueId slot = table_slot(i.index, args[0].value.id);
      return raw_store(Opcode::I64Store, slot, args[1].value.id, region::kVm, 0);
    }
    case Opcode::TableSize: {
      const ValueId size = load_vm(list_entry(vm_layout::kTables, i.index), vm_layout::kTableSize);
      results[0].value.id =
          results[0].type == kI64 ? size : emit(Opcode::I32WrapI64, Type::I32, {size});
      return;
    }
    case Opcode::TableGrow:
      return runtime_operation(d, RuntimeFunction::TableGrow, args, i.index, 0, results);
    case Opcode::TableFill:
      return runtime_operation(d, RuntimeFunction::TableFill, args, i.index, 0, results);
    case Opcode::TableCopy:
      return runtime_operation(d, RuntimeFunction::TableCopy, args, i.index, i.index2, results);
    case Opcode::TableInit:
      return runtime_operation(d, RuntimeFunction::TableInit, args, i.index, i.index2, results);
    case Opcode::ElemDrop:
      return runtime_operation(d, RuntimeFunction::ElemDrop, args, i.index, 0, results);
    default: BRINK_UNREACHABLE();
  }
}

}  // namespace brink::compile::ir
