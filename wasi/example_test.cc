// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The example of docs/embed.md that uses WASI; see engine/api/examples_test.cc.

#include <catch2/catch.hpp>

#include <memory>
#include <string>

#include "brink/linker.h"
#include "brink/wasi.h"

namespace {

struct Outcome {
  int exit_code = -1;
  std::string output;
};

/// Runs a program with these arguments and nothing else: no files, no environment, no input.
Outcome run_program(const brink::Module& program, std::vector<std::string> args) {
  Outcome outcome;
  auto output = std::make_shared<std::string>();
  auto wasi =
      brink::wasi::Wasi::create(brink::wasi::WasiConfig().args(std::move(args)).stdout_to(output));
  if (!wasi) return outcome;
  brink::Store store(program.engine());
  brink::Linker linker(store);
  if (auto status = (*wasi)->add_to_linker(linker); !status) return outcome;
  auto instance = linker.instantiate(program);
  if (!instance) return outcome;

  auto result = instance->func("_start")->call({});
  if (result)
    outcome.exit_code = 0;
  else if (result.error().code == brink::TrapCode::Exit)
    outcome.exit_code = result.error().exit_code;
  outcome.output = *output;
  return outcome;
}

constexpr const char* kPrintAndExit = R"((module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")  ;; one buffer: address 16, 6 bytes
  (data (i32.const 16) "hello\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $proc_exit (i32.const 3)))))";

}  // namespace

TEST_CASE("Example: a program with its output in a string") {
  const brink::Engine engine;
  const auto program = brink::Module::compile_text(engine, kPrintAndExit);
  REQUIRE(program.has_value());
  const Outcome outcome = run_program(*program, {"hello"});
  CHECK(outcome.exit_code == 3);
  CHECK(outcome.output == "hello\n");
}
