// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/ir/verifier.h"

#include <iterator>

#include <fmt/format.h>

#include "engine/compile/ir/dominators.h"
#include "engine/compile/ir/printer.h"

namespace brink::compile::ir {
namespace {

constexpr uint32_t kMaxComplaints = 20;

class Verifier {
 public:
  Verifier(const Function& function, const TypeRegistry& types)
      : function_(function), types_(types), places_(function.insts.size()) {}

  std::string run() {
    if (function_.blocks.empty()) return "the function has no blocks\n";
    for (BlockId id = 0; id < function_.blocks.size(); ++id) check_structure(id);
    if (!text_.empty()) return text_;
    check_entry();
    const DominatorTree dominators(function_);
    for (BlockId id = 0; id < function_.blocks.size(); ++id) {
      if (!dominators.is_reachable(id)) {
        complain(id, "is unreachable");
        continue;
      }
      check_uses(id, dominators);
    }
    if (!text_.empty()) return text_;
    for (BlockId id = 0; id < function_.blocks.size(); ++id) {
      for (const ValueId inst : function_.blocks[id].insts) check_types(id, inst);
      check_targets(id);
      check_results(id);
      check_invoke(id);
    }
    return text_;
  }

 private:
  /// Where a value is defined.
  struct Place {
    BlockId block = kNoBlock;
    uint32_t index = 0;  ///< in the block, parameters first
  };

  template <typename... T>
  void complain(BlockId block, fmt::format_string<T...> format, T&&... values) {
    if (++complaints_ > kMaxComplaints) return;
    fmt::format_to(std::back_inserter(text_), "block {}: ", block);
    fmt::format_to(std::back_inserter(text_), format, std::forward<T>(values)...);
    text_ += '\n';
  }
  template <typename... T>
  void complain_inst(BlockId block, ValueId id, fmt::format_string<T...> format, T&&... values) {
    complain(block, "{}: {}", to_text(function_, id),
             fmt::format(format, std::forward<T>(values)...));
  }

  void define(BlockId block, ValueId id, uint32_t index) {
    if (id >= function_.insts.size()) return complain(block, "v{} does not exist", id);
    if (places_[id].block != kNoBlock) return complain(block, "v{} is defined twice", id);
    places_[id] = {block, index};
  }

  void check_structure(BlockId id) {
    const Block& block = function_.blocks[id];
    uint32_t index = 0;
    for (const ValueId param : block.params) {
      define(id, param, index);
      if (param < function_.insts.size() &&
          (function_[param].op != Op::Param || function_[param].imm != index))
        complain(id, "v{} is not parameter {}", param, index);
      ++index;
    }
    if (block.insts.empty()) return complain(id, "is empty");
    for (const ValueId inst : block.insts) {
      define(id, inst, index++);
      if (inst >= function_.insts.size()) return;
      if (is_terminator(function_[inst].op) != (inst == block.insts.back()))
        complain(id, "v{}: {} in the wrong place", inst, to_string(function_[inst].op));
      if (function_[inst].op == Op::Param)
        complain(id, "v{} is a parameter among instructions", inst);
    }
    if (size_t{block.first_target} + block.target_count > function_.targets.size())
      return complain(id, "has targets that do not exist");
    for (const Target& target : function_.targets_of(block)) {
      if (target.block >= function_.blocks.size() || target.block == 0)
        complain(id, "goes to block {}", target.block);
      if (size_t{target.first_arg} + target.arg_count > function_.pool.size())
        complain(id, "has target arguments that do not exist");
    }
    check_target_count(id);
  }

  void check_target_count(BlockId id) {
    const Block& block = function_.blocks[id];
    const Op op = function_.terminator(block).op;
    uint32_t expected = 0;
    switch (op) {
      case Op::Jump: expected = 1; break;
      case Op::Branch:
      case Op::Invoke:
      case Op::RuntimeInvoke: expected = 2; break;
      case Op::Switch: expected = std::max(block.target_count, 1u); break;
      default: break;
    }
    if (block.target_count != expected)
      complain(id, "{} with {} targets", to_string(op), block.target_count);
  }

  void check_entry() {
    if (function_.type == nullptr) return;
    const Block& entry = function_.blocks[0];
    const std::vector<ValType>& params = function_.type->params;
    if (entry.params.size() != params.size())
      return complain(0, "{} parameters, the function has {}", entry.params.size(), params.size());
    for (size_t i = 0; i < params.size(); ++i)
      if (function_[entry.params[i]].type != to_type(params[i], types_))
        complain(0, "parameter {} is of type {}", i, to_string(function_[entry.params[i]].type));
  }

  void check_use(BlockId user, uint32_t index, ValueId id, const DominatorTree& dominators) {
    if (id >= function_.insts.size() || places_[id].block == kNoBlock)
      return complain(user, "uses v{}, which is not defined", id);
    const Place place = places_[id];
    if (function_[id].type == Type::Void) return complain(user, "uses v{}, which is no value", id);
    const bool is_before = place.block == user ? place.index < index
                                               : dominators.is_reachable(place.block) &&
                                                     dominators.dominates(place.block, user);
    if (!is_before)
      complain(user, "uses v{} of block {}, which does not dominate", id, place.block);
  }

