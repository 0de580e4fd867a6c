// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Why a use behind a loop can take an exit's parameter: the value dominates the use, and the exit,
// which nothing but this loop leads to, does too. Then the value dominates each edge from the loop
// to the exit, or there were a way to the use without it. So each edge can pass it, and an edge of
// a copy passes what the copy has in its place. Where no exit dominates the use, the loop is left
// alone.
//
// The control flow is computed once: the loops that are repeated are innermost ones, so they have
// no block in common, and new blocks are asked about by the blocks that they are copies of.

#include "engine/compile/pass/loop_unrolling.h"

#include <algorithm>

#include "engine/compile/ir/editor.h"
#include "engine/compile/pass/control_flow.h"

namespace brink::compile {

using ir::Block;
using ir::BlockId;
using ir::Function;
using ir::Inst;
using ir::kNoBlock;
using ir::kNoValue;
using ir::Op;
using ir::Target;
using ir::ValueId;

namespace {

constexpr size_t kMaxBlocks = 5;
constexpr size_t kMaxExits = 4;
/// How often the body is there in the end, by its size.
constexpr size_t kMaxInstsTwice = 24;
constexpr size_t kMaxInstsFourTimes = 10;
/// Values that are used behind the loop.
constexpr size_t kMaxEscaping = 8;
/// What may be added to a function, beside half of what it had.
constexpr size_t kGrowth = 256;

class Unrolling {
 public:
  explicit Unrolling(Function& function) : function_(function), flow_(function) {}

  bool run() {
    find_candidates();
    if (candidates_.empty()) return false;
    find_escaping();
    const size_t limit = function_.insts.size() + function_.insts.size() / 2 + kGrowth;
    bool has_changed = false;
    for (Candidate& candidate : candidates_) {
      if (candidate.is_hopeless || function_.insts.size() > limit) continue;
      unroll(candidate);
      has_changed = true;
    }
    if (has_changed) redirect_uses();
    return has_changed;
  }

 private:
  /// A value that is used where this exit leads.
  struct Escape {
    ValueId value = kNoValue;
    BlockId exit = kNoBlock;
    ValueId param = kNoValue;  ///< of the exit, once the loop is repeated
  };
  struct Candidate {
    uint32_t loop = 0;
    uint32_t copies = 0;  ///< beside the original
    std::vector<BlockId> exits;
    std::vector<Escape> escapes;
    bool is_hopeless = false;
  };

  std::span<const BlockId> blocks(const Candidate& candidate) const {
    return flow_.loops()[candidate.loop].blocks;
  }
  BlockId header(const Candidate& candidate) const { return flow_.loops()[candidate.loop].header; }

  // ---- which loops ----

  void find_candidates() {
    std::vector<bool> has_inner(flow_.loops().size(), false);
    for (const Loop& loop : flow_.loops())
      if (loop.parent != Loop::kNone) has_inner[loop.parent] = true;
    candidate_of_.assign(flow_.loops().size(), kNone);
    for (uint32_t i = 0; i < flow_.loops().size(); ++i) {
      const Loop& loop = flow_.loops()[i];
      if (has_inner[i] || loop.blocks.size() > kMaxBlocks) continue;
      const size_t insts = count_insts(loop);
      if (insts > kMaxInstsTwice) continue;
      Candidate candidate;
      candidate.loop = i;
      candidate.copies = insts <= kMaxInstsFourTimes ? 3 : 1;
      if (!find_exits(loop, candidate)) continue;
      candidate_of_[i] = static_cast<uint32_t>(candidates_.size());
      candidates_.push_back(std::move(candidate));
    }
  }

  /// Without what costs nothing; too many if the loop is not worth it, or not to be copied.
  size_t count_insts(const Loop& loop) const {
    constexpr size_t kTooMany = ~size_t{0};
    size_t count = 0;
    for (const BlockId block : loop.blocks) {
      if (function_.blocks[block].is_cold) return kTooMany;
      for (const ValueId id : function_.blocks[block].insts) {
        const Inst& inst = function_[id];
        switch (inst.op) {
          case Op::Call:
          case Op::Invoke:
          case Op::RuntimeCall:
          case Op::RuntimeInvoke:
          case Op::Landing:
          case Op::Switch:
          case Op::Fuel: return kTooMany;
          case Op::Poll: break;
          default: count += ir::is_constant(inst) ? 0 : 1;
        }
      }
      if (count > kMaxInstsTwice) return kTooMany;
    }
    return count;
  }

  bool find_exits(const Loop& loop, Candidate& candidate) const {
    for (const BlockId block : loop.blocks)
      for (const Target& target : function_.targets_of(function_.blocks[block]))
        if (flow_.loop_of(target.block) != candidate.loop &&
            std::ranges::find(candidate.exits, target.block) == candidate.exits.end())
          candidate.exits.push_back(target.block);
    return candidate.exits.size() <= kMaxExits;
  }

