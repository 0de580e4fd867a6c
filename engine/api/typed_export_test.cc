// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "brink/typed_export.h"

#include <catch2/catch.hpp>

#include "engine/api/test_instance.h"

namespace brink {
namespace {

constexpr const char* kText = R"((module
  (func (export "none"))
  (func (export "sub") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))
  (func (export "swap") (param i64 f32 f64 v128) (result v128 f64 f32 i64)
    (local.get 3) (local.get 2) (local.get 1) (local.get 0))
  (func (export "trap") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
  (func (export "keep") (param anyref) (result anyref) (local.get 0))
  (memory (export "memory") 1)))";

TEST_CASE("typed calls in all tiers", "[typed_export]") {
  for (const Tier tier : {Tier::Interpreter, Tier::Auto, Tier::Compiler}) {
    if (tier == Tier::Compiler && !Engine::has_compiler()) continue;
    EngineConfig config;
    config.tier = tier;
    const Engine engine(config);
    Store store(engine);
    const Instance instance = testing::instantiate(Linker(store), kText);
    for (int again = 0; again < 3; ++again) {
      const auto none = instance.func("none")->typed<void()>();
      REQUIRE(none.has_value());
      CHECK((*none)().has_value());
      const auto sub = instance.func("sub")->typed<int32_t(uint32_t, int32_t)>();
      REQUIRE(sub.has_value());
      CHECK((*sub)(5, 7).value() == -2);
      using Swap = std::tuple<V128, double, float, int64_t>(int64_t, float, double, V128);
      const auto swap = instance.func("swap")->typed<Swap>();
      REQUIRE(swap.has_value());
      const auto results = (*swap)(-9, 1.5f, -2.5, V128{{3, 4}});
      REQUIRE(results.has_value());
      const auto& [vector, f64, f32, i64] = *results;
      CHECK(vector.words[1] == 4);
      CHECK(f64 == -2.5);
      CHECK(f32 == 1.5f);
      CHECK(i64 == -9);
      const auto trap = instance.func("trap")->typed<int32_t(int32_t)>();
      REQUIRE(trap.has_value());
      CHECK((*trap)(0).error().code == TrapCode::IntegerDivideByZero);
      CHECK((*trap)(1).value() == 1);
    }
  }
}

TEST_CASE("a typed call needs the function's type", "[typed_export]") {
  const Engine engine;
  Store store(engine);
  const Instance instance = testing::instantiate(Linker(store), kText);
  const auto wrong = instance.func("trap")->typed<int64_t(int32_t)>();
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().message() == "the function is [i32] -> [i32], not [i32] -> [i64]");

  const Module module = instance.module();
  const auto sub = TypedExport<int32_t(int32_t, int32_t)>::find(module, "sub");
  REQUIRE(sub.has_value());
  CHECK((*sub)(instance, 1, 2).value() == -1);
  const auto other = module.engine();
  CHECK(TypedExport<void()>::find(module, "memory").error().message() ==
        "the module exports no function \"memory\"");
  CHECK(TypedExport<void()>::find(module, "sub").error().message() ==
        "the function is [i32 i32] -> [i32], not [] -> []");
}

}  // namespace
}  // namespace brink
