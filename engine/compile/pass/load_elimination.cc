// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// One walk in reverse postorder. What is known at the start of a block is what all its predecessors
// know at their ends; at a loop's header, what is known before the loop and not written anywhere in
// it. A block remembers the latest few places only, which keeps the pass linear.

#include "engine/compile/pass/load_elimination.h"

#include <algorithm>

#include "engine/compile/ir/editor.h"
#include "engine/compile/pass/aliasing.h"
#include "engine/compile/pass/control_flow.h"
#include "engine/compile/pass/loop_writes.h"

namespace brink::compile {

using ir::BlockId;
using ir::Inst;
using ir::Op;
using ir::ValueId;

namespace {

constexpr size_t kRemembered = 24;

/// The load that would read a place gives this value.
struct Known {
  Access place;
  Op load = Op::Copy;
  uint8_t flags = 0;
  ValueId value = ir::kNoValue;
  friend bool operator==(const Known& a, const Known& b) {
    return a.value == b.value && a.load == b.load && a.flags == b.flags &&
           a.place.place == b.place.place && a.place.base == b.place.base &&
           a.place.offset == b.place.offset;
  }
};
using State = std::vector<Known>;

/// The load that reads back just what a store has written, or Copy if there is none.
Op matching_load(Op store) {
  if (!ir::is_wasm(store)) return Op::Copy;
  switch (ir::to_opcode(store)) {
    case Opcode::I32Store: return ir::to_op(Opcode::I32Load);
    case Opcode::I64Store: return ir::to_op(Opcode::I64Load);
    case Opcode::F32Store: return ir::to_op(Opcode::F32Load);
    case Opcode::F64Store: return ir::to_op(Opcode::F64Load);
    case Opcode::V128Store: return ir::to_op(Opcode::V128Load);
    case Opcode::GlobalSet: return ir::to_op(Opcode::GlobalGet);
    default: return Op::Copy;
  }
}

class LoadElimination {
 public:
  LoadElimination(const wasm::Module& module, ir::Function& function)
      : module_(module),
        function_(function),
        flow_(function),
        replacements_(function.insts.size()) {}

  void run() {
    writes_ = find_loop_writes(module_, function_, flow_);
    known_.resize(function_.blocks.size());
    readers_left_.resize(function_.blocks.size());
    for (const BlockId block : flow_.reverse_postorder())
      readers_left_[block] = function_.blocks[block].target_count;
    for (const BlockId block : flow_.reverse_postorder()) {
      State state = state_at_start(block);
      visit(function_.blocks[block], state);
      known_[block] = std::move(state);
    }
    if (replacements_.empty()) return;
    for (ir::Block& block : function_.blocks)
      std::erase_if(block.insts, [&](ValueId id) { return replacements_.find(id) != id; });
    replacements_.apply(function_);
  }

 private:
  bool is_shared(PlaceKind place) const {
    return place < module_.memories.size() && module_.memories[place].is_shared;
  }

  State state_at_start(BlockId block) {
    State state;
    bool is_first = true;
    for (const BlockId from : flow_.predecessors(block)) {
      if (flow_.is_back_edge(from, block)) continue;
      if (is_first)
        state = take(from);
      else
        intersect(state, known_[from], from);
      is_first = false;
    }
    const uint32_t loop = flow_.loop_of(block);
    if (loop != Loop::kNone && flow_.loops()[loop].header == block) {
      std::erase_if(state,
                    [&](const Known& known) { return writes_[loop].may_write(known.place.place); });
    }
    return state;
  }

  State take(BlockId from) {
    return --readers_left_[from] == 0 ? std::move(known_[from]) : known_[from];
  }
  void intersect(State& state, State& other, BlockId from) {
    std::erase_if(
        state, [&](const Known& known) { return std::ranges::find(other, known) == other.end(); });
    if (--readers_left_[from] == 0) State().swap(other);
  }

  void visit(ir::Block& block, State& state) {
    for (const ValueId id : block.insts) {
      Inst& inst = function_[id];
      const Access access = access_of(module_, function_, inst);
      switch (access.kind) {
        case Access::Kind::None: break;
        case Access::Kind::Load: visit_load(id, access, state); break;
        case Access::Kind::Store: visit_store(inst, access, state); break;
        case Access::Kind::Clobber:
          std::erase_if(
              state, [](const Known& known) { return known.place.place != ir::region::kConstant; });
          break;
      }
    }
  }

  void visit_load(ValueId id, Access access, State& state) {
    const Inst& inst = function_[id];
    if (is_shared(access.place)) return;
    access.base = find_base(access);
    const Known wanted{access, inst.op, inst.flags, id};
    for (Known& known : state) {
      if (known.load != inst.op || known.flags != inst.flags || known.place.place != access.place ||
          known.place.base != access.base || known.place.offset != access.offset)
        continue;
      if (function_[known.value].type != inst.type) continue;
      replacements_.set(id, known.value);
      return;
    }
    remember(state, wanted);
  }

  void visit_store(const Inst& inst, Access access, State& state) {
    access.base = find_base(access);
    std::erase_if(state, [&](const Known& known) {
      return known.place.place == access.place && may_overlap(known.place, access);
    });
    const Op load = matching_load(inst.op);
    if (load == Op::Copy || is_shared(access.place)) return;
    const ValueId stored = replacements_.find(access.stored);
    remember(state, Known{access, load, inst.flags, stored});
  }

  static void remember(State& state, const Known& known) {
    if (state.size() == kRemembered) state.erase(state.begin());
    state.push_back(known);
  }

  /// The bases of globals are no values.
  ValueId find_base(const Access& access) {
    const bool is_global = access.place == kImportedGlobals ||
                           (access.place >= kFirstGlobal && access.place < ir::region::kHeap);
    return is_global ? access.base : replacements_.find(access.base);
  }

  const wasm::Module& module_;
  ir::Function& function_;
  ControlFlow flow_;
  std::vector<LoopWrites> writes_;      ///< by loop
  std::vector<State> known_;            ///< by block, at its end, as long as somebody asks
  std::vector<uint32_t> readers_left_;  ///< by block
  ir::Replacements replacements_;
};

}  // namespace

void eliminate_loads(const wasm::Module& module, ir::Function& function) {
  LoadElimination(module, function).run();
}

}  // namespace brink::compile
