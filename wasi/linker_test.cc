// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The functions as real guests meet them: signatures, results, traps, exits.

#include "brink/linker.h"

#include <map>

#include "brink/engine.h"
#include "brink/store.h"
#include "wasi/test_guest.h"

namespace brink::wasi {
namespace {

struct Machine {
  explicit Machine(WasiConfig config) : store(engine), linker(store) {
    auto created = Wasi::create(std::move(config));
    if (!created) FAIL(created.error().message());
    wasi = *std::move(created);
    REQUIRE(wasi->add_to_linker(linker).has_value());
  }
  /// Calls the export `run` of a module in text.
  CallResult<std::vector<Value>> run(std::string_view text) {
    const auto module = Module::compile_text(engine, text);
    if (!module) FAIL(module.error().to_string());
    auto instance = linker.instantiate(*module);
    if (!instance) FAIL("not instantiated");
    const auto function = instance->func("run");
    REQUIRE(function.has_value());
    return function->call({});
  }
  Engine engine;
  Store store;
  Linker linker;
  std::unique_ptr<Wasi> wasi;
};

/// Parameters by the specification: i is i32, l is i64. All but proc_exit give an i32.
const std::map<std::string, std::string> kSignatures = {
    {"args_get", "ii"},
    {"args_sizes_get", "ii"},
    {"environ_get", "ii"},
    {"environ_sizes_get", "ii"},
    {"clock_res_get", "ii"},
    {"clock_time_get", "ili"},
    {"fd_advise", "illi"},
    {"fd_allocate", "ill"},
    {"fd_close", "i"},
    {"fd_datasync", "i"},
    {"fd_fdstat_get", "ii"},
    {"fd_fdstat_set_flags", "ii"},
    {"fd_fdstat_set_rights", "ill"},
    {"fd_filestat_get", "ii"},
    {"fd_filestat_set_size", "il"},
    {"fd_filestat_set_times", "illi"},
    {"fd_pread", "iiili"},
    {"fd_prestat_get", "ii"},
    {"fd_prestat_dir_name", "iii"},
    {"fd_pwrite", "iiili"},
    {"fd_read", "iiii"},
    {"fd_readdir", "iiili"},
    {"fd_renumber", "ii"},
    {"fd_seek", "ilii"},
    {"fd_sync", "i"},
    {"fd_tell", "ii"},
    {"fd_write", "iiii"},
    {"path_create_directory", "iii"},
    {"path_filestat_get", "iiiii"},
    {"path_filestat_set_times", "iiiilli"},
    {"path_link", "iiiiiii"},
    {"path_open", "iiiiillii"},
    {"path_readlink", "iiiiii"},
    {"path_remove_directory", "iii"},
    {"path_rename", "iiiiii"},
    {"path_symlink", "iiiii"},
    {"path_unlink_file", "iii"},
    {"poll_oneoff", "iiii"},
    {"proc_exit", "i"},
    {"proc_raise", "i"},
    {"sched_yield", ""},
    {"random_get", "ii"},
    {"sock_accept", "iii"},
    {"sock_recv", "iiiiii"},
    {"sock_send", "iiiii"},
    {"sock_shutdown", "ii"},
};

}  // namespace

TEST_CASE("every function is defined under both names with its signature") {
  Machine machine{WasiConfig()};
  CHECK(functions().size() == kSignatures.size());
  for (const FunctionInfo& info : functions()) {
    CAPTURE(std::string(info.name));
    for (const char* module : {"wasi_snapshot_preview1", "wasi_unstable"}) {
      const Extern* item = machine.linker.find(module, info.name);
      REQUIRE(item != nullptr);
      const FuncType type = item->func()->type();
      std::string params;
      for (const ValType param : type.params) params += param == kI64 ? 'l' : 'i';
      CHECK(params == kSignatures.at(std::string(info.name)));
      CHECK(type.results.size() == (info.name == "proc_exit" ? 0 : 1));
    }
  }
}

TEST_CASE("a guest writes, and a traced one is traced") {
  const auto output = std::make_shared<std::string>();
  std::string trace;
  Machine machine(WasiConfig().stdout_to(output).trace([&](std::string_view line) {
    trace += line;
    trace += '\n';
  }));
  const auto result = machine.run(R"((module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
      (func (export "run") (result i32)
        (drop (call $write (i32.const 9) (i32.const 0) (i32.const 1) (i32.const 100)))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))
        (i32.load (i32.const 100)))))");
  REQUIRE(result.has_value());
  CHECK(result->at(0).i32() == 6);
  CHECK(*output == "hello\n");
  CHECK(trace == "fd_write(9, 0, 1, 100) -> badf\nfd_write(1, 0, 1, 100) -> success\n");
}

