// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "brink/linker.h"
#include "brink/store.h"

// As a debugger sees it (see debugger.cc).
extern "C" {
struct jit_code_entry {
  jit_code_entry* next_entry;
  jit_code_entry* prev_entry;
  const char* symfile_addr;
  uint64_t symfile_size;
};
struct jit_descriptor {
  uint32_t version;
  uint32_t action_flag;
  jit_code_entry* relevant_entry;
  jit_code_entry* first_entry;
};
extern jit_descriptor __jit_debug_descriptor;
}

namespace brink {
namespace {

/// How many files of the list contain a text.
int count_files_with(std::string_view text) {
  int count = 0;
  for (const jit_code_entry* entry = __jit_debug_descriptor.first_entry; entry != nullptr;
       entry = entry->next_entry)
    count += std::string_view(entry->symfile_addr, entry->symfile_size).find(text) !=
             std::string_view::npos;
  return count;
}

}  // namespace

TEST_CASE("debuggers are told of compiled functions, and when they are gone") {
  constexpr std::string_view kText = R"((module $shown
    (func $one (export "one") (result i32) (i32.const 1))
    (func $two (export "two") (result i32) (i32.const 2))))";
  EngineConfig config;
  config.tier = Tier::Compiler;
  config.debug_info = true;
  {
    const Engine engine(config);
    Store store(engine);
    const auto module = Module::compile_text(engine, kText);
    const auto instance = Linker(store).instantiate(*module);
    CHECK(count_files_with("shown!") == 0);
    CHECK(instance->func("one")->call({})->front().i32() == 1);
    CHECK(count_files_with("shown!one") == 1);
    CHECK(count_files_with("shown!two") == 0);
    CHECK(instance->func("two")->call({})->front().i32() == 2);
    CHECK(count_files_with("shown!two") == 1);
    // All functions of an artifact are there at once.
    const auto again = Module::deserialize(engine, *module->serialize());
    REQUIRE(again.has_value());
    CHECK(count_files_with("shown!one") == 2);
    CHECK(__jit_debug_descriptor.action_flag == 0);
  }
  CHECK(__jit_debug_descriptor.first_entry == nullptr);
}

TEST_CASE("debuggers are told nothing unless asked") {
  EngineConfig config;
  config.tier = Tier::Compiler;
  const Engine engine(config);
  Store store(engine);
  const auto module = Module::compile_text(engine, R"((module (func (export "f"))))");
  REQUIRE(Linker(store).instantiate(*module)->func("f")->call({}).has_value());
  CHECK(__jit_debug_descriptor.first_entry == nullptr);
}

}  // namespace brink
