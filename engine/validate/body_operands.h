// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Part of body_decoder.h: operands and plain instructions.

#ifndef BRINK_VALIDATE_BODY_OPERANDS_H_
#define BRINK_VALIDATE_BODY_OPERANDS_H_

#include "engine/validate/body_decoder.h"

namespace brink::validate {

// ---- checking ----

/// Whether the `count` operands below the topmost `below` ones match type_at(0), type_at(1), ...;
/// pops nothing. In a polymorphic frame operands may be missing; the work is bounded by those that
/// are there.
template <class Sink>
template <class TypeAt>
bool FunctionBodyDecoder<Sink>::match_each(uint32_t count, uint32_t below, TypeAt type_at) {
  below = std::min(below, stack_.available());
  const uint32_t present = std::min(count, stack_.available() - below);
  bool is_good = present == count || current().is_polymorphic;
  for (uint32_t i = 0; is_good && i < present; ++i)
    is_good = match_one(stack_.peek(below + i).type, type_at(count - 1 - i));
  if (is_good) [[likely]]
    return true;
  std::vector<ValType> required;
  for (uint32_t i = 0; i < count; ++i) required.push_back(type_at(i));
  return mismatch(required, actual_types(count));
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::match_operands(Types types, uint32_t below) {
  return match_each(static_cast<uint32_t>(types.size()), below,
                    [types](uint32_t i) { return types[i]; });
}

/// Types of the topmost operands of the current block, as many as there are but at most `count`.
template <class Sink>
std::vector<ValType> FunctionBodyDecoder<Sink>::actual_types(size_t count) {
  std::vector<ValType> types;
  const auto present = static_cast<uint32_t>(std::min<size_t>(count, stack_.available()));
  for (const Item& item : stack_.top(present)) types.push_back(item.type);
  return types;
}

/// Gives the topmost operands, which have been matched, exactly these types.
template <class Sink>
void FunctionBodyDecoder<Sink>::set_top(Types types) {
  const auto count = static_cast<uint32_t>(types.size());
  if (stack_.available() < count) {  // polymorphic: nobody will look at the values
    stack_.pop_to_floor();
    stack_.push(types);
    return;
  }
  const Args items = stack_.top(count);
  for (uint32_t i = 0; i < count; ++i) items[i].type = types[i];
}

/// The type of the reference on top of the stack, or Bottom where it may come from nowhere.
template <class Sink>
bool FunctionBodyDecoder<Sink>::ref_on_top(ValType& type) {
  if (stack_.available() == 0) {
    type = kBottom;
    return current().is_polymorphic || mismatch("[ref]", {});
  }
  type = stack_.peek().type;
  return type.is_ref() || type.is_bottom() || mismatch("[ref]", {&type, 1});
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::pop_i32(Item& operand) {
  if (stack_.available() == 0 || stack_.peek().type != kI32) [[unlikely]]
    if (!match_top(list_of(kI32))) return false;
  operand = pop();
  return true;
}

/// Pops an operand that has been checked.
template <class Sink>
typename FunctionBodyDecoder<Sink>::Item FunctionBodyDecoder<Sink>::pop() {
  if (stack_.available() == 0) return {kBottom, {}};
  const Item item = stack_.peek();
  stack_.pop(1);
  return item;
}

// ---- delivering ----

/// Pops operands that have been checked, as many of them as are there, and keeps a copy for the
/// sink.
template <class Sink>
typename FunctionBodyDecoder<Sink>::Args FunctionBodyDecoder<Sink>::take(uint32_t count) {
  count = std::min(count, stack_.available());
  stack_.pop(count);
  if constexpr (kConsumes) {
    args_.assign(stack_.end(), stack_.end() + count);
    return args_;
  }
  return {stack_.end(), count};
}

/// Replaces checked operands by results and delivers the current instruction.
template <class Sink>
void FunctionBodyDecoder<Sink>::commit(uint32_t pops, Types results) {
  const Args args = take(pops);
  stack_.push(results);
  if (reachable_)
    sink_.instruction(*this, instruction_, args, stack_.top(static_cast<uint32_t>(results.size())));
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::exchange(Types operands, Types results) {
  if (!match_top(operands)) return false;
  commit(static_cast<uint32_t>(operands.size()), results);
  return true;
}

/// An instruction whose row of the opcode table says all.
template <class Sink>
bool FunctionBodyDecoder<Sink>::plain(const OpcodeInfo& row) {
  ValType address;
  switch (row.imm) {
    case ImmKind::MemArg:
    case ImmKind::MemArgLane:
      if (!check_memarg(row, instruction_.memarg)) return false;
      if (row.imm == ImmKind::MemArgLane && !check_lanes(row)) return false;
      address = memory_address(instruction_.memarg.memory_index);
      break;
    case ImmKind::Memory:
      if (!check_memory(instruction_.index)) return false;
      address = memory_address(instruction_.index);
      break;
    case ImmKind::Lane:
    case ImmKind::Shuffle:
      if (!check_lanes(row)) return false;
      break;
    default: break;
  }
  const auto type_of = [&](uint8_t kind) {
    return kind == Signature::kAddress ? address : ValType(static_cast<ValKind>(kind));
  };
  std::array<ValType, 4> operands;
  std::array<ValType, 2> results;
  std::ranges::transform(row.signature.operands, operands.begin(), type_of);
  std::ranges::transform(row.signature.results, results.begin(), type_of);
  return exchange(Types(operands).first(row.signature.operand_count),
                  Types(results).first(row.signature.result_count));
}

}  // namespace brink::validate

#endif  // BRINK_VALIDATE_BODY_OPERANDS_H_