TEST_CASE("proc_exit ends the guest with its status") {
  Machine machine{WasiConfig()};
  // Without a memory: proc_exit needs none.
  const auto result = machine.run(R"((module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (func (export "run") (call $exit (i32.const 42)) unreachable)))");
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == TrapCode::Exit);
  CHECK(result.error().exit_code == 42);
}

TEST_CASE("proc_raise of a fatal signal ends the guest as a shell would show it") {
  Machine machine{WasiConfig()};
  const auto result = machine.run(R"((module
      (import "wasi_snapshot_preview1" "proc_raise" (func $raise (param i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "run") (drop (call $raise (i32.const 6))) unreachable)))");
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == TrapCode::Exit);
  CHECK(result.error().exit_code == 134);
}

TEST_CASE("a module without a memory is told so") {
  Machine machine{WasiConfig()};
  const auto result = machine.run(R"((module
      (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
      (func (export "run") (drop (call $close (i32.const 1))))))");
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == TrapCode::HostError);
  CHECK_THAT(result.error().message, Catch::Contains("fd_close") && Catch::Contains("memory"));
}

TEST_CASE("a guest of snapshot 0 seeks by its own numbers") {
  TempDir dir;
  dir.write("file", "0123456789");
  std::FILE* file = std::fopen((dir / "file").c_str(), "r");
  REQUIRE(file != nullptr);
  for (const bool old : {false, true}) {
    Machine machine(WasiConfig().stdin_from(HostFd{fileno(file)}));
    const std::string module = old ? "wasi_unstable" : "wasi_snapshot_preview1";
    const auto result = machine.run(R"((module
        (import ")" + module + R"(" "fd_seek"
          (func $seek (param i32 i64 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "run") (result i64)
          (drop (call $seek (i32.const 0) (i64.const 3) (i32.const )" +
                                    (old ? "2" : "0") + R"() (i32.const 0)))
          (i64.load (i32.const 0)))))");
    REQUIRE(result.has_value());
    CHECK(result->at(0).i64() == 3);
  }
  std::fclose(file);
}

TEST_CASE("a sleeping guest ends at its deadline with that trap") {
  const auto start = std::chrono::steady_clock::now();
  Machine machine(
      WasiConfig().interruption(Interruption::at(start + std::chrono::milliseconds(40))));
  // One subscription: the monotonic clock, in an hour.
  const auto result = machine.run(R"((module
      (import "wasi_snapshot_preview1" "poll_oneoff"
        (func $poll (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 16) "\01")
      (func (export "run")
        (i64.store (i32.const 24) (i64.const 3600000000000))
        (drop (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200))))))");
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == TrapCode::DeadlineExceeded);
  CHECK_THAT(result.error().message, Catch::StartsWith("deadline exceeded"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(2000));
}

TEST_CASE("what the linker has outlives the Wasi it came from") {
  const auto output = std::make_shared<std::string>();
  Machine machine(WasiConfig().stdout_to(output));
  machine.wasi.reset();
  const auto result = machine.run(R"((module
      (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
      (memory (export "memory") 1)
      (func (export "run") (result i32) (call $yield))))");
  REQUIRE(result.has_value());
  CHECK(result->at(0).i32() == 0);
}

}  // namespace brink::wasi
