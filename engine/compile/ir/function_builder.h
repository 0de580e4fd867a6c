// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The builder's class: the sink of the body decoder that makes SSA. Operands need no renaming: the
// decoder's operand stack holds their values. Locals do:
//
//   - locals_ has the current value of each local. What has changed since a frame of the control
//     stack was opened is in a trail, a section for each open frame, so that a frame's end can put
//     the old values back;
//   - a branch forward (an edge) notes the values of the locals that have changed since its label's
//     frame was opened. When the frame ends, all edges to its label are known: locals whose values
//     differ between them become parameters of the block behind it;
//   - a loop's header comes before the branches to it. Its parameters are the locals that the loop
//     assigns, which the prescan knows. Other locals pass through it untouched.
//
// Scopes of value numbering follow the same nesting: the block behind a frame is dominated by what
// came before the frame. The end of a loop is only reached from its body, so loops have no scope.
//
// Where a branch turns out never to be taken, what follows is built into dead blocks, which nothing
// leads to and which are dropped in the end; edges out of them do not exist. So a function that is
// entered at a loop (builder_loop_entry.cc) is built from its start, but all before the loop is
// dead.

#ifndef BRINK_COMPILE_IR_FUNCTION_BUILDER_H_
#define BRINK_COMPILE_IR_FUNCTION_BUILDER_H_

#include <span>
#include <vector>

#include "engine/compile/compiler.h"
#include "engine/compile/ir/editor.h"
#include "engine/compile/ir/prescan.h"
#include "engine/compile/ir/simplify.h"
#include "engine/compile/ir/value_numbering.h"
#include "engine/validate/body_decoder.h"

namespace brink::compile::ir {

using validate::CatchClause;
using validate::FrameKind;
using validate::Instruction;

enum class RuntimeFunction : uint32_t {
#define BRINK_RUNTIME_FUNCTION(id, name, collects) id,
#include "engine/compile/runtime_functions.def"
};

class FunctionBuilder final : private InstSink {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};

  /// Where edges meet: the end of a frame, or the handlers of a try.
  struct Label {
    uint32_t first_edge = kNone;
    uint32_t last_edge = kNone;
    uint32_t edge_count = 0;
    uint32_t trail_mark = 0;  ///< of the frame's start
  };
  struct Value {
    ValueId id = kNoValue;
  };
  struct Control {
    Label end;
    uint32_t section = 0;  ///< of the trail
    uint32_t outer_section = 0;
    uint32_t scope = 0;         ///< of value numbering, where the frame starts
    BlockId header = kNoBlock;  ///< of a loop
    const Prescan::Loop* loop = nullptr;
    bool is_left = false;  ///< a loop that was open where the code is entered
    uint32_t loop_offset = 0;
    uint32_t else_target = kNone;  ///< of an if: the target to be set when `else` comes
    int hint = 0;                  ///< of an if, see hint_at
    bool fell_through = false;     ///< into the end, in the current block, with fall_values_
    uint32_t saved_params = 0;     ///< of an if: in saved_
    uint32_t handler = kNone;      ///< who catches in the current arm: in tries_
    // Of a legacy try.
    uint32_t catch_index = 0;  ///< the arm that comes next
    uint32_t catch_mark = 0;   ///< trail and scope behind the dispatch
    uint32_t catch_scope = 0;
    uint32_t first_arm = 0;  ///< in arms_
    ValueId exception = kNoValue;
  };
  using Item = validate::Operand<Value>;
  using Frame = validate::ControlFrame<Control>;
  using Args = std::span<Item>;
  using Decoder = validate::FunctionBodyDecoder<FunctionBuilder>;

  FunctionBuilder(const ModuleContext& context, uint32_t function_index, const LoopEntry* entry);
  Result<Function> build();

