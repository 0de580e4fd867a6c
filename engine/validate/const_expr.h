// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Walks a validated constant expression for whoever evaluates it: the runtime, when it instantiates
// a module. The walk knows order and arity; what values are and how objects are made is the
// evaluator's business:
//
//     struct Evaluator {
//       using Value = ...;
//       Value constant(const Instruction&);              // i32.const ... f64.const, v128.const
//       Value ref_null(HeapType);                        // canonical
//       Value ref_func(uint32_t function_index);
//       Value global_get(uint32_t global_index);
//       Value binary(Opcode, Value, Value);              // i32 and i64: add, sub, mul
//       Value convert(Opcode, Value);                    // ref.i31, any.convert_extern, ...
//       /// struct.new, array.new and their kin. `operands` are the last of `pending`, which are
//       all
//       /// values that the expression still holds: what a collector must not lose.
//       Result<Value> allocate(const Instruction&, std::span<Value> operands,
//                              std::span<Value> pending);
//     };
//
// By far the most expressions are one instruction and `end`; they are evaluated without a stack.

#ifndef BRINK_VALIDATE_CONST_EXPR_H_
#define BRINK_VALIDATE_CONST_EXPR_H_

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "brink/error.h"
#include "engine/decode/instruction_reader.h"
#include "engine/support/byte_reader.h"
#include "engine/support/check.h"
#include "engine/support/try.h"
#include "engine/wasm/module.h"

namespace brink::validate {

/// The operands that a constant instruction takes from the stack.
uint32_t const_operand_count(const wasm::Module& module, const decode::Instruction& instruction);

namespace const_expr_detail {

/// The value of one instruction with its operands, the last of `pending`.
template <class Evaluator>
Result<typename Evaluator::Value> apply(const wasm::Module& module,
                                        const decode::Instruction& instruction,
                                        std::span<typename Evaluator::Value> operands,
                                        std::span<typename Evaluator::Value> pending,
                                        Evaluator& evaluator) {
  switch (instruction.opcode) {
    case Opcode::RefNull: return evaluator.ref_null(module.canonical(instruction.heap));
    case Opcode::RefFunc: return evaluator.ref_func(instruction.index);
    case Opcode::GlobalGet: return evaluator.global_get(instruction.index);
    case Opcode::RefI31:
    case Opcode::AnyConvertExtern:
    case Opcode::ExternConvertAny: return evaluator.convert(instruction.opcode, operands[0]);
    default: break;
  }
  switch (info(instruction.opcode).cls) {
    case OpClass::Const: return evaluator.constant(instruction);
    case OpClass::Binary: return evaluator.binary(instruction.opcode, operands[0], operands[1]);
    case OpClass::Gc: return evaluator.allocate(instruction, operands, pending);
    default: BRINK_UNREACHABLE();
  }
}

}  // namespace const_expr_detail

/// The value of a validated constant expression, or the evaluator's failure to allocate.
template <class Evaluator>
Result<typename Evaluator::Value> evaluate_const_expr(const wasm::Module& module,
                                                      wasm::ConstExpr expression,
                                                      Evaluator& evaluator) {
  using Value = typename Evaluator::Value;
  support::ByteReader reader(module.view(expression), expression.offset);
  decode::InstructionReader instructions(reader, module.features);
  decode::Instruction instruction;
  instructions.read(instruction);
  Value first = BRINK_TRY(const_expr_detail::apply(module, instruction, {}, {}, evaluator));
  if (reader.remaining() == 1) return first;

  std::vector<Value> stack;
  stack.push_back(std::move(first));
  while (instructions.read(instruction) && instruction.opcode != Opcode::End) {
    const uint32_t count = const_operand_count(module, instruction);
    BRINK_CHECK(count <= stack.size());
    const std::span<Value> pending(stack);
    Value value = BRINK_TRY(
        const_expr_detail::apply(module, instruction, pending.last(count), pending, evaluator));
    stack.resize(stack.size() - count);
    stack.push_back(std::move(value));
  }
  return std::move(stack.back());
}

}  // namespace brink::validate

#endif  // BRINK_VALIDATE_CONST_EXPR_H_
