// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Bytes into decoder and validator. Bodies are validated a second time with a consumer, which must
// come to the same verdict; the consumer insists on the contract of engine/validate/sink.h: every
// value that it is handed is one that it made, and the stacks are as deep as promised.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/decode/module_decoder.h"
#include "engine/support/check.h"
#include "engine/validate/body_decoder.h"
#include "engine/validate/const_expr.h"
#include "engine/validate/module_validator.h"

namespace {

using namespace brink;
using validate::ControlFrame;
using validate::Instruction;

struct CheckingSink {
  /// Set by this sink in every value that it made.
  struct Value {
    bool is_mine = false;
  };
  struct Control {
    bool is_open = false;
  };
  using Item = validate::Operand<Value>;
  using Frame = ControlFrame<Control>;
  using Args = std::span<Item>;

  static void check(const Item& item) { BRINK_CHECK(item.value.is_mine && !item.type.is_bottom()); }
  static void check(Args items) {
    for (const Item& item : items) check(item);
  }
  static void make(Args items) {
    for (Item& item : items) {
      BRINK_CHECK(!item.value.is_mine);
      item.value.is_mine = true;
    }
  }
  static void open(auto& d, Frame& frame) {
    BRINK_CHECK(&d.frame(0) == &frame && frame.start_is_reachable && !frame.control.is_open);
    BRINK_CHECK(d.operands().size() == frame.height + frame.params.size());
    frame.control.is_open = true;
    check(d.operands());
  }
  static void begin_arm(auto& d, Frame& frame, size_t operands) {
    BRINK_CHECK(&d.frame(0) == &frame && (frame.control.is_open || d.control_depth() == 1));
    BRINK_CHECK(d.operands().size() == frame.height + operands);
    make(d.top(static_cast<uint32_t>(operands)));
    check(d.operands());
  }
  static void branch(auto& d, uint32_t depth) {
    const validate::FrameKind kind = d.frame(depth).kind;
    BRINK_CHECK(kind == validate::FrameKind::Loop || d.frame(depth).end_is_reachable);
    check(d.top(d.label_arity(depth)));
  }

  void begin(auto& d) { BRINK_CHECK(d.control_depth() == 1 && d.operands().empty()); }
  void finish(auto& d) { BRINK_CHECK(d.control_depth() == 0); }
  void instruction(auto& d, const Instruction& instruction, Args args, Args results) {
    BRINK_CHECK(instruction.offset == d.offset());
    check(args);
    make(results);
    check(d.top(static_cast<uint32_t>(results.size())));
  }
  void block(auto& d, Frame& frame) { open(d, frame); }
  void loop(auto& d, Frame& frame) { open(d, frame); }
  void if_(auto& d, Frame& frame, Item condition) {
    check(condition);
    open(d, frame);
  }
  void else_(auto& d, Frame& frame) { begin_arm(d, frame, frame.params.size()); }
  void fallthrough(auto& d, Frame& frame) {
    BRINK_CHECK(frame.end_is_reachable);
    check(d.top(static_cast<uint32_t>(frame.results.size())));
  }
  void end(auto& d, Frame& frame) { begin_arm(d, frame, frame.results.size()); }
  void br(auto& d, uint32_t depth) { branch(d, depth); }
  void br_if(auto& d, uint32_t depth, Item condition) {
    check(condition);
    branch(d, depth);
  }
  void br_table(auto& d, std::span<const uint32_t> depths, Item index) {
    check(index);
    for (const uint32_t depth : depths) branch(d, depth);
  }
  void br_on(auto& d, const Instruction& instruction, Item operand, Item* kept) {
    check(operand);
    BRINK_CHECK((kept == nullptr) == (instruction.opcode == Opcode::BrOnNonNull));
    if (kept != nullptr) make({kept, 1});
    check(d.operands());
  }
  void return_(auto& d) { check(d.top(static_cast<uint32_t>(d.function_type().results.size()))); }
  void unreachable(auto& d, const Instruction&) { check(d.operands()); }
  void call(auto& d, const Instruction&, const FuncType& type, Args args, Args results) {
    BRINK_CHECK(results.size() == type.results.size());
    check(args);
    make(results);
    check(d.top(static_cast<uint32_t>(results.size())));
  }
  void return_call(auto&, const Instruction&, const FuncType& type, Args args) {
    BRINK_CHECK(args.size() >= type.params.size());
    check(args);
  }
  void throw_(auto&, const Instruction&, Args args) { check(args); }
  void throw_ref(auto&, const Instruction&, Item exception) { check(exception); }
  void try_table(auto& d, Frame& frame, std::span<const validate::CatchClause> clauses) {
    for (const validate::CatchClause& clause : clauses)
      BRINK_CHECK(clause.label_depth + 1 < d.control_depth());
    open(d, frame);
  }
  void legacy_try(auto& d, Frame& frame) { open(d, frame); }
  void legacy_catch(auto& d, Frame& frame, uint32_t tag) {
    const TypeId type = d.module().type_ids[d.module().tags[tag]];
    begin_arm(d, frame, d.registry().get(type).func()->params.size());
  }
  void legacy_catch_all(auto& d, Frame& frame) { begin_arm(d, frame, 0); }
  void legacy_delegate(auto& d, Frame& frame, uint32_t depth) {
    BRINK_CHECK(depth + 1 < d.control_depth());
    begin_arm(d, frame, frame.results.size());
  }
  void legacy_rethrow(auto& d, const Instruction&, uint32_t depth) {
    BRINK_CHECK(depth < d.control_depth());
  }
};

/// Counts objects; every value is 0.
struct NullEvaluator {
  using Value = int;
  Value constant(const Instruction&) { return 0; }
  Value ref_null(HeapType) { return 0; }
  Value ref_func(uint32_t) { return 0; }
  Value global_get(uint32_t) { return 0; }
  Value binary(Opcode, Value, Value) { return 0; }
  Value convert(Opcode, Value) { return 0; }
  Result<Value> allocate(const Instruction&, std::span<Value> operands, std::span<Value> pending) {
    BRINK_CHECK(operands.size() <= pending.size());
    return 0;
  }
};

void evaluate_globals(const wasm::Module& module) {
  NullEvaluator evaluator;
  for (size_t i = module.imported_globals; i < module.globals.size(); ++i)
    BRINK_CHECK(validate::evaluate_const_expr(module, module.globals[i].init, evaluator));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto module = decode::decode_module(std::span(data, size), Features::all());
  if (!module) return 0;
  const Status declarations =
      validate::validate_declarations(*module, std::make_shared<TypeRegistry>());
  if (!declarations) {
    BRINK_CHECK(!declarations.error().message().empty());
    return 0;
  }
  evaluate_globals(*module);
  CheckingSink sink;
  validate::FunctionBodyDecoder<CheckingSink> decoder(*module, sink);
  const auto functions = static_cast<uint32_t>(module->functions.size());
  for (uint32_t i = module->imported_functions; i < functions; ++i) {
    const Status alone = validate::validate_body(*module, i);
    const Status consumed = decoder.decode(i);
    BRINK_CHECK(alone.has_value() == consumed.has_value());
    if (!alone) BRINK_CHECK(alone.error().message() == consumed.error().message());
  }
  return 0;
}
