// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The contract between the body decoder and its sinks: what is delivered, when, and in which state
// the stacks are. A sink that writes everything down gives each value a name, so that a lost or
// mixed up value is seen.

#include "engine/validate/sink.h"

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "engine/validate/body_decoder.h"
#include "engine/validate/test_module.h"

namespace brink::validate::testing {
namespace {

/// Writes a line for each callback. Values are numbered as they are made.
struct Recorder {
  struct Value {
    uint32_t number = 0;
  };
  struct Control {
    uint32_t number = 0;
  };
  using Item = Operand<Value>;
  using Frame = ControlFrame<Control>;
  using Args = std::span<Item>;

  std::string log;
  uint32_t values = 0;
  uint32_t frames = 0;

  static std::string name(const Item& item) {
    return std::string("v")
        .append(std::to_string(item.value.number))
        .append(":")
        .append(to_string(item.type));
  }
  static std::string names(Args items) {
    std::string text;
    for (const Item& item : items) text.append(1, ' ').append(name(item));
    return text;
  }
  std::string fresh(Args items) {
    for (Item& item : items) {
      CHECK(item.value.number == 0);
      item.value.number = ++values;
    }
    return items.empty() ? "" : " ->" + names(items);
  }
  void line(const std::string& text) { log += text + "\n"; }

  /// A frame opens over its parameters.
  void open(auto& d, const char* what, Frame& frame) {
    CHECK(&d.frame(0) == &frame);
    CHECK(d.operands().size() == frame.height + frame.params.size());
    frame.control.number = ++frames;
    const auto count = static_cast<uint32_t>(frame.params.size());
    line(what + std::to_string(frame.control.number) + names(d.top(count)));
  }
  /// An arm or the code after a block begins with operands that the sink has to name.
  void begin_arm(auto& d, const char* what, Frame& frame, uint32_t count) {
    CHECK(&d.frame(0) == &frame);
    CHECK(d.operands().size() == frame.height + count);
    line(what + std::to_string(frame.control.number) + fresh(d.top(count)));
  }

