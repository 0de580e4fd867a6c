// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// For tests: an instance made of text, and calls of its functions, in few words.

#ifndef BRINK_API_TEST_INSTANCE_H_
#define BRINK_API_TEST_INSTANCE_H_

#include <catch2/catch.hpp>

#include <string_view>
#include <utility>
#include <vector>

#include "brink/linker.h"

namespace brink::testing {

inline Instance instantiate(const Linker& linker, std::string_view text) {
  const Result<Module> module = Module::compile_text(linker.store().engine(), text, "test");
  INFO((module.has_value() ? "" : module.error().to_string()));
  REQUIRE(module.has_value());
  auto instance = linker.instantiate(*module);
  REQUIRE(instance.has_value());
  return *instance;
}

inline CallResult<std::vector<Value>> try_call(const Instance& instance, std::string_view name,
                                               std::vector<Value> args = {}) {
  const std::optional<Func> function = instance.func(name);
  REQUIRE(function.has_value());
  return function->call(args);
}

/// Its only result; the call has to return.
inline Value call(const Instance& instance, std::string_view name, std::vector<Value> args = {}) {
  const CallResult<std::vector<Value>> results = try_call(instance, name, std::move(args));
  INFO((results.has_value() ? "" : results.error().to_string()));
  REQUIRE(results.has_value());
  return results->empty() ? Value() : results->front();
}

/// How the call ends; it must not return.
inline Trap trap_of(const Instance& instance, std::string_view name, std::vector<Value> args = {}) {
  CallResult<std::vector<Value>> results = try_call(instance, name, std::move(args));
  REQUIRE_FALSE(results.has_value());
  return std::move(results).error();
}

}  // namespace brink::testing

#endif  // BRINK_API_TEST_INSTANCE_H_