  // ---- callbacks of the decoder, see validate/sink.h ----
  void begin(Decoder& d);
  void finish(Decoder& d);
  void instruction(Decoder& d, const Instruction& i, Args args, Args results);
  // builder_control.cc
  void block(Decoder& d, Frame& frame);
  void loop(Decoder& d, Frame& frame);
  void if_(Decoder& d, Frame& frame, Item condition);
  void else_(Decoder& d, Frame& frame);
  void fallthrough(Decoder& d, Frame& frame);
  void end(Decoder& d, Frame& frame);
  void br(Decoder& d, uint32_t depth);
  void br_if(Decoder& d, uint32_t depth, Item condition);
  void br_table(Decoder& d, std::span<const uint32_t> depths, Item index);
  void br_on(Decoder& d, const Instruction& i, Item operand, Item* kept);
  void return_(Decoder& d);
  void unreachable(Decoder& d, const Instruction& i);
  // builder_calls.cc
  void call(Decoder& d, const Instruction& i, const FuncType& type, Args args, Args results);
  void return_call(Decoder& d, const Instruction& i, const FuncType& type, Args args);
  // builder_exceptions.cc
  void throw_(Decoder& d, const Instruction& i, Args args);
  void throw_ref(Decoder& d, const Instruction& i, Item exception);
  void try_table(Decoder& d, Frame& frame, std::span<const CatchClause> clauses);
  void legacy_try(Decoder& d, Frame& frame);
  void legacy_catch(Decoder& d, Frame& frame, uint32_t tag_index);
  void legacy_catch_all(Decoder& d, Frame& frame);
  void legacy_delegate(Decoder& d, Frame& frame, uint32_t depth);
  void legacy_rethrow(Decoder& d, const Instruction& i, uint32_t depth);

 private:
  /// A branch to a label that is not bound yet.
  struct Edge {
    uint32_t target = 0;  ///< in Function::targets
    uint32_t operands = 0;
    uint32_t operand_count = 0;  ///< in edge_operands_
    uint32_t changes = 0;
    uint32_t change_count = 0;  ///< in edge_changes_
    uint32_t next = kNone;
  };
  struct Change {
    uint32_t local = 0;
    ValueId value = kNoValue;
  };
  struct TrailEntry {
    uint32_t local = 0;
    ValueId old_value = kNoValue;
    uint32_t old_section = 0;
  };
  /// What is known of a local.
  struct Local {
    uint32_t section = 0;  ///< of its latest trail entry
    // While edges meet, valid if `stamp` is the current one.
    uint32_t stamp = 0;
    uint32_t edge_count = 0;
    uint32_t param = kNone;
    ValueId value = kNoValue;
    bool differs = false;
  };
  /// A try that is open and catches something.
  struct Try {
    Label dispatch;
    uint32_t outer = kNone;  ///< who searches next
    std::vector<CatchClause> clauses;
    uint32_t first_clause = 0;  ///< in Function::clauses, flattened
    uint32_t clause_count = 0;
  };
  /// A branch condition with negations taken off.
  struct Condition {
    ValueId value = kNoValue;
    bool is_inverted = false;
    bool is_constant = false;
    bool constant = false;
  };
  /// Of a legacy try.
  struct Arm {
    BlockId block = kNoBlock;
    bool is_live = false;
  };

  // ---- instructions (builder.cc) ----
  ValueId make(const Inst& inst) override { return emit(inst); }
  ValueId emit(Inst inst);
  ValueId emit(Opcode opcode, Type type, std::initializer_list<ValueId> args, uint64_t imm = 0) {
    return emit(make_inst(opcode, type, args, imm));
  }
  ValueId append(const Inst& inst);
  ValueId effect(Inst inst);
  ValueId constant(Type type, uint64_t bits) { return emit(make_constant(type, bits)); }
  ValueId dummy(Type type);
  Type type_of(ValueId id) const { return f_[id].type; }
  Type type_of(ValType type) const { return to_type(type, *module_.registry); }
  PositionId position();
  void over_budget() { failed_ = true; }
  void spend(uint64_t amount) {
    if ((work_ += amount) > max_work_) over_budget();
  }

  // ---- blocks (builder_control.cc) ----
  BlockId new_block();
  void enter(BlockId block, bool is_live);
  void flush();
  void kill();
  uint32_t terminate(const Inst& inst, uint32_t target_count);
  void trap(TrapCode code);
  void trap_if(ValueId condition, TrapCode code, bool unless = false);
  template <typename Likely, typename Unlikely>
  ValueId branch_and_join(ValueId condition, Type type, Likely likely, Unlikely unlikely);
  void emit_return(std::span<const ValueId> values);

  void start(Decoder& d, uint32_t offset);
  void charge();
  void open_frame(Decoder& d, Frame& frame);
  void set_local(uint32_t local, ValueId value);
  void undo_to(uint32_t trail_mark);
  void keep_changes(const Control& control);
  void close_frame(const Control& control);

