// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
//     before:  | a; call f (x); b |          after:  | a; f's entry block |-> f's blocks ->| b |
//
// f's parameters become the arguments, its returns become jumps to what follows the call, whose
// results are that block's parameters.

#include "engine/compile/pass/inlining.h"

#include <algorithm>

#include "engine/compile/ir/editor.h"
#include "engine/compile/pass/straighten.h"

namespace brink::compile {

using ir::Block;
using ir::BlockId;
using ir::CallInfo;
using ir::Function;
using ir::Inst;
using ir::Op;
using ir::ValueId;

namespace {

constexpr size_t kMaxCalleeInsts = 32;
constexpr size_t kMaxCalleeBlocks = 8;
/// What may be added to a function, beside as much as it had.
constexpr size_t kGrowth = 256;

bool is_suitable(const Function& callee) {
  size_t insts = 0;
  if (callee.blocks.size() > kMaxCalleeBlocks) return false;
  for (const Block& block : callee.blocks) {
    insts += block.insts.size();
    if (block.is_loop_header) return false;
    for (const ValueId id : block.insts) {
      const Op op = callee[id].op;
      if (op == Op::TailCall || op == Op::Invoke || op == Op::RuntimeInvoke || op == Op::Landing)
        return false;
    }
  }
  return insts <= kMaxCalleeInsts;
}

class Inliner {
 public:
  Inliner(Function& caller, const Function& callee) : caller_(caller), callee_(callee) {}

  /// The call is instruction `index` of `block`. The rest of the block follows in a new one.
  void run(BlockId block, size_t index) {
    const ValueId call = caller_.blocks[block].insts[index];
    call_position_ = caller_[call].position;
    depth_ = caller_.blocks[block].loop_depth;
    const BlockId rest = split(block, index);
    copy_tables();
    map_values(call);
    first_block_ = static_cast<BlockId>(caller_.blocks.size());
    for (BlockId i = 1; i < callee_.blocks.size(); ++i) add_block(callee_.blocks[i]);
    fill(block, callee_.blocks[0], rest);
    for (BlockId i = 1; i < callee_.blocks.size(); ++i)
      fill(first_block_ + i - 1, callee_.blocks[i], rest);
  }

 private:
  /// Moves what comes behind the call and its results to a new block with the results as
  /// parameters.
  BlockId split(BlockId block, size_t index) {
    const auto rest = static_cast<BlockId>(caller_.blocks.size());
    Block& second = caller_.blocks.emplace_back();
    Block& first = caller_.blocks[block];
    second.first_target = first.first_target;
    second.target_count = first.target_count;
    second.loop_depth = first.loop_depth;
    second.is_cold = first.is_cold;
    size_t next = index + 1;
    for (const ValType type : callee_.type->results) {
      (void)type;
      if (next == first.insts.size() || caller_[first.insts[next]].op != Op::Result) break;
      ++next;
    }
    // Results that nobody uses may be missing; the parameters are for all of them.
    std::vector<ValueId> results(callee_.type->results.size(), ir::kNoValue);
    for (size_t i = index + 1; i < next; ++i) results[caller_[first.insts[i]].imm] = first.insts[i];
    for (uint32_t i = 0; i < results.size(); ++i) {
      if (results[i] == ir::kNoValue) {
        results[i] = static_cast<ValueId>(caller_.insts.size());
        caller_.insts.push_back(Inst{.op = Op::Param, .type = result_type(i)});
      }
      Inst& param = caller_[results[i]];
      param = Inst{.op = Op::Param, .type = param.type, .imm = i};
    }
    second.params = std::move(results);
    second.insts.assign(first.insts.begin() + static_cast<ptrdiff_t>(next), first.insts.end());
    first.insts.resize(index);
    first.target_count = 0;
    return rest;
  }

  ir::Type result_type(uint32_t index) const {
    for (const Block& block : callee_.blocks) {
      const Inst& end = callee_.terminator(block);
      if (end.op == Op::Return) return callee_[callee_.args(end)[index]].type;
    }
    return ir::Type::I64;  // it never returns
  }

  void copy_tables() {
    first_position_ = static_cast<uint32_t>(caller_.positions.size());
    for (ir::Position position : callee_.positions) {
      position.caller =
          position.caller == ir::kNoPosition ? call_position_ : position.caller + first_position_;
      caller_.positions.push_back(position);
    }
    first_call_ = caller_.calls.size();
    caller_.calls.insert(caller_.calls.end(), callee_.calls.begin(), callee_.calls.end());
    first_vector_ = caller_.vectors.size();
    caller_.vectors.insert(caller_.vectors.end(), callee_.vectors.begin(), callee_.vectors.end());
  }