  // ---- values that are used behind their loop ----

  void find_escaping() {
    home_.assign(function_.insts.size(), kNone);
    for (uint32_t i = 0; i < candidates_.size(); ++i)
      for (const BlockId block : blocks(candidates_[i])) {
        for (const ValueId id : function_.blocks[block].params) home_[id] = i;
        for (const ValueId id : function_.blocks[block].insts) home_[id] = i;
      }
    for (const BlockId block : flow_.reverse_postorder())
      for_each_arg(block, [&](ValueId& arg) {
        if (home_[arg] != kNone && candidate_at(block) != home_[arg])
          note_escape(candidates_[home_[arg]], arg, block);
      });
  }

  /// The candidate whose loop a block is in, or kNone.
  uint32_t candidate_at(BlockId block) const {
    const uint32_t loop = flow_.loop_of(block);
    return loop == Loop::kNone ? kNone : candidate_of_[loop];
  }

  template <typename Use>
  void for_each_arg(BlockId block, Use use) {
    for (const ValueId id : function_.blocks[block].insts)
      for (ValueId& arg : function_.args(function_[id])) use(arg);
    for (const Target& target : function_.targets_of(function_.blocks[block]))
      for (ValueId& arg : function_.args(target)) use(arg);
  }

  void note_escape(Candidate& candidate, ValueId value, BlockId user) {
    if (candidate.is_hopeless) return;
    const auto leads_to_user = [&](BlockId exit) {
      return flow_.dominators().dominates(exit, user) &&
             std::ranges::all_of(flow_.predecessors(exit), [&](BlockId from) {
               return flow_.loop_of(from) == candidate.loop;
             });
    };
    const auto exit = std::ranges::find_if(candidate.exits, leads_to_user);
    if (exit == candidate.exits.end()) {
      candidate.is_hopeless = true;
      return;
    }
    const bool is_known = std::ranges::any_of(candidate.escapes, [&](const Escape& escape) {
      return escape.value == value && escape.exit == *exit;
    });
    if (is_known) return;
    candidate.is_hopeless = candidate.escapes.size() == kMaxEscaping;
    candidate.escapes.push_back({value, *exit});
  }

  /// Where a value has become a parameter of an exit, those behind use the parameter.
  void redirect_uses() {
    for (BlockId block = 0; block < function_.blocks.size(); ++block) {
      const BlockId origin = origin_of(block);
      if (!flow_.dominators().is_reachable(origin)) continue;
      for_each_arg(block, [&](ValueId& arg) {
        if (arg >= home_.size() || home_[arg] == kNone || candidate_at(origin) == home_[arg])
          return;
        for (const Escape& escape : candidates_[home_[arg]].escapes)
          if (escape.value == arg && escape.param != kNoValue &&
              flow_.dominators().dominates(escape.exit, origin)) {
            arg = escape.param;
            return;
          }
      });
    }
  }

  // ---- copies ----

  void unroll(Candidate& candidate) {
    for (Escape& escape : candidate.escapes) {
      escape.param = ir::add_param(function_, escape.exit, function_[escape.value].type);
    }
    pass_escapes(candidate);
    const BlockId first = header(candidate);
    uint32_t back_edges = 0;
    for (const BlockId block : blocks(candidate))
      for (const Target& target : function_.targets_of(function_.blocks[block]))
        back_edges += target.block == first ? 1 : 0;
    std::vector<std::vector<BlockId>> bodies = {
        {blocks(candidate).begin(), blocks(candidate).end()}};
    for (uint32_t i = 0; i < candidate.copies; ++i) {
      const std::vector<BlockId> copy = add_blocks(candidate);
      name_values(candidate, copy, bodies.back(), back_edges == 1);
      for (size_t b = 0; b < copy.size(); ++b) fill(candidate, b, copy);
      for (const ValueId id : named_) names_[id] = kNoValue;
      bodies.push_back(copy);
    }
    // Until here all ways to a header led to the original one, which those of the last copy do
    // still.
    for (size_t i = 0; i + 1 < bodies.size(); ++i)
      lead_back_edges(bodies[i], first, bodies[i + 1][0], back_edges == 1);
  }

  /// The edges to an exit pass what it has got parameters for.
  void pass_escapes(const Candidate& candidate) {
    if (candidate.escapes.empty()) return;
    for (const BlockId block : blocks(candidate))
      for (uint32_t i = 0; i < function_.blocks[block].target_count; ++i) {
        Target& target = function_.targets[function_.blocks[block].first_target + i];
        const auto known = function_.args(target);
        std::vector<ValueId> args(known.begin(), known.end());
        for (const Escape& escape : candidate.escapes)
          if (escape.exit == target.block) args.push_back(escape.value);
        if (args.size() != target.arg_count) ir::set_target_args(function_, target, args);
      }
  }

