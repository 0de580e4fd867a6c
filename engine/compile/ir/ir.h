// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The compiler's intermediate representation: static single assignment with block parameters. All
// of a function lies in flat arrays that are indexed by 32-bit ids.
//
//     block 2 (v7: i32, v8: f64)          parameters instead of phi functions
//       v9  = i32.add v7, v3              an instruction is its own result
//       v10 = i32.lt_s v9, v1
//       branch v10, block 2 (v9, v8), block 3 ()
//
// Invariants (verifier.cc checks them):
//   - blocks[0] is the entry; its parameters are the function's parameters, and nobody jumps to it;
//   - every block ends with exactly one terminator, and has no other;
//   - a target has as many arguments as its block has parameters, of the same types;
//   - a definition dominates its uses;
//   - an operation with several results, or with results that depend on the callee, has type Void;
//     its results are Result instructions that follow it at once. Those of an Invoke stand at the
//     start of its normal successor, which has no other predecessor;
//   - the second target of an Invoke is a landing block: no parameters, no other predecessors, and
//     Landing as its first instruction;
//   - values of type Ref are all the collector has to know; funcrefs are of type I64.

#ifndef BRINK_COMPILE_IR_IR_H_
#define BRINK_COMPILE_IR_IR_H_

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "brink/trap.h"
#include "brink/types.h"
#include "brink/v128.h"
#include "engine/wasm/opcode.h"
#include "engine/wasm/type_registry.h"

namespace brink::compile::ir {

/// An Opcode, or one of ir_ops.def behind them. Opcode values convert.
enum class Op : uint16_t {
  FirstOwn = kOpcodeCount - 1,
#define BRINK_IR_OP(id, name, flags) id,
#include "engine/compile/ir/ir_ops.def"
  End
};
constexpr Op to_op(Opcode opcode) {
  return static_cast<Op>(opcode);
}
constexpr bool is_wasm(Op op) {
  return static_cast<uint16_t>(op) < kOpcodeCount;
}
constexpr Opcode to_opcode(Op op) {
  return static_cast<Opcode>(op);
}
std::string_view to_string(Op op);
/// Ends a block.
bool is_terminator(Op op);
/// Computes a value from its arguments and nothing else: may be moved, merged, dropped.
bool is_pure(Op op);
/// May end the guest, or leave its block for a landing.
bool may_trap(Op op);
/// Must stay even if nobody uses its result.
bool has_effect(Op op);

enum class Type : uint8_t { Void, I32, I64, F32, F64, V128, Ref };
std::string_view to_string(Type type);

using ValueId = uint32_t;
using BlockId = uint32_t;
using PositionId = uint32_t;
inline constexpr ValueId kNoValue = ~uint32_t{0};
inline constexpr BlockId kNoBlock = ~uint32_t{0};
inline constexpr PositionId kNoPosition = ~uint32_t{0};

/// Where a load or store goes: a memory of the module by index, or one of the engine's own.
namespace region {
inline constexpr uint32_t kHeap = 0xfffffff0u;      ///< objects of the collector
inline constexpr uint32_t kConstant = 0xfffffff1u;  ///< never changes while a function runs
inline constexpr uint32_t kVm = 0xfffffff2u;        ///< the engine's structures: sizes, tables
}  // namespace region

/// An instruction, and the value it gives.
struct Inst {
  static constexpr uint8_t kRaw = 1;  ///< loads, stores: args[0] is a native address (I64)

  Op op = Op::Jump;
  Type type = Type::Void;
  uint8_t flags = 0;
  PositionId position = kNoPosition;  ///< of what may trap, call or collect
  uint16_t arg_count = 0;
  uint8_t lane = 0;
  /// Up to three arguments; more lie in Function::pool from args[0] on.
  std::array<ValueId, 3> args = {kNoValue, kNoValue, kNoValue};
  /// Loads of references are i64.load of type Ref, stores of them i64.store with a Ref.
  /// Constants: the bits, for v128 an index into Function::vectors (shuffles too). Loads, stores,
  /// atomics: region << 32 | offset. global.get, global.set: the index. Else see ir_ops.def.
  uint64_t imm = 0;
  uint64_t imm2 = 0;

