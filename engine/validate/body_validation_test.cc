// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The typing rules of instructions: each with a body that keeps it and bodies that break it.

#include <catch2/catch.hpp>

#include "engine/validate/test_module.h"

namespace brink::validate::testing {

TEST_CASE("plain instructions take and give what the opcode table says") {
  check_cases({
      {"(func (result i32) i32.const 1 i32.const 2 i32.add)", ""},
      {"(func (result i64) i32.const 1 i64.extend_i32_s)", ""},
      {"(func (result i32) i32.const 1 i64.const 2 i32.add)",
       "type mismatch: instruction requires [i32 i32] but stack has [i32 i64]: i32.add"},
      {"(func (result i32) i32.const 1 i32.add)",
       "type mismatch: instruction requires [i32 i32] but stack has [i32]"},
      {"(func i32.eqz)", "type mismatch: instruction requires [i32] but stack has []"},
      {"(func (result i64 i64) (i64.add128 (i64.const 1) (i64.const 1) (i64.const 1)"
       " (i64.const 1)))",
       ""},
      {"(func (result i64 i64) (i64.add128 (i64.const 1) (i64.const 1) (i32.const 1)"
       " (i64.const 1)))",
       "type mismatch"},
  });
}

TEST_CASE("what is left on the stack has to be the results") {
  check_cases({
      {"(func (result i32 i64) i32.const 1 i64.const 2)", ""},
      {"(func i32.const 1)", "type mismatch: block requires [] but stack has [i32]"},
      {"(func (result i32))", "type mismatch: instruction requires [i32] but stack has []"},
      {"(func (block (i32.const 1)))", "type mismatch"},
      {"(func (result i32) (block (result i32)))", "type mismatch"},
      {"(func i32.const 1 (block drop))", "type mismatch"},
      {"(func i32.const 1 (block (param i32) drop))", ""},
      {"(func (result i32) i64.const 1 (loop (param i64) (result i32) i32.wrap_i64))", ""},
      {"(func (result i32) i32.const 1 (loop (param i64) (result i32) i32.wrap_i64))",
       "type mismatch"},
  });
}

TEST_CASE("if needs a condition, and an else unless it gives what it takes") {
  check_cases({
      {"(func (if (i32.const 1) (then nop)))", ""},
      {"(func (if (i64.const 1) (then nop)))", "type mismatch"},
      {"(func (result i32) (if (result i32) (i32.const 1) (then (i32.const 1))))", "type mismatch"},
      {"(func (result i32) (if (result i32) (i32.const 1) (then (i32.const 1))"
       " (else (i32.const 2))))",
       ""},
      {"(func (result i32) (if (result i32) (i32.const 1) (then (i32.const 1))"
       " (else (i64.const 2))))",
       "type mismatch"},
      {"(func (result i32) i32.const 7 i32.const 1"
       " if (param i32) (result i32) i32.eqz end)",
       ""},
  });
}

TEST_CASE("branches carry what the label takes") {
  check_cases({
      {"(func (result i32) (block (result i32) (br 0 (i32.const 1))))", ""},
      {"(func (result i32) (block (result i32) (br 0 (i64.const 1))))", "type mismatch"},
      {"(func (br 1))", "unknown label 1"},
      {"(func (loop (br 0)))", ""},
      {"(func (loop (param i32) (br 0)))", "type mismatch"},
      {"(func (result i32) (block (result i32) (br_if 0 (i32.const 1) (i32.const 2))))", ""},
      {"(func (block (br_if 0)))", "type mismatch"},
      {"(func (br_table 0 0 (i32.const 1)))", ""},
      {"(func (br_table 0 7 (i32.const 1)))", "unknown label 7"},
      {"(func (br_table 7 0 (i32.const 1)))", "unknown label 7"},
      {"(func (result i32) (block (br_table 0 1 (i32.const 1) (i32.const 1))) i32.const 1)",
       "type mismatch: labels carry different numbers of operands"},
      {"(func (result i32) (block (result i64) (br_table 0 1 (i32.const 1) (i32.const 1)))"
       " drop i32.const 1)",
       "type mismatch"},
      {"(func (result i32) (return (i32.const 1)))", ""},
      {"(func (result i32) (return (i64.const 1)))", "type mismatch"},
  });
}

TEST_CASE("br_if leaves the label's types behind, not the operands'") {
  check_cases({
      {"(func (param (ref eq)) (result anyref)"
       " (block (result anyref) (br_if 0 (local.get 0) (i32.const 1))))",
       ""},
      {"(func (param (ref eq)) (result anyref)"
       " (block (result anyref) (br_if 0 (local.get 0) (i32.const 1)) (ref.cast (ref eq))))",
       ""},
      {"(func (param (ref eq)) (result anyref)"
       " (block (result anyref) (br_if 0 (local.get 0) (i32.const 1)) (ref.eq (ref.null eq))"
       " drop ref.null any))",
       "type mismatch"},
  });
}

TEST_CASE("after code that does not return operands come from nowhere but keep their rules") {
  check_cases({
      {"(func (result i32) unreachable)", ""},
      {"(func (result i32) unreachable i32.add)", ""},
      {"(func (result i32) unreachable i64.const 1 i32.add)", "type mismatch"},
      {"(func (result i32) i32.const 1 return i64.eqz)", ""},
      {"(func unreachable i32.const 1)", "type mismatch"},
      {"(func unreachable drop drop)", ""},
      {"(func (result i32) unreachable select)", ""},
      {"(func (result i32) unreachable i32.const 1 i64.const 2 i32.const 3 select)",
       "type mismatch"},
      {"(func (result f32) unreachable i32.const 1 i32.const 3 select)", "type mismatch"},
      {"(func (result i32) (block unreachable) i32.add)", "type mismatch"},
      {"(func (result i32) (loop (br 0)) i32.add)", "type mismatch"},
      {"(func (block (result i32) (br_if 0) unreachable) drop)", "type mismatch"},
      {"(func unreachable (br_table 0 5))", "unknown label"},
      {"(func unreachable ref.is_null drop ref.as_non_null drop)", ""},
      {"(func unreachable i32.const 1 ref.is_null drop)", "type mismatch"},
      {"(func (param (ref null extern)) (block unreachable br_on_null 0 drop))", ""},
      {"(func unreachable local.get 3)", "unknown local 3"},
      {"(func unreachable any.convert_extern ref.as_non_null drop)", ""},
  });
}

TEST_CASE("calls take parameters and give results") {
  check_cases({
      {"(func $f (param i32 i64) (result f32) unreachable)"
       "(func (result f32) (call $f (i32.const 1) (i64.const 1)))",
       ""},
      {"(func $f (param i32 i64)) (func (call $f (i64.const 1) (i32.const 1)))",
       "type mismatch: instruction requires [i32 i64] but stack has [i64 i32]: call"},
      {"(func (call 1))", "unknown function 1"},
      {"(type $t (func (param i32))) (table 1 funcref)"
       "(func (call_indirect (type $t) (i32.const 1) (i32.const 0)))",
       ""},
      {"(type $t (func (param i32))) (table 1 externref)"
       "(func (call_indirect (type $t) (i32.const 1) (i32.const 0)))",
       "type mismatch: table 0 does not hold functions"},
      {"(type $t (func)) (func (call_indirect (type $t) (i32.const 0)))", "unknown table 0"},
      {"(table 1 funcref) (func (call_indirect (type 7) (i32.const 0)))", "unknown type 7"},
      {"(type $t (func)) (table i64 1 funcref) (func (call_indirect (type $t) (i64.const 0)))", ""},
      {"(type $t (func)) (table i64 1 funcref) (func (call_indirect (type $t) (i32.const 0)))",
       "type mismatch"},
      {"(type $t (func (param i32)))"
       "(func (param (ref null $t)) (call_ref $t (i32.const 1) (local.get 0)))",
       ""},
      {"(type $t (func (param i32)))"
       "(func (param funcref) (call_ref $t (i32.const 1) (local.get 0)))",
       "type mismatch"},
      {"(type $t (struct)) (func (param anyref) (call_ref $t (local.get 0)))",
       "type mismatch: type 0 is no function type"},
  });
}

TEST_CASE("tail calls give what the caller gives") {
  check_cases({
      {"(func $f (result i32) (i32.const 1)) (func (result i32) (return_call $f))", ""},
      {"(func $f (result i32) (i32.const 1)) (func (return_call $f))", "type mismatch"},
      {"(func $f (result i32) (i32.const 1)) (func (result i64) (return_call $f))",
       "type mismatch"},
      {"(func $f (result (ref i31)) unreachable) (func (result anyref) (return_call $f))", ""},
      {"(func $f (result anyref) unreachable) (func (result (ref i31)) (return_call $f))",
       "type mismatch"},
      {"(type $t (func (result i32))) (table 1 funcref)"
       "(func (result i32) (return_call_indirect (type $t) (i32.const 0)))",
       ""},
      {"(type $t (func (result i32)))"
       "(func (param (ref $t)) (result i32) (return_call_ref $t (local.get 0)))",
       ""},
  });
}

TEST_CASE("select joins two numbers, or two values of a named type") {
  check_cases({
      {"(func (result i64) (select (i64.const 1) (i64.const 2) (i32.const 3)))", ""},
      {"(func (result i64) (select (i64.const 1) (i32.const 2) (i32.const 3)))", "type mismatch"},
      {"(func (param funcref) (result funcref)"
       " (select (local.get 0) (local.get 0) (i32.const 3)))",
       "type mismatch"},
      {"(func (param funcref) (result funcref)"
       " (select (result funcref) (local.get 0) (local.get 0) (i32.const 3)))",
       ""},
      {"(func (result i64) (select (result i64 i64) (i64.const 1) (i64.const 2) (i32.const 3)))",
       "invalid result arity"},
      {"(func (drop (select (i32.const 1))))", "type mismatch"},
  });
}

TEST_CASE("locals and globals have types, and globals may be immutable") {
  check_cases({
      {"(func (param i32) (local i64) (local.set 1 (i64.extend_i32_u (local.get 0))))", ""},
      {"(func (local i64) (local.set 0 (i32.const 1)))", "type mismatch"},
      {"(func (local i64) (drop (local.get 1)))", "unknown local 1"},
      {"(func (local i64) (drop (i64.eqz (local.tee 0 (i64.const 1)))))", ""},
      {"(func (local.tee 0 (i64.const 1)))", "unknown local 0"},
      {"(global $g (mut i32) (i32.const 1)) (func (global.set $g (global.get $g)))", ""},
      {"(global $g i32 (i32.const 1)) (func (global.set $g (i32.const 1)))", "immutable global"},
      {"(global $g (mut i32) (i32.const 1)) (func (global.set $g (i64.const 1)))", "type mismatch"},
      {"(func (drop (global.get 3)))", "unknown global 3"},
  });
}

TEST_CASE("a local without a default is set before it is read, on every path") {
  check_cases({
      {"(func (param (ref any)) (drop (local.get 0)))", ""},
      {"(func (local (ref any)) (drop (local.get 0)))", "uninitialized local 0"},
      {"(func (param (ref any)) (local (ref any))"
       " (local.set 1 (local.get 0)) (drop (local.get 1)))",
       ""},
      {"(func (param (ref any)) (local (ref any))"
       " (drop (local.tee 1 (local.get 0))) (block (drop (local.get 1))))",
       ""},
      {"(func (param (ref any)) (local (ref any))"
       " (block (local.set 1 (local.get 0))) (drop (local.get 1)))",
       "uninitialized local 1"},
      {"(func (param (ref any)) (local (ref any))"
       " (if (i32.const 1) (then (local.set 1 (local.get 0)))"
       " (else (drop (local.get 1)))))",
       "uninitialized local 1"},
      {"(func (param (ref any)) (local (ref any))"
       " (local.set 1 (local.get 0)) (if (i32.const 1)"
       " (then (local.set 1 (local.get 0))) (else (drop (local.get 1)))))",
       ""},
      {"(func (local (ref any)) unreachable (drop (local.get 0)))", "uninitialized local 0"},
      {"(func (local (ref null any)) (drop (local.get 0)))", ""},
  });
}

TEST_CASE("memory accesses know the memory, its addresses and the natural alignment") {
  check_cases({
      {"(memory 1) (func (drop (i32.load offset=70000 align=4 (i32.const 0))))", ""},
      {"(memory 1) (func (drop (i32.load align=8 (i32.const 0))))",
       "alignment must not be larger than natural"},
      {"(func (drop (i32.load (i32.const 0))))", "unknown memory 0"},
      {"(memory i64 1) (func (drop (i32.load (i64.const 0))))", ""},
      {"(memory i64 1) (func (drop (i32.load (i32.const 0))))", "type mismatch"},
      {"(memory i64 1) (func (drop (i32.load offset=4294967296 (i64.const 0))))", ""},
      {"(memory 1) (func (i64.store (i32.const 0) (i64.const 0)))", ""},
      {"(memory 1) (func (i64.store (i32.const 0) (i32.const 0)))", "type mismatch"},
      {"(memory 1) (memory i64 1) (func (i64.store 1 (i64.const 0) (i64.const 0)))", ""},
      {"(memory 1) (memory i64 1) (func (i64.store 1 (i32.const 0) (i64.const 0)))",
       "type mismatch"},
      {"(memory i64 1) (func (result i64) memory.size)", ""},
      {"(memory i64 1) (func (result i64) (memory.grow (i64.const 1)))", ""},
      {"(memory 1) (func (result i64) memory.size)", "type mismatch"},
  });
}

TEST_CASE("bulk operations count with the narrower address type") {
  check_cases({
      {"(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))", ""},
      {"(memory i64 1) (func (memory.fill (i64.const 0) (i32.const 0) (i64.const 0)))", ""},
      {"(memory i64 1) (func (memory.fill (i64.const 0) (i32.const 0) (i32.const 0)))",
       "type mismatch"},
      {"(memory $a 1) (memory $b i64 1)"
       "(func (memory.copy $a $b (i32.const 0) (i64.const 0) (i32.const 0)))",
       ""},
      {"(memory $a 1) (memory $b i64 1)"
       "(func (memory.copy $b $a (i64.const 0) (i32.const 0) (i32.const 0)))",
       ""},
      {"(memory $a 1) (memory $b i64 1)"
       "(func (memory.copy $b $a (i64.const 0) (i32.const 0) (i64.const 0)))",
       "type mismatch"},
      {"(memory $b i64 1)"
       "(func (memory.copy $b $b (i64.const 0) (i64.const 0) (i64.const 0)))",
       ""},
      {"(memory 1) (data \"a\")"
       "(func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0)) (data.drop 0))",
       ""},
      {"(memory 1) (data \"a\")"
       "(func (memory.init 1 (i32.const 0) (i32.const 0) (i32.const 0)))",
       "unknown data segment 1"},
      {"(memory 1) (data \"a\") (func (data.drop 1))", "unknown data segment 1"},
  });
}

TEST_CASE("table instructions know element and address types") {
  check_cases({
      {"(table 1 externref) (func (result externref) (table.get 0 (i32.const 0)))", ""},
      {"(table 1 externref) (func (result funcref) (table.get 0 (i32.const 0)))", "type mismatch"},
      {"(func (drop (table.get 0 (i32.const 0))))", "unknown table 0"},
      {"(table 1 externref) (func (table.set 0 (i32.const 0) (ref.null extern)))", ""},
      {"(table 1 externref) (func (table.set 0 (i32.const 0) (ref.null func)))", "type mismatch"},
      {"(table i64 1 externref) (func (result i64) (table.grow (ref.null extern) (i64.const 1)))",
       ""},
      {"(table 1 externref) (func (result i32) table.size)", ""},
      {"(table i64 1 externref)"
       "(func (table.fill (i64.const 0) (ref.null extern) (i64.const 0)))",
       ""},
      {"(table $a 1 funcref) (table $b i64 1 nullfuncref)"
       "(func (table.copy $a $b (i32.const 0) (i64.const 0) (i32.const 0)))",
       ""},
      {"(table $a 1 funcref) (table $b 1 nullfuncref)"
       "(func (table.copy $b $a (i32.const 0) (i32.const 0) (i32.const 0)))",
       "type mismatch"},
      {"(table 1 funcref) (elem funcref)"
       "(func (table.init 0 (i32.const 0) (i32.const 0) (i32.const 0)) (elem.drop 0))",
       ""},
      {"(table 1 externref) (elem funcref)"
       "(func (table.init 0 (i32.const 0) (i32.const 0) (i32.const 0)))",
       "type mismatch"},
      {"(table 1 funcref) (func (table.init 0 (i32.const 0) (i32.const 0) (i32.const 0)))",
       "unknown elem segment 0"},
      {"(func (elem.drop 2))", "unknown elem segment 2"},
  });
}

TEST_CASE("references to functions have to be declared") {
  check_cases({
      {"(func $f) (elem declare func $f) (func (drop (ref.func $f)))", ""},
      {"(func $f) (export \"f\" (func $f)) (func (drop (ref.func $f)))", ""},
      {"(func $f) (global funcref (ref.func $f)) (func (drop (ref.func $f)))", ""},
      {"(func $f) (func (drop (ref.func $f)))", "undeclared function reference"},
      {"(func $f) (start $f) (func (drop (ref.func $f)))", "undeclared function reference"},
      {"(func (drop (ref.func 4)))", "unknown function 4"},
      {"(type $t (func)) (func $f (type $t)) (elem declare func $f)"
       "(func (result (ref $t)) (ref.func $f))",
       ""},
  });
}

TEST_CASE("null checks and branches on them") {
  check_cases({
      {"(func (param anyref) (result (ref any)) (ref.as_non_null (local.get 0)))", ""},
      {"(func (param i32) (drop (ref.as_non_null (local.get 0))))", "type mismatch"},
      {"(func (param anyref) (result (ref any))"
       " (block (return (br_on_null 0 (local.get 0)))) unreachable)",
       ""},
      {"(func (param anyref) (result (ref any))"
       " (block (result (ref any)) (br_on_non_null 0 (local.get 0)) unreachable))",
       ""},
      {"(func (param externref) (result (ref any))"
       " (block (result (ref any)) (br_on_non_null 0 (local.get 0)) unreachable))",
       "type mismatch"},
      {"(func (param anyref) (block (br_on_non_null 0 (local.get 0))))", "type mismatch"},
      {"(func (param anyref) (result i32) (ref.is_null (local.get 0)))", ""},
      {"(func (param i64) (result i32) (ref.is_null (local.get 0)))", "type mismatch"},
      {"(func (param eqref (ref i31)) (result i32) (ref.eq (local.get 0) (local.get 1)))", ""},
      {"(func (param anyref) (result i32) (ref.eq (local.get 0) (local.get 0)))", "type mismatch"},
      {"(func (drop (ref.null 3)))", "unknown type 3"},
  });
}

TEST_CASE("vectors have lanes") {
  check_cases({
      {"(func (param v128) (result i32) (i8x16.extract_lane_s 15 (local.get 0)))", ""},
      {"(func (param v128) (result i32) (i16x8.extract_lane_u 8 (local.get 0)))",
       "invalid lane index 8"},
      {"(func (param v128) (result v128) (f64x2.replace_lane 2 (local.get 0) (f64.const 0)))",
       "invalid lane index 2"},
      {"(func (param v128) (result v128) (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31"
       " (local.get 0) (local.get 0)))",
       ""},
      {"(func (param v128) (result v128) (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 32"
       " (local.get 0) (local.get 0)))",
       "invalid lane index 32"},
      {"(memory 1) (func (param v128) (result v128)"
       " (v128.load64_lane 1 (i32.const 0) (local.get 0)))",
       ""},
      {"(memory 1) (func (param v128) (result v128)"
       " (v128.load64_lane 2 (i32.const 0) (local.get 0)))",
       "invalid lane index 2"},
      {"(memory 1) (func (param v128) (v128.store align=32 (i32.const 0) (local.get 0)))",
       "alignment must not be larger than natural"},
  });
}

TEST_CASE("atomics are naturally aligned") {
  check_cases({
      {"(memory 1 1 shared) (func (drop (i32.atomic.load (i32.const 0))))", ""},
      {"(memory 1) (func (drop (i32.atomic.rmw8.add_u (i32.const 0) (i32.const 1))))", ""},
      {"(memory 1) (func (drop (i32.atomic.load align=2 (i32.const 0))))",
       "atomic alignment must be natural"},
      {"(memory 1) (func (drop (i32.atomic.load align=8 (i32.const 0))))",
       "alignment must not be larger than natural"},
      {"(memory 1) (func (drop (memory.atomic.wait64 (i32.const 0) (i64.const 0)"
       " (i64.const 0))))",
       ""},
      {"(func (drop (i64.atomic.load (i32.const 0))))", "unknown memory 0"},
      {"(func atomic.fence)", ""},
  });
}

TEST_CASE("exceptions: throw takes the tag's parameters, labels take what a clause catches") {
  check_cases({
      {"(tag $e (param i32)) (func (throw $e (i32.const 1)))", ""},
      {"(tag $e (param i32)) (func (throw $e (i64.const 1)))",
       "type mismatch: instruction requires [i32] but stack has [i64]"},
      {"(func (throw 0))", "unknown tag 0"},
      {"(func (param exnref) (throw_ref (local.get 0)))", ""},
      {"(func (param externref) (throw_ref (local.get 0)))", "type mismatch"},
      {"(tag $e (param i32)) (func (result i32)"
       " (block $l (result i32) (try_table (catch $e $l)) i32.const 1))",
       ""},
      {"(tag $e (param i32)) (func (block $l (try_table (catch $e $l))))", "type mismatch"},
      {"(tag $e (param i32)) (func (result i32 exnref)"
       " (block $l (result i32 exnref) (try_table (catch_ref $e $l)) unreachable))",
       ""},
      {"(tag $e (param i32)) (func (result i32 (ref exn))"
       " (block $l (result i32 (ref exn)) (try_table (catch_ref $e $l)) unreachable))",
       ""},
      {"(func (block $l (try_table (catch_all $l))))", ""},
      {"(func (result exnref) (block $l (result exnref) (try_table (catch_all $l)) unreachable))",
       "type mismatch"},
      {"(func (block $l (try_table (catch_all 4))))", "unknown label 4"},
      {"(func (block $l (try_table (catch 3 $l))))", "unknown tag 3"},
      {"(tag $e (param (ref i31))) (func (result anyref)"
       " (block $l (result anyref) (try_table (catch $e $l)) unreachable))",
       ""},
      {"(func (try_table (result i32) (i64.const 1)) drop)", "type mismatch"},
  });
}

TEST_CASE("legacy exceptions") {
  check_cases({
      {"(tag $e (param i32)) (func (result i32) try (result i32) i32.const 1 catch $e end)", ""},
      {"(tag $e (param i64)) (func (result i32) try (result i32) i32.const 1 catch $e end)",
       "type mismatch"},
      {"(func try catch_all rethrow 0 end)", ""},
      {"(func try rethrow 0 catch_all end)", "invalid rethrow label"},
      {"(func (block (rethrow 0)))", "invalid rethrow label"},
      {"(func try (try (do) (delegate 0)) catch_all end)", ""},
      {"(func try (try (do) (delegate 7)) catch_all end)", "unknown label"},
      {"(func try catch 4 end)", "unknown tag 4"},
  });
}

}  // namespace brink::validate::testing