  /// New names for the callee's values; its parameters are the call's arguments.
  void map_values(ValueId call) {
    values_.assign(callee_.insts.size(), ir::kNoValue);
    const std::vector<ValueId>& params = callee_.blocks[0].params;
    for (size_t i = 0; i < params.size(); ++i) values_[params[i]] = caller_.args(caller_[call])[i];
    const auto name = [&](ValueId id) {
      values_[id] = static_cast<ValueId>(caller_.insts.size());
      caller_.insts.emplace_back();
    };
    for (size_t i = 0; i < callee_.blocks.size(); ++i) {
      if (i != 0) std::ranges::for_each(callee_.blocks[i].params, name);
      std::ranges::for_each(callee_.blocks[i].insts, name);
    }
  }

  void add_block(const Block& from) {
    Block& block = caller_.blocks.emplace_back();
    block.loop_depth = depth_;
    block.is_cold = from.is_cold;
    for (const ValueId id : from.params) {
      block.params.push_back(values_[id]);
      caller_[values_[id]] = callee_[id];
    }
  }

  uint32_t add_args(std::span<const ValueId> args) {
    const auto first = static_cast<uint32_t>(caller_.pool.size());
    for (const ValueId arg : args) caller_.pool.push_back(values_[arg]);
    return first;
  }

  void fill(BlockId to, const Block& from, BlockId rest) {
    for (const ValueId id : from.insts) {
      const Inst& inst = callee_[id];
      if (inst.op == Op::Return) {
        set_target(to, inst, rest);
        caller_[values_[id]] = Inst{.op = Op::Jump};
      } else {
        caller_[values_[id]] = translate(inst);
      }
      caller_.blocks[to].insts.push_back(values_[id]);
    }
    if (callee_.terminator(from).op == Op::Return) return;
    caller_.blocks[to].first_target = static_cast<uint32_t>(caller_.targets.size());
    caller_.blocks[to].target_count = from.target_count;
    for (const ir::Target& target : callee_.targets_of(from))
      caller_.targets.push_back(
          {first_block_ + target.block - 1, add_args(callee_.args(target)), target.arg_count});
  }

  void set_target(BlockId to, const Inst& ret, BlockId rest) {
    caller_.blocks[to].first_target = static_cast<uint32_t>(caller_.targets.size());
    caller_.blocks[to].target_count = 1;
    caller_.targets.push_back({rest, add_args(callee_.args(ret)), ret.arg_count});
  }

  Inst translate(const Inst& from) {
    Inst inst = from;
    if (inst.position != ir::kNoPosition) inst.position += first_position_;
    if (inst.op == Op::Call) inst.imm += first_call_;
    if (inst.op == ir::to_op(Opcode::V128Const) || inst.op == ir::to_op(Opcode::I8x16Shuffle))
      inst.imm += first_vector_;
    if (inst.arg_count <= inst.args.size()) {
      for (uint16_t i = 0; i < inst.arg_count; ++i) inst.args[i] = values_[inst.args[i]];
    } else {
      inst.args[0] = add_args(callee_.args(from));
    }
    return inst;
  }

  Function& caller_;
  const Function& callee_;
  std::vector<ValueId> values_;
  BlockId first_block_ = 0;  ///< the callee's second one
  ir::PositionId call_position_ = ir::kNoPosition;
  uint32_t first_position_ = 0;
  size_t first_call_ = 0;
  size_t first_vector_ = 0;
  uint16_t depth_ = 0;
};

}  // namespace

bool inline_calls(Function& function, const CalleeSource& callee_of) {
  const size_t limit = 2 * function.insts.size() + kGrowth;
  bool has_changed = false;
  const size_t blocks = function.blocks.size();
  // From the end of each block, so that what follows a call is moved once.
  for (BlockId block = 0; block < blocks; ++block) {
    if (function.blocks[block].is_cold) continue;
    for (size_t i = function.blocks[block].insts.size(); i-- > 0;) {
      const Inst& inst = function[function.blocks[block].insts[i]];
      if (inst.op != Op::Call) continue;
      const CallInfo& call = function.calls[inst.imm];
      if (call.kind != CallInfo::Kind::Direct || call.index == function.function_index) continue;
      if (function.insts.size() > limit) break;
      const Function* callee = callee_of(call.index);
      if (callee == nullptr || !is_suitable(*callee)) continue;
      Inliner(function, *callee).run(block, i);
      has_changed = true;
    }
  }
  if (has_changed) straighten(function);
  return has_changed;
}

}  // namespace brink::compile
