// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the builder makes of functions, in text.

#include <catch2/catch.hpp>

#include "engine/compile/ir/builder.h"
#include "engine/compile/ir/test_function.h"

namespace brink::compile::ir {
namespace {

using testing::ir_of;
using testing::lines;
using testing::TestModule;

EngineConfig with_fuel() {
  EngineConfig config;
  config.consume_fuel = true;
  return config;
}

TEST_CASE("loops have parameters for what they assign", "[compile][ir]") {
  CHECK(ir_of(R"(
      (func (param $n i32) (param $k i32) (result i32) (local $sum i32)
        (loop $l
          (local.set $sum (i32.add (local.get $sum) (local.get $k)))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
  )") == lines(R"(
      block 0 (v0: i32, v1: i32)
        v2 = i32.const 0
        jump block 1 (v2, v0)
      block 1 (v4: i32, v5: i32) loop depth 1
        poll
        v7 = i32.add v4, v1
        v8 = i32.const 1
        v9 = i32.const -1
        v10 = i32.add v5, v9
        branch v10, block 1 (v7, v10), block 2
      block 2
        return v7
  )"));
}

TEST_CASE("locals whose values differ become parameters", "[compile][ir]") {
  CHECK(ir_of(R"(
      (func (param i32) (result i32) (local i32)
        (if (local.get 0)
          (then (local.set 1 (i32.const 5)))
          (else (local.set 1 (i32.const 6)) (local.set 0 (i32.const 6))))
        (i32.add (local.get 1) (local.get 0)))
  )") == lines(R"(
      block 0 (v0: i32)
        v1 = i32.const 0
        branch v0, block 1, block 2
      block 1
        v3 = i32.const 5
        jump block 3 (v3, v0)
      block 2
        v5 = i32.const 6
        jump block 3 (v5, v5)
      block 3 (v7: i32, v8: i32)
        v9 = i32.add v7, v8
        return v9
  )"));
}

TEST_CASE("a local that all ways set alike is none", "[compile][ir]") {
  CHECK(ir_of(R"(
      (func (param i32 i32) (result i32) (local i32)
        (block $b
          (local.set 2 (local.get 0))
          (br_if $b (local.get 1))
          (local.set 1 (local.get 0)))
        (local.get 2))
  )") == lines(R"(
      block 0 (v0: i32, v1: i32)
        v2 = i32.const 0
        branch v1, block 2 (v1), block 1
      block 1
        jump block 2 (v0)
      block 2 (v5: i32)
        return v0
  )"));
}

TEST_CASE("values carried by branches", "[compile][ir]") {
  CHECK(ir_of(R"(
      (func (param i32 i32) (result i32)
        (block $a (result i32)
          (i32.mul (br_if $a (local.get 0) (local.get 1)) (i32.const 3))))
  )") == lines(R"(
      block 0 (v0: i32, v1: i32)
        branch v1, block 2 (v0), block 1
      block 1
        v3 = i32.const 3
        v4 = i32.mul v0, v3
        jump block 2 (v4)
      block 2 (v6: i32)
        return v6
  )"));
}

TEST_CASE("labels that a table names twice get one branch", "[compile][ir]") {
  CHECK(ir_of(R"(
      (func (param i32 i32) (result i32)
        (block $a
          (block $b
            (block $c (br_table $a $b $c $a (local.get 0)))
            (local.set 1 (i32.const 1)))
          (return (local.get 1)))
        (i32.const 9))
  )") == lines(R"(
      block 0 (v0: i32, v1: i32)
        switch v0, block 3, block 2 (v1), block 1, block 3
      block 1
        v4 = i32.const 1
        jump block 2 (v4)
      block 2 (v6: i32)
        return v6
      block 3
        jump block 4
      block 4
        v8 = i32.const 9
        return v8
  )"));
}

TEST_CASE("branches on constants leave no trace", "[compile][ir]") {
  CHECK(ir_of(R"(
      (func (param i32) (result i32)
        (block $b
          (br_if $b (i32.const 1))
          (local.set 0 (i32.const 7))
          (loop $l (br_if $l (local.get 0))))
        (if (result i32) (i32.const 0) (then (unreachable)) (else (local.get 0))))
  )") == lines(R"(
      block 0 (v0: i32)
        v1 = i32.const 1
        jump block 1
      block 1
        v5 = i32.const 0
        jump block 2
      block 2
        jump block 3
      block 3
        return v0
  )"));
}

TEST_CASE("equal computations are made once where one dominates", "[compile][ir]") {
  CHECK(ir_of(R"(
      (func (param i32 i32) (result i32)
        (if (i32.add (local.get 0) (local.get 1))
          (then (local.set 0 (i32.add (local.get 0) (local.get 1))))
          (else (local.set 0 (i32.mul (local.get 0) (local.get 1)))))
        (i32.mul (local.get 0) (local.get 1)))
  )") == lines(R"(
      block 0 (v0: i32, v1: i32)
        v2 = i32.add v0, v1
        branch v2, block 1, block 2
      block 1
        jump block 3 (v2)
      block 2
        v5 = i32.mul v0, v1
        jump block 3 (v5)
      block 3 (v7: i32)
        v8 = i32.mul v7, v1
        return v8
  )"));
}

TEST_CASE("memories that are not the first, or have 64-bit indices", "[compile][ir]") {
  CHECK(ir_of(R"(
      (memory 1) (memory 1) (memory i64 1)
      (func (param i32 i64) (result i32)
        (i32.store 1 offset=8 (local.get 0) (i32.load offset=4 (local.get 0)))
        (i32.load 2 offset=16 (local.get 1)))
  )") == lines(R"(
      block 0 (v0: i32, v1: i64)
        v2 = i32.load +4 v0
        v3 = instance
        v4 = i64.load raw constant +32 v3
        v5 = i64.load raw constant +8 v4
        v6 = i64.load raw constant +16 v5
        v7 = i64.extend_i32_u v0
        v8 = i64.add v6, v7
        i32.store raw memory 1 +8 v8, v2
        v10 = i64.load raw constant +16 v4
        v11 = i64.load raw vm +24 v10
        v12 = i64.load raw vm +16 v10
        v13 = checked_address v1, v11, v12, memory 2 +16 bytes 4
        v14 = i32.load raw memory 2 v13
        return v14
  )"));
}

TEST_CASE("atomic accesses are aligned", "[compile][ir]") {
  CHECK(ir_of(R"(
      (memory 1 1 shared)
      (func (param i32) (result i64)
        (drop (i64.atomic.load offset=3 (local.get 0)))
        (i64.atomic.rmw.add offset=8 (local.get 0) (i64.const 1)))
  )") == lines(R"(
      block 0 (v0: i32)
        v1 = i64.extend_i32_u v0
        v2 = i64.const 3
        v3 = i64.add v1, v2
        v4 = i64.const 7
        v5 = i64.and v3, v4
        v6 = i64.eqz v5
        trap_unless v6, "unaligned atomic"
        v8 = i64.atomic.load +3 v0
        v9 = i64.const 1
        v10 = i32.const 7
        v11 = i32.and v0, v10
        trap_if v11, "unaligned atomic"
        v13 = i64.atomic.rmw.add +8 v0, v9
        return v13
  )"));
}

TEST_CASE("table elements", "[compile][ir]") {
  CHECK(ir_of(R"(
      (table 4 externref)
      (func (param i32 externref) (result externref)
        (table.set (local.get 0) (local.get 1))
        (table.get (local.get 0)))
  )") == lines(R"(
      block 0 (v0: i32, v1: ref)
        v2 = instance
        v3 = i64.load raw constant +40 v2
        v4 = i64.load raw constant v3
        v5 = i64.extend_i32_u v0
        v6 = i64.load raw vm +8 v4
        v7 = i64.lt_u v5, v6
        trap_unless v7, "out of bounds table access"
        v9 = i64.load raw vm v4
        v10 = i64.const 3
        v11 = i64.shl v5, v10
        v12 = i64.add v9, v11
        i64.store raw vm v12, v1
        v14 = i64.load raw vm +8 v4
        v15 = i64.lt_u v5, v14
        trap_unless v15, "out of bounds table access"
        v17 = i64.load raw vm v4
        v18 = i64.add v17, v11
        v19 = i64.load raw vm v18: ref
        return v19
  )"));
}

TEST_CASE("calls and their results", "[compile][ir]") {
  CHECK(ir_of(R"(
      (import "m" "f" (func $f (param i32) (result i32 i64)))
      (type $t (func (param i32) (result i32)))
      (table 1 funcref)
      (global $g (ref null $t) (ref.null $t))
      (func (param i32) (result i32) (local i64)
        (call $f (local.get 0))
        (local.set 1)
        (drop)
        (call_indirect (type $t) (i32.const 1) (local.get 0))
        (drop)
        (return_call_ref $t (i32.const 2) (global.get $g)))
  )") == lines(R"(
      block 0 (v0: i32)
        v1 = i64.const 0
        call v0, import 0
        v3 = result v2, 0: i32
        v4 = result v2, 1: i64
        v5 = i32.const 1
        v6 = instance
        v7 = i64.load raw constant +40 v6
        v8 = i64.load raw constant v7
        call v5, v0, v8, table 0 type 0
        v10 = result v9, 0: i32
        v11 = i32.const 2
        v12 = global.get global 0: i64
        v13 = i64.eqz v12
        trap_if v13, "null function reference"
        tail_call v11, v12, ref type 0
  )"));
}

TEST_CASE("objects are accessed in place, checked for null once", "[compile][ir]") {
  CHECK(ir_of(R"(
      (type $s (struct (field i8) (field (mut i64))))
      (type $a (array (mut i16)))
      (func (param (ref null $s) (ref $a) i32) (result i32)
        (struct.set $s 1 (local.get 0) (i64.const 1))
        (i32.add
          (struct.get_s $s 0 (local.get 0))
          (array.get_u $a (local.get 1) (local.get 2))))
  )") == lines(R"(
      block 0 (v0: ref, v1: ref, v2: i32)
        v3 = i64.const 1
        v4 = ref_to_int v0
        v5 = i64.eqz v4
        trap_if v5, "null structure reference"
        v8 = instance
        v9 = i64.load raw constant +16 v8
        v10 = i64.load raw vm +80 v9
        v11 = ref_to_int v0
        v12 = i64.add v10, v11
        i64.store raw heap +16 v12, v3
        v14 = ref_to_int v0
        v15 = i64.add v10, v14
        v16 = i32.load8_s raw heap +8 v15
        v17 = ref_to_int v1
        v18 = i64.add v10, v17
        v19 = i32.load raw heap +4 v18
        v20 = i32.lt_u v2, v19
        trap_unless v20, "out of bounds array access"
        v22 = i64.extend_i32_u v2
        v23 = i64.const 2
        v24 = i64.shl v22, v3
        v25 = i64.add v18, v24
        v26 = i32.load16_u raw heap +8 v25
        v27 = i32.add v16, v26
        return v27
  )"));
}

TEST_CASE("calls in a try land in its dispatch", "[compile][ir]") {
  CHECK(ir_of(R"(
      (func $g (import "m" "g")) (tag $e (param i32))
      (func (param i32) (result i32) (local i32)
        (block $h (result i32)
          (block $all
            (try_table (catch $e $h) (catch_all $all)
              (local.set 1 (i32.const 3))
              (call $g)
              (local.set 1 (i32.const 4))
              (call $g))
            (return (i32.const 1)))
          (return (local.get 1))))
  )") == lines(R"(
      block 0 (v0: i32)
        v1 = i32.const 0
        v2 = i32.const 3
        invoke import 0, block 1, block 5
      block 1
        v6 = i32.const 4
        invoke import 0, block 2, block 4
      block 2
        jump block 3
      block 3
        v28 = i32.const 1
        return v28
      block 4 cold
        v8 = landing tag 0, all
        jump block 6 (v8, v6)
      block 5 cold
        v4 = landing tag 0, all
        jump block 6 (v4, v2)
      block 6 (v11: ref, v12: i32) cold
        v13 = instance
        v14 = i64.load raw constant +16 v13
        v15 = i64.load raw vm +80 v14
        v16 = ref_to_int v11
        v17 = i64.add v15, v16
        v18 = i64.load raw heap +8 v17
        v19 = i64.load raw constant +56 v13
        v20 = i64.load raw constant v19
        v21 = i64.eq v18, v20
        branch v21, block 7, block 9
      block 7
        v23 = ref_to_int v11
        v24 = i64.add v15, v23
        v25 = i32.load raw heap +16 v24
        jump block 8
      block 8
        return v25
      block 9
        jump block 10
      block 10
        return v12
  )"));
}

TEST_CASE("legacy tries", "[compile][ir]") {
  CHECK(ir_of(R"(
      (func $g (import "m" "g")) (tag $e (param i32))
      (func (result i32)
        try (result i32)
          try call $g delegate 0
          i32.const 1
        catch $e
        catch_all
          rethrow 0
        end)
  )") == lines(R"(
      block 0
        invoke import 0, block 1, block 3
      block 1
        jump block 2
      block 2
        v4 = i32.const 1
        jump block 6 (v4)
      block 3 cold
        v1 = landing tag 0, all
        jump block 4
      block 4 cold
        v6 = instance
        v7 = i64.load raw constant +16 v6
        v8 = i64.load raw vm +80 v7
        v9 = ref_to_int v1
        v10 = i64.add v8, v9
        v11 = i64.load raw heap +8 v10
        v12 = i64.load raw constant +56 v6
        v13 = i64.load raw constant v12
        v14 = i64.eq v11, v13
        branch v14, block 5, block 7
      block 5
        v17 = ref_to_int v1
        v18 = i64.add v8, v17
        v19 = i32.load raw heap +16 v18
        jump block 6 (v19)
      block 6 (v23: i32)
        return v23
      block 7 cold
        jump block 8
      block 8 cold
        runtime_call v1, throw_ref 0 0
        trap "unreachable"
  )"));
}

TEST_CASE("fuel is paid where control may go elsewhere", "[compile][ir]") {
  CHECK(ir_of(R"(
      (func (param i32)
        (loop $l
          (br_if $l (local.tee 0 (i32.add (local.get 0) (i32.const 1))))))
  )",
              with_fuel()) == lines(R"(
      block 0 (v0: i32)
        fuel 1
        jump block 1 (v0)
      block 1 (v3: i32) loop depth 1
        poll
        v5 = i32.const 1
        v6 = i32.add v3, v5
        fuel 5
        branch v6, block 1 (v6), block 2
      block 2
        return
  )"));
}

/// A function whose body is `count` times this.
std::string repeated(const std::string& text, int count) {
  std::string wat;
  for (int i = 0; i < count; ++i) wat += text;
  return wat;
}

std::string error_of(const std::string& wat) {
  const TestModule module(wat);
  const Result<Function> function = build(module.context(), 0);
  if (function.has_value()) return "";
  CHECK(function.error().kind() == ErrorKind::Limit);
  return function.error().message();
}

TEST_CASE("functions out of proportion are refused", "[compile][ir]") {
  const std::string loops = repeated("loop ", 201) + repeated("end ", 201);
  CHECK(error_of("(func " + loops + ")").starts_with("implementation limit exceeded"));
  const std::string fewer = repeated("loop ", 200) + repeated("end ", 200);
  CHECK(error_of("(func " + fewer + ")").empty());
  CHECK(error_of("(func (local " + repeated("i32 ", 2000) + "))")
            .starts_with("implementation limit exceeded"));
  // Each of the labels is reached from behind all locals having changed.
  std::string sets;
  for (int i = 1; i <= 1000; ++i) sets += "i32.const 1 local.set " + std::to_string(i) + " ";
  const std::string branches =
      "(func (param i32) (local " + repeated("i32 ", 1000) + ") block " + sets +
      repeated("local.get 0 br_if 0 i32.const 2 local.set 1 ", 20000) + "end)";
  CHECK(error_of(branches).starts_with("implementation limit exceeded"));
}

TEST_CASE("large functions take linear time", "[compile][ir]") {
  // A chain of 30,000 blocks, and as many nested ones.
  const int count = 30'000;
  const std::string chain =
      repeated("(block (br_if 0 (local.get 0)) (local.set 1 (i32.const 1)))", count);
  CHECK(error_of("(func (param i32) (local i32) " + chain + ")").empty());
  const std::string nested =
      repeated("block ", count) + repeated("local.get 0 br_if 0 end ", count);
  CHECK(error_of("(func (param i32) " + nested + ")").empty());
  const std::string table = "(func (param i32) block block block (br_table " +
                            repeated("0 1 2 ", count) + " 0 (local.get 0)) end end end)";
  CHECK(error_of(table).empty());
}

}  // namespace
}  // namespace brink::compile::ir
