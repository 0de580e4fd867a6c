// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Decodes, validates and delivers a function body in one pass over its bytes (spec: validation
// algorithm). See sink.h for what is delivered and when.
//
// Almost all bytes of real code belong to instructions with a plain signature and short immediates.
// short_cuts() takes them as long as nothing is unusual, with the state in registers, driven by a
// table of 256 rows that is computed from the opcode table. It knows no errors: whatever it does
// not take goes the general way, where decode::InstructionReader reads the immediates, and the
// members in body_control.h, body_memory.h and body_gc.h check the types.
//
// Code that cannot run is checked like any other and not delivered. In a polymorphic frame (spec:
// unreachable) operands that are missing match everything.
//
// Work is linear in the size of the body, times the number of parameters or results of a function
// type, which the module decoder limits. Memory is linear in the size of the body. Nesting is
// limited by memory alone.
//
//     FunctionBodyDecoder decoder(module, sink);
//     Status status = decoder.decode(function_index);   // any number of times

#ifndef BRINK_VALIDATE_BODY_DECODER_H_
#define BRINK_VALIDATE_BODY_DECODER_H_

#include <algorithm>
#include <array>
#include <bit>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/decode/format.h"
#include "engine/decode/limits.h"
#include "engine/decode/type_reader.h"
#include "engine/validate/body_context.h"
#include "engine/validate/operand_stack.h"
#include "engine/validate/sink.h"

namespace brink::validate {

/// What an instruction means to short_cuts() and to frequent_control(), by its first byte.
enum class Step : uint8_t {
  General,
  // In short_cuts().
  Unary,
  Binary,
  Load,
  Store,
  I32Const,
  I64Const,
  LocalGet,
  LocalSet,
  LocalTee,
  GlobalGet,
  // In frequent_control(), from here on.
  Block,
  Loop,
  If,
  End,
  Br,
  BrIf,
  Call,
};

struct StepRow {
  Step step = Step::General;
  uint8_t align_log2 = 0;            ///< Load, Store: the natural one
  ValKind first = ValKind::Bottom;   ///< operand pushed first
  ValKind second = ValKind::Bottom;  ///< operand pushed second
  ValKind result = ValKind::Bottom;
  Opcode opcode = Opcode::Nop;
};

extern const std::array<StepRow, 256> kStepRows;

template <class Sink>
class FunctionBodyDecoder : public BodyContext {
 public:
  using Value = typename Sink::Value;
  using Control = typename Sink::Control;
  using Item = Operand<Value>;
  using Frame = ControlFrame<Control>;
  using Args = std::span<Item>;
  using Types = std::span<const ValType>;

  /// The module must have been validated but for its bodies.
  FunctionBodyDecoder(const wasm::Module& module, Sink& sink) : BodyContext(module), sink_(sink) {}

  /// Goes through the body of a defined function.
  Status decode(uint32_t function_index);

  /// Goes through an expression outside of functions, as if it were a body of that type.
  Status decode_expression(wasm::ConstExpr expression, const FuncType& type);

  // ---- for sinks ----
  /// The whole operand stack. Types and number are the decoder's, values the sink's.
  Args operands() { return stack_.all(); }
  /// The topmost `count` operands.
  Args top(uint32_t count) { return stack_.top(count); }
  /// 0 is the innermost frame.
  Frame& frame(uint32_t depth) { return frames_[frames_.size() - 1 - depth]; }
  /// Number of frames, the function's included.
  uint32_t control_depth() const { return static_cast<uint32_t>(frames_.size()); }
  /// Operands that a branch to that frame carries.
  uint32_t label_arity(uint32_t depth) {
    return static_cast<uint32_t>(frame(depth).label_types().size());
  }
  /// Whether what comes next can run, hence is delivered.
  bool is_reachable() const { return reachable_; }

 private:
  /// Whether instructions have to be recorded for somebody.
  static constexpr bool kConsumes = !std::is_same_v<Sink, NullSink>;

  /// More than the bytes of a body can push one by one; it stops bodies that push a thousand
  /// results with every call.
  static constexpr uint32_t kMaxOperands = decode::limits::kFunctionBytes / 2;

  bool decode_body();
  bool general();
  bool special(Opcode opcode);
  bool frequent_control(const StepRow& row);