  void check_uses(BlockId id, const DominatorTree& dominators) {
    const Block& block = function_.blocks[id];
    auto index = static_cast<uint32_t>(block.params.size());
    for (const ValueId inst : block.insts) {
      if (function_[inst].op != Op::Result)
        for (const ValueId arg : function_.args(function_[inst]))
          check_use(id, index, arg, dominators);
      ++index;
    }
    for (const Target& target : function_.targets_of(block))
      for (const ValueId arg : function_.args(target)) check_use(id, index, arg, dominators);
  }

  void check_targets(BlockId id) {
    for (const Target& target : function_.targets_of(function_.blocks[id])) {
      const std::vector<ValueId>& params = function_.blocks[target.block].params;
      const std::span<const ValueId> args = function_.args(target);
      if (args.size() != params.size()) {
        complain(id, "{} arguments for the {} parameters of block {}", args.size(), params.size(),
                 target.block);
        continue;
      }
      for (size_t i = 0; i < args.size(); ++i)
        if (function_[args[i]].type != function_[params[i]].type)
          complain(id, "v{} of type {} for parameter v{} of block {}", args[i],
                   to_string(function_[args[i]].type), params[i], target.block);
    }
  }

  /// Results follow the operation that they are of, at once and in order.
  void check_results(BlockId id) {
    const Block& block = function_.blocks[id];
    ValueId producer = kNoValue;
    uint64_t next = 0;
    if (const ValueId invoke = invoke_into(id); invoke != kNoValue) producer = invoke;
    for (const ValueId inst : block.insts) {
      const Inst& result = function_[inst];
      if (result.op != Op::Result) {
        producer = inst;
        next = 0;
        continue;
      }
      if (result.arg_count != 1 || result.args[0] != producer || result.imm < next)
        complain_inst(id, inst, "does not follow its operation");
      next = result.imm + 1;
    }
  }

  /// The invoke whose normal successor a block is.
  ValueId invoke_into(BlockId id) {
    if (invokes_.empty()) {
      invokes_.resize(function_.blocks.size(), kNoValue);
      predecessors_.resize(function_.blocks.size());
      for (const Block& block : function_.blocks) {
        const Op op = function_.terminator(block).op;
        for (const Target& target : function_.targets_of(block)) {
          ++predecessors_[target.block];
          if (op == Op::Invoke || op == Op::RuntimeInvoke)
            invokes_[target.block] = block.insts.back();
        }
      }
    }
    return invokes_[id];
  }

  void check_invoke(BlockId id) {
    const Block& block = function_.blocks[id];
    const bool is_landing = is_landing_block(id);
    if (invoke_into(id) == kNoValue) {
      if (is_landing) complain(id, "is a landing block of nobody");
    } else if (predecessors_[id] != 1) {
      complain(id, "follows an invoke and others");
    }
    if (is_landing && !block.params.empty()) complain(id, "is a landing block with parameters");
    const Op op = function_.terminator(block).op;
    if (op != Op::Invoke && op != Op::RuntimeInvoke) return;
    const std::span<const Target> targets = function_.targets_of(block);
    if (is_landing_block(targets[0].block) || !is_landing_block(targets[1].block))
      complain(id, "its invoke does not lead to a landing block at last");
  }
  bool is_landing_block(BlockId id) const {
    return function_[function_.blocks[id].insts.front()].op == Op::Landing;
  }

  // ---- types of arguments ----

  void expect(BlockId block, ValueId id, std::initializer_list<Type> types,
              Type result = Type::Void) {
    const Inst& inst = function_[id];
    const std::span<const ValueId> args = function_.args(inst);
    if (args.size() != types.size())
      return complain_inst(block, id, "{} arguments, not {}", args.size(), types.size());
    size_t i = 0;
    for (const Type type : types)
      if (const Type actual = function_[args[i++]].type; actual != type)
        complain_inst(block, id, "v{} is {}, not {}", args[i - 1], to_string(actual),
                      to_string(type));
    if (inst.type != result) complain_inst(block, id, "is of type {}", to_string(inst.type));
  }

  Type type_of(ValueId id) const { return function_[id].type; }

