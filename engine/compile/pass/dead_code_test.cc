// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/pass/dead_code.h"

#include <catch2/catch.hpp>

#include "engine/compile/ir/printer.h"
#include "engine/compile/ir/test_function.h"

namespace brink::compile {
namespace {

using ir::testing::lines;
using ir::testing::TestModule;

std::string cleaned(const char* wat) {
  const TestModule module(wat);
  ir::Function function = module.build(module.module().imported_functions);
  remove_dead_code(function);
  module.check(function);
  const std::string text = ir::to_text(function);
  return text.substr(text.find('\n') + 1);
}

TEST_CASE("unused values go, what has an effect stays", "[compile][pass]") {
  CHECK(cleaned(R"(
      (memory 1)
      (func (param i32 i32) (result i32)
        (drop (i32.mul (local.get 0) (i32.add (local.get 1) (i32.const 5))))
        (drop (i32.load (local.get 0)))
        (drop (i32.div_s (local.get 0) (local.get 1)))
        (local.get 1))
  )") == lines(R"(
      block 0 (v0: i32, v1: i32)
        v5 = i32.load v0
        v6 = i32.div_s v0, v1
        return v1
  )"));
}

TEST_CASE("a parameter that only feeds itself goes", "[compile][pass]") {
  // Local 1 counts, and nobody asks.
  CHECK(cleaned(R"(
      (func (param i32) (local i32)
        (loop $l
          (local.set 1 (i32.add (local.get 1) (i32.const 1)))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  )") == lines(R"(
      block 0 (v0: i32)
        jump block 1 (v0)
      block 1 (v4: i32) loop depth 1
        poll
        v8 = i32.const -1
        v9 = i32.add v4, v8
        branch v9, block 1 (v9), block 2
      block 2
        return
  )"));
}

TEST_CASE("parameters of nested loops that always have one value go together", "[compile][pass]") {
  // Local 1 is only set on the way out of both loops.
  CHECK(cleaned(R"(
      (func (param i32 i32) (result i32)
        (block $out
          (loop $outer
            (loop $inner
              (if (i32.eqz (local.get 0))
                (then (local.set 1 (i32.const 7)) (br $out)))
              (br_if $inner (local.tee 0 (i32.sub (local.get 0) (local.get 1)))))
            (br $outer)))
        (local.get 1))
  )") == lines(R"(
      block 0 (v0: i32, v1: i32)
        jump block 1 (v0)
      block 1 (v4: i32) loop depth 1
        poll
        jump block 2 (v4)
      block 2 (v8: i32) loop depth 2
        poll
        branch v8, block 3, block 5
      block 3 depth 2
        v15 = i32.sub v8, v1
        branch v15, block 2 (v15), block 4
      block 4 depth 1
        jump block 1 (v15)
      block 5
        v12 = i32.const 7
        return v12
  )"));
}

TEST_CASE("detours go", "[compile][pass]") {
  CHECK(cleaned(R"(
      (func (param i32) (result i32)
        (block $a (block $b (block $c (br_table $a $b $c $a $b (local.get 0)))))
        (if (local.get 0) (then) (else))
        (local.get 0))
  )") == lines(R"(
      block 0 (v0: i32)
        return v0
  )"));
}

}  // namespace
}  // namespace brink::compile
