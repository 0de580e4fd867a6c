// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The contract between FunctionBodyDecoder and whoever consumes a body: nobody (validation), the
// interpreter's translator, the compiler's SSA builder.
//
// Decoding, validating and consuming are one pass. The decoder keeps the operand stack and the
// control stack; beside each operand's type lies a value of the sink's own, beside each control
// frame a record of the sink's own. Only reachable instructions are delivered. A callback comes
// after the instruction was checked; `d` is the decoder, through which the sink reads both stacks.
//
// Invariants a sink may rely on:
//   - types, also the heap types and the block type's value in an Instruction, are canonical;
//   indices
//     (Instruction::index, ::index2, BlockType::type_index) are the module's, as in the binary;
//   - an Instruction holds its opcode, its offset and what belongs to the ImmKind of the opcode;
//   the
//     other members are left over from earlier instructions. It dies with the callback;
//   - operands popped by an instruction come as `args`, a copy, in the order in which they were
//     pushed; the pushed ones as `results`, on top of the operand stack, with their types set and
//     default values, to be given values by the sink. Both spans die with the callback;
//   - on entry of block/loop/if/try_table the parameters lie on top of the operand stack and
//     frame.height is the height below them; the sink may replace their values;
//   - `else_` comes for every `if` whose start was reachable, also for one without `else` (then
//     right before `end`, followed by the `fallthrough` of the empty arm); frame.kind is Else, the
//     stack is back at frame.height and the parameters have been pushed again with default values,
//     to be set by the sink;
//   - `fallthrough` comes when the end of an arm or of a block is reachable, before
//     else_/catch/end; the results lie on top of the stack;
//   - `end` comes for every frame whose start was reachable, the function's included; the results
//     have been pushed with default values, to be set by the sink. The frame is still
//     d.frame(0). frame.end_is_reachable tells whether code after it can run; if not, the rest of
//     the enclosing arm is not delivered either;
//   - a branch to a label finds the label's operands on top of the stack:
//     d.top(d.label_arity(depth)). A `br` to the function's own frame is a return.

#ifndef BRINK_VALIDATE_SINK_H_
#define BRINK_VALIDATE_SINK_H_

#include <cstdint>
#include <span>

#include "engine/decode/instruction.h"
#include "engine/wasm/module.h"

namespace brink::validate {

using decode::CatchClause;
using decode::Instruction;

/// An entry of the operand stack. Values are copied freely: they are small and trivial.
template <typename Value>
struct Operand {
  ValType type;
  [[no_unique_address]] Value value;
};

/// Kinds of control frames; Function is the outermost.
enum class FrameKind : uint8_t {
  Function,
  Block,
  Loop,
  If,
  Else,
  TryTable,
  LegacyTry,
  LegacyCatch,
  LegacyCatchAll
};

/// An entry of the control stack.
template <typename Control>
struct ControlFrame {
  FrameKind kind = FrameKind::Block;
  bool start_is_reachable = true;    ///< otherwise nothing in it is delivered
  bool is_unreachable = false;       ///< the rest of the current arm cannot run
  bool is_polymorphic = false;       ///< spec: unreachable; operands may be taken from nowhere
  bool end_is_reachable = false;     ///< something reaches the end: a branch or a fall-through
  uint32_t height = 0;               ///< of the operand stack below the parameters
  uint32_t offset = 0;               ///< of the opening instruction
  uint32_t initialized_mark = 0;     ///< the decoder's: locals that were set at the start
  std::span<const ValType> params;   ///< canonical
  std::span<const ValType> results;  ///< canonical
  [[no_unique_address]] Control control;

  /// What a branch to this frame carries.
  std::span<const ValType> label_types() const {
    return kind == FrameKind::Loop ? params : results;
  }
};

/// The sink that consumes nothing: plain validation. It is also the list of all callbacks.
struct NullSink {
  struct Value {};
  struct Control {};
  using Frame = ControlFrame<Control>;
  using Args = std::span<Operand<Value>>;

  /// Before the first instruction; d.local_types() are the parameters and locals.
  void begin(auto& /*d*/) {}
  /// After the last `end`.
  void finish(auto& /*d*/) {}

  /// Everything that is not control, a call, or a branch.
  void instruction(auto& /*d*/, const Instruction&, Args /*args*/, Args /*results*/) {}

  void block(auto& /*d*/, Frame&) {}
  void loop(auto& /*d*/, Frame&) {}
  void if_(auto& /*d*/, Frame&, Operand<Value> /*condition*/) {}
  void else_(auto& /*d*/, Frame&) {}
  void fallthrough(auto& /*d*/, Frame&) {}
  void end(auto& /*d*/, Frame&) {}

  void br(auto& /*d*/, uint32_t /*depth*/) {}
  void br_if(auto& /*d*/, uint32_t /*depth*/, Operand<Value> /*condition*/) {}
  /// The last depth is the default.
  void br_table(auto& /*d*/, std::span<const uint32_t> /*depths*/, Operand<Value> /*index*/) {}
  /// br_on_null, br_on_non_null, br_on_cast, br_on_cast_fail (label: Instruction::index). `operand`
  /// has been popped; what the
  /// taken branch carries besides the operands below it and what the fall-through keeps follow from
  /// the opcode; `kept` is the operand pushed for the fall-through, null for br_on_non_null.
  void br_on(auto& /*d*/, const Instruction&, Operand<Value> /*operand*/,
             Operand<Value>* /*kept*/) {}
  void return_(auto& /*d*/) {}
  void unreachable(auto& /*d*/, const Instruction&) {}

  /// call, call_indirect, call_ref; for the latter two the callee is the last of args.
  void call(auto& /*d*/, const Instruction&, const FuncType&, Args /*args*/, Args /*results*/) {}
  /// The tail forms.
  void return_call(auto& /*d*/, const Instruction&, const FuncType&, Args /*args*/) {}

  void throw_(auto& /*d*/, const Instruction&, Args /*args*/) {}
  void throw_ref(auto& /*d*/, const Instruction&, Operand<Value> /*exception*/) {}
  /// The labels of the clauses count from outside the frame.
  void try_table(auto& /*d*/, Frame&, std::span<const CatchClause>) {}

  // Legacy exceptions. The operands of a catch have been pushed with default values.
  void legacy_try(auto& /*d*/, Frame&) {}
  void legacy_catch(auto& /*d*/, Frame&, uint32_t /*tag_index*/) {}
  void legacy_catch_all(auto& /*d*/, Frame&) {}
  /// Comes instead of `end`, in the same state; `depth` counts from outside the frame.
  void legacy_delegate(auto& /*d*/, Frame&, uint32_t /*depth*/) {}
  void legacy_rethrow(auto& /*d*/, const Instruction&, uint32_t /*depth*/) {}
};

}  // namespace brink::validate

#endif  // BRINK_VALIDATE_SINK_H_