  bool is_raw() const { return (flags & kRaw) != 0; }
  uint32_t region() const { return static_cast<uint32_t>(imm >> 32); }
  uint32_t offset() const { return static_cast<uint32_t>(imm); }
};

/// The same for an instruction: loads of the engine's own structures cannot trap.
bool has_effect(const Inst& inst);

/// One way out of a block.
struct Target {
  BlockId block = kNoBlock;
  uint32_t first_arg = 0;  ///< in Function::pool
  uint32_t arg_count = 0;
};

struct Block {
  std::vector<ValueId> params;
  std::vector<ValueId> insts;  ///< in order; the last one is the terminator
  uint32_t first_target = 0;   ///< in Function::targets
  uint32_t target_count = 0;
  uint16_t loop_depth = 0;
  bool is_loop_header = false;
  bool is_cold = false;  ///< ends in a trap, or a branch hint says so
};

/// What a Call, Invoke or TailCall calls.
struct CallInfo {
  enum class Kind : uint8_t { Direct, Import, Indirect, Ref };
  Kind kind = Kind::Direct;
  uint32_t index = 0;       ///< Direct, Import: function; Indirect: table
  uint32_t type_index = 0;  ///< of the module, Indirect and Ref
  TypeId type_id = 0;
  const FuncType* type = nullptr;
};

/// How many arguments of a call say what is called; they come last.
constexpr size_t callee_args(CallInfo::Kind kind) {
  return kind == CallInfo::Kind::Indirect ? 2 : kind == CallInfo::Kind::Ref ? 1 : 0;
}

/// A place in the module: what backtraces show. With inlining a chain, innermost first.
struct Position {
  uint32_t offset = 0;  ///< of the instruction, from the start of the module
  uint32_t function_index = 0;
  PositionId caller = kNoPosition;  ///< where this function was inlined
};

/// A clause of a try, in order of search: inner tries before outer ones.
struct HandlerClause {
  static constexpr uint32_t kAll = ~uint32_t{0};
  uint32_t tag_index = kAll;  ///< of the module
};

struct Function {
  uint32_t function_index = 0;
  bool is_loop_entry = false;  ///< goes on at a loop (LoopEntry in compiler.h)
  const FuncType* type = nullptr;
  std::vector<Inst> insts;  ///< by ValueId
  std::vector<Block> blocks;
  std::vector<Target> targets;
  std::vector<ValueId> pool;  ///< arguments of targets and of long instructions
  std::vector<V128> vectors;
  std::vector<CallInfo> calls;
  std::vector<Position> positions;
  /// What each landing block catches, flattened: by Landing's imm (first) and imm2 (count).
  std::vector<HandlerClause> clauses;

  Inst& operator[](ValueId id) { return insts[id]; }
  const Inst& operator[](ValueId id) const { return insts[id]; }

  std::span<ValueId> args(Inst& inst) {
    return inst.arg_count <= inst.args.size()
               ? std::span(inst.args.data(), inst.arg_count)
               : std::span(pool.data() + inst.args[0], inst.arg_count);
  }
  std::span<const ValueId> args(const Inst& inst) const {
    return const_cast<Function*>(this)->args(const_cast<Inst&>(inst));
  }
  std::span<Target> targets_of(const Block& block) {
    return {targets.data() + block.first_target, block.target_count};
  }
  std::span<const Target> targets_of(const Block& block) const {
    return {targets.data() + block.first_target, block.target_count};
  }
  std::span<ValueId> args(const Target& target) {
    return {pool.data() + target.first_arg, target.arg_count};
  }
  std::span<const ValueId> args(const Target& target) const {
    return {pool.data() + target.first_arg, target.arg_count};
  }
  const Inst& terminator(const Block& block) const { return insts[block.insts.back()]; }
};

/// The IR type that values of a wasm type have. `traced`: whether the collector must know it.
Type to_type(ValType type, const TypeRegistry& types);

}  // namespace brink::compile::ir

#endif  // BRINK_COMPILE_IR_IR_H_