  std::vector<BlockId> add_blocks(const Candidate& candidate) {
    std::vector<BlockId> copy;
    for (const BlockId block : blocks(candidate)) {
      copy.push_back(ir::add_block(function_));
      function_.blocks[copy.back()].loop_depth = function_.blocks[block].loop_depth;
      origins_.push_back(block);
    }
    return copy;
  }

  /// What stands for the values of the loop in a copy. A header with one way in needs no
  /// parameters: their values are what that way passes.
  void name_values(const Candidate& candidate, std::span<const BlockId> copy,
                   std::span<const BlockId> previous, bool has_one_way_in) {
    std::vector<ValueId> passed;
    if (has_one_way_in) {
      for (const BlockId block : previous)
        for (const Target& target : function_.targets_of(function_.blocks[block]))
          if (target.block == header(candidate))
            passed.assign(function_.args(target).begin(), function_.args(target).end());
    }
    names_.resize(function_.insts.size(), kNoValue);
    named_.clear();
    const auto name = [&](ValueId from, ValueId to) {
      names_[from] = to;
      named_.push_back(from);
    };
    for (size_t b = 0; b < copy.size(); ++b) {
      const Block& from = function_.blocks[blocks(candidate)[b]];
      for (size_t i = 0; i < from.params.size(); ++i) {
        const ValueId param = function_.blocks[blocks(candidate)[b]].params[i];
        if (b == 0 && has_one_way_in)
          name(param, passed[i]);
        else
          name(param, ir::add_param(function_, copy[b], function_[param].type));
      }
      for (const ValueId id : from.insts) {
        function_.insts.emplace_back();
        name(id, static_cast<ValueId>(function_.insts.size() - 1));
      }
    }
  }

  ValueId renamed(ValueId id) const {
    return id < names_.size() && names_[id] != kNoValue ? names_[id] : id;
  }

  std::vector<ValueId> renamed(std::span<const ValueId> args) const {
    std::vector<ValueId> result;
    for (const ValueId arg : args) result.push_back(renamed(arg));
    return result;
  }

  /// Block `index` of a copy. Ways to the header lead to the original one.
  void fill(const Candidate& candidate, size_t index, std::span<const BlockId> copy) {
    const std::span<const BlockId> originals = blocks(candidate);
    const BlockId from = originals[index];
    const BlockId to = copy[index];
    std::vector<ValueId> insts;
    for (const ValueId id : function_.blocks[from].insts) {
      Inst inst = function_[id];
      ir::set_args(function_, inst, renamed(function_.args(inst)));
      function_[names_[id]] = inst;
      insts.push_back(names_[id]);
    }
    function_.blocks[to].insts = std::move(insts);
    const uint32_t count = function_.blocks[from].target_count;
    const auto first = static_cast<uint32_t>(function_.targets.size());
    function_.blocks[to].first_target = first;
    function_.blocks[to].target_count = count;
    for (uint32_t i = 0; i < count; ++i) {
      Target target = function_.targets[function_.blocks[from].first_target + i];
      const std::vector<ValueId> args = renamed(function_.args(target));
      const auto inside = std::ranges::find(originals, target.block);
      if (inside != originals.end() && inside != originals.begin())
        target.block = copy[static_cast<size_t>(inside - originals.begin())];
      ir::set_target_args(function_, target, args);
      function_.targets.push_back(target);
    }
  }

  void lead_back_edges(std::span<const BlockId> from, BlockId old_header, BlockId new_header,
                       bool has_one_way_in) {
    for (const BlockId block : from)
      for (Target& target : function_.targets_of(function_.blocks[block]))
        if (target.block == old_header) {
          target.block = new_header;
          if (has_one_way_in) target.arg_count = 0;
        }
  }

  BlockId origin_of(BlockId block) const {
    const size_t old_count = function_.blocks.size() - origins_.size();
    return block < old_count ? block : origins_[block - old_count];
  }

  static constexpr uint32_t kNone = ~uint32_t{0};

  Function& function_;
  ControlFlow flow_;
  std::vector<Candidate> candidates_;
  std::vector<uint32_t> candidate_of_;  ///< by loop
  std::vector<uint32_t> home_;          ///< by value: the candidate that it is computed in
  std::vector<BlockId> origins_;        ///< of the new blocks: what they are copies of
  std::vector<ValueId> names_;  ///< by value: what stands for it in the copy that is being made
  std::vector<ValueId> named_;
};

}  // namespace

bool unroll_loops(Function& function) {
  return Unrolling(function).run();
}

}  // namespace brink::compile
