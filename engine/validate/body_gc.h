// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Part of body_decoder.h: references, structs, arrays, casts.

#ifndef BRINK_VALIDATE_BODY_GC_H_
#define BRINK_VALIDATE_BODY_GC_H_

#include "engine/validate/body_decoder.h"

namespace brink::validate {

// ---- references ----

template <class Sink>
bool FunctionBodyDecoder<Sink>::reference(Opcode opcode) {
  ValType type;
  switch (opcode) {
    case Opcode::RefNull:
      return check_heap_type(instruction_.heap) &&
             exchange({}, {ValType::ref(instruction_.heap, true)});
    case Opcode::RefFunc: return ref_func();
    case Opcode::RefEq: return exchange({kEqRef, kEqRef}, {kI32});
    case Opcode::RefIsNull:
      if (!ref_on_top(type)) return false;
      commit(1, kI32);
      return true;
    case Opcode::RefAsNonNull: {
      if (!ref_on_top(type)) return false;
      const HeapType heap = type.is_bottom() ? HeapType(AbstractHeapType::Bottom) : type.heap();
      commit(1, ValType::ref(heap, false));
      return true;
    }
    default: BRINK_UNREACHABLE();
  }
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::ref_func() {
  const uint32_t index = instruction_.index;
  if (!check_function(index)) return false;
  if (!module_.declared_functions[index])
    return fail("undeclared function reference: function " + std::to_string(index) +
                " is named by no export, global or element segment");
  return exchange({}, {ref_to(module_.functions[index].type_index, false)});
}

// ---- structs, arrays, casts ----

template <class Sink>
bool FunctionBodyDecoder<Sink>::gc(Opcode opcode) {
  switch (opcode) {
    case Opcode::StructNew:
    case Opcode::StructNewDefault: return struct_new();
    case Opcode::StructGet:
    case Opcode::StructGetS:
    case Opcode::StructGetU:
    case Opcode::StructSet: return gc_struct(opcode);
    case Opcode::RefTest:
    case Opcode::RefTestNull:
    case Opcode::RefCast:
    case Opcode::RefCastNull: return gc_cast(opcode);
    case Opcode::AnyConvertExtern: return convert(AbstractHeapType::Extern, AbstractHeapType::Any);
    case Opcode::ExternConvertAny: return convert(AbstractHeapType::Any, AbstractHeapType::Extern);
    case Opcode::RefI31: return exchange({kI32}, {ValType::ref(AbstractHeapType::I31, false)});
    case Opcode::I31GetS:
    case Opcode::I31GetU: return exchange({kI31Ref}, {kI32});
    case Opcode::ArrayLen: return exchange({kArrayRef}, {kI32});
    case Opcode::ArrayCopy: return array_copy();
    case Opcode::ArrayNewFixed: return array_new_fixed();
    case Opcode::ArrayFill:
    case Opcode::ArrayInitData:
    case Opcode::ArrayInitElem: return array_fill_or_init(opcode);
    case Opcode::ArrayNew:
    case Opcode::ArrayNewDefault:
    case Opcode::ArrayNewData:
    case Opcode::ArrayNewElem: return array_new(opcode);
    default: return gc_array(opcode);
  }
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::struct_new() {
  const uint32_t index = instruction_.index;
  const StructType* type = struct_type(index);
  if (type == nullptr) return false;
  const ValType result = ref_to(index, false);
  if (instruction_.opcode == Opcode::StructNewDefault)
    return check_defaultable(index) && exchange({}, {result});
  const auto count = static_cast<uint32_t>(type->fields.size());
  const auto type_at = [type](uint32_t i) { return type->fields[i].storage.unpacked(); };
  if (!match_each(count, 0, type_at)) return false;
  commit(count, result);
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::gc_struct(Opcode opcode) {
  const uint32_t index = instruction_.index;
  const StructType* type = struct_type(index);
  if (type == nullptr || !check_index(instruction_.index2, type->fields.size(), "field"))
    return false;
  const FieldType& field = type->fields[instruction_.index2];
  const ValType object = ref_to(index, true);
  if (opcode == Opcode::StructSet)
    return check_mutable(field, "field") && exchange({object, field.storage.unpacked()}, {});
  return check_sign(field, opcode != Opcode::StructGet) &&
         exchange({object}, {field.storage.unpacked()});
}

/// array.get, array.get_s, array.get_u, array.set.
template <class Sink>
bool FunctionBodyDecoder<Sink>::gc_array(Opcode opcode) {
  const uint32_t index = instruction_.index;
  const ArrayType* type = array_type(index);
  if (type == nullptr) return false;
  const FieldType& element = type->element;
  const ValType object = ref_to(index, true);
  if (opcode == Opcode::ArraySet)
    return check_mutable(element, "array") &&
           exchange({object, kI32, element.storage.unpacked()}, {});
  return check_sign(element, opcode != Opcode::ArrayGet) &&
         exchange({object, kI32}, {element.storage.unpacked()});
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::array_new(Opcode opcode) {
  const uint32_t index = instruction_.index;
  const ArrayType* type = array_type(index);
  if (type == nullptr) return false;
  const ValType result = ref_to(index, false);
  const ValType element = type->element.storage.unpacked();
  switch (opcode) {
    case Opcode::ArrayNew: return exchange({element, kI32}, {result});
    case Opcode::ArrayNewDefault: return check_defaultable(index) && exchange({kI32}, {result});
    case Opcode::ArrayNewData:
      return check_data_for(*type, instruction_.index2) && exchange({kI32, kI32}, {result});
    case Opcode::ArrayNewElem:
      return check_elem_for(*type, instruction_.index2) && exchange({kI32, kI32}, {result});
    default: BRINK_UNREACHABLE();
  }
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::array_new_fixed() {
  const uint32_t index = instruction_.index;
  const ArrayType* type = array_type(index);
  if (type == nullptr) return false;
  const ValType element = type->element.storage.unpacked();
  if (!match_each(instruction_.index2, 0, [element](uint32_t) { return element; })) return false;
  commit(instruction_.index2, ref_to(index, false));
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::array_fill_or_init(Opcode opcode) {
  const uint32_t index = instruction_.index;
  const ArrayType* type = array_type(index);
  if (type == nullptr || !check_mutable(type->element, "array")) return false;
  const ValType object = ref_to(index, true);
  if (opcode == Opcode::ArrayFill)
    return exchange({object, kI32, type->element.storage.unpacked(), kI32}, {});
  const bool is_data = opcode == Opcode::ArrayInitData;
  const uint32_t segment = instruction_.index2;
  if (!(is_data ? check_data_for(*type, segment) : check_elem_for(*type, segment))) return false;
  return exchange({object, kI32, kI32, kI32}, {});
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::array_copy() {
  const ArrayType* to = array_type(instruction_.index);
  if (to == nullptr) return false;
  const ArrayType* from = array_type(instruction_.index2);
  if (from == nullptr || !check_mutable(to->element, "array")) return false;
  if (!match_one(from->element.storage, to->element.storage))
    return fail("array types do not match: cannot copy " + to_string(from->element.storage) +
                " to " + to_string(to->element.storage));
  return exchange(
      {ref_to(instruction_.index, true), kI32, ref_to(instruction_.index2, true), kI32, kI32}, {});
}

/// ref.test and ref.cast, from anything in the hierarchy of the target.
template <class Sink>
bool FunctionBodyDecoder<Sink>::gc_cast(Opcode opcode) {
  if (!check_heap_type(instruction_.heap)) return false;
  const ValType target = ValType::ref(instruction_.heap, instruction_.nullable);
  const ValType source = ValType::ref(registry_.top(target.heap()), true);
  const bool is_test = opcode == Opcode::RefTest || opcode == Opcode::RefTestNull;
  return exchange({source}, {is_test ? kI32 : target});
}

/// any.convert_extern and extern.convert_any: the result may be null if the operand may.
template <class Sink>
bool FunctionBodyDecoder<Sink>::convert(AbstractHeapType from, AbstractHeapType to) {
  const ValType source = ValType::ref(from, true);
  if (!match_top({&source, 1})) return false;
  const bool nullable =
      stack_.available() > 0 && stack_.peek().type.is_ref() && stack_.peek().type.nullable();
  commit(1, ValType::ref(to, nullable));
  return true;
}

}  // namespace brink::validate

#endif  // BRINK_VALIDATE_BODY_GC_H_
