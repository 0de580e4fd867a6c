// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a mistake here lets a guest reach outside of an object. Changes need a second
// reader.
//
// The builder's references, structs, arrays and casts. What is simple is expanded to loads, stores
// and checks; the rest are runtime calls. See function_builder.h and runtime/object_layout.h.

#include "engine/compile/ir/function_builder.h"
#include "engine/compile/ir/vm_layout.h"
#include "engine/decode/type_reader.h"

namespace brink::compile::ir {

using runtime::kObjectData;
using runtime::ObjectLayout;

ValueId FunctionBuilder::word_of(ValueId reference) {
  if (type_of(reference) == Type::I64) return reference;
  return emit(make_inst(Op::RefToInt, Type::I64, {reference}));
}

/// Words of references are not numbered, so that a check has been passed already is remembered by
/// an instruction of no block that checks the reference itself.
void FunctionBuilder::check_null(const Item& reference, TrapCode code) {
  if (!reference.type.nullable()) return;
  const Inst fact = make_inst(Op::TrapIf, Type::Void, {reference.value.id});
  if (values_.find(fact) != kNoValue) return;
  trap_if(is_null(reference.value.id), code);
  values_.add(add_inst(f_, fact));
}

// ---- references ----

void FunctionBuilder::reference(Decoder& d, const Instruction& i, Args args, Args results) {
  ValueId& result = results[0].value.id;
  switch (i.opcode) {
    case Opcode::RefNull: result = emit(make_inst(Op::RefNull, type_of(results[0].type))); return;
    case Opcode::RefFunc: {
      if (!is_live_) return void(result = constant(Type::I64, 0));
      // In the list once somebody took the reference.
      const ValueId known = load_vm(load_constant(instance(), vm_layout::kFunctions),
                                    i.index * static_cast<uint32_t>(sizeof(void*)));
      result = branch_and_join(
          emit(Opcode::I64Ne, Type::I32, {known, constant(Type::I64, 0)}), Type::I64,
          [&] { return known; },
          [&] { return call_runtime(d, RuntimeFunction::RefFunc, {}, i.index, 0, Type::I64); });
      return;
    }
    case Opcode::RefIsNull:
      result = args[0].type.nullable() ? is_null(args[0].value.id) : constant(Type::I32, 0);
      return;
    case Opcode::RefEq:
      result =
          emit(Opcode::I64Eq, Type::I32, {word_of(args[0].value.id), word_of(args[1].value.id)});
      return;
    default:
      check_null(args[0], TrapCode::NullReference);
      result = args[0].value.id;
      return;
  }
}

// ---- casts ----

namespace {

/// The heap type that an instruction tests for, as the module writes it.
HeapType written_heap_type(const wasm::Module& module, uint32_t offset) {
  support::ByteReader reader(module.bytes.subspan(offset), offset);
  decode::InstructionReader instructions(reader, module.features);
  decode::Instruction i;
  instructions.read(i);
  return i.opcode == Opcode::BrOnCast || i.opcode == Opcode::BrOnCastFail ? i.heap2 : i.heap;
}

}  // namespace

/// Whether the traced reference leads to an object of a type, a struct or array type or the
/// abstract one of all of them. `is_object`: it is known to be null or to lead to an object.
///
/// Safety: words that are no offsets of objects are replaced by 0, where the heap has an object of
/// no type. The base must not be taken from the values that are known: where there has been no
/// object yet, it is another one.
ValueId FunctionBuilder::test_object(ValueId reference, bool is_object, HeapType target,
                                     uint32_t type_index) {
  ValueId word = word_of(reference);
  if (!is_object) {
    const ValueId tag = emit(Opcode::I64And, Type::I64, {word, constant(Type::I64, 15)});
    word = emit(Opcode::Select, Type::I64,
                {word, constant(Type::I64, 0), emit(Opcode::I64Eqz, Type::I32, {tag})});
  }
  const ValueId object = emit(Opcode::I64Add, Type::I64, {current_heap_base(), word});
  const auto id = [&] { return emit(make_inst(Op::TypeId, Type::I32, {}, type_index)); };
  const bool is_concrete = target.is_concrete();
  if (is_concrete && module_.types[type_index].is_final) {
    const ValueId type =
        raw_load(Opcode::I32Load, Type::I32, object, region::kHeap, vm_layout::kObjectType);
    return emit(Opcode::I32Eq, Type::I32, {type, id()});
  }
  // Sign-extended, so that kNullType selects the layout in front of all.
  const ValueId type =
      raw_load(Opcode::I64Load32S, Type::I64, object, region::kHeap, vm_layout::kObjectType);
  const ValueId layouts =
      raw_load(Opcode::I64Load, Type::I64, load_constant(instance(), vm_layout::kExec), region::kVm,
               vm_layout::kHeapLayouts);
  const ValueId place =
      emit(Opcode::I64Add, Type::I64,
           {layouts, emit(Opcode::I64Shl, Type::I64, {type, constant(Type::I64, 3)})});
  const ValueId layout = raw_load(Opcode::I64Load, Type::I64, place, region::kVm, 0);
  if (is_concrete) {
    const auto depth =
        static_cast<uint32_t>(module_.registry->get(target.index()).display.size() - 1);
    const ValueId ancestor = raw_load(Opcode::I32Load, Type::I32, layout, region::kConstant,
                                      vm_layout::kLayoutDisplay + depth * sizeof(TypeId));
    return emit(Opcode::I32Eq, Type::I32, {ancestor, id()});
  }
  const auto kind = target.abstract() == AbstractHeapType::Struct ? runtime::ObjectKind::Struct
                                                                  : runtime::ObjectKind::Array;
  const ValueId actual =
      raw_load(Opcode::I32Load8U, Type::I32, layout, region::kConstant, vm_layout::kLayoutKind);
  return emit(Opcode::I32Eq, Type::I32, {actual, constant(Type::I32, static_cast<uint32_t>(kind))});
}

/// Whether a reference is of a type (canonical), as an i32. `offset` is the instruction's.
ValueId FunctionBuilder::test_type(Decoder& d, const Item& reference, ValType target,
                                   uint32_t offset) {
  const ValueId value = reference.value.id;
  const HeapType heap = target.heap();
  const TypeRegistry& types = *module_.registry;
  const bool may_be_null = reference.type.nullable();
  const auto null_or = [&](ValueId otherwise) {
    if (!target.nullable() || !may_be_null) return otherwise;
    return emit(Opcode::I32Or, Type::I32, {is_null(value), otherwise});
  };
  if (types.matches(reference.type.heap(), heap)) {
    if (target.nullable() || !may_be_null) return constant(Type::I32, 1);
    return emit(Opcode::I32Eqz, Type::I32, {is_null(value)});
  }
  if (heap.is_abstract()) {
    switch (heap.abstract()) {
      case AbstractHeapType::None:
      case AbstractHeapType::NoFunc:
      case AbstractHeapType::NoExtern:
      case AbstractHeapType::NoExn:
        return target.nullable() && may_be_null ? is_null(value) : constant(Type::I32, 0);
      case AbstractHeapType::I31: {
        const ValueId bit =
            emit(Opcode::I64And, Type::I64, {word_of(value), constant(Type::I64, 1)});
        return null_or(emit(Opcode::I32WrapI64, Type::I32, {bit}));
      }
      default: break;
    }
  }
  const HeapType written = written_heap_type(module_, offset);
  const bool is_shallow =
      heap.is_concrete() ? types.get(heap.index()).func() == nullptr &&
                               types.get(heap.index()).display.size() <= runtime::kDisplaySize
                         : heap.is(AbstractHeapType::Struct) || heap.is(AbstractHeapType::Array);
  if (is_shallow) {
    // Everything below struct and array is an object.
    const HeapType source = reference.type.heap();
    const bool is_object = source.is_concrete() || source.is(AbstractHeapType::Struct) ||
                           source.is(AbstractHeapType::Array);
    return null_or(
        test_object(value, is_object, heap, written.is_concrete() ? written.index() : 0));
  }
  return call_runtime(d, RuntimeFunction::RefTest, {&value, 1}, written.code(), target.nullable(),
                      Type::I32);
}

void FunctionBuilder::cast(Decoder& d, const Instruction& i, Args args, Args results) {
  const ValType target = ValType::ref(i.heap, i.nullable);
  const ValueId matches = test_type(d, args[0], target, i.offset);
  if (i.opcode == Opcode::RefTest || i.opcode == Opcode::RefTestNull) {
    results[0].value.id = matches;
    return;
  }
  trap_if(matches, TrapCode::CastFailure, true);
  results[0].value.id = args[0].value.id;
}

// ---- fields and elements ----

/// Once there is an object, as there is here, the heap's base never changes; before, it does. So a
/// load that dominates is as good, but passes must not take it for a constant.
ValueId FunctionBuilder::heap_base() {
  const ValueId exec = load_constant(instance(), vm_layout::kExec);
  Inst inst = make_inst(Opcode::I64Load, Type::I64, {exec},
                        uint64_t{region::kVm} << 32 | vm_layout::kHeapBase);
  inst.flags = Inst::kRaw;
  ValueId base = values_.find(inst);
  if (base == kNoValue) values_.add(base = effect(inst));
  return base;
}

/// The base as it is now, if there are objects or not.
ValueId FunctionBuilder::current_heap_base() {
  return load_vm(load_constant(instance(), vm_layout::kExec), vm_layout::kHeapBase);
}

ValueId FunctionBuilder::object_address(ValueId reference) {
  return emit(Opcode::I64Add, Type::I64, {heap_base(), word_of(reference)});
}

/// The address of an element less kObjectData; the array and the element have been found to exist.
ValueId FunctionBuilder::element_address(const Item& array, ValueId index, uint32_t element_bytes) {
  check_null(array, TrapCode::NullArrayReference);
  const ValueId object = object_address(array.value.id);
  const ValueId length =
      raw_load(Opcode::I32Load, Type::I32, object, region::kHeap, vm_layout::kObjectLength);
  trap_if(emit(Opcode::I32LtU, Type::I32, {index, length}), TrapCode::ArrayOutOfBounds, true);
  const ValueId distance =
      emit(Opcode::I64Mul, Type::I64, {extend_index(index), constant(Type::I64, element_bytes)});
  return emit(Opcode::I64Add, Type::I64, {object, distance});
}

ValueId FunctionBuilder::load_storage(ValType storage, bool is_signed, ValueId base,
                                      uint32_t offset) {
  const auto load = [&](Opcode opcode, Type type) {
    return raw_load(opcode, type, base, region::kHeap, offset);
  };
  switch (storage.kind()) {
    case ValKind::I8: return load(is_signed ? Opcode::I32Load8S : Opcode::I32Load8U, Type::I32);
    case ValKind::I16: return load(is_signed ? Opcode::I32Load16S : Opcode::I32Load16U, Type::I32);
    case ValKind::I32: return load(Opcode::I32Load, Type::I32);
    case ValKind::F32: return load(Opcode::F32Load, Type::F32);
    case ValKind::F64: return load(Opcode::F64Load, Type::F64);
    case ValKind::V128: return load(Opcode::V128Load, Type::V128);
    default: return load(Opcode::I64Load, type_of(storage));
  }
}

void FunctionBuilder::store_storage(ValType storage, ValueId base, ValueId value, uint32_t offset) {
  const auto store = [&](Opcode opcode) { raw_store(opcode, base, value, region::kHeap, offset); };
  switch (storage.kind()) {
    case ValKind::I8: return store(Opcode::I32Store8);
    case ValKind::I16: return store(Opcode::I32Store16);
    case ValKind::I32: return store(Opcode::I32Store);
    case ValKind::F32: return store(Opcode::F32Store);
    case ValKind::F64: return store(Opcode::F64Store);
    case ValKind::V128: return store(Opcode::V128Store);
    default: return store(Opcode::I64Store);
  }
}

/// struct.get and array.get, with and without sign.
void FunctionBuilder::field_get(const Instruction& i, Args args, Args results) {
  const ObjectLayout& layout = context_.layouts.get(module_.type_ids[i.index]);
  const bool is_signed = i.opcode == Opcode::StructGetS || i.opcode == Opcode::ArrayGetS;
  if (layout.kind == runtime::ObjectKind::Struct) {
    const ObjectLayout::Field& field = layout.fields[i.index2];
    check_null(args[0], TrapCode::NullStructReference);
    const ValueId object = object_address(args[0].value.id);
    results[0].value.id = load_storage(field.storage, is_signed, object, field.offset);
  } else {
    const ValueId element = element_address(args[0], args[1].value.id, layout.element_bytes);
    results[0].value.id = load_storage(layout.element, is_signed, element, kObjectData);
  }
}

void FunctionBuilder::field_set(const Instruction& i, Args args) {
  const ObjectLayout& layout = context_.layouts.get(module_.type_ids[i.index]);
  if (layout.kind == runtime::ObjectKind::Struct) {
    const ObjectLayout::Field& field = layout.fields[i.index2];
    check_null(args[0], TrapCode::NullStructReference);
    const ValueId object = object_address(args[0].value.id);
    store_storage(field.storage, object, args[1].value.id, field.offset);
  } else {
    const ValueId element = element_address(args[0], args[1].value.id, layout.element_bytes);
    store_storage(layout.element, element, args[2].value.id, kObjectData);
  }
}

// ---- the instructions ----

namespace {

/// Instructions on objects that the runtime does; index2 is b.
std::optional<RuntimeFunction> runtime_function(Opcode opcode) {
  switch (opcode) {
    case Opcode::StructNew: return RuntimeFunction::StructNew;
    case Opcode::StructNewDefault: return RuntimeFunction::StructNewDefault;
    case Opcode::ArrayNew: return RuntimeFunction::ArrayNew;
    case Opcode::ArrayNewDefault: return RuntimeFunction::ArrayNewDefault;
    case Opcode::ArrayNewFixed: return RuntimeFunction::ArrayNewFixed;
    case Opcode::ArrayNewData: return RuntimeFunction::ArrayNewData;
    case Opcode::ArrayNewElem: return RuntimeFunction::ArrayNewElem;
    case Opcode::ArrayFill: return RuntimeFunction::ArrayFill;
    case Opcode::ArrayCopy: return RuntimeFunction::ArrayCopy;
    case Opcode::ArrayInitData: return RuntimeFunction::ArrayInitData;
    case Opcode::ArrayInitElem: return RuntimeFunction::ArrayInitElem;
    default: return std::nullopt;
  }
}

}  // namespace

void FunctionBuilder::object(Decoder& d, const Instruction& i, Args args, Args results) {
  if (allocate(d, i, args, results)) return;
  if (const auto function = runtime_function(i.opcode)) {
    const ImmKind imm = info(i.opcode).imm;
    const bool has_second = imm != ImmKind::Type;
    return runtime_operation(d, *function, args, i.index, has_second ? i.index2 : 0, results);
  }
  switch (i.opcode) {
    case Opcode::StructGet:
    case Opcode::StructGetS:
    case Opcode::StructGetU:
    case Opcode::ArrayGet:
    case Opcode::ArrayGetS:
    case Opcode::ArrayGetU: return field_get(i, args, results);
    case Opcode::StructSet:
    case Opcode::ArraySet: return field_set(i, args);
    case Opcode::ArrayLen:
      check_null(args[0], TrapCode::NullArrayReference);
      results[0].value.id = raw_load(Opcode::I32Load, Type::I32, object_address(args[0].value.id),
                                     region::kHeap, vm_layout::kObjectLength);
      return;
    case Opcode::RefI31: {
      // The value above a bit that is set, in 32 bits.
      const ValueId one = constant(Type::I32, 1);
      const ValueId shifted = emit(Opcode::I32Shl, Type::I32, {args[0].value.id, one});
      const ValueId tagged = emit(Opcode::I32Or, Type::I32, {shifted, one});
      results[0].value.id = emit(make_inst(Op::IntToRef, Type::Ref, {extend_index(tagged)}));
      return;
    }
    case Opcode::I31GetS:
    case Opcode::I31GetU: {
      check_null(args[0], TrapCode::NullI31Reference);
      const ValueId word = emit(Opcode::I32WrapI64, Type::I32, {word_of(args[0].value.id)});
      const Opcode shift = i.opcode == Opcode::I31GetS ? Opcode::I32ShrS : Opcode::I32ShrU;
      results[0].value.id = emit(shift, Type::I32, {word, constant(Type::I32, 1)});
      return;
    }
    case Opcode::RefTest:
    case Opcode::RefTestNull:
    case Opcode::RefCast:
    case Opcode::RefCastNull: return cast(d, i, args, results);
    default:
      // any.convert_extern, extern.convert_any: both hierarchies have the same words.
      results[0].value.id = args[0].value.id;
  }
}

}  // namespace brink::compile::ir