  void add_edge(Label& label, std::span<const ValueId> operands, uint32_t target);
  void jump_to(Label& label, std::span<const ValueId> operands);
  void bind(const Label& label, std::vector<ValueId>& values);
  void bind(const Label& label, Args results);
  void find_params(const Label& label);
  void give_arguments(const Label& label);
  void branch_to(Decoder& d, uint32_t depth, std::span<const ValueId> operands, uint32_t target);
  void take_branch(Decoder& d, uint32_t depth, std::span<const ValueId> operands);
  void branch_if(Decoder& d, uint32_t depth, std::span<const ValueId> operands,
                 Condition condition);
  Condition condition_of(ValueId value);
  bool is_zero(ValueId value) const {
    return f_[value].op == to_op(Opcode::I32Const) && f_[value].imm == 0;
  }
  std::span<const ValueId> values_of(Args items);
  void fill_table(Decoder& d, std::span<const uint32_t> depths, std::span<const ValueId> operands,
                  uint32_t first_target);
  int hint_at(uint32_t offset) const;

  // builder_loop_entry.cc
  void begin_at_loop(Decoder& d);
  void enter_at_loop(Decoder& d);
  void leave_to_loop(Decoder& d, const Frame& frame, std::span<const ValueId> operands);

  // ---- instructions by class ----
  void variable(const Instruction& i, Args args, Args results);
  void constant(const Instruction& i, Args results);
  void computing(const Instruction& i, Args args, Args results);
  // builder_memory.cc
  void access(const Instruction& i, Args args, Args results);
  void atomic(const Instruction& i, Args args, Args results);
  void memory(Decoder& d, const Instruction& i, Args args, Args results);
  void table(Decoder& d, const Instruction& i, Args args, Args results);
  ValueId extend_index(ValueId index);
  ValueId instance() { return emit(make_inst(Op::Instance, Type::I64)); }
  ValueId raw_load(Opcode opcode, Type type, ValueId base, uint32_t region, uint32_t offset);
  ValueId load_constant(ValueId base, uint32_t offset) {
    return raw_load(Opcode::I64Load, Type::I64, base, region::kConstant, offset);
  }
  ValueId load_vm(ValueId base, uint32_t offset) {
    return raw_load(Opcode::I64Load, Type::I64, base, region::kVm, offset);
  }
  void raw_store(Opcode opcode, ValueId base, ValueId value, uint32_t region, uint32_t offset);
  ValueId list_entry(uint32_t list, uint32_t index);
  ValueId address_of(ValueId index, const decode::MemArg& memarg, uint32_t bytes, Inst& access);
  ValueId table_slot(uint32_t index, ValueId element);
  // builder_bulk.cc
  bool copy_few(const Instruction& i, Args args);
  bool fill_few(const Instruction& i, Args args);
  uint32_t small_size(ValueId size) const;
  Inst memory_range(uint32_t memory, ValueId index, uint32_t bytes);
  Inst part_of(const Inst& range, Opcode opcode, Type type, uint32_t offset) const;
  void store_parts(const Inst& range, Opcode opcode, std::span<const uint32_t> offsets,
                   std::span<const ValueId> values);

  // ---- calls (builder_calls.cc) ----
  ValueId call_runtime(Decoder& d, RuntimeFunction function, std::span<const ValueId> args,
                       uint32_t a, uint32_t b, Type result);
  void runtime_operation(Decoder& d, RuntimeFunction function, Args args, uint32_t a, uint32_t b,
                         Args results);
  ValueId emit_call(Decoder& d, Inst inst, bool may_throw);
  void take_results(ValueId call, Args results);
  uint64_t add_callee(const Instruction& i, const FuncType& type);
  std::span<const ValueId> call_args(const Instruction& i, Args args);

  // ---- references and objects (builder_gc.cc) ----
  void reference(Decoder& d, const Instruction& i, Args args, Args results);
  void object(Decoder& d, const Instruction& i, Args args, Args results);
  void field_get(const Instruction& i, Args args, Args results);
  void field_set(const Instruction& i, Args args);
  void cast(Decoder& d, const Instruction& i, Args args, Args results);
  ValueId word_of(ValueId reference);
  ValueId is_null(ValueId reference) {
    return emit(Opcode::I64Eqz, Type::I32, {word_of(reference)});
  }
  void check_null(const Item& reference, TrapCode code);
  ValueId heap_base();
  ValueId object_address(ValueId reference);
  ValueId element_address(const Item& array, ValueId index, uint32_t element_bytes);
  ValueId load_storage(ValType storage, bool is_signed, ValueId base, uint32_t offset);
  void store_storage(ValType storage, ValueId base, ValueId value, uint32_t offset);
  ValueId test_type(Decoder& d, const Item& reference, ValType target, uint32_t offset);
  ValueId test_object(ValueId reference, bool is_object, HeapType target, uint32_t type_index);
  ValueId current_heap_base();
  // builder_allocation.cc
  ValueId new_object(Decoder& d, uint32_t type_index, RuntimeFunction slow_path,
                     uint32_t cell_bytes, ValueId length);
  bool allocate(Decoder& d, const Instruction& i, Args args, Args results);
  void allocate_struct(Decoder& d, const Instruction& i, Args args, Args results);
  bool allocate_array(Decoder& d, const Instruction& i, Args args, Args results);

