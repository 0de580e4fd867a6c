// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The rules of modules: types, limits, constant expressions, imports and exports, segments.

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "engine/validate/module_validator.h"
#include "engine/validate/test_module.h"

namespace brink::validate::testing {

TEST_CASE("types refer backwards or into their own group") {
  check_cases({
      {"(type $a (struct (field (ref null $a))))", ""},
      {"(rec (type $a (struct (field (ref null $b)))) (type $b (struct)))", ""},
      {"(type (struct (field (ref null 1)))) (type (struct))", "unknown type 1"},
      {"(type (func (param (ref null 5))))", "unknown type 5"},
      {"(type (array (ref null 1)))", "unknown type 1"},
      {"(rec (type $a (sub $b (struct))) (type $b (sub (struct))))", "unknown type 1"},
  });
}

TEST_CASE("a sub type matches an open supertype") {
  check_cases({
      {"(type $a (sub (struct))) (type $b (sub $a (struct (field i32))))", ""},
      {"(type $a (struct)) (type $b (sub $a (struct)))", "sub type 1: its supertype 0 is final"},
      {"(type $a (sub (struct (field i32)))) (type $b (sub $a (struct)))",
       "sub type 1: its supertype 0 does not match"},
      {"(type $a (sub (struct))) (type $b (sub $a (array i32)))", "sub type"},
      {"(type $a (sub (struct (field anyref)))) (type $b (sub $a (struct (field i31ref))))", ""},
      {"(type $a (sub (struct (field (mut anyref)))))"
       "(type $b (sub $a (struct (field (mut i31ref)))))",
       "sub type"},
      {"(type $a (sub (struct (field i32)))) (type $b (sub $a (struct (field (mut i32)))))",
       "sub type"},
      {"(type $a (sub (array i8))) (type $b (sub $a (array i16)))", "sub type"},
      {"(type $a (sub (func (param i31ref) (result anyref))))"
       "(type $b (sub $a (func (param anyref) (result i31ref))))",
       ""},
      {"(type $a (sub (func (param anyref)))) (type $b (sub $a (func (param i31ref))))",
       "sub type"},
      {"(type $a (sub (func (result i31ref)))) (type $b (sub $a (func (result anyref))))",
       "sub type"},
      {"(type $a (sub (func (param i32)))) (type $b (sub $a (func)))", "sub type"},
  });
}

TEST_CASE("a type has at most 63 supertypes") {
  const auto chain = [](uint32_t length) {
    std::string wat = "(type (sub (struct)))";
    for (uint32_t i = 0; i < length; ++i) wat += "(type (sub " + std::to_string(i) + " (struct)))";
    return wat;
  };
  CHECK(check_text(chain(63)).empty());
  CHECK(check_text(chain(64)).starts_with("limit implementation limit exceeded: 64 supertypes"));
}

TEST_CASE("validation numbers types canonically") {
  const wasm::Module module = valid_module(
      "(type $a (func (param i32))) (type $b (func (param i32))) (type $c (struct))"
      "(func (param (ref $c)) unreachable)");
  CHECK(module.type_ids[0] == module.type_ids[1]);
  CHECK(module.type_ids[0] != module.type_ids[2]);
  const ValType param = module.function_type(0).params[0];
  CHECK(param == ValType::ref(HeapType::concrete(module.type_ids[2]), false));
}

TEST_CASE("memories have limits") {
  check_cases({
      {"(memory 0 65536)", ""},
      {"(memory 65537)", "memory size must be at most 65536 pages (4GiB)"},
      {"(memory 0 65537)", "memory size must be at most 65536 pages (4GiB)"},
      {"(memory 2 1)", "size minimum must not be greater than maximum"},
      {"(memory i64 0x1000000000000)", ""},
      {"(memory i64 0x1000000000001)", "memory size must be at most 281474976710656 pages"},
      {"(memory 1 2 shared)", ""},
      {"(memory 1 shared)", "shared memory must have maximum"},
      {"(memory 0xffffffff (pagesize 1))", ""},
      {"(memory 0 0x100000000 (pagesize 1))", "memory size must be at most 4294967295 pages"},
      {"(memory 0 (pagesize 65536))", ""},
      {"(memory 0 (pagesize 4096))", "invalid custom page size"},
      {"(import \"a\" \"b\" (memory 2 1))", "size minimum must not be greater than maximum"},
  });
}

TEST_CASE("tables have limits, and elements that may be null or an initializer") {
  check_cases({
      {"(table 1 2 funcref)", ""},
      {"(table 2 1 funcref)", "size minimum must not be greater than maximum"},
      {"(table i64 0 0x1ffffffff funcref)", ""},
      {"(table 0 0x1ffffffff funcref)", "table size must be at most 4294967295"},
      {"(table 1 (ref func))", "type mismatch"},
      {"(func $f) (table 1 (ref func) (ref.func $f))", ""},
      {"(table 1 funcref (ref.null extern))", "type mismatch"},
      {"(table 1 (ref null 4))", "unknown type 4"},
      {"(import \"a\" \"b\" (table 1 (ref func)))", ""},
      {"(import \"a\" \"b\" (global $g funcref)) (table 1 funcref (global.get $g))", ""},
      {"(global $g funcref (ref.null func)) (table 1 funcref (global.get $g))", "unknown global 0"},
  });
}

TEST_CASE("globals are initialized by constant expressions") {
  check_cases({
      {"(global i32 (i32.const 1))", ""},
      {"(global i32 (i64.const 1))", "type mismatch"},
      {"(global i32 (i32.const 1) (i32.const 1))", "type mismatch"},
      {"(global i32)", "type mismatch"},
      {"(global i32 (i32.ctz (i32.const 1)))",
       "constant expression required: i32.ctz is not constant"},
      {"(global i32 (block (result i32) (i32.const 1)))", "constant expression required"},
      {"(global i32 (i32.const 1) (nop))", "constant expression required"},
      {"(global i64 (i64.add (i64.const 1) (i64.mul (i64.const 1) (i64.const 3))))", ""},
      {"(global $a i32 (i32.const 1)) (global i32 (global.get $a))", ""},
      {"(global i32 (global.get 1)) (global i32 (i32.const 1))", "unknown global 1"},
      {"(global i32 (global.get 0))", "unknown global 0"},
      {"(global $a (mut i32) (i32.const 1)) (global i32 (global.get $a))",
       "constant expression required: global 0 is mutable"},
      {"(global v128 (v128.const i64x2 1 2))", ""},
      {"(global (ref 3) (ref.null 3))", "unknown type 3"},
      {"(func $f) (global (ref func) (ref.func $f))", ""},
      {"(global funcref (ref.func 7))", "unknown function 7"},
      {"(type $a (array i32))"
       "(global (ref $a) (array.new_fixed $a 2 (i32.const 1) (i32.const 2)))",
       ""},
      {"(type $s (struct (field (ref i31))))"
       "(global (ref $s) (struct.new $s (ref.i31 (i32.const 1))))",
       ""},
      {"(type $s (struct (field (ref i31))))"
       "(global (ref $s) (struct.new $s (i32.const 1)))",
       "type mismatch"},
      {"(global externref (extern.convert_any (ref.i31 (i32.const 1))))", ""},
      {"(type $a (array i8)) (data \"\")"
       "(global (ref $a) (array.new_data $a 0 (i32.const 0) (i32.const 0)))",
       "constant expression required"},
  });
}

TEST_CASE("tags have no results") {
  check_cases({
      {"(tag (param i32))", ""},
      {"(type $t (func (result i32))) (tag (type $t))", "non-empty tag result type"},
      {"(tag (type 3))", "unknown type 3"},
      {"(type $t (func (result i32))) (import \"a\" \"b\" (tag (type $t)))",
       "non-empty tag result type"},
  });
}

TEST_CASE("exports name existing things once") {
  check_cases({
      {"(func (export \"a\") (export \"b\"))", ""},
      {"(func (export \"a\") (export \"a\"))", "duplicate export name \"a\""},
      {"(func (export \"a\")) (memory (export \"a\") 1)", "duplicate export name \"a\""},
      {"(export \"a\" (func 1))", "unknown function 1"},
      {"(export \"a\" (table 1))", "unknown table 1"},
      {"(export \"a\" (memory 1))", "unknown memory 1"},
      {"(export \"a\" (global 1))", "unknown global 1"},
      {"(export \"a\" (tag 1))", "unknown tag 1"},
  });
}

TEST_CASE("the start function takes and gives nothing") {
  check_cases({
      {"(func $f) (start $f)", ""},
      {"(start 0)", "unknown function 0"},
      {"(func $f (param i32)) (start $f)", "start function"},
      {"(func $f (result i32) i32.const 1) (start $f)", "start function"},
  });
}

TEST_CASE("functions and imports have function types") {
  check_cases({
      {"(func (type 4))", "unknown type 4"},
      {"(type $s (struct)) (func (type $s))", "type mismatch: type 0 is no function type"},
      {"(import \"a\" \"b\" (func (type 2)))", "unknown type 2"},
      {"(import \"a\" \"b\" (global (ref null 2)))", "unknown type 2"},
  });
}

TEST_CASE("segments fit what they initialize") {
  check_cases({
      {"(memory 1) (data (i32.const 0) \"a\")", ""},
      {"(memory 1) (data (i64.const 0) \"a\")", "type mismatch"},
      {"(memory i64 1) (data (i64.const 0) \"a\")", ""},
      {"(data (i32.const 0) \"a\")", "unknown memory 0"},
      {"(data \"a\")", ""},
      {"(memory 1) (data (i32.const 0) \"a\") (func (data.drop 1))", "unknown data segment 1"},
      {"(table 1 funcref) (func $f) (elem (i32.const 0) $f)", ""},
      {"(table 1 funcref) (elem (i32.const 0) 5)", "unknown function 5"},
      {"(func $f) (elem (i32.const 0) $f)", "unknown table 0"},
      {"(table 1 externref) (func $f) (elem (i32.const 0) $f)", "type mismatch"},
      {"(table 1 funcref) (elem (i64.const 0))", "type mismatch"},
      {"(table i64 1 funcref) (elem (i64.const 0))", ""},
      {"(elem externref (ref.null extern) (ref.null extern))", ""},
      {"(elem externref (ref.null func))", "type mismatch"},
      {"(elem (ref func) (ref.null func))", "type mismatch"},
      {"(elem (ref null 8))", "unknown type 8"},
  });
}

TEST_CASE("errors say where they are") {
  wasm::Module module =
      module_from_text("(func) (func (export \"run\") i32.const 1 nop i64.eqz drop)");
  const Status status = validate_module(module, std::make_shared<TypeRegistry>());
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().message() ==
        "type mismatch: instruction requires [i64] but stack has [i32]: i64.eqz"
        " (function 1, exported as \"run\")");
  // Behind the local declarations, i32.const 1, nop.
  CHECK(status.error().offset() == module.functions[1].body.offset + 1 + 2 + 1);
}