  void check_types(BlockId block, ValueId id) {
    const Inst& inst = function_[id];
    if (is_wasm(inst.op)) return check_wasm_types(block, id);
    switch (inst.op) {
      case Op::Result: return;
      case Op::Copy: return expect(block, id, {inst.type}, inst.type);
      case Op::RefNull:
        if (inst.type != Type::I64 && inst.type != Type::Ref)
          complain_inst(block, id, "is no reference");
        return;
      case Op::RefToInt: return expect(block, id, {Type::Ref}, Type::I64);
      case Op::IntToRef: return expect(block, id, {Type::I64}, Type::Ref);
      case Op::Instance:
      case Op::MemoryBase0: return expect(block, id, {}, Type::I64);
      case Op::TypeId: return expect(block, id, {}, Type::I32);
      case Op::Landing:
        if (inst.imm + inst.imm2 > function_.clauses.size())
          complain_inst(block, id, "has clauses that do not exist");
        return expect(block, id, {}, Type::Ref);
      case Op::TrapIf:
      case Op::TrapUnless:
      case Op::Branch:
      case Op::Switch: return expect(block, id, {Type::I32});
      case Op::CheckedAddress:
        if (inst.arg_count != 3) return complain_inst(block, id, "needs an index");
        return expect(
            block, id,
            {type_of(inst.args[0]) == Type::I32 ? Type::I32 : Type::I64, Type::I64, Type::I64},
            Type::I64);
      case Op::Poll:
      case Op::Fuel:
      case Op::Jump:
      case Op::Trap: return expect(block, id, {});
      case Op::Call:
      case Op::Invoke:
      case Op::TailCall: return check_call(block, id);
      case Op::Return:
        return function_.type == nullptr ? void() : check_list(block, id, function_.type->results);
      default: return;
    }
  }

  void check_list(BlockId block, ValueId id, std::span<const ValType> types, size_t extra = 0) {
    const std::span<const ValueId> args = function_.args(function_[id]);
    if (args.size() != types.size() + extra)
      return complain_inst(block, id, "{} arguments, not {}", args.size(), types.size() + extra);
    for (size_t i = 0; i < types.size(); ++i)
      if (type_of(args[i]) != to_type(types[i], types_))
        complain_inst(block, id, "v{} is {}", args[i], to_string(type_of(args[i])));
  }

  void check_call(BlockId block, ValueId id) {
    const Inst& inst = function_[id];
    if (inst.imm >= function_.calls.size()) return complain_inst(block, id, "calls nothing");
    const CallInfo& call = function_.calls[inst.imm];
    check_list(block, id, call.type->params, callee_args(call.kind));
  }

  void check_wasm_types(BlockId block, ValueId id) {
    const Inst& inst = function_[id];
    const OpcodeInfo& row = info(to_opcode(inst.op));
    switch (to_opcode(inst.op)) {
      case Opcode::Select: return expect(block, id, {inst.type, inst.type, Type::I32}, inst.type);
      case Opcode::GlobalGet: return expect(block, id, {}, inst.type);
      case Opcode::GlobalSet: return;
      default: break;
    }
    if (row.signature.is_special) return complain_inst(block, id, "has no meaning in IR");
    const bool is_access = row.imm == ImmKind::MemArg || row.imm == ImmKind::MemArgLane;
    const std::span<const ValueId> args = function_.args(inst);
    if (args.size() != row.signature.operand_count)
      return complain_inst(block, id, "{} arguments", args.size());
    for (size_t i = 0; i < args.size(); ++i)
      check_operand(block, id, args[i], row.signature.operands[i]);
    if (is_access && !inst.is_raw() && inst.region() >= region::kHeap)
      complain_inst(block, id, "is no access to a memory");
    if (row.signature.result_count != 1) {
      if (inst.type != Type::Void) complain_inst(block, id, "has a type");
    } else if (!is_of_kind(inst.type, row.signature.results[0], is_reference_access(inst))) {
      complain_inst(block, id, "is of type {}", to_string(inst.type));
    }
  }

  void check_operand(BlockId block, ValueId id, ValueId arg, uint8_t kind) {
    const Inst& inst = function_[id];
    const Type type = type_of(arg);
    const bool is_right = kind == Signature::kAddress
                              ? type == Type::I64 || (type == Type::I32 && !inst.is_raw())
                              : is_of_kind(type, kind, is_reference_access(inst));
    if (!is_right) complain_inst(block, id, "v{} is {}", arg, to_string(type));
  }

  /// References are loaded and stored as 64-bit words.
  static bool is_reference_access(const Inst& inst) {
    return inst.is_raw() &&
           (inst.op == to_op(Opcode::I64Load) || inst.op == to_op(Opcode::I64Store));
  }
  static bool is_of_kind(Type type, uint8_t kind, bool may_be_reference) {
    switch (static_cast<ValKind>(kind)) {
      case ValKind::I32: return type == Type::I32;
      case ValKind::I64: return type == Type::I64 || (may_be_reference && type == Type::Ref);
      case ValKind::F32: return type == Type::F32;
      case ValKind::F64: return type == Type::F64;
      case ValKind::V128: return type == Type::V128;
      default: return false;
    }
  }

  const Function& function_;
  const TypeRegistry& types_;
  std::vector<Place> places_;
  std::vector<ValueId> invokes_;        ///< by block
  std::vector<uint32_t> predecessors_;  ///< by block
  std::string text_;
  uint32_t complaints_ = 0;
};

}  // namespace

std::string verify(const Function& function, const TypeRegistry& types) {
  return Verifier(function, types).run();
}

}  // namespace brink::compile::ir
