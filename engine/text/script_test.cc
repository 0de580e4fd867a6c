// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/script.h"

#include <string>

#include <catch2/catch.hpp>

namespace brink::text {
namespace {

using Kind = ScriptCommand::Kind;
using Pattern = ResultPattern::Kind;

Script parse(std::string_view source) {
  Result<Script> script = parse_script(source);
  if (!script) FAIL(script.error().to_string());
  return *std::move(script);
}

TEST_CASE("Commands and their lines", "[script]") {
  const Script script = parse(
      "(module $a (func))\n"
      "(module binary \"\\00asm\" \"\\01\\00\\00\\00\")\n"
      "(module $q quote \"(func\" \")\")\n"
      "(module definition $d (memory 1))\n"
      "(module instance $i $d)\n"
      "(register \"name\" $i)\n"
      "(invoke $a \"f\")\n"
      "(get \"g\")\n"
      "(assert_return (invoke \"f\" (i32.const 1)) (i32.const 2))\n"
      "(assert_trap (invoke \"f\") \"unreachable\")\n"
      "(assert_trap (module (start 0)) \"out of bounds\")\n"
      "(assert_exhaustion (invoke \"f\") \"call stack exhausted\")\n"
      "(assert_exception (invoke \"f\"))\n"
      "(assert_malformed (module quote \"(\") \"unexpected token\")\n"
      "(assert_malformed_custom (module quote \"(\") \"x\")\n"
      "(assert_invalid (module (func (i32.add))) \"type mismatch\")\n"
      "(assert_invalid_custom (module) \"x\")\n"
      "(assert_unlinkable (module) \"unknown import\")\n"
      "(thread $t (shared (module $a)) (invoke \"f\") (wait $x))\n"
      "(wait $t)\n");
  constexpr Kind kKinds[] = {Kind::Module,
                             Kind::Module,
                             Kind::Module,
                             Kind::ModuleDefinition,
                             Kind::ModuleInstance,
                             Kind::Register,
                             Kind::Action,
                             Kind::Action,
                             Kind::AssertReturn,
                             Kind::AssertTrap,
                             Kind::AssertTrap,
                             Kind::AssertExhaustion,
                             Kind::AssertException,
                             Kind::AssertMalformed,
                             Kind::AssertMalformedCustom,
                             Kind::AssertInvalid,
                             Kind::AssertInvalidCustom,
                             Kind::AssertUnlinkable,
                             Kind::Thread,
                             Kind::Wait};
  REQUIRE(script.commands.size() == std::size(kKinds));
  for (size_t i = 0; i < script.commands.size(); ++i) {
    CAPTURE(i);
    CHECK(script.commands[i].kind == kKinds[i]);
    CHECK(script.commands[i].line == i + 1);
  }
  const auto& commands = script.commands;
  CHECK(commands[0].module->id == "a");
  CHECK(commands[1].module->form == ScriptModule::Form::Binary);
  CHECK(commands[2].module->id == "q");
  CHECK(commands[2].module->content == "(func)");
  CHECK(commands[3].module->id == "d");
  CHECK(commands[4].id == "i");
  CHECK(commands[4].definition_id == "d");
  CHECK(commands[5].name == "name");
  CHECK(commands[5].id == "i");
  CHECK(commands[6].action->module_id == "a");
  CHECK(commands[7].action->kind == ScriptAction::Kind::Get);
  CHECK(commands[7].action->field == "g");
  CHECK(commands[9].message == "unreachable");
  CHECK(commands[10].module.has_value());
  CHECK(commands[18].shared_ids == std::vector<std::string>{"a"});
  REQUIRE(commands[18].commands.size() == 2);
  CHECK(commands[18].commands[1].kind == Kind::Wait);
}

TEST_CASE("Arguments", "[script]") {
  const Script script = parse(
      "(invoke \"f\" (i32.const -1) (i64.const -1) (f32.const 1) (f64.const nan:0x1)"
      " (v128.const i16x8 1 2 3 4 5 6 7 8) (ref.null func) (ref.extern 7) (ref.host 8))");
  const std::vector<ScriptValue>& values = script.commands[0].action->arguments;
  REQUIRE(values.size() == 8);
  CHECK(values[0].bits == V128{{0xffffffff, 0}});
  CHECK(values[1].bits == V128{{~uint64_t{0}, 0}});
  CHECK(values[2].bits == V128{{0x3f800000, 0}});
  CHECK(values[3].bits == V128{{0x7ff0000000000001, 0}});
  CHECK(values[4].kind == ScriptValue::Kind::V128);
  CHECK(values[4].bits == V128{{0x0004000300020001, 0x0008000700060005}});
  CHECK(values[5].kind == ScriptValue::Kind::RefNull);
  CHECK(values[5].heap == AbstractHeapType::Func);
  CHECK(values[6].kind == ScriptValue::Kind::RefExtern);
  CHECK(values[6].number == 7);
  CHECK(values[7].kind == ScriptValue::Kind::RefHost);
  CHECK(values[7].number == 8);
}

TEST_CASE("Result patterns", "[script]") {
  const Script script = parse(
      "(assert_return (invoke \"f\") (f32.const nan:canonical) (f64.const nan:arithmetic)"
      " (v128.const f32x4 1 nan:canonical -0 nan:arithmetic) (ref.null) (ref.null exn)"
      " (ref.extern) (ref.extern 3) (ref.func) (ref.i31) (ref.struct) (ref.array) (ref.eq)"
      " (ref.any) (ref.exn) (either (i32.const 1) (i32.const 2)))");
  const std::vector<ResultPattern>& patterns = script.commands[0].expected;
  REQUIRE(patterns.size() == 15);
  CHECK(patterns[0].nan[0] == NanPattern::Canonical);
  CHECK(patterns[1].nan[0] == NanPattern::Arithmetic);
  CHECK(patterns[2].lane_bits == 32);
  CHECK(patterns[2].nan == std::array{NanPattern::None, NanPattern::Canonical, NanPattern::None,
                                      NanPattern::Arithmetic});
  CHECK(patterns[2].bits == V128{{0x3f800000, 0x80000000}});
  CHECK_FALSE(patterns[3].heap.has_value());
  CHECK(patterns[4].heap == AbstractHeapType::Exn);
  CHECK_FALSE(patterns[5].number.has_value());
  CHECK(patterns[6].number == 3u);
  constexpr Pattern kKinds[] = {Pattern::RefFunc,  Pattern::RefI31, Pattern::RefStruct,
                                Pattern::RefArray, Pattern::RefEq,  Pattern::RefAny,
                                Pattern::RefExn,   Pattern::Either};
  for (size_t i = 0; i < std::size(kKinds); ++i) CHECK(patterns[7 + i].kind == kKinds[i]);
  REQUIRE(patterns[14].alternatives.size() == 2);
  CHECK(patterns[14].alternatives[1].bits == V128{{2, 0}});
}

TEST_CASE("Modules of a script are parsed one by one", "[script]") {
  const Script script = parse(
      "(module (func))\n"
      "(assert_malformed (module quote \"(func\\n  $x $y)\") \"unexpected token\")\n"
      "(assert_invalid\n  (module (func br $x)) \"unknown label\")\n");
  CHECK(encode_module(script, *script.commands[0].module).has_value());
  const Result<ParsedModule> quoted = encode_module(script, *script.commands[1].module);
  REQUIRE_FALSE(quoted.has_value());
  CHECK(quoted.error().position() == TextPosition{2, 6});
  CHECK(module_source(script, *script.commands[1].module) == "(func\n  $x $y)");
  const Result<ParsedModule> text = encode_module(script, *script.commands[2].module);
  REQUIRE_FALSE(text.has_value());
  CHECK(text.error().position() == TextPosition{4, 20});
}

TEST_CASE("The fields of one module are a script", "[script]") {
  const Script script = parse("(func) (memory 0)");
  REQUIRE(script.commands.size() == 1);
  CHECK(script.commands[0].module->form == ScriptModule::Form::Fields);
  CHECK(encode_module(script, *script.commands[0].module).has_value());
}

struct Failure {
  std::string_view source;
  std::string_view message;
};

TEST_CASE("What is no script is an error with a position", "[script]") {
  const Failure row = GENERATE(values<Failure>({
      {"(module)\n(frobnicate)", "unknown script command frobnicate"},
      {"(module)\n(then)", "unknown script command then"},
      {"(module)\n(assert_return (module))", "unexpected token"},
      {"(module)\n(invoke \"f\" (ref.func))", "unexpected token: a pattern"},
      {"(module)\n(invoke \"f\" (f32.const nan:canonical))", "unexpected token: a pattern"},
      {"(module)\n(assert_trap (invoke \"f\"))", "unexpected token"},
      {"(module)\n(thread $a (thread $b))", "unexpected token: a thread within a thread"},
      {"(module)\n(module (func)", "unexpected token: the text ends here"},
  }));
  CAPTURE(row.source);
  const Result<Script> script = parse_script(row.source);
  REQUIRE_FALSE(script.has_value());
  CHECK_THAT(script.error().message(), Catch::StartsWith(std::string(row.message)));
  CHECK(script.error().position().line == 2);
}

}  // namespace
}  // namespace brink::text