  // ---- exceptions (builder_exceptions.cc) ----
  void open_try(Decoder& d, Frame& frame, std::vector<CatchClause> clauses, uint32_t outer);
  void flatten(Try& context);
  BlockId make_landing(uint32_t handler);
  void throw_runtime(Decoder& d, RuntimeFunction function, std::span<const ValueId> args,
                     uint32_t a);
  ValueId start_dispatch(const Try& context);
  ValueId has_tag(ValueId exception, uint32_t tag_index);
  void load_payload(ValueId exception, uint32_t tag_index, std::vector<ValueId>& values);
  void emit_dispatch(Decoder& d, Frame& frame);
  void pass_on(const Try& context, ValueId exception);
  void start_arm(Decoder& d, Frame& frame);
  void emit_catch_dispatch(Frame& frame);

  const ModuleContext& context_;
  const wasm::Module& module_;
  const EngineConfig& config_;
  const LoopEntry* entry_;  ///< null: the function is entered at its start
  bool has_entered_ = false;
  uint32_t entry_scope_ = 0;  ///< of value numbering, in the entry block
  std::vector<ValueId> entry_locals_;
  ValueId entry_frame_ = kNoValue;
  Function f_;
  Prescan prescan_;
  Simplifier simplifier_;
  ValueTable values_;
  bool failed_ = false;
  uint64_t work_ = 0;
  uint64_t max_work_ = 0;

  BlockId current_ = kNoBlock;
  std::vector<ValueId> block_insts_;  ///< of the current block, those it has not got yet
  bool is_live_ = false;
  uint32_t offset_ = 0;  ///< of the current instruction
  uint32_t fuel_ = 0;    ///< of instructions since the last charge
  uint32_t loop_depth_ = 0;

  std::vector<ValueId> locals_;
  std::vector<Local> local_info_;
  std::vector<TrailEntry> trail_;
  uint32_t section_ = 0;
  uint32_t next_section_ = 1;
  uint32_t stamp_ = 0;
  // Of the label that is being bound: which operands and locals differ between its edges.
  std::vector<uint32_t> param_operands_;
  std::vector<uint32_t> param_locals_;
  std::vector<uint32_t> touched_;
  std::vector<Edge> edges_;
  std::vector<ValueId> edge_operands_;
  std::vector<Change> edge_changes_;
  std::vector<ValueId> saved_;        ///< parameters of open ifs
  std::vector<ValueId> fall_values_;  ///< between fallthrough and end
  std::vector<ValueId> scratch_;
  std::vector<Try> tries_;  ///< those of open frames, and earlier ones
  std::vector<Arm> arms_;   ///< of open legacy tries
  std::span<const wasm::BranchHint> hints_;
};

/// A value that is computed in one of two ways, which meet again. The current block must be live;
/// `likely` if the condition is not zero. Both leave the locals alone.
template <typename Likely, typename Unlikely>
ValueId FunctionBuilder::branch_and_join(ValueId condition, Type type, Likely likely,
                                         Unlikely unlikely) {
  const uint32_t targets = terminate(make_inst(Op::Branch, Type::Void, {condition}), 2);
  const uint32_t scope = values_.mark();
  const BlockId ways[] = {new_block(), new_block()};
  const BlockId join = new_block();
  f_.blocks[ways[1]].is_cold = true;
  for (uint32_t i = 0; i < 2; ++i) {
    f_.targets[targets + i].block = ways[i];
    enter(ways[i], true);
    const ValueId value = i == 0 ? likely() : unlikely();
    const uint32_t jump = terminate(make_inst(Op::Jump, Type::Void), 1);
    f_.targets[jump] = {join, static_cast<uint32_t>(f_.pool.size()), 1};
    f_.pool.push_back(value);
    values_.reset(scope);
  }
  enter(join, true);
  return add_param(f_, join, type);
}

}  // namespace brink::compile::ir

#endif  // BRINK_COMPILE_IR_FUNCTION_BUILDER_H_
