// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Pooled instances with a system interface of their own in each life, and a kernel that writes into
// pages that nobody has written yet.

#include "brink/pool.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "brink/wasi.h"

namespace brink::wasi {
namespace {

// Reads standard input into two places at once, one of them across two pages; fills a third with
// random bytes; closes standard input.
constexpr const char* kReader = R"((module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (memory (export "memory") 3)
  (data (i32.const 16) "\fe\9f\00\00\04\00\00\00\00\f0\00\00\00\10\00\00")
  (func (export "run") (result i32)
    (if (call $fd_read (i32.const 0) (i32.const 16) (i32.const 2) (i32.const 130000))
      (then (return (i32.const -1))))
    (if (call $random_get (i32.const 110000) (i32.const 9000)) (then (return (i32.const -2))))
    (if (i64.eqz (i64.or (i64.load (i32.const 110000)) (i64.load (i32.const 118992))))
      (then (return (i32.const -3))))
    (if (call $fd_close (i32.const 0)) (then (return (i32.const -4))))
    (if (i32.ne (i32.load (i32.const 0x9ffe)) (i32.const 0x64636261))
      (then (return (i32.const -5))))
    (i32.load (i32.const 130000)))))";

TEST_CASE("the kernel writes into pages of a pooled instance", "[pool]") {
  const Engine engine;
  const auto module = Module::compile_text(engine, kReader);
  REQUIRE(module.has_value());
  const InstancePre pre(*module, [](Linker& linker) {
    return Wasi::add_to_linker(linker,
                               [](Store& store) { return static_cast<Wasi*>(store.data()); });
  });
  for (const ResetPolicy policy :
       {ResetPolicy::Learned, ResetPolicy::Scan, ResetPolicy::Discard}) {
    PoolConfig config;
    config.reset_policy = policy;
    config.verify = true;
    config.max_instances = 1;
    config.max_wait = std::chrono::seconds(10);
    auto pool = InstancePool::create(pre, config);
    REQUIRE(pool.has_value());
    for (int life = 0; life < 4; ++life) {
      auto instance = pool->take();
      REQUIRE(instance.has_value());
      int ends[2];
      REQUIRE(pipe(ends) == 0);
      REQUIRE(write(ends[1], "abcdefg", 7) == 7);
      close(ends[1]);
      auto wasi = Wasi::create(WasiConfig().stdin_from(HostFd{ends[0], true}));
      REQUIRE(wasi.has_value());
      instance->store().set_data(std::shared_ptr<Wasi>(*std::move(wasi)));
      const auto result = (*instance)->func("run")->call({});
      REQUIRE(result.has_value());
      CHECK(result->front().i32() == 7);
    }
    CHECK(pool->stats().created == 1);
    // A life without is told so.
    auto instance = pool->take();
    REQUIRE(instance.has_value());
    const auto result = (*instance)->func("run")->call({});
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().message == "the host has given this guest no system interface");
  }
}

}  // namespace
}  // namespace brink::wasi
