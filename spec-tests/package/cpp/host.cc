// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Uses what the C++ headers have: text, typed host functions, traps, WASI, pools, snapshots.

#include <cstdio>

#include "brink/artifact.h"
#include "brink/compilation.h"
#include "brink/inspect.h"
#include "brink/linker.h"
#include "brink/pool.h"
#include "brink/snapshot.h"
#include "brink/trace.h"
#include "brink/typed_export.h"
#include "brink/wasi.h"

int main() {
  brink::Engine engine;
  brink::Store store(engine);
  brink::Linker linker(store);
  int said = 0;
  if (!linker.define("host", "say", [&said](int32_t number) { said += number; })) return 1;
  auto output = std::make_shared<std::string>();
  auto wasi = brink::wasi::Wasi::create(brink::wasi::WasiConfig().stdout_to(output));
  if (!wasi || !(*wasi)->add_to_linker(linker)) return 2;

  auto module = brink::Module::compile_text(engine, R"((module
    (import "host" "say" (func $say (param i32)))
    (import "wasi_snapshot_preview1" "fd_write"
      (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\10\00\00\00\05\00\00\00")
    (data (i32.const 16) "hello")
    (func (export "run")
      (call $say (i32.const 40))
      (call $say (i32.const 2))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func (export "fail") (i32.load (i32.const -1)) (drop))))");
  if (!module) return std::puts(module.error().to_string().c_str()), 3;
  auto instance = linker.instantiate(*module);
  if (!instance) return 4;
  if (!instance->func("run")->call({})) return 5;
  auto trap = instance->func("fail")->call({});
  if (trap || trap.error().code != brink::TrapCode::MemoryOutOfBounds) return 6;
  if (!brink::list_bytecode(*module, 2) || brink::is_tracing(brink::TraceChannel::Gc)) return 7;

  auto doubler = brink::Module::compile_text(engine, R"((module
    (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))))");
  auto pool = brink::InstancePool::create(brink::InstancePre(*doubler));
  if (!pool) return 8;
  auto pooled = pool->take();
  auto twice = brink::TypedExport<int32_t(int32_t)>::find(*doubler, "double");
  if (!pooled || !twice || (*twice)(**pooled, said).value() != 2 * said) return 9;
  auto frozen = brink::take_snapshot(**pooled);
  if (!frozen || brink::is_artifact(*frozen) || !brink::compilations(*module).empty()) return 10;
  std::printf("%s %d\n", output->c_str(), said);
  return 0;
}
