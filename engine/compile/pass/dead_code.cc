// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/pass/dead_code.h"

#include <algorithm>

#include "engine/compile/ir/editor.h"
#include "engine/compile/pass/incoming.h"
#include "engine/compile/pass/straighten.h"

namespace brink::compile {
namespace {

using ir::Block;
using ir::BlockId;
using ir::Function;
using ir::Inst;
using ir::kNoValue;
using ir::Op;
using ir::Target;
using ir::ValueId;

/// Finds parameters that always have one and the same value. Optimistic: starts from the assumption
/// that all have, so that parameters of loops that only feed each other are found together.
///
/// value_[p] goes from "nothing seen yet" (kNoValue) over the one value seen, which may itself turn
/// out to be a copy of something else, to p itself. Code that takes many rounds is left as it is.
class CopyFinder {
 public:
  explicit CopyFinder(Function& function)
      : function_(function), incoming_(function), value_(function.insts.size(), kNoValue) {
    list_users();
    for (BlockId id = 0; id < function.blocks.size(); ++id)
      for (const ValueId param : function.blocks[id].params) pending_.push_back({id, param});
    std::ranges::reverse(pending_);
    size_t left = kMaxUpdates * (pending_.size() + users_.size());
    while (!pending_.empty() && left-- != 0) {
      const Param param = pending_.back();
      pending_.pop_back();
      update(param);
    }
  }

  void apply() {
    if (!pending_.empty()) return;
    ir::Replacements replacements(function_.insts.size());
    for (Block& block : function_.blocks) {
      for (const ValueId param : block.params)
        if (value_[param] != param && value_[param] != kNoValue)
          replacements.set(param, value_[param]);
    }
    replacements.apply(function_);
  }

 private:
  static constexpr size_t kMaxUpdates = 10;

  struct Param {
    BlockId block = 0;
    ValueId id = kNoValue;
  };

  /// For each parameter those that get it as an argument.
  void list_users() {
    first_user_.assign(function_.insts.size() + 1, 0);
    const auto for_each = [this](auto use) {
      for (const Block& block : function_.blocks)
        for (const Target& target : function_.targets_of(block))
          for (uint32_t i = 0; i < target.arg_count; ++i) {
            const ValueId arg = function_.pool[target.first_arg + i];
            if (function_[arg].op == Op::Param)
              use(arg, Param{target.block, function_.blocks[target.block].params[i]});
          }
    };
    for_each([this](ValueId arg, Param) { ++first_user_[arg + 1]; });
    for (size_t i = 1; i < first_user_.size(); ++i) first_user_[i] += first_user_[i - 1];
    users_.resize(first_user_.back());
    std::vector<uint32_t> next(first_user_);
    for_each([&](ValueId arg, Param user) { users_[next[arg]++] = user; });
  }

  void update(Param param) {
    if (value_[param.id] == param.id) return;
    const auto index = static_cast<uint32_t>(function_[param.id].imm);
    // Those of the entry block come from outside.
    ValueId seen = param.block == 0 ? param.id : kNoValue;
    for (const uint32_t t : incoming_.targets(param.block)) {
      const ValueId arg = function_.pool[function_.targets[t].first_arg + index];
      const ValueId value = function_[arg].op == Op::Param ? value_[arg] : arg;
      if (value == kNoValue || value == seen) continue;
      if (seen != kNoValue) {
        seen = param.id;
        break;
      }
      seen = value;
    }
    if (seen == value_[param.id]) return;
    value_[param.id] = seen;
    for (uint32_t i = first_user_[param.id]; i < first_user_[param.id + 1]; ++i)
      pending_.push_back(users_[i]);
  }

  Function& function_;
  Incoming incoming_;
  std::vector<ValueId> value_;
  std::vector<uint32_t> first_user_;
  std::vector<Param> users_;
  std::vector<Param> pending_;
};

/// Marks what is needed, starting from what has an effect, and removes the rest.
class Sweeper {
 public:
  explicit Sweeper(Function& function)
      : function_(function), incoming_(function), is_needed_(function.insts.size()) {}

  void run() {
    block_of_param_.assign(function_.insts.size(), 0);
    for (BlockId id = 0; id < function_.blocks.size(); ++id) {
      const Block& block = function_.blocks[id];
      for (const ValueId param : block.params) {
        block_of_param_[param] = id;
        if (id == 0) need(param);
      }
      for (const ValueId inst : block.insts)
        if (ir::has_effect(function_[inst])) need(inst);
    }
    while (!pending_.empty()) {
      const ValueId id = pending_.back();
      pending_.pop_back();
      visit(id);
    }
    for (BlockId id = 0; id < function_.blocks.size(); ++id) sweep(id);
  }

 private:
  void need(ValueId id) {
    if (is_needed_[id]) return;
    is_needed_[id] = true;
    pending_.push_back(id);
  }

  void visit(ValueId id) {
    const Inst& inst = function_[id];
    for (const ValueId arg : function_.args(inst)) need(arg);
    if (inst.op != Op::Param) return;
    for (const uint32_t t : incoming_.targets(block_of_param_[id]))
      need(function_.pool[function_.targets[t].first_arg + inst.imm]);
  }

  void sweep(BlockId id) {
    Block& block = function_.blocks[id];
    std::erase_if(block.insts, [this](ValueId inst) { return !is_needed_[inst]; });
    if (std::ranges::all_of(block.params, [this](ValueId p) { return is_needed_[p]; })) return;
    for (const uint32_t t : incoming_.targets(id)) {
      Target& target = function_.targets[t];
      uint32_t kept = 0;
      for (uint32_t i = 0; i < target.arg_count; ++i)
        if (is_needed_[block.params[i]])
          function_.pool[target.first_arg + kept++] = function_.pool[target.first_arg + i];
      target.arg_count = kept;
    }
    std::erase_if(block.params, [this](ValueId param) { return !is_needed_[param]; });
    for (size_t i = 0; i < block.params.size(); ++i) function_[block.params[i]].imm = i;
  }

  Function& function_;
  Incoming incoming_;
  std::vector<bool> is_needed_;
  std::vector<BlockId> block_of_param_;
  std::vector<ValueId> pending_;
};

}  // namespace

void remove_dead_code(Function& function) {
  straighten(function);
  CopyFinder(function).apply();
  Sweeper(function).run();
  // Without arguments more blocks turn out to do nothing.
  straighten(function);
}

}  // namespace brink::compile
