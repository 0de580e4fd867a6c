// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The translator's class: the sink of the body decoder that writes threaded code. How it works is
// said in translator.cc.

#ifndef BRINK_INTERPRET_FUNCTION_TRANSLATOR_H_
#define BRINK_INTERPRET_FUNCTION_TRANSLATOR_H_

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/interpret/code_builder.h"
#include "engine/interpret/translator.h"
#include "engine/validate/body_decoder.h"

namespace brink::interpret {

using validate::FrameKind;
using validate::Instruction;

class Translator {
 public:
  using Value = StackValue;
  struct Control {
    uint32_t base = 0;        ///< slot of the first label operand and of the first result
    uint32_t loop_start = 0;  ///< word
    uint32_t outer_loop = LoopSite::kNone;
    uint32_t else_position = 0;
    FixupList end = kNoFixups;
    FixupList otherwise = kNoFixups;  ///< branches to the else arm
    FixupList to_else = kNoFixups;    ///< the same, once they have been bound
    bool has_jump_over_else = false;
    bool arm_fell_through = false;
    uint32_t try_index = 0;  ///< of try_table and try: into tries_
  };
  /// A `try` that is open.
  struct Try {
    uint32_t start = 0;  ///< word
    uint32_t end = 0;    ///< of a legacy one, once its first catch is reached
    bool has_ended = false;
    uint32_t exception_slot = 0;  ///< of a legacy one: what `rethrow` throws
    std::vector<validate::CatchClause> catches;
    std::vector<TryClause> clauses;
  };
  using Item = validate::Operand<Value>;
  using Frame = validate::ControlFrame<Control>;
  using Args = std::span<Item>;
  using Decoder = validate::FunctionBodyDecoder<Translator>;

  Translator(const runtime::ModuleState& module, TranslationNotes* notes)
      : module_(module), decoded_(module.decoded), config_(module.engine.config()), notes_(notes) {}

  Result<std::unique_ptr<FunctionCode>> translate(uint32_t function_index);

  // ---- callbacks of the decoder, see validate/sink.h ----
  void begin(Decoder& d);
  void finish(Decoder&) {}
  void instruction(Decoder& d, const Instruction& i, Args args, Args results);
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
  void call(Decoder& d, const Instruction& i, const FuncType& type, Args args, Args results);
  void return_call(Decoder& d, const Instruction& i, const FuncType& type, Args args);
  // translator_exceptions.cc
  void throw_(Decoder& d, const Instruction& i, Args args);
  void throw_ref(Decoder& d, const Instruction& i, Item exception);
  void try_table(Decoder& d, Frame& frame, std::span<const validate::CatchClause> clauses);
  void legacy_try(Decoder& d, Frame& frame);
  void legacy_catch(Decoder& d, Frame& frame, uint32_t tag_index);
  void legacy_catch_all(Decoder& d, Frame& frame);
  void legacy_delegate(Decoder& d, Frame& frame, uint32_t depth);
  void legacy_rethrow(Decoder& d, const Instruction& i, uint32_t depth);

 private:
  Status run(uint32_t function_index, bool far_mode);
  void unsupported(Opcode opcode) {
    if (!unsupported_) unsupported_ = opcode;
  }

  // Operand stack.
  uint32_t stack_slot(Decoder& d, size_t index) const;
  void place_results(Decoder& d, Args results);
  void pop(const Item& item);
  void pop(Args args);
  void push_local(Value& value, uint32_t local, uint32_t index);
  void preserve(Decoder& d, uint32_t local);
  void flush(Decoder& d, bool also_constants = false, uint32_t from = 0);
  void set_temps(Args items, uint32_t base);

  // Control.
  void start(Decoder& d, uint32_t offset, Opcode opcode);
  void charge();
  void move_operands(Args operands, uint32_t base);
  bool in_place(Args operands, uint32_t base, const Decoder& d) const;
  void take_branch(Decoder& d, uint32_t depth);
  void emit_return(Args results);
  uint32_t arguments_to_slots(Decoder& d, Args args, uint32_t base);

  // Exceptions.
  uint32_t open_try(Decoder& d, Frame& frame);
  void close_try(Decoder& d, Frame& frame, uint32_t delegate_level);
  void emit_landing(Decoder& d, Frame& frame, const validate::CatchClause& clause);
  void start_catch(Frame& frame, uint32_t tag, uint32_t payload_slots);

  // Garbage collection.
  bool is_traced(ValType type) const { return runtime::is_traced(*decoded_.registry, type); }
  void note_safepoint(Decoder& d, size_t live, Args operands, uint32_t arguments_base,
                      std::span<const ValType> arguments);
  void object(Decoder& d, const Instruction& i, Args args, Args results);
  void allocate(Decoder& d, InternalOp op, uint32_t immediate, const Instruction& i, Args args,
                Item& result);
  void field_get(const Instruction& i, Args args, Item& result);
  void field_set(const Instruction& i, Args args);
  void array_bulk(const Instruction& i, Args args);

  // Instructions by class.
  void variable(Decoder& d, const Instruction& i, Args args, Args results);
  void constant(const Instruction& i, Args results);
  void access(const Instruction& i, Args args, Args results);
  void memory(Decoder& d, const Instruction& i, Args args, Args results);
  void table(Decoder& d, const Instruction& i, Args args, Args results);
  void reference(const Instruction& i, Args args, Args results);
  void computing(const Instruction& i, Args args, Args results);
  void wide(const Instruction& i, Args args, Args results);
  void atomic(const Instruction& i, Args args, Args results);
  uint32_t operands_in_slots(Args args);

  const runtime::ModuleState& module_;
  const wasm::Module& decoded_;
  const EngineConfig& config_;
  TranslationNotes* notes_;
  CodeBuilder code_;
  std::optional<Opcode> unsupported_;

  std::vector<uint32_t> local_slots_;
  struct LocalUse {
    uint32_t epoch = 0;
    uint32_t index = 0;  ///< of the topmost entry that names the local, plus 1; 0 for none
  };
  std::vector<LocalUse> local_uses_;
  uint32_t epoch_ = 1;
  uint32_t flushed_ = 0;  ///< entries below are Temp or Const
  uint32_t param_slots_ = 0;
  uint32_t result_slots_ = 0;
  uint32_t link_slot_ = 0;
  uint32_t stack_base_ = 0;  ///< slot of the first operand stack entry
  uint32_t fuel_ = 0;        ///< of instructions since the last charge

  std::vector<Try> open_tries_;  ///< innermost last
  std::vector<TryRange> tries_;
  std::vector<LoopSite> loops_;
  uint32_t open_loop_ = LoopSite::kNone;  ///< the innermost
  std::vector<TryClause> clauses_;
  // Each legacy `try` keeps its exception in a hidden local, one per depth of nesting. How many are
  // needed is known when the function has been translated once; then it is translated again.
  uint32_t legacy_depth_ = 0;
  uint32_t max_legacy_depth_ = 0;
  uint32_t exception_slots_ = 0;  ///< reserved
  uint32_t first_exception_slot_ = 0;
  bool far_mode_ = false;
};

}  // namespace brink::interpret

#endif  // BRINK_INTERPRET_FUNCTION_TRANSLATOR_H_
