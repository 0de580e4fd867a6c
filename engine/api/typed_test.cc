// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// C++ values in calls, host functions that take bytes of their caller's memory, views of memories.

#include <catch2/catch.hpp>

#include "engine/api/test_instance.h"

namespace brink::testing {
namespace {

constexpr const char* kModule = R"((module
  (import "host" "log" (func $log (param i32 i32)))
  (import "host" "fill" (func $fill (param i64 i32 i32 f32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "hello")
  (func (export "log") (param i32 i32) (call $log (local.get 0) (local.get 1)))
  (func (export "fill") (param i32 i32) (result i32)
    (call $fill (i64.const 7) (local.get 0) (local.get 1) (f32.const 0.5)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i64 v128 f64) (result f64 v128 i64)
    (local.get 2) (local.get 1) (local.get 0))
  (func (export "nothing"))
  (func (export "fail") (result f32) (unreachable))))";

struct Fixture {
  Fixture() : store(engine), linker(store), instance(make()) {}
  Instance make() {
    REQUIRE(
        linker.define("host", "log", [this](Caller&, std::string_view text) { heard.append(text); })
            .has_value());
    REQUIRE(linker
                .define("host", "fill",
                        [](int64_t value, std::span<uint8_t> bytes, float scale) {
                          for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(value);
                          return static_cast<int32_t>(static_cast<float>(bytes.size()) * scale);
                        })
                .has_value());
    return instantiate(linker, kModule);
  }
  Engine engine;
  Store store;
  Linker linker;
  std::string heard;
  Instance instance;
};

TEST_CASE("a host function takes text and bytes of its caller") {
  Fixture f;
  CHECK(f.linker.find("host", "log")->func()->type().params == std::vector<ValType>{kI32, kI32});
  REQUIRE(try_call(f.instance, "log", {Value::i32(8), Value::i32(5)}).has_value());
  REQUIRE(try_call(f.instance, "log", {Value::i32(65536), Value::i32(0)}).has_value());
  CHECK(f.heard == "hello");
  for (const auto& [address, size] :
       {std::pair(8, 65529), std::pair(65536, 1), std::pair(-1, 1), std::pair(0, -1)})
    CHECK(trap_of(f.instance, "log", {Value::i32(address), Value::i32(size)}).code ==
          TrapCode::MemoryOutOfBounds);
  CHECK(f.heard == "hello");
  CHECK(call(f.instance, "fill", {Value::i32(100), Value::i32(6)}).i32() == 3);
  CHECK(f.instance.memory("memory")->read<uint64_t>(99) == 0x0007'0707'0707'0700u);
  // Nobody's memory: the host calls it itself.
  const Func log = *f.linker.find("host", "log")->func();
  const Value args[] = {Value::i32(8), Value::i32(5)};
  CHECK(log.call(args).error().code == TrapCode::MemoryOutOfBounds);
}

TEST_CASE("functions are called with C++ values") {
  const Fixture f;
  const Func add = *f.instance.func("add");
  CHECK(add.call<int32_t(int32_t, int32_t)>(40, 2).value() == 42);
  CHECK(add.call<uint32_t(uint32_t, uint32_t)>(0xffffffffu, 2).value() == 1);
  CHECK(f.instance.func("nothing")->call<void()>().has_value());
  CHECK(f.instance.func("fail")->call<float()>().error().code == TrapCode::Unreachable);
  const auto wrong = add.call<int64_t(int32_t, int32_t)>(1, 2);
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().message == "the function is [i32 i32] -> [i32], not [i32 i32] -> [i64]");

  using Swap = std::tuple<double, V128, int64_t>(int64_t, V128, double);
  const auto swap = f.instance.func("swap")->typed<Swap>();
  REQUIRE(swap.has_value());
  for (int64_t i = 0; i < 3; ++i) {
    const auto swapped = (*swap)(i, V128{{5, 6}}, -0.5);
    REQUIRE(swapped.has_value());
    CHECK(std::get<0>(*swapped) == -0.5);
    CHECK(std::get<1>(*swapped).words[1] == 6);
    CHECK(std::get<2>(*swapped) == i);
  }
  CHECK_FALSE(add.typed<Swap>().has_value());
  CHECK(add.typed<Swap>().error().kind() == ErrorKind::Usage);
}

TEST_CASE("views of a memory end where it does") {
  const Fixture f;
  const Memory memory = *f.instance.memory("memory");
  CHECK(memory.text(8, 5) == "hello");
  CHECK(memory.text(65536, 0) == "");
  CHECK_FALSE(memory.text(65535, 2).has_value());
  CHECK_FALSE(memory.text(~uint64_t{0}, 2).has_value());
  CHECK(memory.write<uint32_t>(65532, 0x01020304));
  CHECK_FALSE(memory.write<uint32_t>(65533, 0));
  CHECK(memory.read<uint32_t>(65532) == 0x01020304u);
  CHECK(memory.read<uint16_t>(65533) == 0x0203u);
  CHECK_FALSE(memory.read<uint32_t>(65533).has_value());
  const auto words = memory.view<uint32_t>(65528, 2);
  REQUIRE(words.has_value());
  CHECK((*words)[1] == 0x01020304);
  (*words)[0] = 9;
  CHECK(memory.read<uint32_t>(65528) == 9u);
  CHECK_FALSE(memory.view<uint32_t>(65528, 3).has_value());
  CHECK_FALSE(memory.view<uint32_t>(65526, 1).has_value());
  CHECK_FALSE(memory.view<uint64_t>(0, ~uint64_t{0} / 4).has_value());
  CHECK(memory.view<uint64_t>(65536, 0).has_value());
}

}  // namespace
}  // namespace brink::testing
