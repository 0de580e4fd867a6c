// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/api/snapshot_values.h"

#include <algorithm>

#include "engine/decode/limits.h"
#include "engine/decode/type_writer.h"
#include "engine/runtime/gc_objects.h"
#include "engine/runtime/store_state.h"
#include "engine/support/try.h"

namespace brink {

using runtime::ObjectKind;
using runtime::ObjectLayout;
using runtime::RefWord;
using runtime::Slot;

std::unexpected<Error> refuse_snapshot(std::string what) {
  return make_error(ErrorKind::Usage, "cannot be kept in a snapshot: " + std::move(what));
}

namespace {

/// Objects within objects; each level is a call of ours.
constexpr uint32_t kMaxDepth = 200;

}  // namespace

void ValueWriter::write_opcode(Opcode opcode) {
  const OpcodeInfo& facts = info(opcode);
  if (facts.prefix == OpcodePrefix::None) {
    out_.write_u8(static_cast<uint8_t>(facts.code));
  } else {
    out_.write_u8(static_cast<uint8_t>(facts.prefix));
    out_.write_u32(facts.code);
  }
}

Status ValueWriter::write(ValType type, const Slot* words, const std::string& where) {
  where_ = where;
  if (type.is_ref() && words[0] == 0) {
    // The only place that needs the module's numbers.
    write_opcode(Opcode::RefNull);
    decode::write_heap_type(out_, type.heap());
  } else {
    BRINK_TRY(write_value(module_.canonical(type), words, 0));
  }
  write_opcode(Opcode::End);
  return {};
}

Result<uint32_t> ValueWriter::function_index(Slot word, const std::string& where) const {
  const auto& function = *reinterpret_cast<const runtime::FuncObject*>(word);
  if (function.instance == &instance_) return function.function_index;
  for (uint32_t i = 0; i < module_.imported_functions; ++i)
    if (instance_.function_list[i] == &function) return i;
  return refuse_snapshot(where +
                         " holds a function that is neither the module's nor imported by it");
}

/// From here on types have canonical numbers.
Status ValueWriter::write_value(ValType type, const Slot* words, uint32_t depth) {
  switch (type.kind()) {
    case ValKind::I8:
    case ValKind::I16:
    case ValKind::I32:
      write_opcode(Opcode::I32Const);
      out_.write_s32(static_cast<int32_t>(words[0]));
      return {};
    case ValKind::I64:
      write_opcode(Opcode::I64Const);
      out_.write_s64(static_cast<int64_t>(words[0]));
      return {};
    case ValKind::F32:
      write_opcode(Opcode::F32Const);
      out_.write_fixed(static_cast<uint32_t>(words[0]));
      return {};
    case ValKind::F64:
      write_opcode(Opcode::F64Const);
      out_.write_fixed(words[0]);
      return {};
    case ValKind::V128:
      write_opcode(Opcode::V128Const);
      out_.write_fixed(words[0]);
      out_.write_fixed(words[1]);
      return {};
    default: return write_reference(type, words[0], depth);
  }
}

Status ValueWriter::write_reference(ValType type, Slot word, uint32_t depth) {
  const AbstractHeapType top = instance_.store->types().top(type.heap());
  if (word == 0) {
    // Of the bottom of the hierarchy, which every type of it is above: no number is needed.
    write_opcode(Opcode::RefNull);
    decode::write_heap_type(out_, top == AbstractHeapType::Func     ? AbstractHeapType::NoFunc
                                  : top == AbstractHeapType::Extern ? AbstractHeapType::NoExtern
                                  : top == AbstractHeapType::Exn    ? AbstractHeapType::NoExn
                                                                    : AbstractHeapType::None);
    return {};
  }
  if (top == AbstractHeapType::Func) {
    const uint32_t index = BRINK_TRY(function_index(word, where_));
    write_opcode(Opcode::RefFunc);
    out_.write_u32(index);
    return {};
  }
  if (runtime::is_host_reference(word))
    return refuse_snapshot(where_ + " holds a reference to something of the host's");
  if (runtime::is_i31(word)) {
    write_opcode(Opcode::I32Const);
    out_.write_s32(static_cast<int32_t>(static_cast<uint32_t>(word) >> 1));
    write_opcode(Opcode::RefI31);
  } else {
    BRINK_TRY(write_object(word, depth));
  }
  if (top == AbstractHeapType::Extern) write_opcode(Opcode::ExternConvertAny);
  return {};
}

Status ValueWriter::write_object(RefWord word, uint32_t depth) {
  const ObjectLayout& layout = instance_.store->heap.layout(word);
  if (layout.kind == ObjectKind::Exception) return refuse_snapshot(where_ + " holds an exception");
  const auto type = std::ranges::find(module_.type_ids, layout.type);
  if (type == module_.type_ids.end())
    return refuse_snapshot(where_ + " holds an object of a type that the module does not have");
  if (!written_.insert(word).second)
    return refuse_snapshot(where_ + " holds an object that is reached in more than one way");
  if (depth == kMaxDepth) return refuse_snapshot(where_ + " holds objects nested too deeply");
  const auto type_index = static_cast<uint32_t>(type - module_.type_ids.begin());
  if (layout.kind == ObjectKind::Array) return write_array(word, type_index, depth);
  const auto* const object = reinterpret_cast<const uint8_t*>(instance_.store->heap.header(word));
  for (const ObjectLayout::Field& field : layout.fields) {
    Slot slots[2] = {};
    runtime::load_field(object + field.offset, field.storage, slots);
    BRINK_TRY(write_value(field.storage, slots, depth + 1));
  }
  write_opcode(Opcode::StructNew);
  out_.write_u32(type_index);
  return {};
}

Status ValueWriter::write_array(RefWord word, uint32_t type_index, uint32_t depth) {
  const ObjectLayout& layout = instance_.store->heap.layout(word);
  const runtime::ObjectHeader& header = *instance_.store->heap.header(word);
  const uint8_t* const elements = reinterpret_cast<const uint8_t*>(&header) + layout.size;
  const uint64_t bytes = uint64_t{header.length} * layout.element_bytes;
  const bool is_zero =
      std::all_of(elements, elements + bytes, [](uint8_t byte) { return byte == 0; });
  if (is_zero && layout.element.is_defaultable()) {
    write_opcode(Opcode::I32Const);
    out_.write_s32(static_cast<int32_t>(header.length));
    write_opcode(Opcode::ArrayNewDefault);
    out_.write_u32(type_index);
    return {};
  }
  if (header.length > decode::limits::kArrayNewFixedOperands)
    return refuse_snapshot(where_ + " holds an array of too many elements");
  for (uint32_t i = 0; i < header.length; ++i) {
    Slot slots[2] = {};
    runtime::load_field(elements + uint64_t{i} * layout.element_bytes, layout.element, slots);
    BRINK_TRY(write_value(layout.element, slots, depth + 1));
  }
  write_opcode(Opcode::ArrayNewFixed);
  out_.write_u32(type_index);
  out_.write_u32(header.length);
  return {};
}

}  // namespace brink