  void begin(auto& d) {
    CHECK(d.control_depth() == 1);
    CHECK(d.operands().empty());
    line("begin " + std::to_string(d.local_types().size()) + " locals");
  }
  void finish(auto& d) {
    CHECK(d.control_depth() == 0);
    line("finish");
  }
  void instruction(auto& d, const Instruction& instruction, Args args, Args results) {
    CHECK(instruction.offset == d.offset());
    CHECK(info(instruction.opcode).code == (d.module().bytes[instruction.offset] < 0xfb
                                                ? d.module().bytes[instruction.offset]
                                                : d.module().bytes[instruction.offset + 1]));
    CHECK(d.operands().size() >= results.size());
    if (!results.empty()) CHECK(&results.back() == &d.operands().back());
    std::string text(mnemonic(instruction.opcode));
    if (info(instruction.opcode).cls == OpClass::Const)
      text += " " + std::to_string(instruction.bits);
    if (info(instruction.opcode).cls == OpClass::Variable)
      text += " " + std::to_string(instruction.index);
    if (info(instruction.opcode).imm == ImmKind::MemArg)
      text += " +" + std::to_string(instruction.memarg.offset) + " align " +
              std::to_string(instruction.memarg.align_log2);
    text += names(args);
    line(text + fresh(results));
  }
  void block(auto& d, Frame& frame) { open(d, "block ", frame); }
  void loop(auto& d, Frame& frame) { open(d, "loop ", frame); }
  void if_(auto& d, Frame& frame, Item condition) {
    open(d, ("if " + name(condition) + " ").c_str(), frame);
  }
  void else_(auto& d, Frame& frame) {
    CHECK(frame.kind == FrameKind::Else);
    begin_arm(d, "else ", frame, static_cast<uint32_t>(frame.params.size()));
  }
  void fallthrough(auto& d, Frame& frame) {
    CHECK(&d.frame(0) == &frame);
    const auto count = static_cast<uint32_t>(frame.results.size());
    CHECK(d.operands().size() == frame.height + count);
    line("fallthrough " + std::to_string(frame.control.number) + names(d.top(count)));
  }
  void end(auto& d, Frame& frame) {
    const bool live = frame.end_is_reachable;
    begin_arm(d, live ? "end " : "dead end ", frame, static_cast<uint32_t>(frame.results.size()));
  }
  void br(auto& d, uint32_t depth) {
    line("br " + std::to_string(depth) + names(d.top(d.label_arity(depth))));
  }
  void br_if(auto& d, uint32_t depth, Item condition) {
    line("br_if " + std::to_string(depth) + " " + name(condition) +
         names(d.top(d.label_arity(depth))));
  }
  void br_table(auto& d, std::span<const uint32_t> depths, Item index) {
    std::string text = "br_table";
    for (const uint32_t depth : depths) text.append(1, ' ').append(std::to_string(depth));
    line(text + " " + name(index) + names(d.top(d.label_arity(depths.back()))));
  }
  void br_on(auto& d, const Instruction& instruction, Item operand, Item* kept) {
    std::string text = std::string(mnemonic(instruction.opcode)) + " " + name(operand);
    if (kept != nullptr) {
      CHECK(kept == &d.operands().back());
      text += fresh({kept, 1});
    }
    line(text);
  }
  void return_(auto& d) {
    line("return" + names(d.top(static_cast<uint32_t>(d.function_type().results.size()))));
  }
  void unreachable(auto&, const Instruction&) { line("unreachable"); }
  void call(auto&, const Instruction& instruction, const FuncType& type, Args args, Args results) {
    CHECK(type.results.size() == results.size());
    line(std::string(mnemonic(instruction.opcode)) + " " + std::to_string(instruction.index) +
         names(args) + fresh(results));
  }
  void return_call(auto&, const Instruction& instruction, const FuncType&, Args args) {
    line(std::string(mnemonic(instruction.opcode)) + names(args));
  }
  void throw_(auto&, const Instruction& instruction, Args args) {
    line("throw " + std::to_string(instruction.index) + names(args));
  }
  void throw_ref(auto&, const Instruction&, Item exception) {
    line("throw_ref " + name(exception));
  }
  void try_table(auto& d, Frame& frame, std::span<const CatchClause> clauses) {
    open(d, ("try_table of " + std::to_string(clauses.size()) + " ").c_str(), frame);
  }
  void legacy_try(auto& d, Frame& frame) { open(d, "try ", frame); }
  void legacy_catch(auto& d, Frame& frame, uint32_t tag) {
    CHECK(frame.kind == FrameKind::LegacyCatch);
    const FuncType& type = *d.registry().get(d.module().type_ids[d.module().tags[tag]]).func();
    begin_arm(d, "catch ", frame, static_cast<uint32_t>(type.params.size()));
  }
  void legacy_catch_all(auto& d, Frame& frame) { begin_arm(d, "catch_all ", frame, 0); }
  void legacy_delegate(auto& d, Frame& frame, uint32_t depth) {
    begin_arm(d, ("delegate to " + std::to_string(depth) + " from ").c_str(), frame,
              static_cast<uint32_t>(frame.results.size()));
  }
  void legacy_rethrow(auto&, const Instruction&, uint32_t depth) {
    line("rethrow " + std::to_string(depth));
  }
};

/// What the last function of a module delivers.
std::string record(const wasm::Module& module) {
  Recorder recorder;
  FunctionBodyDecoder<Recorder> decoder(module, recorder);
  const Status status = decoder.decode(static_cast<uint32_t>(module.functions.size() - 1));
  CHECK(status.has_value());
  return recorder.log;
}
std::string record(const char* wat) {
  return record(valid_module(wat));
}

}  // namespace

TEST_CASE("instructions come with the values they take and places for those they give") {
  CHECK(record("(memory 1) (func (param i32) (result i32) (local i64)"
               " (local.set 1 (i64.load offset=300 align=2 (local.get 0)))"
               " (i32.add (i32.const -1) (i32.wrap_i64 (local.get 1))))") ==
        "begin 2 locals\n"
        "local.get 0 -> v1:i32\n"
        "i64.load +300 align 1 v1:i32 -> v2:i64\n"
        "local.set 1 v2:i64\n"
        "i32.const 4294967295 -> v3:i32\n"
        "local.get 1 -> v4:i64\n"
        "i32.wrap_i64 v4:i64 -> v5:i32\n"
        "i32.add v3:i32 v5:i32 -> v6:i32\n"
        "fallthrough 0 v6:i32\n"
        "end 0 -> v7:i32\n"
        "finish\n");
}

TEST_CASE("the short and the general way deliver the same") {
  const auto record_body = [](std::vector<uint8_t> code) {
    // One local of type i32; nops behind the code, as the short way ends before the module does.
    std::vector<uint8_t> body(3 + code.size() + 31, 0x01);
    body[2] = 0x7f;
    std::ranges::copy(code, body.begin() + 3);
    body.back() = 0x0b;
    return record(valid_module_from_bytes(module_with_body(body)));
  };
  const std::string expected =
      "begin 1 locals\n"
      "i32.const 4294967293 -> v1:i32\n"
      "drop v1:i32\n"
      "i64.const 18446744073709551613 -> v2:i64\n"
      "drop v2:i64\n"
      "local.get 0 -> v3:i32\n"
      "local.tee 0 v3:i32 -> v4:i32\n"
      "local.set 0 v4:i32\n"
      "nop\n";
  CHECK(record_body({0x41, 0x7d, 0x1a, 0x42, 0x7d, 0x1a, 0x20, 0, 0x22, 0, 0x21, 0})
            .starts_with(expected));
  // The same numbers, written longer than the short way takes.
  CHECK(record_body({0x41, 0xfd, 0xff, 0xff, 0xff, 0x7f, 0x1a, 0x42, 0xfd, 0xff, 0xff,
                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x1a, 0x20, 0x80, 0x80,
                     0,    0x22, 0x80, 0x80, 0,    0x21, 0x80, 0x80, 0})
            .starts_with(expected));
}

TEST_CASE("blocks and loops open over their parameters and end with their results") {
  CHECK(record("(func (result i32) i32.const 1"
               " loop (param i32) (result i32) block (param i32) (result i32) i32.eqz end end)") ==
        "begin 0 locals\n"
        "i32.const 1 -> v1:i32\n"
        "loop 1 v1:i32\n"
        "block 2 v1:i32\n"
        "i32.eqz v1:i32 -> v2:i32\n"
        "fallthrough 2 v2:i32\n"
        "end 2 -> v3:i32\n"
        "fallthrough 1 v3:i32\n"
        "end 1 -> v4:i32\n"
        "fallthrough 0 v4:i32\n"
        "end 0 -> v5:i32\n"
        "finish\n");
}

TEST_CASE("else comes also where none is written") {
  const std::string head =
      "begin 1 locals\n"
      "i32.const 7 -> v1:i32\n"
      "local.get 0 -> v2:i32\n"
      "if v2:i32 1 v1:i32\n"
      "i32.eqz v1:i32 -> v3:i32\n"
      "fallthrough 1 v3:i32\n"
      "else 1 -> v4:i32\n";
  CHECK(record("(func (param i32) (result i32) i32.const 7 local.get 0"
               " if (param i32) (result i32) i32.eqz end)") == head +
                                                                   "fallthrough 1 v4:i32\n"
                                                                   "end 1 -> v5:i32\n"
                                                                   "fallthrough 0 v5:i32\n"
                                                                   "end 0 -> v6:i32\n"
                                                                   "finish\n");
  CHECK(record("(func (param i32) (result i32) i32.const 7 local.get 0"
               " if (param i32) (result i32) i32.eqz else drop i32.const 9 end)") ==
        head +
            "drop v4:i32\n"
            "i32.const 9 -> v5:i32\n"
            "fallthrough 1 v5:i32\n"
            "end 1 -> v6:i32\n"
            "fallthrough 0 v6:i32\n"
            "end 0 -> v7:i32\n"
            "finish\n");
}

TEST_CASE("what cannot run is not delivered") {
  CHECK(record("(func (result i32) (block (result i32) i32.const 1 br 0 i32.const 2 i32.add"
               " (block (loop (br 0))) (if (i32.const 1) (then nop) (else nop))))") ==
        "begin 0 locals\n"
        "block 1\n"
        "i32.const 1 -> v1:i32\n"
        "br 0 v1:i32\n"
        "end 1 -> v2:i32\n"
        "fallthrough 0 v2:i32\n"
        "end 0 -> v3:i32\n"
        "finish\n");
  CHECK(record("(func (loop (br 0)) nop)") ==
        "begin 0 locals\n"
        "loop 1\n"
        "br 0\n"
        "dead end 1\n"
        "dead end 0\n"
        "finish\n");
  CHECK(record("(func (param i32) (if (local.get 0) (then unreachable) (else return)) nop)") ==
        "begin 1 locals\n"
        "local.get 0 -> v1:i32\n"
        "if v1:i32 1\n"
        "unreachable\n"
        "else 1\n"
        "return\n"
        "dead end 1\n"
        "dead end 0\n"
        "finish\n");
}

TEST_CASE("branches find the label's operands on top") {
  CHECK(record("(func (param i32) (result i32)"
               " (block (result i32) i32.const 1 i32.const 2 local.get 0 br_if 0"
               " local.get 0 br_table 0 1 0))") ==
        "begin 1 locals\n"
        "block 1\n"
        "i32.const 1 -> v1:i32\n"
        "i32.const 2 -> v2:i32\n"
        "local.get 0 -> v3:i32\n"
        "br_if 0 v3:i32 v2:i32\n"
        "local.get 0 -> v4:i32\n"
        "br_table 0 1 0 v4:i32 v2:i32\n"
        "end 1 -> v5:i32\n"
        "fallthrough 0 v5:i32\n"
        "end 0 -> v6:i32\n"
        "finish\n");
  CHECK(record("(func (param anyref) (result (ref any))"
               " (block (return (br_on_null 0 (local.get 0))))"
               " (block (result (ref any)) (br_on_non_null 0 (local.get 0)) unreachable))") ==
        "begin 1 locals\n"
        "block 1\n"
        "local.get 0 -> v1:anyref\n"
        "br_on_null v1:anyref -> v2:(ref any)\n"
        "return v2:(ref any)\n"
        "end 1\n"
        "block 2\n"
        "local.get 0 -> v3:anyref\n"
        "br_on_non_null v3:anyref\n"
        "unreachable\n"
        "end 2 -> v4:(ref any)\n"
        "fallthrough 0 v4:(ref any)\n"
        "end 0 -> v5:(ref any)\n"
        "finish\n");
}

TEST_CASE("calls have their callee last") {
  CHECK(record("(type $t (func (param i32 i64) (result f32 f64))) (table 1 funcref)"
               "(func (param (ref $t)) (result f32 f64)"
               " (call_indirect (type $t) (i32.const 1) (i64.const 2) (i32.const 3)) drop drop"
               " (return_call_ref $t (i32.const 4) (i64.const 5) (local.get 0)))") ==
        "begin 1 locals\n"
        "i32.const 1 -> v1:i32\n"
        "i64.const 2 -> v2:i64\n"
        "i32.const 3 -> v3:i32\n"
        "call_indirect 0 v1:i32 v2:i64 v3:i32 -> v4:f32 v5:f64\n"
        "drop v5:f64\n"
        "drop v4:f32\n"
        "i32.const 4 -> v6:i32\n"
        "i64.const 5 -> v7:i64\n"
        "local.get 0 -> v8:(ref 0)\n"
        "return_call_ref v6:i32 v7:i64 v8:(ref 0)\n"
        "dead end 0 -> v9:f32 v10:f64\n"
        "finish\n");
}

TEST_CASE("exceptions") {
  CHECK(record("(tag $e (param i32)) (func (result i32)"
               " (block $l (result i32) (try_table (catch $e $l) (throw $e (i32.const 1)))"
               " unreachable))") ==
        "begin 0 locals\n"
        "block 1\n"
        "try_table of 1 2\n"
        "i32.const 1 -> v1:i32\n"
        "throw 0 v1:i32\n"
        "dead end 2\n"
        "end 1 -> v2:i32\n"
        "fallthrough 0 v2:i32\n"
        "end 0 -> v3:i32\n"
        "finish\n");
  CHECK(record("(tag $e (param i32)) (func (result i32)"
               " try (result i32) i32.const 1 catch $e catch_all rethrow 0 end)") ==
        "begin 0 locals\n"
        "try 1\n"
        "i32.const 1 -> v1:i32\n"
        "fallthrough 1 v1:i32\n"
        "catch 1 -> v2:i32\n"
        "fallthrough 1 v2:i32\n"
        "catch_all 1\n"
        "rethrow 0\n"
        "end 1 -> v3:i32\n"
        "fallthrough 0 v3:i32\n"
        "end 0 -> v4:i32\n"
        "finish\n");
  CHECK(record("(func try try nop delegate 0 catch_all end)") ==
        "begin 0 locals\n"
        "try 1\n"
        "try 2\n"
        "nop\n"
        "fallthrough 2\n"
        "delegate to 0 from 2\n"
        "fallthrough 1\n"
        "catch_all 1\n"
        "fallthrough 1\n"
        "end 1\n"
        "fallthrough 0\n"
        "end 0\n"
        "finish\n");
}

}  // namespace brink::validate::testing