  // ---- short cuts (body_short_cuts.h) ----
  /// The state of short_cuts(), which lives in registers.
  struct Cursor {
    const uint8_t* pos;   // of the next byte
    const uint8_t* last;  // where the general way takes over
    Item* top;            // of the operand stack
    const Item* floor;
    const Item* room_end;
    const ValType* locals;  // the expanded ones
    uint32_t local_count;
  };
  Cursor load_cursor();
  bool store_cursor(const Cursor& cursor);
  bool short_cuts();
  template <uint32_t pops, uint32_t pushes>
  bool advance(Cursor& cursor, Opcode opcode, uint32_t bytes, ValType result = kBottom);
  bool unary(Cursor& cursor, const StepRow& row);
  bool binary(Cursor& cursor, const StepRow& row);
  template <uint32_t pops, uint32_t pushes>
  bool access(Cursor& cursor, const StepRow& row);
  bool load(Cursor& cursor, const StepRow& row);
  bool store(Cursor& cursor, const StepRow& row);
  template <uint32_t max_bytes>
  bool constant(Cursor& cursor, const StepRow& row);
  bool local_get(Cursor& cursor, const StepRow& row);
  template <uint32_t pushes>
  bool local_set(Cursor& cursor, const StepRow& row);
  bool global_get(Cursor& cursor, const StepRow& row);

  // ---- operands (body_operands.h) ----
  bool match_top(Types types, uint32_t below = 0) {
    return types.empty() || match_operands(types, below);
  }
  bool match_operands(Types types, uint32_t below);
  template <class TypeAt>
  bool match_each(uint32_t count, uint32_t below, TypeAt type_at);
  bool match_one(ValType type, ValType expected) const {
    return type == expected || matches(type, expected);
  }
  std::vector<ValType> actual_types(size_t count);
  void set_top(Types types);
  bool ref_on_top(ValType& type);
  bool pop_i32(Item& operand);
  Item pop();
  Args take(uint32_t count);
  void commit(uint32_t pops, Types results);
  void commit(uint32_t pops, ValType result) { commit(pops, Types(&result, 1)); }
  bool exchange(Types operands, Types results);
  bool exchange(std::initializer_list<ValType> operands, std::initializer_list<ValType> results) {
    return exchange(Types(operands.begin(), operands.size()),
                    Types(results.begin(), results.size()));
  }
  bool plain(const OpcodeInfo& row);

  // ---- control (body_control.h) ----
  Frame& current() { return frames_.back(); }
  void enter_function();
  Frame* open(FrameKind kind, const BlockSignature& signature);
  bool finish_arm();
  void restart_arm(FrameKind kind, Types operands);
  template <class Deliver>
  void close(Deliver deliver);
  void mark_unreachable();
  bool check_label(uint32_t depth);
  void reach(uint32_t depth);
  bool check_catch(const CatchClause& clause);
  bool check_results(Types results);

  bool control(Opcode opcode);
  bool block(FrameKind kind);
  bool if_();
  bool else_();
  bool end();
  bool br();
  bool br_if();
  bool br_table();
  bool br_on_null();
  bool br_on_non_null();
  bool br_on_cast();
  bool return_();
  bool unreachable();
  bool throw_();
  bool throw_ref();
  bool try_table();
  bool try_();
  bool catch_();
  bool catch_all();
  bool check_catch_place();
  bool delegate();
  bool rethrow();
  bool call_any(Opcode opcode);
  bool call(const FuncType& type, ValType callee);
  bool call_indirect();

  // ---- parametric, variables, tables, memories (body_memory.h) ----
  bool parametric(Opcode opcode);
  bool drop();
  bool select();
  bool select_typed();
  bool variable(Opcode opcode);
  bool local(Opcode opcode);
  bool memory(Opcode opcode);
  bool table(Opcode opcode);
  bool table_access(Opcode opcode);
  bool table_init();
  bool table_copy();

  // ---- references, structs, arrays (body_gc.h) ----
  bool reference(Opcode opcode);
  bool ref_func();
  bool gc(Opcode opcode);
  bool gc_struct(Opcode opcode);
  bool gc_array(Opcode opcode);
  bool gc_cast(Opcode opcode);
  bool struct_new();
  bool array_new(Opcode opcode);
  bool array_new_fixed();
  bool array_fill_or_init(Opcode opcode);
  bool array_copy();
  bool convert(AbstractHeapType from, AbstractHeapType to);

