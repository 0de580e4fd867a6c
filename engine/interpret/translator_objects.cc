// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Translation of instructions on structs, arrays, i31 and casts, and notes of where frames hold
// references.

#include <algorithm>

#include "engine/interpret/function_translator.h"
#include "engine/support/check.h"

namespace brink::interpret {

/// The next instruction to be written may start a collection. Of the operand stack the first `live`
/// entries count, and `operands`, which are in their slots; `arguments` are at `arguments_base`.
void Translator::note_safepoint(Decoder& d, size_t live, Args operands, uint32_t arguments_base,
                                std::span<const ValType> arguments) {
  if (notes_ == nullptr) return;
  Safepoint point;
  point.word = code_.size();
  const auto note = [&](const Item& item) {
    // A local's slot is noted as such, and a constant reference is null.
    if (item.value.kind == Value::Kind::Temp && is_traced(item.type))
      point.operands.push_back(item.value.temp);
  };
  std::ranges::for_each(d.operands().first(live), note);
  std::ranges::for_each(operands, note);
  for (const ValType type : arguments) {
    if (is_traced(type)) point.arguments.push_back(arguments_base);
    arguments_base += type.slots();
  }
  notes_->frame_map.points.push_back(std::move(point));
}

/// struct.new, array.new and their kin: operands in consecutive slots, the result in the first.
void Translator::allocate(Decoder& d, InternalOp op, uint32_t immediate, const Instruction& i,
                          Args args, Item& result) {
  const runtime::ObjectLayout& layout =
      module_.engine.state()->layouts.get(decoded_.type_ids[i.index]);
  for (Item& arg : args) code_.materialize(arg.value, arg.type);
  note_safepoint(d, d.operands().size() - 1, args, 0, {});
  code_.emit(op, {result.value.temp, immediate});
  code_.words().push_back(CodeWord{.pointer = &layout});
  code_.settle_result(result.value, result.type);
}

namespace {

/// Rows of the handlers of fields and elements.
enum class Width : uint8_t { Bits8S, Bits8U, Bits16S, Bits16U, Bits32, Bits64, Vector };

Width width_of(ValType storage, bool is_signed) {
  switch (storage.kind()) {
    case ValKind::I8: return is_signed ? Width::Bits8S : Width::Bits8U;
    case ValKind::I16: return is_signed ? Width::Bits16S : Width::Bits16U;
    case ValKind::I32:
    case ValKind::F32: return Width::Bits32;
    case ValKind::V128: return Width::Vector;
    default: return Width::Bits64;
  }
}

constexpr InternalOp kStructGet[] = {InternalOp::StructGet8S,    InternalOp::StructGet8U,
                                     InternalOp::StructGet16S,   InternalOp::StructGet16U,
                                     InternalOp::StructGet32,    InternalOp::StructGet64,
                                     InternalOp::StructGetVector};
constexpr InternalOp kArrayGet[] = {InternalOp::ArrayGet8S,    InternalOp::ArrayGet8U,
                                    InternalOp::ArrayGet16S,   InternalOp::ArrayGet16U,
                                    InternalOp::ArrayGet32,    InternalOp::ArrayGet64,
                                    InternalOp::ArrayGetVector};
constexpr InternalOp kStructSet[] = {InternalOp::StructSet8,     InternalOp::StructSet8,
                                     InternalOp::StructSet16,    InternalOp::StructSet16,
                                     InternalOp::StructSet32,    InternalOp::StructSet64,
                                     InternalOp::StructSetVector};
constexpr InternalOp kArraySet[] = {InternalOp::ArraySet8,     InternalOp::ArraySet8,
                                    InternalOp::ArraySet16,    InternalOp::ArraySet16,
                                    InternalOp::ArraySet32,    InternalOp::ArraySet64,
                                    InternalOp::ArraySetVector};

}  // namespace

/// struct.get and array.get, with and without sign.
void Translator::field_get(const Instruction& i, Args args, Item& result) {
  const runtime::ObjectLayout& layout =
      module_.engine.state()->layouts.get(decoded_.type_ids[i.index]);
  const bool is_signed = i.opcode == Opcode::StructGetS || i.opcode == Opcode::ArrayGetS;
  const uint32_t object = code_.wide_slot(args[0].value, args[0].type);
  if (layout.kind == runtime::ObjectKind::Struct) {
    const runtime::ObjectLayout::Field& field = layout.fields[i.index2];
    const Width width = width_of(field.storage, is_signed);
    code_.emit(kStructGet[static_cast<size_t>(width)], {result.value.temp, object});
    code_.words().push_back(CodeWord{.wide = {field.offset, 0}});
  } else {
    const uint32_t index = code_.wide_slot(args[1].value, args[1].type);
    const Width width = width_of(layout.element, is_signed);
    code_.emit(kArrayGet[static_cast<size_t>(width)], {result.value.temp, object});
    code_.words().push_back(CodeWord{.wide = {index, 0}});
  }
  code_.set_wide_result(result.value, result.type, 3);
}

void Translator::field_set(const Instruction& i, Args args) {
  const runtime::ObjectLayout& layout =
      module_.engine.state()->layouts.get(decoded_.type_ids[i.index]);
  const uint32_t object = code_.wide_slot(args[0].value, args[0].type);
  const uint32_t second = code_.wide_slot(args[1].value, args[1].type);
  if (layout.kind == runtime::ObjectKind::Struct) {
    const runtime::ObjectLayout::Field& field = layout.fields[i.index2];
    code_.emit(kStructSet[static_cast<size_t>(width_of(field.storage, false))], {object, second});
    code_.words().push_back(CodeWord{.wide = {field.offset, 0}});
  } else {
    const uint32_t value = code_.wide_slot(args[2].value, args[2].type);
    code_.emit(kArraySet[static_cast<size_t>(width_of(layout.element, false))], {object, second});
    code_.words().push_back(CodeWord{.wide = {value, 0}});
  }
}

/// array.fill, array.copy, array.init_data, array.init_elem.
void Translator::array_bulk(const Instruction& i, Args args) {
  const ValType element =
      decoded_.registry->get(decoded_.type_ids[i.index]).array()->element.storage;
  const uint32_t slot = operands_in_slots(args);
  switch (i.opcode) {
    case Opcode::ArrayFill: return code_.emit(InternalOp::ArrayFill, {slot, element.slots()});
    case Opcode::ArrayCopy:
      return code_.emit(InternalOp::ArrayCopy, {slot, runtime::storage_bytes(element)});
    case Opcode::ArrayInitData: return code_.emit(InternalOp::ArrayInitData, {slot, i.index2});
    default: return code_.emit(InternalOp::ArrayInitElem, {slot, i.index2});
  }
}

void Translator::object(Decoder& d, const Instruction& i, Args args, Args results) {
  const auto unary = [&](InternalOp op) {
    code_.emit(op, {results[0].value.temp, code_.wide_slot(args[0].value, args[0].type)});
    code_.set_wide_result(results[0].value, results[0].type);
  };
  const auto make = [&](InternalOp op, uint32_t immediate) {
    allocate(d, op, immediate, i, args, results[0]);
  };
  const CodeWord cast{.wide = {cast_operand(i.heap, i.nullable), 0}};
  switch (i.opcode) {
    case Opcode::StructNew: return make(InternalOp::StructNew, 0);
    case Opcode::StructNewDefault: return make(InternalOp::StructNewDefault, 0);
    case Opcode::ArrayNew: return make(InternalOp::ArrayNew, 0);
    case Opcode::ArrayNewDefault: return make(InternalOp::ArrayNewDefault, 0);
    case Opcode::ArrayNewFixed: return make(InternalOp::ArrayNewFixed, i.index2);
    case Opcode::ArrayNewData: return make(InternalOp::ArrayNewData, i.index2);
    case Opcode::ArrayNewElem: return make(InternalOp::ArrayNewElem, i.index2);
    case Opcode::StructGet:
    case Opcode::StructGetS:
    case Opcode::StructGetU:
    case Opcode::ArrayGet:
    case Opcode::ArrayGetS:
    case Opcode::ArrayGetU: return field_get(i, args, results[0]);
    case Opcode::StructSet:
    case Opcode::ArraySet: return field_set(i, args);
    case Opcode::ArrayLen: return unary(InternalOp::ArrayLen);
    case Opcode::RefI31: return unary(InternalOp::RefI31);
    case Opcode::I31GetS: return unary(InternalOp::I31GetS);
    case Opcode::I31GetU: return unary(InternalOp::I31GetU);
    case Opcode::RefTest:
    case Opcode::RefTestNull:
      code_.emit(InternalOp::RefTest,
                 {results[0].value.temp, code_.wide_slot(args[0].value, args[0].type)});
      code_.words().push_back(cast);
      return code_.set_wide_result(results[0].value, results[0].type, 3);
    case Opcode::RefCast:
    case Opcode::RefCastNull:
      code_.emit(InternalOp::RefCast, {operands_in_slots(args), 0});
      code_.words().push_back(cast);
      return code_.settle_result(results[0].value, results[0].type);
    case Opcode::AnyConvertExtern:
    case Opcode::ExternConvertAny:
      // Both hierarchies have the same words.
      operands_in_slots(args);
      return code_.settle_result(results[0].value, results[0].type);
    default: return array_bulk(i, args);
  }
}

}  // namespace brink::interpret
