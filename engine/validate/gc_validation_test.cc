// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The typing rules of structs, arrays, i31 and casts.

#include <catch2/catch.hpp>

#include "engine/validate/test_module.h"

namespace brink::validate::testing {

TEST_CASE("structs") {
  check_cases({
      {"(type $s (struct (field i32) (field (mut i8))))"
       "(func (result (ref $s)) (struct.new $s (i32.const 1) (i32.const 2)))",
       ""},
      {"(type $s (struct (field i32) (field (mut i8))))"
       "(func (result (ref $s)) (struct.new $s (i32.const 1)))",
       "type mismatch"},
      {"(type $s (struct (field i64) (field funcref)))"
       "(func (result (ref $s)) (struct.new_default $s))",
       ""},
      {"(type $s (struct (field (ref any)))) (func (drop (struct.new_default $s)))",
       "type mismatch"},
      {"(type $a (array i32)) (func (drop (struct.new_default $a)))",
       "type mismatch: type 0 is no struct type"},
      {"(type $s (struct (field i32))) (func (param (ref null $s)) (result i32)"
       " (struct.get $s 0 (local.get 0)))",
       ""},
      {"(type $s (struct (field i32))) (func (param (ref null $s)) (result i32)"
       " (struct.get $s 1 (local.get 0)))",
       "unknown field 1"},
      {"(type $s (struct (field i8))) (func (param (ref null $s)) (result i32)"
       " (struct.get_s $s 0 (local.get 0)))",
       ""},
      {"(type $s (struct (field i8))) (func (param (ref null $s)) (result i32)"
       " (struct.get $s 0 (local.get 0)))",
       "type mismatch"},
      {"(type $s (struct (field i32))) (func (param (ref null $s)) (result i32)"
       " (struct.get_u $s 0 (local.get 0)))",
       "type mismatch"},
      {"(type $s (struct (field (mut i16)))) (func (param (ref null $s))"
       " (struct.set $s 0 (local.get 0) (i32.const 1)))",
       ""},
      {"(type $s (struct (field i16))) (func (param (ref null $s))"
       " (struct.set $s 0 (local.get 0) (i32.const 1)))",
       "immutable field"},
      {"(type $s (struct (field i32))) (func (param anyref) (result i32)"
       " (struct.get $s 0 (local.get 0)))",
       "type mismatch"},
  });
}

TEST_CASE("a subtype can be used as its supertype") {
  check_cases({
      {"(type $a (sub (struct (field i32)))) (type $b (sub $a (struct (field i32) (field i64))))"
       "(func (param (ref $b)) (result i32) (struct.get $a 0 (local.get 0)))",
       ""},
      {"(type $a (sub (struct (field i32)))) (type $b (sub $a (struct (field i32) (field i64))))"
       "(func (param (ref $a)) (result i64) (struct.get $b 1 (local.get 0)))",
       "type mismatch"},
  });
}

TEST_CASE("arrays are made in many ways") {
  check_cases({
      {"(type $a (array i8)) (func (drop (array.new $a (i32.const 1) (i32.const 2))))", ""},
      {"(type $a (array i64)) (func (drop (array.new $a (i32.const 1) (i32.const 2))))",
       "type mismatch"},
      {"(type $a (array i64)) (func (drop (array.new_default $a (i32.const 2))))", ""},
      {"(type $a (array (ref any))) (func (drop (array.new_default $a (i32.const 2))))",
       "type mismatch"},
      {"(type $a (array i64))"
       "(func (drop (array.new_fixed $a 2 (i64.const 1) (i64.const 2))))",
       ""},
      {"(type $a (array i64)) (func (drop (array.new_fixed $a 3 (i64.const 1) (i64.const 2))))",
       "type mismatch"},
      {"(type $a (array i64)) (data \"\")"
       "(func (drop (array.new_data $a 0 (i32.const 1) (i32.const 2))))",
       ""},
      {"(type $a (array i64)) (data \"\")"
       "(func (drop (array.new_data $a 1 (i32.const 1) (i32.const 2))))",
       "unknown data segment 1"},
      {"(type $a (array funcref)) (data \"\")"
       "(func (drop (array.new_data $a 0 (i32.const 1) (i32.const 2))))",
       "array type is not numeric or vector"},
      {"(type $a (array funcref)) (elem func)"
       "(func (drop (array.new_elem $a 0 (i32.const 1) (i32.const 2))))",
       ""},
      {"(type $a (array externref)) (elem func)"
       "(func (drop (array.new_elem $a 0 (i32.const 1) (i32.const 2))))",
       "type mismatch"},
      {"(type $s (struct)) (func (drop (array.new_default $s (i32.const 2))))",
       "type mismatch: type 0 is no array type"},
      {"(func (drop (array.new_default 9 (i32.const 2))))", "unknown type 9"},
  });
}

TEST_CASE("arrays are read and written") {
  check_cases({
      {"(type $a (array i16)) (func (param (ref null $a)) (result i32)"
       " (array.get_u $a (local.get 0) (i32.const 0)))",
       ""},
      {"(type $a (array i16)) (func (param (ref null $a)) (result i32)"
       " (array.get $a (local.get 0) (i32.const 0)))",
       "type mismatch"},
      {"(type $a (array (mut f32))) (func (param (ref null $a))"
       " (array.set $a (local.get 0) (i32.const 0) (f32.const 0)))",
       ""},
      {"(type $a (array f32)) (func (param (ref null $a))"
       " (array.set $a (local.get 0) (i32.const 0) (f32.const 0)))",
       "immutable array"},
      {"(func (param arrayref) (result i32) (array.len (local.get 0)))", ""},
      {"(func (param eqref) (result i32) (array.len (local.get 0)))", "type mismatch"},
      {"(type $a (array (mut f32))) (func (param (ref null $a))"
       " (array.fill $a (local.get 0) (i32.const 0) (f32.const 0) (i32.const 0)))",
       ""},
      {"(type $a (array f32)) (func (param (ref null $a))"
       " (array.fill $a (local.get 0) (i32.const 0) (f32.const 0) (i32.const 0)))",
       "immutable array"},
  });
}

TEST_CASE("arrays are copied and initialized from segments") {
  check_cases({
      {"(type $a (array (mut anyref))) (type $b (array (ref i31)))"
       "(func (param (ref $a) (ref $b)) (array.copy $a $b (local.get 0) (i32.const 0)"
       " (local.get 1) (i32.const 0) (i32.const 0)))",
       ""},
      {"(type $a (array (mut (ref i31)))) (type $b (array anyref))"
       "(func (param (ref $a) (ref $b)) (array.copy $a $b (local.get 0) (i32.const 0)"
       " (local.get 1) (i32.const 0) (i32.const 0)))",
       "array types do not match"},
      {"(type $a (array (mut i8))) (type $b (array i16))"
       "(func (param (ref $a) (ref $b)) (array.copy $a $b (local.get 0) (i32.const 0)"
       " (local.get 1) (i32.const 0) (i32.const 0)))",
       "array types do not match"},
      {"(type $a (array i8))"
       "(func (param (ref $a)) (array.copy $a $a (local.get 0) (i32.const 0)"
       " (local.get 0) (i32.const 0) (i32.const 0)))",
       "immutable array"},
      {"(type $a (array (mut i8))) (data \"\") (func (param (ref $a))"
       " (array.init_data $a 0 (local.get 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
       ""},
      {"(type $a (array (mut anyref))) (data \"\") (func (param (ref $a))"
       " (array.init_data $a 0 (local.get 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
       "array type is not numeric or vector"},
      {"(type $a (array (mut funcref))) (elem func) (func (param (ref $a))"
       " (array.init_elem $a 0 (local.get 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
       ""},
      {"(type $a (array funcref)) (elem func) (func (param (ref $a))"
       " (array.init_elem $a 0 (local.get 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
       "immutable array"},
  });
}

TEST_CASE("casts stay in their hierarchy") {
  check_cases({
      {"(type $s (struct)) (func (param anyref) (result (ref $s))"
       " (ref.cast (ref $s) (local.get 0)))",
       ""},
      {"(type $s (struct)) (func (param externref) (result (ref $s))"
       " (ref.cast (ref $s) (local.get 0)))",
       "type mismatch"},
      {"(func (param funcref) (result i32) (ref.test (ref null nofunc) (local.get 0)))", ""},
      {"(func (param funcref) (result i32) (ref.test (ref i31) (local.get 0)))", "type mismatch"},
      {"(func (param anyref) (result i32) (ref.test (ref 8) (local.get 0)))", "unknown type 8"},
      {"(type $s (struct)) (func (param anyref) (result (ref $s))"
       " (block (result (ref $s))"
       "  (br_on_cast 0 anyref (ref $s) (local.get 0)) drop unreachable))",
       ""},
      {"(func (param (ref eq)) (result (ref eq))"
       " (block (result (ref i31))"
       "  (return (br_on_cast 0 (ref eq) (ref i31) (local.get 0)))))",
       ""},
      {"(func (param eqref) (result (ref eq))"
       " (block (result (ref null i31))"
       "  (return (br_on_cast 0 eqref (ref null i31) (local.get 0)))) unreachable)",
       ""},
      {"(func (param eqref) (result (ref eq))"
       " (block (result (ref null i31))"
       "  (return (br_on_cast 0 eqref (ref i31) (local.get 0)))) unreachable)",
       "type mismatch"},
      {"(func (param anyref) (block (result externref)"
       "  (br_on_cast 0 anyref externref (local.get 0))) drop)",
       "type mismatch: cannot cast from anyref to externref"},
      {"(func (param anyref) (result anyref) (block (result (ref any))"
       "  (return (br_on_cast_fail 0 anyref (ref null i31) (local.get 0)))))",
       ""},
      {"(func (param anyref) (block (br_on_cast_fail 0 anyref (ref i31) (local.get 0)) drop))",
       "type mismatch: the label does not take anyref"},
  });
}

TEST_CASE("conversions keep nullability, i31 holds an i32") {
  check_cases({
      {"(func (param externref) (result anyref) (any.convert_extern (local.get 0)))", ""},
      {"(func (param externref) (result (ref any)) (any.convert_extern (local.get 0)))",
       "type mismatch"},
      {"(func (param (ref extern)) (result (ref any)) (any.convert_extern (local.get 0)))", ""},
      {"(func (param (ref i31)) (result (ref extern)) (extern.convert_any (local.get 0)))", ""},
      {"(func (param funcref) (result externref) (extern.convert_any (local.get 0)))",
       "type mismatch"},
      {"(func (result (ref i31)) (ref.i31 (i32.const 1)))", ""},
      {"(func (param i31ref) (result i32) (i31.get_s (local.get 0)))", ""},
      {"(func (param eqref) (result i32) (i31.get_u (local.get 0)))", "type mismatch"},
  });
}

}  // namespace brink::validate::testing