  Sink& sink_;
  OperandStack<Value> stack_;
  std::vector<Frame> frames_;  // the function's first
  std::vector<Item> args_;     // what take() copied
  bool reachable_ = false;     // of the current frame: start reachable and arm not ended
};

// ---- the main loop ----

template <class Sink>
Status FunctionBodyDecoder<Sink>::decode(uint32_t function_index) {
  if (open_body(function_index) && decode_body()) return {};
  return std::unexpected(take_error());
}

template <class Sink>
Status FunctionBodyDecoder<Sink>::decode_expression(wasm::ConstExpr expression,
                                                    const FuncType& type) {
  open_expression(expression, type);
  if (decode_body()) return {};
  return std::unexpected(take_error());
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::decode_body() {
  enter_function();
  sink_.begin(*this);
  do {
    if (!short_cuts()) return false;
    if (!frames_.empty() && !general()) return false;
  } while (!frames_.empty());
  instruction_start_ = reader_.position();
  if (!reader_.ok()) return fail_reading();
  if (!reader_.at_end())
    return fail("section size mismatch: bytes follow the last `end` of a function body",
                ErrorKind::Malformed);
  sink_.finish(*this);
  return true;
}

/// Any instruction.
template <class Sink>
bool FunctionBodyDecoder<Sink>::general() {
  instruction_start_ = reader_.position();
  if (reader_.at_end()) [[unlikely]]
    return fail_at_end_of_body();
  stack_.ensure_room();
  const StepRow& row = kStepRows[reader_.peek_u8()];
  if (stack_.size() > kMaxOperands) [[unlikely]]
    return fail_too_many_operands(stack_.size(), kMaxOperands);
  if (row.step >= Step::Block) return frequent_control(row);
  instruction_.offset = offset();
  instruction_.opcode = instructions_.read_opcode();
  instructions_.read_immediates(instruction_);
  if (!reader_.ok()) [[unlikely]]
    return fail_reading();
  const OpcodeInfo& info = brink::info(instruction_.opcode);
  return info.signature.is_special ? special(instruction_.opcode) : plain(info);
}

template <class Sink>
bool FunctionBodyDecoder<Sink>::special(Opcode opcode) {
  switch (info(opcode).cls) {
    case OpClass::Control: return control(opcode);
    case OpClass::Call: return call_any(opcode);
    case OpClass::Parametric: return parametric(opcode);
    case OpClass::Variable: return variable(opcode);
    case OpClass::Memory: return memory(opcode);
    case OpClass::Table: return table(opcode);
    case OpClass::Ref: return reference(opcode);
    case OpClass::Gc: return gc(opcode);
    default: BRINK_UNREACHABLE();
  }
}

/// The control instructions that real code is full of, without the detour of reading immediates
/// that are told apart at run time.
template <class Sink>
bool FunctionBodyDecoder<Sink>::frequent_control(const StepRow& row) {
  instruction_start_ = reader_.position();
  instruction_.offset = offset();
  instruction_.opcode = row.opcode;
  reader_.skip(1);
  if (row.step == Step::End) return end();
  if (row.step > Step::If) {
    instruction_.index = reader_.read_u32();
  } else if (reader_.peek_u8() == decode::kEmptyBlockByte) {
    instruction_.block = {};
    reader_.skip(1);
  } else {
    instruction_.block = decode::read_block_type(reader_, module_.features);
  }
  if (!reader_.ok()) [[unlikely]]
    return fail_reading();
  switch (row.step) {
    case Step::Block: return block(FrameKind::Block);
    case Step::Loop: return block(FrameKind::Loop);
    case Step::If: return if_();
    case Step::Br: return br();
    case Step::BrIf: return br_if();
    case Step::Call: return call_any(row.opcode);
    default: BRINK_UNREACHABLE();
  }
}

}  // namespace brink::validate

#include "engine/validate/body_control.h"     // IWYU pragma: export
#include "engine/validate/body_gc.h"          // IWYU pragma: export
#include "engine/validate/body_memory.h"      // IWYU pragma: export
#include "engine/validate/body_operands.h"    // IWYU pragma: export
#include "engine/validate/body_short_cuts.h"  // IWYU pragma: export

#endif  // BRINK_VALIDATE_BODY_DECODER_H_
