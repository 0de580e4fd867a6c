// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Part of body_decoder.h: parametric instructions, variables, tables, memories.

#ifndef BRINK_VALIDATE_BODY_MEMORY_H_
#define BRINK_VALIDATE_BODY_MEMORY_H_

#include "engine/validate/body_decoder.h"

namespace brink::validate {

/// The narrower of two address types: what counts the elements of a copy.
constexpr ValType narrower(ValType a, ValType b) {
  return a == kI64 ? b : a;
}

// ---- parametric ----

template <class Sink>
bool FunctionBodyDecoder<Sink>::parametric(Opcode opcode) {
  switch (opcode) {
    case Opcode::Drop: return drop();
    case Opcode::Select: return select();
    case Opcode::SelectTyped: return select_typed();
    default: BRINK_UNREACHABLE();
  }
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::drop() {
  if (stack_.available() == 0 && !current().is_polymorphic) return mismatch("[any]", {});
  commit(1, Types());
  return true;
}

/// select without a type: two numbers or vectors of one type.
template <class Sink>
bool FunctionBodyDecoder<Sink>::select() {
  if (!match_top(list_of(kI32))) return false;
  const uint32_t present = stack_.available();
  if (present < 3 && !current().is_polymorphic) return mismatch("[t t i32]", actual_types(3));
  const ValType second = present > 1 ? stack_.peek(1).type : kBottom;
  const ValType first = present > 2 ? stack_.peek(2).type : kBottom;
  const ValType type = first.is_bottom() ? second : first;
  const bool agree = first.is_bottom() || second.is_bottom() || first == second;
  if (!agree || type.is_ref() || second.is_ref()) return mismatch("[t t i32]", actual_types(3));
  commit(3, type);
  return true;
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::select_typed() {
  const std::span<const ValType> types = instructions_.select_types();
  if (types.size() != 1) return fail("invalid result arity: select takes one type");
  ValType type = types.front();
  return check_val_type(type) && exchange({type, type, kI32}, {type});
}

// ---- variables ----

template <class Sink>
bool FunctionBodyDecoder<Sink>::variable(Opcode opcode) {
  if (opcode != Opcode::GlobalGet && opcode != Opcode::GlobalSet) return local(opcode);
  const uint32_t index = instruction_.index;
  if (!check_index(index, module_.globals.size(), "global")) return false;
  const GlobalType& global = module_.globals[index].type;
  const ValType type = module_.canonical(global.value);
  if (opcode == Opcode::GlobalGet) return exchange({}, {type});
  if (!global.is_mutable)
    return fail("immutable global " + std::to_string(index) + " cannot be set");
  return exchange({type}, {});
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::local(Opcode opcode) {
  const uint32_t index = instruction_.index;
  if (!check_index(index, locals_.size(), "local")) return false;
  const ValType type = locals_[index];
  if (opcode == Opcode::LocalGet) {
    const bool is_set = type.is_defaultable() || index < function_type().params.size() ||
                        initialized_.contains(index);
    if (!is_set) return fail("uninitialized local " + std::to_string(index));
    return exchange({}, {type});
  }
  if (!match_top({&type, 1})) return false;
  if (!type.is_defaultable()) initialized_.add(index);
  commit(1, opcode == Opcode::LocalTee ? Types(&type, 1) : Types());
  return true;
}

// ---- memories ----

template <class Sink>
bool FunctionBodyDecoder<Sink>::memory(Opcode opcode) {
  const uint32_t first = instruction_.index;
  const uint32_t second = instruction_.index2;
  switch (opcode) {
    case Opcode::MemoryFill:
      return check_memory(first) &&
             exchange({memory_address(first), kI32, memory_address(first)}, {});
    case Opcode::MemoryCopy: {
      if (!check_memory(first) || !check_memory(second)) return false;
      const ValType to = memory_address(first);
      const ValType from = memory_address(second);
      return exchange({to, from, narrower(to, from)}, {});
    }
    case Opcode::MemoryInit:
      return check_memory(second) && check_data(first) &&
             exchange({memory_address(second), kI32, kI32}, {});
    case Opcode::DataDrop: return check_data(first) && exchange({}, {});
    default: BRINK_UNREACHABLE();
  }
}

// ---- tables ----

template <class Sink>
bool FunctionBodyDecoder<Sink>::table(Opcode opcode) {
  switch (opcode) {
    case Opcode::TableInit: return table_init();
    case Opcode::TableCopy: return table_copy();
    case Opcode::ElemDrop: return check_elem(instruction_.index) && exchange({}, {});
    default: return table_access(opcode);
  }
}

/// Instructions on one table.
template <class Sink>
bool FunctionBodyDecoder<Sink>::table_access(Opcode opcode) {
  if (!check_table(instruction_.index)) return false;
  const ValType address = table_address(instruction_.index);
  const ValType element = table_element(instruction_.index);
  switch (opcode) {
    case Opcode::TableGet: return exchange({address}, {element});
    case Opcode::TableSet: return exchange({address, element}, {});
    case Opcode::TableSize: return exchange({}, {address});
    case Opcode::TableGrow: return exchange({element, address}, {address});
    case Opcode::TableFill: return exchange({address, element, address}, {});
    default: BRINK_UNREACHABLE();
  }
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::table_init() {
  const uint32_t segment = instruction_.index;
  const uint32_t table = instruction_.index2;
  if (!check_table(table) || !check_elem(segment)) return false;
  const ValType type = module_.canonical(module_.elements[segment].type);
  if (!matches(type, table_element(table)))
    return mismatch_because("elements of type " + to_string(type) + " in a table of " +
                            to_string(table_element(table)));
  return exchange({table_address(table), kI32, kI32}, {});
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::table_copy() {
  const uint32_t to = instruction_.index;
  const uint32_t from = instruction_.index2;
  if (!check_table(to) || !check_table(from)) return false;
  if (!matches(table_element(from), table_element(to)))
    return mismatch_because("elements of type " + to_string(table_element(from)) +
                            " in a table of " + to_string(table_element(to)));
  const ValType to_address = table_address(to);
  const ValType from_address = table_address(from);
  return exchange({to_address, from_address, narrower(to_address, from_address)}, {});
}

}  // namespace brink::validate

#endif  // BRINK_VALIDATE_BODY_MEMORY_H_
