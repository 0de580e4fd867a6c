// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a mistake here lets a guest reach outside of an object. Changes need a second
// reader.
//
// The builder's new structs and small arrays: the first cell of a run is taken, see
// runtime/gc_heap.h; a runtime call makes the object if there is none. Both give an object that is
// zero behind its header, and the fields are stored into it where the ways have met.
//
//     run = exec.heap.runs[class]; if (run.end - run.next < cell) -> cold
//     object = heap + run.next; run.next += cell; object.type = ...; object.length = ...
//
// Why that is sound: run.end and run.next are multiples of the cell's size from each other, so "not
// equal" means room for one cell; the store's thread is the only one that allocates; a run is never
// empty before the heap has its base; and no collection comes between the object and the stores
// into it, as both ways end in the same block, and what is stored was computed before.

#include "engine/compile/ir/function_builder.h"
#include "engine/compile/ir/vm_layout.h"

namespace brink::compile::ir {

using runtime::kObjectData;
using runtime::ObjectLayout;

namespace {

constexpr uint32_t kGranule = 16;
constexpr uint32_t kMaxSmall = kGranule * runtime::kCellRuns;
/// Elements that are stored one by one.
constexpr uint32_t kMaxStores = 16;

/// The size of the cell that an object of so many bytes lies in.
constexpr uint32_t cell_of(uint64_t bytes) {
  return static_cast<uint32_t>((bytes + kGranule - 1) / kGranule * kGranule);
}

}  // namespace

/// A new object that is zero. `cell_bytes`: of its size class. `length`: of an array, else
/// kNoValue. `slow_path`: struct.new_default or array.new_default.
ValueId FunctionBuilder::new_object(Decoder& d, uint32_t type_index, RuntimeFunction slow_path,
                                    uint32_t cell_bytes, ValueId length) {
  const uint32_t run =
      vm_layout::kHeapRuns + (cell_bytes / kGranule - 1) * sizeof(runtime::CellRun);
  const ValueId exec = load_constant(instance(), vm_layout::kExec);
  const auto load = [&](uint32_t offset) {
    return raw_load(Opcode::I64Load32U, Type::I64, exec, region::kVm, run + offset);
  };
  const ValueId next = load(vm_layout::kRunNext);
  const ValueId has_room = emit(Opcode::I64Ne, Type::I32, {next, load(vm_layout::kRunEnd)});
  const auto take_cell = [&] {
    const ValueId after = emit(Opcode::I64Add, Type::I64, {next, constant(Type::I64, cell_bytes)});
    raw_store(Opcode::I64Store32, exec, after, region::kVm, run + vm_layout::kRunNext);
    const ValueId object = emit(Opcode::I64Add, Type::I64, {current_heap_base(), next});
    raw_store(Opcode::I32Store, object, emit(make_inst(Op::TypeId, Type::I32, {}, type_index)),
              region::kHeap, vm_layout::kObjectType);
    if (length != kNoValue)
      raw_store(Opcode::I32Store, object, length, region::kHeap, vm_layout::kObjectLength);
    return emit(make_inst(Op::IntToRef, Type::Ref, {next}));
  };
  const auto call = [&] {
    const std::span<const ValueId> args(&length, length == kNoValue ? 0 : 1);
    return call_runtime(d, slow_path, args, type_index, 0, Type::Ref);
  };
  return branch_and_join(has_room, Type::Ref, take_cell, call);
}

/// Whether the instruction was one that is expanded here.
bool FunctionBuilder::allocate(Decoder& d, const Instruction& i, Args args, Args results) {
  if (!is_live_) return false;
  switch (i.opcode) {
    case Opcode::StructNew:
    case Opcode::StructNewDefault:
      if (context_.layouts.get(module_.type_ids[i.index]).size > kMaxSmall) return false;
      allocate_struct(d, i, args, results);
      return true;
    case Opcode::ArrayNew:
    case Opcode::ArrayNewDefault:
    case Opcode::ArrayNewFixed: return allocate_array(d, i, args, results);
    default: return false;
  }
}

void FunctionBuilder::allocate_struct(Decoder& d, const Instruction& i, Args args, Args results) {
  const ObjectLayout& layout = context_.layouts.get(module_.type_ids[i.index]);
  const ValueId made =
      new_object(d, i.index, RuntimeFunction::StructNewDefault, cell_of(layout.size), kNoValue);
  const ValueId object = args.empty() ? kNoValue : object_address(made);
  for (size_t field = 0; field < args.size(); ++field)
    store_storage(layout.fields[field].storage, object, args[field].value.id,
                  layout.fields[field].offset);
  results[0].value.id = made;
}

/// Arrays of a length that is known and small.
bool FunctionBuilder::allocate_array(Decoder& d, const Instruction& i, Args args, Args results) {
  const ObjectLayout& layout = context_.layouts.get(module_.type_ids[i.index]);
  const bool is_fixed = i.opcode == Opcode::ArrayNewFixed;
  const bool is_default = i.opcode == Opcode::ArrayNewDefault;
  ValueId length = is_fixed ? constant(Type::I32, i.index2) : args.back().value.id;
  if (f_[length].op != to_op(Opcode::I32Const)) return false;
  const auto count = static_cast<uint32_t>(f_[length].imm);
  if (layout.bytes(count) > kMaxSmall || (!is_default && count > kMaxStores)) return false;
  const ValueId made = new_object(d, i.index, RuntimeFunction::ArrayNewDefault,
                                  cell_of(layout.bytes(count)), length);
  results[0].value.id = made;
  if (is_default || count == 0) return true;
  const ValueId object = object_address(made);
  for (uint32_t element = 0; element < count; ++element)
    store_storage(layout.element, object, args[is_fixed ? element : 0].value.id,
                  kObjectData + element * layout.element_bytes);
  return true;
}

}  // namespace brink::compile::ir