TEST_CASE("declarations can be validated without bodies, and bodies one by one") {
  wasm::Module module = module_from_text("(func) (func i32.const 1)");
  REQUIRE(validate_declarations(module, std::make_shared<TypeRegistry>()).has_value());
  CHECK(validate_body(module, 0).has_value());
  const Status second = validate_body(module, 1);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message().starts_with("type mismatch"));
}

TEST_CASE("what is switched off cannot be used") {
  struct FeatureCase {
    Feature feature;
    const char* wat;
    const char* message;
  };
  const FeatureCase cases[] = {
      {Feature::MutableGlobal, "(global (export \"a\") (mut i32) (i32.const 0))",
       "mutable globals"},
      {Feature::MutableGlobal, "(import \"a\" \"b\" (global (mut i32)))", "mutable globals"},
      {Feature::SignExtension, "(func (drop (i32.extend8_s (i32.const 1))))",
       "malformed illegal opcode c0: i32.extend8_s needs the feature 'sign-extension'"},
      {Feature::SaturatingFloatToInt, "(func (drop (i32.trunc_sat_f32_s (f32.const 1))))",
       "malformed illegal opcode fc 00"},
      {Feature::MultiValue, "(type (func (result i32 i32)))", "malformed invalid result arity"},
      {Feature::MultiValue, "(func (drop (i32.const 1) (block (param i32) (result i32))))",
       "malformed malformed block type"},
      {Feature::BulkMemory,
       "(memory 1) (func (memory.fill (i32.const 1) (i32.const 1) (i32.const 1)))",
       "malformed illegal opcode fc 0b"},
      {Feature::ReferenceTypes, "(table 1 funcref) (table 1 funcref)", "multiple tables"},
      {Feature::ReferenceTypes, "(func (local externref))", "malformed malformed value type"},
      {Feature::Simd, "(func (param v128))", "malformed malformed value type"},
      {Feature::Simd, "(func (local v128))", "malformed malformed value type"},
      {Feature::RelaxedSimd,
       "(func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))",
       "malformed illegal opcode fd 100"},
      {Feature::TailCall, "(func $f (return_call $f))", "malformed illegal opcode 12"},
      {Feature::ExtendedConst, "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
       "constant expression required: i32.add needs the feature 'extended-const'"},
      {Feature::BulkMemory, "(data \"\")", "malformed malformed data segment kind"},
      {Feature::BulkMemory, "(elem func)", "malformed malformed elements segment kind"},
      {Feature::Gc, "(type (struct))", "malformed malformed definition type"},
      {Feature::Gc, "(type (array i8))", "malformed malformed definition type"},
      {Feature::Gc, "(type (sub (func)))", "malformed malformed definition type"},
      {Feature::Gc, "(rec (type (func)) (type (func)))", "malformed malformed definition type"},
      {Feature::Gc, "(func (param anyref))", "malformed malformed value type"},
      {Feature::Exceptions, "(tag)", "malformed malformed section id"},
      {Feature::Exceptions, "(import \"a\" \"b\" (tag))", "malformed malformed import kind"},
      {Feature::Exceptions, "(func (param exnref))", "malformed malformed value type"},
      {Feature::Memory64, "(table i64 1 funcref)", "malformed malformed limits flags"},
      {Feature::MultiMemory, "(memory 1) (memory 1) (func (drop (i32.load 1 (i32.const 0))))",
       "multiple memories"},
      {Feature::Threads, "(memory 1 1 shared)", "malformed malformed limits flags"},
      {Feature::FunctionReferences, "(func (param funcref) (drop (ref.as_non_null (local.get 0))))",
       "malformed illegal opcode d4"},
      {Feature::Gc, "(func (drop (ref.i31 (i32.const 1))))", "malformed illegal opcode fb 1c"},
      {Feature::Gc, "(global $a i32 (i32.const 1)) (global i32 (global.get $a))",
       "unknown global 0"},
      {Feature::Exceptions, "(func (param i32) (block $l (try_table (catch_all $l))))",
       "malformed illegal opcode 1f"},
      {Feature::LegacyExceptions, "(func try catch_all end)", "malformed illegal opcode 06"},
      {Feature::Memory64, "(memory i64 1)", "malformed malformed limits flags"},
      {Feature::MultiMemory, "(memory 1) (memory 1)", "multiple memories"},
      {Feature::Threads, "(func atomic.fence)", "malformed illegal opcode fe 03"},
      {Feature::CustomPageSizes, "(memory 1 (pagesize 1))", "malformed malformed limits flags"},
      {Feature::WideArithmetic,
       "(func (result i64 i64) (i64.mul_wide_s (i64.const 1) (i64.const 2)))",
       "malformed illegal opcode fc 15"},
  };
  for (const FeatureCase& item : cases) {
    INFO(to_string(item.feature) << ": " << item.wat);
    CHECK(check_text(item.wat) == "");
    Features features = Features::all();
    features.set(item.feature, false);
    const std::string message = check_text(item.wat, features);
    INFO("message: " << message);
    CHECK(message.starts_with(item.message));
    const std::string name = std::string("feature '").append(to_string(item.feature)).append("'");
    CHECK(message.find(name) != std::string::npos);
  }
  for (uint32_t i = 1; i < kFeatureCount; ++i) {
    const auto feature = static_cast<Feature>(i);
    INFO(to_string(feature));
    CHECK(std::any_of(std::begin(cases), std::end(cases),
                      [&](const FeatureCase& item) { return item.feature == feature; }));
  }
}

TEST_CASE("typed references belong to two features") {
  // The types of garbage collection build on them, so they go when both are gone.
  constexpr const char* kModule = "(type $f (func)) (func (param (ref $f)))";
  Features features = Features::all();
  features.set(Feature::FunctionReferences, false);
  CHECK(check_text(kModule, features) == "");
  features.set(Feature::Gc, false);
  CHECK(check_text(kModule, features).find("needs the feature 'function-references'") !=
        std::string::npos);
}

}  // namespace brink::validate::testing
